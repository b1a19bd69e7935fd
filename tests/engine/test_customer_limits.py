"""Customers' limits: what counts, who is the same person, and that no more get through at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import ResourceId
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.policies import ActiveLimit, CreationLimit, LimitScope, Policy
from holdfast.engine import customer_limits
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.customer_limits import Buyer, Person
from holdfast.engine.customers import AddCustomer
from holdfast.engine.facade import Engine as AnyEngine
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.recurring import SeriesRequest
from holdfast.engine.resources import AddResource
from holdfast.engine.series import CancelSeries
from holdfast.engine.tenants import ChangeTenant
from holdfast.engine.use_cases import Envelope, Look
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    ADA,
    FOR_ADA,
    HOUR,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    pointers,
    refusal_of,
    shop_window,
)
from tests.engine.outings import any_of
from tests.engine.races import Racers, all_at_once, gate

BOB = Contact(name="Bob", phone="+33 6 12 34 56 78")
FOR_BOB = Details(contact=BOB)


def at_most(most: int, scope: LimitScope = LimitScope.TENANT) -> Policy:
    """Return a policy with one limit on bookings ahead."""
    return Policy(active_limits=(ActiveLimit(scope=scope, most=most),))


def reached(limit: int, actual: int) -> dict[str, object]:
    """Return the cause of a refusal of one booking too many."""
    return {"code": "policy.limit_reached", "limit": limit, "actual": actual}


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk: it is 08:00."""
    return open_desk(engine)


def test_a_limit_counts_the_bookings_of_its_scope(desk: TenantEngine) -> None:
    """AC-D15, M-48, C-50: by offering, by resource, or in all."""
    court = desk.resources.add(
        AddResource(name="Court", policy=at_most(2, LimitScope.RESOURCE), capacity=9)
    )
    single = add_offering(desk, "single", court, policy=at_most(1, LimitScope.OFFERING))
    double = add_offering(desk, "double", court)
    other = add_offering(desk, "other", add_room(desk, capacity=9))
    desk.run(ChangeTenant(changes={"policy": at_most(3)}))

    book(desk, single, at("12:00"))
    of_offering = cause_of(lambda: book(desk, single, at("14:00")))
    book(desk, double, at("12:00"))
    of_resource = cause_of(lambda: book(desk, double, at("14:00")))
    book(desk, other, at("12:00"))
    in_all = cause_of(lambda: book(desk, other, at("14:00")))
    of_another = book(desk, double, at("14:00"), details=FOR_BOB)

    assert (of_offering, of_resource, in_all) == (reached(1, 1), reached(2, 2), reached(3, 3))
    assert of_another.policy.active_limits == (
        ActiveLimit(scope=LimitScope.RESOURCE, most=2),
        ActiveLimit(scope=LimitScope.TENANT, most=3),
    )


def test_what_is_ahead_counts_held_pending_and_confirmed_and_not_what_is_over_or_called_off(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """C-50."""
    cut = add_offering(desk, "cut", add_room(desk, capacity=9), policy=at_most(2))
    asked = add_offering(desk, "asked", add_room(desk, capacity=9), is_approved_by_hand=True)
    pending = book(desk, asked, at("12:00"))
    held = hold(desk, cut, at("12:00"), contact=ADA)
    too_many = cause_of(lambda: hold(desk, cut, at("14:00"), contact=ADA))

    desk.holds.release(held.hold_id)
    confirmed = book(desk, cut, at("13:00"))
    full = cause_of(lambda: book(desk, cut, at("14:00")))
    desk.bookings.cancel(pending.booking_id)
    second = book(desk, cut, at("14:00"))
    clock.set(at("13:59"))
    still = cause_of(lambda: book(desk, cut, at("16:00")))
    clock.set(at("14:00"))
    after = book(desk, cut, at("16:00"))

    assert [too_many, full, still] == [reached(2, 2)] * 3
    assert (confirmed.customer_id, after.customer_id) == (second.customer_id,) * 2


def test_a_hold_without_a_name_is_counted_when_it_becomes_a_booking(desk: TenantEngine) -> None:
    """AC-D15: whoever held first is not asked; the booking is."""
    cut = add_offering(desk, "cut", add_room(desk, capacity=9), policy=at_most(1))
    nameless = hold(desk, cut, at("12:00"))
    book(desk, cut, at("13:00"))

    refused = cause_of(
        lambda: desk.bookings.convert(nameless.hold_id, details=Details(contact=ADA))
    )
    converted = desk.bookings.convert(nameless.hold_id, details=FOR_BOB)

    assert refused == reached(1, 1)
    assert converted.hold_id == nameless.hold_id


def test_one_person_is_told_by_account_e_mail_phone_or_customer(desk: TenantEngine) -> None:
    """C-33, AC-O05: an address is the same however it is written."""
    cut = add_offering(desk, "cut", add_room(desk, capacity=9), policy=at_most(1))
    add = desk.customers.add
    first = add(AddCustomer(name="Cy", email="cy@example.com", account_id="acc 1"))
    second = add(AddCustomer(name="Cy", email="cy@work.example", account_id="acc 1"))
    book(desk, cut, at("12:00"), details=Details(customer_id=first.customer_id))
    book(desk, cut, at("12:00"), details=FOR_BOB)
    ways = [
        Details(customer_id=second.customer_id),
        Details(contact=Contact(name="C", email=" CY@Example.com")),
        Details(contact=Contact(name="R", phone="+33612345678")),
    ]

    refused = [cause_of(partial(book, desk, cut, at("14:00"), details=way)) for way in ways]

    assert refused == [reached(1, 1)] * 3
    nobody = book(desk, cut, at("14:00"), details=Details(contact=Contact(name="Bob")))
    assert nobody.starts_at == at("14:00")


def test_the_public_says_who_it_is_where_bookings_are_counted(
    engine: Engine, desk: TenantEngine
) -> None:
    cut = add_offering(desk, "cut", add_room(desk), policy=at_most(1))
    web = shop_window(engine, desk)

    refusal = refusal_of(
        lambda: book(web, cut, at("12:00"), details=Details(contact=Contact(name="Ada")))
    )

    assert pointers(refusal) == [("/contact/email", "missing")]


def test_within_a_window_so_many_are_made_and_no_more(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D16, C-49: at most N within any window, whatever became of them."""
    limit = CreationLimit(most=3, window=HOUR)
    cut = add_offering(
        desk, "cut", add_room(desk, capacity=9), policy=Policy(creation_limits=(limit,))
    )
    for minute in range(3):
        made = book(desk, cut, at("12:00", day=minute))
        desk.bookings.cancel(made.booking_id)
        clock.advance(minutes=1)

    refused = cause_of(lambda: book(desk, cut, at("12:00", day=4)))
    clock.set(at("08:59"))
    still = cause_of(lambda: book(desk, cut, at("12:00", day=4)))
    clock.set(at("09:00"))

    assert [refused, still] == [reached(3, 3)] * 2
    assert book(desk, cut, at("12:00", day=4)).created_at == at("09:00")


def test_staff_may_set_a_limit_aside_with_a_reason(desk: TenantEngine) -> None:
    cut = add_offering(desk, "cut", add_room(desk, capacity=9), policy=at_most(1))
    book(desk, cut, at("12:00"))

    placed = desk.bookings.place(
        offering_id=cut.offering_id,
        starts_at=at("14:00"),
        details=Details(contact=ADA),
        override=Override(reason="her birthday", limits=True),
    )

    assert placed.override == Override(reason="her birthday", limits=True)


def test_a_limit_of_one_of_several_resources_does_not_concern_the_others(
    desk: TenantEngine,
) -> None:
    small = desk.resources.add(
        AddResource(name="Small", capacity=9, policy=at_most(1, LimitScope.RESOURCE))
    )
    large = add_room(desk, "Large", capacity=9)
    visit = add_offering(desk, "visit", small, large)
    wash = add_offering(desk, "wash", large)

    for hour in (10, 11, 12):
        book(desk, wash, at(f"{hour}:00"))
    book(desk, visit, at("12:00"))

    assert cause_of(lambda: book(desk, visit, at("14:00"))) == reached(1, 1)
    assert book(desk, wash, at("14:00")).starts_at == at("14:00")


def test_a_move_to_another_resource_keeps_to_its_limit_and_a_move_within_one_is_free(
    desk: TenantEngine,
) -> None:
    """Whoever may have one booking of a court booked another one and moved it over."""
    limited = at_most(1, LimitScope.RESOURCE)
    courts = [
        desk.resources.add(AddResource(name=name, policy=limited, capacity=9)) for name in "AB"
    ]
    court = add_offering(desk, "court", any_of(courts))

    def place(hour: str, resource_id: ResourceId) -> Booking:
        choice = Choice(offering_id=court.offering_id, starts_at=at(hour), picks=(resource_id,))
        return desk.bookings.place(choice=choice, details=FOR_ADA)

    first, second = (one.resource_id for one in courts)
    mine, other = place("12:00", first), place("14:00", second)
    across = Move(starts_at=at("16:00"), picks=(first,))

    refused = cause_of(lambda: desk.bookings.reschedule(other.booking_id, across))
    within = desk.bookings.reschedule(mine.booking_id, Move(starts_at=at("15:00")))
    aside = Override(reason="a tournament", limits=True)
    moved = desk.bookings.reschedule(other.booking_id, across, override=aside)

    assert refused == reached(1, 1)
    assert [one.assigned[0].resource_id for one in (within, moved)] == [first, first]


# Races


CROWD = 20
WISHES_EACH = 10
MOST = 3


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def _wish(
    engine: AnyEngine, desk: TenantEngine, cut: Offering, number: int, found: Counter[str]
) -> None:
    """Wish for some slots, one after the other; note what became of each wish."""
    mine = engine.at(desk.tenant_id, actor=SYSTEM)
    for i in range(WISHES_EACH):
        start = at("00:00", day=1) + timedelta(hours=number * WISHES_EACH + i)
        found[_outcome(mine, cut, start, is_held=bool((number + i) % 3))] += 1


def _outcome(desk: TenantEngine, cut: Offering, start: datetime, *, is_held: bool) -> str:
    try:
        if is_held:
            hold(desk, cut, start, contact=ADA)
        else:
            book(desk, cut, start)
    except HoldfastError as refusal:
        return refusal.code
    return "done"


def _race(engines: list[AnyEngine], desk: TenantEngine, cut: Offering) -> Counter[str]:
    found = Counter[str]()
    crowd = [
        partial(_wish, engine, desk, cut, number, found) for number, engine in enumerate(engines)
    ]
    assert set(all_at_once(crowd)) == {"done"}
    return found


@pytest.mark.race
@pytest.mark.timeout(300)
def test_of_two_hundred_wishes_of_one_customer_at_once_as_many_are_granted_as_may_be(
    racers: Racers,
) -> None:
    """AC-D15, C4, C5, invariant 37: holds and bookings, of somebody whom nobody knew before."""
    desk = open_desk(racers.first())
    cut = add_offering(desk, "cut", add_room(desk, capacity=9), policy=at_most(MOST))
    engines = [racers.engine() for _ in range(CROWD)]

    outcomes = _race(engines, desk, cut)

    assert outcomes == {"done": MOST, "policy.limit_reached": CROWD * WISHES_EACH - MOST}


@pytest.mark.race
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_without_the_customer_s_lock_more_are_granted(
    racers: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each has a lock of its own, and where nothing else is shared they all meet."""
    desk = open_desk(racers.first())
    cuts = [
        add_offering(desk, f"cut-{number}", add_room(desk), policy=at_most(MOST))
        for number in range(8)
    ]
    desk.customers.add(AddCustomer(name="Ada", email=ADA.email))
    found = customer_limits.person_of

    def somebody_else(look: Look, buyer: Buyer) -> Person | None:
        person = found(look, buyer)
        own = f"cust:{threading.get_ident()}"
        return None if person is None else replace(person, key=own)

    monkeypatch.setattr(customer_limits, "person_of", somebody_else)
    meet = gate(len(cuts), seconds=10.0)
    desks = [racers.engine(interfere=meet).at(desk.tenant_id, actor=SYSTEM) for _ in cuts]

    outcomes = all_at_once(
        [partial(book, one, cut, at("12:00")) for one, cut in zip(desks, cuts, strict=True)]
    )

    assert outcomes == ["done"] * len(cuts)


def test_what_the_same_batch_calls_off_does_not_hide_what_stays(engine: Engine) -> None:
    """AC-D15: more are called off at once than are read beyond the limit."""
    desk = open_desk(engine)
    lesson = add_offering(desk, "lesson", add_room(desk, capacity=9))
    desk.offerings.change(lesson.offering_id, {"series_max": 366})
    for clock_time in ("10:00", "11:00", "12:00"):
        book(desk, lesson, at(clock_time), details=FOR_ADA)
    asked = SeriesRequest(
        offering_id=lesson.offering_id,
        rule="FREQ=DAILY;COUNT=80",
        starts_on=date(2026, 6, 8),
        minute=600,
        details=FOR_ADA,
    )
    series = desk.series.place(asked).series
    policy = Policy(active_limits=(ActiveLimit(scope=LimitScope.TENANT, most=3),))
    desk.offerings.change(lesson.offering_id, {"policy": policy})
    wish = Choice(offering_id=lesson.offering_id, starts_at=at("15:00"))

    _, more = engine.unit_of_work.run(
        desk.tenant_id,
        [
            Envelope(command=CancelSeries(series_id=series.series_id), actor=SYSTEM),
            Envelope(command=PlaceBooking(choice=wish, details=FOR_ADA), actor=SYSTEM),
        ],
    )

    assert isinstance(more.error, HoldfastError)
    assert more.error.code == "policy.limit_reached"
