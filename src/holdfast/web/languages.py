"""Languages: the words of the pages in English and French, and times and money as people say them.

Sentences are looked up by their English text (gettext) in `locales/<language>.po`, which is read as
it is: there is nothing to compile and nothing to forget. Dates, numbers and money come from the
CLDR by way of Babel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Literal

from babel import Locale
from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    get_day_names,
    get_timezone_location,
)
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_name
from babel.units import format_unit

from holdfast.domain.money import Money
from holdfast.domain.zones import zone

LANGUAGES = ("en", "fr")
DEFAULT = "en-GB"
# Of each language, the first is what is meant when no country is said.
LOCALES: Mapping[str, tuple[str, ...]] = {
    "en": ("GB", "US", "AU", "CA", "IE", "NZ"),
    "fr": ("FR", "BE", "CA", "CH"),
}
ACCEPTED_MAX = 20
CELL_LETTERS_MAX = 6
_RANGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{2}))?(?:-[A-Za-z0-9-]+)?\Z")

Message = str | tuple[str, ...]


@cache
def catalogue(language: str) -> Mapping[str, Message]:
    """Read what each English sentence is in a language; English itself has none.

    A language has several files, each for some of the pages: `fr.po`, `fr.staff.po`.

    Raises:
        FileNotFoundError: We do not speak it.
    """
    if language == "en":
        return {}
    paths = [
        path
        for path in files("holdfast.web").joinpath("locales").iterdir()
        if path.name.startswith(f"{language}.") and path.name.endswith(".po")
    ]
    if not paths:
        raise FileNotFoundError(language)
    known: dict[str, Message] = {}
    for path in sorted(paths, key=lambda one: one.name):
        with path.open("rb") as source:
            known.update(_spoken(read_po(source, locale=language)))
    return known


def _spoken(messages: Catalog) -> Mapping[str, Message]:
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            message.string if isinstance(message.string, str) else tuple(message.string)
        )
        for message in messages
        if message.id and message.string and not message.fuzzy
    }


@dataclass(frozen=True, slots=True)
class Language:
    """One language as it is spoken in one country: `en-GB`, `fr-CA`.

    Attributes:
        code: The language itself: `en`, `fr`.
        tag: What `<html lang>` says.
    """

    code: str
    tag: str
    locale: Locale = field(compare=False)

    @property
    def direction(self) -> str:
        """Which way it is written: `ltr` or `rtl`."""
        return str(self.locale.text_direction)

    # ------------------------------------------------------------------------------ sentences

    def gettext(self, sentence: str) -> str:
        """Say an English sentence in this language."""
        found = catalogue(self.code).get(sentence, sentence)
        return found if isinstance(found, str) else found[0]

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Say an English sentence of a number in this language."""
        found = catalogue(self.code).get(one)
        if not isinstance(found, tuple):
            return one if count == 1 else many
        return found[_plural_index(self.code, count)]

    def listed(self, words: Sequence[str]) -> str:
        """Write a list with its commas and its last "and"."""
        return format_list(list(words), locale=self.locale)

    # ---------------------------------------------------------------------- numbers and money

    def number(self, count: int) -> str:
        """Write a whole number."""
        return format_decimal(count, locale=self.locale)

    def amount(self, quantity: Fraction) -> str:
        """Write how many of something: a whole number, or up to two decimals."""
        value = Decimal(quantity.numerator) / Decimal(quantity.denominator)
        return format_decimal(value, "#,##0.##", locale=self.locale)

    def money(self, amount: Money) -> str:
        """Write an amount; whole amounts without decimals that say nothing."""
        value = Decimal(amount.amount_minor).scaleb(-amount.exponent)
        written = format_currency(value, amount.currency, locale=self.locale, currency_digits=True)
        return written.replace("-", "\N{MINUS SIGN}")

    def short_money(self, amount: Money) -> str:
        """Write an amount for a small place: without its decimals where they are noughts."""
        value = Decimal(amount.amount_minor).scaleb(-amount.exponent)
        if value != value.to_integral_value():
            return self.money(amount)
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", "")
        return format_currency(
            value, amount.currency, pattern, locale=self.locale, currency_digits=False
        )

    def cell_money(self, amount: Money) -> str:
        """Write an amount for a day of a calendar: without its currency where that is long."""
        written = self.short_money(amount)
        if len(written) <= CELL_LETTERS_MAX:
            return written
        value = Decimal(amount.amount_minor).scaleb(-amount.exponent)
        pattern = "#,##0" if value == value.to_integral_value() else "#,##0.00"
        return format_decimal(value, pattern, locale=self.locale)

    def currency(self, amount: Money) -> str:
        """Say what a currency is called: euros."""
        return get_currency_name(amount.currency, count=2, locale=self.locale)

    # -------------------------------------------------------------------------------- times

    def long_day(self, day: date) -> str:
        """Write a day in full: Thursday 26 November 2026."""
        return self._first(day, format_date(day, "full", locale=self.locale))

    def day(self, day: date) -> str:
        """Write a day with its weekday: Thursday 26 November."""
        pattern = "EEEE, MMMM d" if self.tag == "en-US" else "EEEE d MMMM"
        return self._first(day, format_date(day, pattern, locale=self.locale))

    def short_day(self, day: date) -> str:
        """Write a day briefly: Thu 26 Nov."""
        return self._first(day, format_skeleton("MMMEd", _noon(day), locale=self.locale))

    def _first(self, day: date, written: str) -> str:
        """Write the first of a month as French does: 1er."""
        is_french = self.code == "fr" and day.day == 1
        return written.replace(" 1 ", " 1er ", 1) if is_french else written

    def month(self, day: date) -> str:
        """Write a month: November 2026."""
        return format_skeleton("yMMMM", _noon(day), locale=self.locale)

    def month_name(self, day: date) -> str:
        """Write a month's name for a poster: Nov."""
        return format_date(day, "LLL", locale=self.locale)

    def weekday(self, day: date) -> str:
        """Write a weekday: Thursday."""
        return format_date(day, "EEEE", locale=self.locale)

    def short_weekday(self, day: date) -> str:
        """Write a weekday for a narrow column: Thu."""
        return format_date(day, "EEE", locale=self.locale).rstrip(".")

    def weekdays(self) -> list[tuple[str, str]]:
        """List the weekdays as short and full names, in the order of this country's calendars."""
        short = get_day_names("abbreviated", context="stand-alone", locale=self.locale)
        wide = get_day_names("wide", context="stand-alone", locale=self.locale)
        order = [(self.first_weekday + i) % 7 for i in range(7)]
        return [(short[day].rstrip("."), wide[day]) for day in order]

    @property
    def first_weekday(self) -> int:
        """On which day a week begins; 0 is Monday."""
        return int(self.locale.first_week_day)

    def clock(self, instant: datetime, zone_name: str) -> str:
        """Write what the clock on the wall shows in a zone: 16:30, or 4:30 pm."""
        return format_time(instant.astimezone(zone(zone_name)), "short", locale=self.locale)

    def minutes(self, minute: int) -> str:
        """Write a time of day from its minutes since midnight."""
        return format_time(time(minute // 60 % 24, minute % 60), "short", locale=self.locale)

    def city(self, zone_name: str) -> str:
        """Write where a zone's clock hangs: Paris."""
        if zone_name == "UTC":
            return zone_name
        return get_timezone_location(zone(zone_name), locale=self.locale, return_city=True)

    def length(self, length: timedelta) -> str:
        """Write a length of time: 30 min, 1 hr 30 min, 3 days."""
        minutes = length // timedelta(minutes=1)
        days, rest = divmod(minutes, 24 * 60)
        hours, rest = divmod(rest, 60)
        if days and not hours and not rest:
            return format_unit(days, "duration-day", "long", locale=self.locale)
        hours += 24 * days
        parts = [(hours, "duration-hour"), (rest, "duration-minute")]
        said = [(n, unit) for n, unit in parts if n] or parts[1:]
        form: Literal["long", "short"] = "long" if len(said) == 1 else "short"
        return " ".join(format_unit(n, unit, form, locale=self.locale) for n, unit in said)


def _noon(day: date) -> datetime:
    """Return a day as Babel's skeletons want it; no zone has to do with it."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _plural_index(code: str, count: int) -> int:
    """Return which plural form a number takes: French says "0 place", English "0 places"."""
    return int(count > 1) if code == "fr" else int(count != 1)


@cache
def language_of(tag: str) -> Language:
    """Return one of our languages by its tag.

    Raises:
        KeyError: It is not one of ours.
    """
    code, _, country = tag.partition("-")
    if country not in LOCALES[code]:
        raise KeyError(tag)
    return Language(code, tag, Locale(code, country))


def chosen_language(wished: str | None, accepted: str) -> Language:
    """Return the language to answer in.

    Args:
        wished: What the visitor chose: `en` or `fr`; None when they chose nothing.
        accepted: What their browser says in `Accept-Language`.

    >>> chosen_language(None, "de,fr-CA;q=0.8,en;q=0.5").tag
    'fr-CA'
    >>> chosen_language("en", "fr").tag
    'en-GB'
    """
    ranges = _ranges(accepted)
    if wished in LANGUAGES:
        ranges = [pair for pair in ranges if pair[0] == wished] or [(str(wished), "")]
    for code, country in ranges:
        if code in LANGUAGES:
            countries = LOCALES[code]
            return language_of(f"{code}-{country if country in countries else countries[0]}")
    return language_of(DEFAULT)


def _ranges(accepted: str) -> list[tuple[str, str]]:
    """Read Accept-Language (RFC 9110), the most wanted first."""
    found: list[tuple[float, int, str, str]] = []
    for i, part in enumerate(accepted[:1_000].split(",")[:ACCEPTED_MAX]):
        said, _, quality = part.strip().partition(";q=")
        match = _RANGE.match(said.strip())
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        if match and weight > 0:
            found.append((-weight, i, match[1].lower(), (match[2] or "").upper()))
    return [(code, country) for _, _, code, country in sorted(found)]
