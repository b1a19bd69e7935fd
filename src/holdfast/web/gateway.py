"""What the pages ask of the server that runs them: writes through the lane, reads in a pool.

The REST face asks for the same in its own words: adapters do not know each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from holdfast.domain.ids import TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.use_cases import Envelope, Outcome

T = TypeVar("T")


class Gateway(Protocol):
    """The way from asynchronous pages to the synchronous engine."""

    @property
    def engine(self) -> Engine:
        """The engine, for reads within `read`."""
        ...

    async def write(self, tenant_id: TenantId, envelope: Envelope) -> Outcome:
        """Run a command with its neighbours, in the commit lane, and wait for its outcome."""
        ...

    async def read(self, question: Callable[[], T]) -> T:
        """Run a blocking question in the bounded pool of readers.

        Raises:
            ServerBusy: No reader was free in time.
        """
        ...
