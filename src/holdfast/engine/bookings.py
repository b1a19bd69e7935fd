"""Bookings: place one directly or from a hold, and cancel it. `approvals` has the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import (
    Booking,
    BookingAction,
    BookingStatus,
    CancelledBy,
    transition,
)
from holdfast.domain.claims import Claim
from holdfast.domain.customers import Contact
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.holds import Hold, HoldAction, HoldStatus
from holdfast.domain.holds import transition as hold_transition
from holdfast.domain.ids import BookingId, HoldId
from holdfast.domain.overrides import Override
from holdfast.domain.resources import Resource
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.engine.answering import carried
from holdfast.engine.choosing import Choice, target_of
from holdfast.engine.customer_limits import Buyer, limit_needs
from holdfast.engine.ending import cancel
from holdfast.engine.making import (
    Agreed,
    Details,
    hand_over,
    make_booking,
    making_needs,
    require_agreeable,
    require_readable,
    waiting_of,
    write_booking,
)
from holdfast.engine.ownership import own_booking, own_hold
from holdfast.engine.ports import ById, Where
from holdfast.engine.releasing import keeping_needs, release_needs, require_in_use
from holdfast.engine.settling import customer_reads
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.using import carry_over, carrying_needs
from holdfast.engine.versions import require_version

PLACE_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceBooking:
    """Book at once, without a hold before it.

    `override` is what staff set aside for it, with a reason. The price is quoted now and stays.
    """

    choice: Choice
    party_size: int = 1
    details: Details = field(default_factory=Details)
    override: Override | None = None
    terms: Terms = NO_TERMS


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertHold:
    """Turn a hold into a booking. The same order twice gives the same booking.

    What it has answered already need not be said again.
    """

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


def _place_needs(command: PlaceBooking, look: Look) -> Needs:
    return making_needs(look, command.choice, command.details, command.terms)


def _place(view: View, command: PlaceBooking, now: datetime) -> Booking:
    return make_booking(
        view,
        command.choice,
        party_size=command.party_size,
        details=command.details,
        override=command.override,
        terms=command.terms,
        now=now,
    )


def _convert_needs(command: ConvertHold, look: Look) -> Needs:
    require_readable(command.details)
    look.want(ById(Hold, command.hold_id), Where(Claim, "owner_id", command.hold_id))
    hold = own_hold(look, command.hold_id)
    if hold.booking_id is not None:
        look.want(ById(Booking, hold.booking_id))
    needs = keeping_needs(look, hold, hold.hold_id)
    buyer = Buyer(contact=_contact(hold, command.details), customer_id=command.details.customer_id)
    limits = limit_needs(look, target_of(look, hold), _serving(look, hold), buyer)
    return needs | limits | carrying_needs(look, hold, buyer.contact, buyer.customer_id)


def _serving(look: Look, hold: Hold) -> tuple[Resource, ...]:
    """The resources that serve a hold."""
    return tuple(look.get(Resource, one.resource_id) for one in hold.assigned)


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
    agreed = Agreed(
        target=target,
        party_size=hold.party_size,
        assigned=hold.assigned,
        price=hold.price,
        price_lines=hold.price_lines,
        terms=hold.terms,
        picks=hold.picks,
        components=hold.components,
        override=hold.override,
        hold=hold,
    )
    details = command.details
    contact = _contact(hold, details)
    said = carried(target.offering, hold, details.answers, details.metadata)
    filled = replace(
        details, contact=contact, metadata=details.metadata or hold.metadata, answers=said
    )
    policy = require_agreeable(view, agreed, filled, candidates=_serving(view, hold), now=now)
    waiting = waiting_of(policy, total=hold.price, now=now)
    agreed = replace(agreed, uses=carry_over(view, hold, target, contact, details.customer_id))
    hand_over(view, hold.hold_id, booking_id, waiting, now=now)
    converted = view.update(hold, status=status, booking_id=booking_id, ended_at=now)
    view.fact("hold.converted", converted, booking_id=booking_id)
    return write_booking(view, booking_id, agreed, waiting, filled, now=now)


def _cancel_needs(command: CancelBooking, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    look.want(ById(Booking, command.booking_id), Where(Claim, "owner_id", command.booking_id))
    booking = own_booking(look, command.booking_id)
    look.want(*(reads := customer_reads(booking)))
    needs = release_needs(look, command.booking_id)
    return Needs(needs.guards, needs.counters, needs.reads | frozenset(reads))


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
    by = CancelledBy.CUSTOMER if view.actor.is_public else command.cancelled_by
    return cancel(view, booking, by=by, reason=command.reason, now=now)


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
