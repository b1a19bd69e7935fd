"""Openings: seven days with up to two stretches each, as a form and as rules of a schedule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleDraft, RuleKind, ScheduleRule
from holdfast.engine.schedules import WeeklyOpening
from holdfast.web.languages import Language
from holdfast.web.staff.set_up.sheets import (
    MINUTES_A_DAY,
    Entry,
    Kind,
    Say,
    Sheet,
    clock_of,
)

WEEKDAYS = (1, 2, 3, 4, 5, 6, 7)
PARTS = ("", "_again")
_A_MONDAY = date(2024, 1, 1)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekdayRow:
    """One weekday of the form: its name, and its four entries."""

    name: str
    entries: tuple[Entry, ...]


def weekday_rows(language: Language) -> tuple[WeekdayRow, ...]:
    """Return the rows of the form, Monday first."""
    say = language.gettext
    return tuple(
        WeekdayRow(
            name=language.weekday(_A_MONDAY + timedelta(days=day - 1)),
            entries=tuple(_entries_of_day(day, say)),
        )
        for day in WEEKDAYS
    )


def week_entries(language: Language) -> tuple[Entry, ...]:
    """Return all entries of the form."""
    return tuple(entry for row in weekday_rows(language) for entry in row.entries)


def _entries_of_day(day: int, say: Say) -> Iterable[Entry]:
    words = (say("Opens"), say("Closes"), say("Opens again"), say("Closes again"))
    names = [f"hours.{day}.{word}{part}" for part in PARTS for word in ("opens", "closes")]
    for name, label in zip(names, words, strict=True):
        yield Entry(name=name, label=label, kind=Kind.CLOCK)


def read_week(
    sheet: Sheet, say: Say, *, step: timedelta | None = None
) -> tuple[WeeklyOpening, ...]:
    """Return what the form opens; what is wrong stands beside its entries."""
    days: dict[Span, list[int]] = {}
    for day in WEEKDAYS:
        for part in PARTS:
            span = _span(sheet, f"hours.{day}", part, say)
            if span is not None:
                days.setdefault(span, []).append(day)
    return tuple(
        WeeklyOpening(
            weekdays=tuple(weekdays), opens_minute=opens, closes_minute=closes, slot_step=step
        )
        for (opens, closes), weekdays in sorted(days.items())
    )


def _span(sheet: Sheet, place: str, part: str, say: Say) -> Span | None:
    names = (f"{place}.opens{part}", f"{place}.closes{part}")
    if sheet.faults.keys() & set(names):
        return None
    opens, closes = (sheet.values.get(name) for name in names)
    if opens is None and closes is None:
        return None
    for name, minute in zip(names, (opens, closes), strict=True):
        if minute is None:
            sheet.faults[name] = say("Say from when to when.")
            return None
    assert isinstance(opens, int)
    assert isinstance(closes, int)
    # Closing before opening is closing after midnight.
    opens %= MINUTES_A_DAY
    return opens, closes if closes > opens else closes + MINUTES_A_DAY


def is_plain(rule: ScheduleRule) -> bool:
    """Whether a rule is one that the seven rows show: every week, without end."""
    return (
        rule.kind is RuleKind.WEEKLY
        and rule.effect is Effect.OPENS
        and rule.valid_from is None
        and rule.valid_until is None
        and not rule.is_repeated_hour_used
    )


def week_values(spans: Iterable[tuple[Sequence[int], int, int]]) -> dict[str, object]:
    """Return what stands in the form: `(weekdays, opens, closes)`, at most two of a day."""
    by_day: dict[int, list[Span]] = {}
    for weekdays, opens, closes in spans:
        for day in weekdays:
            by_day.setdefault(day, []).append((opens, closes))
    values: dict[str, object] = {}
    for day, found in by_day.items():
        for part, (opens, closes) in zip(PARTS, sorted(found), strict=False):
            values[f"hours.{day}.opens{part}"] = clock_of(opens)
            values[f"hours.{day}.closes{part}"] = clock_of(closes)
    return values


def week_rules(rules: Iterable[ScheduleRule]) -> tuple[list[ScheduleRule], list[ScheduleRule]]:
    """Part rules into those that the seven rows can show and all the others."""
    shown: list[ScheduleRule] = []
    others: list[ScheduleRule] = []
    count: dict[int, int] = {}
    for rule in rules:
        fits = is_plain(rule) and all(count.get(day, 0) < len(PARTS) for day in rule.weekdays)
        if fits and all(one.slot_step == rule.slot_step and one.zone == rule.zone for one in shown):
            shown.append(rule)
            for day in rule.weekdays:
                count[day] = count.get(day, 0) + 1
        else:
            others.append(rule)
    return shown, others


def draft_of(rule: ScheduleRule) -> RuleDraft:
    """Return a rule as it would be asked for again."""
    is_whole = (rule.opens_minute, rule.closes_minute) == (0, MINUTES_A_DAY)
    may_be_whole = rule.kind in {RuleKind.RANGE, RuleKind.DATES} or rule.effect is Effect.CLOSES
    is_left_out = is_whole and may_be_whole
    return RuleDraft(
        kind=rule.kind,
        effect=rule.effect,
        weekdays=rule.weekdays,
        recurrence=rule.recurrence,
        dates=rule.dates,
        dates_left_out=rule.dates_left_out,
        opens_minute=None if is_left_out else rule.opens_minute,
        closes_minute=None if is_left_out else rule.closes_minute,
        slot_step=rule.slot_step,
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
        zone=rule.zone,
        reason=rule.reason,
        is_repeated_hour_used=rule.is_repeated_hour_used,
    )
