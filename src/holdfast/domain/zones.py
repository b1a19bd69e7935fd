"""Time zones from the `tzdata` package alone, and the only conversion between wall and UTC.

The machine's zone database, TZ and PYTHONTZPATH have no effect here, so that every server and
every test converts alike.

A *label* is a local date and a count of minutes on the wall clock since its 00:00. Where clocks
are changed a label may be shown twice, or never. One rule settles all of it: a label stands for
the first instant at which the clock shows it, or, in a gap, for none or for the end of the gap,
as the caller asks. So instants never run backwards while labels run forwards.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Literal, TypeAlias, overload
from zoneinfo import ZoneInfo

from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval, UtcInstant

Zone: TypeAlias = ZoneInfo
"""A zone as `zone` loads it."""

MINUTES_PER_DAY = 24 * 60
LABEL_MINUTE_MAX = 31 * MINUTES_PER_DAY

# Local days may begin before the first instant, and look-ups reach a day or two further.
_FIRST_DAY = FIRST_INSTANT.date() - timedelta(days=4)
_LAST_DAY = LAST_INSTANT.date() + timedelta(days=4)
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


class UnknownZone(ValueError):
    """The name is not one of the IANA time zone database."""


class SkippedDay(ValueError):
    """The local date never happened there: the zone moved across the date line."""


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return every name that `zone` knows."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@lru_cache(maxsize=1)
def tzdata_version() -> str:
    """Return the IANA release that all conversions use, such as `2026a`."""
    source = files("tzdata").joinpath("zoneinfo", "tzdata.zi")
    with source.open(encoding="ascii") as lines:
        return lines.readline().removeprefix("# version ").strip()


@lru_cache(maxsize=1024)
def zone(name: str) -> Zone:
    """Load a zone by its IANA name, once.

    >>> zone("Europe/Paris").key
    'Europe/Paris'

    Raises:
        UnknownZone: There is no such zone. Names are case-sensitive.
    """
    # The list also keeps names such as "../x" away from the file system.
    if name not in zone_names():
        raise UnknownZone(
            f"{name[:40]!r} is not a time zone; use an IANA name such as Europe/Paris."
        )
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as source:
        return ZoneInfo.from_file(source, key=name)


@overload
def instant_of(day: date, minute: int, zone: Zone, *, gap: Literal["forward"]) -> UtcInstant: ...
@overload
def instant_of(
    day: date, minute: int, zone: Zone, *, gap: Literal["drop"] = "drop"
) -> UtcInstant | None: ...
def instant_of(
    day: date, minute: int, zone: Zone, *, gap: Literal["drop", "forward"] = "drop"
) -> UtcInstant | None:
    """Return the first instant at which the zone's clock shows `day` 00:00 plus `minute` minutes.

    From 1440 on, minutes mean the following days. The result may lie a little outside the
    limits of time; `Interval` refuses it there.

    Args:
        day: The local date.
        minute: Minutes on the wall clock since its 00:00, up to LABEL_MINUTE_MAX.
        zone: Where the clock hangs.
        gap: For a label that clocks skip: `drop` returns None, `forward` the instant at which
            they were put forward.

    >>> instant_of(date(2026, 10, 25), 150, zone("Europe/Paris")).isoformat()
    '2026-10-25T00:30:00+00:00'
    >>> instant_of(date(2026, 3, 29), 150, zone("Europe/Paris")) is None
    True
    >>> instant_of(date(2026, 3, 29), 150, zone("Europe/Paris"), gap="forward").isoformat()
    '2026-03-29T01:00:00+00:00'

    Raises:
        ValueError: The minute or the day is outside the limits.
    """
    if not 0 <= minute <= LABEL_MINUTE_MAX:
        raise ValueError(f"Minute {minute} is outside 0 to {LABEL_MINUTE_MAX}.")
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValueError(f"{day.isoformat()} is outside {_FIRST_DAY} to {_LAST_DAY}.")
    # Between datetimes of one zone, + and == work on the wall clock; fold 0 is the first time.
    label = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    instant = label.astimezone(UTC)
    if instant.astimezone(zone) == label:
        return instant
    return None if gap == "drop" else _end_of_gap(label, zone)


def showings_of(day: date, minute: int, zone: Zone) -> tuple[UtcInstant, ...]:
    """Return every instant at which the zone's clock shows a label: none, one, or two in order.

    >>> [at.hour for at in showings_of(date(2026, 10, 25), 150, zone("Europe/Paris"))]
    [0, 1]

    Raises:
        ValueError: The minute or the day is outside the limits.
    """
    first = instant_of(day, minute, zone)
    if first is None:
        return ()
    second = first.astimezone(zone).replace(fold=1).astimezone(UTC)
    return (first,) if second == first else (first, second)


def _end_of_gap(label: datetime, zone: Zone) -> UtcInstant:
    """Return the first instant whose wall clock is past a label that is never shown."""
    # In a gap, fold 0 reads the label by the old offset, so late, and fold 1 by the new, so early.
    too_early = label.replace(fold=1).astimezone(UTC)
    at_or_after = label.astimezone(UTC)
    while at_or_after - too_early > _SECOND:
        middle = too_early + (at_or_after - too_early) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone) < label:
            too_early = middle
        else:
            at_or_after = middle
    return at_or_after


def wall_time(instant: UtcInstant, zone: Zone) -> str:
    """Write what the clock on the wall shows at an instant, to the minute.

    >>> wall_time(datetime(2026, 6, 15, 18, tzinfo=UTC), zone("Europe/Paris"))
    '2026-06-15T20:00'
    """
    return instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def local_day(instant: UtcInstant, zone: Zone) -> date:
    """Return the local day that the instant belongs to: the one whose `day_interval` covers it.

    That is the date on the wall calendar. The exception: where clocks are put back across
    midnight (St John's at 00:01, until 2011), the calendar returns to the old date for a while,
    and that while belongs to the day that had begun.
    """
    local = instant.astimezone(zone)
    day = local.date()
    if local.fold:
        next_day = day + timedelta(days=1)
        if instant >= instant_of(next_day, 0, zone, gap="forward"):
            return next_day
    return day


def day_interval(day: date, zone: Zone) -> Interval:
    """Return the instants of one local day: 24 hours, or 23 or 25 and the like at a change.

    It begins when the clock first shows 00:00, or, where midnight is skipped, when the clocks
    were put forward. The days of a zone follow each other without gap or overlap.

    >>> day_interval(date(2026, 3, 29), zone("Europe/Paris")).duration // timedelta(hours=1)
    23

    Raises:
        SkippedDay: The zone never had that date, as Pacific/Apia 30 December 2011.
        ValueError: The day is outside the limits of time.
    """
    starts_at = instant_of(day, 0, zone, gap="forward")
    ends_at = instant_of(day, MINUTES_PER_DAY, zone, gap="forward")
    if starts_at == ends_at:
        raise SkippedDay(f"{day.isoformat()} never happened in {zone.key}.")
    return Interval(starts_at=starts_at, ends_at=ends_at)


def days_touched(interval: Interval, zone: Zone) -> tuple[date, ...]:
    """Return the local days that share time with the interval, in order."""
    first = local_day(interval.starts_at, zone).toordinal()
    last = local_day(interval.ends_at - _MICROSECOND, zone).toordinal()
    days = [date.fromordinal(ordinal) for ordinal in range(first, last + 1)]
    # The first and the last have instants in them; between them a day may have been skipped.
    return tuple(
        day
        for day in days
        if day in (days[0], days[-1])
        or instant_of(day, 0, zone, gap="forward")
        < instant_of(day, MINUTES_PER_DAY, zone, gap="forward")
    )
