"""Orders of a shop: what was booked and held for one."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.api.conftest import TUESDAY_TEN, Place

CONTACT = {"name": "Ada"}
STARTS = ("2026-06-02T08:00:00Z", "2026-06-03T08:00:00Z", "2026-06-04T08:00:00Z")


def book(place: Place, starts_at: str, order: str, line: str) -> dict[str, object]:
    """Book a slot for a line of an order."""
    body = {
        "offering_id": place.cut,
        "starts_at": starts_at,
        "contact": CONTACT,
        "external_order_id": order,
        "external_line_id": line,
    }
    reply = place.staff.post("/v1/bookings", body)
    assert reply.status == 201, reply.body
    return reply.json


def convert(place: Place, starts_at: str, order: str) -> tuple[str, dict[str, object]]:
    """Keep a slot and book it for an order; returns the hold's id and the booking."""
    held = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": starts_at}).json
    path = f"/v1/holds/{held['hold_id']}/convert"
    reply = place.staff.post(path, {"contact": CONTACT, "external_order_id": order})
    assert reply.status == 201, reply.body
    return held["hold_id"], reply.json


def test_an_order_has_its_bookings_and_their_holds_with_counts_by_status(place: Place) -> None:
    """AC-A08."""
    first = book(place, STARTS[0], "shop 7", "line-1")
    hold_id, second = convert(place, STARTS[1], "shop 7")
    book(place, STARTS[2], "shop 8", "line-1")
    place.staff.post(f"/v1/bookings/{first['booking_id']}/cancel")

    reply = place.viewer.get("/v1/orders/shop%207")

    order = reply.json
    assert reply.status == 200
    assert {name: order[name] for name in order if name not in {"items", "holds"}} == {
        "external_order_id": "shop 7",
        "booking_count": 2,
        "booking_counts": {"cancelled": 1, "confirmed": 1},
        "hold_counts": {"converted": 1},
        "next_cursor": None,
    }
    assert [
        (one["booking_id"], one["number"], one["status"], one["external_line_id"], one["hold_id"])
        for one in order["items"]
    ] == [
        (first["booking_id"], first["number"], "cancelled", "line-1", None),
        (second["booking_id"], second["number"], "confirmed", None, hold_id),
    ]
    assert [(one["hold_id"], one["status"], one["booking_id"]) for one in order["holds"]] == [
        (hold_id, "converted", second["booking_id"])
    ]
    assert order["items"][0]["assigned"][0]["resource_id"] == place.chair


def test_a_large_order_comes_in_pages_and_is_counted_as_a_whole(place: Place) -> None:
    placed = [book(place, starts_at, "o1", f"l{i}") for i, starts_at in enumerate(STARTS)]

    first = place.viewer.get("/v1/orders/o1", {"limit": 2})
    query = {"limit": 2, "cursor": first.json["next_cursor"]}
    second = place.viewer.get("/v1/orders/o1", query)

    ids = [one["booking_id"] for reply in (first, second) for one in reply.json["items"]]
    assert ids == [one["booking_id"] for one in placed]
    assert [reply.json["booking_count"] for reply in (first, second)] == [3, 3]
    assert "/v1/orders/o1?limit=2&cursor=" in first.headers["link"]
    assert second.json["next_cursor"] is None


@pytest.mark.parametrize("order", ["web/2026/7", "a//b/", "/", "100%", "é?x=1#y", "o1/bookings"])
def test_an_order_is_found_by_whatever_id_its_shop_has_given_it(place: Place, order: str) -> None:
    """AC-A08: and so is its next page."""
    placed = [book(place, starts_at, order, "l1") for starts_at in STARTS[:2]]
    path = f"/v1/orders/{quote(order, safe='')}"

    first = place.viewer.get(path, {"limit": 1})
    link, _, query = first.headers["link"].partition(">")[0].removeprefix("<").partition("?")
    second = place.viewer.get(link, query)

    assert [reply.json["external_order_id"] for reply in (first, second)] == [order] * 2
    found = [one["booking_id"] for reply in (first, second) for one in reply.json["items"]]
    assert found == [one["booking_id"] for one in placed]
    assert link == path


@pytest.mark.parametrize("order", ["o2", "", "%00", "%20", "x" * 201, "é", "%E2%80%AE"])
def test_an_order_without_bookings_is_not_found(place: Place, order: str) -> None:
    book(place, TUESDAY_TEN, "o1", "l1")

    reply = place.viewer.get(f"/v1/orders/{order}")

    assert (reply.status, reply.code, reply.json["kind"]) == (404, "record.not_found", "order")


def test_no_order_has_a_line_break_in_its_id(place: Place) -> None:
    reply = place.viewer.get("/v1/orders/a%0Ab")

    assert (reply.status, reply.code) == (404, "record.not_found")


def test_an_order_is_shown_to_members_of_its_business_only(place: Place) -> None:
    book(place, TUESDAY_TEN, "o1", "l1")

    statuses = [
        client.get("/v1/orders/o1").status
        for client in (place.viewer, place.page, place.nobody, place.stranger)
    ]

    assert statuses == [200, 403, 401, 404]
