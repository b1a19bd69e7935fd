"""Gateways that tests use instead of the server's lane and pool."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from holdfast.domain.errors import RateLimited
from holdfast.domain.ids import TenantId
from holdfast.engine.facade import Engine
from holdfast.engine.use_cases import Envelope, Outcome

T = TypeVar("T")


class ThreadGateway:
    """Runs every command as a batch of one, and every question, in a thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def write(self, tenant_id: TenantId, envelope: Envelope) -> Outcome:
        """Run a command."""
        run = self.engine.unit_of_work.run
        return (await asyncio.to_thread(run, tenant_id, [envelope]))[0]

    async def read(self, question: Callable[[], T]) -> T:
        """Ask a question."""
        return await asyncio.to_thread(question)


class InlineGateway:
    """The same without threads: faster, one after the other.

    Attributes:
        write_count, read_count: How often each was asked.
        is_muted: Whether commands are refused (429) instead of run.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.write_count = 0
        self.read_count = 0
        self.is_muted = False

    async def write(self, tenant_id: TenantId, envelope: Envelope) -> Outcome:
        """Run a command."""
        self.write_count += 1
        if self.is_muted:
            return Outcome(error=RateLimited("muted", retry_after_seconds=1))
        return self.engine.unit_of_work.run(tenant_id, [envelope])[0]

    async def read(self, question: Callable[[], T]) -> T:
        """Ask a question."""
        self.read_count += 1
        return question()
