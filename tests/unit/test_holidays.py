"""Public holidays as rules that close, from the optional library."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from holdfast.domain.errors import InputFault, InputInvalid
from holdfast.domain.intervals import Interval
from holdfast.domain.rule_kinds import Effect, WeeklyRule
from holdfast.domain.rules import RuleDraft, RuleKind
from holdfast.domain.schedules import closed_by, expand_rules
from holdfast.interop.holidays import HolidaysNotInstalled, closed_on_public_holidays

PARIS = "Europe/Paris"
SCRIPT = """
from holdfast.interop.holidays import closed_on_public_holidays
print([(str(rule.dates[0]), rule.reason) for rule in closed_on_public_holidays("FR", [2026])])
"""


def test_the_public_holidays_of_france_close_their_dates() -> None:
    drafts = closed_on_public_holidays("FR", [2026], zone=PARIS)

    assert len(drafts) == 11
    assert drafts[6] == RuleDraft(
        kind=RuleKind.DATES,
        effect=Effect.CLOSES,
        dates=(date(2026, 7, 14),),
        reason="Fête nationale",
        zone=PARIS,
    )


def test_nothing_is_offered_on_a_holiday_and_its_name_is_the_reason() -> None:
    mornings = WeeklyRule(
        weekdays=frozenset(range(1, 8)), opens_minute=540, closes_minute=600, zone=PARIS
    )
    rules = [mornings, *(draft.rule(PARIS) for draft in closed_on_public_holidays("FR", [2026]))]
    start = datetime(2026, 7, 13, tzinfo=UTC)
    week = Interval(starts_at=start, ends_at=start + timedelta(days=3))

    slots = expand_rules(rules, week, duration=timedelta(hours=1))

    assert [slot.starts_at.day for slot in slots] == [13, 15]
    assert [rule.reason for rule in closed_by(rules, week)] == ["Fête nationale"]


def test_a_part_of_a_country_and_several_years() -> None:
    bavaria = closed_on_public_holidays("DE", [2027, 2026], subdivision="BY", language="en_US")

    days = [draft.dates[0] for draft in bavaria]
    assert days == sorted(days)
    assert {day.year for day in days} == {2026, 2027}
    assert date(2026, 1, 6) in days
    assert "Epiphany" in {draft.reason for draft in bavaria}


@pytest.mark.parametrize(
    ("country", "subdivision", "language", "years", "pointer"),
    [
        ("XX", None, None, [2026], "/country"),
        ("france", None, None, [2026], "/country"),
        ("FR", "ZZ", None, [2026], "/subdivision"),
        ("FR", None, "tlh", [2026], "/language"),
        ("FR", None, None, [], "/years"),
        ("FR", None, None, range(2026, 2037), "/years"),
        ("FR", None, None, [1969], "/years"),
        ("FR", None, None, [2200], "/years"),
    ],
)
def test_what_the_library_does_not_know_is_refused(
    country: str, subdivision: str | None, language: str | None, years: list[int], pointer: str
) -> None:
    with pytest.raises(InputInvalid) as refusal:
        closed_on_public_holidays(country, years, subdivision=subdivision, language=language)

    faults = refusal.value.fields["errors"]
    assert isinstance(faults, tuple)
    assert [f.pointer for f in faults if isinstance(f, InputFault)] == [pointer]


def test_the_language_of_the_machine_has_no_effect() -> None:
    answers = []
    for language in ("C", "en_US.UTF-8", "de_DE.UTF-8"):
        environment = {**os.environ, "LANG": language, "LC_ALL": language, "LANGUAGE": language}
        environment["PYTHONUTF8"] = "1"
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        answers.append(ran.stdout)

    assert "Fête nationale" in answers[0]
    assert answers == [answers[0]] * 3


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)

    with pytest.raises(HolidaysNotInstalled, match=r"pip install 'holdfast\[holidays\]'"):
        closed_on_public_holidays("FR", [2026])
