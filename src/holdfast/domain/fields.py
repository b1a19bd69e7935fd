"""Fields: the extra questions of an offering, and what is written about a resource of a category.

A field is a question: its key, its type, whether an answer is required and what limits it. This
file says what a question may be; `answers.py` says what an answer may be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeAlias

from holdfast.domain import checks
from holdfast.domain.checks import Fault

FIELDS_MAX = 50
# A pattern of the worst kind takes 0.1 s to compile, so that few are asked for at once.
PATTERNED_FIELDS_MAX = 10
KEY_MAX = 40
LABEL_MAX = checks.NAME_MAX
HELP_MAX = 1_000
OPTIONS_MAX = 200
OPTION_MAX = 200
PATTERN_MAX = 200
# How long an answer may be, whatever the field says. A pattern never sees more.
ANSWER_MAX = 1_000
ORDER_MAX = 1_000_000
# A number of at most 15 digits is the same number in every JSON reader (IEEE 754, double).
NUMBER_DIGITS_MAX = 15
NUMBER_DECIMALS_MAX = 6
FIRST_DATE = date(1800, 1, 1)
LAST_DATE = date(2200, 1, 1)

_KEY = re.compile(r"[a-z][a-z0-9_]*\Z")

Bound: TypeAlias = Decimal | date
"""A limit of an answer: a date for dates, else a number."""


class FieldType(StrEnum):
    """What kind of answer a field asks for."""

    TEXT = "text"
    NUMBER = "number"
    SELECT = "select"
    MULTISELECT = "multiselect"
    CHECKBOX = "checkbox"
    DATE = "date"
    PHONE = "phone"
    EMAIL = "email"


class Patterns(Protocol):
    """What matches the patterns of fields: an engine whose work is linear in the text.

    Patterns come from people, so that neither a pattern nor a text may make it work for long.
    """

    def fault_of(self, pattern: str) -> str | None:
        """Say in a sentence why a pattern is refused; None when it may be saved."""
        ...

    def matches(self, pattern: str, text: str) -> bool:
        """Tell whether the pattern is found anywhere in the text.

        Raises:
            ValueError: The pattern would have been refused.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question.

    Attributes:
        key: What programs call it; unique among the questions it is asked with.
        required: Whether there is no booking without an answer; of a checkbox, whether it has
            to be ticked.
        options: What a select or a multiselect offers.
        pattern: What must be found in the answer; `^` and `$` make it speak of all of it.
        min, max: Of a number, its limits; of a date, the first and the last; of a text, its
            length in characters; of a multiselect, how many options are chosen.
        help: A sentence that is shown beside the question.
        order: Where the question stands; the smaller first, then as they were given.
        is_private: Whether only the business and its customer may see the answer.
    """

    key: str
    label: str
    type: FieldType
    required: bool = False
    options: tuple[str, ...] = ()
    pattern: str | None = None
    min: Bound | None = None
    max: Bound | None = None
    help: str = ""
    order: int = 0
    is_private: bool = False


def in_order(fields: Sequence[Field]) -> list[Field]:
    """Return the questions as they are asked.

    >>> late = Field(key="b", label="B", type=FieldType.TEXT, order=2)
    >>> [field.key for field in in_order([late, Field(key="a", label="A", type=FieldType.DATE)])]
    ['a', 'b']
    """
    return sorted(fields, key=lambda field: field.order)


def composed(text: str) -> str:
    """Return a text trimmed and in Unicode's composed form, so that equal answers are equal.

    >>> composed(" E\u0301leve\u0301e ") == "Élevée"
    True
    """
    return unicodedata.normalize("NFC", text).strip()


def comparable(bound: Bound) -> Decimal:
    """Return a limit as a number: a date as the count of its days."""
    return Decimal(bound.toordinal()) if isinstance(bound, date) else bound


def definition_faults(
    fields: Sequence[Field], patterns: Patterns, *, pointer: str = "/fields"
) -> list[Fault]:
    """List everything that is wrong with a set of questions before it is saved.

    Args:
        fields: The questions, in any order.
        patterns: The engine that will match their patterns.
        pointer: Where the questions stand in the input.

    >>> odd = Field(key="Size", label="Size", type=FieldType.SELECT)
    >>> [(fault.pointer, fault.code) for fault in definition_faults([odd], NoPatterns())]
    [('/fields/0/key', 'not_a_key'), ('/fields/0/options', 'too_few')]
    """
    if len(fields) > FIELDS_MAX:
        return [checks.fault(pointer, "too_many", f"At most {FIELDS_MAX} fields are asked.")]
    found: list[Fault | None] = []
    seen: set[str] = set()
    for index, field in enumerate(fields):
        here = f"{pointer}/{index}"
        found += [check(here, field) for check in _CHECKS]
        if field.key in seen:
            message = f"Another field has the key '{field.key}'. Choose one for each."
            found.append(checks.fault(f"{here}/key", "repeated", message))
        seen.add(field.key)
        found += _option_faults(here, field)
        found += _bound_faults(here, field)
    found += _pattern_faults(fields, patterns, pointer)
    return [fault for fault in found if fault is not None]


class NoPatterns:
    """An engine that accepts no pattern, for where none is installed."""

    def fault_of(self, pattern: str) -> str | None:
        """Refuse every pattern."""
        return f"No engine for patterns is installed here, so {pattern!a} cannot be kept."

    def matches(self, pattern: str, text: str) -> bool:
        """Refuse to answer: it would let pass what the business has forbidden.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"{self.fault_of(pattern)} {len(text)} characters were not looked at.")


NO_PATTERNS = NoPatterns()
"""The engine where none is installed."""


def _key(here: str, field: Field) -> Fault | None:
    if _KEY.match(field.key) and len(field.key) <= KEY_MAX:
        return None
    message = f"A key is a to z, then a to z, 0 to 9 and _, of at most {KEY_MAX} characters."
    return checks.fault(f"{here}/key", "not_a_key", message)


def _label(here: str, field: Field) -> Fault | None:
    return checks.line(f"{here}/label", field.label, shortest=1, longest=LABEL_MAX)


def _help(here: str, field: Field) -> Fault | None:
    return checks.text(f"{here}/help", field.help, longest=HELP_MAX)


def _order(here: str, field: Field) -> Fault | None:
    return checks.whole(f"{here}/order", field.order, least=-ORDER_MAX, most=ORDER_MAX)


_CHECKS: tuple[Callable[[str, Field], Fault | None], ...] = (_key, _label, _help, _order)
_CHOOSING = frozenset({FieldType.SELECT, FieldType.MULTISELECT})
# Where a pattern has something to say: the rest has a form of its own.
_PATTERNED = frozenset({FieldType.TEXT, FieldType.PHONE, FieldType.EMAIL})


def _option_faults(here: str, field: Field) -> Iterator[Fault | None]:
    if field.type not in _CHOOSING:
        if field.options:
            message = f"A {field.type} has no options; a select or a multiselect has."
            yield checks.fault(f"{here}/options", "not_allowed", message)
        return
    if not field.options:
        yield checks.fault(f"{here}/options", "too_few", "Give the options to choose from.")
    if len(field.options) > OPTIONS_MAX:
        message = f"At most {OPTIONS_MAX} options are offered."
        yield checks.fault(f"{here}/options", "too_many", message)
        return
    seen: set[str] = set()
    for index, option in enumerate(field.options):
        there = f"{here}/options/{index}"
        yield checks.line(there, option, shortest=1, longest=OPTION_MAX)
        if composed(option) in seen:
            yield checks.fault(there, "repeated", "This option stands above already.")
        seen.add(composed(option))


@dataclass(frozen=True, slots=True)
class _Limits:
    """What the `min` and `max` of one type of field may be, in words and in numbers."""

    words: str
    least: Bound
    most: Bound
    is_whole: bool = True


_NUMBER_MOST = Decimal(10**NUMBER_DIGITS_MAX - 1)
_LIMITS_BY_TYPE = MappingProxyType(
    {
        FieldType.TEXT: _Limits("a length", Decimal(0), Decimal(ANSWER_MAX)),
        FieldType.MULTISELECT: _Limits("a count of options", Decimal(0), Decimal(OPTIONS_MAX)),
        FieldType.NUMBER: _Limits("a number", -_NUMBER_MOST, _NUMBER_MOST, is_whole=False),
        FieldType.DATE: _Limits("a date", FIRST_DATE, LAST_DATE),
    }
)


def _bound_faults(here: str, field: Field) -> Iterator[Fault | None]:
    is_sound = True
    for name, bound in (("min", field.min), ("max", field.max)):
        fault = None if bound is None else _bound_fault(f"{here}/{name}", field.type, bound)
        is_sound = is_sound and fault is None
        yield fault
    if not is_sound or field.min is None or field.max is None:
        return
    # Both are sound, so both are dates or both are numbers.
    if comparable(field.min) > comparable(field.max):
        yield checks.fault(f"{here}/max", "out_of_range", "The max is below the min.")


def _bound_fault(there: str, kind: FieldType, bound: Bound) -> Fault | None:
    limits = _LIMITS_BY_TYPE.get(kind)
    if limits is None:
        return checks.fault(there, "not_allowed", f"A {kind} has neither min nor max.")
    if isinstance(bound, date) is not isinstance(limits.least, date):
        return checks.fault(there, "wrong_type", f"The limit of a {kind} is {limits.words}.")
    if isinstance(bound, Decimal) and not bound.is_finite():
        return checks.fault(there, "wrong_type", f"The limit of a {kind} is {limits.words}.")
    if not comparable(limits.least) <= comparable(bound) <= comparable(limits.most):
        message = f"It has to be from {limits.least} to {limits.most}."
        return checks.fault(there, "out_of_range", message)
    if isinstance(bound, Decimal) and limits.is_whole and bound % 1:
        return checks.fault(there, "wrong_type", f"{limits.words.capitalize()} is whole.")
    return None


def _pattern_faults(
    fields: Sequence[Field], patterns: Patterns, pointer: str
) -> Iterator[Fault | None]:
    asked = [(index, field) for index, field in enumerate(fields) if field.pattern is not None]
    if len(asked) > PATTERNED_FIELDS_MAX:
        message = f"At most {PATTERNED_FIELDS_MAX} fields have a pattern."
        yield checks.fault(pointer, "too_many", message)
        return
    for index, field in asked:
        yield _pattern_fault(f"{pointer}/{index}/pattern", field, patterns)


def _pattern_fault(there: str, field: Field, patterns: Patterns) -> Fault | None:
    if field.type not in _PATTERNED:
        return checks.fault(there, "not_allowed", f"A {field.type} has a form of its own.")
    malformed = checks.line(there, field.pattern, shortest=1, longest=PATTERN_MAX)
    if malformed is not None or field.pattern is None:
        return malformed
    refusal = patterns.fault_of(field.pattern)
    return None if refusal is None else checks.fault(there, "bad_pattern", refusal)
