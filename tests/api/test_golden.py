"""The golden tests 1 to 5, 7 and 10 of the acceptance table, through the API."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.api.app import create_app
from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.testing.clocks import ManualClock
from holdfast.testing.samples import open_concert, open_salon
from tests.api.conftest import secret_of
from tests.api.driver import Client, ask, scope_of
from tests.api.gateway_for_tests import InlineGateway, ThreadGateway
from tests.api.shops import ADA, Shop


@pytest.mark.parametrize(
    ("first_day", "expected"),
    [
        ("2026-07-06", ["2026-07-06T07:00:00Z", "2026-07-06T08:00:00Z", "2026-07-06T09:00:00Z"]),
        ("2027-01-04", ["2027-01-04T08:00:00Z", "2027-01-04T09:00:00Z", "2027-01-04T10:00:00Z"]),
    ],
    ids=["july", "january"],
)
def test_golden_1_monday_at_nine_in_paris_is_seven_utc_in_july_and_eight_in_january(
    engine: Engine, runner: asyncio.Runner, first_day: str, expected: list[str]
) -> None:
    """AC-B01, AC-B05, AC-B06 (M-72)."""
    shop = Shop(engine, runner, zone="Europe/Paris")
    mondays = {"weekdays": [1], "opens": "09:00", "closes": "12:00"}
    visit = shop.offering("visit", shop.room(), rules=[mondays])
    week_later = datetime.fromisoformat(first_day).date() + timedelta(days=7)

    found = shop.starts(visit, f"{first_day}T00:00:00Z", f"{week_later}T00:00:00Z")

    assert found == expected


def test_golden_2_sarah_has_eighteen_slots_from_tuesday_to_saturday_within_her_notice_and_horizon(
    engine: Engine, clock: ManualClock, runner: asyncio.Runner
) -> None:
    """AC-B06, AC-B15, AC-B16 (M-76)."""
    salon = open_salon(engine)
    app = create_app(InlineGateway(engine))
    page = Client(app, key=secret_of(salon.desk, None), runner=runner)
    clock.set(datetime(2026, 6, 2, 8, 10, tzinfo=UTC))  # Tuesday, 10:10 in Paris
    query = {
        "offering_id": salon.cut.offering_id,
        "from": "2026-06-02T00:00:00Z",
        "to": "2026-08-10T00:00:00Z",
    }

    slots = page.get("/v1/availability", query).json["slots"]

    starts = [datetime.fromisoformat(slot["starts_at"]) for slot in slots]
    tomorrow = datetime(2026, 6, 3, tzinfo=UTC)
    today = [start for start in starts if start < tomorrow]
    later = Counter(start.date() for start in starts if start >= tomorrow)
    assert (len(today), today[0]) == (9, datetime(2026, 6, 2, 12, 30, tzinfo=UTC))
    assert {(day.isoweekday(), count) for day, count in later.items()} == {
        (day, 18) for day in (2, 3, 4, 5, 6)
    }
    assert max(later).isoformat() == "2026-08-01"  # 60 days ahead; day 61 would be a Sunday


def test_golden_3_doctor_martin_has_thirty_slots_a_working_day_and_none_on_holiday(
    engine: Engine, clock: ManualClock, runner: asyncio.Runner
) -> None:
    """AC-B01, AC-B03 (M-79, C-28): the dates of a block are local days, the last one included."""
    clock.set(datetime(2026, 8, 8, 12, tzinfo=UTC))
    shop = Shop(engine, runner, zone="Europe/Paris")
    doctor = shop.room("Dr Martin")
    days = [1, 2, 4, 5, 6]
    shifts = [
        {"weekdays": days, "opens": "09:00", "closes": "12:30"},
        {"weekdays": days, "opens": "14:00", "closes": "18:00"},
    ]
    visit = shop.offering("visit", doctor, rules=shifts, duration_minutes=15)
    holiday = shop.owner.post(
        f"/v1/resources/{doctor}/blocks", {"first_on": "2026-08-15", "last_on": "2026-08-22"}
    )

    found = shop.starts(visit, "2026-08-09T00:00:00Z", "2026-08-29T00:00:00Z")

    assert (holiday.json["starts_at"], holiday.json["ends_at"]) == (
        "2026-08-14T22:00:00Z",
        "2026-08-22T22:00:00Z",
    )
    assert Counter(start[8:10] for start in found) == dict.fromkeys(
        ["10", "11", "13", "14", "24", "25", "27", "28"], 30
    )


def test_golden_4_a_third_booking_of_two_places_is_refused(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-C01, AC-C10, AC-D21 (M-74)."""
    shop = Shop(engine, runner)
    duo = shop.offering("duo", counting="places", slot_capacity=2)
    first = shop.book(duo, "2026-06-01T10:00:00Z")
    second = shop.book(duo, "2026-06-01T10:00:00Z")

    third = shop.book(duo, "2026-06-01T10:00:00Z")

    assert [first.status, second.status, third.status] == [201, 201, 409]
    cause = {name: third.json[name] for name in ("code", "requested", "remaining", "limited_by")}
    assert cause == {
        "code": "capacity.exceeded",
        "requested": 1,
        "remaining": 0,
        "limited_by": first.json["slot_id"],
    }


@pytest.mark.race
def test_golden_4_of_251_who_want_250_places_at_once_exactly_one_is_refused(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-C10, AC-J09 (M-16, M-81)."""
    evening = open_concert(engine, starts_at=datetime(2026, 6, 4, 20, tzinfo=UTC))
    app = create_app(ThreadGateway(engine))
    key = secret_of(evening.desk, Role.STAFF)
    headers = [
        (b"authorization", f"Bearer {key}".encode()),
        (b"content-type", b"application/json"),
    ]

    async def buy(number: int) -> str:
        slot = {"slot_id": evening.evening.slot_id, "contact": {"name": f"Guest {number}"}}
        while True:
            scope = scope_of("POST", "/v1/bookings", headers=headers)
            reply = await ask(app, scope, [json.dumps(slot).encode()])
            if reply.status != 503:
                return "booked" if reply.status == 201 else reply.code

    async def crowd() -> list[str]:
        return list(await asyncio.gather(*(buy(number) for number in range(251))))

    outcomes = runner.run(crowd())

    assert Counter(outcomes) == {"booked": 250, "capacity.exceeded": 1}


def test_golden_5_parties_of_four_and_four_fill_eight_places_and_one_more_is_refused(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-A06, AC-C02 (M-14)."""
    shop = Shop(engine, runner)
    dinner = shop.offering("dinner", shop.room("Table"), counting="places", slot_capacity=8)

    replies = [shop.book(dinner, "2026-06-01T19:00:00Z", size) for size in (4, 4, 1)]

    assert [reply.status for reply in replies] == [201, 201, 409]
    assert (replies[2].code, replies[2].json["remaining"]) == ("capacity.exceeded", 0)


def test_golden_7_a_hold_of_ten_ends_at_half_past_and_cannot_be_converted_a_minute_later(
    engine: Engine, clock: ManualClock, runner: asyncio.Runner
) -> None:
    """AC-C03, AC-C04, AC-C05, AC-C08 (R-12)."""
    ten = datetime(2026, 6, 1, 10, tzinfo=UTC)
    clock.set(ten)
    shop = Shop(engine, runner)
    cut = shop.offering("cut", shop.room())
    window = (cut, "2026-06-01T15:00:00Z", "2026-06-01T15:01:00Z")

    hold = shop.hold(cut, "2026-06-01T15:00:00Z").json
    path = f"/v1/holds/{hold['hold_id']}"
    clock.set(ten + timedelta(minutes=30, microseconds=-1))
    open_before, kept = shop.starts(*window), shop.owner.get(path).json
    clock.set(ten + timedelta(minutes=30))
    open_after, lapsed = shop.starts(*window), shop.owner.get(path).json
    clock.set(ten + timedelta(minutes=31))
    converted = shop.owner.post(f"{path}/convert", {"contact": ADA})

    assert (hold["expires_at"], hold["time_left_seconds"]) == ("2026-06-01T10:30:00Z", 1_800)
    assert (open_before, kept["status"], kept["time_left_seconds"]) == ([], "active", 0)
    assert (open_after, lapsed["status"]) == (["2026-06-01T15:00:00Z"], "expired")
    assert (converted.status, converted.code) == (409, "hold.expired")
    assert converted.json["at"] == "2026-06-01T10:30:00Z"


def test_golden_10_cancelling_a_pending_booking_twice_succeeds_twice_and_a_confirmed_one_never(
    engine: Engine, clock: ManualClock, runner: asyncio.Runner
) -> None:
    """AC-D20, AC-D21 (D-21, D-22)."""
    shop = Shop(engine, runner)
    asked = shop.offering("asked", shop.room(), is_approved_by_hand=True)
    pending = shop.book(asked, "2026-06-01T10:00:00Z").json
    other = shop.book(asked, "2026-06-01T12:00:00Z").json
    confirmed = shop.owner.post(f"/v1/bookings/{other['booking_id']}/confirm")
    only_pending = {"only_if_status": "pending"}

    first = shop.owner.post(f"/v1/bookings/{pending['booking_id']}/cancel", only_pending)
    clock.advance(minutes=1)
    second = shop.owner.post(f"/v1/bookings/{pending['booking_id']}/cancel", only_pending)
    third = shop.owner.post(f"/v1/bookings/{other['booking_id']}/cancel", only_pending)

    assert (pending["status"], confirmed.json["status"]) == ("pending", "confirmed")
    assert [first.status, second.status] == [200, 200]
    assert first.json["status"] == "cancelled"
    assert second.body == first.body
    assert (third.status, third.code) == (409, "state.transition_not_allowed")
    assert third.json["record_status"] == "confirmed"
