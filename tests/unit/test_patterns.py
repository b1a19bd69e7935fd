"""The engine for patterns of fields: what it refuses, what it matches, and that it never hangs.

O5: patterns are read in linear time, and the rest is refused when saved.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from holdfast.patterns import RustPatterns

RUST = RustPatterns()


def test_a_refused_pattern_says_why_in_one_sentence() -> None:
    reasons = {
        "(?=a)b": "look-around, including look-ahead and look-behind, is not supported.",
        "[a-": "unclosed character class.",
        r"\w{999}\w{999}": "Compiled regex exceeds size limit of 10485760 bytes.",
    }

    found = {pattern: RUST.fault_of(pattern) for pattern in reasons}

    assert found == {
        pattern: f"This pattern cannot be used: {reason}" for pattern, reason in reasons.items()
    }


def test_pythons_own_engine_hangs_on_such_a_pattern() -> None:
    bomb = "import re; re.search('^(a+)+$', 'a' * 60 + '!')"

    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", bomb], timeout=0.5, check=False)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]$"])
def test_a_pattern_that_hangs_other_engines_answers_over_the_longest_text(pattern: str) -> None:
    assert RUST.matches(pattern, "a" * 999 + "!") is False


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^\d{2}$", "٣٤", True),
        (r"^[0-9]{2}$", "٣٤", False),
        (r"^[0-9]{2}$", "34\n", False),
        ("b", "abc", True),
        ("^b$", "abc", False),
        ("^\u00e9$", "\u00e9", True),
    ],
)
def test_what_a_pattern_matches_is_as_the_guide_says(
    pattern: str, text: str, *, expected: bool
) -> None:
    assert RUST.matches(pattern, text) is expected


def test_a_refused_pattern_matches_nothing_rather_than_everything() -> None:
    with pytest.raises(ValueError, match="look-around"):
        RUST.matches("(?=a)", "a")
