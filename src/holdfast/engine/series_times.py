"""Times of series: an occurrence is where its booking is, and the series is over with the last."""

from __future__ import annotations

from holdfast.domain.bookings import Booking
from holdfast.domain.claims import series_key
from holdfast.domain.ids import SeriesId
from holdfast.domain.series import (
    BOOKED,
    OccurrenceOutcome,
    Series,
    SeriesOccurrence,
    occurrence_id_of,
)
from holdfast.engine.ports import ById, Where
from holdfast.engine.use_cases import Look, Needs, View


def series_needs(series_id: SeriesId) -> Needs:
    """Return what whoever gives an occurrence a time locks, and reads to say when all are over."""
    reads = [Where(SeriesOccurrence, "series_id", series_id)]
    return Needs.of(guards=[series_key(series_id)], reads=reads)


def following_needs(look: Look, booking: Booking) -> Needs:
    """Find what moving a booking locks of the series that it is one of, if it is of any."""
    if booking.series_id is None or booking.series_index is None:
        return Needs()
    one = occurrence_id_of(booking.series_id, booking.series_index)
    look.want(ById(Series, booking.series_id), ById(SeriesOccurrence, one))
    return series_needs(booking.series_id)


def follow(view: View, after: Booking) -> None:
    """Let its occurrence follow a booking of a series to where it was moved."""
    if after.series_id is None or after.series_index is None:
        return
    series = view.get(Series, after.series_id)
    one = view.get(SeriesOccurrence, occurrence_id_of(series.series_id, after.series_index))
    times = {"starts_at": after.starts_at, "ends_at": after.ends_at}
    is_there = all(getattr(one, name) == value for name, value in times.items())
    if is_there or one.booking_id != after.booking_id:
        return
    outcome = OccurrenceOutcome.SHIFTED if one.outcome in BOOKED else one.outcome
    give_times(view, series, one, "moved", outcome=outcome, **times)


def change_occurrence(
    view: View, series: Series, occurrence: SeriesOccurrence, what: str, **changes: object
) -> SeriesOccurrence:
    """Change an occurrence and say so."""
    changed = view.update(occurrence, **changes)
    view.fact(f"occurrence.{what}", changed, series_id=series.series_id)
    return changed


def give_times(
    view: View, series: Series, occurrence: SeriesOccurrence, what: str, **changes: object
) -> SeriesOccurrence:
    """Give an occurrence its time; the series is over when the last of them is."""
    changed = change_occurrence(view, series, occurrence, what, **changes)
    every = view.where(SeriesOccurrence, "series_id", series.series_id)
    ends = {it.occurrence_id: it.ends_at for it in every}
    ends_at = max((ends | {changed.occurrence_id: changed.ends_at}).values())
    if ends_at != series.ends_at:
        view.update(series, ends_at=ends_at)
    return changed
