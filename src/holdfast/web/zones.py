"""Zones: in which zone times are shown, and which others are offered."""

from __future__ import annotations

from functools import cache

from holdfast.web.languages import Language

OFFERED = (
    "Pacific/Honolulu America/Anchorage America/Los_Angeles America/Denver America/Chicago"
    " America/Mexico_City America/New_York America/Toronto America/Halifax America/Bogota"
    " America/Sao_Paulo America/Argentina/Buenos_Aires Atlantic/Azores UTC Europe/London"
    " Europe/Lisbon Africa/Casablanca Africa/Algiers Africa/Lagos Europe/Paris Europe/Berlin"
    " Europe/Madrid Europe/Rome Europe/Zurich Europe/Brussels Europe/Athens Africa/Cairo"
    " Africa/Johannesburg Europe/Istanbul Africa/Nairobi Asia/Dubai Indian/Reunion Asia/Karachi"
    " Asia/Kolkata Asia/Dhaka Asia/Bangkok Asia/Singapore Asia/Shanghai Asia/Tokyo Asia/Seoul"
    " Australia/Perth Australia/Brisbane Australia/Sydney Pacific/Noumea Pacific/Auckland"
).split()


@cache
def _offered(language: Language) -> tuple[tuple[str, str], ...]:
    return tuple((name, language.city(name)) for name in OFFERED)


def zone_choices(here: str, shown: str, language: Language) -> list[tuple[str, str, bool]]:
    """List zones to choose from by name, city and whether it is the one shown.

    The business's zone and the one shown come first; a script offers the visitor's own.
    """
    first = dict.fromkeys([here, shown])
    rest = sorted((pair for pair in _offered(language) if pair[0] not in first), key=_by_city)
    pairs = [(name, language.city(name)) for name in first] + rest
    return [(name, city, name == shown) for name, city in pairs]


def _by_city(pair: tuple[str, str]) -> str:
    return pair[1]
