"""Backup and restore of SQLite databases, while others use them.

A copy is one file, in a state that was committed at one instant. PostgreSQL has tools of its own.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from holdfast.engine.ports import Clock, StorageUnavailable
from holdfast.engine.proving import ProofReport
from holdfast.storage.database import Database, DatabaseMisconfigured
from holdfast.storage.database.queueing import WriterQueue
from holdfast.storage.migrating import upgrade

# Writers go on between two steps; so many pages of 4 KiB are copied in one.
PAGES_PER_STEP = 256
_TURN_SECONDS = 2.0
_COMPANIONS = ("-wal", "-shm", "-journal")
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK})

Told = Callable[[int, int], None]
"""Is told how many pages are done, of how many."""
Verify = Callable[[Database], ProofReport]


class BackupRefused(DatabaseMisconfigured):
    """A backup or restore was not done; the message says why, and what to do instead."""


def backup(
    source: str | Path, target: Path, *, is_forced: bool = False, progress: Told | None = None
) -> None:
    """Copy a SQLite database into one file, while others write to it.

    The copy is what was committed when it began. It gets its name when it is complete and on the
    disk; until then, and if anything goes wrong, nothing is there under that name, or what was
    there before.

    Args:
        source: The database's URL (`sqlite:///path`) or path.
        target: The file to be made, readable by its owner alone.
        is_forced: Whether a file of that name may be replaced.
        progress: Is told how far it is.

    Raises:
        BackupRefused: The database is not SQLite's or not there, or the target is there already.
        StorageUnavailable: The disk failed or is full, or the database is damaged.
    """
    path = sqlite_path(source)
    if not path.is_file():
        raise BackupRefused(f"There is no database {path}.")
    if target.exists() and not is_forced:
        raise BackupRefused(f"{target} is there already. Choose another name, or use --force.")
    with _unfinished(target) as partial, _faults(path):
        _copy(path, partial, progress=progress)
        _place(partial, target, is_forced=is_forced)


def restore(
    copy: Path,
    target: str | Path,
    *,
    clock: Clock,
    verify: Verify,
    is_forced: bool = False,
    progress: Told | None = None,
) -> None:
    """Make a database from a backup that has been verified.

    Verified is a second copy, which is then put in place: that SQLite finds it whole, that its
    schema is known (an older one is upgraded), and that its books are right.

    Args:
        copy: The backup, which is left as it is.
        target: The URL (`sqlite:///path`) or path of the database to be made.
        clock: The clock of record.
        verify: Proves the books of an open database.
        is_forced: Whether a database that is there may be overwritten.
        progress: Is told how far the copying is.

    Raises:
        BackupRefused: The backup is not there, is damaged or its books are wrong; or the target is
            there already or in use.
        SchemaOutdated: The backup is of a newer Holdfast.
        StorageUnavailable: The disk failed or is full.
    """
    path = sqlite_path(target)
    if not copy.is_file():
        raise BackupRefused(f"There is no backup {copy}.")
    _refuse_to_overwrite(path, is_forced=is_forced)
    with _unfinished(path) as partial, _faults(copy):
        _copy(copy, partial, progress=progress)
        _verify(copy, partial, clock=clock, verify=verify)
        with _turn(path):
            if path.exists():
                _overwrite(partial, path)
            else:
                _remove_companions(path)
                _place(partial, path, is_forced=False)


def sqlite_path(source: str | Path) -> Path:
    """Return the path of a SQLite database, from its URL or path.

    Raises:
        BackupRefused: It is PostgreSQL's, or in memory, or has a '?' in its name.
    """
    if isinstance(source, Path) or "://" not in source:
        if "?" in str(source):
            raise BackupRefused(f"{source} has a '?' in its name, which no URL can say.")
        return Path(source).absolute()
    try:
        url = make_url(source)
    except ArgumentError:
        raise BackupRefused("The database URL cannot be read. Write sqlite:///file.") from None
    if url.get_backend_name() != "sqlite":
        raise BackupRefused(
            "This backs up SQLite databases. PostgreSQL has its own tools: pg_dump for one"
            " database (pg_restore reads it), pg_basebackup with WAL archiving for a whole server"
            " at any instant."
        )
    if url.database is None or url.database in {"", ":memory:"}:
        raise BackupRefused("A database in memory ends with its process and has no backup.")
    return Path(url.database).absolute()


def _copy(source: Path, target: Path, *, progress: Told | None) -> None:
    """Copy a database page by page.

    The source's connection holds a read transaction from the first page to the last: without it
    each commit of anybody's makes SQLite begin again, for ever if they come often enough.
    """

    def tell(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    uri = f"{source.as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as reader,
        closing(sqlite3.connect(target, isolation_level=None)) as writer,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reader.backup(writer, pages=PAGES_PER_STEP, progress=tell)
        reader.execute("ROLLBACK")
        # One file, without companions; whoever opens it for writing switches it back.
        writer.execute("PRAGMA journal_mode = DELETE").fetchone()


def _verify(copy: Path, partial: Path, *, clock: Clock, verify: Verify) -> None:
    with closing(sqlite3.connect(partial, isolation_level=None)) as driver:
        faults = [row[0] for row in driver.execute("PRAGMA integrity_check(5)")]
        if faults != ["ok"]:
            raise BackupRefused(f"The backup {copy} is damaged: {'; '.join(faults)}")
        tables = "SELECT count(*) FROM sqlite_master WHERE name = 'holdfast_schema'"
        if driver.execute(tables).fetchone() == (0,):
            raise BackupRefused(f"{copy} is not a database of Holdfast's.")
    database = Database.open(f"sqlite:///{partial}", clock=clock)
    try:
        upgrade(database)
        report = verify(database)
    finally:
        database.dispose()
    if not report.is_clean:
        first = report.violations[0]
        raise BackupRefused(
            f"The books in {copy} are wrong in {report.violation_count} place(s); the first is"
            f" {first.kind} of {first.key}: {first.detail}"
        )
    with closing(sqlite3.connect(partial, isolation_level=None)) as driver:
        driver.execute("PRAGMA journal_mode = DELETE").fetchone()


def _refuse_to_overwrite(path: Path, *, is_forced: bool) -> None:
    if not path.parent.is_dir():
        raise BackupRefused(f"There is no folder {path.parent}.")
    there = [found for found in (path, *_companions(path)) if found.exists()]
    if there and not is_forced:
        raise BackupRefused(
            f"{there[0]} is there already. Choose another name, or use --force to lose what is in"
            " it."
        )


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Keep Holdfast's writers out."""
    queue = WriterQueue(lock_path=path.with_name(path.name + ".lock"))
    try:
        with queue.turn(timeout_seconds=_TURN_SECONDS):
            yield
    except StorageUnavailable as busy:
        raise _in_use(path) from busy


def _overwrite(partial: Path, path: Path) -> None:
    """Put a copy into a database file that is there, unless somebody has that open.

    The file stays the same one: whoever opens it meanwhile waits, and then sees the copy. If the
    machine stops half-way, SQLite rolls back to what was there before.
    """
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as target:
        try:
            # SQLite leaves the write-ahead log only if nobody else is there.
            target.execute("PRAGMA journal_mode = DELETE").fetchone()
            target.execute("PRAGMA locking_mode = EXCLUSIVE").fetchone()
            target.execute("BEGIN EXCLUSIVE")
            target.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode in _BUSY:
                raise _in_use(path) from error
            if error.sqlite_errorcode in _DAMAGED:
                raise BackupRefused(
                    f"{path} is damaged or no database. Move it away, with what begins with its"
                    " name, and restore again."
                ) from error
            raise
        with closing(sqlite3.connect(partial, isolation_level=None)) as source:
            source.backup(target)


def _in_use(path: Path) -> BackupRefused:
    return BackupRefused(f"{path} is in use. Stop the servers and workers that have it open first.")


def _companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in _COMPANIONS]


def _remove_companions(path: Path) -> None:
    """Remove what a database that is gone has left: its log would be read into the new one."""
    for companion in _companions(path):
        companion.unlink(missing_ok=True)


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """Make an empty file beside the target, for its owner alone, and remove what is left of it."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupRefused(f"{partial} cannot be made: {error.strerror}.") from error
    os.close(descriptor)
    try:
        yield partial
    finally:
        for left in (partial, *_companions(partial), *_locks(partial)):
            left.unlink(missing_ok=True)


def _locks(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in (".lock", ".lock.next")]


def _place(partial: Path, target: Path, *, is_forced: bool) -> None:
    """Give a finished file its name, at once, and see to it that both are on the disk."""
    _sync(partial)
    if is_forced:
        partial.replace(target)
    else:
        try:
            os.link(partial, target)
        except FileExistsError:
            raise BackupRefused(f"{target} has come into being meanwhile.") from None
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            partial.rename(target)  # looked at before; this file system has nothing better
    with suppress(OSError):  # some file systems do not sync folders
        _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Say which file SQLite or the disk complains of."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
            raise BackupRefused(f"{path} is damaged or no database: {error}.") from error
        raise StorageUnavailable(f"{path} could not be copied: {error}") from error
