"""Currencies: those that are paid with today, and the one that is paid with in a zone."""

from __future__ import annotations

from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_name, get_territory_currencies

from holdfast.web.languages import Language

USUAL = "EUR"


@cache
def _paid_with() -> tuple[str, ...]:
    found = set[str]()
    for territory in get_global("territory_currencies"):
        found.update(get_territory_currencies(territory, tender=True))
    return tuple(sorted(found))


@cache
def currency_options(language: Language) -> tuple[tuple[str, str], ...]:
    """Return the currencies to choose from: code, and code with name."""
    named = ((code, get_currency_name(code, locale=language.locale)) for code in _paid_with())
    return tuple((code, f"{code} · {name}") for code, name in named)


def currency_in(zone_name: str) -> str:
    """Return what is paid with where a zone's clock hangs.

    >>> currency_in("Europe/Paris"), currency_in("Australia/Brisbane"), currency_in("UTC")
    ('EUR', 'AUD', 'EUR')
    """
    territory = str(get_global("zone_territories").get(zone_name, ""))
    known = get_global("territory_currencies")
    found = get_territory_currencies(territory) if territory in known else []
    return found[0] if found else USUAL
