"""Limits: giving a slot a capacity whose places were unlimited, and stripes to a very hot one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Body, MaybeEmptyLine, Out, Units
from holdfast.domain.access import Scope
from holdfast.domain.ids import SlotId
from holdfast.domain.slots import STRIPES_MAX, Slot
from holdfast.engine.limiting import LimitSlot, SettleSlotLimit
from holdfast.engine.striping import StripeSlot
from holdfast.engine.use_cases import Envelope

Stripes = Annotated[int, Field(ge=1, le=STRIPES_MAX)]


class LimitSlotIn(Body):
    """How many places there are from now on. Below what is taken needs `may_be_over`, and why."""

    capacity: Units
    may_be_over: bool = False
    reason: MaybeEmptyLine = ""


class LimitedSlotOut(Out):
    """A slot that is getting a capacity.

    While `limit_to` says which, nothing is booked in it: what was booked until then is counted,
    which takes a moment. Then that is its `capacity`, and `limit_to` is null.
    """

    slot_id: str
    capacity: int | None
    limit_to: int | None
    version: int

    @classmethod
    def of(cls, slot: Slot) -> LimitedSlotOut:
        """Show a slot."""
        return cls(
            slot_id=slot.slot_id,
            capacity=slot.capacity,
            limit_to=slot.limit_to,
            version=slot.version,
        )


async def limit(call: Call) -> Response:
    """Limit a slot of unlimited places."""
    slot_id = SlotId(call.path_id("slot_id", "slt", kind="slot"))
    body = await call.body(LimitSlotIn)
    command = LimitSlot(
        slot_id=slot_id,
        capacity=body.capacity,
        may_be_over=body.may_be_over,
        reason=body.reason,
        if_version=call.if_version,
    )
    response = await call.write(command, LimitedSlotOut.of)
    # Should this not be reached, a worker opens it.
    if await call.read(lambda desk: desk.slots.is_outlived(slot_id)):
        settle = Envelope(command=SettleSlotLimit(slot_id=slot_id), actor=call.actor, source="api")
        await call.gateway.write(call.tenant_id, settle)
    return response


class StripeSlotIn(Body):
    """Over how many counters the places are spread; 1 is one counter again."""

    stripes: Stripes


class StripedSlotOut(Out):
    """A slot, and over how many counters its places are spread."""

    slot_id: str
    capacity: int | None
    stripes: int
    version: int

    @classmethod
    def of(cls, slot: Slot) -> StripedSlotOut:
        """Show a slot."""
        return cls(
            slot_id=slot.slot_id,
            capacity=slot.capacity,
            stripes=slot.stripes,
            version=slot.version,
        )


async def stripe(call: Call) -> Response:
    """Spread a slot's places over several counters."""
    slot_id = SlotId(call.path_id("slot_id", "slt", kind="slot"))
    body = await call.body(StripeSlotIn)
    command = StripeSlot(slot_id=slot_id, stripes=body.stripes, if_version=call.if_version)
    return await call.write(command, StripedSlotOut.of)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/slots/{slot_id}/stripes",
        name="stripeSlot",
        summary="Spread a hot slot's places over several counters",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=stripe,
        body=StripeSlotIn,
        answer=StripedSlotOut,
        codes=(
            "record.changed",
            "record.in_use",
            "record.not_found",
            "state.transition_not_allowed",
        ),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/slots/{slot_id}/limit",
        name="limitSlot",
        summary="Give a slot a capacity whose places were unlimited",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=limit,
        body=LimitSlotIn,
        answer=LimitedSlotOut,
        codes=(
            "capacity.exceeded",
            "record.changed",
            "record.not_found",
            "state.transition_not_allowed",
        ),
        takes_version=True,
    ),
)
