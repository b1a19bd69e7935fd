"""The calendar of staff over HTTP: what is shown, what the script is told, and what is moved."""

from __future__ import annotations

import json
from datetime import date

import pytest
from httpx2 import Response

from holdfast.domain.access import Role
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details
from holdfast.web.languages import language_of
from holdfast.web.staff.showing import VIEWS, showing_of
from holdfast.web.visits import Form
from tests.web.conftest import Town
from tests.web.staff.workday import HOUR, TUESDAY, Workday, at, fill
from tests.web.staff.workers import Worker, worker_of
from tests.web.test_safety import EVIL
from tests.web.visitors import BASE

SLUG = "les-tilleuls"
LATER = date(2026, 6, 8)


@pytest.fixture
def day(town: Town) -> Workday:
    """A day at the inn."""
    return fill(town.street)


@pytest.fixture
def owner(town: Town, day: Workday) -> Worker:
    """The owner of the inn, signed in."""
    return worker_of(town, Role.OWNER, slug=SLUG)


def feed(worker: Worker, view: str = "day", tag: str = "", **query: str) -> Response:
    """Ask what the calendar's script asks."""
    asked = {"view": view, "on": TUESDAY, **query}
    headers = {"If-None-Match": tag} if tag else {}
    url = f"/staff/{worker.slug}/calendar/feed"
    answer: Response = worker.client.get(url, params=asked, headers=headers)
    return answer


def drag(worker: Worker, booking: Booking, **wish: object) -> Response:
    """Move a booking as the calendar's script does."""
    worker.at("/blocks")
    said = {"booking_id": booking.booking_id, "version": booking.version, **wish}
    headers = {
        "Content-Type": "application/json",
        "X-Holdfast-Token": worker.token,
        "Origin": BASE,
        "Sec-Fetch-Site": "same-origin",
    }
    url = f"/staff/{worker.slug}/calendar/move"
    answer: Response = worker.client.post(url, content=json.dumps(said), headers=headers)
    return answer


def hours(count: float) -> dict[str, int]:
    """Return a shift by some hours."""
    return {"days": 0, "seconds": int(count * 3_600)}


def test_a_day_is_a_list_of_what_each_resource_does(owner: Worker, day: Workday) -> None:
    """AC-T06: it works without a script."""
    owner.at("/calendar", view="list", on=TUESDAY)

    text = owner.page.text
    assert owner.status == 200
    assert "Amélie 09:00 – 19:00 10:00 – 11:00 Ada Lovelace Massage confirmed" in text
    assert "Bastien 09:00 – 19:00 12:00 – 13:00 Lunch blocked" in text
    assert "Barbara Liskov The garden room · 2 people" in text
    hrefs = [one.href for one in owner.page.anchors]
    assert f"/staff/{SLUG}/bookings/{day.massage.booking_id}" in hrefs
    assert f"/staff/{SLUG}/blocks/{day.block.block_id}" in hrefs


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_leads_to_the_others_and_keeps_what_is_left_out(
    owner: Worker, day: Workday, view: str
) -> None:
    owner.at("/calendar", view=view, on=TUESDAY, resource=day.amelie)

    hrefs = [one.href for one in owner.page.anchors if "/calendar?" in one.href]
    kept = [href for href in hrefs if f"resource={day.amelie}" in href and "lang=" not in href]
    assert owner.status == 200
    assert len(kept) == 8  # five views, before, today and after
    assert {href.partition("view=")[2].partition("&")[0] for href in kept} == set(VIEWS)
    assert owner.page.inline == []


def test_a_month_is_listed_by_its_days(owner: Worker) -> None:
    owner.at("/calendar", view="month", on=TUESDAY, listed="yes")

    assert "Tuesday 2 June" in owner.page.text
    assert "Edsger Dijkstra" in owner.page.text


def test_the_script_is_told_times_as_the_clock_on_the_wall_shows_them(
    owner: Worker, day: Workday
) -> None:
    said = feed(owner).json()

    entries = {one["title"]: one for one in said["entries"] if one["kind"] != "closed"}
    assert said["offset"] == "+02:00"
    assert entries["Ada Lovelace"] == {
        "id": day.massage.booking_id,
        "kind": "booking",
        "start": "2026-06-02T10:00:00",
        "end": "2026-06-02T11:00:00",
        "allDay": False,
        "resourceIds": [day.amelie],
        "title": "Ada Lovelace",
        "more": "Massage",
        "status": "confirmed",
        "word": "confirmed",
        "href": f"/staff/{SLUG}/bookings/{day.massage.booking_id}",
        "version": 1,
        "mayMove": True,
        "mayStretch": False,
    }
    stay = entries["Barbara Liskov"]
    assert (stay["allDay"], stay["start"], stay["end"]) == (True, "2026-06-02", "2026-06-04")
    closed = [one for one in said["entries"] if one["kind"] == "closed"]
    of_amelie = [(one["start"], one["end"]) for one in closed if one["resourceIds"] == [day.amelie]]
    assert of_amelie == [
        ("2026-06-02T00:00:00", "2026-06-02T09:00:00"),
        ("2026-06-02T19:00:00", "2026-06-03T00:00:00"),
    ]


def test_a_week_says_who_serves_since_no_column_does(owner: Worker) -> None:
    entries = feed(owner, view="week").json()["entries"]

    more = {one["title"]: one["more"] for one in entries}
    assert more["Ada Lovelace"] == "Massage · Amélie"
    assert more["Lunch"] == "Bastien"


@pytest.mark.parametrize("evil", EVIL)
def test_what_anybody_writes_stays_text(owner: Worker, day: Workday, evil: str) -> None:
    """Names, reasons, resources."""
    desk = day.inn.desk
    desk.resources.change(day.amelie, {"name": evil})
    desk.bookings.change(day.massage.booking_id, {"contact": Contact(name=evil)})
    reason = AddBlock(resource_id=day.amelie, first_on=LATER, last_on=LATER, reason=evil)
    block = desk.blocks.add(reason)

    for path in (
        f"/calendar?view=list&on={TUESDAY}",
        f"/calendar?view=week&on={TUESDAY}&listed=yes",
        "/blocks",
        f"/blocks/{block.block_id}",
        f"/walk-in?offering={day.inn.massage.offering_id}",
    ):
        owner.at(path)
        page = owner.page
        handlers = [name for _, said in page.elements for name in said if name.startswith("on")]
        styles = [said for _, said in page.elements if "style" in said]
        sources = [said["src"] for tag, said in page.elements if tag == "script"]
        assert owner.status == 200
        assert (handlers, styles, page.inline) == ([], [], [])
        assert all(one.startswith("/static/") for one in sources)


def test_what_has_not_changed_is_not_said_again(owner: Worker, day: Workday) -> None:
    tag = feed(owner).headers["etag"]

    same = feed(owner, tag=tag)
    day.inn.desk.bookings.cancel(day.massage.booking_id)
    changed = feed(owner, tag=tag)

    assert (same.status_code, same.content) == (304, b"")
    assert changed.status_code == 200
    assert "Ada Lovelace" not in changed.text


def test_what_is_left_out_is_not_told(owner: Worker, day: Workday) -> None:
    def titles(**query: str) -> list[str]:
        found = feed(owner, **query).json()["entries"]
        return [one["title"] for one in found if one["kind"] != "closed"]

    day.inn.desk.bookings.cancel(day.next_massage.booking_id)

    assert titles(resource=day.bastien) == ["Lunch", "Alan Turing"]
    assert titles(offering=day.inn.room.offering_id) == ["Lunch", "Barbara Liskov"]
    assert titles(status="cancelled", resource=day.amelie) == ["Grace Hopper"]


def test_a_drag_moves_a_booking_by_the_clock_and_to_somebody_else(
    owner: Worker, day: Workday
) -> None:
    answer = drag(
        owner, day.massage, shift=hours(3), from_resource=day.amelie, to_resource=day.bastien
    )

    moved = day.inn.desk.bookings.get(day.massage.booking_id)
    assert (answer.status_code, answer.json()) == (
        200,
        {"says": "Ada Lovelace: now Tue 2 Jun, 13:00 – 14:00.", "version": moved.version},
    )
    assert moved.starts_at == at("13:00")
    assert [one.resource_id for one in moved.assigned] == [day.bastien]


def test_a_refused_drag_says_why_and_what_is_free_and_changes_nothing(
    owner: Worker, day: Workday
) -> None:
    answer = drag(owner, day.massage, shift=hours(1), to_resource=day.amelie)

    said = answer.json()
    assert answer.status_code == 409
    assert said["says"].endswith("Nothing was changed: it is back where it was.")
    assert said["alternatives"]
    assert day.inn.desk.bookings.get(day.massage.booking_id) == day.massage
    other = said["alternatives"][0]
    taken = drag(owner, day.massage, slot_id=other["slot_id"], starts_at=other["starts_at"])
    assert taken.status_code == 200


def test_staff_may_insist_on_what_keeps_only_customers_from_it(
    town: Town, owner: Worker, day: Workday
) -> None:
    town.clock.set(at("09:00"))
    day.inn.desk.offerings.change(day.inn.massage.offering_id, {"notice": 4 * HOUR})

    refused = drag(owner, day.massage, shift=hours(2))
    insisted = drag(owner, day.massage, shift=hours(2), insists=True)

    assert (refused.status_code, refused.json()["mayInsist"]) == (409, True)
    assert insisted.status_code == 200
    moved = day.inn.desk.bookings.get(day.massage.booking_id)
    assert moved.override is not None
    assert moved.override.reason == "Moved in the calendar"


def test_nights_move_by_days(owner: Worker, day: Workday) -> None:
    stay = next(
        one for one in day.inn.desk.bookings.list().items if one.contact.name == "Barbara Liskov"
    )

    answer = drag(owner, stay, shift={"days": 3, "seconds": 0})

    moved = day.inn.desk.bookings.get(stay.booking_id)
    assert answer.json()["says"] == "Barbara Liskov: now Fri 5 Jun."
    assert [one.day for one in moved.dates] == [5, 6]


def test_what_somebody_else_changed_meanwhile_is_not_moved(owner: Worker, day: Workday) -> None:
    day.inn.desk.bookings.change(day.massage.booking_id, {"note": "by the window"})

    answer = drag(owner, day.massage, shift=hours(4))

    assert answer.status_code == 412


@pytest.mark.parametrize(
    "wish",
    [
        {"version": "1", "shift": {"days": 0, "seconds": 60}},
        {"shift": {"days": 10**9, "seconds": 0}},
        {"shift": {"days": 0}},
        {"shift": 7},
        {"booking_id": "7"},
        {"booking_id": None},
        {"starts_at": "soon"},
        {"starts_at": "2026-06-02T10:00:00"},
        {"slot_id": "slt_nothing"},
    ],
)
def test_what_no_calendar_says_is_refused(
    owner: Worker, day: Workday, wish: dict[str, object]
) -> None:
    answer = drag(owner, day.massage, **wish)

    assert answer.status_code in {404, 409, 422}
    assert answer.json()["says"]
    assert day.inn.desk.bookings.get(day.massage.booking_id) == day.massage


def test_nobody_moves_anything_without_the_token_or_the_role(
    town: Town, owner: Worker, day: Workday
) -> None:
    viewer = worker_of(town, Role.VIEWER, slug=SLUG)
    said = {"booking_id": day.massage.booking_id, "version": 1, "shift": hours(3)}
    url = f"/staff/{SLUG}/calendar/move"

    tokenless = owner.client.post(url, json=said, headers={"Sec-Fetch-Site": "same-origin"})
    powerless = viewer.client.post(url, json=said)
    abroad = owner.client.post(url, json=said, headers={"Sec-Fetch-Site": "cross-site"})

    assert [one.status_code for one in (tokenless, powerless, abroad)] == [403, 403, 403]
    assert day.inn.desk.bookings.get(day.massage.booking_id) == day.massage
    entries = feed(viewer).json()["entries"]
    assert not any(one["mayMove"] for one in entries)


def test_a_class_is_one_entry_with_its_places(town: Town, day: Workday) -> None:
    hall = town.street.concert
    worker = worker_of(town, Role.STAFF, slug="odeon")
    (slot,) = hall.desk.slots.list().items
    hall.desk.bookings.place(
        choice=Choice(slot_id=slot.slot_id),
        party_size=3,
        details=Details(contact=Contact(name="Ada", email="ada@example.com")),
    )

    entries = feed(worker, on="2026-07-14").json()["entries"]
    worker.at(f"/calendar/slots/{slot.slot_id}")

    (shown,) = [one for one in entries if one["kind"] == "slot"]
    assert (shown["word"], shown["mayMove"]) == ("3 of 5 taken", False)
    assert not [one for one in entries if one["kind"] == "booking"]
    assert "3 of 5 taken" in worker.page.text
    assert "Ada 3 people confirmed" in worker.page.text


def test_where_no_script_runs_a_picture_leads_to_its_list(
    owner: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.web.staff.calendar.is_built", lambda: True)
    owner.at("/calendar", view="week", on=TUESDAY)
    (refresh,) = [said for tag, said in owner.page.elements if said.get("http-equiv")]

    owner.open(refresh["content"].removeprefix("0; url="))

    assert "Ada Lovelace" in owner.page.text
    links = [one.href for one in owner.page.anchors if "view=" in one.href]
    drawn = [href for href in links if "listed=yes" not in href and "lang=" not in href]
    assert len(drawn) == 1, "the way back to the picture"
    owner.at("/calendar", view="list", on=TUESDAY)
    assert not [one.href for one in owner.page.anchors if "listed=yes" in one.href]


def test_without_the_script_a_picture_is_a_list_that_says_so(
    owner: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.web.staff.calendar.is_built", lambda: False)

    owner.at("/calendar", view="week", on=TUESDAY)

    assert "This is a list, since the calendar's script was not built" in owner.page.text
    assert "Ada Lovelace" in owner.page.text


def test_an_address_that_makes_no_sense_shows_today(owner: Worker) -> None:
    owner.at("/calendar", view="year", on="2026-13-77", resource="nobody", status="sad")

    assert owner.status == 200
    assert "Monday 1 June" in owner.page.text


def test_the_edges_of_the_calendar_can_be_looked_at(owner: Worker) -> None:
    for on in ("0001-01-01", "9999-12-31"):
        for view in ("day", "week", "month"):
            owner.at("/calendar", view=view, on=on)
            assert owner.status == 200


def test_months_follow_each_other() -> None:
    form = Form([("view", "month"), ("on", "2026-01-31")])
    showing = showing_of(form, today=at("10:00").date(), language=language_of("en-GB"))

    assert (showing.before.isoformat(), showing.after.isoformat()) == ("2025-12-31", "2026-02-01")
    assert (showing.first_on.isoformat(), showing.last_on.isoformat()) == (
        "2025-12-29",
        "2026-02-08",
    )
