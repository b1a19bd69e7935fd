"""A day at the inn, with something of everything in it, for the calendar's tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.ids import ResourceId
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details
from tests.web.streets import Inn, Street

TUESDAY = "2026-06-02"
HOUR = timedelta(hours=1)


def at(clock_time: str, *, on: int = 2) -> datetime:
    """Return a time of day in Paris in June 2026, on Tuesday the second unless said otherwise."""
    hours, minutes = map(int, clock_time.split(":"))
    return datetime(2026, 6, on, hours, minutes, tzinfo=UTC) - 2 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Workday:
    """What is booked at the inn on Tuesday.

    Attributes:
        amelie, bastien: Two of the therapists.
        massage: Ada's, with Amélie at 10:00.
        next_massage: Grace's, with Amélie at 11:00.
    """

    inn: Inn
    amelie: ResourceId
    bastien: ResourceId
    massage: Booking
    next_massage: Booking
    block: Block


def fill(street: Street) -> Workday:
    """Book what stands in the day."""
    inn = street.inn
    ids = {one.name: one.resource_id for one in inn.desk.resources.list().items}
    amelie, bastien = ids["Amélie"], ids["Bastien"]
    massage = _massage(inn, "Ada Lovelace", at("10:00"), amelie)
    after = _massage(inn, "Grace Hopper", at("11:00"), amelie)
    _massage(inn, "Alan Turing", at("14:00"), bastien)
    _massage(inn, "Edsger Dijkstra", at("10:00", on=3), bastien)
    block = inn.desk.blocks.add(
        AddBlock(resource_id=bastien, starts_at=at("12:00"), ends_at=at("13:00"), reason="Lunch")
    )
    stay = Choice(
        offering_id=inn.room.offering_id,
        dates=(datetime(2026, 6, 2, tzinfo=UTC).date(), datetime(2026, 6, 3, tzinfo=UTC).date()),
    )
    inn.desk.bookings.place(choice=stay, details=details("Barbara Liskov"), party_size=2)
    return Workday(
        inn=inn,
        amelie=amelie,
        bastien=bastien,
        massage=massage,
        next_massage=after,
        block=block,
    )


def _massage(inn: Inn, name: str, starts_at: datetime, therapist: ResourceId) -> Booking:
    choice = Choice(offering_id=inn.massage.offering_id, starts_at=starts_at, picks=(therapist,))
    return inn.desk.bookings.place(choice=choice, details=details(name))


def details(name: str) -> Details:
    """Return who books."""
    return Details(contact=Contact(name=name, email="guest@example.com"))
