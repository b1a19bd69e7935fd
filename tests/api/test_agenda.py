"""The agenda through the API."""

from __future__ import annotations

from tests.api.conftest import TUESDAY_TEN, Place

PATH = "/v1/agenda"
TUESDAY = {"from": "2026-06-02", "to": "2026-06-02"}


def test_what_stands_in_a_day_is_shown_by_resource(place: Place) -> None:
    """AC-T06: bookings, holds and blocks beside the opening hours."""
    booking = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "Ada"}}
    booked = place.owner.post("/v1/bookings", booking).json
    block = {
        "resource_id": place.chair,
        "starts_at": "2026-06-02T12:00:00Z",
        "ends_at": "2026-06-02T13:00:00Z",
        "reason": "Lunch",
    }
    place.owner.post("/v1/blocks", block)

    shown = place.viewer.get(PATH, TUESDAY)

    entries = {one["kind"]: one for one in shown.json["entries"]}
    assert (shown.status, shown.json["zone"], shown.json["is_cut"]) == (
        200,
        "Europe/Paris",
        False,
    )
    assert shown.json["starts_at"] == "2026-06-01T22:00:00Z"
    assert set(entries) == {"booking", "block"}
    assert (entries["booking"]["title"], entries["booking"]["number"]) == ("Ada", booked["number"])
    assert place.chair in entries["booking"]["resource_ids"]
    assert (entries["block"]["title"], entries["block"]["resource_ids"]) == (
        "Lunch",
        [place.chair],
    )
    assert place.chair in [one["resource_id"] for one in shown.json["resources"]]


def test_what_has_not_changed_is_not_sent_again(place: Place) -> None:
    first = place.viewer.get(PATH, TUESDAY)
    tag = first.headers["etag"]

    same = place.viewer.get(PATH, TUESDAY, if_none_match=tag)
    booking = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "Ada"}}
    place.owner.post("/v1/bookings", booking)
    changed = place.viewer.get(PATH, TUESDAY, if_none_match=tag)

    assert (same.status, same.body) == (304, b"")
    assert (changed.status, changed.headers["etag"] == tag) == (200, False)


def test_it_is_for_staff_and_within_bounds(place: Place) -> None:
    replies = [
        place.page.get(PATH),
        place.owner.get(PATH, {"from": "2026-06-03", "to": "2026-06-02"}),
        place.owner.get(PATH, {"from": "2026-06-03", "to": "2026-09-02"}),
        place.owner.get(PATH, {"resource_id": "somebody"}),
    ]

    assert [reply.status for reply in replies] == [403, 422, 422, 422]
