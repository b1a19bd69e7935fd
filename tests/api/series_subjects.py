"""Requests about series that are accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Protocol

from tests.api.conftest import Place
from tests.api.driver import Client


class Timetable(Protocol):
    """One of everything that the requests here are about."""

    place: Place
    owner: Client
    customer: str
    lawn: str

    def number(self) -> int:
        """Return a number that was not given before."""
        ...


def someone(bazaar: Timetable) -> str:
    """Add a customer who has booked nothing yet."""
    return str(bazaar.owner.post("/v1/customers", {"name": "New"}).json["customer_id"])


def recurring(bazaar: Timetable, shape: str = "free") -> str:
    """Add an offering that is booked as a series, and that nothing limits."""
    offering = {
        "slug": f"course-{bazaar.number()}",
        "name": "Course",
        "duration_minutes": 60,
        "counting": "resources",
        "shape": shape,
        "is_always_open": True,
        "requirements": [{"resource_id": bazaar.lawn}],
        "components": [{"key": "mat", "name": "Mat"}],
        "series_max": 10,
    }
    added = bazaar.owner.post("/v1/offerings", offering)
    assert added.status == 201, added.body
    return str(added.json["offering_id"])


def _wish(bazaar: Timetable) -> dict[str, Any]:
    return {
        "offering_id": recurring(bazaar),
        "first_on": "2026-06-08",
        "starts_at": "10:00",
        "rule": "FREQ=WEEKLY;COUNT=2",
        "party_size": 2,
        "length_minutes": 90,
        "resource_ids": [bazaar.lawn],
        "components": ["mat"],
    }


def _by_dates(bazaar: Timetable) -> dict[str, Any]:
    return {
        "offering_id": recurring(bazaar, "days"),
        "first_on": "2026-06-08",
        "frequency": "weekly",
        "interval": 2,
        "until_on": "2026-06-30",
        "date_count": 2,
    }


def series(bazaar: Timetable) -> str:
    """Book a series of two."""
    body = {**_wish(bazaar), "contact": {"name": "Ada"}}
    placed = bazaar.owner.post("/v1/series", body)
    assert placed.status == 201, placed.body
    return f"/v1/series/{placed.json['series']['series_id']}"


def _moved(bazaar: Timetable, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{series(bazaar)}/occurrences/1/move", body


def _by_slot(bazaar: Timetable) -> tuple[str, dict[str, Any]]:
    """Move one to a slot by its id."""
    offering = {
        "slug": f"class-{bazaar.number()}",
        "name": "Class",
        "duration_minutes": 60,
        "counting": "places",
        "series_max": 10,
    }
    offering_id = bazaar.owner.post("/v1/offerings", offering).json["offering_id"]
    slots = [
        bazaar.owner.post(
            "/v1/slots",
            {"offering_id": offering_id, "starts_at": f"2026-06-{day:02}T08:00:00Z"},
        ).json["slot_id"]
        for day in (8, 9, 10)
    ]
    body = {
        "offering_id": offering_id,
        "first_on": "2026-06-08",
        "starts_at": "10:00",
        "rule": "FREQ=DAILY;COUNT=2",
        "contact": {"name": "Ada"},
    }
    placed = bazaar.owner.post("/v1/series", body)
    assert placed.status == 201, placed.body
    series_id = placed.json["series"]["series_id"]
    return f"/v1/series/{series_id}/occurrences/1/move", {"slot_id": slots[2]}


def _later(bazaar: Timetable) -> dict[str, str]:
    day = date(2026, 6, 16) + timedelta(days=bazaar.number() % 10)
    return {"starts_at": f"{day}T08:00:00Z", "ends_at": f"{day}T09:30:00Z"}


def _days(bazaar: Timetable) -> tuple[str, dict[str, Any]]:
    body = {**_by_dates(bazaar), "contact": {"name": "Ada"}}
    placed = bazaar.owner.post("/v1/series", body)
    assert placed.status == 201, placed.body
    series_id = placed.json["series"]["series_id"]
    return (
        f"/v1/series/{series_id}/occurrences/1/move",
        {"dates": ["2026-06-24", "2026-06-25"]},
    )


SERIES: dict[str, Callable[[Timetable], tuple[str, dict[str, Any]]]] = {
    "planSeries": lambda b: ("/v1/series/plan", _wish(b)),
    "planSeries/dates": lambda b: ("/v1/series/plan", _by_dates(b)),
    "planSeries/count": lambda b: (
        "/v1/series/plan",
        {**{name: it for name, it in _by_dates(b).items() if name != "until_on"}, "count": 2},
    ),
    "placeSeries": lambda b: (
        "/v1/series",
        {
            **_wish(b),
            "clashes": "shift",
            "contact": {"name": "Ada"},
            "source": "desk",
            "note": "by the window",
            "metadata": {"a": 1},
            "answers": {},
        },
    ),
    "placeSeries/staff": lambda b: (
        "/v1/series",
        {
            **_by_dates(b),
            "clashes": "skip",
            "customer_id": someone(b),
            "internal_note": "pays in cash",
            "promo_codes": ["welcome"],
            "tickets": [],
            "order_total_minor": 5_000,
            "customer_attributes": {"membership": "premium"},
        },
    ),
    "placeSeries/count": lambda b: (
        "/v1/series",
        {
            **{name: it for name, it in _by_dates(b).items() if name != "until_on"},
            "count": 2,
            "contact": {"name": "Ada"},
        },
    ),
    "cancelSeries": lambda b: (
        f"{series(b)}/cancel",
        {"since": "2026-06-10T00:00:00Z", "reason": "moved away", "cancelled_by": "customer"},
    ),
    "skipOccurrence": lambda b: (
        f"{series(b)}/occurrences/1/skip",
        {"reason": "ill", "cancelled_by": "customer"},
    ),
    "addOccurrence": lambda b: (f"{series(b)}/occurrences/1/add", {}),
    "moveOccurrence": lambda b: _moved(b, _later(b)),
    "moveOccurrence/slot": _by_slot,
    "moveOccurrence/dates": _days,
}
