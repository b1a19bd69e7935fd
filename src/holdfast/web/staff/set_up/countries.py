"""Countries: those of the world by name, and the one in which a zone's clock hangs."""

from __future__ import annotations

from functools import cache

from babel.core import get_global

from holdfast.web.languages import Language

USUAL = "FR"
_CODE_LENGTH = 2
# Of the CLDR, but of no country: the world's parts that stand for something else.
_NONE = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})


@cache
def country_options(language: Language) -> tuple[tuple[str, str], ...]:
    """Return the countries to choose from, by their names."""
    named = [
        (code, str(name))
        for code, name in language.locale.territories.items()
        if len(code) == _CODE_LENGTH and code.isalpha() and code not in _NONE
    ]
    return tuple(sorted(named, key=lambda pair: pair[1]))


def country_in(zone_name: str) -> str:
    """Return the country in which a zone's clock hangs.

    >>> country_in("Europe/Zurich"), country_in("UTC")
    ('CH', 'FR')
    """
    found = str(get_global("zone_territories").get(zone_name, USUAL))
    return found if len(found) == _CODE_LENGTH and found.isalpha() else USUAL
