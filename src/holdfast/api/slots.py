"""Slots: made by hand or generated, changed, cancelled with what is booked in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.closures import AffectedOut, WhenBookedIn, closing
from holdfast.api.models import (
    AmountMinor,
    AnOfferingId,
    Body,
    Instant,
    InstantOut,
    LongText,
    MaybeEmptyLine,
    Metadata,
    Out,
    Patch,
    QueryInstant,
    Units,
    Words,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Scope
from holdfast.domain.closures import Closure, WhenBooked
from holdfast.domain.ids import SlotId
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.engine.facade import TenantEngine
from holdfast.engine.reading import Page
from holdfast.engine.slot_changes import CancelSlot, CancelSlots, ChangeSlot
from holdfast.engine.slot_generating import Generated, GenerateSlots
from holdfast.engine.slots import SLOTS_ADDED_MAX, AddSlot, AddSlots


class AddSlotIn(Body):
    """A bookable interval made by hand.

    Without `ends_at` it lasts as long as the offering; without `capacity` it has the offering's
    places, and with a `capacity` of null unlimited ones.
    """

    offering_id: AnOfferingId
    starts_at: Instant
    ends_at: Instant | None = None
    capacity: Units | None = None
    price_minor: AmountMinor | None = None
    metadata: Metadata = Field(default_factory=dict)


class AddSlotsIn(Body):
    """Several slots: all of them are made, or none and every fault says which it was."""

    slots: Annotated[list[AddSlotIn], Field(min_length=1, max_length=SLOTS_ADDED_MAX)]


class WindowIn(Body):
    """Slots of an offering by their start; `starts_before` itself is not included."""

    offering_id: AnOfferingId
    starts_from: Instant
    starts_before: Instant


class GenerateSlotsIn(WindowIn):
    """Of which offering to store the slots of its schedules, and which."""


class CancelSlotIn(Body):
    """Why, and what becomes of bookings and holds: refuse, list (and keep) or cancel."""

    when_booked: WhenBookedIn = WhenBooked.REFUSE
    reason: LongText | None = None


class DeleteSlotsIn(WindowIn):
    """Which slots are cancelled as deleted, and what becomes of their bookings."""

    when_booked: WhenBookedIn = WhenBooked.REFUSE
    reason: LongText | None = "deleted"


class ChangeSlotIn(Patch):
    """What to change.

    A capacity below what is taken needs `may_be_over` and a `reason`. With a price of null the
    slot costs what the offering does.
    """

    price_minor: AmountMinor | None = None
    capacity: Units | None = None
    metadata: Metadata = Field(default_factory=dict)
    may_be_over: bool = False
    reason: MaybeEmptyLine = ""


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
    price_minor: int | None
    cancel_reason: str | None
    blocked_by: str | None
    is_settling: bool
    stripes: int
    metadata: dict[str, Any]
    created_at: InstantOut
    version: int

    @classmethod
    def of(cls, slot: Slot) -> SlotOut:
        """Show a slot."""
        return cls(**_shown(slot))


class CountedSlotOut(SlotOut):
    """A stored slot, and how many of its places are taken or held; null if nobody counts them.

    `tickets_left` says by its key how much is left of each ticket tier that has a quota.
    """

    taken: int | None
    tickets_left: dict[str, int]

    @classmethod
    def counted(
        cls, slot: Slot, taken: int | None, tickets_left: Mapping[str, int]
    ) -> CountedSlotOut:
        """Show a slot with what is taken of it."""
        return cls(**_shown(slot), taken=taken, tickets_left=dict(tickets_left))


class ClosedSlotOut(SlotOut):
    """A cancelled slot, and the first 50 of those whom it concerns.

    While `is_settling`, bookings and holds are still being called off.
    """

    affected: list[AffectedOut]
    is_more: bool

    @classmethod
    def closed(cls, closure: Closure[Slot]) -> ClosedSlotOut:
        """Show a cancelled slot."""
        return cls(**_shown(closure.record), **closing(closure))


class SlotsOut(Out):
    """Slots that were made."""

    items: list[SlotOut]


class GeneratedOut(SlotsOut):
    """Slots that were stored, and how many there were already."""

    skipped_count: int


class ClosedSlotsOut(Out):
    """Cancelled slots, each with those whom it concerns."""

    items: list[ClosedSlotOut]


def _shown(slot: Slot) -> dict[str, Any]:
    return {
        "slot_id": slot.slot_id,
        "offering_id": slot.offering_id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "capacity": slot.capacity,
        "is_capacity_own": slot.is_capacity_own,
        "origin": slot.origin,
        "status": slot.status,
        "price_minor": slot.price_minor,
        "cancel_reason": slot.cancel_reason,
        "blocked_by": slot.blocked_by,
        "is_settling": slot.is_settling,
        "stripes": slot.stripes,
        "metadata": slot.metadata,
        "created_at": slot.created_at,
        "version": slot.version,
    }


class SlotPage(PageOut):
    """A page of slots, by their start."""

    items: list[CountedSlotOut]


def _slot_id(call: Call) -> SlotId:
    return SlotId(call.path_id("slot_id", "slt", kind="slot"))


def _command(call: Call, body: AddSlotIn) -> AddSlot:
    engine = call.gateway.engine
    return AddSlot(
        slot_id=SlotId(engine.ids.new("slt", now=engine.clock.now())),
        offering_id=body.offering_id,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        capacity=body.capacity,
        is_capacity_own="capacity" in body.model_fields_set,
        metadata=body.metadata,
        price_minor=body.price_minor,
    )


async def add(call: Call) -> Response:
    """Make a slot by hand."""
    body = await call.body(AddSlotIn)
    return await call.write(_command(call, body), SlotOut.of, location="/v1/slots")


async def add_many(call: Call) -> Response:
    """Make several slots by hand, all or none."""
    body = await call.body(AddSlotsIn)
    command = AddSlots(slots=tuple(_command(call, one) for one in body.slots))
    return await call.write(
        command, lambda slots: SlotsOut(items=[SlotOut.of(slot) for slot in slots])
    )


def _show_generated(generated: Generated) -> GeneratedOut:
    items = [SlotOut.of(slot) for slot in generated.slots]
    return GeneratedOut(items=items, skipped_count=generated.skipped_count)


async def generate(call: Call) -> Response:
    """Store the slots of an offering's schedules."""
    body = await call.body(GenerateSlotsIn)
    command = GenerateSlots(
        offering_id=body.offering_id,
        starts_from=body.starts_from,
        starts_before=body.starts_before,
    )
    return await call.write(command, _show_generated)


async def change(call: Call) -> Response:
    """Change a slot's price, capacity or metadata."""
    slot_id = _slot_id(call)
    body = await call.body(ChangeSlotIn)
    changes = body.changes()
    for name in ("may_be_over", "reason"):
        changes.pop(name, None)
    command = ChangeSlot(
        slot_id=slot_id,
        changes=changes,
        may_be_over=body.may_be_over,
        reason=body.reason,
        if_version=call.if_version,
    )
    return await call.write(command, SlotOut.of)


def _show_closed(closures: Sequence[Closure[Slot]]) -> ClosedSlotsOut:
    return ClosedSlotsOut(items=[ClosedSlotOut.closed(closure) for closure in closures])


async def _settle(call: Call, when_booked: WhenBooked, *slot_ids: SlotId) -> None:
    if when_booked is WhenBooked.CANCEL:
        for slot_id in slot_ids:
            await call.settle_slot(slot_id)


async def cancel(call: Call) -> Response:
    """Cancel a slot, and say whom it concerns."""
    slot_id = _slot_id(call)
    body = await call.body(CancelSlotIn)
    command = CancelSlot(
        slot_id=slot_id,
        when_booked=body.when_booked,
        reason=body.reason,
        if_version=call.if_version,
    )
    response = await call.write(command, ClosedSlotOut.closed)
    await _settle(call, body.when_booked, slot_id)
    return response


async def delete(call: Call) -> Response:
    """Cancel the slots of an offering that start in a window, all or none."""
    body = await call.body(DeleteSlotsIn)
    ids = await call.read(
        lambda desk: desk.slots.standing_ids(
            body.offering_id, starts_from=body.starts_from, starts_before=body.starts_before
        )
    )
    command = CancelSlots(slot_ids=ids, when_booked=body.when_booked, reason=body.reason)
    response = await call.write(command, _show_closed)
    await _settle(call, body.when_booked, *ids)
    return response


async def list_(call: Call) -> Response:
    """List slots."""
    query = call.query(SlotQuery)
    request = call.page_request(query)

    def listed(desk: TenantEngine) -> tuple[Page[Slot], list[CountedSlotOut]]:
        page = desk.slots.list(
            request,
            offering_id=query.offering_id,
            starts_from=query.starts_from,
            starts_before=query.starts_before,
            statuses=query.status or (SlotStatus.OPEN, SlotStatus.BLOCKED),
        )
        return page, _counted(desk, page.items)

    page, items = await call.read(listed)
    cursor = call.next_cursor(page)
    return call.page(SlotPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a stored slot."""
    slot_id = _slot_id(call)

    [shown] = await call.read(lambda desk: _counted(desk, [desk.slots.get(slot_id)]))
    # What is taken changes without its version, so it is always sent in full.
    return call.record(shown, version=shown.version, is_settled=False)


def _counted(desk: TenantEngine, slots: Sequence[Slot]) -> list[CountedSlotOut]:
    taken, left = desk.slots.taken(slots), desk.slots.tickets_left(slots)
    return [CountedSlotOut.counted(slot, taken[slot.slot_id], left[slot.slot_id]) for slot in slots]


_ADDED = (
    "availability.closed",
    "capacity.exceeded",
    "record.already_exists",
    "record.not_found",
)

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
        codes=_ADDED,
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
        method="POST",
        path="/v1/slots/batch",
        name="addSlots",
        summary="Make several slots by hand, all or none",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add_many,
        body=AddSlotsIn,
        answer=SlotsOut,
        status=201,
        codes=_ADDED,
    ),
    Endpoint(
        method="POST",
        path="/v1/slots/generate",
        name="generateSlots",
        summary="Store the slots of an offering's schedules, to price or change them singly",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=generate,
        body=GenerateSlotsIn,
        answer=GeneratedOut,
        status=201,
        codes=("record.not_found", "state.transition_not_allowed"),
    ),
    Endpoint(
        method="POST",
        path="/v1/slots/delete",
        name="deleteSlots",
        summary="Cancel the slots of an offering that start in a window, all or none",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=delete,
        body=DeleteSlotsIn,
        answer=ClosedSlotsOut,
        codes=("record.in_use", "record.not_found", "state.transition_not_allowed"),
    ),
    Endpoint(
        method="GET",
        path="/v1/slots/{slot_id}",
        name="getSlot",
        summary="Show a stored slot, and how much of it is taken",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=CountedSlotOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/slots/{slot_id}",
        name="changeSlot",
        summary="Change a slot's price, capacity or metadata",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=change,
        body=ChangeSlotIn,
        answer=SlotOut,
        codes=(
            "capacity.exceeded",
            "record.changed",
            "record.in_use",
            "record.not_found",
            "state.transition_not_allowed",
        ),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/slots/{slot_id}/cancel",
        name="cancelSlot",
        summary="Cancel a slot, and say what becomes of its bookings",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=cancel,
        body=CancelSlotIn,
        is_body_optional=True,
        answer=ClosedSlotOut,
        codes=(
            "record.changed",
            "record.in_use",
            "record.not_found",
            "state.transition_not_allowed",
        ),
        takes_version=True,
    ),
)
