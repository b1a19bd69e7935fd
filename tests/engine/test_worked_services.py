"""The worked services of seed 003: each opens, lists and books as its document says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offering_kinds import preset_of
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.resources import Scheme
from holdfast.domain.seed_requirements import requirements_from_seed
from holdfast.domain.seed_rules import rules_from_seed
from holdfast.domain.shapes import Shape
from holdfast.domain.zones import zone
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.pools import AddPool
from holdfast.engine.resources import AddResource
from tests.engine.businesses import FOR_ADA, open_desk

PARIS = "Europe/Paris"
WEEKDAYS, EVERY_DAY = (1, 2, 3, 4, 5), (0, 1, 2, 3, 4, 5, 6)
MONDAY, WEDNESDAY = date(2026, 6, 8), date(2026, 6, 10)
SATURDAY, SUNDAY = date(2026, 6, 13), date(2026, 6, 14)
GALA = date(2026, 7, 14)

Hours = tuple[Sequence[int], str, str]
Things = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Service:
    """One service of the seed, in its words, and what has to be listed on one day.

    Attributes:
        things: The type of the required resources and their ids.
        counts: Their quantities, where they have any.
        staff: The role, how many, and of whom.
        anyone: Whoever has a role of which the document names nobody.
        own_hours: Where the document gives none, those of whatever serves it (C-21).
        starts: How many starts there are on the day, the first and the last of them.
        parties: How many parties of `size` may come at one start.
    """

    row: str
    kind: str
    minutes: int
    most: int
    hours: tuple[Hours, ...]
    day: date
    starts: tuple[int, str, str]
    parties: int
    size: int = 1
    special: tuple[date, str, str] | None = None
    things: tuple[Things, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    staff: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    anyone: tuple[Things, ...] = ()
    own_hours: tuple[Hours, ...] = ()
    is_always_open: bool = False

    @property
    def is_shared(self) -> bool:
        """Whether its guests come together: `maxParticipants` is then for all of them (C-18).

        Where the document names nobody and nothing that serves, the places are all that there is.
        """
        is_served = bool(self.things or self.staff)
        return preset_of(self.kind).counting is Counting.PLACES or not is_served


MORNINGS: tuple[Hours, ...] = ((WEEKDAYS, "09:00", "12:00"), ((1,), "14:00", "17:00"))
SERVICES = {
    "medical consultation": Service(
        row="B-011",
        kind="appointment",
        minutes=30,
        most=1,
        hours=(((1, 2), "09:00", "12:00"), ((1,), "14:00", "17:00")),
        day=MONDAY,
        starts=(12, "09:00", "16:30"),
        parties=1,
    ),
    "general practitioner": Service(
        row="B-155",
        kind="appointment",
        minutes=30,
        most=1,
        hours=MORNINGS,
        day=MONDAY,
        starts=(12, "09:00", "16:30"),
        parties=2,
        staff=(("doctor", 1, ("dr-martin", "dr-dupont")),),
    ),
    "physiotherapy": Service(
        row="B-156",
        kind="appointment",
        minutes=45,
        most=1,
        hours=(),
        own_hours=((WEEKDAYS, "09:00", "18:00"),),
        day=WEDNESDAY,
        starts=(12, "09:00", "17:15"),
        parties=1,
        things=(("equipment", ("table-kine-1",)),),
    ),
    "mathematics": Service(
        row="B-160",
        kind="appointment",
        minutes=90,
        most=1,
        hours=((EVERY_DAY, "14:00", "20:00"),),
        day=SATURDAY,
        starts=(4, "14:00", "18:30"),
        parties=1,
    ),
    "electric car": Service(
        row="B-163",
        kind="rental",
        minutes=60,
        most=4,
        hours=(),
        is_always_open=True,
        day=WEDNESDAY,
        starts=(48, "00:00", "23:30"),
        size=4,
        parties=3,
        things=(("vehicle", ("car-001", "car-002", "car-003")),),
    ),
    "React training": Service(
        row="B-167",
        kind="course",
        minutes=480,
        most=12,
        hours=(),
        special=(WEDNESDAY, "09:00", "17:00"),
        day=WEDNESDAY,
        starts=(1, "09:00", "09:00"),
        size=6,
        parties=2,
        things=(("equipment", ("projector-4k", "laptops-backup")), ("service", ("wifi-pro",))),
        counts=(("laptops-backup", 3),),
        staff=(("lead_instructor", 1, ("dev-senior-1", "dev-senior-2")), ("assistant", 1, ())),
        anyone=(("assistant", ("junior-1", "junior-2")),),
    ),
    "doctor of the whole system": Service(
        row="B-171",
        kind="appointment",
        minutes=30,
        most=1,
        hours=((WEEKDAYS, "08:30", "12:00"), ((1,), "14:00", "18:30")),
        day=MONDAY,
        starts=(16, "08:30", "18:00"),
        parties=2,
        staff=(("doctor", 1, ()),),
        anyone=(("doctor", ("dr-a", "dr-b")),),
    ),
    "table for six on a Sunday": Service(
        row="B-173",
        kind="table",
        minutes=90,
        most=6,
        hours=(((1, 2, 3, 4, 5, 6, 7), "12:00", "14:30"), ((7,), "19:00", "22:30")),
        day=SUNDAY,
        starts=(8, "12:00", "21:00"),
        size=6,
        parties=2,
        things=(("table", ("table-6p-1", "table-6p-2")),),
    ),
    "restaurant table": Service(
        row="B-157",
        kind="table",
        minutes=120,
        most=8,
        hours=((EVERY_DAY, "12:00", "14:30"), (EVERY_DAY, "19:00", "22:30")),
        day=SATURDAY,
        starts=(6, "12:00", "20:30"),
        size=6,
        parties=1,
        things=(("table", ("table-8p",)),),
    ),
    "coaching": Service(
        row="B-159",
        kind="appointment",
        minutes=60,
        most=1,
        hours=((WEEKDAYS, "09:00", "18:00"),),
        day=WEDNESDAY,
        starts=(9, "09:00", "17:00"),
        parties=1,
        staff=(("coach", 1, ("coach-1",)),),
    ),
    "yoga": Service(
        row="B-161",
        kind="event",
        minutes=75,
        most=15,
        hours=(((1, 3), "18:30", "19:45"), ((6,), "10:00", "11:15")),
        day=WEDNESDAY,
        starts=(1, "18:30", "18:30"),
        size=5,
        parties=3,
        things=(("equipment", ("yoga-mats", "sound-system")),),
        counts=(("yoga-mats", 15),),
    ),
    "tennis court": Service(
        row="B-162",
        kind="rental",
        minutes=60,
        most=4,
        hours=((EVERY_DAY, "08:00", "22:00"),),
        day=WEDNESDAY,
        starts=(27, "08:00", "21:00"),
        size=4,
        parties=3,
        things=(("facility", ("court-1", "court-2", "court-3")),),
    ),
    "tennis court on a holiday": Service(
        row="B-162",
        kind="rental",
        minutes=60,
        most=4,
        hours=((EVERY_DAY, "08:00", "22:00"),),
        special=(date(2026, 7, 14), "10:00", "18:00"),
        day=date(2026, 7, 14),
        starts=(15, "10:00", "17:00"),
        parties=3,
        things=(("facility", ("court-1", "court-2", "court-3")),),
    ),
    "meeting room": Service(
        row="B-164",
        kind="room",
        minutes=60,
        most=12,
        hours=((WEEKDAYS, "08:00", "19:00"),),
        day=WEDNESDAY,
        starts=(21, "08:00", "18:00"),
        size=12,
        parties=1,
        things=(("equipment", ("projector", "whiteboard")), ("furniture", ("big-table",))),
    ),
    "concert": Service(
        row="B-165",
        kind="event",
        minutes=120,
        most=80,
        hours=(),
        special=(GALA, "20:00", "22:00"),
        day=GALA,
        starts=(1, "20:00", "20:00"),
        size=40,
        parties=2,
    ),
    "pottery": Service(
        row="B-166",
        kind="course",
        minutes=180,
        most=8,
        hours=(((3,), "14:00", "17:00"), ((6,), "10:00", "13:00")),
        day=SATURDAY,
        starts=(1, "10:00", "10:00"),
        size=4,
        parties=2,
        things=(("equipment", ("wheels", "kiln")), ("material", ("clay",))),
        counts=(("wheels", 8),),
        staff=(("instructor", 1, ("potter-1", "potter-2")),),
    ),
    "examination": Service(
        row="B-168",
        kind="appointment",
        minutes=120,
        most=1,
        hours=(((6,), "09:00", "11:00"), ((6,), "14:00", "16:00")),
        day=SATURDAY,
        starts=(2, "09:00", "14:00"),
        parties=1,
        things=(("equipment", ("computer", "headphones")),),
        staff=(("examiner", 1, ("examiner-1",)), ("supervisor", 1, ("sup-1", "sup-2"))),
    ),
    "paediatrician": Service(
        row="B-169",
        kind="appointment",
        minutes=20,
        most=3,
        hours=((WEEKDAYS, "08:00", "19:00"), ((6,), "09:00", "12:00")),
        day=WEDNESDAY,
        starts=(33, "08:00", "18:40"),
        size=3,
        parties=2,
        staff=(("pediatrician", 1, ("dr-a", "dr-b")),),
    ),
    "delivery": Service(
        row="B-170",
        kind="custom",
        minutes=30,
        most=1,
        hours=((WEEKDAYS, "08:00", "20:00"), ((6,), "09:00", "18:00")),
        day=SATURDAY,
        starts=(18, "09:00", "17:30"),
        parties=2,
        things=(("vehicle", ("bike-1", "bike-2")),),
        staff=(("delivery_person", 1, ("rider-1", "rider-2")),),
    ),
    "evening teleconsultation": Service(
        row="B-172",
        kind="appointment",
        minutes=20,
        most=1,
        hours=(((1, 2, 3), "19:00", "21:00"), ((6,), "09:00", "12:00")),
        day=WEDNESDAY,
        starts=(6, "19:00", "20:40"),
        parties=1,
        staff=(("doctor", 1, ("dr-martin",)),),
    ),
    "table for two": Service(
        row="B-173",
        kind="table",
        minutes=90,
        most=2,
        hours=((EVERY_DAY, "12:00", "14:30"),),
        day=WEDNESDAY,
        starts=(3, "12:00", "13:00"),
        size=2,
        parties=2,
        things=(("table", ("table-2p-1", "table-2p-2")),),
    ),
}


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business in Paris at its desk."""
    return open_desk(engine, zone=PARIS, horizon_days=365)


def _opened(desk: TenantEngine, service: Service) -> Offering:
    """Add a service with its resources, staff and hours, by the readers of the seed's shapes."""
    counts = dict(service.counts)
    entries: list[dict[str, object]] = [
        {"id": name, "type": kind} | ({"quantity": counts[name]} if name in counts else {})
        for kind, names in service.things
        for name in names
    ]
    staff: list[dict[str, object]] = [
        {"role": role, "count": count} | ({"specificStaffIds": list(names)} if names else {})
        for role, count, names in service.staff
    ]
    named = [name for _, names in service.things for name in names]
    named += [name for _, names in service.anyone for name in names]
    named += [name for _, _, names in service.staff for name in names]
    ids = {
        name: desk.resources.add(
            AddResource(name=name, kind="thing", capacity=counts.get(name, 1))
        ).resource_id
        for name in named
    }
    pools = {
        role: desk.pools.add(
            AddPool(name=role, resource_ids=tuple(ids[name] for name in names))
        ).pool_id
        for role, names in service.anyone
    }
    for resource_id in ids.values() if service.own_hours else ():
        desk.schedules.set(resource_id, rules_from_seed(_weekly(service.own_hours), []))
    preset = preset_of(service.kind)
    offering = desk.offerings.add(
        AddOffering(
            slug="service",
            name="Service",
            kind=service.kind,
            duration=timedelta(minutes=service.minutes),
            counting=Counting.PLACES if service.is_shared else preset.counting,
            shape=preset.shape,
            slot_step=preset.slot_step,
            party_max=service.most,
            slot_capacity=service.most if service.is_shared else None,
            requirements=requirements_from_seed(
                entries,
                staff,
                max_participants=service.most,
                resource_ids=ids,
                pool_ids=pools,
            ),
            is_always_open=service.is_always_open,
        )
    )
    special: list[dict[str, object]] = []
    if service.special is not None:
        on, start, end = service.special
        window = {"startTime": start, "endTime": end, "available": True}
        special = [{"date": on.isoformat(), "slots": [window]}]
    desk.schedules.set(offering.offering_id, rules_from_seed(_weekly(service.hours), special))
    return offering


def _weekly(hours: Sequence[Hours]) -> list[dict[str, object]]:
    return [
        {"dayOfWeek": day, "startTime": start, "endTime": end}
        for days, start, end in hours
        for day in days
    ]


def _listed(desk: TenantEngine, offering: Offering, service: Service) -> tuple[OpenSlot, ...]:
    query = AvailabilityQuery(
        offering_id=offering.offering_id,
        first_on=service.day,
        last_on=service.day,
        party_size=service.size,
    )
    return desk.availability.answer(query).slots


def _choice(offering: Offering, slot: OpenSlot) -> Choice:
    if slot.slot_id is not None:
        return Choice(slot_id=slot.slot_id)
    return Choice(offering_id=offering.offering_id, starts_at=slot.starts_at, ends_at=slot.ends_at)


@pytest.mark.parametrize("name", SERVICES)
def test_a_worked_service_opens_lists_and_books_as_its_document_says(
    desk: TenantEngine, name: str
) -> None:
    """AC-V03, C-17 to C-20: as many parties as there is room for, and then it is gone."""
    service = SERVICES[name]
    offering = _opened(desk, service)

    listed = _listed(desk, offering, service)
    clock_times = [slot.starts_at.astimezone(zone(PARIS)).strftime("%H:%M") for slot in listed]
    first = listed[0]
    for _ in range(service.parties):
        booked = desk.bookings.place(
            choice=_choice(offering, first), party_size=service.size, details=FOR_ADA
        )
    after = [slot.starts_at for slot in _listed(desk, offering, service)]

    assert (len(clock_times), clock_times[0], clock_times[-1]) == service.starts
    assert (booked.starts_at, booked.ends_at) == (first.starts_at, first.ends_at)
    assert first.starts_at not in after
    roles = {one.role for one in booked.assigned}
    assert {role for role, _, _ in service.staff} <= roles


def test_a_double_room_is_any_of_three_night_by_night(desk: TenantEngine) -> None:
    """B-158, C-24: three guests of one night each, or one that stays."""
    ids = {
        f"room-{number}": desk.resources.add(
            AddResource(name=f"Room {number}", kind="room", scheme=Scheme.DATED)
        ).resource_id
        for number in (201, 202, 203)
    }
    entries = [{"id": name, "type": "room"} for name in ids]
    hotel = desk.offerings.add(
        AddOffering(
            slug="double",
            name="Double",
            duration=timedelta(days=1),
            shape=Shape.NIGHTS,
            party_max=2,
            requirements=requirements_from_seed(entries, resource_ids=ids),
        )
    )
    choice = Choice(offering_id=hotel.offering_id, dates=(WEDNESDAY,))
    query = AvailabilityQuery(
        offering_id=hotel.offering_id, first_on=WEDNESDAY, last_on=SATURDAY, party_size=2
    )

    before = [day.remaining for day in desk.availability.by_day(query).days]
    stays = [desk.bookings.place(choice=choice, party_size=2, details=FOR_ADA) for _ in range(3)]
    after = [day.is_available for day in desk.availability.by_day(query).days]

    assert before == [3, 3, 3, 3]
    assert after == [False, True, True, True]
    assert sorted(one.assigned[0].name for one in stays) == ["Room 201", "Room 202", "Room 203"]
    local = [one.astimezone(zone(PARIS)) for one in (stays[0].starts_at, stays[0].ends_at)]
    assert [one.strftime("%d %H:%M") for one in local] == ["10 15:00", "11 11:00"]
