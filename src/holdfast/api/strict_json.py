"""Strict JSON: bodies are parsed here and nowhere else, and everything doubtful is refused.

Refused are duplicate names, NaN and infinities, numbers beyond 64 bits, control characters, lone
surrogates, and nesting deeper than 32. Every check takes time linear in the size of the body.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NoReturn

from holdfast.domain.errors import InputInvalid

BODY_BYTES_MAX = 256 * 1024
DEPTH_MAX = 32
NAME_SHOWN_MAX = 40
INTEGER_DIGITS_MAX = 20
INTEGER_MAX = 2**63 - 1
INTEGER_MIN = -(2**63)

# A string, or the rest of the text after a quote that is never closed: so no text is read twice.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = dict.fromkeys(i for i in range(128) if chr(i) not in "[]{}")
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
# Line breaks and tabs are text; each field says whether it takes them.
_BAD_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def read_object(raw: bytes) -> dict[str, object]:
    """Return the JSON object that a body is.

    Raises:
        InputInvalid: It is not one JSON object, or it has something in it that we do not take.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("not_utf8", "The body is not UTF-8.")
    _require_shallow(text)
    reader = _Reader()
    try:
        value = reader.decode(text)
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        _refuse("not_json", f"The body is not JSON: something is wrong at {place}.")
    if reader.has_marks:
        _refuse_marked(value, ())
    if not isinstance(value, dict):
        _refuse("not_an_object", "The body has to be one JSON object: {…}.")
    if "\\" in text or has_bad_character(text):
        _require_plain(value)
    return value


def has_bad_character(text: str) -> bool:
    """Tell whether a text has a control character (not a line break or tab) or half a character."""
    return _BAD_CHARACTER.search(text) is not None


def pointer(parts: Sequence[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a place.

    >>> pointer(["rules", 0, "a/b"])
    '/rules/0/a~1b'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _refuse(code: str, detail: str, at: str = "") -> NoReturn:
    raise InputInvalid.at(at, code, detail)


def _require_shallow(text: str) -> None:
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    brackets = _STRING.sub("", text).translate(_NOT_BRACKETS)
    for bracket in brackets:
        depth += _STEP.get(bracket, 0)
        if depth > DEPTH_MAX:
            _refuse("too_deep", f"The body is nested deeper than {DEPTH_MAX} levels.")


@dataclass(frozen=True, slots=True)
class _Mark:
    """Stands where something was that JSON allows and we do not; `name` is one that is twice."""

    code: str
    detail: str
    name: str | None = None


class _Reader:
    """Decodes one body; what is doubtful becomes a mark, so that its place can be told."""

    def __init__(self) -> None:
        self.has_marks = False

    def decode(self, text: str) -> object:
        """Return what a text says.

        Raises:
            JSONDecodeError: It is not JSON.
        """
        decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_int=self._integer,
            parse_float=self._float,
        )
        return decoder.decode(text)

    def _mark(self, code: str, detail: str, name: str | None = None) -> _Mark:
        self.has_marks = True
        return _Mark(code, detail, name)

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object] | _Mark:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        shown = _shown(twice)[:NAME_SHOWN_MAX]
        detail = f"The name '{shown}' stands twice in one object. Give it once."
        return self._mark("duplicate_name", detail, shown)

    def _constant(self, name: str) -> _Mark:
        return self._mark("not_a_number", f"{name} is not a number that JSON knows.")

    def _integer(self, digits: str) -> int | _Mark:
        if len(digits) <= INTEGER_DIGITS_MAX:
            number = int(digits)
            if INTEGER_MIN <= number <= INTEGER_MAX:
                return number
        return self._mark("out_of_range", "This whole number is too large: 64 bits are the limit.")

    def _float(self, digits: str) -> float | _Mark:
        number = float(digits)
        if isfinite(number):
            return number
        return self._mark("out_of_range", "This number is larger than any that can be kept.")


def _refuse_marked(value: object, parts: tuple[str | int, ...]) -> None:
    """Refuse the first thing that is marked in a value."""
    if isinstance(value, _Mark):
        named = parts if value.name is None else (*parts, value.name)
        shown = [part if isinstance(part, int) else _shown(part) for part in named]
        _refuse(value.code, value.detail, pointer(shown))
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_marked(item, (*parts, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _refuse_marked(item, (*parts, i))


def _require_plain(value: object) -> None:
    for text, parts in _texts(value, ()):
        if has_bad_character(text):
            message = "A control character, or half of a surrogate pair, is not allowed."
            shown = [part if isinstance(part, int) else _shown(part) for part in parts]
            _refuse("bad_character", message, pointer(shown))


def _shown(name: str) -> str:
    return _BAD_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", name)


def _texts(
    value: object, parts: tuple[str | int, ...]
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield every text in a value, names included, with its place."""
    if isinstance(value, str):
        yield value, parts
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield name, (*parts, name)
            yield from _texts(item, (*parts, name))
    elif isinstance(value, Sequence):
        for i, item in enumerate(value):
            yield from _texts(item, (*parts, i))
