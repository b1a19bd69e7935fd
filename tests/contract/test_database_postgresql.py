"""What only PostgreSQL does: limits, deadlocks, lost connections and lost COMMITs."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from holdfast.engine.ports import (
    CommitUnknown,
    ConstraintViolated,
    StorageUnavailable,
    TransactionConflict,
)
from holdfast.storage.database import Database, DatabaseMisconfigured, DatabaseOptions
from holdfast.storage.database.postgresql import refuse_old_server
from holdfast.storage.schema.capacity import batch
from holdfast.testing.postgres import PostgresServer
from tests.contract.databases import (
    TENANT,
    Proxy,
    WallClock,
    batch_values,
    guard,
    insert_batch,
    keys_in,
    lock_and_commit,
    postgres_database,
    row,
)

pytestmark = pytest.mark.postgresql


def test_a_lock_that_is_not_got_in_time_is_a_conflict(postgres: Database) -> None:
    with postgres.write(TENANT) as first, postgres.write(TENANT) as second:
        first.lock([guard("room")])
        with pytest.raises(TransactionConflict):
            second.lock([guard("room")])


def test_a_deadlock_is_a_conflict_of_one(server: PostgresServer) -> None:
    met = threading.Barrier(2)

    def lock_both(database: Database, *keys: str) -> str:
        try:
            with database.write(TENANT) as transaction:
                transaction.lock([guard(keys[0])])
                met.wait()
                transaction.lock([guard(keys[1])])
        except TransactionConflict:
            return "conflict"
        return "locked"

    with postgres_database(server) as database, ThreadPoolExecutor() as clients:
        lock_and_commit(database, "a", "b")
        ends = [clients.submit(lock_both, database, *keys) for keys in ("ab", "ba")]

        assert sorted(end.result() for end in ends) == ["conflict", "locked"]


def test_connections_that_died_in_the_pool_are_replaced_unnoticed(
    postgres: Database, server: PostgresServer
) -> None:
    lock_and_commit(postgres, "room")
    assert keys_in(postgres) == ["room"]

    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holdfast'"
    )

    assert lock_and_commit(postgres, "room") == [row("room", seq=2)]
    assert keys_in(postgres) == ["room"]


def test_writers_have_their_limits_and_none_over_commit(postgres: Database) -> None:
    names = ["lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout"]
    query = text("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))

    with postgres.write(TENANT) as by_lock, postgres.write(TENANT) as by_statement:
        by_lock.lock([guard("room")])
        found = [tuple(each.connection.execute(query).one()) for each in (by_lock, by_statement)]

    assert found == [("150ms", "5s", "0"), ("150ms", "5s", "0")]


def test_locks_work_without_prepared_statements(server: PostgresServer) -> None:
    with postgres_database(server, options=DatabaseOptions(prepare_threshold=None)) as database:
        lock_and_commit(database, "b", "a")

        assert lock_and_commit(database, "b", "a") == [row("b", seq=2), row("a", seq=2)]
        with database.read() as transaction:
            count = text("SELECT count(*) FROM pg_prepared_statements")
            assert transaction.connection.execute(count).scalar_one() == 0


def test_the_server_is_looked_over(postgres: Database, server: PostgresServer) -> None:
    assert postgres.server_version()[0] == server.major
    assert postgres.has_btree_gist() in {True, False}
    assert abs(postgres.clock_skew(WallClock().now)) < timedelta(seconds=1)
    ahead = postgres.clock_skew(lambda: datetime.now(UTC) + timedelta(hours=1))
    assert abs(ahead - timedelta(hours=1)) < timedelta(seconds=1)
    with pytest.raises(DatabaseMisconfigured, match="15 or later"):
        refuse_old_server((14, 9))


# ---------------------------------------------------------------------------- the lost COMMIT


@pytest.fixture
def proxy(server: PostgresServer) -> Iterator[Proxy]:
    made = Proxy(port=server.port)
    yield made
    made.close()


@pytest.fixture
def proxied(server: PostgresServer, proxy: Proxy) -> Iterator[Database]:
    def by_proxy(name: str) -> str:
        return server.tcp_url(name).replace(f":{server.port}/", f":{proxy.port}/")

    with postgres_database(server, by_way_of=by_proxy) as opened:
        yield opened


def found_by_looking(database: Database, batch_id: str) -> bool:
    with database.read(TENANT) as transaction:
        query = select(batch.c.is_void).where(batch.c.batch_id == batch_id)
        return transaction.connection.execute(query).one_or_none() is not None


def test_begin_locks_and_clock_are_one_round_trip(proxied: Database, proxy: Proxy) -> None:
    lock_and_commit(proxied, "a")
    proxy.turns = 0

    with proxied.write(TENANT) as transaction:
        transaction.lock([guard(f"key{number}") for number in range(64)])
        transaction.now()
        transaction.commit()

    assert proxy.turns == 2


def test_a_commit_whose_answer_is_lost_is_settled_as_committed(
    proxied: Database, proxy: Proxy
) -> None:
    lock_and_commit(proxied, "a")
    proxy.on_commit = "cut"
    with pytest.raises(CommitUnknown):
        insert_batch(proxied, "bat_1")
    proxy.on_commit = "pass"

    # A look now sees nothing, and would have the batch run twice: COMMIT is still on its way.
    assert not found_by_looking(proxied, "bat_1")
    assert proxied.settle(tenant_id=TENANT, batch_id="bat_1")


def test_a_commit_that_never_arrived_is_settled_as_void(proxied: Database, proxy: Proxy) -> None:
    proxy.on_commit = "drop"
    with pytest.raises(CommitUnknown):
        insert_batch(proxied, "bat_1")
    proxy.on_commit = "pass"

    assert not proxied.settle(tenant_id=TENANT, batch_id="bat_1")
    with pytest.raises(ConstraintViolated):
        insert_batch(proxied, "bat_1")


def test_a_backend_killed_before_commit_is_settled_as_void(
    postgres: Database, server: PostgresServer
) -> None:
    with postgres.write(TENANT) as transaction:
        transaction.connection.execute(insert(batch), batch_values(transaction, "bat_1"))
        backend = transaction.connection.execute(select(text("pg_backend_pid()"))).scalar_one()
        server.execute(f"SELECT pg_terminate_backend({backend}, 1000)")
        with pytest.raises(CommitUnknown):
            transaction.commit()

    assert not postgres.settle(tenant_id=TENANT, batch_id="bat_1")


def test_a_connection_known_to_be_lost_before_commit_leaves_no_doubt(
    postgres: Database, server: PostgresServer
) -> None:
    with postgres.write(TENANT) as transaction:
        backend = transaction.connection.execute(select(text("pg_backend_pid()"))).scalar_one()
        server.execute(f"SELECT pg_terminate_backend({backend}, 1000)")
        with pytest.raises(StorageUnavailable):
            transaction.connection.execute(select(1))
        with pytest.raises(StorageUnavailable):
            transaction.commit()


def test_commit_of_a_transaction_that_postgresql_has_given_up_is_a_conflict(
    postgres: Database,
) -> None:
    with postgres.write(TENANT) as transaction:
        transaction.lock([guard("room")])
        driver = transaction.connection.connection.driver_connection
        assert driver is not None
        with pytest.raises(Exception, match="division by zero"):
            driver.execute("SELECT 1 / 0")

        with pytest.raises(TransactionConflict, match="rolled it back"):
            transaction.commit()


# -------------------------------------------------------------- COMMIT waits for a standby


@pytest.fixture
def without_standby(server: PostgresServer) -> Iterator[None]:
    """Have every COMMIT of ours wait for a standby that does not exist."""
    server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    server.execute("SELECT pg_reload_conf()")
    yield
    server.execute("ALTER SYSTEM RESET synchronous_standby_names")
    server.execute("SELECT pg_reload_conf()")


def waiting_for_standby(postgres: Database) -> int:
    """Wait until a COMMIT waits for the standby, and return its backend's pid."""
    query = text(
        "SELECT pid FROM pg_stat_activity"
        " WHERE wait_event = 'SyncRep' AND datname = current_database()"
    )
    while True:
        with postgres.read() as transaction:
            pid = transaction.connection.execute(query).scalar_one_or_none()
        if pid is not None:
            return int(pid)
        time.sleep(0.005)


def tell_backend(postgres: Database, function: str) -> None:
    """Cancel or terminate the backend whose COMMIT waits."""
    pid = waiting_for_standby(postgres)
    with postgres.read() as transaction:
        transaction.connection.execute(text(f"SELECT {function}({pid})"))


@pytest.mark.parametrize("function", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_commit_that_stopped_waiting_for_its_standby_is_unknown(
    postgres: Database, without_standby: None, function: str
) -> None:
    with ThreadPoolExecutor() as clients:
        client = clients.submit(insert_batch, postgres, "bat_1")
        tell_backend(postgres, function)

        with pytest.raises(CommitUnknown):
            client.result()

    assert found_by_looking(postgres, "bat_1")  # here, but not on the standby
    with pytest.raises(StorageUnavailable):
        postgres.settle(tenant_id=TENANT, batch_id="bat_1")


def test_a_commit_without_an_answer_in_time_is_unknown(
    postgres: Database, without_standby: None
) -> None:
    with postgres._write(TENANT, commit_seconds=0.1) as transaction:
        transaction.lock([guard("room")])
        with pytest.raises(CommitUnknown, match="in time"):
            transaction.commit()


def test_ctrl_c_does_not_cancel_a_commit(postgres: Database, without_standby: None) -> None:
    def interrupt() -> None:
        waiting_for_standby(postgres)
        os.kill(os.getpid(), signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()

    with pytest.raises(KeyboardInterrupt):
        insert_batch(postgres, "bat_1")

    interrupter.join()
    assert waiting_for_standby(postgres) > 0
