"""Schedules in wall-clock time: parsing, open time, and the grid of candidate slots.

How the rules of one owner work together (`rule_kinds` says what they are):

- A rule belongs to the local date on which it opens; after midnight it is still that day's.
- On the dates of a rule that **replaces**, nothing opens that a less particular rule would open:
  single dates go before ranges of dates, and these before what recurs. Equally particular rules
  open together, and so does what opens besides.
- What **closes** always wins. Whole dates are closed with everything that belongs to them: a bar
  that is closed on Saturday is open until Friday's last hour, after midnight. A part of a day is
  closed by the clock, whichever date the opening belongs to; slots that would reach into it are
  dropped and the grid around it stays as it is.
- Rules that only close leave open whatever they do not close. Without any rule nothing is open.

How changes of the clock are met (`zones` has the ground rule):

- **Opening and closing** labels stand for the first instant at which the clock shows them; in
  a gap they move to its end. This map never runs backwards, so rules that tile the wall clock
  (01:00-02:30, 02:30-04:00) tile real time too, without gap or overlap, and their open time
  adds up to what really elapses: an hour less in spring, an hour more in autumn. A closing
  label that is shown twice closes at its first showing: nobody is kept for the second.
- **Slots** start at labels `opens + k * step` and last their duration of elapsed time. A label
  in a gap is dropped, one that is shown twice means its first showing, or both if the rule says
  so. A slot must end by the closing instant. After a gap, a slot that overlaps the one kept
  before it is dropped, unless the step is shorter than the duration, where slots overlap by
  design.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter

from holdfast.domain.intervals import LAST_INSTANT, Interval, UtcInstant, merged, subtracted
from holdfast.domain.rule_kinds import (
    STEP_MAX,
    DatesRule,
    Effect,
    RangeRule,
    RecurrenceRule,
    Rule,
    WeeklyRule,
    check_step,
    dates_of_rule,
    is_whole_day,
    rank_of,
)
from holdfast.domain.zones import Zone, instant_of, local_day, showings_of, zone

__all__ = [
    "CANDIDATES_MAX",
    "RULE_DAYS_MAX",
    "STEP_MAX",
    "DatesRule",
    "Effect",
    "RangeRule",
    "RecurrenceRule",
    "Rule",
    "TooManySlots",
    "WeeklyRule",
    "closed_by",
    "expand_rules",
    "is_open",
    "open_intervals",
    "opens_anything",
    "parse_wall_time",
    "parse_weekdays",
    "slots_on_grid",
]

CANDIDATES_MAX = 100_000
RULE_DAYS_MAX = 200_000
"""How many rules times days of the window one question may look at."""

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)
_NO_TIME = timedelta(0)
_SUNDAY = 7
_HOURS_PER_DAY = 24
_MINUTES_PER_HOUR = 60
_by_end = attrgetter("ends_at")


class TooManySlots(ValueError):
    """The question is too large; ask about a shorter time."""


def parse_weekdays(values: Iterable[int]) -> frozenset[int]:
    """Turn weekday numbers, Sunday as 0 or 7, into ISO ones: Monday 1 to Sunday 7.

    >>> sorted(parse_weekdays([0, 1, 6]))
    [1, 6, 7]

    Raises:
        ValueError: There is none, or one is not a whole number from 0 to 7.
    """
    weekdays = set()
    for value in values:
        # A type of its own: True and 1.0 pass for 1, and were surely meant as something else.
        if type(value) is not int or not 0 <= value <= _SUNDAY:
            raise ValueError(
                f"{value!r} is not a weekday; use 1 (Monday) to 7 (Sunday), or 0 for Sunday."
            )
        weekdays.add(value or _SUNDAY)
    if not weekdays:
        raise ValueError("Give at least one weekday, 1 (Monday) to 7 (Sunday).")
    return frozenset(weekdays)


def parse_wall_time(text: str, *, closing: bool = False) -> int:
    """Turn "HH:MM" or "HH:MM:00" into minutes since midnight; "24:00" only for a closing time.

    >>> parse_wall_time("09:30"), parse_wall_time("24:00", closing=True)
    (570, 1440)

    Raises:
        ValueError: The text is not such a time.
    """
    pattern = "".join("9" if character in "0123456789" else character for character in text)
    if pattern not in ("99:99", "99:99:99"):
        raise ValueError(f"{text[:40]!r} is not a time of day; write it as HH:MM, such as 09:30.")
    hour, minute, second = int(text[:2]), int(text[3:5]), int(text[6:] or 0)
    if second:
        raise ValueError(f"{text[:40]!r} has seconds; schedules are in whole minutes.")
    if (hour, minute) == (_HOURS_PER_DAY, 0):
        if not closing:
            raise ValueError("24:00 may only close; to open at midnight write 00:00.")
    elif hour >= _HOURS_PER_DAY or minute >= _MINUTES_PER_HOUR:
        raise ValueError(f"{text[:40]!r} is not a time of day: hours go to 23 and minutes to 59.")
    return hour * _MINUTES_PER_HOUR + minute


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """One stretch of a rule: the local date it belongs to, its labels and their instants."""

    day: date
    opens_minute: int
    closes_minute: int
    opens_at: UtcInstant
    closes_at: UtcInstant
    zone: Zone
    is_repeated_hour_used: bool

    @property
    def is_regular(self) -> bool:
        """Say whether the wall clock runs evenly from opening to closing."""
        # Two changes of the clock within two days could cancel out; a test watches that no zone
        # has them.
        minutes = self.closes_minute - self.opens_minute
        return self.closes_at - self.opens_at == minutes * _MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exceptions:
    """What the rules that replace and close change in some stretch of time.

    Attributes:
        rank_by_date: How particular the rules are that replace, by date.
        closed_dates: Dates that are closed with all that belongs to them.
        closed: Time that is closed by the clock, sorted and merged.
    """

    rank_by_date: Mapping[date, int] = field(default_factory=dict)
    closed_dates: frozenset[date] = frozenset()
    closed: tuple[Interval, ...] = ()

    def keep(self, rule: Rule, day: date) -> bool:
        """Say whether what a rule opens on a date is open."""
        return day not in self.closed_dates and rank_of(rule) >= self.rank_by_date.get(day, 0)

    def meet(self, starts_at: UtcInstant, ends_at: UtcInstant) -> bool:
        """Say whether any of a time is closed by the clock."""
        index = bisect_right(self.closed, starts_at, key=_by_end)
        return index < len(self.closed) and self.closed[index].starts_at < ends_at


_NO_EXCEPTIONS = _Exceptions()


def opens_anything(rules: Iterable[Rule]) -> bool:
    """Say whether any of the rules opens something: without one there is no grid of slots."""
    return any(rule.effect is not Effect.CLOSES for rule in rules)


def open_intervals(rules: Iterable[Rule], window: Interval) -> tuple[Interval, ...]:
    """Return the time within the window that the rules open, sorted and merged.

    Raises:
        TooManySlots: More than RULE_DAYS_MAX rules times days would have to be looked at.
    """
    rules = tuple(rules)
    _check_work(rules, window.duration)
    since, until = window.starts_at, window.ends_at
    if rules and not opens_anything(rules):
        closings = (part for rule in rules for part in _openings(rule, since, until))
        return subtracted((window,), _clipped(closings, window))
    exceptions = _exceptions(rules, since, until)
    openings = (part for rule in rules for part in _kept(rule, exceptions, since, until))
    return subtracted(_clipped(openings, window), exceptions.closed)


def is_open(rules: Iterable[Rule], interval: Interval) -> bool:
    """Say whether the rules together are open during the whole interval.

    Looks only at the days of the interval and the one before.
    """
    return open_intervals(rules, interval) == (interval,)


def closed_by(rules: Iterable[Rule], interval: Interval) -> tuple[Rule, ...]:
    """Return the rules that close something of the interval, to say why: in the order given.

    Time that would not be open anyway is not closed by anything.

    Raises:
        TooManySlots: More than RULE_DAYS_MAX rules times days would have to be looked at.
    """
    rules = tuple(rules)
    _check_work(rules, interval.duration)
    since, until = interval.starts_at, interval.ends_at
    opened = {
        opening.day
        for rule in rules
        for opening in _kept(rule, _NO_EXCEPTIONS, since, until)
        if opening.opens_at < until and opening.closes_at > since
    }
    is_grid = opens_anything(rules)
    return tuple(
        rule
        for rule in rules
        if rule.effect is Effect.CLOSES
        and (
            any(next(dates_of_rule(rule, day, day), None) for day in opened)
            if is_grid and is_whole_day(rule)
            else (opened or not is_grid) and _clipped(_openings(rule, since, until), interval)
        )
    )


def expand_rules(
    rules: Iterable[Rule],
    window: Interval,
    *,
    duration: timedelta,
    step: timedelta | None = None,
) -> tuple[Interval, ...]:
    """Return the candidate slots that start within the window, sorted, each once.

    Args:
        rules: What opens, replaces and closes, in any order.
        window: Where slots may start; they may end after it.
        duration: The elapsed time of every slot.
        step: The spacing of the grid for rules without a `slot_step`; by default the duration.

    >>> from holdfast.domain.intervals import utc
    >>> from datetime import datetime
    >>> rule = WeeklyRule(
    ...     weekdays=parse_weekdays([1]), opens_minute=540, closes_minute=720,
    ...     zone="Europe/Paris",
    ... )
    >>> week = Interval(
    ...     starts_at=utc(datetime.fromisoformat("2026-07-06T00:00+02:00")),
    ...     ends_at=utc(datetime.fromisoformat("2026-07-13T00:00+02:00")),
    ... )
    >>> [slot.starts_at.hour for slot in expand_rules([rule], week, duration=timedelta(hours=1))]
    [7, 8, 9]

    Raises:
        ValueError: The duration is not positive or the step is not whole minutes.
        TooManySlots: There are more than CANDIDATES_MAX candidates or RULE_DAYS_MAX rules times
            days.
    """
    rules = tuple(rules)
    _check_work(rules, window.duration)
    exceptions = _exceptions(rules, window.starts_at, _end_of_slot(window.ends_at, duration))
    # Counted before the same start by several rules becomes one, so that work is bounded too.
    candidate_count = 0
    starts: set[UtcInstant] = set()
    for rule in rules:
        rule_step = _step_of(rule, duration=duration, step=step)
        for opening in _kept(rule, exceptions, window.starts_at, window.ends_at):
            kept = _starts(opening, window, duration=duration, step=rule_step)
            candidate_count += len(kept)
            if candidate_count > CANDIDATES_MAX:
                raise TooManySlots(f"More than {CANDIDATES_MAX} slots; ask for a shorter window.")
            starts.update(kept)
    return tuple(
        Interval(starts_at=at, ends_at=at + duration)
        for at in sorted(starts)
        if not (exceptions.closed and exceptions.meet(at, at + duration))
    )


def slots_on_grid(
    rules: Iterable[Rule],
    starts_at: UtcInstant,
    duration: timedelta,
    step: timedelta | None = None,
) -> bool:
    """Say whether `expand_rules` would give a slot that starts at this instant.

    Costs the same for every rule, whatever the length of its grid, but on a day whose clock is
    changed, where the grid of that day is walked.

    Raises:
        ValueError: The duration is not positive or the step is not whole minutes.
        TooManySlots: The rules and the days of one slot are too many.
    """
    if starts_at >= LAST_INSTANT:
        return False
    rules = tuple(rules)
    instant = Interval(starts_at=starts_at, ends_at=starts_at + _MICROSECOND)
    ends_at = _end_of_slot(starts_at, duration)
    exceptions = _exceptions(rules, starts_at, ends_at)
    if exceptions.closed and exceptions.meet(starts_at, ends_at):
        return False
    return any(
        _starts(
            opening,
            instant,
            duration=duration,
            step=_step_of(rule, duration=duration, step=step),
        )
        for rule in rules
        for opening in _kept(rule, exceptions, instant.starts_at, instant.ends_at)
    )


def _end_of_slot(starts_at: UtcInstant, duration: timedelta) -> UtcInstant:
    """Return the end of a slot, or the end of time."""
    return starts_at + min(max(duration, _MICROSECOND), LAST_INSTANT - starts_at)


def _exceptions(rules: Sequence[Rule], since: UtcInstant, until: UtcInstant) -> _Exceptions:
    """Return what replaces and closes anything from one instant to another."""
    if all(rule.effect is Effect.OPENS for rule in rules):
        return _NO_EXCEPTIONS
    _check_work(rules, until - since)
    # No zone is two days away from UTC, and an opening belongs at most to the day before.
    first, last = since.date() - 2 * _DAY, until.date() + 2 * _DAY
    rank_by_date: dict[date, int] = {}
    closed_dates: set[date] = set()
    closings: list[_Opening] = []
    for rule in _near(rules, first, last):
        if rule.effect is Effect.REPLACES:
            for day in dates_of_rule(rule, first, last):
                rank_by_date[day] = max(rank_of(rule), rank_by_date.get(day, 0))
        elif rule.effect is Effect.CLOSES and is_whole_day(rule):
            closed_dates.update(dates_of_rule(rule, first, last))
        elif rule.effect is Effect.CLOSES:
            closings.extend(_openings(rule, since, until))
    closed = _clipped(closings, Interval(starts_at=since, ends_at=until)) if since < until else ()
    return _Exceptions(
        rank_by_date=rank_by_date, closed_dates=frozenset(closed_dates), closed=closed
    )


def _near(rules: Sequence[Rule], first: date, last: date) -> Iterator[Rule]:
    """Yield the rules that replace or close, without those of dates that are all elsewhere.

    Most of these are holidays, and most questions are about one slot.
    """
    dates = frozenset(map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1)))
    for rule in rules:
        if rule.effect is not Effect.OPENS:
            if isinstance(rule, DatesRule) and rule.dates.isdisjoint(dates):
                continue
            yield rule


def _kept(
    rule: Rule, exceptions: _Exceptions, since: UtcInstant, until: UtcInstant
) -> Iterator[_Opening]:
    """Yield what a rule opens from one instant to another, and perhaps neighbours."""
    if rule.effect is not Effect.CLOSES:
        for opening in _openings(rule, since, until):
            if exceptions.keep(rule, opening.day):
                yield opening


def _openings(rule: Rule, since: UtcInstant, until: UtcInstant) -> Iterator[_Opening]:
    """Yield every stretch that shares time with `since` to `until`, and perhaps neighbours."""
    rule_zone = zone(rule.zone)
    # No rule reaches past the end of the day after its own: yesterday's is the earliest.
    first, last = local_day(since, rule_zone) - _DAY, local_day(until, rule_zone)
    for day in dates_of_rule(rule, first, last):
        yield _Opening(
            day=day,
            opens_minute=rule.opens_minute,
            closes_minute=rule.closes_minute,
            opens_at=instant_of(day, rule.opens_minute, rule_zone, gap="forward"),
            closes_at=instant_of(day, rule.closes_minute, rule_zone, gap="forward"),
            zone=rule_zone,
            is_repeated_hour_used=rule.is_repeated_hour_used,
        )


def _clipped(openings: Iterable[_Opening], window: Interval) -> tuple[Interval, ...]:
    """Return the time of the window that is in any of the stretches, sorted and merged."""
    found: list[Interval] = []
    for opening in openings:
        starts_at = max(opening.opens_at, window.starts_at)
        ends_at = min(opening.closes_at, window.ends_at)
        if starts_at < ends_at:
            found.append(Interval(starts_at=starts_at, ends_at=ends_at))
    return merged(found)


def _starts(
    opening: _Opening, window: Interval, *, duration: timedelta, step: timedelta
) -> Sequence[UtcInstant]:
    """Return the starts of the opening's slots that lie within the window, in order."""
    last_start = min(opening.closes_at, LAST_INSTANT) - duration
    if not opening.is_regular:
        return [
            starts_at
            for starts_at in _starts_across_change(
                opening, last_start=last_start, duration=duration, step=step
            )
            if window.covers(starts_at)
        ]
    first_index = max(0, -((opening.opens_at - window.starts_at) // step))
    last_start = min(last_start, window.ends_at - _MICROSECOND)
    last_index = (last_start - opening.opens_at) // step
    return [opening.opens_at + index * step for index in range(first_index, last_index + 1)]


def _starts_across_change(
    opening: _Opening, *, last_start: UtcInstant, duration: timedelta, step: timedelta
) -> Iterator[UtcInstant]:
    """Yield the starts of the slots of a day whose clock is changed, label by label."""
    labels = range(opening.opens_minute, opening.closes_minute, step // _MINUTE)
    showings = (showings_of(opening.day, minute, opening.zone) for minute in labels)
    used = 2 if opening.is_repeated_hour_used else 1
    free_at = opening.opens_at
    for starts_at in sorted(instant for found in showings for instant in found[:used]):
        if starts_at < free_at and duration <= step:
            continue
        if starts_at > last_start:
            return
        yield starts_at
        free_at = starts_at + duration


def _step_of(rule: Rule, *, duration: timedelta, step: timedelta | None) -> timedelta:
    """Return the spacing of the rule's grid."""
    if duration <= _NO_TIME:
        raise ValueError("The duration of a slot must be positive.")
    if rule.slot_step is not None:
        return rule.slot_step
    # A step of a whole day already means one slot to an opening, however long the slot.
    chosen = min(duration, STEP_MAX) if step is None else step
    check_step(chosen)
    return chosen


def _check_work(rules: Sequence[Rule], length: timedelta) -> None:
    """Refuse a question that is too large, before any work."""
    if len(rules) * (length.days + 1) > RULE_DAYS_MAX:
        raise TooManySlots(f"{len(rules)} rules over {length.days} days are too many at once.")
