"""Waitlists: joining, being invited to a real place, answering, and what time ends (AC-H)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.ids import ResourceId, WaitlistEntryId
from holdfast.domain.offerings import Offering
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.shapes import Shape
from holdfast.domain.waitlists import PASSES_MAX, InLine, WaitlistStatus, WishedDates, Wishes
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.slot_changes import CancelSlots, ChangeSlot
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from holdfast.workers.invite import invite_waiting
from tests.engine.businesses import (
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
    refusal_of,
    remaining,
    shop_window,
)

WAITING, INVITED = WaitlistStatus.WAITING, WaitlistStatus.INVITED
TEN = at("10:00", day=7)
THAT_DAY = Wishes(
    dates=(WishedDates(first=date(2026, 6, 8), last=date(2026, 6, 8)),),
    first_minute=600,
    last_minute=600,
)


@pytest.fixture
def desk(engine: Engine) -> Iterator[TenantEngine]:
    """A business whose books are proved in the end, whatever happened."""
    yield open_desk(engine)
    assert prove(engine.database).violations == ()


def waitlisted(desk: TenantEngine, *, places: int = 2, slug: str = "yoga") -> Offering:
    """Add a class with a waitlist, whose slot at ten on the eighth is full; return it."""
    offering = add_class(desk, slug, add_room(desk), places=places)
    with_line(desk, offering)
    return offering


def with_line(desk: TenantEngine, offering: Offering, **changes: object) -> Offering:
    """Give an offering a waitlist."""
    return desk.offerings.change(offering.offering_id, {"has_waitlist": True, **changes})


def named(name: str) -> Details:
    return Details(contact=Contact(name=name, email=f"{name.lower()}@b.example"))


class Line:
    """Who comes to wait, one a second."""

    def __init__(self, desk: TenantEngine, clock: ManualClock) -> None:
        self._desk, self._clock = desk, clock

    def join(
        self,
        offering: Offering,
        name: str,
        size: int = 1,
        *,
        wishes: Wishes = THAT_DAY,
        priority: int = 0,
        desk: TenantEngine | None = None,
    ) -> InLine:
        """Wait for the slot at ten on the eighth, unless something else is wished for."""
        self._clock.advance(seconds=1)
        return (desk or self._desk).waitlist.join(
            offering.offering_id,
            party_size=size,
            wishes=wishes,
            priority=priority,
            details=named(name),
        )


@pytest.fixture
def queue(desk: TenantEngine, clock: ManualClock) -> Line:
    """Who comes to wait."""
    return Line(desk, clock)


def status_of(desk: TenantEngine, line: InLine) -> tuple[WaitlistStatus, int | None]:
    found = desk.waitlist.get(line.entry.entry_id)
    return found.entry.status, found.position


def statuses(desk: TenantEngine, *lines: InLine) -> list[str]:
    return [status_of(desk, line)[0].value for line in lines]


def test_who_joins_gets_a_number_and_a_position_ac_h01(
    engine: Engine, desk: TenantEngine, queue: Line
) -> None:
    offering = waitlisted(desk)
    book(desk, offering, TEN, 2)

    first = queue.join(offering, "Ada")
    second = queue.join(offering, "Ben", 2)
    vip = queue.join(offering, "Vip", priority=5)

    assert (first.position, second.position, vip.position) == (1, 2, 1)
    assert status_of(desk, first) == (WAITING, 2)
    assert len({line.entry.number for line in (first, second, vip)}) == 3
    assert invite_waiting(engine) == {"ended": 0, "invited": 0}


def test_a_full_slot_says_that_one_may_wait_where_one_may(desk: TenantEngine) -> None:
    yoga, chess = waitlisted(desk), add_class(desk, "chess", add_room(desk), places=1)
    book(desk, yoga, TEN, 2)
    book(desk, chess, TEN)

    full = refusal_of(lambda: hold(desk, yoga, TEN))
    without = refusal_of(lambda: hold(desk, chess, TEN))

    assert (full.code, full.fields["has_waitlist"]) == ("capacity.exceeded", True)
    assert full.detail.endswith("You may join the waitlist.")
    assert "has_waitlist" not in without.fields


@pytest.mark.parametrize("way", ["cancel", "release", "expire", "enlarge"])
def test_what_frees_up_is_held_for_whoever_is_next_ac_h02(
    engine: Engine, desk: TenantEngine, queue: Line, clock: ManualClock, way: str
) -> None:
    offering = waitlisted(desk)
    slot = add_slot(desk, offering, TEN)
    taken = book(desk, offering, TEN)
    kept = hold(desk, offering, TEN)
    line = [queue.join(offering, name) for name in ("Ada", "Ben")]

    if way == "cancel":
        desk.bookings.cancel(taken.booking_id)
    elif way == "release":
        desk.holds.release(kept.hold_id)
    elif way == "expire":
        clock.set(kept.expires_at)
    else:
        desk.run(ChangeSlot(slot_id=slot.slot_id, changes={"capacity": 3}))
    done = invite_waiting(engine)

    assert done == {"ended": 0, "invited": 1}
    invited = desk.waitlist.get(line[0].entry.entry_id).entry
    assert (invited.status, invited.starts_at, invited.slot_id) == (INVITED, TEN, slot.slot_id)
    assert invited.expires_at == clock.now() + 30 * MINUTE
    assert status_of(desk, line[1]) == (WAITING, 1)
    # Nobody else can have it.
    assert remaining(desk, offering, TEN) == 0
    assert refusal_of(lambda: book(desk, offering, TEN)).code == "capacity.exceeded"
    assert invite_waiting(engine) == {"ended": 0, "invited": 0}


def test_accepting_makes_one_booking_with_the_same_number(
    engine: Engine, desk: TenantEngine, queue: Line
) -> None:
    offering = waitlisted(desk)
    taken = book(desk, offering, TEN, 2)
    ada = queue.join(offering, "Ada", 2)
    desk.bookings.cancel(taken.booking_id)
    invite_waiting(engine)

    booking = desk.waitlist.accept(ada.entry.entry_id)
    again = desk.waitlist.accept(ada.entry.entry_id)

    assert (booking.status, booking.number) == (BookingStatus.CONFIRMED, ada.entry.number)
    assert (booking.party_size, booking.contact.name, booking.starts_at) == (2, "Ada", TEN)
    assert again == booking
    after = desk.waitlist.get(ada.entry.entry_id).entry
    assert (after.status, after.booking_id) == (WaitlistStatus.ACCEPTED, booking.booking_id)
    assert cause_of(lambda: desk.waitlist.leave(after.entry_id)) == {
        "code": "state.transition_not_allowed",
        "kind": "waitlist entry",
        "status": "accepted",
        "action": "leave",
    }


@pytest.mark.parametrize("way", ["decline", "leave", "expire"])
def test_who_does_not_take_it_makes_way_for_the_next(
    engine: Engine, desk: TenantEngine, queue: Line, clock: ManualClock, way: str
) -> None:
    offering = waitlisted(desk, places=1)
    taken = book(desk, offering, TEN)
    ada, ben = (queue.join(offering, name) for name in ("Ada", "Ben"))
    desk.bookings.cancel(taken.booking_id)
    invite_waiting(engine)

    if way == "expire":
        clock.advance(minutes=30)
    elif way == "decline":
        desk.waitlist.decline(ada.entry.entry_id)
    else:
        desk.waitlist.leave(ada.entry.entry_id)
    done = invite_waiting(engine)

    ended = {"decline": "declined", "leave": "left", "expire": "expired"}[way]
    assert statuses(desk, ada, ben) == [ended, "invited"]
    assert done["invited"] == 1


def test_an_invitation_ends_exactly_at_its_instant(
    engine: Engine, desk: TenantEngine, queue: Line, clock: ManualClock
) -> None:
    offering = with_line(desk, waitlisted(desk, places=1), invitation_ttl=5 * MINUTE)
    ada = queue.join(offering, "Ada")
    invite_waiting(engine)
    entry = desk.waitlist.get(ada.entry.entry_id).entry
    assert entry.expires_at == clock.now() + 5 * MINUTE

    clock.set(entry.expires_at)

    assert cause_of(lambda: desk.waitlist.accept(entry.entry_id)) == {
        "code": "invitation.expired",
        "at": entry.expires_at,
    }
    assert book(desk, offering, TEN).status is BookingStatus.CONFIRMED


def test_the_order_is_priority_then_who_came_first_c_62(
    engine: Engine, desk: TenantEngine, queue: Line
) -> None:
    offering = waitlisted(desk, places=3)
    taken = [book(desk, offering, TEN) for _ in range(3)]
    line = [queue.join(offering, name) for name in ("Ada", "Ben", "Cleo")]
    vip = queue.join(offering, "Vip", priority=1)

    order = []
    for booking in taken:
        desk.bookings.cancel(booking.booking_id)
        invite_waiting(engine)
        order.append(statuses(desk, vip, *line).count("invited"))

    assert order == [1, 2, 3]
    assert statuses(desk, vip, *line) == ["invited", "invited", "invited", "waiting"]


def test_a_large_party_is_passed_so_often_and_then_places_gather_for_it(
    engine: Engine, desk: TenantEngine, queue: Line
) -> None:
    offering = waitlisted(desk, places=8)
    taken = [book(desk, offering, TEN) for _ in range(8)]
    big = queue.join(offering, "Big", 4)
    small = [queue.join(offering, f"Small{number}") for number in range(PASSES_MAX + 1)]

    seen = []
    for booking in taken:
        desk.bookings.cancel(booking.booking_id)
        invite_waiting(engine)
        entry = desk.waitlist.get(big.entry.entry_id).entry
        seen.append((entry.status.value, entry.passed_count, entry.kept_count))

    assert seen == [
        ("waiting", 1, 0),
        ("waiting", 2, 0),
        ("waiting", 3, 0),
        ("waiting", 3, 1),
        ("waiting", 3, 2),
        ("waiting", 3, 3),
        ("invited", 3, 4),
        ("invited", 3, 4),
    ]
    assert statuses(desk, *small) == ["invited"] * 4
    assert desk.waitlist.accept(big.entry.entry_id).party_size == 4


def test_what_gathers_is_given_up_when_an_invitation_could_not_run_any_more(
    engine: Engine, desk: TenantEngine, queue: Line, clock: ManualClock
) -> None:
    offering = waitlisted(desk, places=2)
    taken = [book(desk, offering, TEN) for _ in range(2)]
    big = queue.join(offering, "Big", 2, priority=1)
    others = []
    for number in range(PASSES_MAX):
        other = queue.join(offering, f"Small{number}")
        desk.bookings.cancel(taken[0].booking_id)
        invite_waiting(engine)
        others.append(other)
        taken[0] = desk.waitlist.accept(other.entry.entry_id)
    desk.bookings.cancel(taken[0].booking_id)
    late = queue.join(offering, "Late")
    invite_waiting(engine)
    assert desk.waitlist.get(big.entry.entry_id).entry.kept_count == 1

    clock.set(TEN - 30 * MINUTE - timedelta(seconds=1))
    still = statuses(desk, big, late), remaining(desk, offering, TEN)
    clock.advance(seconds=1)
    done = invite_waiting(engine)

    assert still == (["waiting", "waiting"], 0)
    assert done == {"ended": 1, "invited": 1}
    assert statuses(desk, big, late) == ["waiting", "invited"]
    assert desk.waitlist.get(late.entry.entry_id).entry.expires_at == TEN


def test_a_wish_ends_with_its_last_date(
    engine: Engine, desk: TenantEngine, queue: Line, clock: ManualClock
) -> None:
    offering = waitlisted(desk, places=1)
    book(desk, offering, TEN)
    ada = queue.join(offering, "Ada")

    clock.set(at("23:59", day=7))
    before = invite_waiting(engine), statuses(desk, ada)
    clock.set(at("00:00", day=8))
    after = invite_waiting(engine), statuses(desk, ada)

    assert before == ({"ended": 0, "invited": 0}, ["waiting"])
    assert after == ({"ended": 1, "invited": 0}, ["expired"])


def test_who_was_invited_to_a_slot_that_was_called_off_goes_back_in_line(
    engine: Engine, desk: TenantEngine, queue: Line, clock: ManualClock
) -> None:
    offering = waitlisted(desk, places=1)
    slot = add_slot(desk, offering, TEN)
    ada = queue.join(offering, "Ada", wishes=Wishes())
    invite_waiting(engine)
    first = desk.waitlist.get(ada.entry.entry_id).entry
    desk.run(CancelSlots(slot_ids=(first.slot_id or slot.slot_id,)))

    gone = refusal_of(lambda: desk.waitlist.accept(ada.entry.entry_id))
    clock.advance(minutes=30)
    invite_waiting(engine)

    second = desk.waitlist.get(ada.entry.entry_id).entry
    assert gone.code == "availability.closed"
    assert (second.status, second.slot_id != first.slot_id) == (INVITED, True)


def test_resources_days_and_free_times_are_waited_for_too(
    engine: Engine, desk: TenantEngine, queue: Line
) -> None:
    rooms = [add_room(desk, f"Room {number}") for number in range(2)]
    either = Requirement(
        resource_ids=tuple(room.resource_id for room in rooms), choosing=Choosing.ANY_OF
    )
    massage = with_line(desk, add_offering(desk, "massage", either))
    tent = with_line(
        desk,
        desk.offerings.add(
            AddOffering(
                slug="tent",
                name="Tent",
                duration=HOUR,
                shape=Shape.NIGHTS,
                requirements=(Requirement(resource_id=add_room(desk, "Tent").resource_id),),
            )
        ),
    )
    taken = [book(desk, massage, TEN) for _ in rooms]
    nights = (date(2026, 6, 8), date(2026, 6, 9))
    slept = desk.bookings.place(
        choice=Choice(offering_id=tent.offering_id, dates=nights), details=named("Ada")
    )
    second: ResourceId = taken[1].assigned[0].resource_id
    picky = queue.join(massage, "Picky", wishes=_only(second))
    easy = queue.join(massage, "Easy")
    camper = desk.waitlist.join(
        tent.offering_id,
        wishes=Wishes(dates=(WishedDates(first=nights[0], last=nights[0]),), date_count=2),
        details=named("Camper"),
    )
    assert invite_waiting(engine)["invited"] == 0

    desk.bookings.cancel(taken[0].booking_id)
    desk.bookings.cancel(slept.booking_id)
    assert invite_waiting(engine)["invited"] == 2

    assert statuses(desk, picky, easy, camper) == ["waiting", "invited", "invited"]
    assert desk.waitlist.accept(camper.entry.entry_id).dates == nights
    desk.bookings.cancel(taken[1].booking_id)
    invite_waiting(engine)
    served = desk.waitlist.accept(picky.entry.entry_id).assigned
    assert [one.resource_id for one in served] == [second]


def _only(resource_id: ResourceId) -> Wishes:
    return Wishes(dates=THAT_DAY.dates, first_minute=600, last_minute=600, resources=(resource_id,))


def test_places_gather_on_one_thing_that_guests_share(
    engine: Engine, desk: TenantEngine, queue: Line
) -> None:
    court = add_room(desk, "Court", 4)
    each = Requirement(resource_id=court.resource_id, per=Per.PARTICIPANT)
    play = with_line(desk, add_offering(desk, "play", each))
    taken = [book(desk, play, TEN) for _ in range(4)]
    big = queue.join(play, "Big", 3)
    for number in range(PASSES_MAX):
        small = queue.join(play, f"Small{number}")
        desk.bookings.cancel(taken[0].booking_id)
        invite_waiting(engine)
        taken[0] = desk.waitlist.accept(small.entry.entry_id)

    kept = []
    for booking in taken[:3]:
        desk.bookings.cancel(booking.booking_id)
        invite_waiting(engine)
        kept.append(desk.waitlist.get(big.entry.entry_id).entry.kept_count)

    assert kept == [1, 2, 3]
    assert statuses(desk, big) == ["invited"]


def test_a_block_that_is_lifted_invites_too(
    engine: Engine, desk: TenantEngine, queue: Line
) -> None:
    room = add_room(desk)
    offering = with_line(desk, add_offering(desk, "cut", room))
    block = desk.blocks.add(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at("00:00", day=7),
            ends_at=at("00:00", day=8),
        )
    )
    ada = queue.join(offering, "Ada")
    before = invite_waiting(engine)["invited"]

    desk.blocks.remove(block.block_id)
    after = invite_waiting(engine)["invited"]

    assert (before, after, statuses(desk, ada)) == (0, 1, ["invited"])


def test_who_may_not_wait_is_told_why(engine: Engine, desk: TenantEngine, queue: Line) -> None:
    offering = waitlisted(desk)
    without = add_class(desk, "chess", add_room(desk), places=1)
    window = shop_window(engine, desk)
    other = add_room(desk, "Elsewhere")
    for _ in range(3):
        queue.join(offering, "Ada")

    assert cause_of(lambda: queue.join(without, "Ada")) == closed("no_waitlist")
    assert (
        cause_of(lambda: queue.join(offering, "Ada", priority=1, desk=window))["code"]
        == "access.denied"
    )
    assert cause_of(lambda: queue.join(offering, "Ada")) == {
        "code": "policy.limit_reached",
        "limit": 3,
        "actual": 3,
    }
    assert cause_of(lambda: queue.join(offering, "Ben", wishes=_only(other.resource_id)))[
        "code"
    ] == ("input.invalid")
    nobody = WaitlistEntryId("wle_" + "0" * 26)
    assert cause_of(lambda: desk.waitlist.accept(nobody))["code"] == "record.not_found"


def test_the_public_sees_and_answers_only_what_is_its_own(
    engine: Engine, desk: TenantEngine, queue: Line
) -> None:
    offering = waitlisted(desk, places=1)
    window, rival = shop_window(engine, desk), shop_window(engine, desk, "rival")
    ada = queue.join(offering, "Ada", desk=window)
    invite_waiting(engine)

    assert refusal_of(lambda: rival.waitlist.get(ada.entry.entry_id)).code == "record.not_found"
    assert refusal_of(lambda: rival.waitlist.accept(ada.entry.entry_id)).code == "record.not_found"
    assert isinstance(window.waitlist.accept(ada.entry.entry_id), Booking)
    assert [line.entry.contact.name for line in desk.waitlist.list().items] == ["Ada"]


def test_joining_twice_with_one_key_is_joining_once(desk: TenantEngine) -> None:
    offering = waitlisted(desk)

    both = [
        desk.waitlist.join(offering.offering_id, details=named("Ada"), idempotency_key="k1")
        for _ in range(2)
    ]

    assert both[0] == both[1]
    assert len(desk.waitlist.list(offering_id=offering.offering_id).items) == 1
