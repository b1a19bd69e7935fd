"""The worker of the waitlists: it ends what is over, and invites whoever is next.

It looks at what is free rather than waiting to be told: so nothing that frees a place is missed,
be it a cancellation, a hold that expired or a block that was lifted, and a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from holdfast.domain.ids import OfferingId, TenantId, WaitlistEntryId
from holdfast.domain.waitlists import WaitlistEntry, WaitlistStatus
from holdfast.engine.chances import find_chances
from holdfast.engine.facade import Engine
from holdfast.engine.inviting import InviteWaiting
from holdfast.engine.ports import Comparison, Due, Filter
from holdfast.engine.waitlist import EndWaiting
from holdfast.workers.clockwork import WorkIncomplete
from holdfast.workers.due import TENANTS_MAX, Count, ShouldStop, never, run_all, work_through

log = structlog.get_logger("holdfast.worker")

_WAITING = Filter("status", Comparison.EQUAL, WaitlistStatus.WAITING)


def invite_waiting(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """End invitations and wishes that are over, then invite whoever is next, at every business.

    Any number of us may run at once: each command decides under the locks of its waitlist.

    Returns:
        `{"ended": n, "invited": m}`.

    Raises:
        WorkIncomplete: Some could not be ended or invited; all others are.
        StorageFault: The database could not be asked.
    """
    ended = end_waiting(engine, should_stop=should_stop)
    total = Count()
    for tenant_id in engine.register.with_due(Due.WAITLISTS, limit=TENANTS_MAX):
        if should_stop():
            break
        total += _invite_at(engine, tenant_id, should_stop=should_stop)
    if total.failed:
        raise WorkIncomplete(f"{total.failed} times could not be offered; {total.done} were.")
    return ended | {"invited": total.done}


def end_waiting(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """End every invitation, wish and gathering whose time is over, of every business.

    Returns:
        `{"ended": n}`.

    Raises:
        WorkIncomplete: Some could not be ended; all others are.
        StorageFault: The database could not be asked.
    """

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        commands = [EndWaiting(entry_id=WaitlistEntryId(entry_id)) for entry_id in ids]
        outcomes = run_all(engine, tenant_id, commands)
        done = sum(isinstance(outcome.result, WaitlistEntry) for outcome in outcomes)
        return Count(done, len(outcomes) - done)

    done = work_through(engine, Due.WAITLIST_ENDS, on_page, what="waits", should_stop=should_stop)
    return {"ended": done}


def _invite_at(engine: Engine, tenant_id: TenantId, *, should_stop: ShouldStop) -> Count:
    """Offer what is free at one business, offering by offering."""
    total = Count()
    with engine.reads.read(tenant_id) as store:
        offerings = store.counts(WaitlistEntry, "offering_id", [_WAITING])
    for offering_id in offerings:
        if should_stop():
            break
        with engine.reads.read(tenant_id) as store:
            chances = find_chances(store, tenant_id=tenant_id, offering_id=OfferingId(offering_id))
        commands = [InviteWaiting(choice=choice) for choice in chances]
        for outcome in run_all(engine, tenant_id, commands) if commands else ():
            if outcome.error is not None:
                log.warning(
                    "waitlist.not_offered", offering_id=offering_id, code=outcome.error.code
                )
                total += Count(failed=1)
            elif isinstance(outcome.result, tuple):
                total += Count(len(outcome.result))
    return total
