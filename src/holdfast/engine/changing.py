"""Changing what was said with a booking: contact, guests, notes, size; and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, BookingAction, transition
from holdfast.domain.errors import AccessDenied, InputInvalid
from holdfast.domain.guests import guest_faults
from holdfast.domain.ids import BookingId
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.terms import Tickets
from holdfast.engine.answering import answered_anew
from holdfast.engine.confirming import settle_payment
from holdfast.engine.making import Details, require_details, require_readable
from holdfast.engine.moving import Move, moved, moving_needs, size_after
from holdfast.engine.ownership import own_booking
from holdfast.engine.patches import require_known
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

_MOVING = frozenset({"party_size", "tickets"})
SAID_BY_CUSTOMERS = frozenset(
    {"contact", "note", "guests", "metadata", "party_size", "tickets", "answers"}
)
SAID_BY_STAFF = frozenset({"internal_note", "reference"})
CHANGEABLE = SAID_BY_CUSTOMERS | SAID_BY_STAFF
RATING_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBooking:
    """Change what was said with a booking: any of `CHANGEABLE`, the words even of what is over.

    Another party size is judged anew: more people take more, fewer give places back. Other tickets
    are taken of their tiers and priced anew; as many come as there are, unless a size is said too.
    Of `answers` only those named change, and null withdraws one.
    """

    booking_id: BookingId
    changes: Mapping[str, object]
    override: Override | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateBooking:
    """Say how it was, once it took place; saying it again replaces what was said."""

    booking_id: BookingId
    rating: int | None = None
    feedback: str = ""
    referral_source: str = ""
    if_version: int | None = None


def _change_needs(command: ChangeBooking, look: Look) -> Needs:
    booking = own_booking(look, command.booking_id)
    if "answers" in command.changes:
        _asking(look, booking)
    move = _resized(command, booking)
    return Needs() if move is None else moving_needs(look, booking, move)


def _asking(look: Look, booking: Booking) -> Offering | None:
    """Return the offering whose fields are answered; a resource by itself asks nothing."""
    return None if booking.offering_id is None else look.get(Offering, booking.offering_id)


def _resized(command: ChangeBooking, booking: Booking) -> Move | None:
    """Return what changes of how many come and what tickets they have, if anything does."""
    size, tickets = command.changes.get("party_size"), command.changes.get("tickets")
    if not (size is None and "party_size" not in command.changes) and not isinstance(size, int):
        raise InputInvalid.at("/party_size", "not_a_number", "A party size is a whole number.")
    if "tickets" not in command.changes:
        return None if size in {None, booking.party_size} else Move(party_size=size)
    if not isinstance(tickets, tuple | list) or not all(isinstance(it, Tickets) for it in tickets):
        message = "Tickets are a list of how many of which tier."
        raise InputInvalid.at("/tickets", "wrong_type", message)
    move = Move(party_size=size, tickets=tuple(tickets))
    is_same = move.tickets == booking.terms.tickets
    return None if is_same and size_after(booking, move) == booking.party_size else move


def _change(view: View, command: ChangeBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    require_known(command.changes, CHANGEABLE)
    if view.actor.is_public and SAID_BY_STAFF & set(command.changes):
        raise AccessDenied("A customer may change neither internal_note nor reference.")
    transition(booking.status, BookingAction.CHANGE)
    words = {name: value for name, value in command.changes.items() if name not in _MOVING}
    if "answers" in words:
        answers = answered_anew(view, _asking(view, booking), booking, words["answers"])
        words |= {"answers": answers.shown, "private_answers": answers.private}
    move = _resized(command, booking)
    moves = {}
    if move is not None:
        moves = moved(view, booking, move, override=command.override, keeps_price=False)
    real = {name: value for name, value in words.items() if getattr(booking, name) != value}
    if not (real or moves):
        return booking
    changed = view.update(booking, **real, **moves)
    _require_valid(changed)
    view.fact(
        "booking.changed",
        changed,
        number=changed.number,
        fields=sorted({*real, *_told(booking, changed)}),
    )
    return settle_payment(view, changed, now=now) if moves else changed


def _told(before: Booking, after: Booking) -> list[str]:
    """What a fact names of another size or other tickets; what follows is in the booking."""
    found = ["party_size"] if after.party_size != before.party_size else []
    return found + (["tickets"] if after.terms != before.terms else [])


def _require_valid(booking: Booking) -> None:
    said = Details(
        contact=booking.contact,
        customer_id=booking.customer_id,
        note=booking.note,
        internal_note=booking.internal_note,
        external_order_id=booking.external_order_id,
        metadata=booking.metadata,
        guests=booking.guests,
        reference=booking.reference,
    )
    require_readable(said)
    require_details(said)
    checks.require(guest_faults(booking.guests, party_size=booking.party_size))


def _rate_needs(command: RateBooking, look: Look) -> Needs:
    most = RATING_MAX
    if command.rating is None and not (command.feedback or command.referral_source):
        message = "Say how it was: a rating, a feedback or a referral_source."
        raise InputInvalid.at("/rating", "missing", message)
    checks.require(
        [
            checks.whole("/rating", command.rating, least=1, most=most),
            checks.text("/feedback", command.feedback),
            checks.line("/referral_source", command.referral_source),
        ]
    )
    own_booking(look, command.booking_id)
    return Needs()


def _rate(view: View, command: RateBooking, _now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    transition(booking.status, BookingAction.RATE)
    said = {
        "rating": command.rating,
        "feedback": command.feedback,
        "referral_source": command.referral_source,
    }
    if all(getattr(booking, name) == value for name, value in said.items()):
        return booking
    rated = view.update(booking, **said)
    view.fact("booking.rated", rated, number=rated.number, rating=rated.rating)
    return rated


_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_WRITE)

USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        ChangeBooking: UseCase(
            "booking.change", scopes=_SCOPES, needs=_change_needs, decide=_change
        ),
        RateBooking: UseCase("booking.rate", scopes=_SCOPES, needs=_rate_needs, decide=_rate),
    }
)
