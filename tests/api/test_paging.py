"""Paging: every list can be walked to its end, and cursors are refused when they are not ours."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from holdfast.api.app import ENDPOINTS
from holdfast.api.paging import PageQuery, read_cursor, write_cursor
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import TenantId
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.series_subjects import series
from tests.api.subjects import FAIR_AT, Bazaar
from tests.api.waitlist_subjects import entry

LISTS = [e for e in ENDPOINTS if e.query is not None and issubclass(e.query, PageQuery)]
HERE = TenantId("tnt_here")


def fill(bazaar: Bazaar) -> None:
    """Make at least three of everything that is listed."""
    owner = bazaar.owner
    for number in range(3):
        bazaar.hold()
        bazaar.booking()
        owner.post("/v1/resources", {"name": f"R{number}"})
        owner.post("/v1/offerings", {"slug": f"of-{number}", "name": "O", "duration_minutes": 60})
        day = f"2027-01-0{number + 1}"
        owner.post("/v1/blocks", {"resource_id": bazaar.room, "first_on": day, "last_on": day})
        slot = {"offering_id": bazaar.fair, "starts_at": f"{day}T10:00:00Z"}
        owner.post("/v1/slots", slot)
        owner.post("/v1/categories", {"label": f"C{number}"})
        owner.post("/v1/pools", {"name": f"P{number}"})
        owner.post("/v1/customers", {"name": f"P{number}"})
        code = {"code": f"CODE{number}", "kind": "percent", "basis_points": 1_000}
        owner.post("/v1/promo-codes", code)
        entry(bazaar)
        series(bazaar)
        owner.post(
            "/v1/members",
            {"email": f"n{number}@b.example", "name": "N", "role": "staff"},
        )
        path = f"/v1/bookings/{bazaar.ids['booking_id']}"
        owner.post(f"{path}/{('confirm', 'cancel', 'cancel')[number]}")
        bazaar.place.clock.advance(seconds=1)


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda endpoint: endpoint.name)
def test_pages_follow_each_other_to_the_end_without_gap_or_repetition(
    place: Place, endpoint: object
) -> None:
    named = next(e for e in LISTS if e is endpoint)
    bazaar = Bazaar(place)
    fill(bazaar)
    path = named.path.format_map(bazaar.ids)
    whole = place.owner.get(path, {"limit": "200"}).json["items"]

    walked, next_path, pages = [], f"{path}?limit=2", 0
    while next_path:
        page = place.owner.get(next_path.partition("?")[0], next_path.partition("?")[2])
        assert page.status == 200, page.body
        walked += page.json["items"]
        pages += 1
        link = page.headers.get("link", "")
        assert bool(link) == bool(page.json["next_cursor"])
        assert page.json["next_cursor"] in (None, *(link and [link.split("cursor=")[1][:-13]]))
        next_path = link.removeprefix("<").removesuffix('>; rel="next"')

    assert walked == whole
    assert pages == (len(whole) + 1) // 2
    assert pages >= 2 or named.name == "listBookingHistory"


def test_the_link_keeps_what_was_filtered_for(place: Place) -> None:
    bazaar = Bazaar(place)
    fill(bazaar)
    query = {"status": ["confirmed", "pending"], "from": FAIR_AT, "limit": "1"}

    link = place.owner.get("/v1/bookings", query).headers["link"]

    expected = (
        "</v1/bookings?status=confirmed&status=pending&from=2026-07-14T18%3A00%3A00Z&limit=1&"
    )
    assert link.startswith(expected)


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1.5", "", "x", "1e2", "\u0665", "9" * 30])
def test_a_limit_is_a_whole_number_from_1_to_200(place: Place, limit: str) -> None:
    reply = place.owner.get("/v1/resources", {"limit": limit})

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/limit")


def test_a_limit_is_50_unless_given_and_20_for_what_is_upcoming() -> None:
    limits = {e.name: e.query.model_fields["limit"].default for e in LISTS if e.query}

    assert limits == {**dict.fromkeys(limits, 50), "listUpcomingBookings": 20}


@pytest.mark.parametrize(
    "after",
    [
        (datetime(2026, 7, 6, 9, 30, 0, 123456, tzinfo=UTC), "hld_1"),
        (7, "res_1"),
        ("ada@b.example", "mbr_1"),
    ],
)
def test_a_cursor_is_read_back_as_it_was_written(after: tuple[object, str]) -> None:
    cursor = write_cursor(after, listing="listX", tenant_id=HERE)

    assert read_cursor(cursor, listing="listX", tenant_id=HERE) == after


def test_a_cursor_that_was_touched_anywhere_is_refused() -> None:
    cursor = write_cursor((7, "res_1"), listing="listX", tenant_id=HERE)
    touched = [
        f"{cursor[:i]}{'A' if cursor[i] != 'A' else 'B'}{cursor[i + 1 :]}"
        for i in range(len(cursor))
    ]

    for other in [*touched, "", "A", "=", "é", cursor + "=", cursor + "A", cursor[:-1], "x" * 999]:
        with pytest.raises(InputInvalid):
            read_cursor(other, listing="listX", tenant_id=HERE)


def test_a_cursor_with_a_right_checksum_and_odd_content_is_refused() -> None:
    genuine = base64.urlsafe_b64decode(
        write_cursor(("a", "b"), listing="listX", tenant_id=HERE) + "=="
    )

    assert b'["s","a","b"]' in genuine
    for listing, tenant_id in (("listY", HERE), ("listX", TenantId("tnt_other"))):
        with pytest.raises(InputInvalid):
            read_cursor(
                write_cursor((7, "res_1"), listing="listX", tenant_id=HERE),
                listing=listing,
                tenant_id=tenant_id,
            )


def test_a_cursor_of_another_list_is_a_problem(place: Place) -> None:
    bazaar = Bazaar(place)
    fill(bazaar)
    cursor = place.owner.get("/v1/resources", {"limit": "1"}).json["next_cursor"]

    reply = place.owner.get("/v1/customers", {"cursor": cursor})

    assert (reply.status, reply.json["errors"][0]["code"]) == (422, "not_a_cursor")


def test_bookings_are_filtered_by_status_time_offering_customer_and_order(place: Place) -> None:
    """AC-D06, AC-D22."""
    bazaar = Bazaar(place)
    contact = {"contact": {"name": "Ada", "email": "ada@b.example"}}
    fair = {"offering_id": bazaar.fair, "starts_at": FAIR_AT, **contact}
    ordered = place.owner.post("/v1/bookings", {**fair, "external_order_id": "o1"}).json
    cut = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "Bo"}}
    first = place.owner.post("/v1/bookings", cut).json
    place.owner.post(f"/v1/bookings/{ordered['booking_id']}/cancel")
    bazaar.booking()

    def numbers(**query: object) -> list[str]:
        items = place.owner.get("/v1/bookings", query).json["items"]
        # The bazaar's series is another story.
        return sorted(item["status"] for item in items if item["series_id"] is None)

    assert numbers() == ["cancelled", "confirmed", "pending", "pending"]
    assert numbers(status="No-Show") == []
    assert numbers(status=["CANCELLED", "confirmed"]) == ["cancelled", "confirmed"]
    assert numbers(status="cancelled,confirmed") == ["cancelled", "confirmed"]
    assert numbers(to=FAIR_AT) == ["confirmed"]
    assert numbers(**{"from": FAIR_AT}) == ["cancelled", "pending", "pending"]
    assert numbers(offering_id=place.cut) == ["confirmed"]
    assert numbers(customer_id=first["customer_id"]) == ["confirmed"]
    assert numbers(external_order_id="o1") == ["cancelled"]


def test_upcoming_bookings_are_the_live_ones_from_now_on(place: Place) -> None:
    """AC-D06 (P-094): seed rows ask for page 1 of 20."""
    bazaar = Bazaar(place)
    cut = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "Bo"}}
    first = place.owner.post("/v1/bookings", cut).json["booking_id"]
    second = bazaar.ids["booking_id"]
    gone = bazaar.booking()
    place.owner.post(f"/v1/bookings/{gone}/cancel")

    def upcoming() -> list[str]:
        items = place.owner.get("/v1/bookings/upcoming").json["items"]
        return [item["booking_id"] for item in items if item["series_id"] is None]

    before = upcoming()
    place.clock.set(datetime(2026, 6, 2, 8, 0, 1, tzinfo=UTC))
    after = upcoming()

    assert (before, after) == ([first, second], [second])
