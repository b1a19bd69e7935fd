"""`holdfast clock`: a clock that has gone back is noticed, and an operator can go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from holdfast import Engine, SystemClock
from holdfast.storage.schema.capacity import capacity
from tests.cli.books import keep_books
from tests.cli.conftest import Say


@pytest.fixture
def url(fresh_url: Callable[[], str]) -> str:
    """A database of each kind in turn, with a booking in it."""
    made = fresh_url()
    keep_books(made)
    return made


def decide_in_the_future(url: str) -> None:
    """Pretend that the clock was an hour ahead when the last booking was placed."""
    engine = Engine.open(url)
    later = SystemClock().now() + timedelta(hours=1)
    with engine.database.write(engine.tenant("odeon").tenant_id) as transaction:
        decided = update(capacity).where(capacity.c.decided_at.is_not(None))
        transaction.connection.execute(decided.values(decided_at=later))
        transaction.commit()
    engine.close()


def test_a_clock_that_goes_forward_is_right(say: Say, url: str) -> None:
    said = say("clock", "--db", url)

    assert (said.code, said.out) == (0, "")
    assert re.match(r"By the database's clock it is 20\S+ \S+ UTC\.\n", said.err)
    assert said.err.endswith("Nothing was decided later than that: everything can be sold.\n")


def test_a_clock_that_went_back_is_told_by_tenant(say: Say, url: str) -> None:
    decide_in_the_future(url)

    said = say("clock", "--db", url)

    assert said.code == 1
    assert "holdfast: The clock is behind what was decided already" in said.err
    head, row = (re.split(r" {3,}", line) for line in said.out.splitlines())
    assert head == ["tenant", "last decision", "ahead by", "rows"]
    assert (row[0], row[3]) == ("odeon", "2")


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (("--reset",), "Reset 2 row(s) to now.", 0),
        (("--reset", "--tenant", "odeon"), "Reset 2 row(s) to now.", 0),
        (("--reset", "--tenant", "bob"), "Reset 0 row(s) to now.", 1),
        (("--reset", "--tenant", "eve"), "There is no tenant 'eve' here.", 1),
    ],
)
def test_an_operator_resets_what_lies_in_the_future(
    say: Say, url: str, words: tuple[str, ...], message: str, code: int
) -> None:
    decide_in_the_future(url)

    said = say("clock", *words, "--db", url)

    assert said.code == code
    assert message in said.err
