"""History: who changed what, when, and from what to what."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import InstantOut, Out
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Origin, Scope
from holdfast.domain.history import AuditEntry
from holdfast.domain.ids import BookingId
from holdfast.engine.reading import Page

# A digest is no secret, and yet nobody's business.
_NOT_SHOWN = frozenset({"digest"})


class HistoryQuery(PageQuery):
    """Whose history; without a `subject_id` everything."""

    subject_id: Annotated[str, Field(pattern="^[a-z]{3}_[0-9a-z]{26,33}$")] | None = None


class HistoryOut(Out):
    """One change: of a new record every field, else `{field: [before, after]}`.

    `origin` is on whose side the actor stands (customer, business, system), `source` by which
    door the change came (api, pages, library, worker), and `reason` why, in the actor's own
    words. Fields are called and measured as they are kept: lengths of time in seconds.
    """

    audit_id: str
    at: InstantOut
    action: str
    actor_kind: str
    actor_id: str
    origin: Origin
    source: str
    reason: str | None
    subject_kind: str
    subject_id: str
    subject_version: int
    changes: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> HistoryOut:
        """Show an entry."""
        return cls(
            audit_id=entry.audit_id,
            at=entry.at,
            action=entry.action,
            actor_kind=entry.actor_kind,
            actor_id=entry.actor_id,
            origin=entry.origin,
            source=entry.source,
            reason=entry.reason,
            subject_kind=entry.subject_kind,
            subject_id=entry.subject_id,
            subject_version=entry.subject_version,
            changes={k: v for k, v in entry.changes.items() if k not in _NOT_SHOWN},
        )


class HistoryPage(PageOut):
    """A page of changes, oldest first."""

    items: list[HistoryOut]


def _page(call: Call, page: Page[AuditEntry]) -> Response:
    cursor = call.next_cursor(page)
    items = [HistoryOut.of(entry) for entry in page.items]
    return call.page(HistoryPage(items=items, next_cursor=cursor), cursor)


async def list_(call: Call) -> Response:
    """List changes."""
    query = call.query(HistoryQuery)
    request = call.page_request(query)
    page = await call.read(lambda desk: desk.history.list(request, subject_id=query.subject_id))
    return _page(call, page)


async def of_booking(call: Call) -> Response:
    """List the changes of a booking."""
    booking_id = BookingId(call.path_id("booking_id", "bkg", kind="booking"))
    request = call.page_request(call.query(PageQuery))
    page = await call.read(lambda desk: desk.history.of_booking(booking_id, request))
    return _page(call, page)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/history",
        name="listHistory",
        summary="List who changed what, oldest first",
        scopes=(Scope.AUDIT_READ,),
        run=list_,
        query=HistoryQuery,
        answer=HistoryPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/bookings/{booking_id}/history",
        name="listBookingHistory",
        summary="List who changed a booking, oldest first",
        scopes=(Scope.AUDIT_READ,),
        run=of_booking,
        query=PageQuery,
        answer=HistoryPage,
        codes=("record.not_found",),
    ),
)
