"""Making bookings: what those share who make one, directly or of places that are kept already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from holdfast.domain import checks
from holdfast.domain.availability import CHECKS
from holdfast.domain.bookings import Booking, BookingStatus, PendingReason
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.customers import Contact
from holdfast.domain.errors import InputInvalid
from holdfast.domain.guests import Guest, guest_faults
from holdfast.domain.holds import AssignedResource, Hold
from holdfast.domain.ids import BookingId, CustomerId, ResourceId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.policies_in_force import policy_in_force
from holdfast.domain.quotes import QuoteLine
from holdfast.domain.resources import Resource
from holdfast.domain.terms import NO_TERMS, Terms, terms_faults
from holdfast.domain.zones import wall_time, zone
from holdfast.engine.choosing import Choice, Target, choose
from holdfast.engine.people import contact_faults, find_customer_reads, find_or_add_customer
from holdfast.engine.placing import Taker, judged, placing_needs, take
from holdfast.engine.pricing import Purchase, places_taken, quote_for
from holdfast.engine.use_cases import Look, Needs, View


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
    guests: tuple[Guest, ...] = ()
    reference: str | None = None


def require_readable(details: Details) -> None:
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
            checks.line("/reference", details.reference, shortest=1),
        ]
    )


def making_needs(look: Look, choice: Choice, details: Details, terms: Terms = NO_TERMS) -> Needs:
    """Find what making a booking locks and reads.

    Raises:
        InputInvalid: Something was said that cannot be kept.
    """
    require_readable(details)
    checks.require(terms_faults(terms))
    needs = placing_needs(look, choice)
    reads = frozenset(find_customer_reads(details.contact, details.customer_id))
    look.want(*reads)
    return Needs(needs.guards, needs.counters, needs.reads | reads)


def make_booking(
    view: View,
    choice: Choice,
    *,
    party_size: int,
    details: Details,
    override: Override | None = None,
    terms: Terms = NO_TERMS,
    now: datetime,
) -> Booking:
    """Judge a request, take its places, quote its price and write the booking.

    Raises:
        HoldfastError: The request is refused; nothing was taken.
        NeedsMore: It may yet be served by somebody whose key is not locked.
    """
    booking_id = BookingId(view.new_id("bkg"))
    chosen = choose(view, choice)
    waiting = waiting_of(chosen.offering, now=now)
    taken_count = places_taken(view, chosen)
    if not waiting.takes and override is None:
        # Its places are taken at approval; until then it is only judged.
        placed = judged(view, choice, party_size=party_size, checks=CHECKS)
    else:
        until = waiting.expires_at
        taker = Taker(owner_kind=ClaimOwner.BOOKING, owner_id=booking_id, counts_until=until)
        placed = take(view, choice, party_size=party_size, taker=taker, override=override)
    purchase = Purchase(
        target=placed.target,
        party_size=party_size,
        terms=terms,
        customer_id=details.customer_id,
        metadata=details.metadata,
    )
    quote = quote_for(view, purchase, now=now, taken_count=taken_count)
    agreed = Agreed(
        target=placed.target,
        party_size=party_size,
        assigned=placed.assigned,
        price=quote.total,
        price_lines=quote.lines,
        terms=terms,
        picks=choice.picks,
        components=choice.components,
        override=override,
        hold=None,
    )
    return write_booking(view, booking_id, agreed, waiting, details, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Why a new booking waits, and until when; no reasons mean that it is confirmed at once.

    Attributes:
        takes: Whether it takes its places while it waits.
    """

    reasons: tuple[PendingReason, ...]
    expires_at: datetime | None
    confirms_at: datetime | None
    takes: bool


def waiting_of(offering: Offering, *, now: datetime) -> Waiting:
    """Return why a new booking of an offering waits."""
    reasons = []
    if offering.is_approved_by_hand:
        reasons.append(PendingReason.APPROVAL)
    delay = offering.confirm_delay
    if delay:
        reasons.append(PendingReason.DELAY)
    expires_at = None
    if offering.is_approved_by_hand and offering.pending_ttl is not None:
        expires_at = now + offering.pending_ttl
    return Waiting(
        reasons=tuple(reasons),
        expires_at=expires_at,
        confirms_at=now + delay if delay else None,
        takes=offering.pending_takes or not offering.is_approved_by_hand,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a booking is about, however it came about. `number` is one that it has already."""

    target: Target
    party_size: int
    assigned: tuple[AssignedResource, ...]
    price: Money
    price_lines: tuple[QuoteLine, ...]
    terms: Terms
    picks: tuple[ResourceId, ...]
    components: tuple[str, ...]
    override: Override | None
    hold: Hold | None
    number: str | None = None


def write_booking(
    view: View,
    booking_id: BookingId,
    agreed: Agreed,
    waiting: Waiting,
    details: Details,
    *,
    now: datetime,
) -> Booking:
    """Write a booking whose places are taken or kept, with its customer and its fact.

    Raises:
        InputInvalid: Nobody could be reached for it.
    """
    require_details(details)
    checks.require(guest_faults(details.guests, party_size=agreed.party_size))
    target, stay = agreed.target, agreed.target.stay
    status = BookingStatus.PENDING if waiting.reasons else BookingStatus.CONFIRMED
    customer = find_or_add_customer(view, details.contact, details.customer_id)
    serving = [view.get(Resource, one.resource_id) for one in agreed.assigned]
    booking = Booking(
        booking_id=booking_id,
        number=agreed.number or view.new_booking_number(),
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
        local_start=wall_time(stay.starts_at, zone(target.zone_name)),
        external_offer_id=details.external_offer_id,
        override=agreed.override,
        price_lines=agreed.price_lines,
        terms=agreed.terms,
        policy=policy_in_force(target.tenant, target.offering, serving),
        guests=details.guests,
        reference=details.reference,
    )
    view.insert(booking)
    view.fact(f"booking.{status}", booking, number=booking.number, slot_id=booking.slot_id)
    return booking


def hand_over(
    view: View, owner_id: str, booking_id: BookingId, waiting: Waiting, *, now: datetime
) -> None:
    """Give a booking the places that were kept for it, without a moment in which they are free."""
    for claim in view.where(Claim, "owner_id", owner_id):
        view.change_claim(
            claim,
            owner_kind=ClaimOwner.BOOKING,
            owner_id=booking_id,
            counts_until=waiting.expires_at,
            converted_at=now,
        )


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
