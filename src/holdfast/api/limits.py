"""Limits: giving a slot a capacity whose places were unlimited."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Body, MaybeEmptyLine, Out, Units
from holdfast.domain.access import Scope
from holdfast.domain.ids import SlotId
from holdfast.domain.slots import Slot
from holdfast.engine.limiting import LimitSlot, SettleSlotLimit
from holdfast.engine.use_cases import Envelope


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
        settle = Envelope(command=SettleSlotLimit(slot_id=slot_id), actor=call.actor)
        await call.gateway.write(call.tenant_id, settle)
    return response


ENDPOINTS = (
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
