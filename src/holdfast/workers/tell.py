"""The worker that tells listeners what has happened: it numbers the facts, then goes through them.

Any number of us may run at once: each listener has one turn at a business at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.engine.asking import Listener, Streams, Telling
from holdfast.workers.clockwork import WorkIncomplete
from holdfast.workers.due import TENANTS_MAX, ShouldStop, never

NUMBERED_MAX = 1_000
"""So many facts get their numbers in one transaction."""


def tell_listeners(
    telling: Telling, listeners: Sequence[Listener], *, should_stop: ShouldStop = never
) -> dict[str, int]:
    """Number what has happened, and tell every listener what it was not told yet.

    Returns:
        `{"numbered": n, "told": m}`.

    Raises:
        WorkIncomplete: A listener failed; it is tried again later, and the others were told.
        StorageFault: The database could not be asked.
    """
    numbered = _number(telling.streams, should_stop=should_stop)
    told = failed = 0
    for listener in listeners:
        for tenant_id in telling.streams.behind(listener.name, limit=TENANTS_MAX):
            is_more = True
            while is_more and not should_stop():
                came = telling.tell(listener, tenant_id, should_stop=should_stop)
                told, failed, is_more = told + came.told, failed + came.failed, came.is_full
    if failed:
        message = f"{failed} listeners failed and are tried again; {told} facts were told."
        raise WorkIncomplete(message)
    return {"numbered": numbered, "told": told}


def _number(streams: Streams, *, should_stop: ShouldStop) -> int:
    total = 0
    for tenant_id in streams.unnumbered(limit=TENANTS_MAX):
        while not should_stop():
            count = streams.number(tenant_id, limit=NUMBERED_MAX)
            total += count
            if count < NUMBERED_MAX:
                break
    return total
