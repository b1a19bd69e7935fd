"""The worker that completes bookings at their end, where their policy says so."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.domain.ids import BookingId, TenantId
from holdfast.engine.attending import CompleteDueBooking
from holdfast.engine.facade import Engine
from holdfast.engine.ports import Due
from holdfast.workers.due import Count, ShouldStop, never, run_all, work_through


def complete_due_bookings(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Complete every booking that completes by itself and is at its end, of every business.

    Returns:
        `{"completed": n}`: how many are completed now.

    Raises:
        WorkIncomplete: Some could not be completed; all others are.
        StorageFault: The database could not be asked.
    """

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        commands = [CompleteDueBooking(booking_id=BookingId(booking_id)) for booking_id in ids]
        outcomes = run_all(engine, tenant_id, commands)
        failed = sum(outcome.error is not None for outcome in outcomes)
        return Count(len(outcomes) - failed, failed)

    done = work_through(
        engine, Due.COMPLETIONS, on_page, what="completions", should_stop=should_stop
    )
    return {"completed": done}
