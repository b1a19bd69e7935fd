"""Offers: what the button of a time sends, so that everything else chosen or typed is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from holdfast.domain.customers import Contact
from holdfast.domain.errors import Alternative
from holdfast.domain.holds import Hold
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering
from holdfast.domain.shapes import Shape

_NOBODY = Contact()


def fields_of(
    offering: Offering,
    slot: OpenSlot | Alternative | Hold,
    *,
    people: int,
    picks: Sequence[str] = (),
    components: Sequence[str] = (),
    contact: Contact = _NOBODY,
    note: str = "",
    change: str = "",
) -> tuple[tuple[str, str], ...]:
    """Return the fields of a form that takes a time, as `wanted_in` reads them."""
    typed = {
        "name": contact.name,
        "email": contact.email or "",
        "phone": contact.phone or "",
        "note": note,
        "change": change,
    }
    return (
        *_when(offering, slot),
        ("people", str(people)),
        *(("pick", pick) for pick in picks[:1]),
        *(("part", key) for key in components),
        *((name, value) for name, value in typed.items() if value),
    )


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
