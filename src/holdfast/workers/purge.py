"""The worker that removes rows that have served: batch marks, and answers kept for retries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from holdfast.engine.ports import Cutoffs, Housekeeping

TENANTS_MAX = 1_000
ROWS_MAX = 1_000


def purge_old_rows(
    housekeeping: Housekeeping,
    *,
    now: datetime,
    batch_age: timedelta,
    answer_age: timedelta,
    should_stop: Callable[[], bool],
) -> dict[str, int]:
    """Remove old rows of every business, in small transactions; any number of us may run at once.

    Args:
        housekeeping: Who removes them.
        now: The present instant.
        batch_age: How long batch marks stay. They settle lost commits, which takes seconds.
        answer_age: How long a retry with the same idempotency key is recognised.
        should_stop: Asked between two transactions.

    Returns:
        `{"removed": n}`.

    Raises:
        StorageFault: The database could not be asked, or somebody else did the same.
    """
    cutoffs = Cutoffs(batches_before=now - batch_age, answers_before=now - answer_age)
    removed = 0
    while tenants := housekeeping.with_old_rows(cutoffs, limit=TENANTS_MAX):
        before = removed
        for tenant_id in tenants:
            while not should_stop():
                count = housekeeping.purge(tenant_id, cutoffs, limit=ROWS_MAX)
                removed += count
                if not count:
                    break
        if len(tenants) < TENANTS_MAX or removed == before or should_stop():
            break
    return {"removed": removed}
