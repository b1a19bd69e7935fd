"""Resources: things and people with capacity that time is booked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.ids import CategoryId, ResourceId
from holdfast.domain.policies import NOTHING_SAID, Policy

CAPACITY_MAX = 1_000_000


class ResourceStatus(StrEnum):
    """Whether a resource may be booked."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


class ResourceAction(StrEnum):
    """What changes a resource's status."""

    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    DELETE = "delete"
    RESTORE = "restore"


class Scheme(StrEnum):
    """How a resource's capacity is counted; fixed when the resource is created."""

    INTERVAL = "interval"
    DATED = "dated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A thing or person that can be booked.

    Attributes:
        capacity: Units usable at one instant: 1 is exclusive, N shared, None unlimited.
        zone: IANA name; None means the tenant's.
        owner_id: The member to whom the resource belongs, if any.
        party_min, party_max: The smallest and largest party that it serves; None is no limit.
        is_bookable_alone: Whether the public may book it without an offering.
        is_settling: Whether its capacity is being limited, so that nothing is booked meanwhile.
        field_values: What its category's own fields say of it.
        notice, horizon_days, buffer_before, buffer_after: Where its offerings say nothing; None
            means the tenant's.
        policy: What it says beyond that.
    """

    resource_id: ResourceId
    kind: str
    name: str
    short_name: str | None
    description: str
    category_id: CategoryId | None
    capacity: int | None
    scheme: Scheme
    zone: str | None
    owner_id: str | None
    skills: tuple[str, ...]
    sort_order: int
    status: ResourceStatus
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    deleted_at: datetime | None
    version: int
    party_min: int | None = None
    party_max: int | None = None
    is_bookable_alone: bool = False
    is_settling: bool = False
    field_values: dict[str, object] = field(default_factory=dict)
    notice: timedelta | None = None
    horizon_days: int | None = None
    buffer_before: timedelta | None = None
    buffer_after: timedelta | None = None
    policy: Policy = NOTHING_SAID

    @property
    def is_exclusive(self) -> bool:
        """Whether at most one claim may hold at any instant; not yet, while it is being limited."""
        return self.capacity == 1 and not self.is_settling


_A, _I, _D = ResourceStatus.ACTIVE, ResourceStatus.INACTIVE, ResourceStatus.DELETED
TRANSITIONS: Mapping[tuple[ResourceStatus, ResourceAction], ResourceStatus] = {
    (_A, ResourceAction.ACTIVATE): _A,
    (_I, ResourceAction.ACTIVATE): _A,
    (_A, ResourceAction.DEACTIVATE): _I,
    (_I, ResourceAction.DEACTIVATE): _I,
    (_A, ResourceAction.DELETE): _D,
    (_I, ResourceAction.DELETE): _D,
    (_D, ResourceAction.DELETE): _D,
    (_D, ResourceAction.RESTORE): _A,
    (_A, ResourceAction.RESTORE): _A,
}


def transition(status: ResourceStatus, action: ResourceAction) -> ResourceStatus:
    """Return the status that an action leads to.

    Raises:
        TransitionNotAllowed: The status does not allow the action.

    >>> transition(ResourceStatus.ACTIVE, ResourceAction.DELETE).value
    'deleted'
    """
    target = TRANSITIONS.get((status, action))
    if target is None:
        raise TransitionNotAllowed(kind="resource", status=status, action=action)
    return target
