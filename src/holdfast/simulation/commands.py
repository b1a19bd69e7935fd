"""Commands: what a step means to the engine, and what the engine's answers mean to the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.closures import Closure, Settled, WhenBooked
from holdfast.domain.customers import Contact
from holdfast.domain.holds import Hold
from holdfast.domain.ids import (
    BlockId,
    BookingId,
    HoldId,
    OfferingId,
    ResourceId,
    SlotId,
    generated_slot_id,
    read_generated_slot_id,
)
from holdfast.domain.overrides import Override
from holdfast.domain.resources import ResourceAction
from holdfast.domain.slots import Slot
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.engine.approvals import ConfirmBooking, DeclineBooking
from holdfast.engine.attending import (
    CheckInBooking,
    CheckOutBooking,
    CompleteBooking,
    MarkNoShow,
    UndoBooking,
)
from holdfast.engine.blocks import AddBlock, RemoveBlock, SettleBlock
from holdfast.engine.bookings import CancelBooking, ConvertHold, PlaceBooking
from holdfast.engine.calendars import AdjustDays, SetDays
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import ExtendHold, PlaceHold, ReleaseHold
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.ports import Answer
from holdfast.engine.rescheduling import RescheduleBooking
from holdfast.engine.resources import ActOnResource, ChangeResource
from holdfast.engine.slot_changes import CancelSlot, ChangeSlot, SettleSlot
from holdfast.engine.slots import AddSlot
from holdfast.simulation.steps import Ask, Step, plain
from holdfast.simulation.worlds import MINUTE

REASON = "it has to be"
MADE_BY: Mapping[str, frozenset[str]] = {
    "hold": frozenset({"hold"}),
    "booking": frozenset({"book", "convert"}),
    "block": frozenset({"block"}),
    "slot": frozenset({"slot"}),
}
"""Which steps make what."""


@dataclass(kw_only=True)
class Names:
    """What the model calls the engine's records. A slot of a schedule is called by its start."""

    _ids: dict[tuple[str, str], str] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def give(self, kind: str, name: str, record_id: str) -> None:
        """Call a record by a name."""
        self._ids[kind, name] = record_id
        self._names[kind, record_id] = name

    def knows(self, kind: str, record_id: str) -> bool:
        """Whether a record has a name."""
        return (kind, record_id) in self._names

    def has(self, kind: str, name: str) -> bool:
        """Whether there is something of that name."""
        return (kind, name) in self._ids

    def id(self, kind: str, name: str) -> str:
        """Return the id of what has a name."""
        return self._ids[kind, name]

    def name(self, kind: str, record_id: str) -> str:
        """Return what a record is called; of one that nobody has made, its id."""
        said = read_generated_slot_id(record_id) if kind == "slot" else None
        if said is not None:
            offering_id, starts_at = said
            return f"{self._names['offer', offering_id]}@{starts_at.isoformat()}"
        return self._names.get((kind, record_id), record_id)

    def things(self, names: tuple[str, ...]) -> tuple[ResourceId, ...]:
        """Return the ids of things."""
        return tuple(ResourceId(self.id("thing", name)) for name in names)

    def slot_id(self, ask: Ask) -> SlotId:
        """Return the id of the slot that a request is about."""
        if ask.slot:
            return SlotId(self.id("slot", f"#{ask.slot}"))
        assert ask.starts_at is not None
        return generated_slot_id(OfferingId(self.id("offer", ask.offer)), ask.starts_at)

    def settled_name(self, step: Step) -> str:
        """Return the name of what a step settles."""
        if step.ask is None:
            return str(step.subject)
        return self.name("slot", self.slot_id(step.ask))


def command_of(step: Step, names: Names) -> object | None:
    """Return the engine's command for a step; None if what it is about is not there."""
    if step.ask is not None and step.ask.slot and not names.has("slot", f"#{step.ask.slot}"):
        return None
    match step.kind:
        case "hold" | "book" | "nonsense":
            return _placing(step, names)
        case "extend" | "release" | "convert":
            return _about_hold(step, names)
        case "confirm" | "decline" | "cancel" | "move":
            return _about_booking(step, names)
        case "check_in" | "check_out" | "complete" | "no_show" | "undo":
            return _about_guests(step, names)
        case "slot" | "cancel_slot" | "resize_slot":
            return _about_slot(step, names)
        case "block" | "unblock" | "settle":
            return _about_closing(step, names)
        case _:
            return _about_thing(step, names)


def _choice(ask: Ask, names: Names) -> Choice:
    picks = names.things(ask.picks)
    if ask.slot:
        return Choice(slot_id=names.slot_id(ask), picks=picks)
    return Choice(
        offering_id=OfferingId(names.id("offer", ask.offer)),
        starts_at=ask.starts_at,
        ends_at=ask.ends_at,
        dates=ask.dates,
        picks=picks,
    )


def _placing(step: Step, names: Names) -> object:
    assert step.ask is not None
    override = Override(reason=REASON, capacity=True) if step.is_forced else None
    choice = _choice(step.ask, names)
    if step.kind == "nonsense":
        choice = _garbled(step, names)
    if step.kind == "book":
        return PlaceBooking(
            choice=choice,
            party_size=step.ask.guests,
            details=_details(step),
            override=override,
            terms=_terms(step),
        )
    ttl = step.amount * MINUTE if step.amount else None
    return PlaceHold(
        choice=choice,
        party_size=step.ask.guests,
        ttl=ttl,
        override=override,
        contact=_contact(step),
        terms=_terms(step),
    )


def _terms(step: Step) -> Terms:
    return Terms(promo_codes=(step.promo,)) if step.promo else NO_TERMS


def _garbled(step: Step, names: Names) -> Choice:
    """Return a choice that means nothing."""
    assert step.ask is not None
    ask = step.ask
    offering_id, at = OfferingId(names.id("offer", ask.offer)), step.starts_at
    assert at is not None
    match step.how:
        case "fraction":
            return Choice(offering_id=offering_id, starts_at=at + timedelta(microseconds=1))
        case "two_times":
            return Choice(offering_id=offering_id, starts_at=at, dates=(at.date(),))
        case "no_offer":
            return Choice(offering_id=OfferingId("off_" + "0" * 26), starts_at=at)
        case "wrong_form":
            return Choice(offering_id=offering_id, starts_at=at, ends_at=at - MINUTE)
        case _:
            return Choice(slot_id=None, offering_id=None, starts_at=at)


def _details(step: Step) -> Details:
    order = f"order {step.order}" if step.order else None
    return Details(contact=_contact(step), external_order_id=order)


def _contact(step: Step) -> Contact:
    """Return how a customer is reached."""
    if not step.customer:
        return Contact()
    return Contact(name="Ada", email=f"ada{step.customer}@example.com")


def _about_hold(step: Step, names: Names) -> object | None:
    if not names.has("hold", str(step.subject)):
        return None
    hold_id = HoldId(names.id("hold", str(step.subject)))
    version = step.if_version or None
    if step.kind == "convert":
        return ConvertHold(hold_id=hold_id, details=_details(step))
    if step.kind == "extend":
        return ExtendHold(hold_id=hold_id, if_version=version)
    return ReleaseHold(hold_id=hold_id, if_version=version)


def _about_booking(step: Step, names: Names) -> object | None:
    if not names.has("booking", str(step.subject)):
        return None
    booking_id = BookingId(names.id("booking", str(step.subject)))
    version = step.if_version or None
    if step.kind == "move":
        assert step.ask is not None
        move = _move(step.ask, names)
        return RescheduleBooking(booking_id=booking_id, move=move, if_version=version)
    if step.kind == "confirm":
        return ConfirmBooking(booking_id=booking_id, if_version=version)
    if step.kind == "decline":
        return DeclineBooking(booking_id=booking_id, if_version=version)
    return CancelBooking(booking_id=booking_id, if_version=version)


def _move(ask: Ask, names: Names) -> Move:
    if ask.slot:
        return Move(slot_id=names.slot_id(ask))
    return Move(starts_at=ask.starts_at, ends_at=ask.ends_at, dates=ask.dates)


def _about_guests(step: Step, names: Names) -> object | None:
    if not names.has("booking", str(step.subject)):
        return None
    booking_id = BookingId(names.id("booking", str(step.subject)))
    version = step.if_version or None
    if step.kind == "check_in":
        reason = REASON if step.is_forced else None
        return CheckInBooking(booking_id=booking_id, reason=reason, if_version=version)
    if step.kind == "undo":
        return UndoBooking(booking_id=booking_id, if_version=version)
    ending = {"check_out": CheckOutBooking, "complete": CompleteBooking, "no_show": MarkNoShow}
    is_back = step.how == "back"
    return ending[step.kind](booking_id=booking_id, gives_back=is_back, if_version=version)


def _about_slot(step: Step, names: Names) -> object:
    if step.kind == "slot":
        assert step.starts_at is not None
        # Its maker gives it an id, the same whenever it is tried again.
        slot_id = SlotId(f"slt_{step.number:026d}")
        offering_id = OfferingId(names.id("offer", step.name))
        return AddSlot(
            slot_id=slot_id,
            offering_id=offering_id,
            starts_at=step.starts_at,
            capacity=step.amount or None,
        )
    assert step.ask is not None
    slot_id = names.slot_id(step.ask)
    if step.kind == "cancel_slot":
        return CancelSlot(slot_id=slot_id, when_booked=WhenBooked(step.how), reason=REASON)
    changes = {"capacity": step.amount}
    return ChangeSlot(slot_id=slot_id, changes=changes, may_be_over=step.is_forced, reason=REASON)


def _about_closing(step: Step, names: Names) -> object | None:
    if step.kind == "block":
        return AddBlock(
            resource_id=ResourceId(names.id("thing", step.name)),
            starts_at=step.starts_at,
            ends_at=step.ends_at,
            when_booked=WhenBooked(step.how),
        )
    if step.ask is not None:
        return SettleSlot(slot_id=names.slot_id(step.ask))
    if not names.has("block", str(step.subject)):
        return None
    block_id = BlockId(names.id("block", str(step.subject)))
    return (
        RemoveBlock(block_id=block_id) if step.kind == "unblock" else SettleBlock(block_id=block_id)
    )


def _about_thing(step: Step, names: Names) -> object:
    resource_id = ResourceId(names.id("thing", step.name))
    if step.kind == "resize":
        return ChangeResource(
            resource_id=resource_id,
            changes={"capacity": step.amount},
            may_be_over=step.is_forced,
            reason=REASON,
        )
    if step.kind == "switch":
        action = ResourceAction.DEACTIVATE if step.how == "off" else ResourceAction.ACTIVATE
        return ActOnResource(resource_id=resource_id, action=action)
    assert step.kind == "day", step.kind
    assert step.day is not None
    days, over = (step.day,), step.is_forced
    if step.how == "adjust":
        return AdjustDays(
            resource_id=resource_id, dates=days, delta=step.amount, may_be_over=over, reason=REASON
        )
    return SetDays(
        resource_id=resource_id, dates=days, capacity=step.amount, may_be_over=over, reason=REASON
    )


def rendered(names: Names, result: object) -> Answer:
    """Render what a command did, as its caller is told and told again."""
    body = json.dumps(_told(names, result), sort_keys=True).encode()
    return Answer(status=200, headers=(), body=body)


def _told(names: Names, result: object) -> dict[str, object]:
    record = result.record if isinstance(result, Closure) else result
    match record:
        case Hold() | Booking():
            return _told_taken(names, record)
        case Block():
            return {"kind": "block", "id": record.block_id}
        case Slot():
            return {"kind": "slot", "id": record.slot_id}
        case Settled():
            return {"kind": "settled", "called_off": record.called_off}
        case _:
            return {"kind": "other"}


def _told_taken(names: Names, record: Hold | Booking) -> dict[str, object]:
    told: dict[str, object] = {
        "status": record.status.value,
        "version": record.version,
        "guests": record.party_size,
        "span": [plain(record.starts_at), plain(record.ends_at)],
        "until": None if record.expires_at is None else plain(record.expires_at),
        "assigned": [
            (names.name("thing", one.resource_id), one.units, one.is_by_slot)
            for one in record.assigned
        ],
    }
    if isinstance(record, Hold):
        return {"kind": "hold", "id": record.hold_id, **told}
    reasons = sorted(reason.value for reason in record.pending_reasons)
    return {"kind": "booking", "id": record.booking_id, "reasons": reasons, **told}
