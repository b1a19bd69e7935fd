"""Bookings: place one directly or from a hold, confirm, decline, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import (
    Booking,
    BookingAction,
    BookingStatus,
    CancelledBy,
    PendingReason,
    transition,
)
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.customers import Contact
from holdfast.domain.errors import InputInvalid, RecordNotFound, TransitionNotAllowed
from holdfast.domain.holds import AssignedResource, Hold, HoldAction, HoldStatus
from holdfast.domain.holds import transition as hold_transition
from holdfast.domain.ids import BookingId, CustomerId, HoldId
from holdfast.domain.money import Money
from holdfast.domain.resources import Resource
from holdfast.engine.people import contact_faults, find_customer_reads, find_or_add_customer
from holdfast.engine.placing import (
    SlotChoice,
    Taker,
    Target,
    check_conversion,
    choose,
    keeping_needs,
    placing_needs,
    release,
    release_needs,
    take,
)
from holdfast.engine.ports import ById, Read, ReadStore, Where
from holdfast.engine.reading import get
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

PLACE_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a customer says when booking."""

    contact: Contact = field(default_factory=Contact)
    customer_id: CustomerId | None = None
    source: str = "api"
    note: str = ""
    internal_note: str = ""
    external_order_id: str | None = None
    external_line_id: str | None = None
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceBooking:
    """Book a slot at once, without a hold before it."""

    choice: SlotChoice
    party_size: int = 1
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertHold:
    """Turn a hold into a booking. The same order twice gives the same booking."""

    hold_id: HoldId
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmBooking:
    """The business says yes to a pending booking. Saying it again changes nothing."""

    booking_id: BookingId
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineBooking:
    """The business says no to a pending booking."""

    booking_id: BookingId
    reason: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBooking:
    """Call a booking off and give its places back.

    `only_if_status` makes it safe to repeat: what is cancelled already stays so and is answered
    alike, and a booking in any other status than the one named is left alone.
    """

    booking_id: BookingId
    reason: str | None = None
    cancelled_by: CancelledBy = CancelledBy.BUSINESS
    only_if_status: BookingStatus | None = None
    if_version: int | None = None


def own_booking(look: Look, booking_id: BookingId) -> Booking:
    """Return a booking that the actor may touch.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    booking = look.get(Booking, booking_id)
    if not may_touch(look.actor, booking):
        raise RecordNotFound(kind="booking", key=booking_id)
    return booking


def own_booking_in(store: ReadStore, actor: Actor, booking_id: BookingId) -> Booking:
    """Return a booking that the actor may see.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    booking = get(store, Booking, booking_id)
    if not may_touch(actor, booking):
        raise RecordNotFound(kind="booking", key=booking_id)
    return booking


def may_touch(actor: Actor, booking: Booking) -> bool:
    """Whether an actor may see a booking: staff any, the public what it placed."""
    return Scope.BOOKINGS_READ in actor.scopes or booking.placed_by == actor.actor_id


def _require_readable(details: Details) -> None:
    """Refuse words that cannot be kept, before anything is looked up by them."""
    checks.require(
        [
            *contact_faults(details.contact),
            checks.line("/source", details.source, shortest=1),
            checks.text("/note", details.note),
            checks.text("/internal_note", details.internal_note),
            checks.line("/external_order_id", details.external_order_id, shortest=1),
            checks.line("/external_line_id", details.external_line_id, shortest=1),
            checks.metadata("/metadata", details.metadata),
        ]
    )


def _place_needs(command: PlaceBooking, look: Look) -> Needs:
    _require_readable(command.details)
    needs = placing_needs(look, command.choice)
    return Needs(needs.guards, needs.counters, needs.reads | _customer_reads(look, command.details))


def _customer_reads(look: Look, details: Details) -> frozenset[Read]:
    reads = find_customer_reads(details.contact, details.customer_id)
    look.want(*reads)
    return frozenset(reads)


def _place(view: View, command: PlaceBooking, now: datetime) -> Booking:
    booking_id = BookingId(view.new_id("bkg"))
    taker = Taker(owner_kind=ClaimOwner.BOOKING, owner_id=booking_id, counts_until=None)
    target, wish, assigned = take(view, command.choice, party_size=command.party_size, taker=taker)
    agreed = _Agreed(
        target=target,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        party_size=command.party_size,
        assigned=assigned,
        price=target.offering.price_of(party_size=command.party_size),
        hold=None,
    )
    return _write(view, booking_id, agreed, command.details, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agreed:
    """What a booking is about, however it came about."""

    target: Target
    starts_at: datetime
    ends_at: datetime
    party_size: int
    assigned: tuple[AssignedResource, ...]
    price: Money
    hold: Hold | None


def _write(
    view: View, booking_id: BookingId, agreed: _Agreed, details: Details, *, now: datetime
) -> Booking:
    require_details(details)
    offering, tenant = agreed.target.offering, agreed.target.tenant
    waits = (PendingReason.APPROVAL,) if offering.is_approved_by_hand else ()
    status = BookingStatus.PENDING if waits else BookingStatus.CONFIRMED
    customer = find_or_add_customer(view, details.contact, details.customer_id)
    booking = Booking(
        booking_id=booking_id,
        number=view.new_booking_number(),
        status=status,
        pending_reasons=waits,
        offering_id=offering.offering_id,
        offering_name=offering.name,
        slot_id=agreed.target.slot_id,
        starts_at=agreed.starts_at,
        ends_at=agreed.ends_at,
        zone=offering.zone or tenant.zone,
        party_size=agreed.party_size,
        assigned=agreed.assigned,
        price=agreed.price,
        customer_id=customer.customer_id if customer else None,
        contact=details.contact,
        hold_id=agreed.hold.hold_id if agreed.hold else None,
        source=details.source,
        note=details.note,
        internal_note=details.internal_note,
        external_order_id=details.external_order_id,
        external_line_id=details.external_line_id,
        placed_by=view.actor.actor_id,
        cancelled_by=None,
        cancel_reason=None,
        metadata=details.metadata,
        created_at=now,
        confirmed_at=None if waits else now,
        ended_at=None,
        version=1,
    )
    view.insert(booking)
    view.fact(f"booking.{status}", booking, number=booking.number, slot_id=booking.slot_id)
    return booking


def _convert_needs(command: ConvertHold, look: Look) -> Needs:
    _require_readable(command.details)
    look.want(ById(Hold, command.hold_id), Where(Claim, "owner_id", command.hold_id))
    hold = _own_hold(look, command.hold_id)
    if hold.booking_id is not None:
        look.want(ById(Booking, hold.booking_id))
    target = choose(look, SlotChoice(slot_id=hold.slot_id))
    look.want(*(ById(Resource, r.resource_id) for r in target.offering.requirements))
    needs = keeping_needs(look, hold)
    contact = _contact(hold, command.details)
    reads = find_customer_reads(contact, command.details.customer_id)
    look.want(*reads)
    return Needs(needs.guards, needs.counters, needs.reads | frozenset(reads))


def _own_hold(look: Look, hold_id: HoldId) -> Hold:
    hold = look.get(Hold, hold_id)
    if Scope.HOLDS_ANY not in look.actor.scopes and hold.placed_by != look.actor.actor_id:
        raise RecordNotFound(kind="hold", key=hold_id)
    return hold


def _contact(hold: Hold, details: Details) -> Contact:
    return details.contact if details.contact != Contact() else hold.contact


def _convert(view: View, command: ConvertHold, now: datetime) -> Booking:
    hold = _own_hold(view, command.hold_id)
    order = command.details.external_order_id
    if hold.status is HoldStatus.CONVERTED and hold.booking_id is not None and order is not None:
        made = view.get(Booking, hold.booking_id)
        if made.external_order_id == order:
            return made
    status = hold_transition(hold, HoldAction.CONVERT, now=now)
    target = choose(view, SlotChoice(slot_id=hold.slot_id))
    check_conversion(view, target)
    booking_id = BookingId(view.new_id("bkg"))
    for claim in view.where(Claim, "owner_id", hold.hold_id):
        view.change_claim(
            claim,
            owner_kind=ClaimOwner.BOOKING,
            owner_id=booking_id,
            counts_until=None,
            converted_at=now,
        )
    converted = view.update(hold, status=status, booking_id=booking_id, ended_at=now)
    view.fact("hold.converted", converted, booking_id=booking_id)
    agreed = _Agreed(
        target=target,
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
        party_size=hold.party_size,
        assigned=hold.assigned,
        price=hold.price,
        hold=hold,
    )
    details = command.details
    contact = _contact(hold, details)
    filled = Details(
        contact=contact,
        customer_id=details.customer_id,
        source=details.source,
        note=details.note,
        internal_note=details.internal_note,
        external_order_id=order,
        external_line_id=details.external_line_id,
        metadata=details.metadata or hold.metadata,
    )
    return _write(view, booking_id, agreed, filled, now=now)


def _confirm_needs(command: ConfirmBooking, look: Look) -> Needs:
    look.want(ById(Booking, command.booking_id), Where(Claim, "owner_id", command.booking_id))
    booking = own_booking(look, command.booking_id)
    target = choose(look, SlotChoice(slot_id=booking.slot_id))
    look.want(*(ById(Resource, r.resource_id) for r in target.offering.requirements))
    return release_needs(look, command.booking_id)


def _confirm(view: View, command: ConfirmBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    status = transition(booking.status, BookingAction.CONFIRM)
    if status is booking.status:
        return booking
    check_conversion(view, choose(view, SlotChoice(slot_id=booking.slot_id)))
    left = tuple(r for r in booking.pending_reasons if r is not PendingReason.APPROVAL)
    if left:
        approved = view.update(booking, pending_reasons=left)
        view.fact("booking.approved", approved, number=approved.number)
        return approved
    confirmed = view.update(booking, status=status, pending_reasons=(), confirmed_at=now)
    view.fact("booking.confirmed", confirmed, number=confirmed.number)
    return confirmed


def _end_needs(command: CancelBooking | DeclineBooking, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    look.want(ById(Booking, command.booking_id), Where(Claim, "owner_id", command.booking_id))
    own_booking(look, command.booking_id)
    return release_needs(look, command.booking_id)


def _decline(view: View, command: DeclineBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    status = transition(booking.status, BookingAction.DECLINE)
    if status is booking.status:
        return booking
    release(view, booking.booking_id, reason=status)
    declined = view.update(
        booking, status=status, pending_reasons=(), cancel_reason=command.reason, ended_at=now
    )
    view.fact("booking.declined", declined, number=declined.number, reason=command.reason)
    return declined


def _cancel(view: View, command: CancelBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    only = command.only_if_status
    if only is not None and booking.status not in {only, BookingStatus.CANCELLED}:
        raise TransitionNotAllowed(
            kind="booking", status=booking.status, action=BookingAction.CANCEL
        )
    status = transition(booking.status, BookingAction.CANCEL)
    if status is booking.status:
        return booking
    release(view, booking.booking_id, reason=status)
    by = CancelledBy.CUSTOMER if view.actor.is_public else command.cancelled_by
    cancelled = view.update(
        booking,
        status=status,
        pending_reasons=(),
        cancelled_by=by,
        cancel_reason=command.reason,
        ended_at=now,
    )
    view.fact("booking.cancelled", cancelled, number=cancelled.number, by=by, reason=command.reason)
    return cancelled


def require_details(details: Details) -> None:
    """Refuse a booking that nobody could be reached for and that names no order.

    Raises:
        InputInvalid: There is no customer, no name, no e-mail, no phone and no order.
    """
    contact = details.contact
    if details.customer_id or details.external_order_id:
        return
    if not (contact.name or contact.email or contact.phone):
        message = "Say who books: a customer_id, or a contact with a name, e-mail or phone."
        raise InputInvalid.at("/contact", "missing", message)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        PlaceBooking: UseCase(
            "booking.place", scopes=PLACE_SCOPES, needs=_place_needs, decide=_place
        ),
        ConvertHold: UseCase(
            "booking.convert", scopes=PLACE_SCOPES, needs=_convert_needs, decide=_convert
        ),
        ConfirmBooking: UseCase(
            "booking.confirm",
            scopes=(Scope.BOOKINGS_WRITE,),
            needs=_confirm_needs,
            decide=_confirm,
        ),
        DeclineBooking: UseCase(
            "booking.decline", scopes=(Scope.BOOKINGS_WRITE,), needs=_end_needs, decide=_decline
        ),
        CancelBooking: UseCase(
            "booking.cancel", scopes=PLACE_SCOPES, needs=_end_needs, decide=_cancel
        ),
    }
)
