"""Pools: add, change their members, delete softly, restore.

A pool takes no lock. Whoever books one of several reads the pool under the locks of those members
that it claims, so membership decides who is asked and never how many places there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.errors import RecordInUse, TransitionNotAllowed
from holdfast.domain.ids import PoolId, ResourceId
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.pools import POOL_MEMBERS_MAX, Pool, PoolAction, PoolStatus, transition
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.scenes import every_requirement
from holdfast.engine.patches import patched
from holdfast.engine.ports import ById, Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

SORT_ORDER_MAX = 1_000_000
SLUGS_SHOWN_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPool:
    """Add a pool: a region, a team, the rooms that stand in for one another.

    `resource_ids` are its members in the order in which they are tried, at most 500, each once.
    """

    name: str
    kind: str = "pool"
    description: str = ""
    resource_ids: tuple[ResourceId, ...] = ()
    sort_order: int = 0
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePool:
    """Change a pool. `resource_ids` replaces all members; bookings that were made stay."""

    pool_id: PoolId
    changes: Mapping[str, object]
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnPool:
    """Delete or restore a pool. Nothing is ever really deleted.

    Deleting is refused while offerings on sale need the pool, unless `is_forced`: they cannot be
    booked then, until it is restored.
    """

    pool_id: PoolId
    action: PoolAction
    is_forced: bool = False
    if_version: int | None = None


CHANGEABLE = frozenset({"name", "kind", "description", "resource_ids", "sort_order", "metadata"})


def require_valid(pool: Pool) -> None:
    """Refuse a pool whose fields are malformed.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    checks.require(
        [
            checks.line("/name", pool.name, shortest=1),
            checks.line("/kind", pool.kind, shortest=1),
            checks.text("/description", pool.description),
            *_faults_of_members(pool.resource_ids),
            checks.whole("/sort_order", pool.sort_order, least=0, most=SORT_ORDER_MAX),
            checks.metadata("/metadata", pool.metadata),
        ]
    )


def _faults_of_members(resource_ids: Sequence[ResourceId]) -> list[checks.Fault]:
    if len(resource_ids) > POOL_MEMBERS_MAX:
        message = f"A pool has at most {POOL_MEMBERS_MAX} resources."
        return [checks.fault("/resource_ids", "too_many", message)]
    found, seen = [], set[ResourceId]()
    for i, resource_id in enumerate(resource_ids):
        if resource_id in seen:
            message = "This resource is named above already."
            found.append(checks.fault(f"/resource_ids/{i}", "repeated", message))
        seen.add(resource_id)
    return found


def _require_known(
    look: Look, resource_ids: Sequence[ResourceId], *, members: Sequence[ResourceId] = ()
) -> None:
    """Refuse members that are not there, and deleted ones, unless they are members already."""
    faults = []
    for i, resource_id in enumerate(resource_ids):
        resource = look.find(Resource, resource_id)
        if resource is None:
            message = f"There is no resource '{resource_id}' here."
            faults.append(checks.fault(f"/resource_ids/{i}", "unknown_resource", message))
        elif resource.status is ResourceStatus.DELETED and resource_id not in members:
            message = f"{resource.name} is deleted. Restore it first."
            faults.append(checks.fault(f"/resource_ids/{i}", "deleted_resource", message))
    checks.require(faults)


def _members_needed(look: Look, resource_ids: object) -> None:
    """Look at the resources that are named, if they are few enough to be named at all."""
    if isinstance(resource_ids, tuple):
        checks.require(_faults_of_members(resource_ids))
        look.want(*(ById(Resource, resource_id) for resource_id in resource_ids))


def _add_needs(command: AddPool, look: Look) -> Needs:
    _members_needed(look, command.resource_ids)
    return Needs()


def _add(view: View, command: AddPool, now: datetime) -> Pool:
    pool = Pool(
        pool_id=PoolId(view.new_id("pol")),
        name=command.name,
        kind=command.kind,
        description=command.description,
        resource_ids=command.resource_ids,
        sort_order=command.sort_order,
        status=PoolStatus.ACTIVE,
        metadata=command.metadata,
        created_at=now,
        deleted_at=None,
        version=1,
    )
    require_valid(pool)
    _require_known(view, pool.resource_ids)
    view.insert(pool)
    view.fact("pool.added", pool)
    return pool


def _change_needs(command: ChangePool, look: Look) -> Needs:
    look.get(Pool, command.pool_id)
    _members_needed(look, command.changes.get("resource_ids"))
    return Needs()


def _change(view: View, command: ChangePool, _now: datetime) -> Pool:
    pool = view.get(Pool, command.pool_id)
    require_version(pool, command.if_version)
    if pool.status is PoolStatus.DELETED:
        raise TransitionNotAllowed(kind="pool", status=pool.status, action="change")
    changed = patched(view, pool, command.changes, CHANGEABLE, require_valid)
    if "resource_ids" in command.changes:
        _require_known(view, changed.resource_ids, members=pool.resource_ids)
    view.fact("pool.changed", changed)
    return changed


def _act_needs(command: ActOnPool, look: Look) -> Needs:
    look.want(ById(Pool, command.pool_id), Where(Offering, "status", OfferingStatus.ACTIVE))
    look.get(Pool, command.pool_id)
    return Needs()


def _act(view: View, command: ActOnPool, now: datetime) -> Pool:
    pool = view.get(Pool, command.pool_id)
    require_version(pool, command.if_version)
    status = transition(pool.status, command.action)
    if status is pool.status:
        return pool
    if command.action is PoolAction.DELETE and not command.is_forced:
        _require_not_needed(view, pool)
    deleted_at = now if status is PoolStatus.DELETED else None
    changed = view.update(pool, status=status, deleted_at=deleted_at)
    view.fact("pool.deleted" if status is PoolStatus.DELETED else "pool.restored", changed)
    return changed


def _require_not_needed(view: View, pool: Pool) -> None:
    slugs = sorted(
        offering.slug
        for offering in view.where(Offering, "status", OfferingStatus.ACTIVE)
        if any(needed.pool_id == pool.pool_id for needed in every_requirement(offering))
    )
    if slugs:
        message = (
            f"{len(slugs)} offering(s) on sale need {pool.name}. Change them first; to delete it"
            " all the same, use force: they cannot be booked then."
        )
        shown = slugs[:SLUGS_SHOWN_MAX]
        raise RecordInUse(message, kind="pool", key=pool.pool_id, offerings=shown)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddPool: UseCase(
            "pool.add", scopes=(Scope.CATALOGUE_WRITE,), needs=_add_needs, decide=_add
        ),
        ChangePool: UseCase(
            "pool.change", scopes=(Scope.CATALOGUE_WRITE,), needs=_change_needs, decide=_change
        ),
        ActOnPool: UseCase(
            "pool.act", scopes=(Scope.CATALOGUE_WRITE,), needs=_act_needs, decide=_act
        ),
    }
)
