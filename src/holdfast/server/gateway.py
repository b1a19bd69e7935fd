"""The gateway: how asynchronous routes reach the synchronous engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from holdfast.domain.errors import ServerBusy
from holdfast.domain.ids import TenantId
from holdfast.engine.asking import HookThreads, Passage, Question, Verdict
from holdfast.engine.facade import Engine
from holdfast.engine.ports import StorageUnavailable, TransactionConflict
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.server.lane import CommitLane
from holdfast.server.readers import Readers
from holdfast.server.skew import SkewGuard

T = TypeVar("T")


async def _put(question: Question, threads: HookThreads) -> Verdict:
    try:
        answer = asyncio.wrap_future(threads.start(question.put))
        return await asyncio.wait_for(answer, question.seconds)
    except TimeoutError:
        return question.unanswered()
    except ServerBusy as refusal:
        return Verdict(refusal)


class LaneGateway:
    """Writes go through the commit lane, reads through the bounded pool of readers.

    Attributes:
        engine: The engine, for reads within `read`.
    """

    def __init__(
        self, engine: Engine, *, lane: CommitLane, readers: Readers, skew: SkewGuard
    ) -> None:
        """Put the parts together."""
        self.engine = engine
        self._lane = lane
        self._readers = readers
        self._skew = skew

    async def write(self, tenant_id: TenantId, envelope: Envelope) -> Outcome:
        """Run a command with its neighbours, in the commit lane, and wait for its outcome."""
        if self._skew.claim_check():
            with suppress(ServerBusy):  # the next one may measure; nobody's write waits for it
                await self.read(self._skew.check)
        if self._skew.is_too_large:
            return Outcome(error=self._skew.refusal())
        asking = self.engine.asking
        if asking is None or not asking.concerns(envelope.command):
            return await self._lane.submit(tenant_id, envelope)
        return await self._lead(tenant_id, asking.passage(envelope), asking.threads)

    async def _lead(self, tenant_id: TenantId, passage: Passage, threads: HookThreads) -> Outcome:
        """Drive a passage: its transactions in the lane, its hooks beside it."""
        step = next(passage)
        while True:
            if isinstance(step, Envelope):
                found: Outcome | Verdict = await self._lane.submit(tenant_id, step)
            else:
                found = await _put(step, threads)
            try:
                step = passage.send(found)
            except StopIteration as end:
                outcome = end.value
                assert isinstance(outcome, Outcome)
                return outcome

    async def read(self, question: Callable[[], T]) -> T:
        """Run a blocking question in the bounded pool of readers.

        Raises:
            ServerBusy: No reader was free in time, or the database could not be reached.
        """
        try:
            return await self._readers.ask(question)
        except (StorageUnavailable, TransactionConflict) as fault:
            raise ServerBusy from fault
