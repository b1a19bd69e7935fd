"""Holds: place one, look at it, extend it, let it go."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.choices import ChoiceIn, OverrideIn, chosen
from holdfast.api.models import (
    AHoldId,
    AnOfferingId,
    AResourceId,
    AssignedOut,
    Body,
    ContactIn,
    ContactOut,
    DayOut,
    InstantOut,
    Line,
    Metadata,
    MoneyOut,
    Out,
    Words,
    seconds,
    seconds_of,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.api.pricing import PriceLineOut, TermsIn, TicketsOut, priced
from holdfast.api.refusals import CHANGED_CODES, PLACING_CODES
from holdfast.domain.access import Scope
from holdfast.domain.holds import HOLD_TTL_MAX, Hold, HoldStatus, time_left
from holdfast.domain.ids import HoldId
from holdfast.engine.holds import (
    HOLD_SCOPES,
    ExtendHold,
    PlaceHold,
    ReleaseHold,
    ReleaseHoldsOfClient,
)
from holdfast.engine.reading import Page

TtlSeconds = Annotated[int, Field(ge=1, le=seconds_of(HOLD_TTL_MAX))]


class PlaceHoldIn(ChoiceIn, TermsIn):
    """Which places to keep: name a slot, or an offering or resource with its time.

    The time is one of: `starts_at`, `starts_at` and `ends_at`, `dates`, `first_on` and `last_on`
    (both included), or for nights `check_in_on` and `check_out_on`. `quantity` is another word for
    `party_size`. Without `ttl_seconds` the offering says how long; a publishable key's holds last
    15 minutes at most. Whoever sends a `client_key` can let everything go that it holds, at once.
    Only staff may send an `override`, or, unless the offering believes its customers, an
    `order_total_minor` or `customer_attributes`. `answers` to the offering's fields may be given
    now or with the booking; those to private fields are not shown again before it. A hold that it
    is `instead_of` is given back in the same step, or kept if it is refused.
    """

    ttl_seconds: TtlSeconds | None = None
    client_key: Line | None = None
    contact: ContactIn = ContactIn()
    metadata: Metadata = Field(default_factory=dict)
    answers: Metadata = Field(default_factory=dict)
    override: OverrideIn | None = None
    instead_of: AHoldId | None = None


class ExtendHoldIn(Body):
    """How long to keep the places from now on; by default as long as the offering says."""

    ttl_seconds: TtlSeconds | None = None


class ReleaseHoldIn(Body):
    """Nothing has to be said to let a hold go."""


class ReleaseHoldsIn(Body):
    """Whose holds to let go."""

    client_key: Line


class HoldQuery(PageQuery):
    """Which holds to list. `resource_id` finds those of a resource by itself."""

    status: Words[HoldStatus] = ()
    offering_id: AnOfferingId | None = None
    resource_id: AResourceId | None = None
    client_key: Line | None = None


class HoldOut(Out):
    """Places kept for a short while.

    `status` is `expired` from `expires_at` on, whether or not that has been recorded already.
    """

    hold_id: str
    status: HoldStatus
    offering_id: str | None
    resource_id: str | None
    slot_id: str | None
    starts_at: InstantOut
    ends_at: InstantOut
    dates: list[DayOut]
    party_size: int
    resource_ids: list[str]
    components: list[str]
    assigned: list[AssignedOut]
    price: MoneyOut
    price_lines: list[PriceLineOut]
    promo_codes: list[str]
    tickets: list[TicketsOut]
    order_total_minor: int | None
    customer_attributes: dict[str, Any]
    client_key: str | None
    contact: ContactOut
    placed_by: str
    expires_at: InstantOut
    time_left_seconds: int
    ceiling_at: InstantOut
    extension_count: int
    booking_id: str | None
    metadata: dict[str, Any]
    answers: dict[str, Any]
    created_at: InstantOut
    ended_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, hold: Hold, *, now: datetime) -> HoldOut:
        """Show a hold as it stands at an instant."""
        return cls(
            hold_id=hold.hold_id,
            status=_status_at(hold, now),
            **chosen(hold),
            assigned=[AssignedOut.of(assigned) for assigned in hold.assigned],
            **priced(hold),
            client_key=hold.client_key,
            contact=ContactOut.of(hold.contact),
            placed_by=hold.placed_by,
            expires_at=hold.expires_at,
            time_left_seconds=seconds_of(time_left(hold, now=now)),
            ceiling_at=hold.ceiling_at,
            extension_count=hold.extension_count,
            booking_id=hold.booking_id,
            metadata=hold.metadata,
            answers=hold.answers,
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
    choice, party_size = body.choice(), body.size
    command = PlaceHold(
        choice=choice,
        party_size=party_size,
        ttl=None if body.ttl_seconds is None else seconds(body.ttl_seconds),
        client_key=body.client_key,
        contact=body.contact.contact(),
        metadata=body.metadata,
        override=None if body.override is None else body.override.override(),
        terms=body.terms(),
        answers=body.answers,
        instead_of=body.instead_of,
    )

    def show(hold: Hold) -> HoldOut:
        return HoldOut.of(hold, now=hold.created_at)

    return await call.write(
        command,
        show,
        location="/v1/holds",
        explain=lambda desk, refusal: desk.availability.explained(
            choice, party_size, refusal, command.terms.tickets
        ),
    )


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
            resource_id=query.resource_id,
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
        codes=PLACING_CODES,
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
        codes=CHANGED_CODES,
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
        codes=("hold.expired", "policy.limit_reached", *CHANGED_CODES),
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
        codes=CHANGED_CODES,
        takes_version=True,
    ),
)
