"""The check at start-up: two clients want the last place, and only one may get it.

It catches an engine, a proxy or a setting that lies about its locks: before the first customer.
"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Protocol

from sqlalchemy import delete, update

from holdfast.engine.ports import CapacityKind, LockedRow, LockRequest
from holdfast.storage.database import WriteTransaction
from holdfast.storage.schema.capacity import capacity

SCRATCH_TENANT = "tnt_selftest"
_PLACES = 1
# How long the second client is watched for returning too early, and for not returning at all.
_WATCH_SECONDS = 0.08
_GIVE_UP_SECONDS = 10.0


class SelfTestFailed(Exception):
    """The database let two clients take one place; nothing may be sold from it."""


class WritableDatabase(Protocol):
    """The part of a `Database` that is put to the test."""

    def write(self, tenant_id: str) -> WriteTransaction:
        """Return a transaction that may write."""
        ...


def two_clients_cannot_both_win(database: WritableDatabase) -> None:
    """Have two clients want the last place of a scratch row, and see that the second is refused.

    Done twice: with a row that is there, and with one that the first client makes, which is where
    an UPDATE would find nothing and lock nothing. Takes about 0.2 s.

    Raises:
        SelfTestFailed: Both would win, or the lock does not hold.
        StorageFault: The database could not be asked.
    """
    key = f"selftest:{uuid.uuid4().hex}"
    try:
        _race(database, key=key, is_new=True)
        _race(database, key=key, is_new=False)
    finally:
        with database.write(SCRATCH_TENANT) as transaction:
            _remove(transaction, key)
            transaction.commit()


def _race(database: WritableDatabase, *, key: str, is_new: bool) -> None:
    """Run the schedule once: A locks, B waits, A takes the last place, B sees that it is gone."""
    if not is_new:
        with database.write(SCRATCH_TENANT) as before:
            _remove(before, key)
            before.lock([_request(key)])
            before.commit()
    clients = ThreadPoolExecutor(max_workers=1, thread_name_prefix="holdfast-selftest")
    try:
        with database.write(SCRATCH_TENANT) as first:
            (row,) = first.lock([_request(key)])
            second = clients.submit(_want_the_same, database, key)
            came_early, _ = wait([second], timeout=_WATCH_SECONDS)
            if came_early and second.exception() is None:
                raise SelfTestFailed("A second client got a row's lock while the first held it.")
            _take_one(first, row)
            first.commit()
        seen = second.result(timeout=_GIVE_UP_SECONDS)
    except TimeoutError:
        raise SelfTestFailed("A second client still waits for a lock that was given up.") from None
    finally:
        clients.shutdown(wait=False)
    if seen.used != _PLACES:
        raise SelfTestFailed(
            f"A second client saw {seen.used} places taken where {_PLACES} was: both would win."
        )


def _want_the_same(database: WritableDatabase, key: str) -> LockedRow:
    """Lock the row, as the second client does, and return what it says."""
    with database.write(SCRATCH_TENANT) as transaction:
        (row,) = transaction.lock([_request(key)])
        transaction.commit()
    return row


def _request(key: str) -> LockRequest:
    return LockRequest(key=key, kind=CapacityKind.COUNTER)


def _take_one(transaction: WriteTransaction, row: LockedRow) -> None:
    """Take the last place, as a batch does: relative, under the lock."""
    transaction.connection.execute(
        update(capacity)
        .where(capacity.c.tenant_id == transaction.tenant_id, capacity.c.key == row.key)
        .values(used=capacity.c.used + 1, cap=_PLACES)
    )


def _remove(transaction: WriteTransaction, key: str) -> None:
    transaction.connection.execute(
        delete(capacity).where(capacity.c.tenant_id == transaction.tenant_id, capacity.c.key == key)
    )
