"""The facade's feature of series: bookings made together by a recurrence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, CancelledBy
from holdfast.domain.ids import BookingId, OfferingId, SeriesId
from holdfast.domain.series import (
    ClashPolicy,
    Series,
    SeriesCancelled,
    SeriesOccurrence,
    SeriesStatus,
    completed_count,
    status_at,
)
from holdfast.engine.facade.port import Port, in_utc, result_of
from holdfast.engine.moving import Move
from holdfast.engine.occurrences import AddOccurrence, MoveOccurrence, SkipOccurrence
from holdfast.engine.ownership import own_in
from holdfast.engine.ports import Comparison, Filter, ReadStore
from holdfast.engine.reading import Page, PageRequest, page, where
from holdfast.engine.records import record_of
from holdfast.engine.recurring import SeriesRequest
from holdfast.engine.series import SERIES_SCOPES, CancelSeries, PlaceSeries
from holdfast.engine.series_plans import PlannedSeries, as_a_plan, plan_of

_FIRST_PAGE = PageRequest()
_NO_HINTS = frozenset({ClashPolicy.ALL_OR_NOTHING, ClashPolicy.PLAN_ONLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """A series as it stands: its occurrences in order, and what has become of their bookings.

    Attributes:
        status: `ended` when its last occurrence is over.
        completed_count: How many took place.
    """

    series: Series
    status: SeriesStatus
    occurrences: tuple[SeriesOccurrence, ...]
    bookings: Mapping[BookingId, Booking]
    completed_count: int


class SeriesBook:
    """Bookings made together by a recurrence."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def plan(self, request: SeriesRequest) -> PlannedSeries:
        """Say what would become of each occurrence if it were booked now. Nothing is written.

        Raises:
            AvailabilityClosed: The offering is not booked as a series.
            InputInvalid: The request is malformed.
            LimitReached: There are more than may be booked together.
            RecordNotFound: There is no such offering.
        """
        return self._plan(as_a_plan(in_utc(request)))

    def _plan(self, request: SeriesRequest) -> PlannedSeries:
        port = self._port
        return port.read(
            lambda store: plan_of(
                store, tenant_id=port.tenant_id, actor=port.actor, request=request
            )
        )

    def command(self, request: SeriesRequest) -> PlaceSeries:
        """Return the command that books a series, with the times to which clashes may shift."""
        request = in_utc(request)
        if request.clashes in _NO_HINTS:
            return PlaceSeries(request=request)
        return PlaceSeries(request=request, hints=self._plan(request).others)

    def place(self, request: SeriesRequest, *, idempotency_key: str | None = None) -> SeriesView:
        """Book again and again, in one transaction.

        Raises:
            SeriesRefused: Nothing was booked; it says why, one by one.
            AvailabilityClosed: The offering is not booked as a series.
            InputInvalid: The request is malformed.
            LimitReached: There are more than may be booked together.
            RecordNotFound: There is no such offering.
        """
        command = self.command(request)
        result = self._port.run(command, idempotency_key, asked=request)
        return self.get(result_of(Series, record_of(result)).series_id)

    def cancel(
        self,
        series_id: SeriesId,
        *,
        since: datetime | None = None,
        reason: str | None = None,
        cancelled_by: CancelledBy = CancelledBy.BUSINESS,
        if_version: int | None = None,
    ) -> SeriesCancelled:
        """Cancel what begins from an instant on, by default from now. See `CancelSeries`.

        Raises:
            CancellationClosed: The policy lets none of them go.
            RecordNotFound: There is no such series, or it is somebody else's.
        """
        command = CancelSeries(
            series_id=series_id,
            since=since,
            reason=reason,
            cancelled_by=cancelled_by,
            if_version=if_version,
        )
        return result_of(SeriesCancelled, self._port.run(command))

    def skip(
        self, series_id: SeriesId, series_index: int, *, reason: str | None = None
    ) -> SeriesOccurrence:
        """Leave one occurrence out. See `SkipOccurrence`."""
        command = SkipOccurrence(series_id=series_id, series_index=series_index, reason=reason)
        return result_of(SeriesOccurrence, self._port.run(command))

    def add(self, series_id: SeriesId, series_index: int) -> SeriesOccurrence:
        """Book an occurrence that is not booked, at its own time. See `AddOccurrence`.

        Raises:
            HoldfastError: It cannot be booked.
        """
        command = AddOccurrence(series_id=series_id, series_index=series_index)
        return result_of(SeriesOccurrence, self._port.run(command))

    def move(self, series_id: SeriesId, series_index: int, move: Move) -> SeriesOccurrence:
        """Give one occurrence another time. See `MoveOccurrence`.

        Raises:
            HoldfastError: It cannot be booked there; it stays as it is.
        """
        command = MoveOccurrence(series_id=series_id, series_index=series_index, move=move)
        return result_of(SeriesOccurrence, self._port.run(command))

    def get(self, series_id: SeriesId) -> SeriesView:
        """Return a series as it stands.

        Raises:
            RecordNotFound: There is none, or it is somebody else's.
        """
        actor = self._port.actor
        actor.require(*SERIES_SCOPES, Scope.BOOKINGS_READ)

        def find(store: ReadStore) -> SeriesView:
            series = own_in(store, actor, Series, series_id)
            occurrences = where(store, SeriesOccurrence, "series_id", series_id)
            bookings = {it.booking_id: it for it in where(store, Booking, "series_id", series_id)}
            statuses = {booking_id: it.status for booking_id, it in bookings.items()}
            now = store.now()
            return SeriesView(
                series=series,
                status=status_at(series, now),
                occurrences=tuple(sorted(occurrences, key=lambda it: it.series_index)),
                bookings=bookings,
                completed_count=completed_count(occurrences, statuses, now=now),
            )

        return self._port.read(find)

    def list(
        self, request: PageRequest = _FIRST_PAGE, *, offering_id: OfferingId | None = None
    ) -> Page[Series]:
        """Return a page of series, newest first."""
        self._port.actor.require(Scope.BOOKINGS_READ)
        filters = []
        if offering_id is not None:
            filters.append(Filter("offering_id", Comparison.EQUAL, offering_id))
        return self._port.read(
            lambda store: page(
                store, Series, request, order_by="created_at", is_descending=True, filters=filters
            )
        )
