"""The pool of readers: blocking questions of asynchronous requests, bounded in number and time."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import structlog

from holdfast.domain.errors import HoldfastError, ServerBusy
from holdfast.engine.ports import StorageFault
from holdfast.server.handover import Caller, wake

log = structlog.get_logger("holdfast.reader")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderOptions:
    """The readers' limits.

    Attributes:
        threads: How many questions are answered at the same moment; best as many as there are
            connections for reading.
        queue_max: How many wait; beyond it callers are told at once that the server is busy.
        wait_seconds: How long a question waits for a free reader.
    """

    threads: int = 8
    queue_max: int = 1_000
    wait_seconds: float = 2.0


class _Question(Caller[Any]):
    """A question in the queue."""

    __slots__ = ("ask", "context")

    def __init__(self, ask: Callable[[], object]) -> None:
        super().__init__()
        self.ask = ask
        self.context: Context = copy_context()


class Readers:
    """A few threads that answer questions. Any number of event loops may ask.

    As with the lane, threads are started by the first question, and a forked child begins anew.
    """

    def __init__(self, options: ReaderOptions) -> None:
        """Make a pool; nothing runs yet."""
        self._options = options
        self._lock = threading.Lock()
        self._questions: SimpleQueue[_Question | None] = SimpleQueue()
        self._depth = 0
        self._is_running = False
        _pools.add(self)

    async def ask(self, question: Callable[[], T]) -> T:
        """Return what a blocking question answers, or raise what it raises.

        Raises:
            ServerBusy: No reader was free in time.
        """
        asked = _Question(question)
        with self._lock:
            if self._depth >= self._options.queue_max:
                raise ServerBusy
            self._depth += 1
            if not self._is_running:
                self._start_threads()
            self._questions.put(asked)
        asked.timer = asked.loop.call_later(self._options.wait_seconds, self._give_up, asked)
        answer: T = await asked.answer()
        return answer

    def close(self) -> None:
        """Stop the threads once what was asked is answered. Another question starts new ones."""
        with self._lock:
            questions, self._questions = self._questions, SimpleQueue()
            was_running, self._is_running = self._is_running, False
        for _ in range(self._options.threads if was_running else 0):
            questions.put(None)

    def forget(self) -> None:
        """After a fork, in the child: leave what was asked to the parent (done by itself)."""
        self._lock = threading.Lock()
        self._questions = SimpleQueue()
        self._depth = 0
        self._is_running = False

    def _start_threads(self) -> None:
        self._is_running = True
        for number in range(self._options.threads):
            threading.Thread(
                target=self._work,
                args=(self._questions,),
                name=f"holdfast-reader-{number + 1}",
                daemon=True,
            ).start()

    def _work(self, questions: SimpleQueue[_Question | None]) -> None:
        """Answer one question after another, until told to stop."""
        while (asked := questions.get()) is not None:
            with self._lock:
                if asked.is_given_up:
                    continue
                asked.is_begun = True
                self._depth -= 1
            try:
                answer = asked.context.run(asked.ask)
            except (HoldfastError, StorageFault) as refusal:
                wake(asked.loop, asked.fail, refusal)
            except Exception as bug:  # the asker's, who raises it again
                log.exception("reader.failed")
                wake(asked.loop, asked.fail, bug)
            else:
                wake(asked.loop, asked.succeed, answer)
            del asked  # an idle reader keeps nothing alive

    def _give_up(self, asked: _Question) -> None:
        """Answer a question whose time is over, unless it has been begun; in its own loop."""
        with self._lock:
            if asked.is_begun or asked.is_given_up:
                return
            asked.is_given_up = True
            self._depth -= 1
        asked.fail(ServerBusy())


_pools: weakref.WeakSet[Readers] = weakref.WeakSet()


def _forget_after_fork() -> None:
    for pool in list(_pools):
        pool.forget()


os.register_at_fork(after_in_child=_forget_after_fork)
