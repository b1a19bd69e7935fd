"""Due work: going through what is due at every business, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.access import SYSTEM
from holdfast.domain.ids import TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.ports import Due
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.workers.clockwork import WorkIncomplete

TENANTS_MAX = 1_000
# One page of due things is one batch.
BATCH_MAX = 64

ShouldStop = Callable[[], bool]
OnPage = Callable[[TenantId, Sequence[str]], "Count"]


@dataclass(frozen=True, slots=True)
class Count:
    """How much was done, and how much could not be."""

    done: int = 0
    failed: int = 0

    def __add__(self, other: Count) -> Count:
        """Add up two of them."""
        return Count(self.done + other.done, self.failed + other.failed)


def never() -> bool:
    """Say that nobody wants us to stop."""
    return False


def work_through(
    engine: Engine,
    due: Due,
    on_page: OnPage,
    *,
    what: str,
    should_stop: ShouldStop,
    page_size: int = BATCH_MAX,
) -> int:
    """Do what is due of a kind, of every business; any number of us may run at once.

    Returns:
        How much was done.

    Raises:
        WorkIncomplete: Some could not be done; all else is.
        StorageFault: The database could not be asked.
    """
    total = Count()
    while tenants := engine.register.with_due(due, limit=TENANTS_MAX):
        before = total
        for tenant_id in tenants:
            total += _of_tenant(
                engine, due, tenant_id, on_page, should_stop=should_stop, page_size=page_size
            )
        if len(tenants) < TENANTS_MAX or total.done == before.done or should_stop():
            break
    if total.failed:
        raise WorkIncomplete(f"{total.failed} due {what} could not be done; {total.done} were.")
    return total.done


def _of_tenant(
    engine: Engine,
    due: Due,
    tenant_id: TenantId,
    on_page: OnPage,
    *,
    should_stop: ShouldStop,
    page_size: int,
) -> Count:
    """Do what is due at one business, page by page."""
    total = Count()
    last: tuple[datetime, str] | None = None
    while not should_stop():
        page = engine.register.due(due, tenant_id, after=last, limit=page_size)
        if not page:
            break
        last = page[-1]
        total += on_page(tenant_id, [record_id for _, record_id in page])
    return total


def run_all(engine: Engine, tenant_id: TenantId, commands: Sequence[object]) -> list[Outcome]:
    """Run commands of one business as the system, in one batch."""
    envelopes = [Envelope(command=command, actor=SYSTEM, source="worker") for command in commands]
    return engine.unit_of_work.run(tenant_id, envelopes)
