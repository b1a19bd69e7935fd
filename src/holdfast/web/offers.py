"""Offers: what the button of a time sends, so that everything else chosen or typed is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from holdfast.domain import checks
from holdfast.domain.customers import Contact
from holdfast.domain.errors import Alternative
from holdfast.domain.holds import Hold
from holdfast.domain.ids import ResourceId
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering
from holdfast.domain.shapes import Shape
from holdfast.domain.terms import Tickets

TICKET_PREFIX = "ticket."
_NOBODY = Contact()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What goes along with a time: everything else that was chosen or typed.

    Attributes:
        tickets: How many of which tier; without tiers, only `people` is said.
        promo: A promo code.
        guests: Who else comes, by name.
        answers: To the offering's questions, as pairs of input and text.
        change: The link of a booking that is to be moved.
    """

    people: int
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    tickets: tuple[Tickets, ...] = ()
    promo: str = ""
    contact: Contact = _NOBODY
    note: str = ""
    guests: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    change: str = ""

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return it as fields of a form, as `wanted_in` reads them."""
        typed = {
            "promo": self.promo,
            "name": self.contact.name,
            "email": self.contact.email or "",
            "phone": self.contact.phone or "",
            "note": self.note,
            "change": self.change,
        }
        return (
            ("people", str(self.people)),
            *(("pick", pick) for pick in self.picks[:1]),
            *(("part", key) for key in self.components),
            *((TICKET_PREFIX + one.tier, str(one.quantity)) for one in self.tickets),
            *((name, value) for name, value in typed.items() if value),
            *(("guest", name) for name in self.guests),
            *self.answers,
        )


def fields_of(
    offering: Offering, slot: OpenSlot | Alternative | Hold, kept: Kept
) -> tuple[tuple[str, str], ...]:
    """Return the fields of a form that takes a time, as `wanted_in` reads them."""
    return (*_when(offering, slot), *kept.pairs())


def readable(contact: Contact) -> Contact:
    """Return as much of a contact as can be kept while it is still being typed."""
    is_email = checks.email("/email", contact.email) is None
    is_phone = checks.phone("/phone", contact.phone) is None
    return Contact(
        name=contact.name if checks.line("/name", contact.name) is None else "",
        email=contact.email if is_email else None,
        phone=contact.phone if is_phone else None,
    )


def kept_words(*, note: str, guests: Sequence[str]) -> dict[str, object]:
    """Return what was typed and stands nowhere else in a hold, as far as it can be kept."""
    named = [name for name in guests if checks.line("/name", name) is None]
    typed: dict[str, object] = {
        "note": note if checks.text("/note", note) is None else "",
        "guests": named,
    }
    return {name: value for name, value in typed.items() if value}


def _when(offering: Offering, slot: OpenSlot | Alternative | Hold) -> list[tuple[str, str]]:
    if slot.slot_id is not None:
        return [("slot", slot.slot_id)]
    if slot.dates and offering.shape is Shape.NIGHTS:
        out = slot.dates[-1] + timedelta(days=1)
        return [("check_in", slot.dates[0].isoformat()), ("check_out", out.isoformat())]
    if slot.dates:
        return [("days", ",".join(day.isoformat() for day in slot.dates))]
    return [
        (name, f"{at:%Y-%m-%dT%H:%M:%SZ}")
        for name, at in (("starts_at", slot.starts_at), ("ends_at", slot.ends_at))
    ]
