"""The golden tests of a booking's life, over HTTP: moved, changed, its day, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.bootstrap import Engine
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Reply

ELEVEN = "2026-06-02T09:00:00Z"


@pytest.fixture
def memory_engine(engine: Engine) -> Engine:
    """An engine over each database in turn: what golden tests say holds on both."""
    return engine


def placed(place: Place, starts_at: str = TUESDAY_TEN) -> str:
    """Book a cut, and return its path."""
    body = {"offering_id": place.cut, "starts_at": starts_at, "contact": {"name": "Ada"}}
    reply = place.staff.post("/v1/bookings", body)
    assert reply.status == 201, reply.body
    return f"/v1/bookings/{reply.json['booking_id']}"


def shown(reply: Reply, *names: str) -> list[Any]:
    assert reply.status == 200, reply.body
    return [reply.json[name] for name in names]


def test_a_booking_is_moved_with_its_number_and_an_idempotency_key_moves_it_once(
    place: Place,
) -> None:
    """AC-D08, C-41."""
    path = placed(place)
    number = place.staff.get(path).json["number"]
    key = {"idempotency_key": "move-1"}
    body = {"starts_at": ELEVEN, "reason": "asked for it"}

    first = place.staff.post(f"{path}/reschedule", body, **key)
    back = place.staff.post(f"{path}/reschedule", {"starts_at": TUESDAY_TEN})
    again = place.staff.post(f"{path}/reschedule", body, **key)

    assert shown(first, "number", "starts_at", "reschedule_count") == [number, ELEVEN, 1]
    assert shown(back, "starts_at", "reschedule_count") == [TUESDAY_TEN, 2]
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    assert place.staff.get(path).json["starts_at"] == TUESDAY_TEN


def test_a_refused_move_brings_alternatives_and_changes_nothing(place: Place) -> None:
    """Invariant 16."""
    path, taken = placed(place), placed(place, ELEVEN)
    before = place.staff.get(path)

    refused = place.staff.post(f"{path}/reschedule", {"starts_at": ELEVEN})

    assert (refused.status, refused.code) == (409, "capacity.exceeded")
    assert refused.json["alternatives"]
    assert place.staff.get(path).body == before.body
    assert taken != path


def test_a_version_that_somebody_else_has_changed_is_refused(place: Place) -> None:
    path = placed(place)
    place.staff.patch(path, {"note": "by the window"})

    refused = place.staff.patch(path, {"note": "in the back"}, if_match='"v1"')

    assert (refused.status, refused.code) == (412, "record.changed")
    assert place.staff.get(path).json["note"] == "by the window"


def test_customers_do_not_see_what_staff_note_and_may_not_write_it(place: Place) -> None:
    """AC-D24."""
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "Ada"}}
    path = f"/v1/bookings/{place.page.post('/v1/bookings', body).json['booking_id']}"
    place.staff.patch(path, {"internal_note": "pays late", "reference": "ours-7"})

    seen = place.page.get(path)
    denied = place.page.patch(path, {"internal_note": "pays in time"})

    assert "pays late" not in seen.body.decode()
    assert (denied.status, denied.code) == (403, "access.denied")
    assert place.staff.get(path).json["internal_note"] == "pays late"


def test_the_day_of_a_booking_over_http(place: Place) -> None:
    """AC-D09, AC-D10: too early, once, twice with the first time, out, and back."""
    path = placed(place)
    early = place.staff.post(f"{path}/check-in", {})
    place.clock.advance(days=1)

    first, second = (place.staff.post(f"{path}/check-in", {}) for _ in range(2))
    out = place.staff.post(f"{path}/check-out", {"gives_back": True})
    rated = place.staff.post(f"{path}/rating", {"rating": 5})
    undone = place.staff.post(f"{path}/undo", {"only_if_status": "completed"})

    assert (early.status, early.code, early.json["opens_at"]) == (
        409,
        "policy.too_early",
        "2026-06-02T07:30:00Z",
    )
    assert first.body == second.body
    assert shown(first, "status", "checked_in_at") == ["checked_in", TUESDAY_TEN]
    assert shown(out, "status", "checked_out_at", "freed_at") == [
        "completed",
        TUESDAY_TEN,
        TUESDAY_TEN,
    ]
    assert shown(rated, "rating") == [5]
    assert shown(undone, "status", "freed_at") == ["checked_in", None]


def test_the_history_of_a_booking_says_who_when_why_and_from_what_to_what(place: Place) -> None:
    """AC-D12."""
    path = placed(place)
    place.staff.post(f"{path}/reschedule", {"starts_at": ELEVEN, "reason": "asked for it"})

    lines = place.staff.get(f"{path}/history").json["items"]

    assert [line["action"] for line in lines] == ["booking.place", "booking.reschedule"]
    moved = lines[1]
    assert (moved["origin"], moved["source"], moved["reason"]) == (
        "business",
        "api",
        "asked for it",
    )
    assert moved["actor_kind"] == "secret_key"
    assert moved["changes"]["starts_at"] == [
        "2026-06-02T08:00:00+00:00",
        "2026-06-02T09:00:00+00:00",
    ]


# Policies


def said(place: Place, policy: dict[str, Any], price: int) -> str:
    """Say a policy and a price of the cut, and return what it is booked as."""
    body = {"policy": policy, "price": {"amount_minor": price, "currency": "EUR"}}
    reply = place.owner.patch(f"/v1/offerings/{place.cut}", body)
    assert reply.status == 200, reply.body
    return placed(place)


def test_a_cancellation_is_previewed_and_gives_back_its_share(place: Place) -> None:
    """Golden 15, AC-K02: half of 13200."""
    half = {"cutoff_minutes": 60, "tiers": [{"before_minutes": 0, "percent": 50}]}
    path = said(place, {"cancellation": half}, 13_200)
    place.staff.post(f"{path}/paid", {"paid_minor": 13_200})

    preview = place.staff.get(f"{path}/cancellation")
    cancelled = place.staff.post(f"{path}/cancel", {"cancelled_by": "customer"})

    half_of_it = {"amount_minor": 6_600, "currency": "EUR"}
    assert preview.json == {
        "is_allowed": True,
        "reason": "in_time",
        "percent": 50,
        "refund": half_of_it,
        "kept": half_of_it,
        "late_action": None,
        "blocked_until": None,
        "seconds_left": preview.json["seconds_left"],
    }
    assert cancelled.json["settlement"]["refund"] == half_of_it
    assert cancelled.json["paid"] == {"amount_minor": 13_200, "currency": "EUR"}


def test_a_late_cancellation_is_refused_with_its_code(place: Place) -> None:
    """Golden 15: after the cutoff."""
    path = said(place, {"cancellation": {"cutoff_minutes": 60 * 24 * 7}}, 13_200)

    preview = place.staff.get(f"{path}/cancellation")
    refused = place.staff.post(f"{path}/cancel", {"cancelled_by": "customer"})
    by_business = place.staff.post(f"{path}/cancel", {})

    assert (preview.json["is_allowed"], preview.json["reason"]) == (False, "too_late")
    assert (refused.status, refused.code) == (409, "policy.cancellation_closed")
    assert by_business.json["settlement"]["reason"] == "by_business"


def test_a_total_above_the_limit_waits_and_one_at_it_does_not(place: Place) -> None:
    """Golden 19, AC-D17: 100000 and 100001."""
    policy = {"approval_above": {"amount_minor": 100_000, "currency": "EUR"}}

    at_it = place.staff.get(said(place, policy, 100_000)).json
    place.staff.post(f"/v1/bookings/{at_it['booking_id']}/cancel", {})
    above = place.staff.get(said(place, policy, 100_001)).json

    assert (at_it["status"], above["status"]) == ("confirmed", "pending")
    assert above["pending_reasons"] == ["approval"]


def test_one_too_many_within_the_hour_and_a_blocked_customer_are_refused(place: Place) -> None:
    """Golden 19, AC-D16, AC-K03."""
    path = said(place, {"creation_limits": [{"most": 1, "window_seconds": 3_600}]}, 0)
    customer_id = place.staff.get(path).json["customer_id"]
    body = {"offering_id": place.cut, "starts_at": ELEVEN, "customer_id": customer_id}

    too_many = place.staff.post("/v1/bookings", body)
    customer = f"/v1/customers/{customer_id}"
    until = {"until": "2026-06-20T00:00:00Z", "reason": "rude"}
    blocked = place.owner.post(f"{customer}/block", until)
    refused = place.staff.post("/v1/bookings", body)
    lifted = place.owner.post(f"{customer}/lift-block")

    assert (too_many.status, too_many.code) == (409, "policy.limit_reached")
    assert (too_many.json["limit"], too_many.json["actual"]) == (1, 1)
    assert blocked.json["blocked_until"] == "2026-06-20T00:00:00Z"
    assert (refused.status, refused.code) == (409, "policy.customer_blocked")
    assert lifted.json["blocked_until"] is None
