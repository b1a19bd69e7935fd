"""`holdfast report capacity`: how much of each resource is taken, on the terminal."""

from __future__ import annotations

import json
from datetime import date

import pytest

from holdfast import Engine
from holdfast.domain.resources import Scheme
from holdfast.engine.calendars import InitialiseDays
from holdfast.engine.resources import AddResource
from tests.cli.conftest import Say

FIRST = date(2026, 6, 2)


@pytest.fixture
def bikes_url(salon_url: str) -> str:
    """A salon that lets three bikes as well, and has a webinar without a limit."""
    engine = Engine.open(salon_url, migrate=False)
    desk = engine.tenant("sarah")
    bikes = desk.resources.add(
        AddResource(name="Bikes", capacity=5, scheme=Scheme.DATED, sort_order=1)
    )
    desk.resources.add(AddResource(name="Webinar", capacity=None, sort_order=2))
    desk.calendars.initialise(
        InitialiseDays(resource_id=bikes.resource_id, first_on=FIRST, last_on=FIRST, capacity=3)
    )
    engine.close()
    return salon_url


def test_the_report_shows_each_resource_day_by_day(say: Say, bikes_url: str) -> None:
    """AC-R05."""
    said = say(
        "report", "capacity", "--from", "2026-06-02", "--to", "2026-06-03", "--db", bikes_url
    )

    lines = [line.split() for line in said.out.splitlines()]
    assert said.code == 0
    assert lines[0] == [
        *("resource", "day", "capacity", "taken", "left", "over", "blocked", "utilisation")
    ]
    assert ["Bikes", "2026-06-02", "3", "0", "3", "0", "0.00", "%"] in lines
    assert ["Bikes", "2026-06-03", "5", "0", "5", "0", "0.00", "%"] in lines
    assert ["Webinar", "2026-06-02", "unlimited", "0", "min", "unlimited"] in lines


def test_the_report_as_json_has_the_same_cells(say: Say, bikes_url: str) -> None:
    """AC-R05."""
    said = say("report", "capacity", "--json", "--from", "2026-06-02", "--db", bikes_url)

    rows = json.loads(said.out)
    bikes = [(row["day"], row["capacity"]) for row in rows if row["resource"] == "Bikes"]
    assert bikes[:2] == [("2026-06-02", "3"), ("2026-06-03", "5")]
    assert len(bikes) == 7


def test_days_in_the_wrong_order_are_refused(say: Say, salon_url: str) -> None:
    """AC-R05."""
    said = say(
        "report", "capacity", "--from", "2026-06-02", "--to", "2026-06-01", "--db", salon_url
    )

    assert (said.code, said.out) == (1, "")
    assert "The last day comes after the first, or is it." in said.err
