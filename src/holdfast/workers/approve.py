"""The worker that confirms bookings whose delay is over."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.domain.bookings import Booking, PendingReason
from holdfast.domain.errors import AvailabilityClosed, CapacityExceeded
from holdfast.domain.ids import BookingId, TenantId
from holdfast.engine.approvals import ConfirmDueBooking
from holdfast.engine.facade import Engine
from holdfast.engine.ports import Due
from holdfast.engine.use_cases import Outcome
from holdfast.workers.due import Count, ShouldStop, never, run_all, work_through


def confirm_due_bookings(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Confirm every booking whose delay is over, of every business.

    One that waits for more than the delay goes on waiting without it. One whose slot or resource
    was closed meanwhile stays pending, for staff to see to.

    Returns:
        `{"confirmed": n, "refused": m}`: how many wait no longer for a delay, and how many stay
        pending.

    Raises:
        WorkIncomplete: Some could not be confirmed; all others are.
        StorageFault: The database could not be asked.
    """
    refused = 0

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        nonlocal refused
        commands = [ConfirmDueBooking(booking_id=BookingId(booking_id)) for booking_id in ids]
        outcomes = run_all(engine, tenant_id, commands)
        closed = sum(
            isinstance(outcome.error, (AvailabilityClosed, CapacityExceeded))
            for outcome in outcomes
        )
        refused += closed
        failed = sum(outcome.error is not None for outcome in outcomes) - closed
        return Count(sum(map(_is_over, outcomes)), failed)

    done = work_through(
        engine, Due.CONFIRMATIONS, on_page, what="confirmations", should_stop=should_stop
    )
    return {"confirmed": done, "refused": refused}


def _is_over(outcome: Outcome) -> bool:
    booking = outcome.result
    return isinstance(booking, Booking) and PendingReason.DELAY not in booking.pending_reasons
