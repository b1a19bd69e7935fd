"""What waits is counted by its own index, however many bookings there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.engine.ports import Comparison, Filter, Listing
from holdfast.storage import reading
from holdfast.storage.database import Database

PENDING = BookingStatus.PENDING


@contextmanager
def asked(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Note the statements and their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(
        _connection: object, _cursor: object, statement: str, values: object, *_: object
    ) -> None:
        seen.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


def test_sqlite_finds_those_that_wait_by_the_index_of_them(page_database: Database) -> None:
    with page_database.read("tnt_x") as transaction:
        connection = transaction.connection
        with asked(connection) as seen:
            filters = [Filter("status", Comparison.EQUAL, PENDING)]
            reading.counts(connection, "tnt_x", Booking, "pending_reasons", filters)
            one_of = (Filter("status", Comparison.ONE_OF, (PENDING,)),)
            listing = Listing(kind=Booking, filters=one_of, order_by="starts_at", limit=9)
            reading.page(connection, "tnt_x", listing)
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
            for statement, values in seen
        ]

    assert ["ix_booking_pending" in plan for plan in plans] == [True, True]
