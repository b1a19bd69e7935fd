"""`holdfast availability`: what can be booked, as a calendar on the terminal."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from holdfast import Engine
from holdfast.domain.customers import Contact
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Scheme
from holdfast.domain.shapes import Shape
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from tests.cli.conftest import Say

# Next month: whatever the clock says now, it lies ahead and within what may be booked.
_FIRST = (datetime.now(UTC).date().replace(day=1) + timedelta(days=40)).replace(day=1)
MONDAY = _FIRST + timedelta(days=-_FIRST.weekday() % 7)
SUNDAY = MONDAY + timedelta(days=6)


@pytest.fixture
def open_url(salon_url: str) -> str:
    """A salon with a cut of an hour on weekday mornings, and two bikes by the day."""
    engine = Engine.open(salon_url, migrate=False)
    desk = engine.tenant("sarah")
    chair = desk.resources.add(AddResource(name="Chair", kind="chair"))
    cut = desk.offerings.add(
        AddOffering(
            slug="short-cut",
            name="Short cut",
            duration=timedelta(hours=1),
            horizon_days=90,
            requirements=(Requirement(resource_id=chair.resource_id),),
        )
    )
    weekdays = WeeklyOpening(weekdays=(1, 2, 3, 4, 5), opens_minute=540, closes_minute=720)
    desk.schedules.set(cut.offering_id, [weekdays])
    bikes = desk.resources.add(AddResource(name="Bikes", capacity=2, scheme=Scheme.DATED))
    ride = AddOffering(
        slug="ride",
        name="Ride",
        duration=timedelta(days=1),
        shape=Shape.DAYS,
        horizon_days=90,
        requirements=(Requirement(resource_id=bikes.resource_id),),
    )
    choice = Choice(offering_id=desk.offerings.add(ride).offering_id, dates=(MONDAY,))
    desk.bookings.place(choice=choice, details=Details(contact=Contact(name="Ada")))
    engine.close()
    return salon_url


def _dates(first: date, last: date) -> tuple[str, ...]:
    return ("--from", first.isoformat(), "--to", last.isoformat())


def test_a_week_is_drawn_with_how_many_starts_are_open(say: Say, open_url: str) -> None:
    said = say("availability", "short-cut", *_dates(MONDAY, SUNDAY), "--db", open_url)

    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[1] == MONDAY.strftime("%B %Y")
    assert lines[2].split() == ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
    days = [MONDAY.day + i for i in range(7)]
    cells = [[str(day), "3"] for day in days[:5]] + [[str(day), "-"] for day in days[5:]]
    assert lines[3].split() == [word for cell in cells for word in cell]
    assert "Short cut, times of Europe/Paris" in said.err


def test_of_days_it_says_what_is_left(say: Say, open_url: str) -> None:
    said = say("availability", "ride", *_dates(MONDAY, SUNDAY), "--db", open_url)

    assert said.out.splitlines()[3].split()[:4] == [str(MONDAY.day), "1", str(MONDAY.day + 1), "2"]


def test_a_day_is_listed_start_by_start(say: Say, open_url: str) -> None:
    said = say("availability", "short-cut", "--day", MONDAY.isoformat(), "--db", open_url)
    closed = say("availability", "short-cut", "--day", SUNDAY.isoformat(), "--db", open_url)

    assert [line.split() for line in said.out.splitlines()] == [
        ["from", "to", "left"],
        ["09:00", "10:00", "1"],
        ["10:00", "11:00", "1"],
        ["11:00", "12:00", "1"],
    ]
    assert (closed.code, closed.out) == (0, "")
    assert "Nothing can be booked" in closed.err


def test_a_program_gets_json_of_a_month_or_a_day(say: Say, open_url: str) -> None:
    words = ("--json", "--db", open_url)

    month = json.loads(say("availability", "short-cut", *words).out)
    day = json.loads(say("availability", "short-cut", "--day", MONDAY.isoformat(), *words).out)

    assert len(month) == 31
    assert month[0].keys() == {"date", "is_available", "open_count", "remaining", "reason"}
    assert [slot["remaining"] for slot in day] == [1, 1, 1]


def test_what_is_not_there_is_refused(say: Say, open_url: str) -> None:
    said = say("availability", "long-cut", "--db", open_url)

    assert said.code == 1
    assert "long-cut" in said.err
