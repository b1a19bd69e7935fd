"""The worker that sees closures through: it calls off what a caller that is gone left booked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from holdfast.domain.access import SYSTEM
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import BlockId, SlotId, TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.ports import Due
from holdfast.workers.due import Count, OnPage, ShouldStop, never, work_through

log = structlog.get_logger("holdfast.worker")


def settle_closures(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Call off the bookings and holds of what was closed with them, of every business.

    Returns:
        `{"called_off": n}`: how many bookings and holds are called off now.

    Raises:
        WorkIncomplete: Some could not be called off; all others are.
        StorageFault: The database could not be asked.
    """

    def slot(tenant_id: TenantId, slot_id: str) -> int:
        return engine.at(tenant_id, actor=SYSTEM).slots.settle(SlotId(slot_id))

    def block(tenant_id: TenantId, block_id: str) -> int:
        return engine.at(tenant_id, actor=SYSTEM).blocks.settle(BlockId(block_id))

    called_off = 0
    for due, settle in ((Due.SETTLING_SLOTS, slot), (Due.SETTLING_BLOCKS, block)):
        called_off += work_through(
            engine, due, _pages(settle), what="closures", should_stop=should_stop
        )
    return {"called_off": called_off}


def _pages(settle: Callable[[TenantId, str], int]) -> OnPage:
    """Return what settles each closure of a page."""

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        total = Count()
        for record_id in ids:
            try:
                total += Count(settle(tenant_id, record_id))
            except HoldfastError as refusal:
                log.warning("closure.not_settled", record_id=record_id, code=refusal.code)
                total += Count(failed=1)
        return total

    return on_page
