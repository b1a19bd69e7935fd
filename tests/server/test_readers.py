"""The bounded pool of readers."""

from __future__ import annotations

import asyncio
import os
import threading
from contextvars import ContextVar

import pytest

from holdfast.domain.errors import RecordNotFound, ServerBusy
from holdfast.server.readers import ReaderOptions, Readers
from tests.server.tills import SECONDS_MAX, threads_named, until

pytestmark = pytest.mark.anyio

who: ContextVar[str] = ContextVar("who", default="nobody")


class Desk:
    """Questions that are answered once somebody says so."""

    def __init__(self) -> None:
        self.asked = 0
        self._is_open = threading.Event()

    def question(self) -> str:
        """Wait, then answer."""
        self.asked += 1
        assert self._is_open.wait(SECONDS_MAX)
        return "answer"

    def open(self) -> None:
        """Let everybody have their answer."""
        self._is_open.set()


async def test_a_question_is_answered_in_a_thread_that_knows_the_context_of_the_asker() -> None:
    readers = Readers(ReaderOptions(threads=1))
    who.set("Ada")

    answer = await readers.ask(lambda: (who.get(), threading.current_thread().name))

    assert answer == ("Ada", "holdfast-reader-1")


async def test_what_a_question_raises_is_raised_to_the_asker() -> None:
    readers = Readers(ReaderOptions(threads=1))

    def refuse() -> None:
        raise RecordNotFound(kind="slot", key="x")

    def fail() -> float:
        return 1 / 0

    with pytest.raises(RecordNotFound):
        await readers.ask(refuse)
    with pytest.raises(ZeroDivisionError):
        await readers.ask(fail)
    assert await readers.ask(lambda: "still there") == "still there"


async def test_who_gets_no_reader_in_time_is_told_that_the_server_is_busy() -> None:
    desk = Desk()
    readers = Readers(ReaderOptions(threads=2, wait_seconds=0.05))

    occupying = [asyncio.create_task(readers.ask(desk.question)) for _ in range(2)]
    await until(lambda: desk.asked == 2)
    with pytest.raises(ServerBusy):
        await readers.ask(desk.question)
    desk.open()

    assert [await task for task in occupying] == ["answer", "answer"]
    assert desk.asked == 2
    assert await readers.ask(desk.question) == "answer"


async def test_too_many_who_wait_are_refused_at_once() -> None:
    desk = Desk()
    readers = Readers(ReaderOptions(threads=1, queue_max=1))

    occupying = asyncio.create_task(readers.ask(desk.question))
    await until(lambda: desk.asked == 1)
    waiting = asyncio.create_task(readers.ask(desk.question))
    await asyncio.sleep(0.01)
    with pytest.raises(ServerBusy):
        await readers.ask(desk.question)
    desk.open()

    assert [await occupying, await waiting] == ["answer", "answer"]


async def test_a_closed_pool_ends_its_threads_and_starts_others_when_asked_again() -> None:
    others = threads_named("holdfast-reader")
    readers = Readers(ReaderOptions(threads=2))

    assert await readers.ask(lambda: 1) == 1
    readers.close()
    await until(lambda: threads_named("holdfast-reader") <= others)

    assert await readers.ask(lambda: 2) == 2


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_readers_of_its_own() -> None:
    readers = Readers(ReaderOptions(threads=1))

    assert asyncio.run(readers.ask(lambda: 1)) == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if asyncio.run(readers.ask(lambda: 1)) == 1 else 1)

    assert os.waitpid(child, 0)[1] == 0
