"""Backup and restore of SQLite databases: under load, onto others, and what is refused."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from holdfast.bootstrap import Engine, SystemClock
from holdfast.domain.errors import HoldfastError
from holdfast.engine.making import Details
from holdfast.engine.ports import StorageUnavailable
from holdfast.storage import backups
from holdfast.storage.backups import BackupRefused, backup, restore
from holdfast.storage.database import Database
from holdfast.storage.migrating import SchemaOutdated, head, revision_of
from holdfast.storage.proving import prove
from holdfast.testing.samples import Concert, open_concert

STEPS_GIVEN_UP_AFTER = 60
SOMEBODY = Details(external_order_id="order")


class GivenUp(Exception):
    """A copy that does not come to an end."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "holdfast.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    """An engine over a database in a file."""
    opened = Engine.open(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def concert(engine: Engine) -> Concert:
    """A concert that has been booked once."""
    starts_at = SystemClock().now().replace(microsecond=0) + timedelta(days=30)
    opened = open_concert(engine, starts_at=starts_at, places=100_000)
    book(opened)
    return opened


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy few pages in a step, so that there are many."""
    monkeypatch.setattr(backups, "PAGES_PER_STEP", 4)


def book(concert: Concert) -> None:
    concert.desk.bookings.place(slot_id=concert.evening.slot_id, details=SOMEBODY)


def restored(copy: Path, target: Path | str, *, is_forced: bool = False) -> None:
    restore(copy, target, clock=SystemClock(), verify=prove, is_forced=is_forced)


def batches_in(path: Path) -> list[str]:
    """List what has been committed, in that order."""
    with closing(sqlite3.connect(path)) as driver:
        return [row[0] for row in driver.execute("SELECT batch_id FROM batch ORDER BY rowid")]


def bookings_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as driver:
        return int(driver.execute("SELECT count(*) FROM booking").fetchone()[0])


def names_in(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())


def test_a_backup_is_one_file_that_only_its_owner_reads(
    concert: Concert, path: Path, tmp_path: Path
) -> None:
    place = tmp_path / "copies"
    place.mkdir()

    backup(path, place / "monday.db")

    assert names_in(place) == ["monday.db"]
    assert stat.S_IMODE((place / "monday.db").stat().st_mode) == 0o600
    assert batches_in(place / "monday.db") == batches_in(path)


@pytest.mark.usefixtures("small_steps")
def test_a_backup_under_load_ends_and_is_what_was_committed_when_it_began(
    concert: Concert, path: Path, tmp_path: Path
) -> None:
    copy, told = tmp_path / "copy.db", list[tuple[int, int]]()
    before = batches_in(path)

    def write_meanwhile(done: int, total: int) -> None:
        told.append((done, total))
        book(concert)

    backup(f"sqlite:///{path}", copy, progress=write_meanwhile)

    assert len(told) > 5
    assert told == sorted(told), "it began again"
    assert told[-1][0] == told[-1][1]
    assert batches_in(copy) == before
    assert len(batches_in(path)) == len(before) + len(told)


@pytest.mark.usefixtures("small_steps")
def test_without_the_read_transaction_each_commit_would_make_it_begin_again(
    concert: Concert, path: Path
) -> None:
    steps, firsts = 0, 0

    def write_meanwhile(_status: int, remaining: int, total: int) -> None:
        nonlocal steps, firsts
        steps += 1
        firsts += total - remaining <= backups.PAGES_PER_STEP
        if steps == STEPS_GIVEN_UP_AFTER:
            raise GivenUp
        book(concert)

    with (
        closing(sqlite3.connect(path)) as reader,
        closing(sqlite3.connect(":memory:")) as writer,
        pytest.raises(GivenUp),
    ):
        reader.backup(writer, pages=backups.PAGES_PER_STEP, progress=write_meanwhile)

    assert firsts == STEPS_GIVEN_UP_AFTER


@pytest.mark.usefixtures("small_steps")
def test_a_copy_made_beside_a_busy_thread_has_books_that_are_right(
    concert: Concert, path: Path, tmp_path: Path
) -> None:
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            with suppress(HoldfastError):
                hold = concert.desk.holds.place(slot_id=concert.evening.slot_id, party_size=2)
                concert.desk.bookings.convert(hold.hold_id, details=SOMEBODY)

    writer = threading.Thread(target=write)
    writer.start()
    copies = [tmp_path / f"copy-{number}.db" for number in range(5)]
    for copy in copies:
        backup(path, copy)
    is_over.set()
    writer.join()

    everything = batches_in(path)
    assert len(everything) > len(batches_in(copies[0])), "nothing was written meanwhile"
    for copy in copies:
        found = batches_in(copy)
        assert found == everything[: len(found)]
        database = Database.open(f"sqlite:///{copy}", clock=SystemClock())
        assert prove(database).violations == ()
        database.dispose()


@pytest.mark.parametrize("source", ["postgresql://user:secret@host/name", "sqlite:///:memory:"])
def test_only_sqlite_files_are_backed_up(source: str, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused) as refusal:
        backup(source, tmp_path / "copy.db")

    assert ("pg_dump" in str(refusal.value)) == source.startswith("postgresql")
    assert "secret" not in str(refusal.value)
    assert names_in(tmp_path) == []


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="There is no database"):
        backup(tmp_path / "nothing.db", tmp_path / "copy.db")

    assert names_in(tmp_path) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear customer, " * 100)

    with pytest.raises(BackupRefused, match="no database"):
        backup(tmp_path / "letter.db", tmp_path / "copy.db")

    assert names_in(tmp_path) == ["letter.db"]


def test_another_backup_is_not_overwritten_unless_forced(
    concert: Concert, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("yesterday's")

    with pytest.raises(BackupRefused, match="is there already"):
        backup(path, copy)
    kept = copy.read_text()
    backup(path, copy, is_forced=True)

    assert kept == "yesterday's"
    assert batches_in(copy) == batches_in(path)


def test_a_file_that_comes_into_being_meanwhile_is_not_overwritten(
    concert: Concert, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"

    with pytest.raises(BackupRefused, match="meanwhile"):
        backup(path, copy, progress=lambda _done, _total: copy.touch())

    assert copy.read_bytes() == b""
    assert not list(tmp_path.glob("*.partial"))


def test_a_backup_that_fails_leaves_nothing_behind(
    concert: Concert, path: Path, tmp_path: Path
) -> None:
    def fail(_done: int, _total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageUnavailable, match="No space left"):
        backup(path, tmp_path / "copy.db", progress=fail)

    assert not list(tmp_path.glob("*copy*"))


def test_a_backup_is_restored(concert: Concert, path: Path, tmp_path: Path) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "restored" / "holdfast.db"
    target.parent.mkdir()
    backup(path, copy)

    restored(copy, f"sqlite:///{target}")

    names = names_in(target.parent)
    engine = Engine.open(f"sqlite:///{target}")
    desk = engine.tenant("odeon")
    desk.bookings.place(slot_id=concert.evening.slot_id, details=SOMEBODY)
    engine.close()
    assert names in (["holdfast.db"], ["holdfast.db", "holdfast.db.lock", "holdfast.db.lock.next"])
    assert (bookings_in(copy), bookings_in(target)) == (1, 2)


def test_a_database_that_is_there_is_overwritten_only_by_force(
    engine: Engine, concert: Concert, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    backup(path, copy)
    book(concert)
    engine.close()

    with pytest.raises(BackupRefused, match="is there already"):
        restored(copy, path)
    kept = bookings_in(path)
    restored(copy, path, is_forced=True)

    assert (kept, bookings_in(path)) == (2, 1)
    assert path.read_bytes()[:15] == b"SQLite format 3"


def test_a_database_that_somebody_has_open_is_not_overwritten(
    engine: Engine, concert: Concert, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    backup(path, copy)
    book(concert)
    with engine.database.read() as transaction:
        transaction.now()  # a connection that only lies in the pool is enough

    with pytest.raises(BackupRefused, match="is in use"):
        restored(copy, path, is_forced=True)
    book(concert)

    assert bookings_in(path) == 3


def test_a_database_that_is_being_written_is_not_overwritten(
    engine: Engine, concert: Concert, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_TURN_SECONDS", 0.1)
    copy = tmp_path / "copy.db"
    backup(path, copy)

    with engine.database.write("tnt_test") as transaction:
        transaction.lock([])
        assert transaction.connection is not None
        with pytest.raises(BackupRefused, match="is in use"):
            restored(copy, path, is_forced=True)


def test_the_log_of_a_database_that_is_gone_is_not_read_into_the_new_one(
    engine: Engine, concert: Concert, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    backup(path, copy)
    engine.close()
    path.unlink()
    log = path.with_name(path.name + "-wal")
    log.write_bytes(b"what is left of another life")

    with pytest.raises(BackupRefused, match=r"holdfast\.db-wal is there already"):
        restored(copy, path)
    restored(copy, path, is_forced=True)

    assert not log.exists()
    assert bookings_in(path) == 1


def test_wrong_books_are_not_restored(concert: Concert, path: Path, tmp_path: Path) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "target.db"
    backup(path, copy)
    with closing(sqlite3.connect(copy)) as driver:
        driver.execute("UPDATE capacity SET used = 0 WHERE used > 0")
        driver.commit()

    with pytest.raises(BackupRefused, match=r"wrong in 1 place.*counter\.used"):
        restored(copy, target)

    assert not target.exists()
    assert not list(tmp_path.glob("*.partial*"))


def test_a_damaged_backup_is_not_restored(concert: Concert, path: Path, tmp_path: Path) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "target.db"
    backup(path, copy)
    size = copy.stat().st_size
    with copy.open("r+b") as file:
        for page in range(2, size // 4096):
            file.seek(page * 4096 + 100)
            file.write(os.urandom(500))

    with pytest.raises(BackupRefused, match="damaged"):
        restored(copy, target)

    assert not target.exists()


def test_another_program_s_database_is_not_restored(tmp_path: Path) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "target.db"
    with closing(sqlite3.connect(copy)) as driver:
        driver.execute("CREATE TABLE recipe (words text)")

    with pytest.raises(BackupRefused, match="not a database of Holdfast's"):
        restored(copy, target)

    assert not target.exists()


def test_a_backup_of_a_newer_holdfast_is_not_restored(
    concert: Concert, path: Path, tmp_path: Path
) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "target.db"
    backup(path, copy)
    with closing(sqlite3.connect(copy)) as driver:
        driver.execute("UPDATE holdfast_schema SET version_num = '9999'")
        driver.commit()

    with pytest.raises(SchemaOutdated, match="newer"):
        restored(copy, target)

    assert not target.exists()


def test_what_is_restored_has_the_schema_of_today(
    concert: Concert, path: Path, tmp_path: Path
) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "target.db"
    backup(path, copy)
    restored(copy, target)

    database = Database.open(f"sqlite:///{target}", clock=SystemClock())
    found = revision_of(database)
    database.dispose()

    assert found == head()
