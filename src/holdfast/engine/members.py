"""Members: who may act for a business, in which role, and how they are invited.

Whoever may sign in is counted under one lock, so that of two owners who leave at the same moment
one stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import INVITATION_LASTS, AccessStatus, Member, Role, Scope
from holdfast.domain.customers import email_key
from holdfast.domain.digests import digest_of
from holdfast.domain.errors import (
    RecordExists,
    RecordInUse,
    RecordNotFound,
    TransitionNotAllowed,
)
from holdfast.domain.ids import ALPHABET, BODY_LENGTH, AccountId, MemberId, TenantId
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


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteMember:
    """Ask a person to act for the business, by a link that they open themselves.

    Their name may be left to them.
    """

    email: str
    role: Role
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewInvitation:
    """Make a new link for somebody who has not accepted; the one before stops working."""

    member_id: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInvitation:
    """Bind the member whom a link invites to the account of who opened it.

    Raises:
        RecordNotFound: The link was used, replaced or taken back, or has run out.
        RecordExists: The account acts for this business already.
    """

    digest: str
    account_id: AccountId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invited member with the secret of their link, which is never shown again."""

    member: Member
    token: str


_TOKEN = re.compile(rf"([{ALPHABET}]{{{BODY_LENGTH}}})_[0-9A-Za-z]{{40,100}}")

MEMBERS_KEY = "access:members"
"""The guard of who may sign in."""

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


def invitation_of(token: str) -> tuple[TenantId, str] | None:
    """Return the business that a link's token names and the digest of its secret, or None."""
    found = _TOKEN.fullmatch(token)
    return (TenantId(f"tnt_{found[1]}"), digest_of(token)) if found else None


def _invite_needs(command: InviteMember, _look: Look) -> Needs:
    return Needs.of(reads=[Where(Member, "email_key", email_key(command.email))])


def _invite(view: View, command: InviteMember, now: datetime) -> Invitation:
    checks.require(
        [checks.email("/email", command.email), checks.line("/name", command.name)],
    )
    key = email_key(command.email)
    if view.where(Member, "email_key", key):
        raise RecordExists(kind="member", key=command.email)
    token = _new_token(view)
    member = Member(
        member_id=MemberId(view.new_id("mbr")),
        email=command.email.strip(),
        email_key=key,
        name=command.name.strip() or command.email.strip(),
        role=command.role,
        status=AccessStatus.ACTIVE,
        created_at=now,
        version=1,
        invite_digest=digest_of(token),
        invited_until=now + INVITATION_LASTS,
    )
    view.insert(member)
    view.fact("member.invited", member, role=member.role)
    return Invitation(member=member, token=token)


def _new_token(view: View) -> str:
    return f"{view.tenant_id.removeprefix('tnt_')}_{view.new_secret()}"


def _renew_needs(command: RenewInvitation, look: Look) -> Needs:
    look.get(Member, command.member_id)
    return Needs()


def _renew(view: View, command: RenewInvitation, now: datetime) -> Invitation:
    member = view.get(Member, command.member_id)
    if member.account_id is not None or member.status is not AccessStatus.ACTIVE:
        status = "accepted" if member.account_id is not None else member.status.value
        raise TransitionNotAllowed(kind="member", status=status, action="invite")
    token = _new_token(view)
    invited = view.update(
        member, invite_digest=digest_of(token), invited_until=now + INVITATION_LASTS
    )
    view.fact("member.invited", invited, role=invited.role)
    return Invitation(member=invited, token=token)


def _accept_needs(command: AcceptInvitation, _look: Look) -> Needs:
    return Needs.of(
        guards=[MEMBERS_KEY],
        reads=[
            Where(Member, "invite_digest", command.digest),
            Where(Member, "account_id", command.account_id),
        ],
    )


def _accept(view: View, command: AcceptInvitation, now: datetime) -> Member:
    found = view.where(Member, "invite_digest", command.digest)
    if not found or not is_open(found[0], now=now):
        raise RecordNotFound(kind="invitation", key="")
    if view.where(Member, "account_id", command.account_id):
        raise RecordExists(kind="member", key=found[0].email)
    checks.require([checks.line("/name", command.name, shortest=1)])
    accepted = view.update(
        found[0],
        account_id=command.account_id,
        name=command.name.strip(),
        invite_digest=None,
        invited_until=None,
    )
    view.fact("member.accepted", accepted, role=accepted.role)
    return accepted


def is_open(member: Member, *, now: datetime) -> bool:
    """Tell whether the link of a member's invitation works."""
    is_waiting = member.status is AccessStatus.ACTIVE and member.account_id is None
    return is_waiting and member.invited_until is not None and now < member.invited_until


def _change_needs(command: ChangeMember, look: Look) -> Needs:
    look.get(Member, command.member_id)
    if not _may_leave(command):
        return Needs()
    return Needs.of(guards=[MEMBERS_KEY], reads=[Where(Member, "role", Role.OWNER.value)])


def _may_leave(command: ChangeMember) -> bool:
    return not {"role", "status"}.isdisjoint(command.changes)


def _is_owner(member: Member) -> bool:
    return member.role is Role.OWNER and member.can_sign_in


def _change(view: View, command: ChangeMember, _now: datetime) -> Member:
    member = view.get(Member, command.member_id)
    require_version(member, command.if_version)
    owners = view.where(Member, "role", Role.OWNER.value) if _may_leave(command) else ()
    changed = patched(view, member, command.changes, CHANGEABLE, require_valid)
    if _is_owner(member) and not _is_owner(changed):
        others = [one for one in owners if one.member_id != member.member_id]
        if not any(_is_owner(one) for one in others):
            raise RecordInUse(
                "This is the last owner who can sign in. Make somebody else an owner first."
            )
    if changed.status is AccessStatus.INACTIVE and changed.invite_digest is not None:
        changed = view.update(changed, invite_digest=None, invited_until=None)
    view.fact("member.changed", changed, role=changed.role)
    return changed


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddMember: UseCase(
            "member.add", scopes=(Scope.ACCESS_WRITE,), needs=_add_needs, decide=_add
        ),
        InviteMember: UseCase(
            "member.invite", scopes=(Scope.ACCESS_WRITE,), needs=_invite_needs, decide=_invite
        ),
        RenewInvitation: UseCase(
            "member.renew_invitation",
            scopes=(Scope.ACCESS_WRITE,),
            needs=_renew_needs,
            decide=_renew,
        ),
        AcceptInvitation: UseCase(
            "member.accept_invitation",
            scopes=(Scope.ACCESS_WRITE,),
            needs=_accept_needs,
            decide=_accept,
        ),
        ChangeMember: UseCase(
            "member.change", scopes=(Scope.ACCESS_WRITE,), needs=_change_needs, decide=_change
        ),
    }
)
