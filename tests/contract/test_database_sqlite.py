"""What only SQLite does: its pragmas, the line of writers, the full disk, memory."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from holdfast.engine.ports import StorageUnavailable, TransactionConflict
from holdfast.storage.database import Database, DatabaseMisconfigured, memory
from holdfast.storage.database.memory import MemoryFolder
from holdfast.storage.database.queueing import ThreadQueue
from holdfast.storage.database.sqlite import _set
from tests.contract.databases import (
    QUICK,
    TENANT,
    WallClock,
    create_schema,
    guard,
    keys_in,
    lock_and_commit,
    row,
    sqlite_database,
)

PROCESSES = 3
SECONDS = 3.0
SHARE_MIN = 0.2

COMMIT_OFTEN = """
import sys
from tests.contract.databases import commits_in
print("ready", flush=True)
sys.stdin.readline()
print(commits_in(sys.argv[1], seconds=float(sys.argv[2])))
"""

FORK = """
import fcntl, os, sys
from holdfast.storage.database import Database
from tests.contract.databases import TENANT, WallClock, guard, lock_and_commit
database = Database.open(sys.argv[1], clock=WallClock())
lock_and_commit(database, "before")
transaction = database.write(TENANT)
transaction.lock([guard("parent")])
child = os.fork()
if child == 0:
    transaction.rollback()
    try:
        transaction.commit()
    except AssertionError:
        os._exit(0)
    os._exit(1)
assert os.waitpid(child, 0)[1] == 0
with open(sys.argv[1].removeprefix("sqlite:///") + ".lock") as lock_file:
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        transaction.commit()
child = os.fork()
if child == 0:
    lock_and_commit(database, "child")
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
lock_and_commit(database, "after")
"""


def path_of(database: Database) -> Path:
    with database.read() as transaction:
        listed = transaction.connection.execute(text("PRAGMA database_list")).one()
    return Path(listed[2])


def python(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python that sees what we see."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("pragma", ["synchronous = 2", "foreign_keys = 1", "journal_mode = wal"])
def test_connections_are_as_safe_as_we_rely_on(sqlite: Database, pragma: str) -> None:
    name, _, value = pragma.partition(" = ")

    with sqlite.write(TENANT) as writer, sqlite.read(TENANT) as reader:
        found = [
            str(each.connection.execute(text(f"PRAGMA {name}")).scalar_one())
            for each in (writer, reader)
        ]

    assert found == [value, value]


def test_a_pragma_that_does_not_take_is_noticed() -> None:
    driver = sqlite3.connect(":memory:", isolation_level=None)
    driver.execute("BEGIN")  # in which SQLite silently ignores this pragma

    with pytest.raises(DatabaseMisconfigured, match="foreign_keys"):
        _set(driver, "foreign_keys", 1)
    driver.close()


def test_another_program_that_locks_the_file_makes_a_conflict(sqlite: Database) -> None:
    other = sqlite3.connect(path_of(sqlite), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with sqlite.write(TENANT) as transaction, pytest.raises(TransactionConflict):
        transaction.lock([guard("room")])
    other.close()

    assert lock_and_commit(sqlite, "room") == [row("room", seq=1)]


def test_another_process_that_writes_on_is_waited_for_and_then_given_up(sqlite: Database) -> None:
    path = path_of(sqlite)
    with path.with_name(path.name + ".lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)

        with sqlite.write(TENANT) as transaction, pytest.raises(StorageUnavailable):
            transaction.lock([guard("room")])

    assert lock_and_commit(sqlite, "room") == [row("room", seq=1)]


def test_two_databases_on_one_file_take_turns(sqlite: Database) -> None:
    second = Database.open(f"sqlite:///{path_of(sqlite)}", clock=WallClock(), options=QUICK)

    with sqlite.write(TENANT) as first, second.write(TENANT) as other:
        first.lock([guard("a")])
        with pytest.raises(StorageUnavailable):
            other.lock([guard("b")])
    second.dispose()


def test_a_shared_descriptor_would_let_both_in(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("w") as shared, path.open("w") as own:
        fcntl.flock(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)

        with pytest.raises(BlockingIOError):
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_threads_get_their_turns_in_the_order_in_which_they_came() -> None:
    queue, order, came = ThreadQueue(), [], threading.Semaphore(0)
    assert queue.acquire(timeout_seconds=0)

    def wait_in_line(number: int) -> None:
        came.release()
        assert queue.acquire(timeout_seconds=5)
        order.append(number)
        queue.release()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait_in_line, args=(number,)))
        threads[-1].start()
        came.acquire()
        while len(queue._waiting) <= number:
            pass
    assert not queue.acquire(timeout_seconds=0.01)
    queue.release()
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4]
    assert queue.acquire(timeout_seconds=0)


def test_a_full_disk_undoes_the_transaction_and_is_survived(sqlite: Database) -> None:
    lock_and_commit(sqlite, "before")
    with sqlite.write(TENANT) as transaction:
        pages = transaction.connection.execute(text("PRAGMA page_count")).scalar_one()
        transaction.connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StorageUnavailable):
            transaction.lock([guard(f"{number:0500}") for number in range(100)])

    with sqlite.write(TENANT) as transaction:
        transaction.connection.execute(text("PRAGMA max_page_count = 1000000"))
        transaction.lock([guard("after")])
        transaction.commit()

    assert keys_in(sqlite) == ["after", "before"]


def test_a_fork_does_not_share_connections(template: Path, tmp_path: Path) -> None:
    with sqlite_database(template, tmp_path) as database:
        with python(FORK, f"sqlite:///{path_of(database)}") as forker:
            assert forker.wait(timeout=20) == 0

        assert keys_in(database) == ["after", "before", "child", "parent"]


def test_a_database_in_memory_is_one_for_all_threads_and_gone_afterwards() -> None:
    database = Database.open("sqlite:///:memory:", clock=WallClock())
    create_schema(database)
    path = path_of(database)

    with ThreadPoolExecutor() as clients:
        list(clients.map(lambda key: lock_and_commit(database, key), "abcabcabc"))

    assert lock_and_commit(database, "a", "b", "c") == [row(key, seq=4) for key in "abc"]
    assert keys_in(database) == ["a", "b", "c"]
    assert path.exists()
    database.dispose()
    assert not path.parent.exists()


def test_two_databases_in_memory_are_two() -> None:
    opened = [Database.open("sqlite:///:memory:", clock=WallClock()) for _ in range(2)]
    for database in opened:
        create_schema(database)

    lock_and_commit(opened[0], "room")

    assert [keys_in(database) for database in opened] == [["room"], []]
    for database in opened:
        database.dispose()


KILLED = """
import os, signal
from holdfast.storage.database.memory import MemoryFolder
folder = MemoryFolder()
print(folder.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_in_memory_is_removed_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with python(KILLED) as killed:
        assert killed.stdout is not None
        abandoned = Path(killed.stdout.readline().strip())
    living = MemoryFolder()
    assert abandoned.exists()

    monkeypatch.setattr(memory, "_AGE_SECONDS_MIN", -1.0)
    MemoryFolder().remove()

    assert not abandoned.exists()
    assert living.path.exists()
    living.remove()


@pytest.mark.race
@pytest.mark.slow
def test_busy_processes_share_the_file_fairly(template: Path, tmp_path: Path) -> None:
    with sqlite_database(template, tmp_path) as database:
        url = f"sqlite:///{path_of(database)}"
    running = [python(COMMIT_OFTEN, url, str(SECONDS)) for _ in range(PROCESSES)]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"

    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    counts = [int(each.communicate(timeout=30)[0]) for each in running]

    assert min(counts) >= SHARE_MIN * sum(counts), counts
