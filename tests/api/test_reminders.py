"""Reminders through the API: said as a number or a list, and shown with what they are of."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.bootstrap import Engine
from tests.api.shops import ADA, Shop


@pytest.fixture
def shop(engine: Engine, runner: asyncio.Runner) -> Shop:
    """A business."""
    return Shop(engine, runner)


def test_one_reminder_or_several_are_said_and_the_next_one_is_shown(shop: Shop) -> None:
    """AC-S12."""
    cut = shop.offering("cut", shop.room(), policy={"reminder_before_minutes": 90})
    path = f"/v1/offerings/{cut}"
    said = [shop.owner.get(path).json["policy"]["reminder_before_minutes"]]
    for policy in ([1_440, 60], [], None):
        changed = shop.owner.patch(path, {"policy": {"reminder_before_minutes": policy}})
        said.append(changed.json["policy"]["reminder_before_minutes"])
    shop.owner.patch(path, {"policy": {"reminder_before_minutes": 60}})

    body = {"offering_id": cut, "starts_at": "2026-06-01T12:00:00Z", "contact": ADA}
    booked = shop.page.post("/v1/bookings", body)

    assert said == [[90], [1_440, 60], [], None]
    assert (booked.status, booked.json["remind_at"]) == (201, "2026-06-01T11:00:00Z")


@pytest.mark.parametrize("wrong", [0, -1, 60.5, "60", [60, 60], [1, 2, 3, 4, 5, 6], [None], True])
def test_reminders_that_make_no_sense_are_refused(shop: Shop, wrong: object) -> None:
    cut = shop.offering("cut", shop.room())

    reply = shop.owner.patch(f"/v1/offerings/{cut}", {"policy": {"reminder_before_minutes": wrong}})

    assert (reply.status, reply.code) == (422, "input.invalid")
    assert all(
        fault["pointer"].startswith("/policy/reminder_before_minutes")
        for fault in reply.json["errors"]
    )
