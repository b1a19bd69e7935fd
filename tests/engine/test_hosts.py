"""Hosts: what happens when the owner of a resource is busy on another one of theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.policies import HostConflict, Policy
from holdfast.domain.resources import Resource
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.engine.ports import WriteStores
from holdfast.engine.resources import AddResource
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    add_class,
    add_offering,
    add_slot,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    remaining,
    short,
    starts,
)
from tests.engine.outings import any_of
from tests.engine.races import HastyStores, Racers, all_at_once, gate

REJECTS = Policy(on_host_conflict=HostConflict.REJECT)
WARNS = Policy(on_host_conflict=HostConflict.WARN)
DAY = (at("09:00"), at("13:00"))


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def add_owned(
    desk: TenantEngine, name: str, owner: str | None = "mbr_sarah", policy: Policy = REJECTS
) -> Resource:
    return desk.resources.add(AddResource(name=name, owner_id=owner, policy=policy))


@dataclass(frozen=True, kw_only=True)
class Studio:
    """Sarah's two rooms, and what is booked in each."""

    rooms: Sequence[Resource]
    visits: Sequence[Offering]

    @property
    def busy_elsewhere(self) -> dict[str, object]:
        """Why the second room is refused while Sarah is in the first one."""
        cause = short(requested=1, remaining=0, limited_by=self.rooms[1].resource_id)
        return {**cause, "reason": "host_busy"}


def open_studio(desk: TenantEngine, policy: Policy = REJECTS) -> Studio:
    rooms = [add_owned(desk, name, policy=policy) for name in ("Studio", "Salon")]
    visits = [add_offering(desk, room.name.lower(), room) for room in rooms]
    return Studio(rooms=rooms, visits=visits)


def hours(desk: TenantEngine, offering: Offering) -> list[str]:
    return [start.strftime("%H:%M") for start in starts(desk, offering, *DAY)]


# What counts as busy


def test_nothing_is_booked_while_the_owner_is_busy_elsewhere(desk: TenantEngine) -> None:
    """AC-B18: not listed, not checked as bookable, explained, and refused with the same words."""
    studio = open_studio(desk)
    first, second = studio.visits
    choice = Choice(offering_id=second.offering_id, starts_at=at("10:00"))
    before = hours(desk, second)

    placed = hold(desk, first, at("10:00"))
    verdict = desk.availability.check(choice)
    explained = desk.availability.explain(choice)

    assert before == ["09:00", "10:00", "11:00", "12:00"]
    assert hours(desk, second) == ["09:00", "11:00", "12:00"]
    assert verdict.refusal is not None
    assert verdict.refusal.fields["reason"] == "host_busy"
    assert [one.fields["reason"] for one in explained.reasons] == ["host_busy"]
    [candidate] = explained.availability.requirements[0].candidates
    assert (candidate.reason, candidate.is_host_busy) == ("host_busy", True)
    assert cause_of(partial(hold, desk, second, at("10:00"))) == studio.busy_elsewhere

    desk.holds.release(placed.hold_id)

    assert hold(desk, second, at("10:00")).assigned[0].is_host_busy is False


def test_an_overlap_is_allowed_unless_somebody_minds(desk: TenantEngine) -> None:
    """AC-B18: the word of the offering counts before the resource's and the business's."""
    silent = open_studio(desk, Policy())
    allowing = Policy(on_host_conflict=HostConflict.ALLOW_OVERLAP)
    room = add_owned(desk, "Cellar", owner="mbr_paul")
    loud = add_owned(desk, "Attic", owner="mbr_paul")
    lenient = add_offering(desk, "lenient", room, policy=allowing)
    strict = add_offering(desk, "strict", room)
    book(desk, silent.visits[0], at("10:00"))
    book(desk, add_offering(desk, "attic", loud), at("10:00"))

    assert not book(desk, silent.visits[1], at("10:00")).assigned[0].is_host_busy
    assert "10:00" not in hours(desk, strict)
    assert not book(desk, lenient, at("10:00")).assigned[0].is_host_busy

    desk.change({"policy": REJECTS})

    assert "10:00" not in hours(desk, silent.visits[0])
    book(desk, silent.visits[0], at("11:00"))
    assert cause_of(partial(hold, desk, silent.visits[1], at("11:00")))["reason"] == "host_busy"


def test_a_warning_is_kept_with_the_booking(desk: TenantEngine) -> None:
    """AC-B18: what is listed all the same says so once it is taken, and staff find it later."""
    studio = open_studio(desk, WARNS)
    first, second = studio.visits
    book(desk, first, at("10:00"))

    held = hold(desk, second, at("10:00"))
    booked = desk.bookings.convert(held.hold_id, details=FOR_ADA)

    assert hours(desk, second) == ["09:00", "11:00", "12:00"]
    assert held.assigned[0].is_host_busy
    assert desk.bookings.get(booked.booking_id).assigned[0].is_host_busy
    assert not book(desk, second, at("11:00")).assigned[0].is_host_busy


def test_blocks_and_other_owners_keep_nobody_busy_and_what_is_over_neither(
    desk: TenantEngine, clock: ManualClock
) -> None:
    studio = open_studio(desk)
    first, second = studio.visits
    other = add_offering(desk, "other", add_owned(desk, "Annex", owner="mbr_paul"))
    nobody = add_offering(desk, "nobody", add_owned(desk, "Yard", owner=None))
    desk.run(
        AddBlock(
            resource_id=studio.rooms[0].resource_id,
            starts_at=at("09:00"),
            ends_at=at("10:00"),
            reason="paint",
        )
    )
    for offering in (other, nobody):
        book(desk, offering, at("11:00"))
    booked = book(desk, first, at("12:00"))
    lapsing = hold(desk, first, at("10:00"))
    while_held = hours(desk, second)

    clock.set(lapsing.expires_at)
    desk.bookings.cancel(booked.booking_id, reason="rain")

    assert while_held == ["09:00", "11:00"]
    assert hours(desk, second) == ["09:00", "10:00", "11:00", "12:00"]


def test_buffers_keep_the_owner_busy_as_well(desk: TenantEngine) -> None:
    rooms = [add_owned(desk, name) for name in ("Studio", "Salon")]
    first = add_offering(desk, "first", rooms[0], buffer_after=HOUR)
    second = add_offering(desk, "second", rooms[1])

    hold(desk, first, at("10:00"))

    assert hours(desk, second) == ["09:00", "12:00"]


# Pools, classes and moves


def test_of_a_pool_those_serve_whose_owner_is_free(desk: TenantEngine) -> None:
    """AC-B18: and no more is promised than an owner can serve."""
    sarahs = [add_owned(desk, name) for name in ("Studio", "Salon")]
    pauls = add_owned(desk, "Annex", owner="mbr_paul")
    visit = add_offering(desk, "visit", any_of([*sarahs, pauls]))
    before = remaining(desk, visit, at("10:00"))

    names = [book(desk, visit, at("10:00")).assigned[0].name for _ in range(2)]
    found = desk.eligibility.list(Choice(offering_id=visit.offering_id, starts_at=at("10:00")))

    assert before == 2
    assert names == ["Studio", "Annex"]
    assert remaining(desk, visit, at("10:00")) == 0
    reasons = {one.resource.name: one.reason for one in found.requirements[0].candidates}
    assert reasons == {"Studio": "capacity", "Salon": "host_busy", "Annex": "capacity"}


def test_one_booking_of_two_rooms_of_one_owner_is_no_conflict(desk: TenantEngine) -> None:
    rooms = [add_owned(desk, name) for name in ("Studio", "Salon")]
    both = add_offering(desk, "both", *rooms, slot_step=HOUR / 2)

    booked = book(desk, both, at("10:00"))

    moved = desk.bookings.reschedule(booked.booking_id, Move(starts_at=at("10:30")))

    assert moved.starts_at == at("10:30")
    assert [one.is_host_busy for one in (*booked.assigned, *moved.assigned)] == [False] * 4


def test_a_class_keeps_its_teacher_busy_and_takes_more_who_come(desk: TenantEngine) -> None:
    """AC-B18, M-53: a live class, and a consultation of the same teacher."""
    rooms = [add_owned(desk, name) for name in ("Stage", "Office")]
    yoga = add_class(desk, "yoga", rooms[0], places=3)
    visit = add_offering(desk, "visit", rooms[1])
    talk = add_class(desk, "talk", rooms[1], places=3, openings=())

    hold(desk, yoga, at("10:00"))
    more = [hold(desk, yoga, at("10:00")) for _ in range(2)]

    assert [one.assigned[0].is_host_busy for one in more] == [False, False]
    assert hours(desk, visit) == ["09:00", "11:00", "12:00"]
    assert cause_of(partial(add_slot, desk, talk, at("10:00")))["reason"] == "host_busy"


def test_an_emptied_class_keeps_nobody_busy(desk: TenantEngine) -> None:
    rooms = [add_owned(desk, name) for name in ("Stage", "Office")]
    yoga = add_class(desk, "yoga", rooms[0], places=3)
    visit = add_offering(desk, "visit", rooms[1])
    desk.holds.release(hold(desk, yoga, at("10:00")).hold_id)

    assert hours(desk, visit) == ["09:00", "10:00", "11:00", "12:00"]
    assert hold(desk, visit, at("10:00")).assigned


def test_a_lapsed_hold_in_a_class_keeps_nobody_busy(desk: TenantEngine, clock: ManualClock) -> None:
    rooms = [add_owned(desk, name) for name in ("Stage", "Office")]
    yoga = add_class(desk, "yoga", rooms[0], places=3)
    visit = add_offering(desk, "visit", rooms[1])
    clock.set(hold(desk, yoga, at("10:00")).expires_at)

    assert hours(desk, visit) == ["09:00", "10:00", "11:00", "12:00"]
    assert hold(desk, visit, at("10:00")).assigned


def test_a_move_and_an_approval_are_refused_while_the_owner_is_busy(desk: TenantEngine) -> None:
    """AC-B18: rescheduling and approving ask the same."""
    studio = open_studio(desk)
    first, second = studio.visits
    asked = add_offering(
        desk, "asked", studio.rooms[1], is_approved_by_hand=True, pending_takes=False
    )
    pending = book(desk, asked, at("10:00"))
    moving = book(desk, second, at("12:00"))
    book(desk, first, at("10:00"))

    move = partial(desk.bookings.reschedule, moving.booking_id, Move(starts_at=at("10:00")))

    assert cause_of(move) == studio.busy_elsewhere
    approve = partial(desk.bookings.confirm, pending.booking_id)
    assert cause_of(approve)["reason"] == "host_busy"


def test_staff_may_set_it_aside_and_the_booking_says_so(desk: TenantEngine) -> None:
    studio = open_studio(desk)
    first, second = studio.visits
    book(desk, first, at("10:00"))

    booked = desk.bookings.place(
        offering_id=second.offering_id,
        starts_at=at("10:00"),
        details=FOR_ADA,
        override=Override(reason="she sends her sister", capacity=True),
    )

    assert booked.assigned[0].is_host_busy
    assert booked.override is not None


# Races


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def take(desk: TenantEngine, offering: Offering, starts_at: datetime) -> Hold:
    return hold(desk, offering, starts_at)


@pytest.mark.race
@pytest.mark.timeout(300)
def test_of_two_rooms_of_one_owner_wanted_at_once_one_is_taken(racers: Racers) -> None:
    """AC-B18: eight at once, each other time."""
    studio = open_studio(desk := open_desk(racers.first()))
    crowd = [racers.engine().at(desk.tenant_id, actor=SYSTEM) for _ in range(8)]

    outcomes = [
        sorted(
            all_at_once(
                [partial(take, one, studio.visits[i % 2], starts_at) for i, one in enumerate(crowd)]
            )
        )
        for starts_at in DAY
    ]

    assert outcomes == [["capacity.exceeded"] * 7 + ["done"]] * len(DAY)
    assert prove(racers.databases[0]).violations == ()


@pytest.mark.race
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("stores", "done"), [(HastyStores, 2), (SqlStores, 1)])
def test_without_locks_both_rooms_of_one_owner_are_taken(
    racers: Racers, stores: Callable[[Database], WriteStores], done: int
) -> None:
    studio = open_studio(desk := open_desk(racers.first()))
    meet = gate(2, seconds=1.0)
    pair = [
        racers.engine(wrap=stores, interfere=meet).at(desk.tenant_id, actor=SYSTEM)
        for _ in range(2)
    ]

    outcomes = all_at_once(
        [partial(take, one, studio.visits[i], at("12:00")) for i, one in enumerate(pair)]
    )

    assert outcomes.count("done") == done
