"""The check at start-up finds databases whose locks do not hold."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from holdfast.engine.ports import LockedRow, LockRequest
from holdfast.storage.database import Database
from holdfast.storage.database.backend import Backend, Locked
from holdfast.storage.schema.capacity import capacity
from holdfast.storage.selftest import SCRATCH_TENANT, SelfTestFailed, two_clients_cannot_both_win
from tests.contract.databases import row


def rows_left(database: Database) -> int:
    with database.read(SCRATCH_TENANT) as transaction:
        return len(transaction.connection.execute(select(capacity)).all())


def looked_up(connection: Connection, request: LockRequest) -> LockedRow:
    query = select(capacity.c.used).where(capacity.c.key == request.key)
    return row(request.key, seq=1, used=connection.execute(query).scalar() or 0)


def test_an_honest_database_passes_and_is_left_as_it_was(database: Database) -> None:
    two_clients_cannot_both_win(database)

    assert rows_left(database) == 0


def test_a_lock_that_only_looks_is_found_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend: Backend = database._backend

    def look(
        connection: Connection, *, tenant_id: str, requests: Sequence[LockRequest], is_first: bool
    ) -> Locked:
        if is_first:
            backend.begin_read(connection) if backend.name == "sqlite" else backend.begin_write(
                connection
            )
        return Locked(rows=[looked_up(connection, each) for each in requests], instant=None)

    monkeypatch.setattr(backend, "lock", look)
    if backend.name == "sqlite":  # where nothing would be locked but for BEGIN IMMEDIATE
        monkeypatch.setattr(backend, "turn", nullcontext)
        monkeypatch.setattr(backend.writers.pool, "_max_overflow", 1)

    with pytest.raises(SelfTestFailed, match="while the first held it"):
        two_clients_cannot_both_win(database)


@pytest.mark.postgresql
def test_a_lock_that_tells_what_was_before_it_is_found_out(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend: Backend = postgres._backend
    honest = backend.lock

    def look_then_lock(
        connection: Connection, *, tenant_id: str, requests: Sequence[LockRequest], is_first: bool
    ) -> Locked:
        backend.begin_write(connection)
        seen = [looked_up(connection, each) for each in requests]
        locked = honest(connection, tenant_id=tenant_id, requests=requests, is_first=False)
        return replace(locked, rows=seen)

    monkeypatch.setattr(backend, "lock", look_then_lock)

    with pytest.raises(SelfTestFailed, match="both would win"):
        two_clients_cannot_both_win(postgres)
