"""Bookings: place one directly or from a hold, and cancel it. `approvals` has the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.availability import CHECKS
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
from holdfast.domain.errors import InputInvalid, TransitionNotAllowed
from holdfast.domain.holds import AssignedResource, Hold, HoldAction, HoldStatus
from holdfast.domain.holds import transition as hold_transition
from holdfast.domain.ids import BookingId, CustomerId, HoldId, ResourceId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.zones import zone
from holdfast.engine.choosing import Choice, Target, choose, price_of, target_of
from holdfast.engine.ownership import own_booking, own_hold
from holdfast.engine.people import contact_faults, find_customer_reads, find_or_add_customer
from holdfast.engine.placing import Placed, Taker, judged, placing_needs, take
from holdfast.engine.ports import ById, Read, Where
from holdfast.engine.releasing import keeping_needs, release, release_needs, require_in_use
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
    external_offer_id: str | None = None
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceBooking:
    """Book at once, without a hold before it.

    `override` is what staff set aside for it, with a reason.
    """

    choice: Choice
    party_size: int = 1
    details: Details = field(default_factory=Details)
    override: Override | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertHold:
    """Turn a hold into a booking. The same order twice gives the same booking."""

    hold_id: HoldId
    details: Details = field(default_factory=Details)


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
            checks.line("/external_offer_id", details.external_offer_id, shortest=1),
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
    waiting = _waiting(choose(view, command.choice).offering, now=now)
    placed = _placed(view, command, booking_id, waiting)
    target = placed.target
    agreed = _Agreed(
        target=target,
        party_size=command.party_size,
        assigned=placed.assigned,
        price=price_of(target, party_size=command.party_size),
        picks=command.choice.picks,
        components=command.choice.components,
        override=command.override,
        hold=None,
    )
    return _write(view, booking_id, agreed, waiting, command.details, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """Why a new booking waits, and until when; no reasons mean that it is confirmed at once.

    Attributes:
        takes: Whether it takes its places while it waits.
    """

    reasons: tuple[PendingReason, ...]
    expires_at: datetime | None
    confirms_at: datetime | None
    takes: bool


def _waiting(offering: Offering, *, now: datetime) -> _Waiting:
    reasons = []
    if offering.is_approved_by_hand:
        reasons.append(PendingReason.APPROVAL)
    delay = offering.confirm_delay
    if delay:
        reasons.append(PendingReason.DELAY)
    expires_at = None
    if offering.is_approved_by_hand and offering.pending_ttl is not None:
        expires_at = now + offering.pending_ttl
    return _Waiting(
        reasons=tuple(reasons),
        expires_at=expires_at,
        confirms_at=now + delay if delay else None,
        takes=offering.pending_takes or not offering.is_approved_by_hand,
    )


def _placed(view: View, command: PlaceBooking, booking_id: BookingId, waiting: _Waiting) -> Placed:
    """Take the places of a new booking, or only judge it if they are taken at approval."""
    if not waiting.takes and command.override is None:
        return judged(view, command.choice, party_size=command.party_size, checks=CHECKS)
    taker = Taker(
        owner_kind=ClaimOwner.BOOKING, owner_id=booking_id, counts_until=waiting.expires_at
    )
    return take(
        view,
        command.choice,
        party_size=command.party_size,
        taker=taker,
        override=command.override,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agreed:
    """What a booking is about, however it came about."""

    target: Target
    party_size: int
    assigned: tuple[AssignedResource, ...]
    price: Money
    picks: tuple[ResourceId, ...]
    components: tuple[str, ...]
    override: Override | None
    hold: Hold | None


def _write(
    view: View,
    booking_id: BookingId,
    agreed: _Agreed,
    waiting: _Waiting,
    details: Details,
    *,
    now: datetime,
) -> Booking:
    require_details(details)
    target, stay = agreed.target, agreed.target.stay
    status = BookingStatus.PENDING if waiting.reasons else BookingStatus.CONFIRMED
    local_start = stay.starts_at.astimezone(zone(target.zone_name))
    customer = find_or_add_customer(view, details.contact, details.customer_id)
    booking = Booking(
        booking_id=booking_id,
        number=view.new_booking_number(),
        status=status,
        pending_reasons=waiting.reasons,
        offering_id=target.offering_id,
        offering_name=target.offering.name,
        slot_id=target.slot_id,
        starts_at=stay.starts_at,
        ends_at=stay.ends_at,
        zone=target.zone_name,
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
        confirmed_at=None if waiting.reasons else now,
        ended_at=None,
        version=1,
        dates=stay.dates,
        resource_id=target.resource.resource_id if target.resource else None,
        picks=agreed.picks,
        components=agreed.components,
        expires_at=waiting.expires_at,
        confirms_at=waiting.confirms_at,
        local_start=local_start.strftime("%Y-%m-%dT%H:%M"),
        external_offer_id=details.external_offer_id,
        override=agreed.override,
    )
    view.insert(booking)
    view.fact(f"booking.{status}", booking, number=booking.number, slot_id=booking.slot_id)
    return booking


def _convert_needs(command: ConvertHold, look: Look) -> Needs:
    _require_readable(command.details)
    look.want(ById(Hold, command.hold_id), Where(Claim, "owner_id", command.hold_id))
    hold = own_hold(look, command.hold_id)
    if hold.booking_id is not None:
        look.want(ById(Booking, hold.booking_id))
    needs = keeping_needs(look, hold, hold.hold_id)
    contact = _contact(hold, command.details)
    reads = find_customer_reads(contact, command.details.customer_id)
    look.want(*reads)
    return Needs(needs.guards, needs.counters, needs.reads | frozenset(reads))


def _contact(hold: Hold, details: Details) -> Contact:
    return details.contact if details.contact != Contact() else hold.contact


def _convert(view: View, command: ConvertHold, now: datetime) -> Booking:
    hold = own_hold(view, command.hold_id)
    order = command.details.external_order_id
    if hold.status is HoldStatus.CONVERTED and hold.booking_id is not None and order is not None:
        made = view.get(Booking, hold.booking_id)
        if made.external_order_id == order:
            return made
    status = hold_transition(hold, HoldAction.CONVERT, now=now)
    target = target_of(view, hold)
    require_in_use(view, target, hold.assigned)
    booking_id = BookingId(view.new_id("bkg"))
    waiting = _waiting(target.offering, now=now)
    for claim in view.where(Claim, "owner_id", hold.hold_id):
        view.change_claim(
            claim,
            owner_kind=ClaimOwner.BOOKING,
            owner_id=booking_id,
            counts_until=waiting.expires_at,
            converted_at=now,
        )
    converted = view.update(hold, status=status, booking_id=booking_id, ended_at=now)
    view.fact("hold.converted", converted, booking_id=booking_id)
    agreed = _Agreed(
        target=target,
        party_size=hold.party_size,
        assigned=hold.assigned,
        price=hold.price,
        picks=hold.picks,
        components=hold.components,
        override=hold.override,
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
        external_offer_id=details.external_offer_id,
        metadata=details.metadata or hold.metadata,
    )
    return _write(view, booking_id, agreed, waiting, filled, now=now)


def _cancel_needs(command: CancelBooking, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    look.want(ById(Booking, command.booking_id), Where(Claim, "owner_id", command.booking_id))
    own_booking(look, command.booking_id)
    return release_needs(look, command.booking_id)


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
        CancelBooking: UseCase(
            "booking.cancel", scopes=PLACE_SCOPES, needs=_cancel_needs, decide=_cancel
        ),
    }
)
