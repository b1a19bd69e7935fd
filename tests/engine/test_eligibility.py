"""Eligibility: who may serve, why the others may not, and that bookings agree in every case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.eligibility import Eligibility, Exclusion
from holdfast.domain.errors import HoldfastError
from holdfast.domain.holds import Hold
from holdfast.domain.ids import ResourceId
from holdfast.domain.offerings import Component, Offering, OfferingStatus
from holdfast.domain.pools import Pool
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Resource, ResourceAction, Scheme
from holdfast.domain.shapes import Shape
from holdfast.engine.blocks import AddBlock
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import PlaceHold
from holdfast.engine.offerings import AddOffering
from holdfast.engine.pools import AddPool
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from tests.engine.businesses import (
    EVERY_DAY,
    FOR_ADA,
    HOUR,
    ROUND_THE_CLOCK,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    open_desk,
    pointers,
    refusal_of,
    shop_window,
)

MORNINGS = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=8 * 60, closes_minute=12 * 60)
NOON, NINE = at("12:00", day=1), at("09:00", day=1)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def reasons(found: Eligibility, number: int = 0) -> dict[str, str | None]:
    """Return why each candidate of a requirement may not serve, by name."""
    return {
        one.resource.name: one.reason and one.reason.value
        for one in found.requirements[number].candidates
    }


def pool_of(desk: TenantEngine, *resources: Resource) -> Pool:
    """Add a pool of some resources."""
    ids = tuple(resource.resource_id for resource in resources)
    return desk.pools.add(AddPool(name="Pool", resource_ids=ids))


def slot(offering: Offering, starts_at: datetime, **more: tuple[str, ...]) -> Choice:
    """Return the choice of the slot that starts then."""
    return Choice(
        offering_id=offering.offering_id,
        starts_at=starts_at,
        components=more.get("components", ()),
    )


# What is said


def test_every_reason_for_which_a_resource_may_not_serve_is_told_apart(
    desk: TenantEngine,
) -> None:
    """AC-E06, AC-E01."""

    def add(name: str, *skills: str, party_max: int | None = None) -> Resource:
        return desk.resources.add(AddResource(name=name, skills=skills, party_max=party_max))

    free, gone, away, shy = (add(name, "deep") for name in ("free", "gone", "away", "shy"))
    late, shut, busy = (add(name, "deep") for name in ("late", "shut", "busy"))
    small, clumsy = add("small", "deep", party_max=1), add("clumsy")
    desk.schedules.set(late.resource_id, [MORNINGS])
    desk.blocks.add(
        AddBlock(resource_id=shut.resource_id, starts_at=NOON, ends_at=NOON + HOUR, reason="x")
    )
    book(desk, add_offering(desk, "other", busy), NOON)
    rooms = pool_of(desk, free, gone, away, shy, late, shut, busy, small, clumsy)
    desk.resources.act(gone.resource_id, ResourceAction.DELETE)
    desk.resources.act(away.resource_id, ResourceAction.DEACTIVATE)
    needed = Requirement(pool_id=rooms.pool_id, skills=("deep",), choosing=Choosing.ANY_OF)
    offering = add_offering(desk, "massage", needed)

    found = desk.eligibility.list(slot(offering, NOON), party_size=2)

    assert reasons(found) == {
        "free": None,
        "gone": "deleted",
        "away": "inactive",
        "shy": None,
        "late": "outside_hours",
        "shut": "blocked",
        "busy": "capacity",
        "small": "party_size",
        "clumsy": "skills",
    }
    assert (found.refusal, found.requirements[0].is_met) == (None, True)
    assert found.requirements[0].pointer == "/requirements/0"


def test_how_much_is_left_of_each_is_said_where_it_is_counted(desk: TenantEngine) -> None:
    shared, endless = add_room(desk, "Shared", 5), add_room(desk, "Endless", None)
    needed = Requirement(
        resource_ids=(shared.resource_id, endless.resource_id),
        choosing=Choosing.ANY_OF,
        per=Per.PARTICIPANT,
    )
    offering = add_offering(desk, "seat", needed)
    book(desk, offering, NOON, 3)

    found = desk.eligibility.list(slot(offering, NOON), party_size=3).requirements[0]

    assert [(one.resource.name, one.reason, one.units_left) for one in found.candidates] == [
        ("Shared", Exclusion.CAPACITY, 2),
        ("Endless", None, None),
    ]
    assert (found.members, found.units) == (1, 3)


def test_requirements_of_chosen_components_are_among_them(desk: TenantEngine) -> None:
    """AC-A09."""
    hall, lab = add_room(desk, "Hall"), add_room(desk, "Lab")
    part = Component(
        key="lab", name="Lab", requirements=(Requirement(resource_id=lab.resource_id),)
    )
    offering = desk.offerings.add(
        AddOffering(
            slug="training",
            name="Training",
            duration=HOUR,
            requirements=(Requirement(resource_id=hall.resource_id),),
            components=(part,),
        )
    )
    desk.schedules.set(offering.offering_id, [ROUND_THE_CLOCK])

    without = desk.eligibility.list(slot(offering, NOON))
    chosen = desk.eligibility.list(slot(offering, NOON, components=("lab",)))

    assert [one.pointer for one in without.requirements] == ["/requirements/0"]
    assert [one.pointer for one in chosen.requirements] == [
        "/requirements/0",
        "/components/0/requirements/0",
    ]


def test_where_the_offering_itself_refuses_nobody_is_eligible(desk: TenantEngine) -> None:
    room = add_room(desk)
    offering = add_offering(desk, "cut", room, openings=[MORNINGS], party_max=2)
    desk.offerings.change(offering.offering_id, {"status": OfferingStatus.ACTIVE})

    found = [
        desk.eligibility.list(slot(offering, NINE)),
        desk.eligibility.list(slot(offering, NINE), party_size=3),
        desk.eligibility.list(slot(offering, NOON)),
        desk.eligibility.list(slot(offering, NINE - timedelta(days=2))),
        desk.eligibility.list(slot(offering, NINE + timedelta(days=400))),
    ]

    assert [(reasons(one)["Room"], one.refusal and one.refusal.code) for one in found] == [
        (None, None),
        ("offering", "policy.party_size"),
        ("offering", "availability.closed"),
        ("offering", "policy.notice_too_short"),
        ("offering", "policy.beyond_horizon"),
    ]


def test_an_open_slot_has_its_resources_and_takes_no_others(desk: TenantEngine) -> None:
    one, two = add_room(desk, "One"), add_room(desk, "Two")
    needed = Requirement(pool_id=pool_of(desk, one, two).pool_id, choosing=Choosing.ANY_OF)
    yoga = add_class(desk, "yoga", needed, places=3)
    before = reasons(desk.eligibility.list(slot(yoga, NOON)))
    book(desk, yoga, NOON)

    after = desk.eligibility.list(slot(yoga, NOON), party_size=2)
    full = desk.eligibility.list(slot(yoga, NOON), party_size=3)

    assert before == {"One": None, "Two": None}
    assert reasons(after) == {"One": None, "Two": "in_slot"}
    assert reasons(full) == {"One": "offering", "Two": "in_slot"}


def test_days_are_asked_for_by_dates_in_the_zones_of_the_resources(desk: TenantEngine) -> None:
    """AC-B10, C-27: a resource's own zone may be a day away from the offering's."""
    near, far = (
        desk.resources.add(AddResource(name=name, scheme=Scheme.DATED, zone=zone))
        for name, zone in (("Near", "Pacific/Honolulu"), ("Far", "Pacific/Kiritimati"))
    )
    needed = Requirement(resource_ids=(near.resource_id, far.resource_id), choosing=Choosing.ANY_OF)
    offering = desk.offerings.add(
        AddOffering(
            slug="car",
            name="Car",
            duration=timedelta(days=1),
            shape=Shape.DAYS,
            zone="Pacific/Honolulu",
            requirements=(needed,),
        )
    )
    days = (date(2026, 6, 5), date(2026, 6, 7))
    choice = Choice(offering_id=offering.offering_id, dates=days)
    desk.bookings.place(choice=choice, details=FOR_ADA)

    found = desk.eligibility.list(choice)

    assert reasons(found) == {"Near": "capacity", "Far": None}


def test_a_question_that_is_no_request_is_refused_as_the_request_would_be(
    engine: Engine, desk: TenantEngine
) -> None:
    offering = add_offering(desk, "cut", add_room(desk))
    days = (date(2026, 6, 5),)
    page = shop_window(engine, desk)
    nowhere = type(offering.offering_id)("off_00000000000000000000000000")
    desk.offerings.change(offering.offering_id, {"status": OfferingStatus.DELETED})

    malformed = [
        refusal_of(lambda: desk.eligibility.list(Choice(offering_id=offering.offering_id))),
        refusal_of(
            lambda: desk.eligibility.list(Choice(offering_id=offering.offering_id, dates=days))
        ),
        refusal_of(lambda: desk.eligibility.list(slot(offering, NOON), party_size=0)),
    ]
    missing = [
        cause_of(lambda: desk.eligibility.list(Choice(offering_id=nowhere, starts_at=NOON))),
        cause_of(lambda: page.eligibility.list(slot(offering, NOON))),
    ]

    assert [[code for _, code in pointers(one)] for one in malformed] == [
        ["slot_choice"],
        ["wrong_form"],
        ["out_of_range"],
    ]
    assert [cause["code"] for cause in missing] == ["record.not_found"] * 2


# That bookings agree


def random_house(desk: TenantEngine, dice: Random, *, scheme: Scheme) -> list[Resource]:
    """Add some resources, each with something or other about it."""
    found = []
    for number in range(dice.randint(2, 5)):
        least = dice.choice([None, None, 2])
        most = dice.choice([None, None, 3])
        resource = desk.resources.add(
            AddResource(
                name=f"R{number}",
                capacity=dice.choice([1, 1, 2, 5, None]),
                scheme=scheme,
                skills=("deep",) if dice.random() < 0.8 else (),
                party_min=least,
                party_max=most,
            )
        )
        if dice.random() < 0.3:
            desk.schedules.set(resource.resource_id, [MORNINGS])
        if dice.random() < 0.2:
            starts_at = at("00:00", day=dice.randint(0, 3))
            desk.blocks.add(
                AddBlock(
                    resource_id=resource.resource_id,
                    starts_at=starts_at,
                    ends_at=starts_at + dice.randint(1, 40) * HOUR,
                    reason="closed",
                )
            )
        found.append(resource)
    return found


def random_offering(desk: TenantEngine, dice: Random, house: list[Resource], slug: str) -> Offering:
    """Add an offering that needs any of the house, in some shape."""
    needed = Requirement(
        pool_id=pool_of(desk, *house).pool_id,
        skills=dice.choice([(), ("deep",)]),
        choosing=Choosing.ANY_OF,
        quantity=dice.choice([1, 1, 2]),
        per=dice.choice(list(Per)),
    )
    is_dated = house[0].scheme is Scheme.DATED
    shape = dice.choice([Shape.DAYS, Shape.NIGHTS] if is_dated else [Shape.SLOTS, Shape.FREE])
    offering = desk.offerings.add(
        AddOffering(
            slug=slug,
            name=slug,
            duration=HOUR,
            shape=shape,
            requirements=(needed,),
            party_max=dice.choice([None, 3]),
            dates_max=dice.choice([None, 2]),
            buffer_after=dice.choice([timedelta(0), HOUR / 2]),
        )
    )
    if not is_dated:
        desk.schedules.set(offering.offering_id, [dice.choice([ROUND_THE_CLOCK, MORNINGS])])
    return offering


def random_choice(dice: Random, offering: Offering) -> Choice:
    """Return something that might be asked of an offering."""
    day, hour = dice.randint(0, 3), dice.choice(["07:00", "09:00", "11:00", "11:30", "18:00"])
    starts_at = at(hour, day=day)
    if offering.shape is Shape.SLOTS:
        return Choice(offering_id=offering.offering_id, starts_at=starts_at)
    if offering.shape is Shape.FREE:
        ends_at = starts_at + dice.choice([1, 2, 30]) * HOUR
        return Choice(offering_id=offering.offering_id, starts_at=starts_at, ends_at=ends_at)
    days = {date(2026, 6, 1) + timedelta(days=day + i) for i in range(dice.randint(1, 3))}
    return Choice(offering_id=offering.offering_id, dates=tuple(sorted(days)))


def try_hold(
    desk: TenantEngine, choice: Choice, party_size: int, pick: ResourceId | None
) -> Hold | HoldfastError:
    """Keep places with a resource picked by name, and let them go again."""
    picks = () if pick is None else (pick,)
    wanted = Choice(
        offering_id=choice.offering_id,
        starts_at=choice.starts_at,
        ends_at=choice.ends_at,
        dates=choice.dates,
        picks=picks,
    )
    try:
        # Without the search for alternatives, which would take most of the time.
        kept = desk.run(PlaceHold(choice=wanted, party_size=party_size))
    except HoldfastError as refusal:
        return refusal
    assert isinstance(kept, Hold)
    desk.holds.release(kept.hold_id)
    return kept


def disagreements(
    desk: TenantEngine, choice: Choice, party_size: int, found: Eligibility
) -> Iterator[str]:
    """Yield where bookings and the answer do not agree."""
    said = found.refusal.code if found.refusal else None
    tried = try_hold(desk, choice, party_size, None)
    done = tried.code if isinstance(tried, HoldfastError) else None
    if said != done:
        yield f"said {said}, done {done}"
    for one in found.requirements[0].candidates:
        tried = try_hold(desk, choice, party_size, one.resource.resource_id)
        served = () if isinstance(tried, HoldfastError) else tried.assigned
        is_served = one.resource.resource_id in {given.resource_id for given in served}
        if is_served is not one.is_eligible:
            yield f"{one.resource.name}: said {one.reason}, done {tried}"


@pytest.mark.parametrize("seed", range(12))
def test_a_candidate_is_eligible_exactly_when_a_booking_that_picks_it_is_accepted(
    desk: TenantEngine, seed: int
) -> None:
    """AC-E06: a property over random houses, offerings, bookings and questions."""
    dice = Random(seed)
    scheme = dice.choice(list(Scheme))
    house = random_house(desk, dice, scheme=scheme)
    offering = random_offering(desk, dice, house, "any")
    for resource in house:
        if dice.random() < 0.2:
            desk.resources.act(resource.resource_id, ResourceAction.DEACTIVATE)
    for _ in range(6):
        try:
            taken, size = random_choice(dice, offering), dice.randint(1, 3)
            desk.run(PlaceBooking(choice=taken, party_size=size, details=FOR_ADA))
        except HoldfastError:
            continue

    faults: list[str] = []
    for _ in range(4):
        choice, size = random_choice(dice, offering), dice.randint(1, 4)
        found = desk.eligibility.list(choice, party_size=size)
        faults += disagreements(desk, choice, size, found)

    assert faults == [], f"seed {seed}"


def test_the_property_above_meets_every_outcome(desk: TenantEngine) -> None:
    """A control: the random houses are not all alike."""
    met = set[str]()
    for seed in range(12):
        dice = Random(seed)
        house = random_house(desk, dice, scheme=dice.choice(list(Scheme)))
        offering = random_offering(desk, dice, house, f"any-{seed}")
        for _ in range(4):
            choice, size = random_choice(dice, offering), dice.randint(1, 4)
            found = desk.eligibility.list(choice, party_size=size)
            met |= {str(reason) for reason in reasons(found).values()}

    assert met >= {"None", "skills", "party_size", "outside_hours", "blocked", "offering"}


def test_of_several_requirements_each_is_said_by_itself_and_the_whole_as_it_is(
    desk: TenantEngine,
) -> None:
    one, two, hall = (add_room(desk, name) for name in ("One", "Two", "Hall"))
    needed = Requirement(
        pool_id=pool_of(desk, one, two).pool_id, choosing=Choosing.ANY_OF, members=2
    )
    offering = add_offering(desk, "team", needed, hall)
    book(desk, add_offering(desk, "solo", one), NOON)

    found = desk.eligibility.list(slot(offering, NOON))

    assert [reasons(found, number) for number in range(2)] == [
        {"One": "capacity", "Two": None},
        {"Hall": None},
    ]
    assert [one.is_met for one in found.requirements] == [False, True]
    assert found.refusal is not None
    assert found.refusal.code == "capacity.exceeded"


def test_an_optional_requirement_says_why_too(desk: TenantEngine) -> None:
    projector = add_room(desk, "Projector")
    needed = Requirement(resource_id=projector.resource_id, is_required=False)
    offering = add_offering(desk, "talk", needed, add_room(desk, "Hall"))
    desk.resources.act(projector.resource_id, ResourceAction.DEACTIVATE)

    found = desk.eligibility.list(slot(offering, NOON))

    assert [reasons(found, number) for number in range(2)] == [
        {"Projector": "inactive"},
        {"Hall": None},
    ]
    assert found.refusal is None
