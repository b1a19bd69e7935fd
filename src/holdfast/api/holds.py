"""Holds: place one, look at it, extend it, let it go."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    AnOfferingId,
    ASlotId,
    AssignedOut,
    Body,
    ContactIn,
    ContactOut,
    Instant,
    InstantOut,
    Line,
    Metadata,
    MoneyOut,
    Out,
    Units,
    Words,
    seconds,
    seconds_of,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Scope
from holdfast.domain.holds import HOLD_TTL_MAX, Hold, HoldStatus, time_left
from holdfast.domain.ids import HoldId
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import (
    HOLD_SCOPES,
    ExtendHold,
    PlaceHold,
    ReleaseHold,
    ReleaseHoldsOfClient,
)
from holdfast.engine.reading import Page

TtlSeconds = Annotated[int, Field(ge=1, le=seconds_of(HOLD_TTL_MAX))]


class PlaceHoldIn(Body):
    """Which places to keep: those of a slot, or of the offering's slot that starts then.

    Without `ttl_seconds` the offering says how long; a publishable key's holds last 15 minutes at
    most. Whoever sends a `client_key` can let everything go that it holds, at once.
    """

    slot_id: ASlotId | None = None
    offering_id: AnOfferingId | None = None
    starts_at: Instant | None = None
    party_size: Units = 1
    ttl_seconds: TtlSeconds | None = None
    client_key: Line | None = None
    contact: ContactIn = ContactIn()
    metadata: Metadata = Field(default_factory=dict)


class ExtendHoldIn(Body):
    """How long to keep the places from now on; by default as long as the offering says."""

    ttl_seconds: TtlSeconds | None = None


class ReleaseHoldIn(Body):
    """Nothing has to be said to let a hold go."""


class ReleaseHoldsIn(Body):
    """Whose holds to let go."""

    client_key: Line


class HoldQuery(PageQuery):
    """Which holds to list."""

    status: Words[HoldStatus] = ()
    offering_id: AnOfferingId | None = None
    client_key: Line | None = None


class HoldOut(Out):
    """Places kept for a short while.

    `status` is `expired` from `expires_at` on, whether or not that has been recorded already.
    """

    hold_id: str
    status: HoldStatus
    offering_id: str | None
    slot_id: str | None
    starts_at: InstantOut
    ends_at: InstantOut
    party_size: int
    assigned: list[AssignedOut]
    price: MoneyOut
    client_key: str | None
    contact: ContactOut
    placed_by: str
    expires_at: InstantOut
    time_left_seconds: int
    ceiling_at: InstantOut
    extension_count: int
    booking_id: str | None
    metadata: dict[str, Any]
    created_at: InstantOut
    ended_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, hold: Hold, *, now: datetime) -> HoldOut:
        """Show a hold as it stands at an instant."""
        return cls(
            hold_id=hold.hold_id,
            status=_status_at(hold, now),
            offering_id=hold.offering_id,
            slot_id=hold.slot_id,
            starts_at=hold.starts_at,
            ends_at=hold.ends_at,
            party_size=hold.party_size,
            assigned=[AssignedOut.of(assigned) for assigned in hold.assigned],
            price=MoneyOut.of(hold.price),
            client_key=hold.client_key,
            contact=ContactOut.of(hold.contact),
            placed_by=hold.placed_by,
            expires_at=hold.expires_at,
            time_left_seconds=seconds_of(time_left(hold, now=now)),
            ceiling_at=hold.ceiling_at,
            extension_count=hold.extension_count,
            booking_id=hold.booking_id,
            metadata=hold.metadata,
            created_at=hold.created_at,
            ended_at=hold.ended_at,
            version=hold.version,
        )


class HoldPage(PageOut):
    """A page of holds, newest first."""

    items: list[HoldOut]


class ReleasedHolds(Out):
    """The holds that were let go; at most 100 at once."""

    items: list[HoldOut]


def _status_at(hold: Hold, now: datetime) -> HoldStatus:
    if hold.status is HoldStatus.ACTIVE and now >= hold.expires_at:
        return HoldStatus.EXPIRED
    return hold.status


def _hold_id(call: Call) -> HoldId:
    return HoldId(call.path_id("hold_id", "hld", kind="hold"))


async def place(call: Call) -> Response:
    """Keep places."""
    body = await call.body(PlaceHoldIn)
    choice = Choice(slot_id=body.slot_id, offering_id=body.offering_id, starts_at=body.starts_at)
    command = PlaceHold(
        choice=choice,
        party_size=body.party_size,
        ttl=None if body.ttl_seconds is None else seconds(body.ttl_seconds),
        client_key=body.client_key,
        contact=body.contact.contact(),
        metadata=body.metadata,
    )

    def show(hold: Hold) -> HoldOut:
        return HoldOut.of(hold, now=hold.created_at)

    return await call.write(command, show, location="/v1/holds", explain=(choice, body.party_size))


async def list_(call: Call) -> Response:
    """List holds."""
    query = call.query(HoldQuery)
    request = call.page_request(query)
    now = call.gateway.engine.clock.now()
    page: Page[Hold] = await call.read(
        lambda desk: desk.holds.list(
            request,
            statuses=query.status,
            offering_id=query.offering_id,
            client_key=query.client_key,
        )
    )
    shown = [HoldOut.of(hold, now=now) for hold in page.items]
    if query.status:
        # What has lapsed and is not yet recorded so is not active any more.
        shown = [out for out in shown if out.status in query.status]
    cursor = call.next_cursor(page)
    return call.page(HoldPage(items=shown, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a hold."""
    hold_id = _hold_id(call)
    now = call.gateway.engine.clock.now()
    hold = await call.read(lambda desk: desk.holds.get(hold_id))
    # Its time left changes without its version, so an active one is always sent in full.
    is_settled = hold.status is not HoldStatus.ACTIVE
    return call.record(HoldOut.of(hold, now=now), version=hold.version, is_settled=is_settled)


async def extend(call: Call) -> Response:
    """Keep the places longer."""
    hold_id = _hold_id(call)
    body = await call.body(ExtendHoldIn)
    command = ExtendHold(
        hold_id=hold_id,
        ttl=None if body.ttl_seconds is None else seconds(body.ttl_seconds),
        if_version=call.if_version,
    )
    now = call.gateway.engine.clock.now()
    return await call.write(command, lambda hold: HoldOut.of(hold, now=now))


async def _release(call: Call) -> Response:
    command = ReleaseHold(hold_id=_hold_id(call), if_version=call.if_version)
    now = call.gateway.engine.clock.now()
    return await call.write(command, lambda hold: HoldOut.of(hold, now=now))


async def release(call: Call) -> Response:
    """Give the places back, as a verb."""
    await call.body(ReleaseHoldIn)
    return await _release(call)


async def delete(call: Call) -> Response:
    """Give the places back, as DELETE."""
    await call.no_body()
    return await _release(call)


async def release_all(call: Call) -> Response:
    """Give back everything that one client key holds."""
    body = await call.body(ReleaseHoldsIn)
    now = call.gateway.engine.clock.now()

    def show(holds: tuple[Hold, ...]) -> ReleasedHolds:
        return ReleasedHolds(items=[HoldOut.of(hold, now=now) for hold in holds])

    return await call.write(ReleaseHoldsOfClient(client_key=body.client_key), show)


_SHORT = (
    "availability.closed",
    "capacity.exceeded",
    "policy.beyond_horizon",
    "policy.notice_too_short",
    "policy.party_size",
    "record.not_found",
)
_CHANGED = ("record.changed", "record.not_found", "state.transition_not_allowed")

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/holds",
        name="placeHold",
        summary="Keep places for a short while",
        scopes=HOLD_SCOPES,
        run=place,
        body=PlaceHoldIn,
        answer=HoldOut,
        status=201,
        codes=_SHORT,
    ),
    Endpoint(
        method="GET",
        path="/v1/holds",
        name="listHolds",
        summary="List holds, newest first",
        scopes=(Scope.HOLDS_ANY, Scope.BOOKINGS_READ),
        run=list_,
        query=HoldQuery,
        answer=HoldPage,
    ),
    Endpoint(
        method="POST",
        path="/v1/holds/release",
        name="releaseHoldsOfClient",
        summary="Let go everything that one client key holds",
        scopes=HOLD_SCOPES,
        run=release_all,
        body=ReleaseHoldsIn,
        answer=ReleasedHolds,
    ),
    Endpoint(
        method="GET",
        path="/v1/holds/{hold_id}",
        name="getHold",
        summary="Show a hold and the time it has left",
        scopes=(*HOLD_SCOPES, Scope.BOOKINGS_READ),
        run=get,
        answer=HoldOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/holds/{hold_id}",
        name="deleteHold",
        summary="Let a hold go (the same as release)",
        scopes=HOLD_SCOPES,
        run=delete,
        answer=HoldOut,
        codes=_CHANGED,
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/holds/{hold_id}/extend",
        name="extendHold",
        summary="Keep the places longer",
        scopes=HOLD_SCOPES,
        run=extend,
        body=ExtendHoldIn,
        is_body_optional=True,
        answer=HoldOut,
        codes=("hold.expired", "policy.limit_reached", *_CHANGED),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/holds/{hold_id}/release",
        name="releaseHold",
        summary="Let a hold go",
        scopes=HOLD_SCOPES,
        run=release,
        body=ReleaseHoldIn,
        is_body_optional=True,
        answer=HoldOut,
        codes=_CHANGED,
        takes_version=True,
    ),
)
