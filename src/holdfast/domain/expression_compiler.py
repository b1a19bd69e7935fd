"""From the tree of a price condition to closures: kinds are checked here, values when they run."""

from __future__ import annotations

import operator as operators
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any, TypeAlias

from holdfast.domain.expression_parser import (
    Binary,
    Listing,
    Literal,
    Name,
    Node,
    Operator,
    Unary,
)
from holdfast.domain.expression_tokens import ExpressionRefused, position_of
from holdfast.domain.expression_values import (
    State,
    Value,
    bounded,
    date_in,
    date_or_itself,
    is_same,
    kind_of,
)
from holdfast.domain.expression_variables import Kind, advice_on, find_variable

DATE_SHIFT_MAX = 100_000
"""Days that may be added to a date."""

Closure: TypeAlias = Callable[[State], Value]

_COMPARISONS: Mapping[Operator, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        Operator.LESS: operators.lt,
        Operator.AT_MOST: operators.le,
        Operator.MORE: operators.gt,
        Operator.AT_LEAST: operators.ge,
    }
)
_ORDERED = frozenset({Kind.NUMBER, Kind.DATE, Kind.OPEN})


def _remainder(left: Fraction, right: Fraction) -> Fraction:
    """Return what is left after division, with the sign of the dividend as in JavaScript.

    >>> _remainder(Fraction(-7), Fraction(3)), _remainder(Fraction(7), Fraction(-3))
    (Fraction(-1, 1), Fraction(1, 1))
    """
    return left - right * int(left / right)


_ARITHMETIC: Mapping[Operator, Callable[[Fraction, Fraction], Fraction]] = MappingProxyType(
    {
        Operator.PLUS: operators.add,
        Operator.MINUS: operators.sub,
        Operator.TIMES: operators.mul,
        Operator.DIVIDE: operators.truediv,
        Operator.REMAINDER: _remainder,
    }
)


# ----------------------------------------------------------------------------------- compiling


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """A part of the tree as a closure, and the kind of what it gives."""

    kind: Kind
    closure: Closure
    node: Node


class Compiler:
    """One source being checked, and the names it uses."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.names: set[str] = set()

    def _refused(self, message: str, at: int) -> ExpressionRefused:
        """Return the refusal of what stands at an offset."""
        return ExpressionRefused(message, position_of(self._source, at))

    def compiled(self, node: Node) -> _Compiled:
        """Check one part and everything below it."""
        match node:
            case Literal():
                return self._literal(node)
            case Name():
                return self._name(node)
            case Listing():
                raise self._refused("A list can only stand after 'in'.", node.at)
            case Unary(operator=Operator.NOT):
                closure = _negation(self.truths(self.compiled(node.operand)))
                return _Compiled(kind=Kind.TRUTH, closure=closure, node=node)
            case Unary():
                closure = _minus(self._numbers(self.compiled(node.operand), "-"))
                return _Compiled(kind=Kind.NUMBER, closure=closure, node=node)
            case Binary():
                return self._binary(node)

    def _binary(self, node: Binary) -> _Compiled:
        """Check an operator and its two sides."""
        left = self.compiled(node.left)
        if node.operator is Operator.IN:
            closure = self._membership(left, node)
            return _Compiled(kind=Kind.TRUTH, closure=closure, node=node)
        right = self.compiled(node.right)
        match node.operator:
            case Operator.AND | Operator.OR:
                stop = node.operator is Operator.OR
                closure = _junction(self.truths(left), self.truths(right), stop=stop)
            case Operator.EQUAL | Operator.UNEQUAL:
                closure = self._equality(left, right, node)
            case Operator.LESS | Operator.AT_MOST | Operator.MORE | Operator.AT_LEAST:
                closure = self._ordering(left, right, node)
            case _:
                return self._arithmetic(left, right, node)
        return _Compiled(kind=Kind.TRUTH, closure=closure, node=node)

    def _literal(self, node: Literal) -> _Compiled:
        """Return a value as written."""
        value = node.value
        if isinstance(value, str):
            value = unicodedata.normalize("NFC", value)
        return _Compiled(kind=kind_of(value), closure=lambda _: value, node=node)

    def _name(self, node: Name) -> _Compiled:
        """Return the reading of a variable."""
        found = find_variable(node.path)
        if found is None:
            raise self._refused(advice_on(node.path), node.at)
        name, kind = found
        self.names.add(name)
        if kind is Kind.OPEN:
            return _Compiled(kind=kind, closure=self._open_reading(name, node.at), node=node)

        def read(state: State) -> Value:
            value = state.exact(state.variables.get(name), self._source, node.at)
            if value is not None and kind_of(value) is not kind:
                raise self._refused(f"{name} has to be {kind}.", node.at)
            return value

        return _Compiled(kind=kind, closure=read, node=node)

    def _open_reading(self, path: str, at: int) -> Closure:
        """Return the reading of one field below `user` or `metadata`."""
        parts = path.split(".")

        def read(state: State) -> Value:
            value: object = state.variables
            for part in parts:
                value = value.get(part) if isinstance(value, Mapping) else None
            return state.exact(value, self._source, at)

        return read

    def truths(self, part: _Compiled) -> Callable[[State], bool | None]:
        """Return a part as true, false or unknown.

        Raises:
            ExpressionRefused: It is something else.
        """
        at = part.node.at
        if part.kind not in (Kind.TRUTH, Kind.OPEN):
            message = f"True or false is needed here, not {part.kind}; compare it with something."
            raise self._refused(message, at)

        def read(state: State) -> bool | None:
            value = part.closure(state)
            if value is None or isinstance(value, bool):
                return value
            raise self._refused(f"True or false is needed here, not {kind_of(value)}.", at)

        return read

    def _numbers(self, part: _Compiled, operator: str) -> Callable[[State], Fraction | None]:
        """Return a part as a number or unknown."""
        at = part.node.at
        if part.kind not in (Kind.NUMBER, Kind.OPEN):
            raise self._refused(f"'{operator}' does not go with {part.kind}.", at)

        def read(state: State) -> Fraction | None:
            value = part.closure(state)
            if value is None or isinstance(value, Fraction):
                return value
            raise self._refused(f"'{operator}' does not go with {kind_of(value)}.", at)

        return read

    def _dates(self, part: _Compiled, operator: str) -> Callable[[State], date | None]:
        """Return a part as a date or unknown; a text of metadata may be one."""
        at = part.node.at

        def read(state: State) -> date | None:
            value = part.closure(state)
            found = date_in(value) if isinstance(value, str) else value
            if value is None or isinstance(found, date):
                return found if isinstance(found, date) else None
            message = f"'{operator}' needs a date such as '2026-12-31' here."
            raise self._refused(message, at)

        return read

    def _beside_date(self, part: _Compiled, other: _Compiled) -> _Compiled:
        """Return a part, read as a date if it is a text literal beside a date."""
        if other.kind is not Kind.DATE or part.kind is not Kind.TEXT:
            return part
        literal = part.node
        day = None
        if isinstance(literal, Literal) and isinstance(literal.value, str):
            day = date_in(literal.value)
        if day is None:
            raise self._refused("Beside a date, write one such as '2026-12-31'.", literal.at)
        return _Compiled(kind=Kind.DATE, closure=lambda _: day, node=literal)

    def _alike(self, left: _Compiled, right: _Compiled, node: Binary) -> Kind:
        """Return the kind in which two sides are compared."""
        for part in (left, right):
            if part.kind is Kind.NULL:
                raise self._refused("null can only be compared with == and !=.", part.node.at)
        if left.kind is Kind.OPEN or left.kind is right.kind:
            return right.kind
        if right.kind is Kind.OPEN:
            return left.kind
        message = f"'{node.operator}' does not compare {left.kind} with {right.kind}."
        raise self._refused(message, node.at)

    def _equality(self, left: _Compiled, right: _Compiled, node: Binary) -> Closure:
        """Return == or !=."""
        is_equal_asked = node.operator is Operator.EQUAL
        for part, other in ((left, right), (right, left)):
            if part.kind is Kind.NULL:
                return lambda state: (other.closure(state) is None) is is_equal_asked
        left, right = self._beside_date(left, right), self._beside_date(right, left)
        is_of_dates = self._alike(left, right, node) is Kind.DATE

        def read(state: State) -> Value:
            one, two = left.closure(state), right.closure(state)
            if one is None or two is None:
                return None
            if isinstance(one, tuple) or isinstance(two, tuple):
                raise self._refused("A list can only stand after 'in'.", node.at)
            if is_of_dates:
                return is_same(date_or_itself(one), date_or_itself(two)) is is_equal_asked
            return is_same(one, two) is is_equal_asked

        return read

    def _ordering(self, left: _Compiled, right: _Compiled, node: Binary) -> Closure:
        """Return <, <=, > or >=."""
        left, right = self._beside_date(left, right), self._beside_date(right, left)
        kind = self._alike(left, right, node)
        if kind not in _ORDERED:
            message = f"'{node.operator}' does not order {kind}; use == or !=."
            raise self._refused(message, node.at)
        compared = _COMPARISONS[node.operator]
        reading = self._dates if kind is Kind.DATE else self._numbers
        first: Closure = reading(left, node.operator)
        second: Closure = reading(right, node.operator)

        def read(state: State) -> Value:
            one, two = first(state), second(state)
            return None if one is None or two is None else compared(one, two)

        return read

    def _arithmetic(self, left: _Compiled, right: _Compiled, node: Binary) -> _Compiled:
        """Return +, -, *, / or %."""
        if Kind.DATE in (left.kind, right.kind):
            return self._calendar(left, right, node)
        first = self._numbers(left, node.operator)
        second = self._numbers(right, node.operator)
        is_division = node.operator in (Operator.DIVIDE, Operator.REMAINDER)
        if is_division and isinstance(right.node, Literal) and right.node.value == 0:
            raise self._refused("Nothing can be divided by 0.", right.node.at)
        computed = _ARITHMETIC[node.operator]

        def read(state: State) -> Value:
            one, two = first(state), second(state)
            if one is None or two is None:
                return None
            if is_division and two == 0:
                raise self._refused("Nothing can be divided by 0.", node.at)
            return bounded(computed(one, two), self._source, node.at)

        return _Compiled(kind=Kind.NUMBER, closure=read, node=node)

    def _calendar(self, left: _Compiled, right: _Compiled, node: Binary) -> _Compiled:
        """Return a date and days, or the days between two dates."""
        is_minus = node.operator is Operator.MINUS
        if is_minus and left.kind is Kind.DATE and right.kind is Kind.DATE:
            until, since = self._dates(left, "-"), self._dates(right, "-")

            def between(state: State) -> Value:
                last, first = until(state), since(state)
                return None if last is None or first is None else Fraction((last - first).days)

            return _Compiled(kind=Kind.NUMBER, closure=between, node=node)
        if node.operator is Operator.PLUS and right.kind is Kind.DATE:
            left, right = right, left
        if node.operator not in (Operator.PLUS, Operator.MINUS) or left.kind is not Kind.DATE:
            message = f"'{node.operator}' does not go with a date; add or subtract whole days."
            raise self._refused(message, node.at)
        start, days = self._dates(left, node.operator), self._numbers(right, node.operator)

        def shifted(state: State) -> Value:
            day, count = start(state), days(state)
            if day is None or count is None:
                return None
            if count.denominator != 1 or abs(count) > DATE_SHIFT_MAX:
                message = f"Only whole days, at most {DATE_SHIFT_MAX}, can be added to a date."
                raise self._refused(message, node.at)
            try:
                return day + timedelta(days=-int(count) if is_minus else int(count))
            except OverflowError:
                raise self._refused("There is no such date.", node.at) from None

        return _Compiled(kind=Kind.DATE, closure=shifted, node=node)

    def _membership(self, left: _Compiled, node: Binary) -> Closure:
        """Return `in`."""
        if left.kind is Kind.NULL:
            raise self._refused("null is in no list; use == null.", left.node.at)
        items = self._items(left, node.right)
        is_of_dates = left.kind is Kind.DATE

        def read(state: State) -> Value:
            value, found = left.closure(state), items(state)
            if value is None or found is None:
                return None
            state.pay(len(found), self._source, node.at)
            choices = map(date_or_itself, found) if is_of_dates else found
            return any(is_same(value, choice) for choice in choices)

        return read

    def _items(self, left: _Compiled, node: Node) -> Callable[[State], Sequence[object] | None]:
        """Return the list after `in`: one as written, or one of metadata."""
        if isinstance(node, Listing):
            values: list[Value] = []
            for item in node.items:
                part = self._beside_date(self._literal(item), left)
                if left.kind not in (part.kind, Kind.OPEN):
                    message = f"{left.kind} is never in a list with {part.kind}."
                    raise self._refused(message[0].upper() + message[1:], item.at)
                values.append(part.closure(State({}, 0)))
            return lambda _: values
        part = self.compiled(node)
        if part.kind is not Kind.OPEN:
            raise self._refused("After 'in' comes a list, such as ['gold', 'premium'].", node.at)

        def read(state: State) -> Sequence[object] | None:
            found = part.closure(state)
            if found is None or isinstance(found, tuple):
                return found
            raise self._refused("After 'in' comes a list.", node.at)

        return read


def _junction(
    left: Callable[[State], bool | None], right: Callable[[State], bool | None], *, stop: bool
) -> Closure:
    """Return `or` if it stops at true, `and` if at false."""

    def read(state: State) -> Value:
        one = left(state)
        if one is stop:
            return stop
        two = right(state)
        if two is stop:
            return stop
        return None if one is None or two is None else not stop

    return read


def _minus(operand: Callable[[State], Fraction | None]) -> Closure:
    """Return the opposite of a number."""

    def read(state: State) -> Value:
        value = operand(state)
        return None if value is None else -value

    return read


def _negation(operand: Callable[[State], bool | None]) -> Closure:
    """Return the opposite of a truth."""

    def read(state: State) -> Value:
        value = operand(state)
        return None if value is None else not value

    return read
