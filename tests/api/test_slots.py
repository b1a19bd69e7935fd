"""Slots over HTTP: several at once, generated, changed, deleted, cancelled with their bookings."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Place
from tests.api.subjects import FAIR_AT

CONTACT = {"name": "Ada", "email": "ada@b.example"}


def fair(place: Place, *, capacity: int | None = 5) -> str:
    """Add an offering whose places are counted, without any schedule."""
    body = {
        "slug": "fair",
        "name": "Fair",
        "duration_minutes": 60,
        "counting": "places",
        "slot_capacity": capacity,
    }
    return str(place.owner.post("/v1/offerings", body).json["offering_id"])


def booked(place: Place, slot_id: str) -> dict[str, Any]:
    """Book a place in a slot."""
    reply = place.staff.post("/v1/bookings", {"slot_id": slot_id, "contact": CONTACT})
    assert reply.status == 201, reply.body
    return reply.json


def slot_at(place: Place, offering_id: str, starts_at: str = FAIR_AT) -> dict[str, Any]:
    """Make a slot."""
    body = {"offering_id": offering_id, "starts_at": starts_at}
    return place.owner.post("/v1/slots", body).json


def test_several_slots_are_made_or_none_and_every_fault_is_named(place: Place) -> None:
    """AC-B08."""
    offering_id = fair(place)
    one = {"offering_id": offering_id, "starts_at": FAIR_AT}
    other = {**one, "starts_at": "2026-07-14T20:00:00Z", "price_minor": 500, "capacity": 2}

    twice = place.owner.post("/v1/slots/batch", {"slots": [one, other, one]})
    malformed = place.owner.post("/v1/slots/batch", {"slots": [one, {**other, "capacity": 0}]})
    made = place.owner.post("/v1/slots/batch", {"slots": [one, other]})

    assert (twice.status, twice.code) == (409, "record.already_exists")
    assert [fault["index"] for fault in twice.json["faults"]] == [2]
    assert (malformed.status, malformed.json["errors"][0]["pointer"]) == (422, "/slots/1/capacity")
    assert made.status == 201
    assert [(s["capacity"], s["price_minor"]) for s in made.json["items"]] == [(5, None), (2, 500)]


def test_the_slots_of_a_schedule_are_stored_and_priced_singly(place: Place) -> None:
    """AC-B08, P-136."""
    window = {
        "offering_id": place.cut,
        "starts_from": "2026-06-02T00:00:00Z",
        "starts_before": "2026-06-03T00:00:00Z",
    }

    first = place.owner.post("/v1/slots/generate", window)
    again = place.owner.post("/v1/slots/generate", window)
    slot_id = first.json["items"][0]["slot_id"]
    changed = place.owner.patch(f"/v1/slots/{slot_id}", {"price_minor": 9_900})
    booking = booked(place, slot_id)

    assert first.status == again.status == 201
    assert (again.json["items"], again.json["skipped_count"]) == ([], len(first.json["items"]))
    assert {slot["origin"] for slot in first.json["items"]} == {"generated"}
    assert changed.json["price_minor"] == 9_900
    assert booking["price"]["amount_minor"] == 9_900


def test_a_capacity_below_what_is_taken_needs_a_reason(place: Place) -> None:
    slot = slot_at(place, fair(place))
    for _ in range(3):
        booked(place, slot["slot_id"])
    path = f"/v1/slots/{slot['slot_id']}"

    too_few = place.owner.patch(path, {"capacity": 2})
    why = place.owner.patch(path, {"capacity": 2, "may_be_over": True})
    done = place.owner.patch(path, {"capacity": 2, "may_be_over": True, "reason": "a leak"})

    assert (too_few.status, too_few.code) == (409, "capacity.exceeded")
    assert (why.status, why.json["errors"][0]["pointer"]) == (422, "/reason")
    assert (done.json["capacity"], done.json["is_capacity_own"]) == (2, True)


def test_a_booked_slot_is_refused_listed_or_cancelled(place: Place) -> None:
    """AC-B09, AC-K07, M-36."""
    offering_id = fair(place)
    slot, other = slot_at(place, offering_id), slot_at(place, offering_id, "2026-07-14T20:00:00Z")
    bookings = [booked(place, slot["slot_id"]) for _ in range(3)]
    kept = booked(place, other["slot_id"])
    affected = [{"kind": "booking", "id": one["booking_id"]} for one in bookings]

    refused = place.owner.post(f"/v1/slots/{slot['slot_id']}/cancel")
    listed = place.owner.post(f"/v1/slots/{other['slot_id']}/cancel", {"when_booked": "list"})
    body = {"when_booked": "cancel", "reason": "fire"}
    cancelled = place.owner.post(f"/v1/slots/{slot['slot_id']}/cancel", body)

    assert (refused.status, refused.code) == (409, "record.in_use")
    assert refused.json["affected"] == affected
    assert (listed.status, listed.json["status"]) == (200, "cancelled")
    assert listed.json["affected"] == [{"kind": "booking", "id": kept["booking_id"]}]
    assert (cancelled.json["affected"], cancelled.json["is_more"]) == (affected, False)
    assert cancelled.json["is_settling"] is True
    shown = place.owner.get(f"/v1/slots/{slot['slot_id']}").json
    assert (shown["is_settling"], shown["cancel_reason"]) == (False, "fire")
    ended = [place.staff.get(f"/v1/bookings/{one['booking_id']}").json for one in bookings]
    assert [(one["status"], one["cancel_reason"]) for one in ended] == [("cancelled", "fire")] * 3
    assert place.staff.get(f"/v1/bookings/{kept['booking_id']}").json["status"] == "confirmed"

    after_all = place.owner.post(f"/v1/slots/{other['slot_id']}/cancel", body)
    assert (after_all.status, after_all.json["affected"]) == (200, listed.json["affected"])
    assert place.staff.get(f"/v1/bookings/{kept['booking_id']}").json["status"] == "cancelled"


def test_a_slot_shows_how_much_of_it_is_taken_and_over_how_many_counters(place: Place) -> None:
    offering_id = fair(place)
    slot, free = slot_at(place, offering_id), slot_at(place, offering_id, "2026-07-14T20:00:00Z")
    booked(place, slot["slot_id"])
    place.page.post("/v1/holds", {"slot_id": slot["slot_id"], "party_size": 2})
    place.owner.post(f"/v1/slots/{slot['slot_id']}/stripes", {"stripes": 2})

    shown = place.viewer.get(f"/v1/slots/{slot['slot_id']}")
    unchanged = place.viewer.get(
        f"/v1/slots/{slot['slot_id']}", If_None_Match=shown.headers["etag"]
    )
    listed = place.viewer.get("/v1/slots", {"offering_id": offering_id}).json["items"]

    assert (shown.json["taken"], shown.json["stripes"]) == (3, 2)
    assert unchanged.status == 200
    assert [(one["slot_id"], one["taken"]) for one in listed] == [
        (slot["slot_id"], 3),
        (free["slot_id"], 0),
    ]


def test_a_range_is_deleted_all_or_none(place: Place) -> None:
    """AC-B08, P-136."""
    offering_id = fair(place)
    slots = [slot_at(place, offering_id, f"2026-07-14T{hour}:00:00Z") for hour in (10, 12, 14)]
    booking = booked(place, slots[0]["slot_id"])
    body = {
        "offering_id": offering_id,
        "starts_from": "2026-07-14T00:00:00Z",
        "starts_before": "2026-07-14T14:00:00Z",
    }

    refused = place.owner.post("/v1/slots/delete", body)
    done = place.owner.post("/v1/slots/delete", {**body, "when_booked": "cancel"})
    again = place.owner.post("/v1/slots/delete", body)

    assert (refused.status, refused.code) == (409, "record.in_use")
    assert [(s["slot_id"], s["cancel_reason"]) for s in done.json["items"]] == [
        (slots[0]["slot_id"], "deleted"),
        (slots[1]["slot_id"], "deleted"),
    ]
    assert place.staff.get(f"/v1/bookings/{booking['booking_id']}").json["status"] == "cancelled"
    assert (again.status, again.json["items"]) == (200, [])
    left = place.owner.get("/v1/slots", {"offering_id": offering_id}).json["items"]
    assert [slot["slot_id"] for slot in left] == [slots[2]["slot_id"]]
