"""Papers: a booking as a sheet to print or to show, in PDF, with its number as a code."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from importlib.util import find_spec

from holdfast.domain.bookings import Booking
from holdfast.web.codes import drawing_of
from holdfast.web.languages import Language
from holdfast.web.stays import Stay


@cache
def has_papers() -> bool:
    """Whether the extra `documents` is installed, which typesets them."""
    return find_spec("typst") is not None


def paper_of(
    booking: Booking, stay: Stay, *, business: str, place: tuple[str, ...], language: Language
) -> bytes:
    """Typeset a booking; nothing in it is read as markup.

    Raises:
        ImportError: The extra `documents` is not installed.
    """
    import typst  # optional: the extra `documents`

    say = language.gettext
    who = booking.contact.name
    people = language.ngettext("%(count)s person", "%(count)s people", booking.party_size)
    rows = [
        (say("When"), _when(stay, language)),
        (say("Who"), [who, people % {"count": booking.party_size}]),
        (say("With"), [language.listed(stay.with_names)] if stay.with_names else []),
        (say("Where"), list(place)),
        (say("Price"), [language.money(booking.price)] if booking.price.amount_minor else []),
    ]
    said = {
        "title": f"{booking.offering_name} · {booking.number}",
        "business": business,
        "what": booking.offering_name,
        "language": language.code,
        "rows": [
            {"label": label, "lines": [line for line in lines if line]}
            for label, lines in rows
            if any(lines)
        ],
        "number": booking.number,
        "foot": say("Show this code, or say the number, when you come."),
    }
    inputs = {"booking": json.dumps(said), "code": drawing_of(booking.number)}
    return bytes(typst.compile(_form(), format="pdf", sys_inputs=inputs))


def _when(stay: Stay, language: Language) -> list[str]:
    if stay.form == "days":
        return [
            language.long_day(first)
            if first == last
            else f"{language.long_day(first)} – {language.long_day(last)}"
            for first, last in stay.runs
        ]
    begin = language.clock(stay.starts_at, stay.zone)
    end = language.clock(stay.ends_at, stay.zone)
    city = language.city(stay.zone)
    if stay.first == stay.last:
        return [language.long_day(stay.first), f"{begin} – {end} ({city})"]
    return [
        f"{language.long_day(stay.first)}, {begin} –",
        f"{language.long_day(stay.last)}, {end} ({city})",
    ]


@cache
def _form() -> bytes:
    return files("holdfast.web").joinpath("templates", "paper.typ").read_bytes()
