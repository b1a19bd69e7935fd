"""Pools: resources that stand in for one another, such as the rooms of a clinic or a region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.ids import PoolId, ResourceId

POOL_MEMBERS_MAX = 500


class PoolStatus(StrEnum):
    """Whether the pool is in use."""

    ACTIVE = "active"
    DELETED = "deleted"


class PoolAction(StrEnum):
    """What changes a pool's status."""

    DELETE = "delete"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Resources any of which serve. A resource may be in several pools and be booked by name.

    Attributes:
        kind: What the pool is to the business, such as "region" or "team".
        resource_ids: The members, in the order in which they are tried.
    """

    pool_id: PoolId
    name: str
    kind: str
    description: str
    resource_ids: tuple[ResourceId, ...]
    sort_order: int
    status: PoolStatus
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    deleted_at: datetime | None
    version: int


_A, _D = PoolStatus.ACTIVE, PoolStatus.DELETED
TRANSITIONS: Mapping[tuple[PoolStatus, PoolAction], PoolStatus] = {
    (_A, PoolAction.DELETE): _D,
    (_D, PoolAction.DELETE): _D,
    (_D, PoolAction.RESTORE): _A,
    (_A, PoolAction.RESTORE): _A,
}


def transition(status: PoolStatus, action: PoolAction) -> PoolStatus:
    """Return the status that an action leads to.

    Raises:
        TransitionNotAllowed: The status does not allow the action.

    >>> transition(PoolStatus.DELETED, PoolAction.RESTORE).value
    'active'
    """
    target = TRANSITIONS.get((status, action))
    if target is None:
        raise TransitionNotAllowed(kind="pool", status=status, action=action)
    return target
