"""Quoting: what a request would cost, line by line, without writing anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from holdfast.domain import checks
from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import BookingId, CustomerId, TenantId
from holdfast.domain.quotes import Quote
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.domain.terms import NO_TERMS, Terms, terms_faults
from holdfast.engine.choosing import Choice, choose
from holdfast.engine.estimating import estimated, places_seen
from holdfast.engine.moving import Move, choice_after, purchase_of, size_after, terms_after
from holdfast.engine.ownership import own_in
from holdfast.engine.people import contact_faults
from holdfast.engine.ports import ReadStore
from holdfast.engine.pricing import Purchase, quote_for
from holdfast.engine.snapshots import SnapshotLook, look_up
from holdfast.engine.using import agreed_promos


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteQuery:
    """What a price is asked for: what `PlaceBooking` would book."""

    choice: Choice
    party_size: int = 1
    terms: Terms = NO_TERMS
    customer_id: CustomerId | None = None
    contact: Contact = field(default_factory=Contact)
    metadata: dict[str, object] = field(default_factory=dict)


def quote(store: ReadStore, *, tenant_id: TenantId, actor: Actor, query: QuoteQuery) -> Quote:
    """Return what a request would cost now. Whether it could be booked is not asked.

    Raises:
        AccessDenied: The actor may not look, or says what only staff may say.
        InputInvalid: The request is malformed, as a booking of it would be.
        RecordNotFound: There is no such offering, slot or resource.
    """
    actor.require(Scope.AVAILABILITY_READ)
    if not 1 <= query.party_size <= CAPACITY_MAX:
        message = f"A party is 1 to {CAPACITY_MAX} guests."
        raise InputInvalid.at("/party_size", "out_of_range", message)
    checks.require(
        [
            *contact_faults(query.contact),
            *terms_faults(query.terms),
            checks.metadata("/metadata", query.metadata),
        ]
    )
    now = store.now()

    def find(look: SnapshotLook) -> Quote:
        target = choose(look, query.choice)
        purchase = Purchase(
            target=target,
            party_size=query.party_size,
            terms=query.terms,
            customer_id=query.customer_id,
            contact=query.contact,
            metadata=query.metadata,
        )
        return estimated(store, look, purchase, now=now)

    return look_up(store, find, tenant_id=tenant_id, actor=actor)


def quote_move(
    store: ReadStore, *, tenant_id: TenantId, actor: Actor, booking_id: BookingId, move: Move
) -> Quote:
    """Return what a booking would cost if it moved now, on the terms that were agreed.

    Whether it may move, and whether there is room, is not asked.

    Raises:
        RecordNotFound: There is no such booking, slot or resource, or it is somebody else's.
        InputInvalid: The move is malformed.
    """
    actor.require(Scope.BOOKINGS_OWN, Scope.BOOKINGS_READ)
    now = store.now()

    def find(look: SnapshotLook) -> Quote:
        booking = own_in(store, actor, Booking, booking_id)
        target = choose(look, choice_after(booking, move))
        size, terms = size_after(booking, move), terms_after(booking, move)
        is_there = booking.slot_id is not None and booking.slot_id == target.slot_id
        taken_count = places_seen(store, target, now=now) - (booking.party_size if is_there else 0)
        return quote_for(
            look,
            purchase_of(booking, target, terms, size=size),
            now=now,
            taken_count=max(0, taken_count),
            promos=agreed_promos(look, booking),
        )

    return look_up(store, find, tenant_id=tenant_id, actor=actor)
