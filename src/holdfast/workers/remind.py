"""The worker that tells when bookings are near, as their policies say."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.domain.ids import BookingId, TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.ports import Due
from holdfast.engine.reminding import RemindOfBooking
from holdfast.workers.due import Count, ShouldStop, never, run_all, work_through


def remind_of_bookings(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Write the fact `booking.reminder_due` for every reminder that is due, of every business.

    Returns:
        `{"reminded": n}`: how many were due.

    Raises:
        WorkIncomplete: Some could not be written; all others are.
        StorageFault: The database could not be asked.
    """

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        commands = [RemindOfBooking(booking_id=BookingId(booking_id)) for booking_id in ids]
        outcomes = run_all(engine, tenant_id, commands)
        failed = sum(outcome.error is not None for outcome in outcomes)
        return Count(len(outcomes) - failed, failed)

    done = work_through(engine, Due.REMINDERS, on_page, what="reminders", should_stop=should_stop)
    return {"reminded": done}
