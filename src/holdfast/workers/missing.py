"""The worker that records that nobody came, where the policy of a booking says so by itself."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.ids import BookingId, TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.no_shows import MarkDueNoShow
from holdfast.engine.ports import Due
from holdfast.engine.use_cases import Outcome
from holdfast.workers.due import Count, ShouldStop, never, run_all, work_through


def mark_due_no_shows(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Mark every booking as a no-show whose grace is over and to which nobody has come.

    Returns:
        `{"no_shows": n}`: how many are no-shows now.

    Raises:
        WorkIncomplete: Some could not be marked; all others are.
        StorageFault: The database could not be asked.
    """

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        commands = [MarkDueNoShow(booking_id=BookingId(booking_id)) for booking_id in ids]
        outcomes = run_all(engine, tenant_id, commands)
        failed = sum(outcome.error is not None for outcome in outcomes)
        return Count(sum(map(_is_missing, outcomes)), failed)

    done = work_through(engine, Due.NO_SHOWS, on_page, what="no-shows", should_stop=should_stop)
    return {"no_shows": done}


def _is_missing(outcome: Outcome) -> bool:
    booking = outcome.result
    return isinstance(booking, Booking) and booking.status is BookingStatus.NO_SHOW
