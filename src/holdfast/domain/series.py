"""Series: bookings made together, the plan of each occurrence, and what may happen afterwards.

A recurrence names the local days; each of them is judged and gets an outcome. Times are wall
times, so that a class at nine stays at nine when clocks change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from holdfast.domain import checks
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.checks import Fault
from holdfast.domain.customers import Contact
from holdfast.domain.errors import (
    AvailabilityClosed,
    HoldfastError,
    InputInvalid,
    LimitReached,
    TransitionNotAllowed,
)
from holdfast.domain.ids import BookingId, CustomerId, OfferingId, ResourceId, SeriesId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.offerings import DURATION_MAX
from holdfast.domain.recurrence import Recurrence, falls_on, last_of
from holdfast.domain.zones import MINUTES_PER_DAY, Zone, instant_of

OCCURRENCES_MAX = 366
# How far from its own time an occurrence may be moved by the plan.
SHIFT_MAX = timedelta(days=7)
# How long a series may go on.
SERIES_MAX = timedelta(days=3_653)
# How many other times are judged for one occurrence.
ALTERNATIVES_MAX = 100
_DAY = timedelta(days=1)


class SeriesStatus(StrEnum):
    """Whether a series still goes on. It has ended when its last occurrence is over."""

    ACTIVE = "active"
    ENDED = "ended"
    CANCELLED = "cancelled"


class SeriesAction(StrEnum):
    """What may happen to a series. That it ends is time's doing; see `status_at`."""

    CANCEL = "cancel"


class ClashPolicy(StrEnum):
    """What happens where an occurrence cannot be booked.

    ALL_OR_NOTHING: Nothing is booked at all.
    SKIP: It is left out.
    SHIFT: It moves to the nearest time that is free; if there is none, it fails.
    PLAN_ONLY: Nothing is booked; the plan only says what could be.
    """

    ALL_OR_NOTHING = "all_or_nothing"
    SKIP = "skip"
    SHIFT = "shift"
    PLAN_ONLY = "plan_only"


class OccurrenceOutcome(StrEnum):
    """What has become of one occurrence.

    CREATED: Booked at its own time.
    SHIFTED: Booked at another time.
    SKIPPED: Left out.
    FAILED: It could not be booked.
    PLANNED: It could be booked, and is not.
    """

    CREATED = "created"
    SHIFTED = "shifted"
    SKIPPED = "skipped"
    FAILED = "failed"
    PLANNED = "planned"


class OccurrenceAction(StrEnum):
    """What may happen to one occurrence afterwards. ADD books what is not booked."""

    SKIP = "skip"
    ADD = "add"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LocalStart:
    """A wall time: a local day and the minutes since its 00:00."""

    day: date
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One of the bookings of a series.

    Attributes:
        index: Which one it is, from 0.
        wanted: Its own wall time.
        interval: When it takes place, or would. Where clocks skip its time: from the end of the
            gap on.
        refusal: Why it is not booked at its own time.
    """

    index: int
    wanted: LocalStart
    interval: Interval
    outcome: OccurrenceOutcome
    refusal: HoldfastError | None = None
    booking_id: BookingId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Bookings made together by a recurrence.

    Attributes:
        rule: The RRULE that names its local days.
        starts_on, minute: The first day that the rule may name, and the wall time of each.
        ends_at: When its last occurrence is over, booked or not.
    """

    series_id: SeriesId
    status: SeriesStatus
    offering_id: OfferingId
    offering_name: str
    rule: str
    starts_on: date
    minute: int
    zone: str
    clashes: ClashPolicy
    party_size: int
    date_count: int | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    customer_id: CustomerId | None
    contact: Contact
    placed_by: str
    cancel_reason: str | None
    created_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesOccurrence:
    """One occurrence of a series as it is kept.

    Attributes:
        series_index: Which one it is, from 0.
        wanted_on, wanted_minute: Its own wall time.
        starts_at, ends_at: When it takes place, or would.
        reason_code, reason: Why it is not booked at its own time.
        alternatives: Other starts that were free when the series was made.
        booking_id: Its booking, or the last one that it had.
    """

    occurrence_id: str
    series_id: SeriesId
    series_index: int
    wanted_on: date
    wanted_minute: int
    starts_at: datetime
    ends_at: datetime
    outcome: OccurrenceOutcome
    reason_code: str | None
    reason: str | None
    alternatives: tuple[datetime, ...]
    booking_id: BookingId | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesMade:
    """A series with each of its occurrences, in order."""

    series: Series
    occurrences: tuple[SeriesOccurrence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledOff:
    """What has become of one booking when the rest of its series was cancelled.

    Attributes:
        refusal: Why it stays; None if it is cancelled.
    """

    series_index: int
    booking_id: BookingId
    starts_at: datetime
    refusal: HoldfastError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCancelled:
    """A series that does not go on, and what has become of each booking that was still to come."""

    series: Series
    bookings: tuple[CalledOff, ...]


def occurrence_id_of(series_id: SeriesId, index: int) -> str:
    """Return the id of one occurrence.

    >>> occurrence_id_of(SeriesId("ser_1"), 7)
    'ser_1@007'
    """
    return f"{series_id}@{index:03}"


def starts_of(recurrence: Recurrence, *, minute: int, most: int) -> list[LocalStart]:
    """Return the wall times that a recurrence names.

    Raises:
        InputInvalid: It has no end, none at all, or goes on for too many years.
        LimitReached: It names more than may be booked together.
    """
    if recurrence.count is None and recurrence.until is None:
        message = "A series ends: give the rule a COUNT or an UNTIL."
        raise InputInvalid.at("/rule", "endless", message)
    last = last_of(recurrence)
    first = recurrence.starts_on
    if last is None or last < first:
        raise InputInvalid.at("/rule", "empty", "The rule names no day.")
    if last - first > SERIES_MAX:
        message = f"A series lasts at most {SERIES_MAX.days} days."
        raise InputInvalid.at("/rule", "too_long", message)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    named = [day for day in days if falls_on(recurrence, day)]
    if not named:
        raise InputInvalid.at("/rule", "empty", "The rule names no day.")
    if len(named) > most:
        message = f"At most {most} are booked together; the rule names {len(named)} days."
        raise LimitReached(message, limit=most, actual=len(named))
    return [LocalStart(day=day, minute=minute) for day in named]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """Each occurrence with its outcome, and whether the series is to be made at all."""

    occurrences: tuple[Occurrence, ...]
    is_accepted: bool

    @property
    def booked(self) -> tuple[Occurrence, ...]:
        """The occurrences that are to be booked; none unless the series is accepted."""
        if not self.is_accepted:
            return ()
        return tuple(it for it in self.occurrences if it.outcome in BOOKED)

    @property
    def refused(self) -> tuple[Occurrence, ...]:
        """The occurrences that cannot be booked at their own time."""
        return tuple(it for it in self.occurrences if it.refusal is not None)


Judge = Callable[[Interval, Sequence[Interval]], HoldfastError | None]
"""Says why an interval is refused, given what the series itself takes already."""

Alternatives = Callable[[Interval], Iterable[Interval]]
"""Gives the times that might do instead, in any order."""


def plan_series(
    starts: Sequence[LocalStart],
    *,
    zone: Zone,
    duration: timedelta,
    clashes: ClashPolicy,
    judge: Judge,
    alternatives: Alternatives = lambda _wanted: (),
    occurrences_max: int = OCCURRENCES_MAX,
) -> SeriesPlan:
    """Decide what becomes of each occurrence of a series.

    A time that clocks skip is refused like a time that is taken. Each is judged with those before
    it in mind: a series cannot clash with itself, nor pass a limit by being asked for at once.

    Args:
        starts: The wall times, each once; they are taken in order.
        zone: Where the clock hangs.
        duration: How long each lasts, in elapsed time, up to that of an offering.
        clashes: What happens where one is refused.
        judge: Says why an interval is refused.
        alternatives: Gives other times; the nearest that `judge` accepts is taken, of two as near
            the earlier.
        occurrences_max: How many the offering allows.

    Raises:
        InputInvalid: None, too many, or the same start twice.
    """
    checks.require(_start_faults(starts, most=min(occurrences_max, OCCURRENCES_MAX)))
    taken: list[Interval] = []
    found: list[Occurrence] = []
    for index, wanted in enumerate(sorted(starts)):
        starts_at = instant_of(wanted.day, wanted.minute, zone, gap="forward")
        interval = Interval(starts_at=starts_at, ends_at=starts_at + duration)
        is_shown = instant_of(wanted.day, wanted.minute, zone) is not None
        refusal = judge(interval, taken) if is_shown else _never_shown()
        outcome = _OUTCOMES[clashes] if refusal is None else _OUTCOMES_REFUSED[clashes]
        if refusal is not None and clashes is ClashPolicy.SHIFT:
            nearest = _nearest(interval, alternatives, lambda it: judge(it, taken) is None)
            outcome = OccurrenceOutcome.FAILED if nearest is None else OccurrenceOutcome.SHIFTED
            interval = nearest or interval
        if outcome in _TAKING:
            taken.append(interval)
        found.append(
            Occurrence(
                index=index, wanted=wanted, interval=interval, outcome=outcome, refusal=refusal
            )
        )
    return _settled(found, clashes)


BOOKED = frozenset({OccurrenceOutcome.CREATED, OccurrenceOutcome.SHIFTED})
_TAKING = BOOKED | {OccurrenceOutcome.PLANNED}
_OUTCOMES: Mapping[ClashPolicy, OccurrenceOutcome] = MappingProxyType(
    {
        ClashPolicy.ALL_OR_NOTHING: OccurrenceOutcome.CREATED,
        ClashPolicy.SKIP: OccurrenceOutcome.CREATED,
        ClashPolicy.SHIFT: OccurrenceOutcome.CREATED,
        ClashPolicy.PLAN_ONLY: OccurrenceOutcome.PLANNED,
    }
)
_OUTCOMES_REFUSED: Mapping[ClashPolicy, OccurrenceOutcome] = MappingProxyType(
    {
        ClashPolicy.ALL_OR_NOTHING: OccurrenceOutcome.FAILED,
        ClashPolicy.SKIP: OccurrenceOutcome.SKIPPED,
        ClashPolicy.SHIFT: OccurrenceOutcome.FAILED,
        ClashPolicy.PLAN_ONLY: OccurrenceOutcome.FAILED,
    }
)


def _start_faults(starts: Sequence[LocalStart], *, most: int) -> list[Fault | None]:
    first, last = FIRST_INSTANT.date() + _DAY, LAST_INSTANT.date() - DURATION_MAX - _DAY
    found = [checks.whole("/occurrences", len(starts), least=1, most=most)]
    if len(set(starts)) != len(starts):
        found.append(checks.fault("/occurrences", "repeated", "One start is given twice."))
    for index, start in enumerate(starts[: most + 1]):
        here = f"/occurrences/{index}"
        found.append(checks.whole(here, start.minute, least=0, most=MINUTES_PER_DAY - 1))
        if not first <= start.day <= last:
            message = f"It has to be from {first} to {last}."
            found.append(checks.fault(here, "out_of_range", message))
    return found


def _never_shown() -> AvailabilityClosed:
    message = "No clock shows this time: it is skipped when clocks are put forward."
    return AvailabilityClosed(message, reason="skipped_time")


def _nearest(
    wanted: Interval, alternatives: Alternatives, is_free: Callable[[Interval], bool]
) -> Interval | None:
    """Return the nearest time that is free, of two as near the earlier."""
    near = sorted(
        (abs(it.starts_at - wanted.starts_at), it)
        # A time that clocks skip is nearest to the end of the gap, where `wanted` stands.
        for it in (wanted, *alternatives(wanted))
        if abs(it.starts_at - wanted.starts_at) <= SHIFT_MAX
    )
    return next((it for _, it in near[:ALTERNATIVES_MAX] if is_free(it)), None)


def _settled(found: Sequence[Occurrence], clashes: ClashPolicy) -> SeriesPlan:
    """Say whether the series is made; if all of it has to be and is not, nothing is created."""
    if clashes is ClashPolicy.ALL_OR_NOTHING:
        is_accepted = all(it.refusal is None for it in found)
    else:
        is_accepted = any(it.outcome in _TAKING for it in found)
    if not is_accepted:
        planned = OccurrenceOutcome.PLANNED
        found = [replace(it, outcome=planned) if it.outcome in BOOKED else it for it in found]
    return SeriesPlan(occurrences=tuple(found), is_accepted=is_accepted)


TRANSITIONS: Mapping[tuple[SeriesStatus, SeriesAction], SeriesStatus] = MappingProxyType(
    {
        (SeriesStatus.ACTIVE, SeriesAction.CANCEL): SeriesStatus.CANCELLED,
        # The same again changes nothing and is not an error.
        (SeriesStatus.CANCELLED, SeriesAction.CANCEL): SeriesStatus.CANCELLED,
    }
)


def transition(status: SeriesStatus, action: SeriesAction) -> SeriesStatus:
    """Return the status that an action leads to; the same status means nothing to do.

    Raises:
        TransitionNotAllowed: The status does not allow the action.

    >>> transition(SeriesStatus.ACTIVE, SeriesAction.CANCEL).value
    'cancelled'
    """
    target = TRANSITIONS.get((status, action))
    if target is None:
        raise TransitionNotAllowed(kind="series", status=status, action=action)
    return target


_CREATED, _SHIFTED = OccurrenceOutcome.CREATED, OccurrenceOutcome.SHIFTED
_SKIPPED, _FAILED = OccurrenceOutcome.SKIPPED, OccurrenceOutcome.FAILED
OCCURRENCE_TRANSITIONS: Mapping[tuple[OccurrenceOutcome, OccurrenceAction], OccurrenceOutcome] = (
    MappingProxyType(
        {
            (_CREATED, OccurrenceAction.SKIP): _SKIPPED,
            (_CREATED, OccurrenceAction.ADD): _CREATED,
            (_CREATED, OccurrenceAction.MOVE): _SHIFTED,
            (_SHIFTED, OccurrenceAction.SKIP): _SKIPPED,
            (_SHIFTED, OccurrenceAction.ADD): _SHIFTED,
            (_SHIFTED, OccurrenceAction.MOVE): _SHIFTED,
            (_SKIPPED, OccurrenceAction.SKIP): _SKIPPED,
            (_SKIPPED, OccurrenceAction.ADD): _CREATED,
            (_SKIPPED, OccurrenceAction.MOVE): _SHIFTED,
            (_FAILED, OccurrenceAction.SKIP): _SKIPPED,
            (_FAILED, OccurrenceAction.ADD): _CREATED,
            (_FAILED, OccurrenceAction.MOVE): _SHIFTED,
            (OccurrenceOutcome.PLANNED, OccurrenceAction.SKIP): _SKIPPED,
            (OccurrenceOutcome.PLANNED, OccurrenceAction.ADD): _CREATED,
            (OccurrenceOutcome.PLANNED, OccurrenceAction.MOVE): _SHIFTED,
        }
    )
)


def occurrence_transition(
    outcome: OccurrenceOutcome, action: OccurrenceAction, *, series: SeriesStatus
) -> OccurrenceOutcome:
    """Return what becomes of one occurrence; the same outcome of skip or add: nothing to do.

    Of a series that is over or cancelled nothing is booked any more; an occurrence that is still
    booked may be left out.

    Raises:
        TransitionNotAllowed: The series does not go on.
    """
    if series is not SeriesStatus.ACTIVE and action is not OccurrenceAction.SKIP:
        raise TransitionNotAllowed(kind="series", status=series, action=action)
    return OCCURRENCE_TRANSITIONS[outcome, action]


def status_at(series: Series, now: datetime) -> SeriesStatus:
    """Return the status of a series: it has ended when its last occurrence is over."""
    is_over = series.status is SeriesStatus.ACTIVE and now >= series.ends_at
    return SeriesStatus.ENDED if is_over else series.status


_NOT_HELD = frozenset(
    {
        BookingStatus.CANCELLED,
        BookingStatus.DECLINED,
        BookingStatus.EXPIRED,
        BookingStatus.NO_SHOW,
    }
)


def completed_count(
    occurrences: Iterable[SeriesOccurrence],
    statuses: Mapping[BookingId, BookingStatus],
    *,
    now: datetime,
) -> int:
    """Return how many occurrences took place: booked, over, and not called off or missed."""
    return sum(
        it.outcome in BOOKED
        and it.booking_id is not None
        and statuses.get(it.booking_id) not in _NOT_HELD
        and (it.ends_at <= now or statuses.get(it.booking_id) is BookingStatus.COMPLETED)
        for it in occurrences
    )
