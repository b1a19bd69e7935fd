"""The words of price conditions: tokens, their positions, and the refusal of everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from holdfast.domain.errors import InputFault

SOURCE_MAX = 2_000
"""Characters of one expression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a source: characters before it, and its line and column from 1."""

    offset: int
    line: int
    column: int


def position_of(source: str, offset: int) -> Position:
    r"""Return where in the source an offset is.

    >>> position_of("a\nbc", 3)
    Position(offset=3, line=2, column=2)
    """
    before = source[:offset]
    return Position(
        offset=offset,
        line=before.count("\n") + 1,
        column=offset - (before.rfind("\n") + 1) + 1,
    )


class ExpressionRefused(ValueError):
    """An expression that we cannot read, or that meets a value it cannot work with.

    Attributes:
        message: What is wrong and what to write instead.
        position: Where in the source.
    """

    def __init__(self, message: str, position: Position) -> None:
        super().__init__(f"Line {position.line}, column {position.column}: {message}")
        self.message = message
        self.position = position

    def fault(self, pointer: str) -> InputFault:
        """Return it as the fault of the field that holds the expression."""
        return InputFault(pointer=pointer, code="bad_expression", detail=str(self))


class TokenKind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    TEXT = "text"
    NAME = "name"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word of the source."""

    kind: TokenKind
    text: str
    at: int


# What people write, or paste from a word processor, and what we read instead.
_MISTAKES = {
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "=": "==",
    "&": "&&",
    "|": "||",
    "`": "'",
    "\u2265": ">=",
    "\u2264": "<=",
    "\u2260": "!=",
    "\uff1d": "==",
    "\uff1e": ">",
    "\uff1c": "<",
    "\u2212": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u00d7": "*",
    "\u00f7": "/",
    "\u2227": "&&",
    "\u2228": "||",
    "\u00ac": "!",
    "\uff0c": ",",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "\uff08": "(",
    "\uff09": ")",
    "//": "/",
}
MISTAKEN_WORDS = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "undefined": "null",
    "NULL": "null",
    "AND": "and",
    "OR": "or",
    "NOT": "not",
}

# Every alternative is read in one pass, whatever the source: nothing here can backtrack far.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<text>'(?:[^'\\\r\n]|\\[^\r\n])*'|"(?:[^"\\\r\n]|\\[^\r\n])*")
      | (?P<mistake><>|\*\*|//)
      | (?P<symbol>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!()\[\],])""",
    re.VERBOSE,
)


def tokens_of(source: str) -> list[Token]:
    """Split a source into tokens, with an END after the last."""
    tokens: list[Token] = []
    offset = 0
    while offset < len(source):
        match = _TOKEN.match(source, offset)
        if match is None or match.lastgroup == "mistake":
            raise ExpressionRefused(_advice_on(source, offset), position_of(source, offset))
        if match.lastgroup == "number" and _goes_on(source, match.end()):
            message = "A number is written in digits, such as 10 or 2.5, and ends there."
            raise ExpressionRefused(message, position_of(source, offset))
        if match.lastgroup != "space":
            kind = TokenKind(match.lastgroup or "")
            tokens.append(Token(kind=kind, text=match.group(), at=offset))
        offset = match.end()
    tokens.append(Token(kind=TokenKind.END, text="", at=len(source)))
    return tokens


def _goes_on(source: str, offset: int) -> bool:
    """Say whether something that cannot follow a number follows it."""
    following = source[offset : offset + 1]
    return following.isalnum() or following in ("_", ".")


def _advice_on(source: str, offset: int) -> str:
    """Say what is wrong with a character that begins no token."""
    pair, letter = source[offset : offset + 2], source[offset]
    if pair == "**":
        return "There is no power; write the product."
    for written in (pair, letter):
        if written in _MISTAKES:
            return f"Write {_MISTAKES[written]} instead of {written}."
    if letter in "'\"":
        return f"This text has no end; close it with {letter} on the same line."
    if letter == ".":
        return "A number begins with a digit, as 0.5; a name with a letter."
    return f"The character {letter!a} has no meaning here."
