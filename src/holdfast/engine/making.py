"""Making bookings: what those share who make one, directly or of places that are kept already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from holdfast.domain import checks
from holdfast.domain.attending import completes_at
from holdfast.domain.availability import CHECKS, Check
from holdfast.domain.bookings import Booking, BookingStatus, PendingReason
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.customers import Contact
from holdfast.domain.errors import InputInvalid
from holdfast.domain.guests import Guest, guest_faults
from holdfast.domain.holds import AssignedResource, Hold
from holdfast.domain.ids import BookingId, CustomerId, ResourceId, SeriesId
from holdfast.domain.limits import pending_reasons
from holdfast.domain.money import Money
from holdfast.domain.overrides import Override
from holdfast.domain.policies import Policy, due_at
from holdfast.domain.policies_in_force import policy_in_force
from holdfast.domain.quotes import QuoteLine
from holdfast.domain.reminders import remind_at
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Stay
from holdfast.domain.terms import NO_TERMS, Terms, Use
from holdfast.domain.zones import wall_time, zone
from holdfast.engine.answering import answered
from holdfast.engine.choosing import Choice, Target, choose
from holdfast.engine.customer_limits import Buyer, Deal, limit_needs, require_within_limits
from holdfast.engine.people import contact_faults, find_or_add_customer
from holdfast.engine.placing import Taker, choose_places, judged, placing_needs, take_chosen
from holdfast.engine.pricing import Purchase, close_sale, places_taken, pricing_needs, sell
from holdfast.engine.staging import candidates_of
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
    answers: dict[str, object] = field(default_factory=dict)


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
            checks.metadata("/answers", details.answers),
            checks.line("/reference", details.reference, shortest=1),
        ]
    )


def making_needs(look: Look, choice: Choice, details: Details, terms: Terms = NO_TERMS) -> Needs:
    """Find what making a booking locks and reads.

    Raises:
        InputInvalid: Something was said that cannot be kept.
    """
    require_readable(details)
    needs = placing_needs(look, choice)
    target = choose(look, choice)
    limits = limit_needs(
        look, target, candidates_of(look, target, choice.components), buyer_of(details)
    )
    sold = pricing_needs(look, choice, terms, details.contact, details.customer_id)
    return needs | limits | sold


def buyer_of(details: Details) -> Buyer:
    """Return who books."""
    return Buyer(contact=details.contact, customer_id=details.customer_id)


def make_booking(
    view: View,
    choice: Choice,
    *,
    party_size: int,
    details: Details,
    override: Override | None = None,
    terms: Terms = NO_TERMS,
    is_approved: bool = False,
    are_terms_agreed: bool = False,
    place: SeriesPlace | None = None,
    checks: Sequence[Check] = CHECKS,
    now: datetime,
) -> Booking:
    """Judge a request, take its places, quote its price and write the booking.

    With `is_approved` it waits for nothing: whoever would say yes has just booked it. Terms that
    are agreed were believed before, as those of a series.

    Raises:
        HoldfastError: The request is refused; nothing was taken.
        NeedsMore: It may yet be served by somebody whose key is not locked.
    """
    booking_id = BookingId(view.new_id("bkg"))
    target = choose(view, choice)
    purchase = Purchase(
        target=target,
        party_size=party_size,
        terms=terms,
        customer_id=details.customer_id,
        contact=details.contact,
        metadata=details.metadata,
        is_agreed=are_terms_agreed,
    )
    sale = sell(view, purchase, now=now, taken_count=places_taken(view, target))
    total = sale.quote.total
    places, assigned = None, tuple[AssignedResource, ...]()
    if override is None and not _takes_at_once(target, total=total, now=now):
        # Its places are taken at approval; until then it is only judged.
        judged(view, choice, party_size=party_size, checks=checks)
    else:
        places = choose_places(
            view, choice, party_size=party_size, override=override, checks=checks
        )
        assigned = places.assigned
    agreed = Agreed(
        target=target,
        party_size=party_size,
        assigned=assigned,
        price=total,
        price_lines=sale.quote.lines,
        terms=terms,
        picks=choice.picks,
        components=choice.components,
        override=override,
        hold=None,
        place=place,
    )
    candidates = candidates_of(view, target, choice.components)
    policy = require_agreeable(view, agreed, details, candidates=candidates, now=now)
    waiting = waiting_of(policy, total=total, now=now)
    if is_approved:
        waiting = Waiting(policy=policy, reasons=(), expires_at=None, confirms_at=None)
    until = waiting.expires_at
    taker = Taker(owner_kind=ClaimOwner.BOOKING, owner_id=booking_id, counts_until=until)
    if places is not None:
        take_chosen(view, places, taker=taker)
    agreed = replace(agreed, uses=close_sale(view, sale, taker=taker))
    return write_booking(view, booking_id, agreed, waiting, details, now=now)


def _takes_at_once(target: Target, *, total: Money, now: datetime) -> bool:
    """Whether a booking takes its places when it is made, and not only when it is approved.

    Whoever serves is not known yet: a resource that wants approval itself is taken meanwhile.
    """
    if target.offering.pending_takes:
        return True
    policy = policy_in_force(target.tenant, target.offering)
    reasons = waiting_of(policy, total=total, now=now).reasons
    return PendingReason.APPROVAL not in reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlace:
    """Which one of which series a booking is, from 0."""

    series_id: SeriesId
    series_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Why a new booking waits, and until when; no reasons mean that it is confirmed at once.

    Attributes:
        policy: The policy in force, which says so.
    """

    policy: Policy
    reasons: tuple[PendingReason, ...]
    expires_at: datetime | None
    confirms_at: datetime | None


def waiting_of(policy: Policy, *, total: Money, now: datetime) -> Waiting:
    """Return why a new booking under a policy waits, and for an answer or payment until when."""
    reasons = pending_reasons(policy, total=total)
    is_asked = PendingReason.APPROVAL in reasons or PendingReason.PAYMENT in reasons
    is_delayed = PendingReason.DELAY in reasons
    return Waiting(
        policy=policy,
        reasons=reasons,
        expires_at=due_at(policy.pending_expires, since=now) if is_asked else None,
        confirms_at=due_at(policy.confirms, since=now) if is_delayed else None,
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
    uses: tuple[Use, ...] = ()
    place: SeriesPlace | None = None


def require_agreeable(
    view: View,
    agreed: Agreed,
    details: Details,
    *,
    candidates: tuple[Resource, ...],
    now: datetime,
) -> Policy:
    """Refuse what is more than the customer may have; returns the policy in force.

    `candidates` are all who might have come to serve it, as when its needs were found.

    Raises:
        HoldfastError: They may not book, or have or make too many.
        NeedsMore: Their lock is not held: they were not known before.
    """
    deal = Deal(
        target=agreed.target,
        candidates=candidates,
        assigned=agreed.assigned,
        buyer=buyer_of(details),
        override=agreed.override,
        hold_id=None if agreed.hold is None else agreed.hold.hold_id,
    )
    return require_within_limits(view, deal, now=now)


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
        InputInvalid: Nobody could be reached for it, or an answer is wrong or missing.
    """
    _require_said(details, party_size=agreed.party_size)
    target, stay = agreed.target, agreed.target.stay
    status = BookingStatus.PENDING if waiting.reasons else BookingStatus.CONFIRMED
    customer = find_or_add_customer(view, details.contact, details.customer_id)
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
        uses=agreed.uses,
        series_id=agreed.place.series_id if agreed.place else None,
        series_index=agreed.place.series_index if agreed.place else None,
        policy=waiting.policy,
        **_due(waiting.policy, stay, now=now),
        guests=details.guests,
        reference=details.reference,
        **answered(view, target.offering, details.answers, details.metadata).by_name(),
    )
    view.insert(booking)
    view.fact(f"booking.{status}", booking, number=booking.number, slot_id=booking.slot_id)
    return booking


def _due(policy: Policy, stay: Stay, *, now: datetime) -> dict[str, Any]:
    """Return when time is to bring something about."""
    return {
        "remind_at": remind_at(policy, starts_at=stay.starts_at, after=now),
        "completes_at": completes_at(policy, ends_at=stay.ends_at, has_come=False),
    }


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


def _require_said(details: Details, *, party_size: int) -> None:
    require_details(details)
    checks.require(guest_faults(details.guests, party_size=party_size))


def require_details(details: Details) -> None:
    """Refuse a booking that nobody could be reached for and that names no order.

    Raises:
        InputInvalid: There is no customer, no name, no e-mail, no phone and no order.
    """
    contact = details.contact
    if details.customer_id or details.external_order_id:
        return
    if not (contact.name.strip() or contact.email or contact.phone):
        message = "Say who books: a customer_id, or a contact with a name, e-mail or phone."
        raise InputInvalid.at("/contact", "missing", message)
