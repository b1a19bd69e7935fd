"""Opening hours as booking plugins of web shops write them, turned into our rules.

Such a plugin keeps `availableSlots`, a list of `{dayOfWeek, startTime, endTime}`, and
`specialAvailability`, a list of `{date, slots: [{startTime, endTime, available}]}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from holdfast.domain import checks
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RULES_PER_OWNER_MAX, RuleDraft, RuleKind
from holdfast.domain.schedules import parse_wall_time, parse_weekdays
from holdfast.domain.zones import MINUTES_PER_DAY

_WINDOW = frozenset({"startTime", "endTime"})
_MODES = ("replace", "add")
_SUNDAY = 7


def rules_from_seed(
    available_slots: Sequence[Mapping[str, object]] = (),
    special_availability: Sequence[Mapping[str, object]] = (),
    *,
    zone: str | None = None,
    slot_step: timedelta | None = None,
) -> tuple[RuleDraft, ...]:
    """Return the rules that say the same.

    Days of the week count from Sunday, 0 or 7, or from Monday, 1. What ends at or before its start
    ends on the next day. A special date replaces the weekly hours of that date, or adds to them if
    its `mode` is `add`; its windows with `available: false` close, and without any window all of
    the date is closed.

    Args:
        available_slots: Windows by weekday; windows of the same hours become one rule.
        special_availability: Windows of particular dates.
        zone: The zone of all of them; None means the owner's.
        slot_step: Whole minutes between the starts of slots; None leaves it to the offering.

    >>> rules = rules_from_seed(
    ...     [{"dayOfWeek": day, "startTime": "08:00", "endTime": "22:00"} for day in range(7)],
    ...     [{"date": "2026-07-14", "slots": [{"startTime": "10:00", "endTime": "18:00"}]}],
    ... )
    >>> [(rule.kind.value, rule.effect.value, rule.opens_minute) for rule in rules]
    [('weekly', 'opens', 480), ('dates', 'replaces', 600)]

    Raises:
        InputInvalid: Something is malformed; every fault is named, by its place in the lists.
    """
    faults: list[checks.Fault] = []
    _check_length(faults, "/availableSlots", available_slots)
    _check_length(faults, "/specialAvailability", special_availability)
    checks.require(faults)
    days_by_window: dict[tuple[int, int], set[int]] = {}
    for i, entry in enumerate(available_slots):
        at = f"/availableSlots/{i}"
        _check_fields(faults, at, entry, needed=_WINDOW | {"dayOfWeek"})
        days = _weekdays(faults, at, entry)
        days_by_window.setdefault(_window(faults, at, entry), set()).update(days)
    drafts = [
        RuleDraft(
            weekdays=tuple(sorted(days)),
            opens_minute=opens,
            closes_minute=closes,
            slot_step=slot_step,
            zone=zone,
        )
        for (opens, closes), days in days_by_window.items()
    ]
    for i, entry in enumerate(special_availability):
        found = _special(faults, f"/specialAvailability/{i}", entry)
        drafts.extend(
            RuleDraft(
                kind=RuleKind.DATES,
                effect=effect,
                dates=dates,
                opens_minute=opens,
                closes_minute=closes,
                slot_step=slot_step if effect is not Effect.CLOSES else None,
                zone=zone,
            )
            for dates, effect, opens, closes in found
        )
    checks.require(faults)
    return tuple(drafts)


def _special(
    faults: list[checks.Fault], at: str, entry: Mapping[str, object]
) -> Iterator[tuple[tuple[date, ...], Effect, int, int]]:
    """Yield the date, effect and window of every rule that a special date makes."""
    _check_fields(faults, at, entry, needed={"date", "slots"}, allowed={"mode"})
    dates = _date(faults, at, entry)
    mode, windows = entry.get("mode", "replace"), entry.get("slots")
    if mode not in _MODES:
        faults.append(checks.fault(f"{at}/mode", "not_one_of", "Give replace or add."))
    if not isinstance(windows, list | tuple):
        faults.append(checks.fault(f"{at}/slots", "wrong_type", "Give a list of windows."))
        return
    if not windows:
        yield dates, Effect.CLOSES, 0, MINUTES_PER_DAY
    for j, window in enumerate(windows[:RULES_PER_OWNER_MAX]):
        here = f"{at}/slots/{j}"
        if not isinstance(window, Mapping):
            faults.append(checks.fault(here, "wrong_type", "Give startTime and endTime."))
            continue
        _check_fields(faults, here, window, needed=_WINDOW, allowed={"available"})
        is_available = window.get("available", True)
        if not isinstance(is_available, bool):
            faults.append(checks.fault(f"{here}/available", "wrong_type", "Give true or false."))
        opening = Effect.OPENS if mode == "add" else Effect.REPLACES
        yield dates, opening if is_available else Effect.CLOSES, *_window(faults, here, window)


def _weekdays(faults: list[checks.Fault], at: str, entry: Mapping[str, object]) -> frozenset[int]:
    day = entry.get("dayOfWeek")
    if type(day) is int and 0 <= day <= _SUNDAY:
        return parse_weekdays([day])
    message = "Give a weekday from 1 (Monday) to 7 (Sunday), or 0 for Sunday."
    faults.append(checks.fault(f"{at}/dayOfWeek", "not_weekdays", message))
    return frozenset()


def _date(faults: list[checks.Fault], at: str, entry: Mapping[str, object]) -> tuple[date, ...]:
    text = entry.get("date")
    text = text if isinstance(text, str) and len(text) == len("2026-08-15") else ""
    try:
        return (date.fromisoformat(text),)
    except ValueError:
        message = "Give a date such as 2026-08-15."
        faults.append(checks.fault(f"{at}/date", "not_a_date", message))
        return ()


def _window(faults: list[checks.Fault], at: str, entry: Mapping[str, object]) -> tuple[int, int]:
    minutes = []
    for name in ("startTime", "endTime"):
        text = entry.get(name)
        try:
            is_closing = name == "endTime"
            minutes.append(
                parse_wall_time(text if isinstance(text, str) else "", closing=is_closing)
            )
        except ValueError as error:
            faults.append(checks.fault(f"{at}/{name}", "not_a_time", str(error)))
            minutes.append(0)
    opens, closes = minutes
    return opens, closes if closes > opens else closes + MINUTES_PER_DAY


def _check_fields(
    faults: list[checks.Fault],
    at: str,
    entry: Mapping[str, object],
    *,
    needed: Iterable[str],
    allowed: Iterable[str] = (),
) -> None:
    for name in entry:
        if name not in {*needed, *allowed}:
            message = "There is no such field here."
            faults.append(checks.fault(f"{at}/{name[:40]}", "unknown_field", message))


def _check_length(faults: list[checks.Fault], at: str, entries: Sequence[object]) -> None:
    if len(entries) > RULES_PER_OWNER_MAX:
        message = f"At most {RULES_PER_OWNER_MAX} of them."
        faults.append(checks.fault(at, "too_many", message))
