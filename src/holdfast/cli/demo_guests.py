"""Who has booked already when the demo opens: so that there is something in its calendars."""

from __future__ import annotations

from datetime import timedelta

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.customers import Contact
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.use_cases import Envelope

DAYS = 9
NEAR = timedelta(hours=3)
"""So near to what the screen offers nobody books."""
HALL = 30
"""An event with so many places left takes all of them."""
NAMES = (
    "Sophie Germain",
    "Alan Turing",
    "Rosalind Franklin",
    "Katherine Johnson",
    "Niels Bohr",
    "Emmy Noether",
    "Srinivasa Ramanujan",
    "Lise Meitner",
    "Abdus Salam",
    "Mary Somerville",
    "Évariste Galois",
    "Chien-Shiung Wu",
)


def let_some_book(
    engine: Engine, desk: TenantEngine, offering: Offering, kept: OpenSlot, *, components: list[str]
) -> None:
    """Book a dozen times of the coming days, and none that is needed to book what is kept."""
    slots = _slots(engine, desk, offering, kept, components)
    envelopes = [
        Envelope(
            command=PlaceBooking(
                choice=_choice(offering, slot, components),
                party_size=1 + number % 2,
                details=Details(contact=_contact(number)),
            ),
            actor=SYSTEM,
            source="demo",
        )
        for number, slot in enumerate(slots)
    ]
    # Whoever is in another's way is refused, as in life.
    engine.unit_of_work.run(desk.tenant_id, envelopes)


def _slots(
    engine: Engine, desk: TenantEngine, offering: Offering, kept: OpenSlot, components: list[str]
) -> list[OpenSlot]:
    if kept.remaining is not None and kept.remaining >= HALL:
        return [kept] * len(NAMES)
    now = engine.clock.now()
    answer = desk.availability.answer(
        AvailabilityQuery(
            offering_id=offering.offering_id,
            starts_at=now,
            ends_at=now + timedelta(days=DAYS),
            components=tuple(components),
        )
    )
    free = [
        slot
        for slot in answer.slots
        if slot.ends_at <= kept.starts_at - NEAR or slot.starts_at >= kept.ends_at + NEAR
    ]
    return free[:: max(1, len(free) // len(NAMES))][: len(NAMES)]


def _choice(offering: Offering, slot: OpenSlot, components: list[str]) -> Choice:
    if slot.slot_id is not None:
        return Choice(slot_id=slot.slot_id, components=tuple(components))
    return Choice(offering_id=offering.offering_id, dates=slot.dates, components=tuple(components))


def _contact(number: int) -> Contact:
    name = NAMES[number % len(NAMES)]
    return Contact(name=name, email=f"guest{number}@example.com")
