"""Recurring: what a request for a series means, for whoever books it and whoever only asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from holdfast.domain.errors import AvailabilityClosed, HoldfastError, InputInvalid
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Offering
from holdfast.domain.recurrence import Frequency, Recurrence, parse_recurrence
from holdfast.domain.series import ClashPolicy, LocalStart, starts_of
from holdfast.domain.shapes import Shape
from holdfast.domain.tenants import Tenant
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.domain.zones import Zone, instant_of, local_day, zone
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRequest:
    """What is to be booked again and again, from which day on, and by which rule.

    Attributes:
        rule: An RRULE with a COUNT or an UNTIL, such as "FREQ=WEEKLY;COUNT=10".
        starts_on: Its first day.
        minute: The wall time of each start, in minutes of the day; not of days and nights.
        clashes: What happens where one cannot be booked.
        length: Of free start and end; None is as short as the offering takes.
        date_count: Of days and nights; None is as few as the offering takes.
    """

    offering_id: OfferingId
    rule: str
    starts_on: date
    minute: int | None = None
    clashes: ClashPolicy = ClashPolicy.ALL_OR_NOTHING
    party_size: int = 1
    length: timedelta | None = None
    date_count: int | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    details: Details = field(default_factory=Details)
    terms: Terms = NO_TERMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The occurrences of a series: when each would be, and what would be chosen for it."""

    request: SeriesRequest
    offering: Offering
    zone: Zone
    starts: tuple[LocalStart, ...]
    duration: timedelta

    def interval(self, start: LocalStart) -> Interval:
        """Return when an occurrence would be; where clocks skip it, from the end of the gap on."""
        starts_at = instant_of(start.day, start.minute, self.zone, gap="forward")
        return Interval(starts_at=starts_at, ends_at=starts_at + self.duration)

    def choice(self, interval: Interval) -> Choice:
        """Return the request for one of them."""
        request, offering = self.request, self.offering
        dates: tuple[date, ...] = ()
        starts_at: datetime | None = interval.starts_at
        ends_at = interval.ends_at if offering.shape is Shape.FREE else None
        if offering.shape in {Shape.DAYS, Shape.NIGHTS}:
            first = local_day(interval.starts_at, self.zone)
            count = request.date_count or offering.dates_min
            dates, starts_at = tuple(first + timedelta(days=i) for i in range(count)), None
        return Choice(
            offering_id=offering.offering_id,
            starts_at=starts_at,
            ends_at=ends_at,
            dates=dates,
            picks=request.picks,
            components=request.components,
        )


def pattern_of(request: SeriesRequest, offering: Offering, tenant: Tenant) -> Pattern:
    """Return the occurrences that a request means.

    Raises:
        AvailabilityClosed: The offering is not booked as a series, or not in that way.
        InputInvalid: The rule is none, has no end, or goes on beyond the limits of time; or it is
            said in another form.
        LimitReached: There are more than may be booked together.
    """
    if offering.series_max is None:
        message = f"'{offering.name}' is not booked as a series."
        raise AvailabilityClosed(message, reason="no_series")
    recurrence = _recurrence(request)
    allowed = offering.series_frequencies
    if allowed and recurrence.frequency not in allowed:
        words = ", ".join(one.lower() for one in allowed)
        message = f"'{offering.name}' is booked as a series {words} only."
        raise AvailabilityClosed(message, reason="no_series")
    starts = starts_of(recurrence, minute=_minute_of(request, offering), most=offering.series_max)
    pattern = Pattern(
        request=request,
        offering=offering,
        zone=zone(offering.zone or tenant.zone),
        starts=tuple(starts),
        duration=_duration_of(request, offering),
    )
    _require_in_time(pattern)
    return pattern


def _require_in_time(pattern: Pattern) -> None:
    # Each of the others lies between them.
    for start in (pattern.starts[0], pattern.starts[-1]):
        try:
            pattern.interval(start)
        except (ValueError, OverflowError):
            message = "A series lies within the years 1970 to 2199, to the end of its last one."
            raise InputInvalid.at("/rule", "out_of_range", message) from None


def _recurrence(request: SeriesRequest) -> Recurrence:
    try:
        return parse_recurrence(request.rule, request.starts_on)
    except ValueError as fault:
        raise InputInvalid.at("/rule", "not_a_rule", str(fault)) from None


def _minute_of(request: SeriesRequest, offering: Offering) -> int:
    is_dated = offering.shape in {Shape.DAYS, Shape.NIGHTS}
    if request.minute is None and not is_dated:
        raise InputInvalid.at("/minute", "missing", "Say at what time each begins.")
    if request.minute is not None and is_dated:
        message = f"'{offering.name}' is booked by days or nights; it has no time of day."
        raise InputInvalid.at("/minute", "wrong_form", message)
    if request.minute is not None:
        return request.minute
    return offering.check_in_minute if offering.shape is Shape.NIGHTS else 0


def _duration_of(request: SeriesRequest, offering: Offering) -> timedelta:
    if request.length is not None and offering.shape is not Shape.FREE:
        message = f"'{offering.name}' is not booked with a free start and end."
        raise InputInvalid.at("/length", "wrong_form", message)
    if request.date_count is not None and offering.shape not in {Shape.DAYS, Shape.NIGHTS}:
        message = f"'{offering.name}' is not booked by days or nights."
        raise InputInvalid.at("/date_count", "wrong_form", message)
    match offering.shape:
        case Shape.SLOTS:
            return offering.duration
        case Shape.FREE:
            return request.length or offering.length_min or offering.duration
        case Shape.DAYS | Shape.NIGHTS:
            return timedelta(days=request.date_count or offering.dates_min)


def own_clash(interval: Interval, taken: Sequence[Interval]) -> HoldfastError | None:
    """Refuse an occurrence that would meet another one of its series."""
    if any(interval.overlaps(other) for other in taken):
        message = "Another occurrence of the series is then."
        return AvailabilityClosed(message, reason="own_occurrence")
    return None


def rule_text(
    frequency: Frequency, *, interval: int = 1, count: int | None, until: date | None
) -> str:
    """Return the RRULE of a plain recurrence.

    >>> rule_text(Frequency.WEEKLY, interval=2, count=None, until=date(2026, 7, 1))
    'FREQ=WEEKLY;INTERVAL=2;UNTIL=20260701'
    """
    parts = [f"FREQ={frequency}", f"INTERVAL={interval}"]
    if count is not None:
        parts.append(f"COUNT={count}")
    if until is not None:
        parts.append(f"UNTIL={until:%Y%m%d}")
    return ";".join(parts)
