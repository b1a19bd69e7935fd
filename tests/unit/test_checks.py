"""Checks of input: what passes, what does not, and under which code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from holdfast.domain import checks
from holdfast.domain.errors import InputInvalid

HOUR = timedelta(hours=1)
Check = Callable[[], checks.Fault | None]


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (lambda: checks.line("/x", "Zoë Ølsen 李"), None),
        (lambda: checks.line("/x", "   ", shortest=1), "too_short"),
        (lambda: checks.line("/x", "a" * 201), "too_long"),
        (lambda: checks.line("/x", "a\u2028b"), "bad_character"),
        (lambda: checks.text("/x", "a\nb\tc"), None),
        (lambda: checks.text("/x", "a\x00b"), "bad_character"),
        (lambda: checks.text("/x", "a\ud800b"), "bad_character"),
        (lambda: checks.text("/x", "abc\u202egpj.exe"), "bad_character"),
        (lambda: checks.whole("/x", 0, least=1, most=5), "out_of_range"),
        (lambda: checks.whole("/x", None, least=1, most=5), None),
        (lambda: checks.length("/x", HOUR, least=HOUR, most=HOUR), None),
        (
            lambda: checks.length("/x", HOUR / 7, least=timedelta(0), most=HOUR),
            "not_whole_seconds",
        ),
        (lambda: checks.email("/x", "a.b+c@exämple.example"), None),
        (lambda: checks.email("/x", "a b@example.org"), "not_an_email"),
        (lambda: checks.email("/x", "a@b@example.org"), "not_an_email"),
        (lambda: checks.email("/x", "a@localhost"), "not_an_email"),
        (lambda: checks.phone("/x", "+33 (0)6.12-34"), None),
        (lambda: checks.phone("/x", "call me"), "not_a_phone"),
        (lambda: checks.phone("/x", "12"), "not_a_phone"),
        (lambda: checks.zone_name("/x", "Europe/Paris"), None),
        (lambda: checks.zone_name("/x", "Mars/Olympus"), "unknown_zone"),
        (lambda: checks.zone_name("/x", "../../etc/passwd"), "unknown_zone"),
        (lambda: checks.currency("/x", "EUR"), None),
        (lambda: checks.currency("/x", "EURO"), "not_a_currency"),
        (lambda: checks.metadata("/x", {"a": [1, 2.5, None, True, {"b": "c"}]}), None),
        (lambda: checks.metadata("/x", {"a": float("nan")}), "not_plain"),
        (lambda: checks.metadata("/x", {"a": 2**70}), "not_plain"),
        (lambda: checks.metadata("/x", {"a": "\x00"}), "not_plain"),
        (lambda: checks.metadata("/x", {"a": "x" * 20_000}), "not_plain"),
        (lambda: checks.metadata("/x", {"a": ["x" * 4_000] * 5}), "too_long"),
        (
            lambda: checks.metadata(
                "/x", {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}
            ),
            None,
        ),
        (
            lambda: checks.metadata(
                "/x", {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}
            ),
            "not_plain",
        ),
    ],
)
def test_each_check_says_what_is_wrong(check: Check, code: str | None) -> None:
    found = check()

    assert (found.code if found else None) == code


def test_every_fault_is_named_at_once() -> None:
    faults = [checks.fault("/a", "x", "First."), None, checks.fault("/b", "y", "Second.")]

    with pytest.raises(InputInvalid) as refused:
        checks.require(faults)

    assert refused.value.fields == {"errors": (faults[0], faults[2])}
    assert refused.value.detail == "First."
