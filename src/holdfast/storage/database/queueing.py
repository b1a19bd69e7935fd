"""The line in which SQLite's writers wait: first the threads of a process, then the processes.

With SQLite's own busy wait two of three busy processes starved (3,361 / 1 / 1 commits in 12 s),
since who has just committed is always the quickest to begin again. Here it is not: it has to get
past the one who is next.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdfast.engine.ports import StorageUnavailable

# A question costs about 10 µs, a commit from 100 µs to several milliseconds. Who is next asks at a
# steady pace. Those behind, of whom there may be many, ask the more often the longer they have
# waited, so that a newcomer seldom gets in before them.
_PAUSE_NEXT_SECONDS = 0.000_2
_FIRST_PAUSE_BEHIND_SECONDS = 0.002
_LAST_PAUSE_BEHIND_SECONDS = 0.000_4
_PAUSE_SHRINKAGE = 0.7


class ThreadQueue:
    """A lock that is handed over in the order in which it was asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, *, timeout_seconds: float) -> bool:
        """Wait for the lock for so long at most; say whether it was got."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            called = threading.Lock()
            called.acquire()  # whoever releases the queue opens it
            self._waiting.append(called)
        try:
            is_ours = called.acquire(timeout=max(0.0, timeout_seconds))
        except BaseException:  # Ctrl-C: nobody is to hand the lock to who has left
            if not self._left_the_line(called):
                self.release()
            raise
        # Not to have been in the line any more means that it was handed over at the last moment.
        return is_ours or not self._left_the_line(called)

    def _left_the_line(self, called: threading.Lock) -> bool:
        """Leave the line; say whether one was still in it."""
        with self._guard:
            is_waiting = called in self._waiting
            if is_waiting:
                self._waiting.remove(called)
            return is_waiting

    def release(self) -> None:
        """Hand the lock to who has waited longest, or leave it free."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class WriterQueue:
    """One place to write at a time, for all threads and processes that use one database file."""

    def __init__(self, *, lock_path: Path | None) -> None:
        """Make a queue; without a path it holds for this process only."""
        self._threads = ThreadQueue()
        self._lock_path = lock_path

    @contextmanager
    def turn(self, *, timeout_seconds: float) -> Iterator[None]:
        """Wait for the turn to write and hold it for the block.

        Raises:
            StorageUnavailable: It was not our turn in time.
        """
        deadline = time.monotonic() + timeout_seconds
        if not self._threads.acquire(timeout_seconds=timeout_seconds):
            raise StorageUnavailable("Too many writers wait in this process; try again.")
        try:
            if self._lock_path is None:
                yield
            else:
                with _turn_among_processes(self._lock_path, deadline=deadline):
                    yield
        finally:
            self._threads.release()


@contextmanager
def _turn_among_processes(lock_path: Path, *, deadline: float) -> Iterator[None]:
    """Hold the lock file for the block.

    There are two locks: who gets `.next` is next, and lets go of it on getting the lock itself.
    So who has just finished stands behind whoever was waiting already. Each writer opens the
    files for itself: a descriptor that is shared, by threads or through a fork, would be let in
    beside its owner.
    """
    owner = os.getpid()
    with _opened(lock_path) as own, _opened(lock_path.with_name(lock_path.name + ".next")) as next_:
        _wait(
            next_,
            deadline=deadline,
            first_pause=_FIRST_PAUSE_BEHIND_SECONDS,
            last_pause=_LAST_PAUSE_BEHIND_SECONDS,
        )
        try:
            _wait(
                own,
                deadline=deadline,
                first_pause=_PAUSE_NEXT_SECONDS,
                last_pause=_PAUSE_NEXT_SECONDS,
            )
        finally:
            fcntl.flock(next_, fcntl.LOCK_UN)
        try:
            yield
        finally:
            # Told expressly: a process forked meanwhile has a copy of the descriptor, and closing
            # ours alone would leave the lock with it. For the same reason only by its owner.
            if os.getpid() == owner:
                fcntl.flock(own, fcntl.LOCK_UN)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open a lock file, making it if need be."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise StorageUnavailable(f"The lock file {path} cannot be opened: {error}.") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _wait(descriptor: int, *, deadline: float, first_pause: float, last_pause: float) -> None:
    """Ask for a lock without blocking, again and again until the deadline."""
    pause = first_pause
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StorageUnavailable(
                    "Other processes kept writing to this database; try again."
                ) from None
        else:
            return
        time.sleep(pause)
        pause = max(pause * _PAUSE_SHRINKAGE, last_pause)
