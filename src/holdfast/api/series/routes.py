"""Routes of series: plan, book, look, cancel the rest; skip, add or move one of them."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import shown
from holdfast.api.refusals import HOOK_CODES, PLACING_CODES
from holdfast.api.series.forms import (
    AddOccurrenceIn,
    CancelSeriesIn,
    MoveOccurrenceIn,
    OccurrenceOut,
    PlaceSeriesIn,
    PlanSeriesIn,
    SeriesCancelledOut,
    SeriesMadeOut,
    SeriesOut,
    SeriesPage,
    SeriesPlanOut,
    SeriesQuery,
    SeriesWithOccurrencesOut,
    SkipOccurrenceIn,
)
from holdfast.domain.access import Scope
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.ids import SeriesId
from holdfast.domain.series import OCCURRENCES_MAX, ClashPolicy, Series
from holdfast.engine.making import Details
from holdfast.engine.occurrences import AddOccurrence, MoveOccurrence, SkipOccurrence
from holdfast.engine.reading import Page
from holdfast.engine.series import SERIES_SCOPES, CancelSeries

_NAMES = {
    "/minute": "/starts_at",
    "/starts_on": "/first_on",
    "/length": "/length_minutes",
}


def _series_id(call: Call) -> SeriesId:
    return SeriesId(call.path_id("series_id", "ser", kind="series"))


def _index(call: Call) -> int:
    """Return which occurrence the path names.

    Raises:
        RecordNotFound: It is no number that an occurrence has.
    """
    text = call.path_text("series_index")
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(OCCURRENCES_MAX))
    # One number has one form: "01" is no other name of 1.
    if not is_number or int(text) >= OCCURRENCES_MAX or text != str(int(text)):
        raise RecordNotFound(kind="occurrence", key=shown(text))
    return int(text)


async def plan(call: Call) -> Response:
    """Say what would become of each occurrence now."""
    body = await call.body(PlanSeriesIn)
    request = body.request(clashes=ClashPolicy.PLAN_ONLY, details=Details())
    planned = await call.read(lambda desk: desk.series.plan(request))
    return call.answer(SeriesPlanOut.of(planned))


async def place(call: Call) -> Response:
    """Book again and again."""
    body = await call.body(PlaceSeriesIn)
    details = body.details(call.actor)
    request = body.request(clashes=body.clashes, details=details, terms=body.terms())
    command = await call.read(lambda desk: desk.series.command(request))
    return await call.write(command, SeriesMadeOut.of, location="/v1/series")


async def list_(call: Call) -> Response:
    """List series."""
    query = call.query(SeriesQuery)
    request = call.page_request(query)
    page: Page[Series] = await call.read(
        lambda desk: desk.series.list(request, offering_id=query.offering_id)
    )
    cursor = call.next_cursor(page)
    items = [SeriesOut.of(series) for series in page.items]
    return call.page(SeriesPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a series as it stands."""
    series_id = _series_id(call)
    view = await call.read(lambda desk: desk.series.get(series_id))
    # Its bookings change without its version.
    return call.record(
        SeriesWithOccurrencesOut.of(view), version=view.series.version, is_settled=False
    )


async def cancel(call: Call) -> Response:
    """Cancel the rest."""
    series_id = _series_id(call)
    body = await call.body(CancelSeriesIn)
    command = CancelSeries(
        series_id=series_id,
        since=body.since,
        reason=body.reason,
        cancelled_by=body.cancelled_by,
        if_version=call.if_version,
    )
    return await call.write(command, SeriesCancelledOut.of)


async def skip(call: Call) -> Response:
    """Leave one occurrence out."""
    series_id, index = _series_id(call), _index(call)
    body = await call.body(SkipOccurrenceIn)
    command = SkipOccurrence(
        series_id=series_id,
        series_index=index,
        reason=body.reason,
        cancelled_by=body.cancelled_by,
    )
    return await call.write(command, OccurrenceOut.of)


async def add(call: Call) -> Response:
    """Book one occurrence at its own time."""
    series_id, index = _series_id(call), _index(call)
    await call.body(AddOccurrenceIn)
    return await call.write(
        AddOccurrence(series_id=series_id, series_index=index), OccurrenceOut.of
    )


async def move(call: Call) -> Response:
    """Give one occurrence another time."""
    series_id, index = _series_id(call), _index(call)
    body = await call.body(MoveOccurrenceIn)
    command = MoveOccurrence(series_id=series_id, series_index=index, move=body.move())
    return await call.write(command, OccurrenceOut.of)


_ONE = "/v1/series/{series_id}/occurrences/{series_index}"
_CHANGED = ("record.not_found", "state.transition_not_allowed")

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/series/plan",
        name="planSeries",
        summary="Say what would become of each occurrence of a series now, and write nothing",
        scopes=(Scope.AVAILABILITY_READ,),
        run=plan,
        body=PlanSeriesIn,
        answer=SeriesPlanOut,
        codes=("availability.closed", "policy.limit_reached", "record.not_found"),
        names=_NAMES,
        is_question=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/series",
        name="placeSeries",
        summary="Book again and again, in one transaction",
        scopes=SERIES_SCOPES,
        run=place,
        body=PlaceSeriesIn,
        answer=SeriesMadeOut,
        status=201,
        codes=(
            *HOOK_CODES,
            "availability.closed",
            "policy.limit_reached",
            "promo.refused",
            "record.not_found",
            "series.refused",
        ),
        names=_NAMES,
    ),
    Endpoint(
        method="GET",
        path="/v1/series",
        name="listSeries",
        summary="List series, newest first",
        scopes=(Scope.BOOKINGS_READ,),
        run=list_,
        query=SeriesQuery,
        answer=SeriesPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/series/{series_id}",
        name="getSeries",
        summary="Show a series, each of its occurrences, and how many took place",
        scopes=(*SERIES_SCOPES, Scope.BOOKINGS_READ),
        run=get,
        answer=SeriesWithOccurrencesOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="POST",
        path="/v1/series/{series_id}/cancel",
        name="cancelSeries",
        summary="Cancel what of a series is still to come, as far as its policy allows",
        scopes=SERIES_SCOPES,
        run=cancel,
        body=CancelSeriesIn,
        is_body_optional=True,
        answer=SeriesCancelledOut,
        codes=("policy.cancellation_closed", "record.changed", *_CHANGED),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/skip",
        name="skipOccurrence",
        summary="Leave one occurrence out; its booking is cancelled",
        scopes=SERIES_SCOPES,
        run=skip,
        body=SkipOccurrenceIn,
        is_body_optional=True,
        answer=OccurrenceOut,
        codes=("policy.cancellation_closed", *_CHANGED),
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/add",
        name="addOccurrence",
        summary="Book one occurrence that is not booked, at its own time",
        scopes=SERIES_SCOPES,
        run=add,
        body=AddOccurrenceIn,
        is_body_optional=True,
        answer=OccurrenceOut,
        codes=(*PLACING_CODES, "state.transition_not_allowed"),
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/move",
        name="moveOccurrence",
        summary="Give one occurrence another time; one that is not booked is booked there",
        scopes=SERIES_SCOPES,
        run=move,
        body=MoveOccurrenceIn,
        answer=OccurrenceOut,
        codes=(*PLACING_CODES, "state.transition_not_allowed"),
    ),
)
