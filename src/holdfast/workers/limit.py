"""The worker that opens what is being limited, where the caller that began it is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from holdfast.domain.access import SYSTEM
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import ResourceId, SlotId, TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.ports import Due
from holdfast.workers.due import Count, OnPage, ShouldStop, never, work_through

log = structlog.get_logger("holdfast.worker")


def settle_limits(engine: Engine, *, should_stop: ShouldStop = never) -> dict[str, int]:
    """Count what was booked while it was unlimited, and open it, at every business.

    Returns:
        `{"opened": n}`: how many resources and slots are open now.

    Raises:
        WorkIncomplete: Some could not be opened yet; all others are.
        StorageFault: The database could not be asked.
    """

    def resource(tenant_id: TenantId, resource_id: str) -> bool:
        resources = engine.at(tenant_id, actor=SYSTEM).resources
        return not resources.settle(ResourceId(resource_id)).is_settling

    def slot(tenant_id: TenantId, slot_id: str) -> bool:
        slots = engine.at(tenant_id, actor=SYSTEM).slots
        return slots.settle_limit(SlotId(slot_id)).limit_to is None

    opened = 0
    for due, settle in ((Due.SETTLING_RESOURCES, resource), (Due.LIMITED_SLOTS, slot)):
        opened += work_through(engine, due, _pages(settle), what="limits", should_stop=should_stop)
    return {"opened": opened}


def _pages(settle: Callable[[TenantId, str], bool]) -> OnPage:
    """Return what settles each limit of a page; what is not settled yet counts as failed."""

    def on_page(tenant_id: TenantId, ids: Sequence[str]) -> Count:
        total = Count()
        for record_id in ids:
            try:
                is_open = settle(tenant_id, record_id)
            except HoldfastError as refusal:
                log.warning("limit.not_settled", record_id=record_id, code=refusal.code)
                is_open = False
            total += Count(done=1) if is_open else Count(failed=1)
        return total

    return on_page
