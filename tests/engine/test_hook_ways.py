"""Hooks at every door (AC-Q01): no way to book, move or call off goes past them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.errors import HookRefused
from holdfast.domain.hooks import HookCall, Reject
from holdfast.domain.offerings import Offering
from holdfast.domain.series import ClashPolicy
from holdfast.domain.waitlists import WishedDates, Wishes
from holdfast.engine.asking import Hooks
from holdfast.engine.asking.passages import ACTIONS
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.facade.emergencies import Emergency
from holdfast.engine.moving import Move
from holdfast.engine.recurring import SeriesRequest
from holdfast.engine.registry import USE_CASES
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from holdfast.workers.invite import invite_waiting
from tests.engine.businesses import FOR_ADA, add_class, at, book, hold, open_desk
from tests.engine.hooked import hooked, left

TEN = at("10:00", day=7)


@dataclass(kw_only=True)
class Doors:
    """A class, and two ways to its desk: one without hooks, one with hooks that note and refuse."""

    engine: Engine
    plain: TenantEngine
    asked: TenantEngine
    yoga: Offering
    calls: list[HookCall]
    is_refusing: bool = False

    def hear(self, call: HookCall) -> Reject | None:
        """Note a call."""
        self.calls.append(call)
        return Reject("no") if self.is_refusing else None

    def heard(self) -> list[tuple[str, int]]:
        """Return what was asked, and about how many bookings, and forget it."""
        heard = [(call.action.value, len(call.bookings)) for call in self.calls]
        self.calls.clear()
        return heard


@pytest.fixture
def doors(engine: Engine, clock: ManualClock) -> Doors:
    """The class, on each database in turn."""
    plain = open_desk(engine)
    yoga = add_class(plain, "yoga", places=2)
    yoga = plain.offerings.change(yoga.offering_id, {"series_max": 20, "has_waitlist": True})
    made = Doors(engine=engine, plain=plain, asked=plain, yoga=yoga, calls=[])
    hooks = Hooks(
        before_reserve=[made.hear],
        before_confirm=[made.hear],
        before_cancel=[made.hear],
        before_attend=[made.hear],
    )
    made.asked = hooked(engine, clock, hooks).at(plain.tenant_id, actor=plain.actor)
    return made


def weekly(doors: Doors) -> SeriesRequest:
    return SeriesRequest(
        offering_id=doors.yoga.offering_id,
        rule="FREQ=WEEKLY;COUNT=3",
        starts_on=date(2026, 6, 8),
        minute=600,
        clashes=ClashPolicy.ALL_OR_NOTHING,
        details=FOR_ADA,
    )


def invited(doors: Doors) -> Callable[[], object]:
    """Let somebody be invited, and return what accepts it."""
    taken = [book(doors.plain, doors.yoga, TEN) for _ in range(2)]
    day = date(2026, 6, 8)
    joined = doors.plain.waitlist.join(
        doors.yoga.offering_id,
        wishes=Wishes(dates=(WishedDates(first=day, last=day),), first_minute=600),
        details=FOR_ADA,
    )
    doors.plain.bookings.cancel(taken[0].booking_id)
    invite_waiting(doors.engine)
    return lambda: doors.asked.waitlist.accept(joined.entry.entry_id)


def a_hold(doors: Doors) -> Callable[[], object]:
    kept = hold(doors.plain, doors.yoga, TEN)
    return lambda: doors.asked.bookings.convert(kept.hold_id, details=FOR_ADA)


def a_series(doors: Doors) -> Callable[[], object]:
    return lambda: doors.asked.series.place(weekly(doors))


def one_more(doors: Doors) -> Callable[[], object]:
    series_id = doors.plain.series.place(weekly(doors)).series.series_id
    doors.plain.series.skip(series_id, 1)
    return lambda: doors.asked.series.add(series_id, 1)


def a_walk_in(doors: Doors) -> Callable[[], object]:
    choice = Choice(offering_id=doors.yoga.offering_id, starts_at=at("08:00"))
    return lambda: doors.asked.bookings.walk_in(choice, details=FOR_ADA)


def an_emergency(doors: Doors) -> Callable[[], object]:
    wanted = Emergency(
        offering_id=doors.yoga.offering_id, max_wait=timedelta(hours=3), reason="pain"
    )
    return lambda: doors.asked.bookings.emergency(wanted, details=FOR_ADA)


def at_once(doors: Doors) -> Callable[[], object]:
    return lambda: book(doors.asked, doors.yoga, TEN)


def a_skip(doors: Doors) -> Callable[[], object]:
    series_id = doors.plain.series.place(weekly(doors)).series.series_id
    return lambda: doors.asked.series.skip(series_id, 1)


def the_rest(doors: Doors) -> Callable[[], object]:
    series_id = doors.plain.series.place(weekly(doors)).series.series_id
    return lambda: doors.asked.series.cancel(series_id)


def a_cancellation(doors: Doors) -> Callable[[], object]:
    booking = book(doors.plain, doors.yoga, TEN)
    return lambda: doors.asked.bookings.cancel(booking.booking_id)


WAYS: dict[str, tuple[Callable[[Doors], Callable[[], object]], list[tuple[str, int]]]] = {
    "at once": (at_once, [("reserve", 1)]),
    "from a hold": (a_hold, [("reserve", 1)]),
    "from an invitation": (invited, [("reserve", 1)]),
    "as a walk-in": (a_walk_in, [("reserve", 1)]),
    "in an emergency": (an_emergency, [("reserve", 1)]),
    "as a series": (a_series, [("reserve", 3)]),
    "one more of a series": (one_more, [("reserve", 1)]),
    "calling off": (a_cancellation, [("cancel", 1)]),
    "calling off one of a series": (a_skip, [("cancel", 1)]),
    "calling off the rest of a series": (the_rest, [("cancel", 3)]),
}


@pytest.mark.parametrize("name", WAYS)
def test_ac_q01_every_way_is_asked_about_once_and_a_no_leaves_everything_as_it_was(
    doors: Doors, name: str
) -> None:
    prepare, expected = WAYS[name]
    act = prepare(doors)
    before = left(doors.engine).bookings

    doors.is_refusing = True
    with pytest.raises(HookRefused):
        act()
    refused, after = doors.heard(), left(doors.engine).bookings
    doors.is_refusing = False
    act()

    assert (refused, after) == (expected, before)
    assert doors.heard() == expected
    assert left(doors.engine).attempts == ["done", "refused"]
    assert prove(doors.engine.database).violations == ()


def test_a_move_of_a_series_is_authorized(doors: Doors, clock: ManualClock) -> None:
    series_id = doors.plain.series.place(weekly(doors)).series.series_id
    strict = hooked(doors.engine, clock, Hooks(authorize=[doors.hear]), seed=4).at(
        doors.plain.tenant_id, actor=doors.plain.actor
    )
    doors.is_refusing = True

    with pytest.raises(HookRefused):
        strict.series.move(series_id, 1, Move(starts_at=at("12:00", day=14)))

    assert doors.heard() == [("move", 1)]


def test_every_command_that_is_asked_about_is_one_of_ours() -> None:
    assert ACTIONS.keys() <= USE_CASES.keys()
