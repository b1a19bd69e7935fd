"""Occurrences: leave one of a series out, add it again, or move it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.availability import CHECKS, LATER_CHECKS, Check
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy
from holdfast.domain.claims import Claim, series_key
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.ids import SeriesId
from holdfast.domain.offerings import Offering
from holdfast.domain.series import (
    LocalStart,
    OccurrenceAction,
    Series,
    SeriesOccurrence,
    occurrence_id_of,
    occurrence_transition,
    status_at,
)
from holdfast.domain.tenants import Tenant
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.domain.zones import zone
from holdfast.engine.answering import carried
from holdfast.engine.choosing import Choice, choose
from holdfast.engine.confirming import settle_payment
from holdfast.engine.ending import cancel, may_be_called_off
from holdfast.engine.making import (
    Details,
    SeriesPlace,
    make_booking,
    making_needs,
)
from holdfast.engine.moving import Move, moved, moving_needs
from holdfast.engine.ownership import own_series
from holdfast.engine.ports import ById, Where
from holdfast.engine.recurring import Pattern, SeriesRequest
from holdfast.engine.releasing import release_needs
from holdfast.engine.series_times import change_occurrence, follow, give_times, series_needs
from holdfast.engine.settling import customer_reads
from holdfast.engine.use_cases import Look, Needs, UseCase, View

_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_WRITE)
_ABSENT = frozenset({BookingStatus.CANCELLED, BookingStatus.DECLINED, BookingStatus.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipOccurrence:
    """Leave one occurrence out; its booking is cancelled."""

    series_id: SeriesId
    series_index: int
    reason: str | None = None
    cancelled_by: CancelledBy = CancelledBy.BUSINESS


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOccurrence:
    """Book an occurrence that is not booked, at its own time."""

    series_id: SeriesId
    series_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOccurrence:
    """Give one occurrence another time; one that is not booked is booked there."""

    series_id: SeriesId
    series_index: int
    move: Move = field(default_factory=Move)


def _one(
    look: Look, series_id: SeriesId, index: int
) -> tuple[Series, SeriesOccurrence, Booking | None]:
    """Return an occurrence with its series, and its booking if that was not called off."""
    occurrence_id = occurrence_id_of(series_id, index)
    look.want(ById(Series, series_id), ById(SeriesOccurrence, occurrence_id))
    series = own_series(look, series_id)
    occurrence = look.get(SeriesOccurrence, occurrence_id)
    if occurrence.booking_id is None:
        return series, occurrence, None
    look.want(ById(Booking, occurrence.booking_id))
    booking = look.get(Booking, occurrence.booking_id)
    return series, occurrence, None if booking.status in _ABSENT else booking


def _require_to_come(booking: Booking, action: OccurrenceAction) -> None:
    """Refuse to touch what has begun: who is there, was there or stayed away has had it."""
    if not may_be_called_off(booking):
        raise TransitionNotAllowed(kind="booking", status=booking.status, action=action)


def _skip_needs(command: SkipOccurrence, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    _, _, booking = _one(look, command.series_id, command.series_index)
    lock = Needs.of(guards=[series_key(command.series_id)])
    if booking is None:
        return lock
    look.want(Where(Claim, "owner_id", booking.booking_id), *(reads := customer_reads(booking)))
    return lock | release_needs(look, booking.booking_id) | Needs.of(reads=reads)


def _skip(view: View, command: SkipOccurrence, now: datetime) -> SeriesOccurrence:
    series, occurrence, booking = _one(view, command.series_id, command.series_index)
    status = status_at(series, now)
    outcome = occurrence_transition(occurrence.outcome, OccurrenceAction.SKIP, series=status)
    if booking is not None:
        _require_to_come(booking, OccurrenceAction.SKIP)
        by = CancelledBy.CUSTOMER if view.actor.is_public else command.cancelled_by
        cancel(view, booking, by=by, reason=command.reason, now=now)
    if outcome is occurrence.outcome:
        return occurrence
    return change_occurrence(view, series, occurrence, "skipped", outcome=outcome)


def _details(look: Look, series: Series) -> Details:
    """Return who books what is added to a series, with the answers of those made before."""
    made = look.where(Booking, "series_id", series.series_id)
    offering = look.get(Offering, series.offering_id)
    return Details(
        contact=series.contact,
        customer_id=series.customer_id,
        source="series",
        answers=carried(offering, made[0], {}, {}) if made else {},
    )


def _terms(look: Look, series: Series) -> Terms:
    """Return on what terms what is added to a series is booked: those of one made before.

    One that more or fewer come to by now may have other tickets.
    """
    for booking in look.where(Booking, "series_id", series.series_id):
        tickets = booking.terms.tickets
        if not tickets or sum(one.quantity for one in tickets) == series.party_size:
            return booking.terms
    return NO_TERMS


def _add_needs(command: AddOccurrence, look: Look) -> Needs:
    series, occurrence, booking = _one(look, command.series_id, command.series_index)
    look.want(ById(Tenant, look.tenant_id), ById(Offering, series.offering_id))
    lock = series_needs(command.series_id)
    if booking is not None:
        return lock
    return lock | _booking_needs(look, series, _own_choice(look, series, occurrence))


def _booking_needs(look: Look, series: Series, choice: Choice) -> Needs:
    return making_needs(look, choice, _details(look, series), _terms(look, series))


def _own_choice(look: Look, series: Series, occurrence: SeriesOccurrence) -> Choice:
    """Return the request for an occurrence at its own time."""
    offering = look.get(Offering, series.offering_id)
    request = SeriesRequest(
        offering_id=series.offering_id,
        rule=series.rule,
        starts_on=series.starts_on,
        date_count=series.date_count,
        picks=series.picks,
        components=series.components,
    )
    start = LocalStart(day=occurrence.wanted_on, minute=occurrence.wanted_minute)
    pattern = Pattern(
        request=request,
        offering=offering,
        zone=zone(series.zone),
        starts=(start,),
        duration=occurrence.ends_at - occurrence.starts_at,
    )
    return pattern.choice(pattern.interval(start))


def _add(view: View, command: AddOccurrence, now: datetime) -> SeriesOccurrence:
    series, occurrence, booking = _one(view, command.series_id, command.series_index)
    status = status_at(series, now)
    outcome = occurrence_transition(occurrence.outcome, OccurrenceAction.ADD, series=status)
    if booking is not None:
        _require_to_come(booking, OccurrenceAction.ADD)
        return occurrence
    # Its booking may have been cancelled by itself: then it is booked anew.
    choice = _own_choice(view, series, occurrence)
    asked = LATER_CHECKS if occurrence.series_index else CHECKS
    return _book(view, series, occurrence, choice, outcome=outcome, asked=asked, now=now)


def _book(
    view: View,
    series: Series,
    occurrence: SeriesOccurrence,
    choice: Choice,
    *,
    outcome: object,
    asked: Sequence[Check],
    now: datetime,
) -> SeriesOccurrence:
    booking = make_booking(
        view,
        choice,
        party_size=series.party_size,
        details=_details(view, series),
        terms=_terms(view, series),
        are_terms_agreed=True,
        place=SeriesPlace(series_id=series.series_id, series_index=occurrence.series_index),
        checks=asked,
        now=now,
    )
    return give_times(
        view,
        series,
        occurrence,
        "added",
        outcome=outcome,
        booking_id=booking.booking_id,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        reason_code=None,
        reason=None,
    )


def _move_needs(command: MoveOccurrence, look: Look) -> Needs:
    series, _, booking = _one(look, command.series_id, command.series_index)
    look.want(ById(Tenant, look.tenant_id), ById(Offering, series.offering_id))
    lock = series_needs(command.series_id)
    if booking is not None:
        return lock | moving_needs(look, booking, command.move)
    return lock | _booking_needs(look, series, _moved_choice(series, command.move))


def _moved_choice(series: Series, move: Move) -> Choice:
    """Return the request for an occurrence at another time."""
    is_by_slot = move.slot_id is not None
    return Choice(
        slot_id=move.slot_id,
        offering_id=None if is_by_slot else series.offering_id,
        starts_at=move.starts_at,
        ends_at=move.ends_at,
        dates=move.dates,
        is_by_nights=move.is_by_nights,
        picks=series.picks,
        components=series.components,
    )


def _move(view: View, command: MoveOccurrence, now: datetime) -> SeriesOccurrence:
    series, occurrence, booking = _one(view, command.series_id, command.series_index)
    status = status_at(series, now)
    outcome = occurrence_transition(occurrence.outcome, OccurrenceAction.MOVE, series=status)
    if booking is None:
        choice = _moved_choice(series, command.move)
        if choose(view, choice).offering_id != series.offering_id:
            raise TransitionNotAllowed(kind="series", status=status, action="book another offering")
        return _book(view, series, occurrence, choice, outcome=outcome, asked=CHECKS, now=now)
    _require_to_come(booking, OccurrenceAction.MOVE)
    changes = moved(view, booking, command.move, override=None, keeps_price=False)
    if not changes:
        return occurrence
    after = view.update(booking, **changes)
    view.fact(
        "booking.rescheduled",
        after,
        number=after.number,
        before={"starts_at": booking.starts_at, "ends_at": booking.ends_at},
        after={"starts_at": after.starts_at, "ends_at": after.ends_at},
    )
    follow(view, after)
    settle_payment(view, after, now=now)
    return view.get(SeriesOccurrence, occurrence.occurrence_id)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        SkipOccurrence: UseCase("series.skip", scopes=_SCOPES, needs=_skip_needs, decide=_skip),
        AddOccurrence: UseCase("series.add", scopes=_SCOPES, needs=_add_needs, decide=_add),
        MoveOccurrence: UseCase("series.move", scopes=_SCOPES, needs=_move_needs, decide=_move),
    }
)
