"""Blocks over HTTP: taken, refused over bookings, kept or called off, and given back."""

from __future__ import annotations

import pytest

from holdfast.domain.access import Role
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.web.staff.blocks import minute_in
from tests.web.conftest import Town
from tests.web.staff.workday import TUESDAY, Workday, at, fill
from tests.web.staff.workers import Worker, worker_of

SLUG = "les-tilleuls"


@pytest.fixture
def day(town: Town) -> Workday:
    """A day at the inn."""
    return fill(town.street)


@pytest.fixture
def owner(town: Town, day: Workday) -> Worker:
    """The owner of the inn, signed in."""
    return worker_of(town, Role.OWNER, slug=SLUG)


def last_block(day: Workday) -> Block:
    """Return the block that was added last."""
    blocks = day.inn.desk.blocks.list().items
    return max(blocks, key=lambda one: one.block_id)


def test_what_was_drawn_in_the_calendar_stands_in_the_form_and_one_press_blocks_it(
    owner: Worker, day: Workday
) -> None:
    owner.at(
        "/blocks",
        resource=day.amelie,
        starts=f"{TUESDAY}T15:00:00",
        ends=f"{TUESDAY}T16:30:00",
    )
    owner.fill(reason="Dentist")
    owner.press("Block it")

    block = last_block(day)
    assert (block.resource_id, block.starts_at, block.ends_at, block.reason) == (
        day.amelie,
        at("15:00"),
        at("16:30"),
        "Dentist",
    )
    assert owner.url == f"/staff/{SLUG}/blocks/{block.block_id}"
    assert "Tue 2 Jun, 15:00 – 16:30 Dentist" in owner.page.text


def test_without_times_whole_days_are_blocked(owner: Worker, day: Workday) -> None:
    owner.at("/blocks", resource=day.amelie, starts="2026-06-08", ends="2026-06-11", is_days="1")
    owner.press("Block it")

    block = last_block(day)
    assert (block.starts_at, block.ends_at) == (at("00:00", on=8), at("00:00", on=11))


def test_over_bookings_it_is_refused_and_says_who_and_keeps_what_was_typed(
    owner: Worker, day: Workday
) -> None:
    owner.at(
        "/blocks",
        resource=day.amelie,
        starts=f"{TUESDAY}T09:00:00",
        ends=f"{TUESDAY}T12:00:00",
    )
    owner.fill(reason="Ill")
    owner.press("Block it")

    assert owner.status == 409
    assert "Somebody counts on that time, so nothing was blocked." in owner.page.text
    assert "Ada Lovelace" in owner.page.text
    assert "Grace Hopper" in owner.page.text
    assert ("reason", "Ill") in owner.page.forms[-1].fields
    assert last_block(day) == day.block


@pytest.mark.parametrize(("choice", "status"), [("list", "confirmed"), ("cancel", "cancelled")])
def test_over_bookings_they_are_kept_or_called_off_as_is_said(
    town: Town, owner: Worker, day: Workday, choice: str, status: str
) -> None:
    owner.at("/blocks")
    form = {
        "token": owner.token,
        "resource": day.amelie,
        "first_on": TUESDAY,
        "last_on": TUESDAY,
        "opens": "09:30",
        "closes": "11:00",
        "when_booked": choice,
    }
    owner.post(f"/staff/{SLUG}/blocks", form, sec_fetch_site="same-origin")

    massage = day.inn.desk.bookings.get(day.massage.booking_id)
    after = day.inn.desk.bookings.get(day.next_massage.booking_id)
    assert (massage.status.value, after.status.value) == (status, "confirmed")
    assert ("Ada Lovelace" in owner.page.text) == (choice == "list")
    assert not last_block(day).is_settling


def test_time_is_given_back(owner: Worker, day: Workday) -> None:
    owner.at(f"/blocks/{day.block.block_id}")
    owner.press("Give the time back")

    assert day.inn.desk.blocks.get(day.block.block_id).status is BlockStatus.REMOVED
    assert "This time can be booked again." in owner.page.text
    owner.at("/blocks")
    assert "Lunch" not in owner.page.text


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"resource": ""}, "Choose what is blocked."),
        ({"first_on": "soon"}, "Choose a day."),
        ({"last_on": "2026-06-01"}, "The last day is the first one, or comes after it."),
        ({"opens": "25:00"}, "Write a time such as 09:30."),
        ({"opens": "12:00", "closes": "11:00"}, "It ends after it begins."),
        ({"first_on": "1700-01-01", "last_on": "1700-01-01", "opens": "", "closes": ""}, ""),
        ({"last_on": "2106-06-02"}, ""),
        ({"resource": "res_nobody"}, ""),
        ({"reason": "a\x01b" * 9}, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_blocked(
    owner: Worker, day: Workday, said: dict[str, str], fault: str
) -> None:
    owner.at("/blocks")
    form = {
        "token": owner.token,
        "resource": day.amelie,
        "first_on": TUESDAY,
        "last_on": TUESDAY,
        "opens": "15:00",
        "closes": "16:00",
        **said,
    }
    owner.post(f"/staff/{SLUG}/blocks", form, sec_fetch_site="same-origin")

    assert owner.status in {404, 422}
    assert fault in owner.page.text
    assert last_block(day) == day.block


def test_staff_look_at_blocks_and_managers_make_them(town: Town, day: Workday) -> None:
    """AC-P02."""
    worker = worker_of(town, Role.STAFF, slug=SLUG)
    worker.at("/blocks")
    form = {"token": worker.token, "resource": day.amelie, "first_on": TUESDAY, "last_on": TUESDAY}

    looked = worker.status, "Lunch" in worker.page.text, "Block it" in worker.page.text
    worker.post(f"/staff/{SLUG}/blocks", form, sec_fetch_site="same-origin")

    assert looked == (200, True, False)
    assert worker.status == 403
    assert last_block(day) == day.block


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("09:30", 570),
        ("9:30", 570),
        ("24:00", 1440),
        ("24:01", None),
        ("9:5", None),
        ("09:60", None),
        ("0930", None),
        ("٠٩:٣٠", None),
        ("", None),
        ("99999999999:00", None),
    ],
)
def test_times_of_day_are_read(text: str, minute: int | None) -> None:
    assert minute_in(text) == minute
