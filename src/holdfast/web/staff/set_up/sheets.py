"""Sheets: forms of the set-up as values. What may be typed, how it is read, what is wrong with it.

A sheet is a list of entries. What was typed stays text until it is read, so that a page can show it
again as it was. A fault stands beside the entry that it is about: an entry's name is the engine's
JSON pointer with dots for strokes, `/requirements/0/quantity` is `requirements.0.quantity`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from holdfast.domain.errors import HoldfastError, InputFault, InputInvalid
from holdfast.domain.money import Money
from holdfast.web.colours import is_colour
from holdfast.web.languages import Language
from holdfast.web.visits import Form

Say: TypeAlias = Callable[[str], str]
Typed: TypeAlias = dict[str, "str | tuple[str, ...]"]

Wall: TypeAlias = tuple[date, int]
"""A day, and the minute on the clock on the wall; in which zone, the page says."""

NUMBER_MAX = 10**9
MINUTES_A_DAY = 1_440
_UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
_CLOCK = re.compile(r"([01]?\d|2[0-4])[:hH]?([0-5]\d)?\Z")
ROWS_MAX = 60
ROW_DIGITS_MAX = 3


class Kind(StrEnum):
    """What an entry takes, and as what it is read."""

    LINE = "line"
    TEXT = "text"
    WHOLE = "whole"
    MONEY = "money"
    LENGTH = "length"
    CHOICE = "choice"
    SEVERAL = "several"
    FLAG = "flag"
    DATE = "date"
    CLOCK = "clock"
    MOMENT = "moment"
    COLOUR = "colour"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing to fill in.

    Attributes:
        name: Its name in the form: the engine's pointer, with dots.
        choices: Of CHOICE and SEVERAL: values and their words.
        units: Of LENGTH: the units that are offered, with their words.
        suffix: What stands behind it, such as "people".
        is_rare: Whether most leave it as it is, so that it may be folded away.
    """

    name: str
    label: str
    kind: Kind = Kind.LINE
    help: str = ""
    is_needed: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    suffix: str = ""
    is_rare: bool = False

    def at(self, place: str) -> Entry:
        """Return the same entry in a row or group."""
        return replace(self, name=f"{place}.{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries that belong together under a heading."""

    title: str
    entries: tuple[Entry, ...]
    help: str = ""


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A form on its page: its entries, what stands in them, and what is wrong.

    Attributes:
        general: What is wrong and belongs to no entry.
    """

    entries: tuple[Entry, ...]
    typed: Typed
    values: dict[str, object] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults and not self.general

    def said(self, name: str) -> str:
        """Return what stands in an entry."""
        found = self.typed.get(name, "")
        return found if isinstance(found, str) else ""

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return what is ticked in an entry of several."""
        found = self.typed.get(name, ())
        return (found,) if isinstance(found, str) else found

    def fault(self, name: str) -> str:
        """Return what is wrong with an entry; empty if nothing is."""
        return self.faults.get(name, "")

    def label(self, name: str) -> str:
        """Return how the entry of a fault is called."""
        return next((one.label for one in self.entries if one.name == name), "")


class Misread(ValueError):
    """What was typed is not of its kind; its words are for whoever typed it."""


def length_units(say: Say) -> tuple[tuple[str, str], ...]:
    """Return the units of lengths of time, with their words."""
    return (("minutes", say("minutes")), ("hours", say("hours")), ("days", say("days")))


def read_sheet(
    entries: Iterable[Entry], form: Form, language: Language, *, currency: str = "EUR"
) -> Sheet:
    """Read a form by its entries; what is wrong stands beside its entry."""
    listed = tuple(entries)
    sheet = Sheet(entries=listed, typed=typed_in(listed, form))
    # Of which version it was made stays with it, however often it is sent.
    sheet.typed["version"] = form.text("version")
    for entry in listed:
        try:
            sheet.values[entry.name] = _read(entry, form, language, currency)
        except Misread as misread:
            sheet.faults[entry.name] = str(misread)
    return sheet


def typed_in(entries: Iterable[Entry], form: Form) -> Typed:
    """Return what was typed into entries, as it was."""
    typed: Typed = {}
    for entry in entries:
        if entry.kind is Kind.SEVERAL:
            typed[entry.name] = form.texts(entry.name)
        else:
            typed[entry.name] = form.text(entry.name).replace("\r\n", "\n")
        if entry.kind is Kind.PICTURE:
            typed[entry.name] = _picture(entry.name, form)
        if entry.kind is Kind.LENGTH:
            typed[f"{entry.name}.unit"] = form.text(f"{entry.name}.unit")
    return typed


def shown_sheet(entries: Iterable[Entry], values: Mapping[str, object]) -> Sheet:
    """Return a sheet that shows what is known: `values` by the names of entries."""
    listed = tuple(entries)
    typed: Typed = {}
    for entry in listed:
        _write(entry, values.get(entry.name), typed)
    return Sheet(entries=listed, typed=typed, values=dict(values))


def row_numbers(form: Form, name: str) -> list[int]:
    """Return the numbers of the rows that a form has of a list, in order."""
    found = set[int]()
    for said, _ in form.pairs():
        parts = said.split(".")
        if (
            parts[0] == name
            and len(parts) > 1
            and parts[1].isdecimal()
            and len(parts[1]) <= ROW_DIGITS_MAX
        ):
            found.add(int(parts[1]))
    return sorted(found)[:ROWS_MAX]


# ---------------------------------------------------------------------------------------- reading


_WORDS = frozenset({Kind.LINE, Kind.TEXT})


def _picture(name: str, form: Form) -> str:
    """Return a picture as a data address: the one sent, else the one that is there, or none."""
    if form.text(f"{name}.none"):
        return ""
    return form.text(f"{name}.file") or form.text(name)


def _read(entry: Entry, form: Form, language: Language, currency: str) -> object:
    say = language.gettext
    if entry.kind is Kind.FLAG:
        return bool(form.text(entry.name))
    if entry.kind is Kind.SEVERAL:
        known = {value for value, _ in entry.choices}
        return tuple(one for one in form.texts(entry.name) if one in known)
    said = form.text(entry.name).replace("\r\n", "\n")
    if entry.kind is Kind.PICTURE:
        return _picture(entry.name, form)
    if not said:
        if entry.is_needed:
            raise Misread(say("This is needed."))
        return "" if entry.kind in _WORDS else None
    if entry.kind in _WORDS:
        return said
    if entry.kind is Kind.MONEY:
        return minor_of(said, currency, language)
    if entry.kind is Kind.LENGTH:
        unit = form.text(f"{entry.name}.unit")
        return _whole(said, say) * _UNITS.get(unit, _UNITS["minutes"])
    if entry.kind is Kind.CHOICE:
        if said not in {value for value, _ in entry.choices}:
            raise Misread(say("Choose one of the list."))
        return said
    return _READERS[entry.kind](said, say)


def _whole(said: str, say: Say) -> int:
    digits = said.replace("\u202f", "").replace("\xa0", "").replace(" ", "")
    if not (digits.isascii() and digits.isdecimal()) or int(digits[:12]) > NUMBER_MAX:
        raise Misread(say("Give a whole number."))
    return int(digits)


def minor_of(said: str, currency: str, language: Language) -> int:
    """Return an amount of money in its smallest units: 25, 25.50 or 25,50; also below nought.

    Raises:
        Misread: It is no amount of that currency.
    """
    plain = re.sub(r"[\s\u202f\xa0]", "", said).replace(",", ".")
    exponent = Money(amount_minor=0, currency=currency).exponent
    if not re.fullmatch(r"-?[0-9]{1,12}(?:\.[0-9]{1,4})?", plain):
        raise Misread(language.gettext("Give an amount such as 25 or 25.50."))
    minor = Decimal(plain).scaleb(exponent)
    if minor != minor.to_integral_value():
        raise Misread(language.gettext("This currency has no coins as small as that."))
    return int(minor)


def amount_of(minor: int, currency: str) -> str:
    """Write an amount for an input: 2550 cents are 25.50."""
    exponent = Money(amount_minor=0, currency=currency).exponent
    value = Decimal(minor).scaleb(-exponent)
    return str(value.to_integral_value()) if value == value.to_integral_value() else f"{value}"


def minute_of(said: str, say: Say) -> int:
    """Return a time of the day in minutes: 9:00, 09:00, 9h or 18h30; 24:00 is the day's end.

    Raises:
        Misread: It is no time of the day.
    """
    found = _CLOCK.match(said.strip())
    minute = int(found[1]) * 60 + int(found[2] or 0) if found else MINUTES_A_DAY + 1
    if minute > MINUTES_A_DAY:
        raise Misread(say("Give a time such as 09:30."))
    return minute


def clock_of(minute: int) -> str:
    """Write minutes of a day for an input; the end of the day is the next one's beginning.

    >>> clock_of(570), clock_of(1440), clock_of(1500)
    ('09:30', '00:00', '01:00')
    """
    within = minute % MINUTES_A_DAY
    return f"{within // 60:02d}:{within % 60:02d}"


def _date(said: str, say: Say) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Misread(say("Give a date such as 2026-12-31.")) from None


def _moment(said: str, say: Say) -> Wall:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise Misread(say("Give a day and a time.")) from None
    return found.date(), found.hour * 60 + found.minute


def _colour(said: str, say: Say) -> str:
    if not is_colour(said):
        raise Misread(say("A colour looks like #0b6b5d."))
    return said


_READERS: Mapping[Kind, Callable[[str, Say], object]] = {
    Kind.WHOLE: _whole,
    Kind.DATE: _date,
    Kind.CLOCK: minute_of,
    Kind.MOMENT: _moment,
    Kind.COLOUR: _colour,
}


# ---------------------------------------------------------------------------------------- writing


def _write(entry: Entry, value: object, typed: Typed) -> None:
    text = ""
    match value:
        case None | False:
            pass
        case True:
            text = "yes"
        case timedelta():
            text, typed[f"{entry.name}.unit"] = length_typed(value, entry)
        case (date() as day, int() as minute) if entry.kind is Kind.MOMENT:
            text = f"{day.isoformat()}T{clock_of(minute)}"
        case tuple() | list():
            typed[entry.name] = tuple(str(one) for one in value)
            return
        case date():
            text = value.isoformat()
        case int() if entry.kind is Kind.CLOCK:
            text = clock_of(value)
        case _:
            text = str(value)
    typed[entry.name] = text
    if entry.kind is Kind.LENGTH and f"{entry.name}.unit" not in typed:
        typed[f"{entry.name}.unit"] = entry.units[0][0] if entry.units else "minutes"


def length_typed(length: timedelta, entry: Entry) -> tuple[str, str]:
    """Return a length of time as it is typed: a number, and the largest unit that fits."""
    offered = [unit for unit, _ in entry.units] or ["minutes"]
    for unit in reversed(offered):
        if length and not length % _UNITS[unit]:
            return str(length // _UNITS[unit]), unit
    return str(length // _UNITS["minutes"]), offered[0]


# ----------------------------------------------------------------------------------------- faults


def add_refusal(
    sheet: Sheet,
    refusal: HoldfastError,
    language: Language,
    *,
    sentence: str,
    named: Mapping[str, str] | None = None,
    rows: Mapping[str, Sequence[int]] | None = None,
) -> None:
    """Put a refusal of the engine beside the entries that it is about.

    Args:
        sheet: The form that was sent.
        refusal: What the engine said.
        sentence: What to say where it is about none of them.
        language: Whose words.
        named: Entries that have other names than the engine's pointers.
        rows: Of lists, the numbers in the form of the rows that were sent on.
    """
    known = {one.name for one in sheet.entries}
    faults = refusal.fields.get("errors") if isinstance(refusal, InputInvalid) else ()
    for fault in faults if isinstance(faults, tuple) else ():
        name = name_of(str(fault.pointer), named=named or {}, rows=rows or {})
        while name not in known and "." in name:
            name = name.rpartition(".")[0]
        words = fault_words(fault, language)
        if name in known:
            sheet.faults.setdefault(name, words)
        else:
            sheet.general.append(words)
    if sheet.is_right:
        sheet.general.append(sentence)


def name_of(pointer: str, *, named: Mapping[str, str], rows: Mapping[str, Sequence[int]]) -> str:
    """Return the name of the entry that a JSON pointer is about.

    >>> name_of("/tiers/0/price", named={"tiers.price": "tiers.amount"}, rows={"tiers": [3]})
    'tiers.3.amount'
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    if len(parts) > 1 and parts[1].isdecimal():
        place, rest = f"{parts[0]}.{parts[1]}", ".".join([parts[0], *parts[2:]])
        sent = rows.get(parts[0], ())
        if int(parts[1]) < len(sent):
            place = f"{parts[0]}.{sent[int(parts[1])]}"
        other = named.get(rest, rest)
        return ".".join([place, *other.split(".")[1:]])
    name = ".".join(parts)
    return named.get(name, name)


def fault_words(fault: InputFault, language: Language) -> str:
    """Say what is wrong with one entry, and what to write instead."""
    say = language.gettext
    known = {
        "too_short": say("This is needed."),
        "missing": say("This is needed."),
        "required": say("This is needed."),
        "too_long": say("This is too long. Shorten it."),
        "too_many": say("These are too many. Take some away."),
        "bad_character": say("This has a sign that cannot be kept. Leave it out."),
        "not_a_slug": say("3 to 40 letters a to z, digits and hyphens; no hyphen at either end."),
        "reserved": say("This name is kept for our own pages. Choose another one."),
        "unknown_zone": say("We do not know this time zone. Choose one of the list."),
        "not_a_currency": say("Give the three letters of a currency, such as EUR."),
        "not_an_email": say("This is not an e-mail address. One looks like ada@example.com."),
        "contradicts": say("Elsewhere something else is said about this. Say it once."),
        "reversed": say("This ends before it begins."),
        "over": say("This is over. Give a time that is to come."),
        "repeated": say("This is there twice."),
        "taken": say("This is there twice."),
        "twice": say("This is there twice."),
        "not_a_key": say("Small letters a to z, digits and _, beginning with a letter."),
        "too_few": say("Give the answers to choose from, one on each line."),
        "not_allowed": say("This does not go with the rest. Leave it empty."),
        "not_for_this_mode": say("This does not go with the kind of rule. Leave it empty."),
        "not_any_of": say("How many are chosen is only asked where any of several serve."),
        "requirement_target": say("Choose what is needed."),
        "needs_slots": say("Places are counted where there are slots. Choose slots."),
        "not_a_recurrence": say("This is not a rule of recurrence, such as FREQ=WEEKLY;BYDAY=MO."),
        "out_of_range": say("This is more or less than is possible here."),
        "not_whole_minutes": say("Give whole minutes."),
        "out_of_order": say("Who cancels earlier has to get back as much or more."),
        "with_waitlist": say("A waitlist and kinds of tickets do not go together."),
        "not_an_origin": say("An address such as https://www.example.com, without a path."),
        "needs_places": say("Only where places are counted can tickets be counted."),
    }
    # What the engine says of an expression names the place in it: nothing could say it better.
    if fault.code in {"bad_expression", "bad_pattern"}:
        return fault.detail
    return known.get(fault.code, say("This cannot be right. Check it."))
