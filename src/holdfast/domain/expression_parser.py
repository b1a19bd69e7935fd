"""Reading price conditions: from text to a tree, with the position of whatever is wrong.

The grammar, from what binds loosest to what binds tightest:

    or  ||            either
    and &&            both
    not               the opposite of the whole comparison after it
    == === != !== < <= > >= in, not in      one comparison; they do not chain
    + -               numbers; a date and whole days
    * / %             numbers
    - !               the opposite of the one value after it
    ( )  [a, b]  12  2.5  'text'  "text"  true  false  null  name  name.name

`===` and `!==` mean `==` and `!=`. There are no functions, no power, no loops and no assignment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from holdfast.domain import checks
from holdfast.domain.expression_tokens import (
    MISTAKEN_WORDS,
    SOURCE_MAX,
    ExpressionRefused,
    Token,
    TokenKind,
    position_of,
    tokens_of,
)

NESTING_MAX = 20
"""Brackets and prefix operators around one value."""

NODES_MAX = 200
"""Values, names and operators in one expression."""

LITERAL_TEXT_MAX = 200
"""Characters between two quotes."""

NUMBER_DIGITS_MAX = 18
"""Digits of one number, those after the point included."""

LIST_ITEMS_MAX = 50
NAME_MAX = 100
NAME_PARTS_MAX = 4


class Operator(StrEnum):
    """What may stand between two values or before one."""

    OR = "or"
    AND = "and"
    NOT = "not"
    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    IN = "in"
    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    DIVIDE = "/"
    REMAINDER = "%"


LiteralValue: TypeAlias = bool | Fraction | str | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value as written; `at` is its offset, here and in every node."""

    value: LiteralValue
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A variable, by its dotted name."""

    path: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of literals, for `in`."""

    items: tuple[Literal, ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    """NOT or MINUS before a value."""

    operator: Operator
    operand: Node
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """An operator between two values; `at` is the operator's own offset."""

    operator: Operator
    left: Node
    right: Node
    at: int


Node: TypeAlias = Literal | Name | Listing | Unary | Binary


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A source that has been read, and how many nodes it has."""

    source: str
    root: Node
    node_count: int


def parse(source: str) -> Tree:
    """Read an expression.

    >>> parse("participants >= 6").root.operator.value
    '>='

    Raises:
        ExpressionRefused: It is not an expression, or is beyond a limit.
    """
    if len(source) > SOURCE_MAX:
        raise ExpressionRefused(
            f"An expression has at most {SOURCE_MAX} characters.",
            position_of(source, SOURCE_MAX),
        )
    return _Parser(source).tree()


_OPERATORS = {
    "||": Operator.OR,
    "&&": Operator.AND,
    "===": Operator.EQUAL,
    "!==": Operator.UNEQUAL,
    **{operator.value: operator for operator in Operator},
}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}

_COMPARISON = 4
_POWER_BY_OPERATOR = {
    Operator.OR: 1,
    Operator.AND: 2,
    **dict.fromkeys(
        (
            *(Operator.EQUAL, Operator.UNEQUAL, Operator.LESS, Operator.AT_MOST),
            *(Operator.MORE, Operator.AT_LEAST, Operator.IN),
        ),
        _COMPARISON,
    ),
    **dict.fromkeys((Operator.PLUS, Operator.MINUS), 5),
    **dict.fromkeys((Operator.TIMES, Operator.DIVIDE, Operator.REMAINDER), 6),
}
_NOT_POWER = 3
_PREFIX_POWER = 7


class _Parser:
    """One reading of one source: a Pratt parser, its place among the tokens and its counts."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens_of(source)
        self._index = 0
        self._depth = 0
        self._node_count = 0

    def tree(self) -> Tree:
        """Read everything."""
        first = self._next
        if first.kind is TokenKind.END:
            raise self._refused("Write a condition, such as participants >= 6.", first.at)
        root = self._expression(0)
        left_over = self._next
        if left_over.kind is not TokenKind.END:
            message = f"An operator such as == or && is missing before {_shown(left_over)}."
            raise self._refused(message, left_over.at)
        return Tree(source=self._source, root=root, node_count=self._node_count)

    @property
    def _next(self) -> Token:
        """The token that has not been read yet."""
        return self._tokens[self._index]

    def _take(self) -> Token:
        """Read one token. The END is never passed."""
        token = self._next
        if token.kind is not TokenKind.END:
            self._index += 1
        return token

    def _refused(self, message: str, at: int) -> ExpressionRefused:
        """Return the refusal of what stands at an offset."""
        return ExpressionRefused(message, position_of(self._source, at))

    def _count(self, at: int) -> None:
        """Count one node."""
        self._node_count += 1
        if self._node_count > NODES_MAX:
            raise self._refused(f"An expression has at most {NODES_MAX} parts.", at)

    def _enter(self, at: int) -> None:
        """Count one level of nesting; `_leave` takes it back."""
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise self._refused(f"Nest at most {NESTING_MAX} brackets and signs.", at)

    def _leave(self) -> None:
        """Count one level of nesting less."""
        self._depth -= 1

    def _expression(self, power: int) -> Node:
        """Read a value and every operator after it that binds tighter than `power`."""
        left = self._operand(power)
        while True:
            token = self._next
            operator, is_negated = self._operator()
            if operator is None or _POWER_BY_OPERATOR[operator] <= power:
                return left
            self._index += 2 if is_negated else 1
            own_power = _POWER_BY_OPERATOR[operator]
            self._count(token.at)
            right = self._expression(own_power)
            left = Binary(operator=operator, left=left, right=right, at=token.at)
            if is_negated:
                self._count(token.at)
                left = Unary(operator=Operator.NOT, operand=left, at=token.at)
            if own_power == _COMPARISON:
                self._refuse_chain()

    def _refuse_chain(self) -> None:
        """Refuse a second comparison right after the first: languages differ about it."""
        operator, _ = self._operator()
        if operator is not None and _POWER_BY_OPERATOR[operator] == _COMPARISON:
            raise self._refused(
                "Comparisons do not chain; write a < b && b < c, or use brackets.", self._next.at
            )

    def _operator(self) -> tuple[Operator | None, bool]:
        """Return the operator that comes next, and whether it is `not in`. Reads nothing."""
        token = self._next
        if token.kind not in (TokenKind.SYMBOL, TokenKind.NAME):
            return None, False
        operator = _OPERATORS.get(token.text)
        if operator is Operator.NOT:
            # The END is last, so that there always is a token after this one.
            following = self._tokens[self._index + 1]
            is_in = following.kind is TokenKind.NAME and following.text == Operator.IN
            return (Operator.IN, True) if is_in else (None, False)
        return operator, False

    def _operand(self, power: int) -> Node:
        """Read one value with what stands before it."""
        token = self._take()
        match token.kind:
            case TokenKind.NUMBER:
                return self._number(token)
            case TokenKind.TEXT:
                return self._text(token)
            case TokenKind.NAME if token.text == Operator.NOT:
                if power > _NOT_POWER:
                    raise self._refused("Put brackets around 'not' and what it denies.", token.at)
                return self._prefixed(token, Operator.NOT, _NOT_POWER)
            case TokenKind.NAME:
                return self._name(token)
            case TokenKind.SYMBOL if token.text == "!":
                return self._prefixed(token, Operator.NOT, _PREFIX_POWER)
            case TokenKind.SYMBOL if token.text == "-":
                return self._prefixed(token, Operator.MINUS, _PREFIX_POWER)
            case TokenKind.SYMBOL if token.text == "(":
                return self._bracketed(token)
            case TokenKind.SYMBOL if token.text == "[":
                return self._listing(token)
            case TokenKind.SYMBOL | TokenKind.END:
                found = f"not {_shown(token)}" if token.text else "but the expression ends"
                raise self._refused(f"A value is needed here, {found}.", token.at)

    def _prefixed(self, token: Token, operator: Operator, power: int) -> Unary:
        """Read what a sign stands before."""
        self._enter(token.at)
        self._count(token.at)
        operand = self._expression(power)
        self._leave()
        return Unary(operator=operator, operand=operand, at=token.at)

    def _bracketed(self, opening: Token) -> Node:
        """Read up to the closing bracket."""
        self._enter(opening.at)
        inner = self._expression(0)
        if self._next.text != ")" or self._next.kind is not TokenKind.SYMBOL:
            raise self._refused("This bracket is not closed; add ).", opening.at)
        self._take()
        self._leave()
        return inner

    def _listing(self, opening: Token) -> Listing:
        """Read the literals of a list."""
        self._count(opening.at)
        items: list[Literal] = []
        while True:
            items.append(self._item())
            if len(items) > LIST_ITEMS_MAX:
                raise self._refused(f"A list has at most {LIST_ITEMS_MAX} items.", opening.at)
            separator = self._take()
            if separator.kind is TokenKind.SYMBOL and separator.text == "]":
                return Listing(items=tuple(items), at=opening.at)
            if separator.kind is not TokenKind.SYMBOL or separator.text != ",":
                raise self._refused("The items of a list end with , or ].", separator.at)

    def _item(self) -> Literal:
        """Read one literal of a list, perhaps a number below zero."""
        token = self._take()
        if (
            token.kind is TokenKind.SYMBOL
            and token.text == "-"
            and self._next.kind is TokenKind.NUMBER
        ):
            number = self._number(self._take())
            assert isinstance(number.value, Fraction)
            return Literal(value=-number.value, at=token.at)
        if token.kind is TokenKind.NUMBER:
            return self._number(token)
        if token.kind is TokenKind.TEXT:
            return self._text(token)
        if token.kind is TokenKind.NAME and token.text in ("true", "false"):
            self._count(token.at)
            return Literal(value=_CONSTANTS[token.text], at=token.at)
        raise self._refused("A list has numbers, texts, true and false as items.", token.at)

    def _number(self, token: Token) -> Literal:
        """Read a number, exactly."""
        self._count(token.at)
        if len(token.text.replace(".", "")) > NUMBER_DIGITS_MAX:
            raise self._refused(f"A number has at most {NUMBER_DIGITS_MAX} digits.", token.at)
        return Literal(value=Fraction(token.text), at=token.at)

    def _text(self, token: Token) -> Literal:
        """Read a text between quotes; a backslash may stand before a quote or a backslash."""
        self._count(token.at)
        inner = token.text[1:-1]
        if any(letter not in "\\'\"" for letter in re.findall(r"\\(.)", inner)):
            message = "In a text, a backslash only stands before a quote or another backslash."
            raise self._refused(message, token.at)
        written = re.sub(r"\\(.)", r"\1", inner)
        fault = checks.line("", written, longest=LITERAL_TEXT_MAX)
        if fault is not None:
            raise self._refused(fault.detail, token.at)
        return Literal(value=written, at=token.at)

    def _name(self, token: Token) -> Node:
        """Read a variable's name or a constant."""
        self._count(token.at)
        if token.text in _CONSTANTS:
            return Literal(value=_CONSTANTS[token.text], at=token.at)
        if token.text in MISTAKEN_WORDS:
            right = MISTAKEN_WORDS[token.text]
            raise self._refused(f"Write {right} instead of {token.text}.", token.at)
        if token.text in (Operator.AND, Operator.OR, Operator.IN):
            raise self._refused(f"A value is needed before {token.text}.", token.at)
        if len(token.text) > NAME_MAX or token.text.count(".") >= NAME_PARTS_MAX:
            message = f"A name has at most {NAME_MAX} characters and {NAME_PARTS_MAX} parts."
            raise self._refused(message, token.at)
        if self._next.kind is TokenKind.SYMBOL and self._next.text == "(":
            raise self._refused("There are no functions here.", token.at)
        return Name(path=token.text, at=token.at)


def _shown(token: Token) -> str:
    """Return a token for a message; a text may hold anything and stays where it is."""
    return "a text" if token.kind is TokenKind.TEXT else token.text[:40]
