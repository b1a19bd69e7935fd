"""Weekly rules in wall-clock time: parsing, open time, and the grid of candidate slots.

How changes of the clock are met (`zones` has the ground rule):

- **Opening and closing** labels stand for the first instant at which the clock shows them; in
  a gap they move to its end. This map never runs backwards, so rules that tile the wall clock
  (01:00-02:30, 02:30-04:00) tile real time too, without gap or overlap, and their open time
  adds up to what really elapses: an hour less in spring, an hour more in autumn. A closing
  label that is shown twice closes at its first showing: nobody is kept for the second.
- **Slots** start at labels `opens + k * step` and last their duration of elapsed time. A label
  in a gap is dropped, one that is shown twice means its first showing. A slot must end by the
  closing instant. After a gap, a slot that overlaps the one kept before it is dropped, unless
  the step is shorter than the duration, where slots overlap by design.
- A rule belongs to the local date on which it opens; after midnight it is still that day's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from holdfast.domain.intervals import LAST_INSTANT, Interval, UtcInstant, merged
from holdfast.domain.zones import MINUTES_PER_DAY, Zone, instant_of, local_day, zone

CANDIDATES_MAX = 100_000
RULE_DAYS_MAX = 200_000
"""How many rules times days of the window one question may look at."""

STEP_MAX = timedelta(days=1)

_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)
_NO_TIME = timedelta(0)
_SUNDAY = 7
_HOURS_PER_DAY = 24
_MINUTES_PER_HOUR = 60


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
class WeeklyRule:
    """Open from one wall-clock label to another on some weekdays, perhaps between two dates.

    Attributes:
        weekdays: ISO weekdays, 1 to 7, of the date on which it opens.
        opens_minute: Minutes since 00:00 on the wall clock, 0 to 1439.
        closes_minute: After `opens_minute`, by at most 1440: a bar may close after midnight.
        zone: The IANA name of the zone of the wall clock.
        slot_step: Whole minutes between the starts of slots; None leaves it to the question.
        valid_from: The first local date on which it opens.
        valid_until: The last local date on which it opens; that date included.

    Raises:
        ValueError: A field is out of its range.
        UnknownZone: There is no such zone.
    """

    weekdays: frozenset[int]
    opens_minute: int
    closes_minute: int
    zone: str
    slot_step: timedelta | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be expanded."""
        zone(self.zone)
        if not self.weekdays or not self.weekdays <= frozenset(range(1, _SUNDAY + 1)):
            raise ValueError("A weekly rule needs weekdays from 1 (Monday) to 7 (Sunday).")
        if not 0 <= self.opens_minute < MINUTES_PER_DAY:
            raise ValueError(
                f"A rule opens at minute 0 to 1439 of its day, not {self.opens_minute}."
            )
        if not 0 < self.closes_minute - self.opens_minute <= MINUTES_PER_DAY:
            raise ValueError("A rule closes after it opens, and at most 24 hours later.")
        if self.slot_step is not None:
            _check_step(self.slot_step)
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("A rule's last date cannot be before its first.")


Rule: TypeAlias = WeeklyRule
"""Whatever opens a resource or an offering; other kinds of rule join here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """One opening of a rule: the local date it belongs to, its labels and their instants."""

    day: date
    opens_minute: int
    closes_minute: int
    opens_at: UtcInstant
    closes_at: UtcInstant
    zone: Zone

    @property
    def is_regular(self) -> bool:
        """Say whether the wall clock runs evenly from opening to closing."""
        # Two changes of the clock within two days could cancel out; a test watches that no zone
        # has them.
        minutes = self.closes_minute - self.opens_minute
        return self.closes_at - self.opens_at == minutes * _MINUTE


def open_intervals(rules: Iterable[Rule], window: Interval) -> tuple[Interval, ...]:
    """Return the time within the window that any of the rules opens, sorted and merged.

    Raises:
        TooManySlots: More than RULE_DAYS_MAX rules times days would have to be looked at.
    """
    rules = tuple(rules)
    _check_work(rules, window)
    clipped: list[Interval] = []
    for rule in rules:
        for opening in _openings(rule, window.starts_at, window.ends_at):
            starts_at = max(opening.opens_at, window.starts_at)
            ends_at = min(opening.closes_at, window.ends_at)
            if starts_at < ends_at:
                clipped.append(Interval(starts_at=starts_at, ends_at=ends_at))
    return merged(clipped)


def is_open(rules: Iterable[Rule], interval: Interval) -> bool:
    """Say whether the rules together are open during the whole interval.

    Looks only at the days of the interval and the one before.
    """
    return open_intervals(rules, interval) == (interval,)


def expand_rules(
    rules: Iterable[Rule],
    window: Interval,
    *,
    duration: timedelta,
    step: timedelta | None = None,
) -> tuple[Interval, ...]:
    """Return the candidate slots that start within the window, sorted, each once.

    Args:
        rules: What opens.
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
    _check_work(rules, window)
    # Counted before the same start by several rules becomes one, so that work is bounded too.
    candidate_count = 0
    starts: set[UtcInstant] = set()
    for rule in rules:
        rule_step = _step_of(rule, duration=duration, step=step)
        for opening in _openings(rule, window.starts_at, window.ends_at):
            kept = _starts(opening, window, duration=duration, step=rule_step)
            candidate_count += len(kept)
            if candidate_count > CANDIDATES_MAX:
                raise TooManySlots(f"More than {CANDIDATES_MAX} slots; ask for a shorter window.")
            starts.update(kept)
    return tuple(Interval(starts_at=at, ends_at=at + duration) for at in sorted(starts))


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
    """
    if starts_at >= LAST_INSTANT:
        return False
    instant = Interval(starts_at=starts_at, ends_at=starts_at + _MICROSECOND)
    return any(
        _starts(
            opening,
            instant,
            duration=duration,
            step=_step_of(rule, duration=duration, step=step),
        )
        for rule in rules
        for opening in _openings(rule, instant.starts_at, instant.ends_at)
    )


def _openings(rule: Rule, since: UtcInstant, until: UtcInstant) -> Iterator[_Opening]:
    """Yield every opening that shares time with `since` to `until`, and perhaps neighbours."""
    rule_zone = zone(rule.zone)
    # No rule reaches past the end of the day after its own: yesterday's is the earliest.
    first = local_day(since, rule_zone).toordinal() - 1
    last = local_day(until, rule_zone).toordinal()
    if rule.valid_from:
        first = max(first, rule.valid_from.toordinal())
    if rule.valid_until:
        last = min(last, rule.valid_until.toordinal())
    for ordinal in range(first, last + 1):
        day = date.fromordinal(ordinal)
        if day.isoweekday() in rule.weekdays:
            yield _Opening(
                day=day,
                opens_minute=rule.opens_minute,
                closes_minute=rule.closes_minute,
                opens_at=instant_of(day, rule.opens_minute, rule_zone, gap="forward"),
                closes_at=instant_of(day, rule.closes_minute, rule_zone, gap="forward"),
                zone=rule_zone,
            )


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
    free_at = opening.opens_at
    for minute in range(opening.opens_minute, opening.closes_minute, step // _MINUTE):
        starts_at = instant_of(opening.day, minute, opening.zone, gap="drop")
        if starts_at is None or (starts_at < free_at and duration <= step):
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
    _check_step(chosen)
    return chosen


def _check_step(step: timedelta) -> None:
    """Refuse a spacing that is not on the wall clock's grid of minutes."""
    if not _MINUTE <= step <= STEP_MAX or step % _MINUTE:
        raise ValueError(
            f"The step between slots must be whole minutes, 1 to 1440, not {step}; without a "
            f"step it is the duration."
        )


def _check_work(rules: Sequence[Rule], window: Interval) -> None:
    """Refuse a question that is too large, before any work."""
    rule_day_count = len(rules) * (window.duration.days + 1)
    if rule_day_count > RULE_DAYS_MAX:
        raise TooManySlots(
            f"{len(rules)} rules over {window.duration.days} days are too many at once."
        )
