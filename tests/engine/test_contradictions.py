"""Where the seed documents contradict each other: what was settled, in one test for each."""

from __future__ import annotations

from datetime import datetime

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.domain.holds import HOLD_CEILING
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.tenants import DEFAULT_HOLD_TTL
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.schedules import WeeklyOpening
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    ADA,
    EVERY_DAY,
    FOR_ADA,
    HOUR,
    MINUTE,
    acting_as,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    refusal_of,
    remaining,
)

NOON = at("12:00")
MORNING = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=9 * 60, closes_minute=12 * 60)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk: it is 08:00."""
    return open_desk(engine)


def test_whoever_holds_waits_is_confirmed_or_is_there_has_a_place_and_a_mere_request_has_none(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """C-01, M-97: and nobody is confirmed beyond the last place."""
    keeps = add_class(desk, "keeps", places=4, is_approved_by_hand=True)
    asks = add_class(desk, "asks", places=1, is_approved_by_hand=True, pending_takes=False)
    left = [remaining(desk, keeps, NOON)]
    hold(desk, keeps, NOON)
    left.append(remaining(desk, keeps, NOON))
    book(desk, keeps, NOON)
    left.append(remaining(desk, keeps, NOON))
    desk.bookings.confirm(book(desk, keeps, NOON).booking_id)
    left.append(remaining(desk, keeps, NOON))
    there = desk.bookings.confirm(book(desk, keeps, NOON).booking_id)
    desk.bookings.check_in(there.booking_id, reason="early")
    left.append(remaining(desk, keeps, NOON) or 0)
    first, second = book(desk, asks, NOON), book(desk, asks, NOON)
    before = remaining(desk, asks, NOON)
    desk.bookings.confirm(first.booking_id)

    assert left == [4, 3, 2, 1, 0]
    assert before == 1
    assert refusal_of(lambda: desk.bookings.confirm(second.booking_id)).code == "capacity.exceeded"
    assert refusal_of(lambda: book(desk, keeps, NOON)).code == "capacity.exceeded"


def test_a_hold_lasts_half_an_hour_or_as_its_offering_says_and_is_kept_up_to_a_ceiling(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """C-04: a hold always ends; who is to keep a place for longer books it."""
    usual = add_class(desk, "usual", places=9)
    short = add_class(desk, "short", places=9, hold_ttl=10 * MINUTE)
    placed, brief = hold(desk, usual, NOON), hold(desk, short, NOON)

    kept = placed
    while kept.expires_at < placed.ceiling_at:
        clock.set(kept.expires_at - MINUTE)
        kept = desk.holds.extend(kept.hold_id)

    assert placed.expires_at - placed.created_at == DEFAULT_HOLD_TTL == 30 * MINUTE
    assert brief.expires_at - brief.created_at == 10 * MINUTE
    assert kept.expires_at - placed.created_at == HOLD_CEILING
    clock.set(kept.expires_at)
    assert refusal_of(lambda: desk.holds.extend(kept.hold_id)).code == "hold.expired"


def test_confirmed_places_are_kept_for_good_until_the_booking_is_cancelled(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """C-07, AC-C12."""
    cut = add_offering(desk, "cut", add_room(desk))
    booked = book(desk, cut, at("12:00", day=9))
    clock.advance(days=8)
    kept = remaining(desk, cut, at("12:00", day=9))
    desk.bookings.cancel(booked.booking_id)

    assert (kept, remaining(desk, cut, at("12:00", day=9))) == (0, 1)


def test_a_meeting_room_for_twelve_is_taken_by_one_party_and_a_table_is_shared_by_its_seats(
    desk: TenantEngine,
) -> None:
    """C-19, AC-C01: how many fit in is no count of parties, where it is exclusive."""
    room = add_room(desk, "Mont-Blanc", capacity=1)
    meeting = add_offering(desk, "meeting", room, party_max=12)
    table = add_room(desk, "Table", capacity=8)
    seats = Requirement(resource_id=table.resource_id, per=Per.PARTICIPANT)
    dinner = add_offering(desk, "dinner", seats)
    book(desk, meeting, NOON, party_size=5)
    book(desk, dinner, NOON, party_size=5)

    second = cause_of(lambda: book(desk, meeting, NOON, party_size=1))
    crowd = cause_of(lambda: book(desk, meeting, at("14:00"), party_size=13))
    too_many = cause_of(lambda: book(desk, dinner, NOON, party_size=4))

    assert (second["code"], second["remaining"]) == ("capacity.exceeded", 0)
    assert crowd == {"code": "policy.party_size", "limit": 12, "actual": 13}
    assert (too_many["code"], too_many["remaining"]) == ("capacity.exceeded", 3)
    assert book(desk, dinner, NOON, party_size=3).party_size == 3


@pytest.mark.parametrize(
    ("is_spaced", "before", "after"),
    [
        (False, "09:00 09:30 10:00 10:30 11:00 11:30", "09:00 11:00 11:30"),
        (True, "09:00 09:45 10:30 11:15", "09:00 10:30 11:15"),
    ],
)
def test_a_buffer_kills_the_next_slots_of_a_fixed_grid_or_spaces_the_grid(
    desk: TenantEngine, before: str, after: str, *, is_spaced: bool
) -> None:
    """C-23, AC-B15, M-50: and the time that is paid for is that of the visit alone."""
    cut = add_offering(
        desk,
        "cut",
        add_room(desk),
        openings=(MORNING,),
        duration=30 * MINUTE,
        buffer_after=15 * MINUTE,
    )
    desk.offerings.change(cut.offering_id, {"grid_includes_buffer": is_spaced})

    def listed() -> str:
        found = desk.availability.list(
            cut.offering_id, starts_at=at("00:00", day=1), ends_at=at("00:00", day=2)
        )
        return " ".join(f"{one.starts_at:%H:%M}" for one in found.slots)

    free = listed()
    booked = book(desk, cut, at("09:45" if is_spaced else "10:00", day=1))

    assert free == before
    assert booked.ends_at - booked.starts_at == 30 * MINUTE
    assert listed() == after


def test_a_package_is_kept_with_its_booking_and_shown_with_it(
    engine: Engine, desk: TenantEngine
) -> None:
    """AC-A10, D-09, D-12."""
    cut = add_offering(desk, "cut", add_room(desk))
    details = Details(contact=ADA, external_offer_id="spring-box")
    booked = book(desk, cut, NOON, details=details)
    moved_to: datetime = NOON + HOUR
    other = book(desk, cut, moved_to, details=FOR_ADA)

    read = acting_as(engine, desk, Role.VIEWER).bookings.get(booked.booking_id)

    assert (read.external_offer_id, other.external_offer_id) == ("spring-box", None)
