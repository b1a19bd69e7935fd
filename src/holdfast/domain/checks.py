"""Checks of input that every face shares: lengths, ranges, forms. Each returns what is wrong."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from holdfast.domain.errors import InputFault, InputInvalid
from holdfast.domain.money import is_currency
from holdfast.domain.zones import UnknownZone, zone

Fault: TypeAlias = InputFault

NAME_MAX = 200
TEXT_MAX = 5_000
EMAIL_MAX = 254
PHONE_MAX = 40
# The shortest emergency numbers.
PHONE_DIGITS_MIN = 3
METADATA_BYTES_MAX = 16_384
METADATA_DEPTH_MAX = 8
FLOAT_BYTES = 8
YEAR = timedelta(days=366)
_CONTROLS = frozenset({"Cc", "Cs", "Co", "Cn"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def require(faults: Iterable[InputFault | None]) -> None:
    """Refuse when anything is wrong, naming everything that is.

    Raises:
        InputInvalid: At least one fault was given.
    """
    found = [fault for fault in faults if fault is not None]
    if found:
        raise InputInvalid(found)


def fault(pointer: str, code: str, detail: str) -> InputFault:
    """Return one fault."""
    return InputFault(pointer=pointer, code=code, detail=detail)


def text(
    pointer: str, value: str | None, *, shortest: int = 0, longest: int = TEXT_MAX
) -> InputFault | None:
    """Check a text's length and that it has no control characters but line breaks and tabs.

    >>> text("/name", "", shortest=1, longest=5).code
    'too_short'
    """
    if value is None:
        return None
    if len(value.strip()) < shortest:
        message = "This may not be empty."
        if shortest > 1:
            message = f"It needs at least {shortest} characters."
        return fault(pointer, "too_short", message)
    if len(value) > longest:
        return fault(pointer, "too_long", f"It may have at most {longest} characters.")
    for letter in value:
        is_bad = unicodedata.category(letter) in _CONTROLS and letter not in "\n\r\t"
        if is_bad or letter in _BIDI:
            return fault(pointer, "bad_character", f"Leave out the character {letter!a}.")
    return None


def line(
    pointer: str, value: str | None, *, shortest: int = 0, longest: int = NAME_MAX
) -> InputFault | None:
    r"""Check a text of one line.

    >>> line("/name", "two\nlines").code
    'bad_character'
    """
    if value is not None and any(letter in value for letter in "\n\r\t\u2028\u2029\u0085"):
        return fault(pointer, "bad_character", "This is one line: leave out line breaks and tabs.")
    return text(pointer, value, shortest=shortest, longest=longest)


def whole(pointer: str, value: int | None, *, least: int, most: int) -> InputFault | None:
    """Check that a number is within its range."""
    if value is None or least <= value <= most:
        return None
    return fault(pointer, "out_of_range", f"It has to be from {least} to {most}.")


def length(
    pointer: str, value: timedelta | None, *, least: timedelta, most: timedelta
) -> InputFault | None:
    """Check that a length of time is within its range and of whole seconds."""
    if value is None:
        return None
    if value % timedelta(seconds=1):
        return fault(pointer, "not_whole_seconds", "Lengths of time are whole seconds.")
    if least <= value <= most:
        return None
    return fault(pointer, "out_of_range", f"It has to be from {least} to {most}.")


def minutes(
    pointer: str, value: timedelta | None, *, least: timedelta, most: timedelta
) -> InputFault | None:
    """Check that a length of time is within its range and of whole minutes, as slots are."""
    if value is not None and value % timedelta(minutes=1):
        return fault(pointer, "not_whole_minutes", "It has to be a number of whole minutes.")
    return length(pointer, value, least=least, most=most)


def email(pointer: str, value: str | None) -> InputFault | None:
    """Check that a text may be an e-mail address; only a mail sent to it proves that it is.

    >>> email("/email", "a@b.example") is None, email("/email", "a@").code
    (True, 'not_an_email')
    """
    if value is None:
        return None
    too_long = line(pointer, value, longest=EMAIL_MAX)
    if too_long is not None:
        return too_long
    name, at, domain = value.strip().rpartition("@")
    is_form = bool(at and name and "." in domain.strip(".") and "@" not in name)
    if is_form and not any(letter.isspace() for letter in value.strip()):
        return None
    return fault(pointer, "not_an_email", "Give an e-mail address such as ada@example.com.")


def phone(pointer: str, value: str | None) -> InputFault | None:
    """Check that a text may be a telephone number."""
    if value is None:
        return None
    too_long = line(pointer, value, longest=PHONE_MAX)
    if too_long is not None:
        return too_long
    digits = sum(letter.isdigit() for letter in value)
    rest = [letter for letter in value if not (letter.isdigit() or letter in "+-./() ")]
    if digits >= PHONE_DIGITS_MIN and not rest:
        return None
    return fault(pointer, "not_a_phone", "Give a telephone number such as +33 6 12 34 56 78.")


def zone_name(pointer: str, value: str | None) -> InputFault | None:
    """Check that an IANA zone name is known."""
    if value is None:
        return None
    try:
        zone(value)
    except UnknownZone:
        message = "Give an IANA zone such as 'Europe/Paris'."
        return fault(pointer, "unknown_zone", message)
    return None


def currency(pointer: str, value: str) -> InputFault | None:
    """Check the form of an ISO 4217 code."""
    if is_currency(value):
        return None
    return fault(pointer, "not_a_currency", "Give an ISO 4217 code such as 'EUR'.")


def metadata(pointer: str, value: Mapping[str, object]) -> InputFault | None:
    """Check that free data is small, shallow and plain."""
    size = _size(value, 0)
    if size is None:
        message = f"Give JSON of at most {METADATA_DEPTH_MAX} levels, without control characters."
        return fault(pointer, "not_plain", message)
    if size > METADATA_BYTES_MAX:
        return fault(pointer, "too_long", f"It may have at most {METADATA_BYTES_MAX} bytes.")
    return None


def _size(value: object, depth: int) -> int | None:
    """Roughly the bytes of a plain value; None when it is not plain or too deep."""
    if depth > METADATA_DEPTH_MAX:
        return None
    if value is None or isinstance(value, (bool, int)):
        return len(str(value)) if not isinstance(value, int) or abs(value) < 2**63 else None
    if isinstance(value, float):
        return FLOAT_BYTES if math.isfinite(value) else None
    if isinstance(value, str):
        return None if text("", value) else len(value.encode("utf-8", "replace")) + 2
    if isinstance(value, Mapping):
        parts = [_size(part, depth + 1) for pair in value.items() for part in pair]
    elif isinstance(value, Sequence):
        parts = [_size(part, depth + 1) for part in value]
    else:
        return None
    whole_parts = [part for part in parts if part is not None]
    return sum(whole_parts) + 2 if len(whole_parts) == len(parts) else None
