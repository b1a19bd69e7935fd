"""Changing: the size of a party, what was said with a booking, and how it was."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Actor, ActorKind
from holdfast.domain.customers import Contact
from holdfast.domain.errors import HoldfastError
from holdfast.domain.guests import Guest
from holdfast.domain.overrides import Override
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    open_desk,
    pointers,
    refusal_of,
)
from tests.engine.tables import capacity_of

PAGE = Actor(kind=ActorKind.PUBLISHABLE_KEY, actor_id="key_page")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business in UTC."""
    return open_desk(engine)


def outcome(call: Callable[[], object]) -> str:
    """Return `done`, or the code of a refusal."""
    try:
        call()
    except HoldfastError as refusal:
        return refusal.code
    return "done"


# Its size, and what was said


def test_a_party_grows_and_shrinks_exactly(
    desk: TenantEngine, engine: Engine, database: Database
) -> None:
    """AC-D07."""
    yoga = add_class(desk, "yoga", add_room(desk), places=5, price_minor=1_000)
    booked, other = book(desk, yoga, at("12:00"), 2), book(desk, yoga, at("12:00"), 1)
    key = f"slot:{booked.slot_id}"

    four = desk.bookings.change(booked.booking_id, {"party_size": 4})
    full = capacity_of(database)[key]
    refused = outcome(lambda: desk.bookings.change(other.booking_id, {"party_size": 2}))
    one = desk.bookings.change(booked.booking_id, {"party_size": 1})

    assert (four.party_size, full, refused) == (4, (5, 5), "capacity.exceeded")
    assert (one.party_size, one.reschedule_count) == (1, 0)
    assert capacity_of(database)[key] == (2, 5)
    assert prove(engine.database).violations == ()


def test_a_party_over_the_limit_may_shrink_though_it_still_is(
    desk: TenantEngine, engine: Engine
) -> None:
    yoga = add_class(desk, "yoga", add_room(desk), places=3)
    book(desk, yoga, at("12:00"), 3)
    choice = Choice(offering_id=yoga.offering_id, starts_at=at("12:00"))
    friends = Override(reason="friends of the house", capacity=True)
    booked = desk.bookings.place(choice=choice, party_size=3, details=FOR_ADA, override=friends)

    fewer = desk.bookings.change(booked.booking_id, {"party_size": 2})

    assert fewer.party_size == 2
    assert prove(engine.database).violations == ()


def test_contact_guests_notes_and_references_change_in_one_version(desk: TenantEngine) -> None:
    """AC-D07, AC-D14, AC-D24."""
    yoga = add_class(desk, "yoga", add_room(desk), places=5)
    booked = book(desk, yoga, at("12:00"), 2)
    said = {
        "contact": Contact(name="Ada L.", phone="+33 6 12 34"),
        "note": "two mats",
        "internal_note": "pays in cash",
        "guests": (Guest(name="Bo", age=7, notes="no nuts"),),
        "reference": "ours-1",
        "metadata": {"a": 1},
    }

    changed = desk.bookings.change(booked.booking_id, said)
    again = desk.bookings.change(booked.booking_id, said)

    assert {name: getattr(changed, name) for name in said} == said
    assert (changed.version, again) == (2, changed)
    assert changed.customer_id == booked.customer_id


def test_more_guests_than_people_and_what_cannot_be_changed_are_refused(
    desk: TenantEngine,
) -> None:
    yoga = add_class(desk, "yoga", add_room(desk), places=5)
    guests = (Guest(name="Bo"), Guest(name="Cy"))
    details = Details(contact=Contact(name="Ada"), guests=guests)
    booked = book(desk, yoga, at("12:00"), 2, details)

    def faults(changes: dict[str, object]) -> list[tuple[str, str]]:
        return pointers(refusal_of(lambda: desk.bookings.change(booked.booking_id, changes)))

    assert faults({"party_size": 1}) == [("/guests", "too_many")]
    assert faults({"guests": (*guests, Guest(name="Di"))}) == [("/guests", "too_many")]
    assert faults({"guests": (Guest(name="Bo", age=-1),)}) == [("/guests/0/age", "out_of_range")]
    assert faults({"price": 1}) == [("/price", "not_changeable")]
    assert desk.bookings.get(booked.booking_id) == booked


# Afterwards


def test_what_took_place_is_rated_from_one_to_five_and_again(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D23."""
    booked = book(desk, add_offering(desk, "cut", add_room(desk)), at("12:00"))
    early = outcome(lambda: desk.bookings.rate(booked.booking_id, rating=5))
    clock.set(at("12:00"))
    desk.bookings.complete(booked.booking_id)

    rated = desk.bookings.rate(
        booked.booking_id, rating=5, feedback="lovely", referral_source="a friend"
    )
    faults = [
        pointers(refusal_of(partial(desk.bookings.rate, booked.booking_id, rating=rating)))
        for rating in (0, 6)
    ]

    assert early == "state.transition_not_allowed"
    assert (rated.rating, rated.feedback, rated.referral_source) == (5, "lovely", "a friend")
    assert faults == [[("/rating", "out_of_range")]] * 2
    assert desk.bookings.rate(booked.booking_id, rating=4).rating == 4
