"""Blocks: time taken away from a resource, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdfast.domain.ids import BlockId, ResourceId


class BlockStatus(StrEnum):
    """Whether a block still takes time away."""

    ACTIVE = "active"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Time taken away from one resource, `[starts_at, ends_at)` in UTC.

    Attributes:
        is_settling: Whether the bookings in that time are being called off.
    """

    block_id: BlockId
    resource_id: ResourceId
    starts_at: datetime
    ends_at: datetime
    reason: str
    status: BlockStatus
    created_at: datetime
    removed_at: datetime | None
    version: int
    is_settling: bool = False
