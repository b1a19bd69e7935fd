"""Reports through the API: capacity, the next days, and finding bookings."""

from __future__ import annotations

from tests.api.conftest import TUESDAY_TEN, Place


def test_a_resource_is_reported_day_by_day(place: Place) -> None:
    """AC-R05, R-40."""
    booking = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "Ada"}}
    place.owner.post("/v1/bookings", booking)
    query = {"resource_id": place.chair, "from": "2026-06-02", "to": "2026-06-03"}

    report = place.viewer.get("/v1/reports/capacity", query)

    first, second = report.json["items"]
    assert (report.status, report.json["from"], report.json["to"]) == (
        200,
        "2026-06-02",
        "2026-06-03",
    )
    assert (first["date"], first["capacity"], first["taken_units"]) == ("2026-06-02", 1, None)
    assert first["booked_unit_minutes"] == first["taken_unit_minutes"] > 0
    share = first["taken_unit_minutes"] / first["open_unit_minutes"]
    assert first["utilisation"] == round(share, 4)
    assert (second["taken_unit_minutes"], second["utilisation"]) == (0, 0.0)


def test_what_is_dated_is_reported_in_units_and_what_is_unlimited_as_null(place: Place) -> None:
    """AC-R05, C-10."""
    bikes = {"name": "Bikes", "capacity": 5, "scheme": "dated"}
    made = place.owner.post("/v1/resources", bikes).json["resource_id"]
    place.owner.post("/v1/resources", {"name": "Webinar", "capacity": None})
    place.owner.put(f"/v1/resources/{made}/days/2026-06-03", {"capacity": 2})

    report = place.owner.get("/v1/reports/capacity", {"from": "2026-06-03", "to": "2026-06-03"})

    rows = {row["name"]: row for row in report.json["items"]}
    bikes_day, webinar = rows["Bikes"], rows["Webinar"]
    assert (bikes_day["capacity"], bikes_day["remaining_units"], bikes_day["over_units"]) == (
        2,
        2,
        0,
    )
    assert {name for name in bikes_day if bikes_day[name] is None} == {
        "open_unit_minutes",
        "taken_unit_minutes",
        "booked_unit_minutes",
        "held_unit_minutes",
        "slot_unit_minutes",
    }
    assert (webinar["capacity"], webinar["utilisation"], webinar["open_unit_minutes"]) == (
        None,
        None,
        None,
    )


def test_a_report_is_for_staff_and_within_bounds(place: Place) -> None:
    """AC-R05."""
    path = "/v1/reports/capacity"
    replies = [
        place.page.get(path),
        place.owner.get(path, {"from": "2026-06-03", "to": "2026-06-02"}),
        place.owner.get(path, {"from": "2026-06-03", "to": "2036-06-02"}),
        place.stranger.get(path, {"resource_id": place.chair}),
    ]

    assert [reply.status for reply in replies] == [403, 422, 422, 404]


def test_the_next_days_are_counted_with_what_comes_in(place: Place) -> None:
    """AC-R06."""
    booking = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "Ada"}}
    price = place.owner.post("/v1/bookings", booking).json["price"]

    outlook = place.viewer.get("/v1/reports/outlook")
    wrong = [place.viewer.get("/v1/reports/outlook", {"days": days}) for days in ("0", "32", "x")]
    public = place.page.get("/v1/reports/outlook")

    days = {day["date"]: day for day in outlook.json["items"]}
    assert next(iter(days)) == "2026-06-01"
    assert (len(days), outlook.json["is_cut"]) == (8, False)
    assert days["2026-06-02"] == {
        "date": "2026-06-02",
        "statuses": {"confirmed": 1},
        "people": 1,
        "revenue": price,
        "paid": {**price, "amount_minor": 0},
    }
    assert [reply.status for reply in wrong] == [422, 422, 422]
    assert public.status == 403


def test_a_booking_is_found_by_what_somebody_says(place: Place) -> None:
    contact = {"name": "Ada Lovelace", "email": "ada@b.example", "phone": "+33 6 12"}
    booking = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": contact}
    made = place.owner.post("/v1/bookings", booking).json

    def found(words: str) -> list[str]:
        reply = place.viewer.get("/v1/bookings/search", {"q": words})
        return [one["booking_id"] for one in reply.json["items"]]

    for words in (made["number"], " ADA  love", "lovelace", "Ada@B.example", "0033 612"):
        assert found(words) == [made["booking_id"]], words
    for words in ("ove", "b.example", "%", "612"):
        assert found(words) == [], words
    none = place.viewer.get("/v1/bookings/search")
    long = place.viewer.get("/v1/bookings/search", {"q": "x" * 255})
    assert [none.status, long.status, place.page.get("/v1/bookings/search").status] == [
        422,
        422,
        403,
    ]
