"""The worker that records that slots are over."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.domain.ids import SlotId, TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.ports import Due
from holdfast.engine.slot_changes import MarkSlotsPast
from holdfast.workers.due import Count, ShouldStop, never, run_all, work_through


def mark_slots_past(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Mark every open slot that has ended as past, of every business.

    Returns:
        `{"past": n}`: how many slots are past now that were open.

    Raises:
        WorkIncomplete: Some could not be marked; all others are.
        StorageFault: The database could not be asked.
    """

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        command = MarkSlotsPast(slot_ids=tuple(map(SlotId, ids)))
        outcome = run_all(engine, tenant_id, [command])[0]
        if outcome.error is not None:
            return Count(failed=len(ids))
        assert isinstance(outcome.result, int)
        return Count(outcome.result)

    done = work_through(engine, Due.PAST_SLOTS, on_page, what="slots", should_stop=should_stop)
    return {"past": done}
