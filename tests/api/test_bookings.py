"""Bookings through the API: place, convert, read, confirm, decline, cancel, history."""

from __future__ import annotations

import pytest

from tests.api.booking_subjects import DETAILS, GUEST
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client, Reply
from tests.api.subjects import Bazaar

ADA = {"name": "Ada", "email": "ada@b.example", "phone": None}


def book(client: Client, place: Place, **more: object) -> Reply:
    """Book at ten on Tuesday."""
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": ADA, **more}
    return client.post("/v1/bookings", body)


FOR_STAFF: dict[str, object] = {
    "internal_note": "pays in cash",
    "private_answers": {},
    "override": None,
}
CHAIR = {"name": "Sarah's chair", "units": 1, "role": "", "reason": "needed", "is_host_busy": False}


def test_a_booking_says_everything_about_itself(place: Place) -> None:
    """AC-D02, AC-D12, AC-D13, AC-D24."""
    reply = book(place.staff, place, **{**DETAILS, "contact": ADA})

    shown = reply.json
    assert shown == {
        "booking_id": shown["booking_id"],
        "number": shown["number"],
        "status": "confirmed",
        "is_pending": False,
        "is_confirmed": True,
        "pending_reasons": [],
        "offering_id": place.cut,
        "offering_name": "Haircut",
        "resource_id": None,
        "slot_id": shown["slot_id"],
        "starts_at": TUESDAY_TEN,
        "ends_at": "2026-06-02T08:30:00Z",
        "local_start": "2026-06-02T10:00",
        "zone": "Europe/Paris",
        "dates": [],
        "party_size": 1,
        "resource_ids": [],
        "components": [],
        "assigned": [{"resource_id": place.chair, **CHAIR}],
        "price": {"amount_minor": 2_500, "currency": "EUR"},
        "price_lines": shown["price_lines"],
        "promo_codes": [],
        "tickets": [],
        "order_total_minor": None,
        "customer_attributes": {},
        "customer_id": shown["customer_id"],
        "contact": ADA,
        "hold_id": None,
        "source": "desk",
        "note": "by the window",
        "external_order_id": "order-1",
        "external_line_id": "line-1",
        "external_offer_id": "offer-1",
        "placed_by": shown["placed_by"],
        "cancelled_by": None,
        "cancel_reason": None,
        "metadata": {"a": 1},
        "answers": {},
        "created_at": "2026-06-01T08:00:00Z",
        "expires_at": None,
        "confirms_at": None,
        "confirmed_at": "2026-06-01T08:00:00Z",
        "guests": [GUEST],
        "reference": "ours-1",
        "reschedule_count": 0,
        "series_id": None,
        "series_index": None,
        "rating": None,
        "feedback": "",
        "referral_source": "",
        "completes_at": None,
        "remind_at": None,
        "checked_in_at": None,
        "checked_out_at": None,
        "freed_at": None,
        "paid": {"amount_minor": 0, "currency": "EUR"},
        "refunded": {"amount_minor": 0, "currency": "EUR"},
        "settlement": None,
        "ended_at": None,
        "version": 1,
        **FOR_STAFF,
    }
    assert reply.headers["location"] == f"/v1/bookings/{shown['booking_id']}"
    assert place.viewer.get(reply.headers["location"]).json == shown


def test_a_booking_is_found_by_its_number_however_it_is_typed(place: Place) -> None:
    """AC-D05, AC-D13."""
    shown = book(place.staff, place).json
    number = shown["number"]

    typed = [number, number.lower(), number.replace("-", ""), f"%20{number.replace('-', '%20')}"]
    found = [place.staff.get(f"/v1/bookings/number/{text}").json for text in typed]

    assert found == [shown] * 4


@pytest.mark.parametrize(
    "number", ["x", "K7QM-2FX", "K7QM-2FX00", "%00", "K7QM-2FXU", "%F0%9F%98%80"]
)
def test_what_is_no_number_is_not_found(place: Place, number: str) -> None:
    reply = place.staff.get(f"/v1/bookings/number/{number}")

    assert (reply.status, reply.code) == (404, "record.not_found")


def test_a_hold_becomes_a_booking_with_its_own_contact_and_metadata(place: Place) -> None:
    """AC-C05."""
    body = {
        "offering_id": place.cut,
        "starts_at": TUESDAY_TEN,
        "contact": ADA,
        "metadata": {"cart": 1},
    }
    hold = place.page.post("/v1/holds", body).json
    path = f"/v1/holds/{hold['hold_id']}"

    reply = place.page.post(f"{path}/convert")

    booking = reply.json
    kept = ("starts_at", "slot_id", "party_size", "price", "contact", "metadata", "hold_id")
    assert (reply.status, booking["status"]) == (201, "confirmed")
    assert {name: booking[name] for name in kept} == {name: hold[name] for name in kept}
    assert reply.headers["location"] == f"/v1/bookings/{booking['booking_id']}"
    after = place.page.get(path).json
    assert (after["status"], after["booking_id"]) == ("converted", booking["booking_id"])


def test_the_same_order_converts_once_and_another_order_is_refused(place: Place) -> None:
    """AC-C05, C-06."""
    choice = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": ADA}
    hold = place.staff.post("/v1/holds", choice).json
    path = f"/v1/holds/{hold['hold_id']}/convert"

    first = place.staff.post(path, {"external_order_id": "o1"})
    again = place.staff.post(path, {"external_order_id": "o1"})
    other = place.staff.post(path, {"external_order_id": "o2"})

    assert (again.status, again.body) == (first.status, first.body)
    assert (other.status, other.code) == (409, "state.transition_not_allowed")


@pytest.mark.parametrize("said", [{}, {"contact": {"name": "   "}}])
def test_a_booking_of_nobody_is_refused(place: Place, said: dict[str, object]) -> None:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, **said}

    reply = place.staff.post("/v1/bookings", body)

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/contact")


def test_an_approval_is_answered_with_yes_or_no(place: Place) -> None:
    """AC-D01, AC-D03."""
    bazaar = Bazaar(place)
    yes, no = bazaar.booking(), bazaar.booking()

    confirmed = place.staff.post(f"/v1/bookings/{yes}/confirm").json
    declined = place.staff.post(f"/v1/bookings/{no}/decline", {"reason": "full"}).json
    late = place.staff.post(f"/v1/bookings/{no}/confirm")

    assert (confirmed["status"], confirmed["pending_reasons"]) == ("confirmed", [])
    assert (declined["status"], declined["cancel_reason"]) == ("declined", "full")
    assert (late.code, late.json["record_status"]) == ("state.transition_not_allowed", "declined")


def test_a_cancelled_booking_gives_its_place_back(place: Place) -> None:
    """AC-C12, AC-D12."""
    path = f"/v1/bookings/{book(place.staff, place).json['booking_id']}/cancel"

    reply = place.staff.post(path, {"reason": "ill", "cancelled_by": "Customer"})

    shown = reply.json
    assert (shown["status"], shown["cancelled_by"], shown["cancel_reason"]) == (
        "cancelled",
        "customer",
        "ill",
    )
    assert book(place.staff, place).status == 201


def test_a_page_cancels_its_own_bookings_and_always_as_the_customer(place: Place) -> None:
    own = book(place.page, place).json["booking_id"]
    others = book(place.staff, place, starts_at="2026-06-02T10:00:00Z").json["booking_id"]

    cancelled = place.page.post(f"/v1/bookings/{own}/cancel", {"cancelled_by": "business"})
    foreign = place.page.post(f"/v1/bookings/{others}/cancel")

    assert cancelled.json["cancelled_by"] == "customer"
    assert foreign.status == 404


def test_the_history_of_a_booking_tells_who_changed_what(place: Place) -> None:
    """AC-P09."""
    made = book(place.staff, place).json
    place.clock.advance(minutes=1)
    place.manager.post(f"/v1/bookings/{made['booking_id']}/cancel", {"reason": "ill"})

    items = place.staff.get(f"/v1/bookings/{made['booking_id']}/history").json["items"]

    told = [(item["action"], item["subject_version"], item["at"]) for item in items]
    assert told == [
        ("booking.place", 1, "2026-06-01T08:00:00Z"),
        ("booking.cancel", 2, "2026-06-01T08:01:00Z"),
    ]
    assert items[0]["actor_id"] == made["placed_by"]
    assert items[1]["actor_kind"] == "secret_key"
    assert items[1]["changes"]["status"] == ["confirmed", "cancelled"]


def test_history_is_read_for_one_record_or_for_all(place: Place) -> None:
    book(place.staff, place)

    everything = place.staff.get("/v1/history").json["items"]
    chair = place.staff.get("/v1/history", {"subject_id": place.chair}).json["items"]

    assert {item["subject_kind"] for item in everything} >= {"booking", "key", "resource"}
    assert [item["action"] for item in chair] == ["resource.add"]
    assert place.staff.get(f"/v1/bookings/bkg_{'0' * 26}/history").status == 404
