"""`holdfast audit`: silent about right books, loud about wrong ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from tests.cli.books import keep_books, spoil_books
from tests.cli.conftest import Say


@pytest.fixture
def booked_url(fresh_url: Callable[[], str]) -> str:
    """A database of each kind in turn: one business without and one with a booking."""
    url = fresh_url()
    keep_books(url)
    return url


def test_right_books_are_proved(say: Say, booked_url: str) -> None:
    said = say("audit", "--db", booked_url)

    assert (said.code, said.out) == (0, "")
    assert re.match(r"Proved: 2 claims under \d+ keys, .* of 2 tenant\(s\)\. Nothing was", said.err)


def test_wrong_books_are_listed_and_end_with_1(say: Say, booked_url: str) -> None:
    spoil_books(booked_url)

    said = say("audit", "--db", booked_url)

    assert said.code == 1
    assert said.err.startswith("holdfast: 1 violation(s) in 2 claims under ")
    head, (tenant, kind, key, detail) = (re.split(r" {3,}", line) for line in said.out.splitlines())
    assert head == ["tenant", "violation", "of", "what is wrong"]
    assert (tenant, kind, key[:9]) == ("odeon", "counter.used", "slot:slt_")
    assert detail == "It says 1 in use; the claims that are not released are 2."


def test_wrong_books_are_listed_as_json(say: Say, booked_url: str) -> None:
    spoil_books(booked_url)

    said = say("audit", "--json", "--db", booked_url)

    report = json.loads(said.out)
    assert (said.code, said.err) == (1, "")
    assert (report["is_clean"], report["violation_count"]) == (False, 1)
    assert [violation["kind"] for violation in report["violations"]] == ["counter.used"]


@pytest.mark.parametrize(("slug", "code"), [("bob", 0), ("odeon", 1)])
def test_one_tenant_can_be_proved_alone(say: Say, booked_url: str, slug: str, code: int) -> None:
    spoil_books(booked_url)

    assert say("audit", "--tenant", slug, "--db", booked_url).code == code


def test_a_tenant_that_is_not_there_cannot_be_proved(say: Say, salon_url: str) -> None:
    said = say("audit", "--tenant", "eve", "--db", salon_url)

    assert (said.code, said.out) == (1, "")
    assert said.err == "holdfast: There is no tenant 'eve' here.\n"
