"""What `holdfast demo` plays: eight businesses, and a booking that is possible in each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from holdfast.bootstrap import Engine
from holdfast.cli.demo_guests import let_some_book
from holdfast.cli.demo_screen import Business
from holdfast.cli.faults import Refused
from holdfast.domain.access import KeyKind, Role
from holdfast.domain.intervals import utc
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering
from holdfast.domain.zones import instant_of, local_day, zone
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.facade import TenantEngine
from holdfast.engine.slots import AddSlot
from holdfast.testing import samples

CONCERT_DAYS_AHEAD = 21
EIGHT_IN_THE_EVENING = 20 * 60
SEARCH_DAYS = 60
# What the screen offers can still be booked tomorrow.
SAFE_NOTICE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One business of the demo, and what is booked there.

    Attributes:
        slug, offering: Of the business and of what is booked.
        story: What it is, in half a sentence.
        title: What the prepared booking is; the time follows.
        open: Opens it in a database that does not have it yet.
        extra: What the request says besides the time, the party and the guest.
        another: Makes something to book where everything is over or sold out.
    """

    slug: str
    offering: str
    story: str
    title: str
    open: Callable[[Engine], object]
    guest: str
    email: str
    party_size: int = 1
    extra: Mapping[str, object] = field(default_factory=dict)
    another: Callable[[Engine, TenantEngine, Offering], object] | None = None

    def business(self, engine: Engine) -> Business:
        """Open the business, or find it again, and prepare the booking.

        Raises:
            Refused: The database belongs to somebody else, or everything is booked out.
        """
        found = self._found(engine)
        is_new = found is None
        if found is None:
            self.open(engine)
            found = self._found(engine)
        assert found is not None, "a business that was just opened is there"
        desk, offering = found
        slot = self._first_open(engine, desk, offering)
        if slot is None and self.another is not None:
            self.another(engine, desk, offering)
            slot = self._first_open(engine, desk, offering)
        tenant = desk.get()
        if slot is None:
            raise Refused(f"{tenant.name} is booked out for {SEARCH_DAYS} days in this database.")
        if is_new:
            let_some_book(engine, desk, offering, slot, components=self._components)
        local = slot.starts_at.astimezone(zone(offering.zone or tenant.zone))
        is_dated = bool(slot.dates)
        when = f"{local:%A, %-d %B}" if is_dated else f"{local:%A, %-d %B, %H:%M}"
        return Business(
            slug=self.slug,
            name=tenant.name,
            story=self.story,
            booking=f"{self.title} on {when}",
            secret=desk.keys.add("Demo", kind=KeyKind.SECRET, role=Role.OWNER).secret,
            body={
                **_time_of(slot, offering),
                **self.extra,
                "party_size": self.party_size,
                "contact": {"name": self.guest, "email": self.email},
            },
        )

    @property
    def _components(self) -> list[str]:
        components = self.extra.get("components", [])
        assert isinstance(components, list)
        return components

    def _found(self, engine: Engine) -> tuple[TenantEngine, Offering] | None:
        """Return the business of an earlier demo in this database; None without one."""
        tenant = engine.register.find_by_slug(self.slug)
        if tenant is None:
            return None
        desk = engine.tenant(tenant.tenant_id)
        found = desk.offerings.find_by_slug(self.offering)
        if found is None:
            raise Refused(
                f"This database has a tenant '{self.slug}' that is not the demo's. Choose another"
                " database."
            )
        return desk, found

    def _first_open(
        self, engine: Engine, desk: TenantEngine, offering: Offering
    ) -> OpenSlot | None:
        """Return the first time that can be booked now and tomorrow, or else the first there is."""
        now = engine.clock.now()
        answer = desk.availability.answer(
            AvailabilityQuery(
                offering_id=offering.offering_id,
                starts_at=now,
                ends_at=now + timedelta(days=SEARCH_DAYS),
                party_size=self.party_size,
                components=tuple(self._components),
            )
        )
        safe = (slot for slot in answer.slots if slot.starts_at >= now + SAFE_NOTICE)
        return next(safe, answer.slots[0] if answer.slots else None)


def _time_of(slot: OpenSlot, offering: Offering) -> dict[str, object]:
    """Return how a request says what it wants: by a slot, or by dates."""
    if slot.slot_id is not None:
        return {"slot_id": slot.slot_id}
    return {
        "offering_id": offering.offering_id,
        "dates": [day.isoformat() for day in slot.dates],
    }


def _another_evening(engine: Engine, desk: TenantEngine, offering: Offering) -> object:
    """Add an evening: that of an earlier demo in this database is over or sold out."""
    return desk.slots.add(
        AddSlot(
            slot_id=desk.slots.new_id(),
            offering_id=offering.offering_id,
            starts_at=concert_start(engine.clock.now()),
        )
    )


def concert_start(now: datetime) -> datetime:
    """Return eight in the evening in Paris, three weeks from now.

    >>> concert_start(datetime.fromisoformat("2026-11-20T17:00:00+00:00")).isoformat()
    '2026-12-11T19:00:00+00:00'
    """
    paris = zone("Europe/Paris")
    day = local_day(utc(now), paris) + timedelta(days=CONCERT_DAYS_AHEAD)
    return instant_of(day, EIGHT_IN_THE_EVENING, paris, gap="forward")


ACTS = (
    Act(
        slug="sarah",
        offering="cut",
        story="one chair, haircuts of 30 minutes, Tuesday to Saturday",
        title="A haircut",
        open=lambda engine: samples.open_salon(engine, slug="sarah"),
        guest="Ada Lovelace",
        email="ada@example.com",
    ),
    Act(
        slug="dr-martin",
        offering="consultation",
        story="a doctor, 15 minutes each, mornings and afternoons, a day's notice",
        title="A consultation",
        open=lambda engine: samples.open_practice(engine, now=engine.clock.now()),
        guest="Marie Curie",
        email="marie@example.com",
    ),
    Act(
        slug="le-bistro",
        offering="table",
        story="eight covers at one table, lunch and dinner",
        title="Four seats",
        open=lambda engine: samples.open_bistro(engine, now=engine.clock.now()),
        guest="Auguste Escoffier",
        email="auguste@example.com",
        party_size=4,
    ),
    Act(
        slug="mont-blanc",
        offering="meeting",
        story="a meeting room for twelve, by the hour",
        title="The meeting room",
        open=samples.open_rooms,
        guest="Grace Hopper",
        email="grace@example.com",
        party_size=9,
    ),
    Act(
        slug="odeon",
        offering="concert",
        story="a concert, 250 places",
        title="Two places at the concert",
        open=lambda engine: samples.open_concert(
            engine, slug="odeon", starts_at=concert_start(engine.clock.now())
        ),
        guest="Clara Schumann",
        email="clara@example.com",
        party_size=2,
        another=_another_evening,
    ),
    Act(
        slug="atelier",
        offering="live-class",
        story="a live class of 30 places, Wednesdays in Algiers",
        title="Two places in the class",
        open=samples.open_studio,
        guest="Assia Djebar",
        email="assia@example.com",
        party_size=2,
    ),
    Act(
        slug="fraser-island",
        offering="day-hire",
        story="one 4WD by the day, with a calendar for the year",
        title="The 4WD for a day",
        open=lambda engine: samples.open_rental(engine, now=engine.clock.now()),
        guest="Nancy Bird",
        email="nancy@example.com",
    ),
    Act(
        slug="occitanie",
        offering="training-day",
        story="a region of 5 setups and 4 operators; days wait for its yes",
        title="A training day for ten, to be approved,",
        open=samples.open_region,
        guest="Emilie du Chatelet",
        email="emilie@example.com",
        party_size=10,
        extra={"components": ["module-x"]},
    ),
)
"""The eight businesses, in the order of the screen."""
