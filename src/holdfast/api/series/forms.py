"""Series as they are sent and shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.api.models import (
    ACustomerId,
    AnOfferingId,
    AResourceId,
    ASlotId,
    Body,
    ClockTime,
    ContactIn,
    ContactOut,
    DayOut,
    Instant,
    InstantOut,
    Line,
    LocalDay,
    LongText,
    Metadata,
    Out,
    Units,
    Word,
    minutes,
    minutes_of,
    show_clock,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.api.pricing import TermsIn
from holdfast.api.recurring import SeriesFrequency
from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy
from holdfast.domain.errors import AccessDenied, InputInvalid
from holdfast.domain.ids import BookingId
from holdfast.domain.offerings import COMPONENTS_MAX
from holdfast.domain.recurrence import (
    COUNT_MAX,
    INTERVAL_MAX,
    RECURRENCE_TEXT_MAX,
    Frequency,
)
from holdfast.domain.series import (
    ClashPolicy,
    Occurrence,
    OccurrenceOutcome,
    Series,
    SeriesCancelled,
    SeriesMade,
    SeriesOccurrence,
    SeriesStatus,
)
from holdfast.domain.shapes import DATES_MAX
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.engine.choosing import PICKS_MAX, STAY_MAX
from holdfast.engine.facade.series import SeriesView
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.recurring import SeriesRequest, rule_text
from holdfast.engine.series_plans import PlannedSeries


class PlanSeriesIn(Body):
    """What to book again and again.

    How often is said by `rule`, an RRULE with a COUNT or an UNTIL, or by `frequency`, `interval`
    and either `count` or `until_on`. `first_on` is the first day, and `starts_at` what the clock
    shows when each begins; days and nights have none. Of free start and end `length_minutes` says
    how long each is, of days and nights `date_count` how many.
    """

    offering_id: AnOfferingId
    first_on: LocalDay
    starts_at: ClockTime | None = None
    rule: Annotated[str, Field(max_length=RECURRENCE_TEXT_MAX)] | None = None
    frequency: Word[SeriesFrequency] | None = None
    interval: Annotated[int, Field(ge=1, le=INTERVAL_MAX)] = 1
    count: Annotated[int, Field(ge=1, le=COUNT_MAX)] | None = None
    until_on: LocalDay | None = None
    party_size: Units = 1
    length_minutes: Annotated[int, Field(ge=1, le=minutes_of(STAY_MAX))] | None = None
    date_count: Annotated[int, Field(ge=1, le=DATES_MAX)] | None = None
    resource_ids: Annotated[list[AResourceId], Field(max_length=PICKS_MAX)] = Field(
        default_factory=list
    )
    components: Annotated[list[Line], Field(max_length=COMPONENTS_MAX)] = Field(
        default_factory=list
    )

    def request(
        self, *, clashes: ClashPolicy, details: Details, terms: Terms = NO_TERMS
    ) -> SeriesRequest:
        """Return it as the engine takes it.

        Raises:
            InputInvalid: How often is said in two ways, or not at all.
        """
        length = self.length_minutes
        return SeriesRequest(
            offering_id=self.offering_id,
            rule=self._rule(),
            starts_on=self.first_on,
            minute=self.starts_at,
            clashes=clashes,
            party_size=self.party_size,
            length=None if length is None else minutes(length),
            date_count=self.date_count,
            picks=tuple(self.resource_ids),
            components=tuple(self.components),
            details=details,
            terms=terms,
        )

    def _rule(self) -> str:
        is_said = self.frequency is not None
        if is_said is (self.rule is not None):
            message = "Say how often by a rule, or by a frequency with count or until_on."
            raise InputInvalid.at("/rule", "two_forms" if is_said else "missing", message)
        if self.rule is not None:
            return self.rule
        if (self.count is None) is (self.until_on is None):
            message = "Say when it ends: by a count, or by until_on."
            raise InputInvalid.at("/count", "missing", message)
        frequency = Frequency((self.frequency or "").upper())
        return rule_text(frequency, interval=self.interval, count=self.count, until=self.until_on)


class PlaceSeriesIn(PlanSeriesIn, TermsIn):
    """What to book again and again, for whom, and what happens where one cannot be booked.

    `clashes` is `all_or_nothing` (nothing is booked), `skip` (it is left out) or `shift` (it
    moves to the nearest free time within a week). Each is booked with the same promo codes and
    tickets. Only staff may send `customer_id` and `internal_note`.
    """

    clashes: Word[ClashPolicy] = ClashPolicy.ALL_OR_NOTHING
    contact: ContactIn = ContactIn()
    source: Line = "api"
    note: LongText = ""
    metadata: Metadata = Field(default_factory=dict)
    answers: Metadata = Field(default_factory=dict)
    customer_id: ACustomerId | None = None
    internal_note: LongText = ""

    def details(self, actor: Actor) -> Details:
        """Return who books as the engine takes it.

        Raises:
            AccessDenied: It says what only staff may say.
            InputInvalid: It is only a plan.
        """
        if self.clashes is ClashPolicy.PLAN_ONLY:
            message = "Plans are asked for at /v1/series/plan."
            raise InputInvalid.at("/clashes", "not_one_of", message)
        if actor.is_public and (self.customer_id is not None or self.internal_note):
            message = "A publishable key may set neither customer_id nor internal_note."
            raise AccessDenied(message, scopes=[Scope.BOOKINGS_WRITE.value])
        return Details(
            contact=self.contact.contact(),
            customer_id=self.customer_id,
            source=self.source,
            note=self.note,
            internal_note=self.internal_note,
            metadata=self.metadata,
            answers=self.answers,
        )


class CancelSeriesIn(Body):
    """Why, by whom, and from when on; by default from now."""

    since: Instant | None = None
    reason: LongText | None = None
    cancelled_by: Word[CancelledBy] = CancelledBy.BUSINESS


class SkipOccurrenceIn(Body):
    """Why, and by whom."""

    reason: LongText | None = None
    cancelled_by: Word[CancelledBy] = CancelledBy.BUSINESS


class AddOccurrenceIn(Body):
    """Nothing has to be said to book it at its own time."""


class MoveOccurrenceIn(Body):
    """Another time: a slot, the start of one, a start and an end, or dates."""

    slot_id: ASlotId | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    dates: Annotated[list[LocalDay], Field(max_length=DATES_MAX)] = Field(default_factory=list)

    def move(self) -> Move:
        """Return it as the engine takes it."""
        return Move(
            slot_id=self.slot_id,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            dates=tuple(self.dates),
        )


class SeriesQuery(PageQuery):
    """Which series to list, newest first."""

    offering_id: AnOfferingId | None = None


class PlannedOccurrenceOut(Out):
    """What would become of one occurrence now; `alternatives` are other starts that are free."""

    series_index: int
    wanted_on: DayOut
    wanted_at: str
    starts_at: InstantOut
    ends_at: InstantOut
    outcome: OccurrenceOutcome
    reason_code: str | None
    reason: str | None
    alternatives: list[InstantOut]


class SeriesPlanOut(Out):
    """What would become of each occurrence now. `is_free` says whether all could be booked."""

    is_free: bool
    occurrences: list[PlannedOccurrenceOut]

    @classmethod
    def of(cls, planned: PlannedSeries) -> SeriesPlanOut:
        """Show a plan."""
        others = dict(planned.others)

        def shown(one: Occurrence) -> PlannedOccurrenceOut:
            return PlannedOccurrenceOut(
                series_index=one.index,
                wanted_on=one.wanted.day,
                wanted_at=show_clock(one.wanted.minute),
                starts_at=one.interval.starts_at,
                ends_at=one.interval.ends_at,
                outcome=one.outcome,
                reason_code=one.refusal.code if one.refusal else None,
                reason=one.refusal.detail if one.refusal else None,
                alternatives=list(others.get(one.interval.starts_at, ())),
            )

        occurrences = [shown(one) for one in planned.plan.occurrences]
        return cls(is_free=not planned.plan.refused, occurrences=occurrences)


class OccurrenceOut(Out):
    """One occurrence of a series, and what has become of its booking."""

    series_id: str
    series_index: int
    wanted_on: DayOut
    wanted_at: str
    starts_at: InstantOut
    ends_at: InstantOut
    outcome: OccurrenceOutcome
    reason_code: str | None
    reason: str | None
    alternatives: list[InstantOut]
    booking_id: str | None
    booking_status: BookingStatus | None
    version: int

    @classmethod
    def of(cls, one: SeriesOccurrence, booking: Booking | None = None) -> OccurrenceOut:
        """Show an occurrence; its booking may have been moved by itself."""
        return cls(
            series_id=one.series_id,
            series_index=one.series_index,
            wanted_on=one.wanted_on,
            wanted_at=show_clock(one.wanted_minute),
            starts_at=booking.starts_at if booking else one.starts_at,
            ends_at=booking.ends_at if booking else one.ends_at,
            outcome=one.outcome,
            reason_code=one.reason_code,
            reason=one.reason,
            alternatives=list(one.alternatives),
            booking_id=one.booking_id,
            booking_status=booking.status if booking else None,
            version=one.version,
        )


class SeriesOut(Out):
    """Bookings made together by a recurrence."""

    series_id: str
    status: SeriesStatus
    offering_id: str
    offering_name: str
    rule: str
    first_on: DayOut
    zone: str
    clashes: ClashPolicy
    party_size: int
    customer_id: str | None
    contact: ContactOut
    placed_by: str
    cancel_reason: str | None
    created_at: InstantOut
    ends_at: InstantOut
    ended_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, series: Series) -> SeriesOut:
        """Show a series."""
        return cls(
            series_id=series.series_id,
            status=series.status,
            offering_id=series.offering_id,
            offering_name=series.offering_name,
            rule=series.rule,
            first_on=series.starts_on,
            zone=series.zone,
            clashes=series.clashes,
            party_size=series.party_size,
            customer_id=series.customer_id,
            contact=ContactOut.of(series.contact),
            placed_by=series.placed_by,
            cancel_reason=series.cancel_reason,
            created_at=series.created_at,
            ends_at=series.ends_at,
            ended_at=series.ended_at,
            version=series.version,
        )


class SeriesWithOccurrencesOut(Out):
    """A series, each of its occurrences in order, and how many of them took place."""

    series: SeriesOut
    occurrences: list[OccurrenceOut]
    completed_count: int

    @classmethod
    def of(cls, view: SeriesView) -> SeriesWithOccurrencesOut:
        """Show a series as it stands."""
        found = view.bookings

        def booking_of(booking_id: BookingId | None) -> Booking | None:
            return found.get(booking_id) if booking_id is not None else None

        shown = SeriesOut.of(view.series).model_copy(update={"status": view.status})
        return cls(
            series=shown,
            occurrences=[
                OccurrenceOut.of(it, booking_of(it.booking_id)) for it in view.occurrences
            ],
            completed_count=view.completed_count,
        )


class SeriesMadeOut(Out):
    """A series, and each of its occurrences as it was booked or not."""

    series: SeriesOut
    occurrences: list[OccurrenceOut]

    @classmethod
    def of(cls, made: SeriesMade) -> SeriesMadeOut:
        """Show what was made."""
        return cls(
            series=SeriesOut.of(made.series),
            occurrences=[OccurrenceOut.of(it) for it in made.occurrences],
        )


class CalledOffOut(Out):
    """A booking of a series that was to be cancelled; if it stays, the reason says why."""

    series_index: int
    booking_id: str
    starts_at: InstantOut
    is_cancelled: bool
    reason_code: str | None
    reason: str | None


class SeriesCancelledOut(Out):
    """A series that does not go on, and each booking that was still to come."""

    series: SeriesOut
    bookings: list[CalledOffOut]

    @classmethod
    def of(cls, done: SeriesCancelled) -> SeriesCancelledOut:
        """Show what was cancelled."""
        return cls(
            series=SeriesOut.of(done.series),
            bookings=[
                CalledOffOut(
                    series_index=it.series_index,
                    booking_id=it.booking_id,
                    starts_at=it.starts_at,
                    is_cancelled=it.refusal is None,
                    reason_code=it.refusal.code if it.refusal else None,
                    reason=it.refusal.detail if it.refusal else None,
                )
                for it in done.bookings
            ],
        )


class SeriesPage(PageOut):
    """A page of series, newest first."""

    items: list[SeriesOut]
