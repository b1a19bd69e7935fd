"""What stands in the tables after a race, of one business, and whether it can be proved right."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from holdfast.domain.bookings import LIVE, Booking
from holdfast.domain.claims import Claim
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.storage.database import Database
from holdfast.storage.mapping import MAPPERS
from holdfast.storage.proving import prove
from holdfast.storage.schema import metadata

Row = dict[str, Any]


class Books:
    """One business's rows in one database."""

    def __init__(self, database: Database, tenant_id: str) -> None:
        self._database = database
        self._tenant_id = tenant_id

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a table, by its primary key."""
        table = metadata.tables[name]
        statement = (
            select(table)
            .where(table.columns.tenant_id == self._tenant_id)
            .order_by(*table.primary_key.columns)
        )
        with self._database.read(self._tenant_id) as transaction:
            return [dict(row) for row in transaction.connection.execute(statement).mappings()]

    def records(self, kind: type) -> list[Any]:
        """Return the records of a kind, by their ids."""
        mapper = MAPPERS[kind]
        return [mapper.from_row(row) for row in self.rows(mapper.table.name)]

    def now(self) -> datetime:
        """Return the instant by the clock of record."""
        with self._database.read(self._tenant_id) as transaction:
            return transaction.now()

    def units(self, key: str, *, start: datetime | None = None) -> int:
        """Sum up the claims under a key that count now; at one start only, if given."""
        now = self.now()
        return sum(
            claim.units
            for claim in self.records(Claim)
            if claim.key == key and claim.counts_at(now) and start in {None, claim.starts_at}
        )

    def used(self, key: str) -> list[int]:
        """Return what the capacity rows of a key say is used: one row, or none."""
        return [row["used"] for row in self.rows("capacity") if row["key"] == key]

    def living(self) -> set[str]:
        """Return the ids of the bookings that live and of the holds that still hold."""
        now = self.now()
        bookings: Collection[Booking] = self.records(Booking)
        holds: Collection[Hold] = self.records(Hold)
        return {str(booking.booking_id) for booking in bookings if booking.status in LIVE} | {
            str(hold.hold_id)
            for hold in holds
            if hold.status is HoldStatus.ACTIVE and now < hold.expires_at
        }

    def violations(self) -> list[str]:
        """Return what the proof of the books finds wrong, each kind once."""
        report = prove(self._database, tenant_id=self._tenant_id)
        return sorted({violation.kind for violation in report.violations})
