"""Transactions, types and faults are the same on both databases."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from holdfast.engine.ports import (
    CapacityKind,
    ConstraintViolated,
    LockedRow,
    LockRequest,
    StorageUnavailable,
    TransactionConflict,
)
from holdfast.storage.database import Database, DatabaseMisconfigured
from holdfast.storage.schema.capacity import batch, capacity
from tests.contract.databases import (
    QUICK,
    TENANT,
    Opening,
    WallClock,
    batch_values,
    guard,
    insert_batch,
    keys_in,
    lock_and_commit,
    row,
)

# ------------------------------------------------------------------------------------- locks


def test_a_lock_makes_the_row_or_counts_it_up(database: Database) -> None:
    assert lock_and_commit(database, "b", "a") == [row("b", seq=1), row("a", seq=1)]
    assert lock_and_commit(database, "a", "c", "b") == [
        row("a", seq=2),
        row("c", seq=1),
        row("b", seq=2),
    ]


def test_a_lock_tells_all_that_the_row_says(database: Database) -> None:
    decided_at = datetime(2026, 5, 5, 5, 5, 5, 5, tzinfo=UTC)
    with database.write(TENANT) as transaction:
        transaction.lock([LockRequest(key="seats", kind=CapacityKind.COUNTER)])
        change = {"used": 7, "cap": 5, "over_commit": 2, "decided_at": decided_at}
        transaction.connection.execute(update(capacity).values(**change))
        transaction.commit()

    with database.write(TENANT) as transaction:
        transaction.connection.execute(select(1))  # begun before the lock, for once
        (found,) = transaction.lock([LockRequest(key="seats", kind=CapacityKind.GUARD)])

    assert found == LockedRow(
        key="seats",
        kind=CapacityKind.COUNTER,
        used=7,
        cap=5,
        over_commit=2,
        seq=2,
        decided_at=decided_at,
    )


def test_tenants_do_not_share_keys(database: Database) -> None:
    lock_and_commit(database, "room")

    with database.write("tnt_other") as transaction:
        assert transaction.tenant_id == "tnt_other"
        assert transaction.lock([guard("room")]) == [row("room", seq=1)]


@pytest.mark.parametrize("is_new", [True, False])
def test_a_second_client_waits_and_then_sees_what_the_first_did(
    database: Database, *, is_new: bool
) -> None:
    if not is_new:
        lock_and_commit(database, "room")
    with database.write(TENANT) as first, ThreadPoolExecutor() as clients:
        first.lock([guard("room")])
        second = clients.submit(lock_and_commit, database, "room")
        with pytest.raises(TimeoutError):
            second.result(timeout=0.1)

        first.connection.execute(update(capacity).values(used=3))
        first.commit()

        assert second.result() == [row("room", seq=2 if is_new else 3, used=3)]


def test_the_instant_is_read_after_the_last_lock(database: Database) -> None:
    def instant_under_lock() -> datetime:
        with database.write(TENANT) as second:
            second.lock([guard("free"), guard("room")])
            return second.now()

    with database.write(TENANT) as first, ThreadPoolExecutor() as clients:
        first.lock([guard("room")])
        later = clients.submit(instant_under_lock)
        with pytest.raises(TimeoutError):
            later.result(timeout=0.1)
        before_commit = datetime.now(UTC)
        first.commit()

        assert later.result() >= before_commit


@pytest.mark.postgresql
def test_the_start_of_the_transaction_would_be_too_early(postgres: Database) -> None:
    with postgres.write(TENANT) as transaction:
        transaction.lock([guard("room")])
        begun_at = transaction.connection.execute(select(func.now())).scalar_one()
        after_lock, later = transaction.now(), transaction.now()

    assert begun_at < after_lock < later


def test_an_own_clock_is_the_clock_of_record(template: Path, tmp_path: Path) -> None:
    instant = datetime(2031, 1, 1, tzinfo=UTC)

    class Standing:
        def now(self) -> datetime:
            return instant

    database = Database.open(f"sqlite:///{tmp_path}/x.sqlite", clock=Standing())
    with database.write(TENANT) as writing, database.read(TENANT) as reading:
        assert (writing.now(), reading.now()) == (instant, instant)
    database.dispose()


# ------------------------------------------------------------- the end, and what goes wrong


def lock_and_fail(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.lock([guard("room")])
        raise KeyError


def test_without_commit_nothing_remains(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.lock([guard("room")])
    with pytest.raises(KeyError):
        lock_and_fail(database)

    assert keys_in(database) == []
    assert (database.statistics.commits, database.statistics.rollbacks) == (0, 2)


def test_a_transaction_ends_once(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.lock([guard("room")])
        transaction.commit()
        transaction.rollback()

        with pytest.raises(AssertionError, match="ended"):
            transaction.lock([guard("room")])
        with pytest.raises(AssertionError, match="ended"):
            _ = transaction.connection

    assert keys_in(database) == ["room"]


def test_an_unused_transaction_asks_nothing_of_the_database(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.lock([])
        transaction.commit()

    statistics = database.statistics
    assert (statistics.statements, statistics.commits, statistics.rollbacks) == (0, 0, 0)


def test_statements_commits_and_rollbacks_are_counted(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.lock([guard("a"), guard("b")])
        transaction.connection.execute(update(capacity).values(used=1))
        transaction.commit()

    statistics = database.statistics
    assert (statistics.statements, statistics.commits, statistics.rollbacks) == (3, 1, 0)


def test_only_the_transaction_itself_commits(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.connection.execute(update(capacity).values(used=1))
        with pytest.raises(AssertionError, match="its own commit"):
            transaction.connection.commit()

    assert keys_in(database) == []


def test_a_duplicate_names_its_key(database: Database) -> None:
    insert_batch(database, "bat_1")

    with pytest.raises(ConstraintViolated) as caught:
        insert_batch(database, "bat_1")

    assert caught.value.constraint == "pk_batch"
    assert "bat_1" not in str(caught.value)


def test_a_broken_check_names_itself(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.lock([guard("room")])
        with pytest.raises(ConstraintViolated) as caught:
            transaction.connection.execute(update(capacity).values(used=2, cap=1))

    assert caught.value.constraint == "ck_capacity_within"


def test_after_a_failed_statement_nothing_can_be_committed(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.lock([guard("room")])
        with pytest.raises(ConstraintViolated):
            transaction.connection.execute(update(capacity).values(used=-1))
        with pytest.raises(AssertionError, match="failed"):
            transaction.connection.execute(update(capacity).values(used=1))
        with pytest.raises(TransactionConflict):
            transaction.commit()

    assert keys_in(database) == []
    assert lock_and_commit(database, "room") == [row("room", seq=1)]


def test_a_fault_that_is_not_ours_stays_what_it_is(database: Database) -> None:
    with database.write(TENANT) as transaction, pytest.raises(DBAPIError):
        transaction.connection.execute(text("SELECT nothing FROM nowhere"))
    with pytest.raises(ZeroDivisionError), database.faults():
        _ = 1 / 0


def test_readers_cannot_write(database: Database) -> None:
    with database.read(TENANT) as transaction, pytest.raises(DBAPIError):
        transaction.connection.execute(update(capacity).values(used=1))
    with database.read(TENANT) as transaction, pytest.raises(DBAPIError):
        transaction.connection.execute(text("CREATE TABLE side_door (x int)"))


def test_all_statements_of_a_reader_see_one_state(database: Database) -> None:
    count = select(func.count()).select_from(capacity)

    with database.read() as reader:
        before = reader.connection.execute(count).scalar_one()
        lock_and_commit(database, "room")
        after = reader.connection.execute(count).scalar_one()

    assert (before, after, keys_in(database)) == (0, 0, ["room"])


def test_a_reader_too_many_is_turned_away(opening: Opening) -> None:
    database = opening(QUICK)

    with database.read() as first, database.read() as second:
        first.connection.execute(select(1))
        with pytest.raises(StorageUnavailable):
            second.connection.execute(select(1))

    assert keys_in(database) == []


def test_a_writer_too_many_is_turned_away(opening: Opening) -> None:
    database = opening(QUICK)

    with database.write(TENANT) as first, database.write(TENANT) as second:
        first.lock([guard("a")])
        if database.dialect_name == "postgresql":
            second.lock([guard("b")])
        with database.write(TENANT) as third, pytest.raises(StorageUnavailable):
            third.lock([guard("c")])


# --------------------------------------------------------------------------------- settling


def test_a_batch_that_had_committed_is_found_and_stands(database: Database) -> None:
    insert_batch(database, "bat_1")

    assert database.settle(tenant_id=TENANT, batch_id="bat_1")
    assert database.settle(tenant_id=TENANT, batch_id="bat_1")


def test_a_batch_that_had_not_committed_never_can(database: Database) -> None:
    assert not database.settle(tenant_id=TENANT, batch_id="bat_1")
    assert not database.settle(tenant_id=TENANT, batch_id="bat_1")

    with pytest.raises(ConstraintViolated) as caught:
        insert_batch(database, "bat_1")
    assert caught.value.constraint == "pk_batch"


def test_batches_of_other_tenants_are_other_batches(database: Database) -> None:
    insert_batch(database, "bat_1")

    assert not database.settle(tenant_id="tnt_other", batch_id="bat_1")


def test_what_cannot_be_settled_in_time_is_not_guessed(opening: Opening) -> None:
    database = opening(QUICK)

    with database.write(TENANT) as other:
        other.connection.execute(insert(batch), batch_values(other, "bat_1"))

        with pytest.raises(StorageUnavailable, match="settled"):
            database.settle(tenant_id=TENANT, batch_id="bat_1")


# ------------------------------------------------------------------------------ not openable


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not a url with secret", "cannot be read"),
        ("mysql://root@localhost/x", "not in 'mysql'"),
        ("sqlite:///x.sqlite?mode=ro", "options"),
        ("sqlite:////no/such/folder/x.sqlite", "does not exist"),
    ],
)
def test_what_cannot_be_opened_says_why(url: str, words: str) -> None:
    with pytest.raises(DatabaseMisconfigured, match=words) as caught:
        Database.open(url, clock=WallClock())

    assert "secret" not in str(caught.value)


def test_sqlite_needs_a_clock() -> None:
    with pytest.raises(DatabaseMisconfigured, match="clock"):
        Database.open("sqlite:///:memory:")


def test_without_its_driver_postgresql_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "holdfast.storage.database.postgresql")

    with pytest.raises(DatabaseMisconfigured, match=r"holdfast\[postgresql\]"):
        Database.open("postgresql://somebody@localhost/holdfast")


@pytest.mark.postgresql
def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    database = Database.open(f"postgresql://somebody@/holdfast?host={tmp_path}")

    with database.write(TENANT) as transaction, pytest.raises(StorageUnavailable):
        transaction.lock([guard("room")])
    with pytest.raises(StorageUnavailable):
        database.server_version()
