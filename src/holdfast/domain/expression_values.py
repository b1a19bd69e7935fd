"""The values of price conditions: exact ones, made of what programs and JSON have, and counted."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import TypeAlias

from holdfast.domain.expression_tokens import ExpressionRefused, position_of
from holdfast.domain.expression_variables import Kind

EVALUATION_STEPS_MAX = 1_000
"""Nodes of the expression, items of lists, and texts by their length, of one evaluation."""

TEXT_PER_STEP = 64
"""How many characters of a text cost one step."""

NUMBER_BITS_MAX = 256
"""The size of a numerator or denominator."""

Value: TypeAlias = bool | Fraction | str | date | tuple[object, ...] | None
"""What an expression gives; None is unknown."""

_DAY_TEXT_LENGTH = len("2026-12-31")


class State:
    """One evaluation: its variables and the steps so far."""

    __slots__ = ("step_count", "variables")

    def __init__(self, variables: Mapping[str, object], node_count: int) -> None:
        self.variables = variables
        # Every node runs at most once, so that they can be paid for beforehand.
        self.step_count = node_count

    def exact(self, raw: object, source: str, at: int) -> Value:
        """Turn a value as programs and JSON have it into one of ours, and pay for it."""
        match raw:
            case None | bool():
                return raw
            case int() | Fraction():
                return bounded(Fraction(raw), source, at)
            case float():
                if not math.isfinite(raw):
                    raise ExpressionRefused("This is not a finite number.", position_of(source, at))
                # The decimal that was written: 0.1 in JSON means a tenth.
                return bounded(Fraction(str(raw)), source, at)
            case str():
                self.pay(len(raw) // TEXT_PER_STEP, source, at)
                return unicodedata.normalize("NFC", raw)
            case date() if not isinstance(raw, datetime):
                return raw
            case list() | tuple():
                self.pay(len(raw), source, at)
                scalars = [item for item in raw if isinstance(item, bool | int | float | str)]
                return tuple(self.exact(item, source, at) for item in scalars)
            case _:
                raise ExpressionRefused(
                    "This is a record; name one of its fields.", position_of(source, at)
                )

    def pay(self, steps: int, source: str, at: int) -> None:
        """Count work before it is done."""
        self.step_count += steps
        if self.step_count > EVALUATION_STEPS_MAX:
            message = f"Evaluating this would take more than {EVALUATION_STEPS_MAX} steps."
            raise ExpressionRefused(message, position_of(source, at))


def bounded(number: Fraction, source: str, at: int) -> Fraction:
    """Refuse a number that has grown too large."""
    bits = max(number.numerator.bit_length(), number.denominator.bit_length())
    if bits > NUMBER_BITS_MAX:
        raise ExpressionRefused(
            "This number becomes too large or too fine.", position_of(source, at)
        )
    return number


def date_in(text: str) -> date | None:
    """Return the date that a text is, or None.

    >>> date_in("2026-12-31"), date_in("2026-W53-7"), date_in("2026-02-30")
    (datetime.date(2026, 12, 31), None, None)
    """
    # The dashes keep out weeks, which Python reads too: 2026-W53-7.
    if len(text) != _DAY_TEXT_LENGTH or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_same(left: object, right: object) -> bool:
    """Say whether two values are equal. True is not 1, and a text is no number."""
    return type(left) is type(right) and left == right


def kind_of(value: object) -> Kind:
    """Say what a value is, at run time."""
    match value:
        case bool():
            return Kind.TRUTH
        case Fraction():
            return Kind.NUMBER
        case str():
            return Kind.TEXT
        case date():
            return Kind.DATE
        case tuple():
            return Kind.LIST
        case _:
            return Kind.NULL


def date_or_itself(value: object) -> object:
    """Return the date that a text is, or whatever the value is."""
    return (date_in(value) or value) if isinstance(value, str) else value
