"""`holdfast simulate`: what was found, for people and for programs."""

from __future__ import annotations

import json

import pytest

from holdfast.domain.scenes import Room
from tests.cli.conftest import Say


def test_the_program_prints_what_was_found(say: Say) -> None:
    said = say("simulate", "--seed", "1", "--operations", "20", "--json")

    report = json.loads(said.out)
    assert said.code == 0
    assert list(report) == [
        "seed",
        "operations",
        "violations",
        "history_hash",
        "operations_per_second",
        "by_operation",
    ]
    assert (report["seed"], report["violations"]) == (1, [])
    assert all(
        count.keys() == {"accepted", "refused_by_code"} for count in report["by_operation"].values()
    )


def test_a_violation_is_shown_with_the_steps_to_it(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Room, "fits", lambda _room, _units: True)

    said = say("simulate", "--seed", "1", "--operations", "200")

    assert said.code == 1
    assert "capacity.exceeded" in said.err
    assert "It takes these" in said.err
    assert "'kind': 'book'" in said.out or "'kind': 'hold'" in said.out


def test_real_businesses_are_left_alone(say: Say, salon_url: str) -> None:
    said = say("simulate", "--db", salon_url)

    assert said.code == 2
    assert "There are businesses in that database." in said.err
