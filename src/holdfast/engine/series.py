"""Series: book one, and cancel its rest. `occurrences` has what happens to one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.availability import CHECKS, LATER_CHECKS
from holdfast.domain.bookings import Booking, CancelledBy
from holdfast.domain.claims import Claim, series_key
from holdfast.domain.errors import (
    AvailabilityClosed,
    CancellationClosed,
    CapacityExceeded,
    HoldfastError,
    PolicyRefused,
    PromoRefused,
    RecordNotFound,
    SeriesRefused,
)
from holdfast.domain.ids import SeriesId
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.promo_codes import PromoReason
from holdfast.domain.series import (
    BOOKED,
    CalledOff,
    ClashPolicy,
    Occurrence,
    Series,
    SeriesAction,
    SeriesCancelled,
    SeriesMade,
    SeriesOccurrence,
    SeriesPlan,
    SeriesStatus,
    occurrence_id_of,
    plan_series,
    transition,
)
from holdfast.domain.tenants import Tenant
from holdfast.engine.choosing import Choice
from holdfast.engine.ending import cancel, may_be_called_off
from holdfast.engine.making import (
    SeriesPlace,
    make_booking,
    making_needs,
    require_details,
)
from holdfast.engine.ownership import own_series
from holdfast.engine.ports import ById, Where
from holdfast.engine.recurring import Pattern, SeriesRequest, own_clash, pattern_of
from holdfast.engine.releasing import release_needs
from holdfast.engine.settling import customer_reads
from holdfast.engine.snapshots import side_by_side
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

SERIES_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_WRITE)
# What one occurrence may be refused for while others are booked. All else is a mistake in the
# request, and refuses the series.
CLASHES = (AvailabilityClosed, CapacityExceeded, PolicyRefused)
# Of a promo code only this: none is booked at another price than was asked for.
_USED_UP = frozenset({PromoReason.USED_UP, PromoReason.USED_UP_BY_CUSTOMER})

Hints = tuple[tuple[datetime, tuple[datetime, ...]], ...]
"""For wanted starts that looked taken: other starts that looked free, the nearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSeries:
    """Book again and again, in one transaction. `hints` say where clashes may be shifted to."""

    request: SeriesRequest
    hints: Hints = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSeries:
    """Cancel what of a series begins from an instant on, by default from now.

    Nothing is added to it any more. A booking that its policy does not let go stays, with the
    reason; if none may go, nothing is changed at all. Cancelling again only tries what stayed.
    """

    series_id: SeriesId
    since: datetime | None = None
    reason: str | None = None
    cancelled_by: CancelledBy = CancelledBy.BUSINESS
    if_version: int | None = None


def _place_needs(command: PlaceSeries, look: Look) -> Needs:
    request = command.request
    pattern = _pattern(look, request)
    intervals = [pattern.interval(start) for start in pattern.starts]
    if request.clashes is ClashPolicy.SHIFT:
        others = dict(command.hints)
        ends = pattern.duration
        intervals += [
            Interval(starts_at=at, ends_at=at + ends)
            for interval in list(intervals)
            for at in others.get(interval.starts_at, ())
        ]

    def needs_of(choice: Choice) -> Callable[[], Needs]:
        def find() -> Needs:
            try:
                return making_needs(look, choice, request.details, request.terms)
            except CLASHES:
                return Needs()  # it will be refused again as it is judged

        return find

    return Needs.together(side_by_side(*(needs_of(pattern.choice(it)) for it in intervals)))


def _pattern(look: Look, request: SeriesRequest) -> Pattern:
    look.want(ById(Tenant, look.tenant_id), ById(Offering, request.offering_id))
    offering = look.get(Offering, request.offering_id)
    if offering.status is OfferingStatus.DELETED:
        raise RecordNotFound(kind="offering", key=request.offering_id)
    return pattern_of(request, offering, look.get(Tenant, look.tenant_id))


def _place(view: View, command: PlaceSeries, now: datetime) -> SeriesMade:
    request = command.request
    pattern = _pattern(view, request)
    require_details(request.details)
    series_id = SeriesId(view.new_id("ser"))
    maker = _Maker(view, pattern, series_id, now=now)
    hints = dict(command.hints)
    plan = plan_series(
        pattern.starts,
        zone=pattern.zone,
        duration=pattern.duration,
        clashes=request.clashes,
        judge=maker.judge,
        alternatives=lambda wanted: maker.others(hints.get(wanted.starts_at, ())),
        occurrences_max=pattern.offering.series_max or 0,
    )
    if not plan.is_accepted:
        raise refusal_of(plan)
    series = _series_of(view, pattern, series_id, plan, maker.made, now=now)
    view.insert(series)
    view.fact("series.placed", series, booked=len(plan.booked), refused=len(plan.refused))
    kept = []
    for occurrence in plan.occurrences:
        booking = maker.made.get(occurrence.interval) if occurrence.outcome in BOOKED else None
        wanted = pattern.interval(occurrence.wanted).starts_at
        one = _kept(series_id, occurrence, booking, hints.get(wanted, ()), now=now)
        view.insert(one)
        kept.append(one)
    return SeriesMade(series=series, occurrences=tuple(kept))


class _Maker:
    """Judges occurrences by booking them: what is refused leaves nothing, nor does a series."""

    def __init__(self, view: View, pattern: Pattern, series_id: SeriesId, *, now: datetime) -> None:
        self.made: dict[Interval, Booking] = {}
        self._view, self._pattern, self._now = view, pattern, now
        self._series_id = series_id
        self._index_of = {pattern.interval(it): i for i, it in enumerate(pattern.starts)}
        self._index = 0

    def judge(self, interval: Interval, taken: Sequence[Interval]) -> HoldfastError | None:
        """Book one occurrence, or say why not."""
        # An alternative is tried for the occurrence that was refused last.
        self._index = self._index_of.get(interval, self._index)
        clash = own_clash(interval, taken)
        if clash is not None:
            return clash
        try:
            self.made[interval] = self._view.attempt(lambda: self._make(interval))
        except CLASHES as refusal:
            return refusal
        except PromoRefused as refusal:
            if refusal.fields["reason"] not in _USED_UP:
                raise
            return refusal
        return None

    def _make(self, interval: Interval) -> Booking:
        request = self._pattern.request
        return make_booking(
            self._view,
            self._pattern.choice(interval),
            party_size=request.party_size,
            details=request.details,
            terms=request.terms,
            place=SeriesPlace(series_id=self._series_id, series_index=self._index),
            checks=LATER_CHECKS if self._index else CHECKS,
            now=self._now,
        )

    def others(self, starts: Iterable[datetime]) -> list[Interval]:
        """Return where an occurrence may be shifted to: never onto another one's own time."""
        duration = self._pattern.duration
        found = [Interval(starts_at=at, ends_at=at + duration) for at in starts]
        return [it for it in found if it not in self._index_of]


def refusal_of(plan: SeriesPlan) -> SeriesRefused:
    """Return the refusal of a series of which nothing is booked."""
    message = f"{len(plan.refused)} of {len(plan.occurrences)} cannot be booked, so nothing was."
    return SeriesRefused(
        message,
        occurrences=[
            {
                "index": it.index,
                "starts_at": it.interval.starts_at,
                "code": it.refusal.code,
                "detail": it.refusal.detail,
            }
            for it in plan.refused
            if it.refusal is not None
        ],
    )


def _series_of(
    view: View,
    pattern: Pattern,
    series_id: SeriesId,
    plan: SeriesPlan,
    made: Mapping[Interval, Booking],
    *,
    now: datetime,
) -> Series:
    request, offering = pattern.request, pattern.offering
    customer_id = next(iter(made.values())).customer_id
    ends = [it.interval.ends_at for it in plan.occurrences]
    return Series(
        series_id=series_id,
        status=SeriesStatus.ACTIVE,
        offering_id=offering.offering_id,
        offering_name=offering.name,
        rule=request.rule,
        starts_on=request.starts_on,
        minute=pattern.starts[0].minute,
        zone=pattern.zone.key,
        clashes=request.clashes,
        party_size=request.party_size,
        date_count=request.date_count,
        picks=request.picks,
        components=request.components,
        customer_id=customer_id,
        contact=request.details.contact,
        placed_by=view.actor.actor_id,
        cancel_reason=None,
        created_at=now,
        ends_at=max([*ends, *(it.ends_at for it in made.values())]),
        ended_at=None,
        version=1,
    )


def _kept(
    series_id: SeriesId,
    occurrence: Occurrence,
    booking: Booking | None,
    alternatives: tuple[datetime, ...],
    *,
    now: datetime,
) -> SeriesOccurrence:
    interval, refusal = occurrence.interval, occurrence.refusal
    return SeriesOccurrence(
        occurrence_id=occurrence_id_of(series_id, occurrence.index),
        series_id=series_id,
        series_index=occurrence.index,
        wanted_on=occurrence.wanted.day,
        wanted_minute=occurrence.wanted.minute,
        starts_at=booking.starts_at if booking else interval.starts_at,
        ends_at=booking.ends_at if booking else interval.ends_at,
        outcome=occurrence.outcome,
        reason_code=refusal.code if refusal else None,
        reason=refusal.detail if refusal else None,
        alternatives=alternatives,
        booking_id=booking.booking_id if booking else None,
        created_at=now,
        version=1,
    )


def _cancel_needs(command: CancelSeries, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    look.want(ById(Series, command.series_id), Where(Booking, "series_id", command.series_id))
    own_series(look, command.series_id)
    live = [it for it in _bookings(look, command.series_id) if may_be_called_off(it)]
    reads = {read for it in live for read in customer_reads(it)}
    look.want(*(Where(Claim, "owner_id", it.booking_id) for it in live), *reads)
    releasing = Needs.together(side_by_side(*(_releasing(look, it) for it in live)))
    return releasing | Needs.of(guards=[series_key(command.series_id)], reads=reads)


def _bookings(look: Look, series_id: SeriesId) -> tuple[Booking, ...]:
    return look.where(Booking, "series_id", series_id)


def _releasing(look: Look, booking: Booking) -> Callable[[], Needs]:
    return lambda: release_needs(look, booking.booking_id)


def _cancel(view: View, command: CancelSeries, now: datetime) -> SeriesCancelled:
    series = own_series(view, command.series_id)
    require_version(series, command.if_version)
    status = transition(series.status, SeriesAction.CANCEL)
    by = CancelledBy.CUSTOMER if view.actor.is_public else command.cancelled_by
    since = now if command.since is None else command.since
    meant = [
        it
        for it in _bookings(view, series.series_id)
        if it.starts_at >= since and may_be_called_off(it)
    ]
    meant.sort(key=lambda it: (it.starts_at, it.series_index or 0))
    found = [_call_off(view, it, by=by, reason=command.reason, now=now) for it in meant]
    if status is not series.status:
        kept = [one.refusal for one in found if one.refusal is not None]
        if kept and len(kept) == len(found):
            raise kept[0]
        series = view.update(series, status=status, cancel_reason=command.reason, ended_at=now)
        view.fact("series.cancelled", series, by=by, reason=command.reason, kept=len(kept))
    return SeriesCancelled(series=series, bookings=tuple(found))


def _call_off(
    view: View, booking: Booking, *, by: CancelledBy, reason: str | None, now: datetime
) -> CalledOff:
    """Cancel a booking, or say why it stays."""
    refusal: HoldfastError | None = None
    try:
        view.attempt(lambda: cancel(view, booking, by=by, reason=reason, now=now))
    except CancellationClosed as closed:
        refusal = closed
    return CalledOff(
        series_index=booking.series_index or 0,
        booking_id=booking.booking_id,
        starts_at=booking.starts_at,
        refusal=refusal,
    )


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        PlaceSeries: UseCase(
            "series.place", scopes=SERIES_SCOPES, needs=_place_needs, decide=_place
        ),
        CancelSeries: UseCase(
            "series.cancel", scopes=SERIES_SCOPES, needs=_cancel_needs, decide=_cancel
        ),
    }
)
