"""Answers to an offering's fields, through the API; golden test 16."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

from holdfast.bootstrap import Engine
from tests.api.shops import ADA, Shop
from tests.engine.test_answers import ASKED

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "fields-and-policies.md"
TEN = "2026-06-02T10:00:00Z"
SOUND = {"licence": "123456789012", "tech_check": True}


def request_of(offering_id: str, **more: object) -> dict[str, Any]:
    return {"offering_id": offering_id, "starts_at": TEN, "contact": ADA, **more}


def test_golden_16_every_answer_is_checked_and_every_fault_is_named(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-O01, AC-O02, AC-O03."""
    shop = Shop(engine, runner)
    car = shop.offering("car", fields=list(ASKED))

    def wrong(answers: dict[str, object], **metadata: object) -> list[str]:
        body = request_of(car, answers=answers, metadata=metadata)
        reply = shop.page.post("/v1/bookings", body)
        assert (reply.status, reply.json["code"]) == (422, "input.invalid"), reply.body
        return [fault["pointer"] for fault in reply.json["errors"]]

    assert wrong({**SOUND, "licence": "12345678901"}) == ["/answers/licence"]
    assert wrong({**SOUND, "nir": "323456789012345"}) == ["/answers/nir"]
    assert wrong({"licence": "123456789012", "tech_check": False}) == ["/answers/tech_check"]
    assert wrong({"tech_check": True}, licence="1") == ["/metadata/licence"]
    assert (
        shop.page.post(
            "/v1/bookings", request_of(car, answers={**SOUND, "nir": "123456789012345"})
        ).status
        == 201
    )
    asked = shop.page.get(f"/v1/offerings/{car}").json["fields"]
    assert [field["key"] for field in asked] == ["licence", "nir", "tech_check", "extras"]


def test_answers_are_kept_shown_and_changed_and_private_ones_only_staff_see(
    engine: Engine, runner: asyncio.Runner
) -> None:
    shop = Shop(engine, runner)
    car = shop.offering("car", fields=list(ASKED))
    kept = shop.page.post(
        "/v1/holds",
        {
            "offering_id": car,
            "starts_at": TEN,
            "answers": {"licence": "1" * 12},
            "metadata": {"nir": "1" * 15, "x": 1},
        },
    ).json

    booked = shop.page.post(
        f"/v1/holds/{kept['hold_id']}/convert", {"contact": ADA, "answers": {"tech_check": True}}
    )
    path = f"/v1/bookings/{booked.json['booking_id']}"
    changed = shop.page.patch(path, {"answers": {"extras": ["Balls"], "nir": None}})
    refused = shop.page.patch(path, {"answers": {"licence": None, "extras": ["Net"]}})

    assert (kept["answers"], kept["metadata"]) == ({"licence": "1" * 12}, {"x": 1})
    assert booked.status == 201, booked.body
    assert booked.json["answers"] == {"licence": "1" * 12, "tech_check": True}
    assert "1" * 15 not in str(booked.json)
    assert changed.json["answers"]["extras"] == ["Balls"]
    assert [fault["pointer"] for fault in refused.json["errors"]] == [
        "/answers/licence",
        "/answers/extras/0",
    ]
    staff = shop.owner.get(path).json
    assert (staff["answers"], staff["private_answers"]) == (changed.json["answers"], {})
    again = shop.owner.patch(path, {"answers": {"nir": "2" * 15}}).json
    assert again["private_answers"] == {"nir": "2" * 15}
    assert "private_answers" not in shop.page.get(path).json


def test_the_example_of_the_guide_asks_and_is_answered(
    engine: Engine, runner: asyncio.Runner
) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    sent = re.findall(r"-d '(\{\"fields\".*?\})'", text, re.DOTALL)
    answered = re.findall(r"\"answers\": (\{.*?\})", text)
    shop = Shop(engine, runner)
    car = shop.offering("car")

    changed = shop.owner.patch(f"/v1/offerings/{car}", json.loads(sent[0]))
    booked = shop.page.post(
        "/v1/bookings", request_of(car, answers=json.loads(answered[0]), contact=ADA)
    )

    assert changed.status == 200, changed.body
    assert booked.json["answers"] == SOUND
