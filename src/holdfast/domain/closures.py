"""Closures: what becomes of bookings whose slot is cancelled or whose resource is blocked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from holdfast.domain.blocks import Block
from holdfast.domain.slots import Slot

AFFECTED_SHOWN_MAX = 50
CALLED_OFF_MAX = 100
"""So many bookings and holds are called off in one transaction."""

RecordT = TypeVar("RecordT", Slot, Block, Slot | Block)


class WhenBooked(StrEnum):
    """What to do when somebody has booked what is to be closed.

    `refuse` closes nothing, `list` closes it and keeps the bookings for staff to see to, `cancel`
    closes it and calls the bookings and holds off.
    """

    REFUSE = "refuse"
    LIST = "list"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """Something that counted on what was closed: a booking, a hold, a slot or a block."""

    kind: str
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure(Generic[RecordT]):
    """What was closed, and who counted on it.

    Attributes:
        record: The slot or block. While it is settling, its bookings are being called off.
        affected: Whom it concerns, at most `AFFECTED_SHOWN_MAX` of them.
        is_more: Whether there are more of them.
        called_off: How many bookings and holds have been called off since.
    """

    record: RecordT
    affected: tuple[Affected, ...] = ()
    is_more: bool = False
    called_off: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What one step of calling off has done.

    Attributes:
        called_off: How many bookings and holds it called off.
        is_done: Whether nothing is left to call off, as far as can be known now.
        is_settling: Whether it is closed to more, until everybody has ended who may have seen it
            open, and one more step has looked after that.
    """

    called_off: int
    is_done: bool
    is_settling: bool


def shown(affected: Iterable[Affected]) -> tuple[tuple[Affected, ...], bool]:
    """Return those that are shown, in order, and whether there are more."""
    ordered = sorted(set(affected), key=lambda one: (one.kind, one.record_id))
    return tuple(ordered[:AFFECTED_SHOWN_MAX]), len(ordered) > AFFECTED_SHOWN_MAX
