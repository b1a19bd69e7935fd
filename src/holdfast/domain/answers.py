"""Answers: what was said to the fields of an offering or a category, checked and normalised.

An answer is plain JSON: a text, a number, true or false, or a list of texts. The same answer is
always kept in the same form, and reading a kept answer again changes nothing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

from holdfast.domain import checks
from holdfast.domain.checks import Fault
from holdfast.domain.customers import phone_key
from holdfast.domain.fields import (
    ANSWER_MAX,
    FIRST_DATE,
    LAST_DATE,
    NUMBER_DECIMALS_MAX,
    NUMBER_DIGITS_MAX,
    OPTIONS_MAX,
    Bound,
    Field,
    FieldType,
    Patterns,
    comparable,
    composed,
)

# The most digits of a telephone number (ITU E.164).
PHONE_DIGITS_MAX = 15
EMAIL_NAME_MAX = 64
EMAIL_LABEL_MAX = 63
# How many unknown answers are named; the rest is not repeated to who sent it.
UNKNOWN_SHOWN_MAX = 10
_KEY_SHOWN_MAX = 80

Answer: TypeAlias = str | int | float | bool | tuple[str, ...]
"""An answer as it is kept. A number is an int where it is whole, else an exact float."""

# Digits are 0 to 9: Python's own readers also take those of other scripts.
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?\Z")
_DIGITS_READ_MAX = 27
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What reading answers has come to: those that are sound, and what is wrong with the rest."""

    answers: dict[str, Answer]
    faults: list[Fault]


class _Wrong(Exception):
    """An answer does not fit its field."""

    def __init__(self, code: str, detail: str, *, at: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.at = at


def answers_from(
    fields: Sequence[Field],
    given: Mapping[str, object],
    *,
    patterns: Patterns,
    metadata: Mapping[str, object] = MappingProxyType({}),
) -> dict[str, Answer]:
    """Return the answers of a new booking, normalised.

    What is answered in `metadata` counts where `given` says nothing about it.

    Raises:
        InputInvalid: An answer is wrong, missing or to nothing that was asked; all are named.
    """
    in_metadata = answers_in(metadata, fields)
    own = read_answers(fields, {**in_metadata, **given}, patterns=patterns)
    moved = [_moved(fault, given=given, in_metadata=in_metadata) for fault in own.faults]
    checks.require(moved)
    return own.answers


def answers_in(metadata: Mapping[str, object], fields: Sequence[Field]) -> dict[str, object]:
    """Return what free data says to the questions, as it stands there; the rest is not answers.

    >>> asked = [Field(key="symptoms", label="Symptômes", type=FieldType.TEXT)]
    >>> answers_in({"symptoms": "Mal de tête", "utm_source": "mail"}, asked)
    {'symptoms': 'Mal de tête'}
    """
    keys = {field.key for field in fields}
    return {key: value for key, value in metadata.items() if key in keys}


def changed_answers(
    fields: Sequence[Field],
    kept: Mapping[str, Answer],
    changes: Mapping[str, object],
    *,
    patterns: Patterns,
) -> dict[str, Answer]:
    """Return kept answers with some of them given anew; None withdraws one.

    Only what changes is checked. What was answered before stays as it was said, even where the
    question has been changed or is not asked any more.

    Raises:
        InputInvalid: A change is wrong, withdraws what is required or answers nothing asked.
    """
    touched = [field for field in fields if field.key in changes]
    # What is not asked any more may still be withdrawn.
    asked = {key: value for key, value in changes.items() if value is not None or key not in kept}
    own = read_answers(touched, asked, patterns=patterns)
    checks.require(own.faults)
    rest = {key: value for key, value in kept.items() if key not in changes}
    return {**rest, **own.answers}


def parted(
    fields: Sequence[Field], answers: Mapping[str, Answer], *, private: Container[str] = ()
) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """Return the answers that others may see too, and those of the business and its customer.

    An answer whose question is gone is private if it was: `private` says which ones were.

    >>> asked = [Field(key="ills", label="Ills", type=FieldType.TEXT, is_private=True)]
    >>> parted(asked, {"ills": "None", "seats": 2})
    ({'seats': 2}, {'ills': 'None'})
    """
    is_private = {field.key: field.is_private for field in fields}
    shown: dict[str, Answer] = {}
    hidden: dict[str, Answer] = {}
    for key, value in answers.items():
        (hidden if is_private.get(key, key in private) else shown)[key] = value
    return shown, hidden


def plain_answers(answers: Mapping[str, Answer]) -> dict[str, object]:
    """Return answers as they are kept: lists as JSON has them."""
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in answers.items()
    }


def kept_answers(kept: Mapping[str, object]) -> dict[str, Answer]:
    """Return answers that were kept as `plain_answers` gave them."""
    return {key: _as_read(value) for key, value in kept.items()}


def _as_read(value: object) -> Answer:
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    assert isinstance(value, str | int | float), "an answer was kept as it is read"
    return value


def read_answers(
    fields: Sequence[Field],
    given: Mapping[str, object],
    *,
    patterns: Patterns,
    pointer: str = "/answers",
) -> Answered:
    """Read answers to the questions that are asked, and name everything that is wrong.

    Nothing, an empty text and an empty list are no answer, and are not kept. An answer to what
    was not asked is refused: it is a misspelt key more often than anything else.

    Args:
        fields: What is asked.
        given: What was said, by the fields' keys, as JSON gives it.
        patterns: The engine for the fields' patterns.
        pointer: Where the answers stand in the input.
    """
    answers: dict[str, Answer] = {}
    faults = _unknown_faults(fields, given, pointer)
    for field in fields:
        try:
            answer = _answer(field, given.get(field.key), patterns)
        except _Wrong as wrong:
            there = f"{pointer}/{field.key}{wrong.at}"
            faults.append(checks.fault(there, wrong.code, wrong.detail))
            continue
        if answer is not None:
            answers[field.key] = answer
    return Answered(answers=answers, faults=faults)


def _unknown_faults(
    fields: Sequence[Field], given: Mapping[str, object], pointer: str
) -> list[Fault]:
    keys = {field.key for field in fields}
    unknown = [key for key in given if key not in keys]
    return [
        checks.fault(
            f"{pointer}/{_pointed(key)}", "unknown_answer", "Nothing of this name is asked."
        )
        for key in unknown[:UNKNOWN_SHOWN_MAX]
    ]


def _pointed(key: str) -> str:
    """Return a key as a JSON pointer writes it (RFC 6901), not longer than is useful."""
    plain = key[:_KEY_SHOWN_MAX].encode("ascii", "backslashreplace").decode()
    return plain.replace("~", "~0").replace("/", "~1")


def _moved(
    fault: Fault, *, given: Mapping[str, object], in_metadata: Mapping[str, object]
) -> Fault:
    """Point a fault at the metadata where the answer has come from there."""
    key = fault.pointer.split("/")[2]
    if key in given or key not in in_metadata:
        return fault
    pointer = fault.pointer.replace("/answers/", "/metadata/", 1)
    return checks.fault(pointer, fault.code, fault.detail)


def _answer(field: Field, value: object, patterns: Patterns) -> Answer | None:
    """Return one answer in its kept form, or None when there is none and none is needed."""
    is_empty = value is None or value in ([], ()) or (isinstance(value, str) and _is_blank(value))
    if is_empty or (value is False and field.required and field.type is FieldType.CHECKBOX):
        if not field.required:
            return None
        is_box = field.type is FieldType.CHECKBOX
        raise _Wrong("required", "This has to be ticked." if is_box else "Give an answer here.")
    answer = _READERS[field.type](field, value)
    is_asked = field.pattern is not None and isinstance(answer, str)
    if is_asked and not patterns.matches(str(field.pattern), str(answer)):
        words = f"This is not of the form that is asked for. {field.help}"
        raise _Wrong("no_match", words.rstrip())
    return answer


def _is_blank(text: str) -> bool:
    """Tell whether a text shows nothing: spaces, and signs that only steer the writing."""
    return len(text) <= ANSWER_MAX and all(
        letter.isspace() or unicodedata.category(letter) == "Cf" for letter in text
    )


def _text(field: Field, value: object) -> Answer:
    text = _plain(value)
    _within(field, Decimal(len(text)), " characters")
    return text


def _plain(value: object) -> str:
    """Return a text in its kept form, if it is one."""
    if not isinstance(value, str):
        raise _Wrong("wrong_type", "Give a text here.")
    # Before composing, which may take a while for texts that nobody would keep.
    _sound(checks.text("", value, longest=ANSWER_MAX))
    text = composed(value)
    _sound(checks.text("", text, longest=ANSWER_MAX))
    return text


def _sound(fault: Fault | None) -> None:
    if fault is not None:
        raise _Wrong(fault.code, fault.detail)


def _number(field: Field, value: object) -> Answer:
    number = _exact(value)
    if number is None:
        raise _Wrong("not_a_number", "Give a number, such as 7 or 72.5.")
    digits = len(number.as_tuple().digits)
    # Checked before anything is calculated, which Decimal does with 28 digits.
    if number.adjusted() < NUMBER_DIGITS_MAX and digits <= _DIGITS_READ_MAX:
        _, kept, exponent = number.normalize().as_tuple()
        decimals = -exponent if isinstance(exponent, int) else 0
        if decimals <= NUMBER_DECIMALS_MAX and len(kept) <= NUMBER_DIGITS_MAX:
            _within(field, number, "")
            return int(number) if number == number.to_integral_value() else float(number)
    message = (
        f"At most {NUMBER_DIGITS_MAX} digits are kept, {NUMBER_DECIMALS_MAX} of them decimals."
    )
    raise _Wrong("out_of_range", message)


def _exact(value: object) -> Decimal | None:
    """Return the number that was written, digit by digit; None when it is none.

    >>> _exact(0.1), _exact("72.50"), _exact(True), _exact(float("nan"))
    (Decimal('0.1'), Decimal('72.50'), None, None)
    """
    match value:
        case bool():
            return None
        case int():
            # A number too long to be kept is not written out, which would take long.
            is_short = abs(value) < 10**_DIGITS_READ_MAX
            return Decimal(value) if is_short else Decimal(10**_DIGITS_READ_MAX)
        case float():
            # The shortest digits that stand for it are those that JSON has brought.
            return Decimal(repr(value)) if math.isfinite(value) else None
        case Decimal():
            return value if value.is_finite() else None
        case str() if _NUMBER.match(value.strip(" ")):
            return Decimal(value.strip(" "))
        case _:
            return None


def _choice(field: Field, value: object) -> str:
    """Return the option that a text names, as the field writes it."""
    if not isinstance(value, str):
        raise _Wrong("wrong_type", "Give one of the options.")
    wanted = composed(value[: ANSWER_MAX + 1])
    for option in field.options:
        if composed(option) == wanted:
            return option
    raise _Wrong("not_an_option", "Choose one of the options that are offered.")


def _select(field: Field, value: object) -> Answer:
    return _choice(field, value)


def _multiselect(field: Field, value: object) -> Answer:
    if not isinstance(value, list | tuple):
        raise _Wrong("wrong_type", "Give a list of options.")
    if len(value) > OPTIONS_MAX:
        raise _Wrong("too_many", f"At most {OPTIONS_MAX} options are chosen.")
    chosen: set[str] = set()
    for index, item in enumerate(value):
        try:
            option = _choice(field, item)
        except _Wrong as wrong:
            raise _Wrong(wrong.code, wrong.detail, at=f"/{index}") from wrong
        if option in chosen:
            raise _Wrong("repeated", "This option is chosen above already.", at=f"/{index}")
        chosen.add(option)
    _within(field, Decimal(len(chosen)), " options")
    return tuple(option for option in field.options if option in chosen)


def _checkbox(_field: Field, value: object) -> Answer:
    if not isinstance(value, bool):
        raise _Wrong("wrong_type", "Give true or false.")
    return value


def _date(field: Field, value: object) -> Answer:
    text = value.strip(" ") if isinstance(value, str) else ""
    try:
        day = date.fromisoformat(text) if _DATE.match(text) else None
    except ValueError:
        day = None
    if day is None:
        raise _Wrong("not_a_date", "Give a date as 2026-12-31.")
    if not FIRST_DATE <= day <= LAST_DATE:
        raise _Wrong("out_of_range", f"It has to be from {FIRST_DATE} to {LAST_DATE}.")
    _within(field, day, "")
    return day.isoformat()


def _phone(_field: Field, value: object) -> Answer:
    if not isinstance(value, str):
        raise _Wrong("wrong_type", "Give a telephone number as a text.")
    _sound(checks.phone("", value))
    text = composed(value)
    if "+" in text[1:]:
        raise _Wrong("not_a_phone", "A plus stands at the beginning only.")
    # The 0 of "+33 (0)6" is dialled inside the country only.
    number = phone_key(text.replace("(0)", "") if text.startswith(("+", "00")) else text)
    digits = len(number.removeprefix("+"))
    if not checks.PHONE_DIGITS_MIN <= digits <= PHONE_DIGITS_MAX:
        message = f"A telephone number has at most {PHONE_DIGITS_MAX} digits."
        raise _Wrong("not_a_phone", message)
    return number


def _email(_field: Field, value: object) -> Answer:
    if not isinstance(value, str):
        raise _Wrong("wrong_type", "Give an e-mail address as a text.")
    _sound(checks.email("", value))
    name, _, domain = composed(value).rpartition("@")
    labels = domain.lower().split(".")
    is_sound = len(name) <= EMAIL_NAME_MAX and not set(name) & set('<>()[],;:\\"')
    for label in labels:
        is_word = label.replace("-", "").isalnum() and label.strip("-") == label
        is_sound = is_sound and is_word and len(label) <= EMAIL_LABEL_MAX
    # Signs that steer the writing are invisible, and two addresses would look alike.
    is_visible = all(unicodedata.category(letter) != "Cf" for letter in name)
    if not is_sound or not is_visible:
        raise _Wrong("not_an_email", "It does not look like an e-mail address.")
    return f"{name}@{domain.lower()}"


_READERS: Mapping[FieldType, Callable[[Field, object], Answer]] = MappingProxyType(
    {
        FieldType.TEXT: _text,
        FieldType.NUMBER: _number,
        FieldType.SELECT: _select,
        FieldType.MULTISELECT: _multiselect,
        FieldType.CHECKBOX: _checkbox,
        FieldType.DATE: _date,
        FieldType.PHONE: _phone,
        FieldType.EMAIL: _email,
    }
)


def _within(field: Field, measure: Bound, unit: str) -> None:
    """Refuse what is below the field's min or above its max; `unit` says what is counted."""
    is_low = field.min is not None and comparable(measure) < comparable(field.min)
    is_high = field.max is not None and comparable(measure) > comparable(field.max)
    if is_low or is_high:
        ends = (("at least", field.min), ("at most", field.max))
        words = " and ".join(f"{word} {_shown(end)}" for word, end in ends if end is not None)
        raise _Wrong("out_of_range", f"It has to be {words}{unit}.")


def _shown(bound: Bound) -> str:
    return bound.isoformat() if isinstance(bound, date) else f"{bound:f}"
