"""The worker that records what is over: holds, bookings not answered, askings nobody came back to.

Their places stopped counting by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from holdfast.domain.bookings import BookingStatus
from holdfast.domain.holds import HoldStatus
from holdfast.domain.hooks import AttemptStatus
from holdfast.domain.ids import AttemptId, BookingId, HoldId, TenantId
from holdfast.engine.approvals import ExpireBooking
from holdfast.engine.attempting import EndAttempt
from holdfast.engine.facade import Engine
from holdfast.engine.holds import ExpireHold
from holdfast.engine.ports import Due
from holdfast.engine.sweeping import SWEEP_MAX
from holdfast.engine.use_cases import Outcome
from holdfast.workers.due import BATCH_MAX, Count, ShouldStop, never, run_all, work_through


def expire_due(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Expire every hold, every pending booking and every asking of hooks whose time is over.

    Returns:
        What `expire_holds`, `expire_bookings` and `end_attempts` do.

    Raises:
        WorkIncomplete: Some could not be expired; all others of that kind are.
        StorageFault: The database could not be asked.
    """
    released = expire_holds(engine, should_stop=should_stop)
    expired = expire_bookings(engine, should_stop=should_stop)
    return released | expired | end_attempts(engine, should_stop=should_stop)


def expire_holds(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Expire every hold whose time is over, of every business; any number of us may run at once.

    Returns:
        `{"released": n}`: how many holds are expired now that were due.

    Raises:
        WorkIncomplete: Some could not be expired; all others are.
        StorageFault: The database could not be asked.
    """

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        swept = engine.sweeper.expire_holds(tenant_id, ids)
        total = Count(swept.ended)
        for first in range(0, len(swept.left), BATCH_MAX):
            some = swept.left[first : first + BATCH_MAX]
            commands = [ExpireHold(hold_id=HoldId(hold_id)) for hold_id in some]
            total += _counted(run_all(engine, tenant_id, commands), HoldStatus.EXPIRED)
        return total

    done = work_through(
        engine, Due.HOLDS, on_page, what="holds", should_stop=should_stop, page_size=SWEEP_MAX
    )
    return {"released": done}


def expire_bookings(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Expire every pending booking that was not answered in time, of every business.

    Returns:
        `{"expired": n}`: how many bookings are expired now that were due.

    Raises:
        WorkIncomplete: Some could not be expired; all others are.
        StorageFault: The database could not be asked.
    """

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        commands = [ExpireBooking(booking_id=BookingId(booking_id)) for booking_id in ids]
        return _counted(run_all(engine, tenant_id, commands), BookingStatus.EXPIRED)

    done = work_through(engine, Due.EXPIRIES, on_page, what="bookings", should_stop=should_stop)
    return {"expired": done}


def end_attempts(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """End every asking of hooks that nobody came back to, of every business.

    Returns:
        `{"given_up": n}`: how many askings are lost now that were due.

    Raises:
        WorkIncomplete: Some could not be ended; all others are.
        StorageFault: The database could not be asked.
    """

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        commands = [EndAttempt(attempt_id=AttemptId(one), only_if_over=True) for one in ids]
        return _counted(run_all(engine, tenant_id, commands), AttemptStatus.LOST)

    done = work_through(engine, Due.ATTEMPTS, on_page, what="askings", should_stop=should_stop)
    return {"given_up": done}


def _counted(outcomes: Iterable[Outcome], status: StrEnum) -> Count:
    """Count what has a status now, and what could not be given it.

    Whatever was converted, answered or extended in the meantime is left as it is.
    """
    found = list(outcomes)
    done = sum(getattr(one.result, "status", None) is status for one in found)
    return Count(done, sum(one.error is not None for one in found))
