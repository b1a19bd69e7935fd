"""Tenants: open a business, change its name, zone and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from holdfast.domain import checks
from holdfast.domain.access import AccessStatus, Member, Role, Scope
from holdfast.domain.customers import email_key
from holdfast.domain.ids import AccountId, MemberId, TenantId
from holdfast.domain.policies import HORIZON_DAYS_MAX, NOTHING_SAID, Policy
from holdfast.domain.tenants import (
    EMBED_ORIGINS_MAX,
    RESERVED_SLUGS,
    Tenant,
    TenantStatus,
    is_embed_origin,
    is_slug,
)
from holdfast.engine.patches import patched
from holdfast.engine.policy_changes import require_policy, with_policy
from holdfast.engine.ports import ById
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

DEFAULT_HORIZON_DAYS = 365
_IN_BOTH = ("notice", "horizon_days")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOwner:
    """Whose business it is: somebody who has an account already."""

    account_id: AccountId
    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTenant:
    """Open a business; with its first owner, or for an operator to invite one.

    Attributes:
        notice, horizon_days: None is what the policy says, else no notice and a year ahead.
    """

    slug: str
    name: str
    zone: str
    currency: str
    notice: timedelta | None = None
    horizon_days: int | None = None
    metadata: dict[str, object] = field(default_factory=dict)
    policy: Policy = NOTHING_SAID
    owner: FirstOwner | None = None
    embed_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTenant:
    """Change a business. `changes` holds fields of `Tenant` and their new values."""

    changes: Mapping[str, object]
    if_version: int | None = None


CHANGEABLE = frozenset(
    "slug name zone currency notice horizon_days status metadata policy embed_origins".split()
)


def require_valid(tenant: Tenant) -> None:
    """Refuse a business whose fields are malformed.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    checks.require(
        [
            _slug(tenant.slug),
            checks.line("/name", tenant.name, shortest=1),
            checks.zone_name("/zone", tenant.zone),
            checks.currency("/currency", tenant.currency),
            checks.length("/notice", tenant.notice, least=timedelta(0), most=checks.YEAR),
            checks.whole("/horizon_days", tenant.horizon_days, least=0, most=HORIZON_DAYS_MAX),
            checks.metadata("/metadata", tenant.metadata),
            checks.whole(
                "/embed_origins", len(tenant.embed_origins), least=0, most=EMBED_ORIGINS_MAX
            ),
            *(_origin(f"/embed_origins/{i}", one) for i, one in enumerate(tenant.embed_origins)),
        ]
    )
    require_policy(tenant)


def _slug(slug: str) -> checks.Fault | None:
    if slug in RESERVED_SLUGS:
        return checks.fault("/slug", "reserved", f"'{slug}' is reserved. Choose another name.")
    if not is_slug(slug):
        message = "3 to 40 letters a to z, digits and hyphens, neither first nor last a hyphen."
        return checks.fault("/slug", "not_a_slug", message)
    return None


def _origin(pointer: str, origin: str) -> checks.Fault | None:
    if is_embed_origin(origin):
        return None
    message = "An origin is https:// and a host, such as https://www.example.com, without a path."
    return checks.fault(pointer, "not_an_origin", message)


def _add_needs(_command: AddTenant, look: Look) -> Needs:
    return Needs.of(reads=[ById(Tenant, look.tenant_id)])


def _add(view: View, command: AddTenant, now: datetime) -> Tenant:
    policy = command.policy
    tenant = Tenant(
        tenant_id=TenantId(view.tenant_id),
        slug=command.slug,
        name=command.name,
        zone=command.zone,
        currency=command.currency,
        notice=_first(command.notice, policy.notice, timedelta(0)),
        horizon_days=_first(command.horizon_days, policy.horizon_days, DEFAULT_HORIZON_DAYS),
        status=TenantStatus.ACTIVE,
        metadata=command.metadata,
        created_at=now,
        version=1,
        policy=policy,
        embed_origins=command.embed_origins,
    )
    require_valid(tenant)
    view.insert(tenant)
    view.fact("tenant.added", tenant)
    if command.owner is not None:
        # In the same transaction: a business that nobody owns could be entered by nobody.
        _add_owner(view, command.owner, now)
    return tenant


def _add_owner(view: View, owner: FirstOwner, now: datetime) -> None:
    member = Member(
        member_id=MemberId(view.new_id("mbr")),
        email=owner.email,
        email_key=email_key(owner.email),
        name=owner.name,
        role=Role.OWNER,
        status=AccessStatus.ACTIVE,
        created_at=now,
        version=1,
        account_id=owner.account_id,
    )
    checks.require(
        [checks.email("/owner/email", owner.email), checks.line("/owner/name", owner.name)]
    )
    view.insert(member)
    view.fact("member.added", member, role=member.role)


def _first(*said: T | None) -> T:
    return next(one for one in said if one is not None)


def _with_both_names(changes: Mapping[str, object], tenant: Tenant) -> dict[str, Any]:
    """Return changes that say alike what stands in a field and in the policy too.

    Whoever says it in one place means it. What is said in both is left as it is said.
    """
    found = with_policy(changes, tenant.policy)
    policy = found.get("policy", tenant.policy)
    if not isinstance(policy, Policy):
        return found
    for name in _IN_BOTH:
        said = getattr(policy, name)
        if name in changes and "policy" not in changes and said is not None:
            field_said: dict[str, Any] = {name: changes[name]}
            policy = replace(policy, **field_said)
            found["policy"] = policy
        elif name not in changes and "policy" in changes and said is not None:
            found[name] = said
    return found


def _change_needs(_command: ChangeTenant, look: Look) -> Needs:
    look.get(Tenant, look.tenant_id)
    return Needs()


def _change(view: View, command: ChangeTenant, _now: datetime) -> Tenant:
    tenant = view.get(Tenant, view.tenant_id)
    require_version(tenant, command.if_version)
    changes = _with_both_names(command.changes, tenant)
    changed = patched(view, tenant, changes, CHANGEABLE, require_valid)
    view.fact("tenant.changed", changed)
    return changed


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddTenant: UseCase(
            "tenant.add", scopes=(Scope.ACCESS_WRITE,), needs=_add_needs, decide=_add
        ),
        ChangeTenant: UseCase(
            "tenant.change", scopes=(Scope.ACCESS_WRITE,), needs=_change_needs, decide=_change
        ),
    }
)
