"""Members: who may act for a business, and in which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import AccessStatus, Member, Role, Scope
from holdfast.domain.customers import email_key
from holdfast.domain.errors import RecordExists
from holdfast.domain.ids import MemberId
from holdfast.engine.patches import patched
from holdfast.engine.ports import Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMember:
    """Let a person act for the business."""

    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMember:
    """Change a member's name, role or status (`inactive` takes the access away)."""

    member_id: MemberId
    changes: Mapping[str, object]
    if_version: int | None = None


CHANGEABLE = frozenset({"name", "role", "status"})


def require_valid(member: Member) -> None:
    """Refuse a member whose fields are malformed.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    checks.require(
        [
            checks.email("/email", member.email),
            checks.line("/name", member.name, shortest=1),
        ]
    )


def _add_needs(command: AddMember, _look: Look) -> Needs:
    return Needs.of(reads=[Where(Member, "email_key", email_key(command.email))])


def _add(view: View, command: AddMember, now: datetime) -> Member:
    member = Member(
        member_id=MemberId(view.new_id("mbr")),
        email=command.email.strip(),
        email_key=email_key(command.email),
        name=command.name,
        role=command.role,
        status=AccessStatus.ACTIVE,
        created_at=now,
        version=1,
    )
    require_valid(member)
    if view.where(Member, "email_key", member.email_key):
        raise RecordExists(kind="member", key=member.email)
    view.insert(member)
    view.fact("member.added", member, role=member.role)
    return member


def _change_needs(command: ChangeMember, look: Look) -> Needs:
    look.get(Member, command.member_id)
    return Needs()


def _change(view: View, command: ChangeMember, _now: datetime) -> Member:
    member = view.get(Member, command.member_id)
    require_version(member, command.if_version)
    changed = patched(view, member, command.changes, CHANGEABLE, require_valid)
    view.fact("member.changed", changed, role=changed.role)
    return changed


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddMember: UseCase(
            "member.add", scopes=(Scope.ACCESS_WRITE,), needs=_add_needs, decide=_add
        ),
        ChangeMember: UseCase(
            "member.change", scopes=(Scope.ACCESS_WRITE,), needs=_change_needs, decide=_change
        ),
    }
)
