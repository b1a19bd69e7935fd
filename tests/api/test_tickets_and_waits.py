"""Over HTTP: other tickets with a booking, an emergency that waits, a series that ends in part."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Place


def offered(place: Place, **fields: object) -> str:
    """Add something with places in slots, open round the clock."""
    body: dict[str, Any] = {
        "slug": "show",
        "name": "Show",
        "duration_minutes": 60,
        "counting": "places",
        "slot_capacity": 9,
        **fields,
    }
    added = place.owner.post("/v1/offerings", body)
    assert added.status == 201, added.body
    offering_id = str(added.json["offering_id"])
    rule = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00"}
    set_ = place.owner.put(f"/v1/offerings/{offering_id}/schedule", {"rules": [rule]})
    assert set_.status == 200, set_.body
    return offering_id


def test_other_tickets_are_quoted_and_taken_ac_d07_ac_f08(place: Place) -> None:
    tiers = [
        {"key": "adult", "label": "Adult", "price_minor": 3500},
        {"key": "child", "label": "Child", "price_minor": 1500, "quota": 2},
    ]
    show = offered(place, ticket_tiers=tiers)
    wish = {"offering_id": show, "starts_at": "2026-06-09T18:00:00Z", "party_size": 1}
    adult = [{"tier": "adult"}]
    family = [{"tier": "adult"}, {"tier": "child", "quantity": 2}]
    body = {**wish, "tickets": adult, "contact": {"name": "Ada"}}
    path = f"/v1/bookings/{place.owner.post('/v1/bookings', body).json['booking_id']}"

    quoted = place.owner.post(f"{path}/reschedule/quote", {"tickets": family}).json
    changed = place.owner.patch(path, {"tickets": family}).json
    short = place.owner.patch(path, {"tickets": [{"tier": "child", "quantity": 3}]})
    wrong = place.owner.patch(path, {"tickets": [{"tier": "vip"}]})
    later = {"starts_at": "2026-06-09T20:00:00Z", "tickets": [{"tier": "child"}]}
    moved = place.owner.post(f"{path}/reschedule", later).json

    assert changed["price"]["amount_minor"] == quoted["price"]["amount_minor"] == 6500
    assert (changed["party_size"], changed["tickets"][1]) == (3, {"tier": "child", "quantity": 2})
    assert (short.status, short.json["limited_by"]) == (409, "child")
    assert [(one["pointer"], one["code"]) for one in wrong.json["errors"]] == [
        ("/tickets/0/tier", "unknown_tier")
    ]
    assert (moved["party_size"], moved["price"]["amount_minor"]) == (1, 1500)


def test_an_emergency_that_nothing_is_free_for_waits_ac_h04(place: Place) -> None:
    show = offered(place, slot_capacity=1, has_waitlist=True)
    ask = {
        "offering_id": show,
        "max_wait_minutes": 60,
        "reason": "a broken tooth",
        "contact": {"name": "Ada"},
    }

    first = place.owner.post("/v1/bookings/emergency", ask)
    second = place.owner.post("/v1/bookings/emergency", ask)
    third = place.owner.post("/v1/bookings/emergency", ask)
    refused = place.owner.post("/v1/bookings/emergency", {**ask, "joins_waitlist": False})

    assert (first.status, first.json["waiting"]) == (201, None)
    assert first.headers["location"].endswith(f"/v1/bookings/{first.json['booking']['booking_id']}")
    waiting = third.json["waiting"]
    assert (third.status, third.json["booking"]) == (201, None)
    assert waiting["position"] in {1, 2}
    assert third.headers["location"].endswith(f"/v1/waitlist/{waiting['entry_id']}")
    assert place.owner.get(f"/v1/waitlist/{waiting['entry_id']}").json["note"] == "a broken tooth"
    assert second.status == 201
    assert (refused.status, refused.json["reason"]) == (409, "none_in_time")


def test_the_rest_of_a_series_is_cancelled_as_far_as_it_may_be(place: Place) -> None:
    show = offered(place, series_max=5, policy={"cancellation": {"cutoff_minutes": 36 * 60}})
    body = {
        "offering_id": show,
        "first_on": "2026-06-02",
        "starts_at": "10:00",
        "rule": "FREQ=DAILY;COUNT=3",
        "contact": {"name": "Ada", "email": "ada@b.example"},
    }
    placed = place.page.post("/v1/series", body)
    assert placed.status == 201, placed.body
    path = f"/v1/series/{placed.json['series']['series_id']}"

    done = place.page.post(f"{path}/cancel", {"reason": "moved away"})

    assert done.status == 200, done.body
    assert done.json["series"]["status"] == "cancelled"
    assert [(one["is_cancelled"], one["reason_code"]) for one in done.json["bookings"]] == [
        (False, "policy.cancellation_closed"),
        (True, None),
        (True, None),
    ]
