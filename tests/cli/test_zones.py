"""`holdfast zones`: bookings whose wall time is another since a government changed its clocks."""

from __future__ import annotations

import json

from sqlalchemy import text

from holdfast import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.zones import tzdata_version
from tests.cli.books import keep_books
from tests.cli.conftest import Say

MOVE = "UPDATE booking SET local_start = :was WHERE tenant_id = :tenant"


def booked(url: str) -> Booking:
    """Return the one booking there is."""
    engine = Engine.open(url, migrate=False)
    (booking,) = engine.tenant("odeon").bookings.list().items
    engine.close()
    return booking


def promise(url: str, was: str) -> None:
    """Write what the clock was to show at the start, as if it had been booked under other rules."""
    engine = Engine.open(url, migrate=False)
    tenant_id = engine.tenant("odeon").tenant_id
    with engine.database.write(tenant_id) as transaction:
        transaction.connection.execute(text(MOVE), {"was": was, "tenant": tenant_id})
        transaction.commit()
    engine.close()


def test_a_booking_whose_wall_time_moved_is_listed(say: Say, salon_url: str) -> None:
    """T4."""
    keep_books(salon_url)
    booking = booked(salon_url)
    day, _, _ = booking.local_start.partition("T")
    promise(salon_url, f"{day}T19:30")

    table = say("zones", "--db", salon_url)
    listed = json.loads(say("zones", "--json", "--tenant", "odeon", "--db", salon_url).out)
    other = say("zones", "--json", "--tenant", "bob", "--db", salon_url)

    assert table.code == 0
    assert table.out.splitlines()[1].split()[:2] == ["odeon", booking.number]
    assert [
        (moved["number"], moved["was"], moved["now"], moved["starts_at"]) for moved in listed
    ] == [(booking.number, f"{day}T19:30", booking.local_start, booking.starts_at.isoformat())]
    assert listed[0]["by_the_clock_at"] is not None
    assert json.loads(other.out) == []


def test_bookings_that_stay_where_they_are_and_old_ones_are_not_listed(
    say: Say, salon_url: str
) -> None:
    keep_books(salon_url)

    as_booked = say("zones", "--db", salon_url)
    promise(salon_url, "")
    from_before = say("zones", "--db", salon_url)

    told = f"None of 1 future booking(s) moved; time zones of {tzdata_version()}.\n"
    assert [(said.code, said.out, said.err) for said in (as_booked, from_before)] == [
        (0, "", told)
    ] * 2
