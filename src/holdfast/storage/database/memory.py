"""The private folder of a SQLite database "in memory", and its removal at the end.

Such a database is a file like any other, in memory where the machine has such a place. SQLite's
own in-memory databases either belong to one connection or have other locking rules than files
(readers block writers, and nobody waits), so that what worked on one would fail on the other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
import weakref
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - private folders are made in it
_PREFIX = "holdfast-memory-"
_OWNER_FILE = "owner"
_AGE_SECONDS_MIN = 60.0


class MemoryFolder:
    """A folder that lives as long as this object, or as long as its process at most.

    Attributes:
        path: The folder.
    """

    def __init__(self) -> None:
        """Make a folder, and remove those whose processes were killed."""
        base = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        _remove_abandoned(base)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        # Locked as long as we live. A process id would not do: containers may share the folder.
        owner = os.open(self.path / _OWNER_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(owner, fcntl.LOCK_EX)
        self._remove = weakref.finalize(self, _remove_own, self.path, owner, os.getpid())

    def remove(self) -> None:
        """Remove the folder with what is in it; nothing the second time."""
        self._remove()


def _remove_own(path: Path, owner: int, pid: int) -> None:
    """Remove our folder, unless this is a child that was forked from its owner."""
    if os.getpid() == pid:
        shutil.rmtree(path, ignore_errors=True)
        os.close(owner)


def _remove_abandoned(base: Path) -> None:
    """Remove the folders that nobody holds any more, and are not just being made."""
    for folder in base.glob(_PREFIX + "*"):
        try:
            if time.time() - folder.stat().st_mtime < _AGE_SECONDS_MIN:
                continue
            owner = os.open(folder / _OWNER_FILE, os.O_RDWR)
        except OSError:
            continue  # somebody else's, or removed meanwhile
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(owner)
