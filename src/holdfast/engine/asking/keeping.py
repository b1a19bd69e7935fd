"""Keeping the places of what would be booked, while hooks are asked about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim, ClaimOwner, is_use_key
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import HoldId
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.placing import Taker, choose_places, take_chosen
from holdfast.engine.pricing import Purchase, close_sale, places_taken, sell
from holdfast.engine.use_cases import View


def takes_places(records: Iterable[object]) -> bool:
    """Tell whether what was rehearsed takes places at once, and not only when it is approved."""
    return any(isinstance(one, Claim) and not is_use_key(one.key) for one in records)


def keep(
    view: View, command: PlaceBooking, booking: Booking, *, until: datetime, now: datetime
) -> Hold:
    """Place the hold that a booking, as it was rehearsed, will be made of."""
    hold_id = HoldId(view.new_id("hld"))
    taker = Taker(owner_kind=ClaimOwner.HOLD, owner_id=hold_id, counts_until=until)
    choice, details = command.choice, command.details
    places = choose_places(view, choice, party_size=command.party_size, override=command.override)
    purchase = Purchase(
        target=places.target,
        party_size=command.party_size,
        terms=command.terms,
        customer_id=details.customer_id,
        contact=details.contact,
        metadata=details.metadata,
    )
    sale = sell(view, purchase, now=now, taken_count=places_taken(view, places.target))
    take_chosen(view, places, taker=taker)
    hold = Hold(
        hold_id=hold_id,
        status=HoldStatus.ACTIVE,
        offering_id=booking.offering_id,
        slot_id=booking.slot_id,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        party_size=booking.party_size,
        assigned=places.assigned,
        price=sale.quote.total,
        client_key=None,
        contact=details.contact,
        placed_by=view.actor.actor_id,
        is_public=view.actor.is_public,
        expires_at=until,
        ceiling_at=until,
        extension_count=0,
        booking_id=None,
        created_at=now,
        ended_at=None,
        version=1,
        metadata=booking.metadata,
        dates=booking.dates,
        resource_id=booking.resource_id,
        picks=booking.picks,
        components=booking.components,
        override=booking.override,
        price_lines=sale.quote.lines,
        terms=booking.terms,
        uses=close_sale(view, sale, taker=taker),
        answers=booking.answers,
        private_answers=booking.private_answers,
    )
    view.insert(hold)
    view.fact("hold.placed", hold, slot_id=hold.slot_id, expires_at=until)
    return hold


def keep_on(view: View, hold: Hold, *, until: datetime) -> Hold:
    """Keep a hold's places longer; its keys are locked."""
    until = max(until, hold.expires_at)
    for claim in view.where(Claim, "owner_id", hold.hold_id):
        view.change_claim(claim, counts_until=until)
    kept = view.update(hold, expires_at=until, ceiling_at=max(until, hold.ceiling_at))
    view.fact("hold.extended", kept, expires_at=until)
    return kept
