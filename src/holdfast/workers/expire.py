"""The worker that records that holds are over. Their places stopped counting by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from holdfast.domain.access import SYSTEM
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import HoldId, TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.holds import ExpireHold
from holdfast.engine.use_cases import Envelope
from holdfast.workers.clockwork import WorkIncomplete

TENANTS_MAX = 1_000
# One page of due holds is one batch.
BATCH_MAX = 64


def never() -> bool:
    """Say that nobody wants us to stop."""
    return False


def expire_holds(engine: Engine, *, should_stop: Callable[[], bool] = never) -> dict[str, int]:
    """Expire every hold whose time is over, of every business; any number of us may run at once.

    Returns:
        `{"released": n}`: how many holds are expired now that were due.

    Raises:
        WorkIncomplete: Some could not be expired; all others are.
        StorageFault: The database could not be asked.
    """
    released = failed = 0
    while tenants := engine.register.with_due_holds(limit=TENANTS_MAX):
        before = released
        for tenant_id in tenants:
            of_tenant = _expire_tenant(engine, tenant_id, should_stop=should_stop)
            released += of_tenant[0]
            failed += of_tenant[1]
        if len(tenants) < TENANTS_MAX or released == before or should_stop():
            break
    if failed:
        raise WorkIncomplete(f"{failed} due holds could not be expired; {released} were.")
    return {"released": released}


def _expire_tenant(
    engine: Engine, tenant_id: TenantId, *, should_stop: Callable[[], bool]
) -> tuple[int, int]:
    """Expire one business's due holds, page by page; return how many were, and could not be."""
    released = failed = 0
    last: tuple[datetime, HoldId] | None = None
    while not should_stop():
        page = engine.register.due_holds(tenant_id, after=last, limit=BATCH_MAX)
        if not page:
            break
        last = page[-1]
        count = _expire_batch(engine, tenant_id, [hold_id for _, hold_id in page])
        released += count[0]
        failed += count[1]
    return released, failed


def _expire_batch(
    engine: Engine, tenant_id: TenantId, hold_ids: Sequence[HoldId]
) -> tuple[int, int]:
    envelopes = [
        Envelope(command=ExpireHold(hold_id=hold_id), actor=SYSTEM) for hold_id in hold_ids
    ]
    outcomes = engine.unit_of_work.run(tenant_id, envelopes)
    failed = sum(outcome.error is not None for outcome in outcomes)
    # Whatever was converted, released or extended in the meantime is left as it is.
    released = sum(
        isinstance(outcome.result, Hold) and outcome.result.status is HoldStatus.EXPIRED
        for outcome in outcomes
    )
    return released, failed
