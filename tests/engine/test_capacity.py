"""Each way of counting: exclusive, shared, places, unlimited; rooms, buffers, slots by demand."""

from __future__ import annotations

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.claims import ClaimOwner
from holdfast.domain.offerings import Offering
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import Resource
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import TenantEngine
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    MINUTE,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    cause_of,
    closed,
    hold,
    open_desk,
    remaining,
    short,
    starts,
)
from tests.engine.invariants import faults_in
from tests.engine.tables import all_rows, counting, rows_of


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


# Unlimited


def test_an_unlimited_resource_is_never_short_and_touches_no_shared_row(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01, I-10."""
    talk = add_offering(desk, "talk", add_room(desk, "Webinar", capacity=None))
    before = rows_of(database, "capacity")

    kept = [hold(desk, talk, at("12:00"), 100) for _ in range(3)]
    desk.bookings.convert(kept[0].hold_id, details=FOR_ADA)
    desk.holds.release(kept[1].hold_id)
    desk.holds.extend(kept[2].hold_id)

    assert remaining(desk, talk, at("12:00")) is None
    assert rows_of(database, "capacity") == before
    assert faults_in(database, clock.now()) == []


def test_a_slot_by_hand_without_a_limit_touches_no_shared_row(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01, I-10."""
    show = add_class(desk, "show", places=2, openings=())
    slot = add_slot(desk, show, at("19:00"), is_capacity_own=True)
    before = rows_of(database, "capacity")

    kept = [hold(desk, show, at("19:00"), 100) for _ in range(3)]
    desk.bookings.convert(kept[0].hold_id, details=FOR_ADA)
    desk.holds.release(kept[1].hold_id)

    assert (slot.capacity, remaining(desk, show, at("19:00"))) == (None, None)
    assert rows_of(database, "capacity") == before
    assert faults_in(database, clock.now()) == []


def test_an_offering_of_unlimited_places_is_never_short(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01, I-10."""
    stream = add_class(desk, "stream", places=None)
    book(desk, stream, at("12:00"), 1_000)
    before = rows_of(database, "capacity")

    for _ in range(3):
        book(desk, stream, at("12:00"), 1_000)

    assert remaining(desk, stream, at("12:00")) is None
    assert rows_of(database, "capacity") == before
    assert faults_in(database, clock.now()) == []


# Exclusive and shared


def test_an_exclusive_room_is_taken_from_start_to_end_and_free_at_both(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01, I-3: [a, b) and [b, c) do not meet."""
    room = add_room(desk)
    step = 15 * MINUTE
    cut = add_offering(desk, "cut", room, slot_step=step)
    book(desk, cut, at("12:00"))

    around = starts(desk, cut, at("10:45"), at("13:15"))
    before, after = book(desk, cut, at("11:00")), book(desk, cut, at("13:00"))

    assert around == [at("10:45"), at("11:00"), at("13:00")]
    assert (before.ends_at, after.starts_at) == (at("12:00"), at("13:00"))
    assert faults_in(database, clock.now()) == []


def test_a_shared_room_is_full_only_where_its_bookings_overlap(desk: TenantEngine) -> None:
    """AC-C01: the peak counts, not the number of bookings."""
    room = add_room(desk, capacity=2)
    half_hour = 30 * MINUTE
    cut = add_offering(desk, "cut", room, slot_step=half_hour)
    for start in ("10:00", "11:00", "12:00"):
        book(desk, cut, at(start))
    book(desk, cut, at("11:30"))

    cause = cause_of(lambda: book(desk, cut, at("11:00")))

    assert starts(desk, cut, at("10:00"), at("13:00")) == [*(at("10:00"), at("10:30"), at("12:30"))]
    assert cause == short(requested=1, remaining=0, limited_by=room.resource_id)


def test_a_shared_room_says_how_much_is_left_and_how_much_was_asked_for(
    desk: TenantEngine,
) -> None:
    """AC-C02."""
    room = add_room(desk, capacity=5)
    seats = Requirement(resource_id=room.resource_id, per=Per.PARTICIPANT)
    lunch = add_offering(desk, "lunch", seats)
    book(desk, lunch, at("12:00"), 3)

    cause = cause_of(lambda: book(desk, lunch, at("12:00"), 3))

    assert cause == short(requested=3, remaining=2, limited_by=room.resource_id)
    assert remaining(desk, lunch, at("12:00")) == 2


# Several resources in one booking


@pytest.fixture
def surgery(desk: TenantEngine) -> tuple[Offering, list[Resource]]:
    """An offering that needs a doctor, a nurse and a theatre."""
    needed = [add_room(desk, name) for name in ("Doctor", "Nurse", "Theatre")]
    return add_offering(desk, "surgery", *needed), needed


def test_one_booking_takes_all_the_resources_it_needs(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    surgery: tuple[Offering, list[Resource]],
) -> None:
    """C5, I-6."""
    offering, needed = surgery

    booking = book(desk, offering, at("12:00"))

    claims = counting(database, clock.now())
    assert sorted(str(claim.resource_id) for claim in claims) == sorted(
        resource.resource_id for resource in needed
    )
    assert {claim.owner_id for claim in claims} == {booking.booking_id}
    assert [part.name for part in booking.assigned] == ["Doctor", "Nurse", "Theatre"]


@pytest.mark.parametrize("busy", [0, 1, 2])
def test_if_one_resource_is_taken_none_of_the_others_is(
    desk: TenantEngine,
    database: Database,
    surgery: tuple[Offering, list[Resource]],
    busy: int,
) -> None:
    """C5, I-6."""
    offering, needed = surgery
    book(desk, add_offering(desk, "other", needed[busy]), at("12:00"))
    before = all_rows(database)

    cause = cause_of(lambda: book(desk, offering, at("12:00")))

    assert cause == short(requested=1, remaining=0, limited_by=needed[busy].resource_id)
    assert all_rows(database) == before


# Buffers


@pytest.mark.parametrize(
    ("before", "after"), [(0, 0), (30, 0), (0, 30), (15, 15), (30, 30), (60, 30)]
)
def test_a_buffer_is_kept_free_on_both_sides_by_both_neighbours(
    desk: TenantEngine, database: Database, before: int, after: int
) -> None:
    """AC-B15."""
    room = add_room(desk)
    cut = add_offering(
        desk,
        "cut",
        room,
        slot_step=30 * MINUTE,
        buffer_before=before * MINUTE,
        buffer_after=after * MINUTE,
    )
    book(desk, cut, at("12:00"))

    found = starts(desk, cut, at("09:00"), at("16:01"))

    gap = (before + after) * MINUTE
    grid = [at("09:00") + number * 30 * MINUTE for number in range(15)]
    assert found == [
        start for start in grid if start + HOUR + gap <= at("12:00") or start >= at("13:00") + gap
    ]
    for start in found:
        desk.holds.release(hold(desk, cut, start).hold_id)
    assert faults_in(database, at("08:00")) == []


def test_one_offerings_buffer_keeps_another_offering_away(desk: TenantEngine) -> None:
    """AC-B15."""
    room = add_room(desk)
    messy = add_offering(desk, "messy", room, buffer_after=30 * MINUTE)
    quick = add_offering(desk, "quick", room, duration=30 * MINUTE)
    book(desk, messy, at("12:00"))

    found = starts(desk, quick, at("11:30"), at("14:00"))
    cause = cause_of(lambda: book(desk, quick, at("13:00")))

    assert found == [at("11:30"), at("13:30")]
    assert cause == short(requested=1, remaining=0, limited_by=room.resource_id)


# Slots opened by demand


@pytest.fixture
def studio(desk: TenantEngine) -> tuple[Resource, Offering, Offering]:
    """A room in which there are classes of two places, and meetings."""
    room = add_room(desk, "Studio")
    yoga = add_class(desk, "yoga", room, places=2)
    return room, yoga, add_offering(desk, "meeting", room, slot_step=30 * MINUTE)


def test_a_class_and_a_meeting_in_one_room_exclude_each_other_both_ways(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    studio: tuple[Resource, Offering, Offering],
) -> None:
    """The ledger: opening a slot takes an ordinary claim on its rooms."""
    room, yoga, meeting = studio
    book(desk, yoga, at("12:00"))
    book(desk, meeting, at("15:00"))

    causes = [
        cause_of(lambda: book(desk, meeting, at("12:30"))),
        cause_of(lambda: book(desk, yoga, at("15:00"))),
    ]

    assert causes == [short(requested=1, remaining=0, limited_by=room.resource_id)] * 2
    assert starts(desk, meeting, at("11:00"), at("13:31")) == [
        *(at("11:00"), at("13:00"), at("13:30"))
    ]
    assert starts(desk, yoga, at("14:00"), at("17:00")) == [at("14:00"), at("16:00")]
    assert faults_in(database, clock.now()) == []


def test_everybody_in_a_class_shares_its_one_claim_on_the_room(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    studio: tuple[Resource, Offering, Offering],
) -> None:
    room, yoga, _ = studio
    bookings = [book(desk, yoga, at("12:00")) for _ in range(2)]

    claims = counting(database, clock.now())

    assert sorted((claim.owner_kind, claim.resource_id, claim.units) for claim in claims) == [
        (ClaimOwner.BOOKING, None, 1),
        (ClaimOwner.BOOKING, None, 1),
        (ClaimOwner.SLOT, room.resource_id, 1),
    ]
    assert {booking.slot_id for booking in bookings} == {
        claim.owner_id for claim in claims if claim.owner_kind is ClaimOwner.SLOT
    }


@pytest.mark.parametrize("how", ["release", "cancel", "expire"])
def test_a_class_that_nobody_is_in_any_more_gives_its_room_back(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    studio: tuple[Resource, Offering, Offering],
    how: str,
) -> None:
    """I-13: an expired hold blocks nobody, without any worker."""
    _, yoga, meeting = studio
    if how == "cancel":
        desk.bookings.cancel(book(desk, yoga, at("12:00")).booking_id)
    else:
        kept = hold(desk, yoga, at("12:00"))
        if how == "release":
            desk.holds.release(kept.hold_id)
        clock.set(kept.expires_at)

    offered = starts(desk, meeting, at("12:00"), at("13:00"))
    booked = book(desk, meeting, at("12:30"))

    assert offered == [at("12:00"), at("12:30")]
    assert booked.starts_at == at("12:30")
    assert starts(desk, yoga, at("12:00"), at("13:30")) == []
    assert faults_in(database, clock.now()) == []


def test_a_class_that_was_emptied_opens_again_for_the_next_guest(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    studio: tuple[Resource, Offering, Offering],
) -> None:
    room, yoga, meeting = studio
    first = hold(desk, yoga, at("12:00"))
    desk.holds.release(first.hold_id)
    lapsed = hold(desk, yoga, at("12:00"), 2)
    clock.set(lapsed.expires_at)

    again = book(desk, yoga, at("12:00"), 2)
    cause = cause_of(lambda: book(desk, meeting, at("12:00")))

    assert again.slot_id == first.slot_id == lapsed.slot_id
    assert cause == short(requested=1, remaining=0, limited_by=room.resource_id)
    assert faults_in(database, clock.now()) == []


def test_a_class_in_which_somebody_is_left_keeps_its_room(
    desk: TenantEngine,
    clock: ManualClock,
    studio: tuple[Resource, Offering, Offering],
) -> None:
    room, yoga, meeting = studio
    book(desk, yoga, at("12:00"))
    kept = hold(desk, yoga, at("12:00"))
    clock.set(kept.expires_at)

    cause = cause_of(lambda: book(desk, meeting, at("12:00")))

    assert cause == short(requested=1, remaining=0, limited_by=room.resource_id)


def test_a_room_that_an_empty_class_has_in_the_way_can_be_blocked(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    studio: tuple[Resource, Offering, Offering],
) -> None:
    room, yoga, _ = studio
    clock.set(hold(desk, yoga, at("12:00")).expires_at)

    block = desk.blocks.add(
        AddBlock(
            resource_id=room.resource_id, starts_at=at("12:00"), ends_at=at("13:00"), reason=""
        )
    )

    assert cause_of(lambda: book(desk, yoga, at("12:00"))) == closed("blocked")
    assert block.starts_at == at("12:00")
    assert faults_in(database, clock.now()) == []


def test_an_empty_class_gives_all_its_rooms_back_when_one_of_them_is_wanted(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    hall, teacher = add_room(desk, "Hall"), add_room(desk, "Teacher")
    yoga = add_class(desk, "yoga", hall, teacher, places=5)
    in_hall, with_teacher = add_offering(desk, "talk", hall), add_offering(desk, "call", teacher)
    clock.set(hold(desk, yoga, at("12:00")).expires_at)

    book(desk, in_hall, at("12:00"))
    left = remaining(desk, with_teacher, at("12:00"))
    book(desk, with_teacher, at("12:00"))

    assert left == 1
    assert faults_in(database, clock.now()) == []


def test_two_empty_classes_in_the_way_are_both_closed(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    hall = add_room(desk, "Hall")
    yoga = add_class(desk, "yoga", hall, places=5)
    feast = add_offering(desk, "feast", hall, duration=3 * HOUR)
    hold(desk, yoga, at("12:00"))
    clock.set(hold(desk, yoga, at("13:00")).expires_at)

    booked = book(desk, feast, at("12:00"))

    assert booked.ends_at == at("15:00")
    assert faults_in(database, clock.now()) == []
