"""Books to prove: right ones, and spoilt ones."""

from __future__ import annotations

from sqlalchemy import text

from holdfast import AddTenant, Contact, Details, Engine, SystemClock
from holdfast.cli.demo_acts import concert_start
from holdfast.testing.samples import open_concert


def keep_books(url: str) -> None:
    """Open two businesses in a database: `bob` without a booking, `odeon` with one for two."""
    engine = Engine.open(url)
    engine.add_tenant(AddTenant(slug="bob", name="Bob", zone="Europe/Paris", currency="EUR"))
    concert = open_concert(engine, starts_at=concert_start(SystemClock().now()))
    guest = Details(contact=Contact(name="Ada"))
    concert.desk.bookings.place(slot_id=concert.evening.slot_id, party_size=2, details=guest)
    engine.close()


def spoil_books(url: str) -> None:
    """Write what no use case would: one place fewer in use than there are claims for."""
    engine = Engine.open(url)
    with engine.database.write(engine.tenant("odeon").tenant_id) as transaction:
        statement = text("UPDATE capacity SET used = used - 1 WHERE kind = 'counter'")
        transaction.connection.execute(statement)
        transaction.commit()
    engine.close()
