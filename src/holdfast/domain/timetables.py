"""Timetables: the hours of several owners around some time, worked out once for many questions.

A listing asks of thousands of slots whether each owner is open. A booking asks of one: then
nothing is worked out ahead, and the rules themselves are asked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar, cast

from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.schedules import (
    Rule,
    TooManySlots,
    expand_rules,
    is_open,
    open_intervals,
    slots_on_grid,
)

# So many days are worked out at a time, and one more: what is asked may end on the next day.
_BLOCK_DAYS = 16
_BLOCK = timedelta(days=_BLOCK_DAYS)
_BEYOND = timedelta(days=1)

F = TypeVar("F")
_Ends = tuple[list[datetime], list[datetime]]


class Timetables:
    """The answers of rules for the time that is looked at; elsewhere the rules are asked.

    They are the same answers: `open_intervals` and `expand_rules` of a longer stretch of time.
    """

    __slots__ = ("_by_identity", "_by_rules", "_found", "_window")

    def __init__(self, window: Interval | None = None) -> None:
        self._window = window
        # By identity, since comparing rules costs more than an answer; equal ones share theirs.
        self._by_identity: dict[int, _Hours] = {}
        self._by_rules: dict[tuple[Rule, ...], _Hours] = {}
        self._found: dict[Hashable, object] = {}

    def once(self, key: Hashable, find: Callable[[], F]) -> F:
        """Return what was found of some hours before, or find it now: many have the same."""
        if key not in self._found:
            self._found[key] = find()
        return cast("F", self._found[key])

    def covers(self, rules: Sequence[Rule], interval: Interval) -> bool:
        """Say whether rules are open during a whole interval."""
        if self._is_ahead(interval.starts_at):
            ends = self._hours_of(rules).open_around(interval.starts_at)
            if ends is not None and interval.ends_at <= ends[1]:
                (starts, stops), _ = ends
                index = bisect_right(starts, interval.starts_at) - 1
                return index >= 0 and stops[index] >= interval.ends_at
        return is_open(rules, interval)

    def opens_during(self, rules: Sequence[Rule], interval: Interval) -> bool:
        """Say whether rules open anything of an interval, such as a day."""
        if self._is_ahead(interval.starts_at):
            return self._hours_of(rules).opens_during(interval)
        return bool(open_intervals(rules, interval))

    def is_start(
        self,
        rules: Sequence[Rule],
        starts_at: datetime,
        *,
        duration: timedelta,
        step: timedelta | None,
    ) -> bool:
        """Say whether the grid of rules has a slot that starts at an instant."""
        if self._is_ahead(starts_at):
            starts = self._hours_of(rules).starts_around(starts_at, duration, step)
            if starts is not None:
                return starts_at in starts
        return slots_on_grid(rules, starts_at, duration=duration, step=step)

    def _is_ahead(self, instant: datetime) -> bool:
        return self._window is not None and self._window.covers(instant)

    def _hours_of(self, rules: Sequence[Rule]) -> _Hours:
        hours = self._by_identity.get(id(rules))
        if hours is None:
            kept = tuple(rules)
            hours = self._by_rules.setdefault(kept, _Hours(kept))
            hours.named.append(rules)
            self._by_identity[id(rules)] = hours
        return hours


class _Hours:
    """What some rules open, block of days by block of days.

    Attributes:
        named: The lists that were asked by, kept so that their identity is never another's.
    """

    __slots__ = ("_any", "_open", "_rules", "_starts", "named")

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._open: dict[int, tuple[_Ends, datetime] | None] = {}
        self._any: dict[Interval, bool] = {}
        self._starts: dict[object, frozenset[datetime] | None] = {}
        self.named: list[Sequence[Rule]] = []

    def open_around(self, instant: datetime) -> tuple[_Ends, datetime] | None:
        """Return when it opens and closes around an instant, and until when that is known."""
        number = instant.toordinal() // _BLOCK_DAYS
        if number not in self._open:
            block = _block(number)
            try:
                opened = open_intervals(self._rules, block)
            except TooManySlots:
                self._open[number] = None
            else:
                ends = [one.starts_at for one in opened], [one.ends_at for one in opened]
                self._open[number] = ends, block.ends_at
        return self._open[number]

    def starts_around(
        self, instant: datetime, duration: timedelta, step: timedelta | None
    ) -> frozenset[datetime] | None:
        """Return the starts of the grid around an instant, if they are not too many."""
        number = instant.toordinal() // _BLOCK_DAYS
        key = number, duration, step
        if key not in self._starts:
            try:
                slots = expand_rules(self._rules, _block(number), duration=duration, step=step)
            except TooManySlots:
                self._starts[key] = None
            else:
                self._starts[key] = frozenset(slot.starts_at for slot in slots)
        return self._starts[key]

    def opens_during(self, interval: Interval) -> bool:
        """Say whether anything of an interval is open."""
        found = self._any.get(interval)
        if found is None:
            found = self._any[interval] = bool(open_intervals(self._rules, interval))
        return found


def _block(number: int) -> Interval:
    """Return the days of a block and the one after it, within the limits of time."""
    first = timedelta(days=number * _BLOCK_DAYS - FIRST_INSTANT.toordinal())
    starts_at = max(FIRST_INSTANT + first, FIRST_INSTANT)
    return Interval(
        starts_at=starts_at, ends_at=min(FIRST_INSTANT + first + _BLOCK + _BEYOND, LAST_INSTANT)
    )
