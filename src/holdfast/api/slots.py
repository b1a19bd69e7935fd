"""Slots: made by hand, and those of a schedule in which places are counted."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    AnOfferingId,
    Body,
    Instant,
    InstantOut,
    Metadata,
    Out,
    QueryInstant,
    Units,
    Words,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Scope
from holdfast.domain.ids import SlotId
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.engine.reading import Page
from holdfast.engine.slots import AddSlot


class AddSlotIn(Body):
    """A bookable interval made by hand.

    Without `ends_at` it lasts as long as the offering; without `capacity` it has the offering's
    places, and with a `capacity` of null unlimited ones.
    """

    offering_id: AnOfferingId
    starts_at: Instant
    ends_at: Instant | None = None
    capacity: Units | None = None
    metadata: Metadata = Field(default_factory=dict)


class SlotQuery(PageQuery):
    """Which slots to list, by their start; `to` itself is not included."""

    offering_id: AnOfferingId | None = None
    starts_from: Annotated[QueryInstant | None, Field(alias="from")] = None
    starts_before: Annotated[QueryInstant | None, Field(alias="to")] = None
    status: Words[SlotStatus] = ()


class SlotOut(Out):
    """A stored slot. Slots of a schedule are stored once places in them are taken."""

    slot_id: str
    offering_id: str
    starts_at: InstantOut
    ends_at: InstantOut
    capacity: int | None
    is_capacity_own: bool
    origin: SlotOrigin
    status: SlotStatus
    metadata: dict[str, Any]
    created_at: InstantOut
    version: int

    @classmethod
    def of(cls, slot: Slot) -> SlotOut:
        """Show a slot."""
        return cls(
            slot_id=slot.slot_id,
            offering_id=slot.offering_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            capacity=slot.capacity,
            is_capacity_own=slot.is_capacity_own,
            origin=slot.origin,
            status=slot.status,
            metadata=slot.metadata,
            created_at=slot.created_at,
            version=slot.version,
        )


class SlotPage(PageOut):
    """A page of slots, by their start."""

    items: list[SlotOut]


async def add(call: Call) -> Response:
    """Make a slot by hand."""
    body = await call.body(AddSlotIn)
    engine = call.gateway.engine
    command = AddSlot(
        slot_id=SlotId(engine.ids.new("slt", now=engine.clock.now())),
        offering_id=body.offering_id,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        capacity=body.capacity,
        is_capacity_own="capacity" in body.model_fields_set,
        metadata=body.metadata,
    )
    return await call.write(command, SlotOut.of, location="/v1/slots")


async def list_(call: Call) -> Response:
    """List slots."""
    query = call.query(SlotQuery)
    request = call.page_request(query)
    page: Page[Slot] = await call.read(
        lambda desk: desk.slots.list(
            request,
            offering_id=query.offering_id,
            starts_from=query.starts_from,
            starts_before=query.starts_before,
            statuses=query.status or (SlotStatus.OPEN, SlotStatus.BLOCKED),
        )
    )
    cursor = call.next_cursor(page)
    items = [SlotOut.of(slot) for slot in page.items]
    return call.page(SlotPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a stored slot."""
    slot_id = SlotId(call.path_id("slot_id", "slt", kind="slot"))
    slot = await call.read(lambda desk: desk.slots.get(slot_id))
    return call.record(SlotOut.of(slot), version=slot.version)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/slots",
        name="addSlot",
        summary="Make a slot by hand",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add,
        body=AddSlotIn,
        answer=SlotOut,
        status=201,
        codes=(
            "availability.closed",
            "capacity.exceeded",
            "record.already_exists",
            "record.not_found",
        ),
    ),
    Endpoint(
        method="GET",
        path="/v1/slots",
        name="listSlots",
        summary="List stored slots, by their start",
        scopes=(Scope.CATALOGUE_READ,),
        run=list_,
        query=SlotQuery,
        answer=SlotPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/slots/{slot_id}",
        name="getSlot",
        summary="Show a stored slot",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=SlotOut,
        codes=("record.not_found",),
    ),
)
