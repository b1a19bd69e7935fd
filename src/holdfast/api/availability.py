"""Availability: which slots of an offering can be booked."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import JSON, Call, Endpoint
from holdfast.api.models import (
    AnOfferingId,
    InstantOut,
    Out,
    Query,
    QueryInstant,
    QueryWhole,
    show_instant,
)
from holdfast.domain.access import Scope
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.engine.availability import Availability


class AvailabilityQuery(Query):
    """Which offering, when, for how many. The window is at most 400 days, by default the next 7."""

    offering_id: AnOfferingId
    starts_at: Annotated[QueryInstant | None, Field(alias="from")] = None
    ends_at: Annotated[QueryInstant | None, Field(alias="to")] = None
    party_size: Annotated[QueryWhole, Field(ge=1, le=CAPACITY_MAX)] = 1


class OpenSlotOut(Out):
    """A slot that can be booked. `remaining` is null when nothing limits it."""

    slot_id: str
    starts_at: InstantOut
    ends_at: InstantOut
    remaining: int | None


class AvailabilityOut(Out):
    """What can be booked: the window that was looked at and its open slots, in order."""

    offering_id: str
    zone: str
    starts_from: Annotated[InstantOut, Field(alias="from")]
    starts_before: Annotated[InstantOut, Field(alias="to")]
    party_size: int
    slots: list[OpenSlotOut]


def _bytes(found: Availability, party_size: int) -> bytes:
    """Render by hand: there may be thousands of slots."""
    shown = {
        "offering_id": found.offering.offering_id,
        "zone": found.zone,
        "from": show_instant(found.window.starts_at),
        "to": show_instant(found.window.ends_at),
        "party_size": party_size,
        "slots": [
            {
                "slot_id": slot.slot_id,
                "starts_at": show_instant(slot.starts_at),
                "ends_at": show_instant(slot.ends_at),
                "remaining": slot.remaining,
            }
            for slot in found.slots
        ],
    }
    return json.dumps(shown, separators=(",", ":")).encode()


async def list_(call: Call) -> Response:
    """List open slots."""
    query = call.query(AvailabilityQuery)
    body = await call.read(
        lambda desk: _bytes(
            desk.availability.list(
                query.offering_id,
                starts_at=query.starts_at,
                ends_at=query.ends_at,
                party_size=query.party_size,
            ),
            query.party_size,
        )
    )
    return Response(body, media_type=JSON)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/availability",
        name="listAvailability",
        summary="List the slots of an offering that can be booked",
        scopes=(Scope.AVAILABILITY_READ,),
        run=list_,
        query=AvailabilityQuery,
        answer=AvailabilityOut,
        codes=("record.not_found",),
    ),
)
