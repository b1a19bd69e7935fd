"""Asking: the offering's own questions as a part of a form, and what was answered as it is shown.

What an answer may be is the domain's; here is only how it is typed, and what is said in the
visitor's language when it is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from holdfast.domain import checks
from holdfast.domain.answers import read_answers
from holdfast.domain.field_forms import fields_in
from holdfast.domain.fields import NO_PATTERNS, Bound, Field, FieldType, in_order
from holdfast.domain.offerings import Offering
from holdfast.web.languages import Language
from holdfast.web.visits import Form

PREFIX = "answer."
TYPED_MAX = 2_000
Typed = Mapping[str, tuple[str, ...]]
"""What stands in the fields of a form, by the questions' keys; right or wrong."""

_YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with what has been typed to it.

    Attributes:
        name: Of the input, and its id.
    """

    field: Field
    said: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name of its input."""
        return PREFIX + self.field.key

    @property
    def text(self) -> str:
        """Return what was typed, where it is one text."""
        return self.said[0] if self.said else ""


def asked_by(offering: Offering) -> list[Field]:
    """Return what an offering asks, in the order in which it is asked."""
    # The questions were sound when they were saved.
    return in_order(fields_in(offering.fields, pointer="/fields")[0])


def questions(fields: Iterable[Field], typed: Typed) -> list[Question]:
    """Return questions with what has been typed to them."""
    return [Question(field=one, said=typed.get(one.key, ())) for one in fields]


def typed_in(form: Form, fields: Iterable[Field]) -> dict[str, tuple[str, ...]]:
    """Read what was typed to some questions."""
    found = {}
    for one in fields:
        said = tuple(text[:TYPED_MAX] for text in form.texts(PREFIX + one.key))
        if said:
            found[one.key] = said if one.type is FieldType.MULTISELECT else said[:1]
    return found


def pairs_of(typed: Typed) -> tuple[tuple[str, str], ...]:
    """Return what was typed as fields of a form."""
    return tuple((PREFIX + key, text) for key, texts in typed.items() for text in texts)


def typed_before(fields: Iterable[Field], kept: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Return answers that are kept as they would be typed."""
    found: dict[str, tuple[str, ...]] = {}
    for one in fields:
        answer = kept.get(one.key)
        if isinstance(answer, bool):
            found[one.key] = (_YES,) if answer else ()
        elif isinstance(answer, list | tuple):
            found[one.key] = tuple(str(option) for option in answer)
        elif answer is not None:
            found[one.key] = (str(answer),)
    return found


def answers_of(fields: Iterable[Field], typed: Typed) -> dict[str, object]:
    """Return what was typed as answers, as they are given to the engine."""
    found: dict[str, object] = {}
    for one in fields:
        said = typed.get(one.key, ())
        if said:
            found[one.key] = _given(one.type, said)
    return found


def _given(kind: FieldType, said: tuple[str, ...]) -> object:
    match kind:
        case FieldType.CHECKBOX:
            return True
        case FieldType.MULTISELECT:
            return list(said)
        case FieldType.NUMBER:
            # Whoever types a comma where their language has one means a point.
            return said[0].replace(",", ".")
        case _:
            return said[0]


def sound_answers(fields: Sequence[Field], typed: Typed) -> dict[str, object]:
    """Return those of the answers that can be kept while others are still wrong or missing."""
    asked = [replace(one, required=False, pattern=None) for one in fields]
    given = answers_of(asked, typed)
    wrong = {_key_of(fault) for fault in _faults(asked, given)}
    patterned = {one.key for one in fields if one.pattern is not None}
    return {key: value for key, value in given.items() if key not in wrong | patterned}


def answer_faults(fields: Sequence[Field], typed: Typed, language: Language) -> dict[str, str]:
    """Say what is wrong with answers, by the name of the input; patterns are left to the engine."""
    asked = [replace(one, pattern=None) for one in fields]
    return said_of(_faults(asked, answers_of(asked, typed)), fields, language)


def said_of(
    faults: Iterable[checks.Fault], fields: Iterable[Field], language: Language
) -> dict[str, str]:
    """Put faults in answers into words, by the name of the input; others are left out."""
    by_key = {one.key: one for one in fields}
    found = {}
    for fault in faults:
        asked = by_key.get(_key_of(fault))
        if asked is not None and fault.pointer.startswith("/answers/"):
            found[PREFIX + asked.key] = _sentence(fault.code, asked, language)
    return found


def _faults(fields: Sequence[Field], given: Mapping[str, object]) -> list[checks.Fault]:
    return read_answers(fields, given, patterns=NO_PATTERNS).faults


def _key_of(fault: checks.Fault) -> str:
    """Return which question a fault is about: the pointer is `/answers/<key>`, or below it."""
    return fault.pointer.removeprefix("/answers/").partition("/")[0]


def _sentence(code: str, field: Field, language: Language) -> str:
    say = language.gettext
    if code == "required":
        is_box = field.type is FieldType.CHECKBOX
        return say("Tick this to go on.") if is_box else say("Please answer this.")
    if code == "out_of_range" and (field.min is not None or field.max is not None):
        return _range(field, language)
    if code == "no_match":
        return field.help or say("This is not in the form that is asked for.")
    sentences = {
        "not_a_number": say("This is not a number. One looks like 7 or 72.5."),
        "not_a_date": say("This is not a date. Choose one, or write it as 2026-12-31."),
        "not_an_email": say("This is not an e-mail address. One looks like ada@example.com."),
        "not_a_phone": say("This is not a telephone number. One looks like +33 6 12 34 56 78."),
        "not_an_option": say("Choose one of the options."),
        "too_long": say("This is longer than can be kept. Shorten it."),
    }
    return sentences.get(code) or say("This cannot be read. Check it.")


def _range(field: Field, language: Language) -> str:
    """Say between which limits an answer is to be."""
    say, least, most = language.gettext, field.min, field.max
    ends = {"least": _shown(least, language), "most": _shown(most, language)}
    match field.type:
        case FieldType.TEXT:
            words = (
                say("Write at least %(least)s characters."),
                say("Write at most %(most)s characters."),
                say("Write %(least)s to %(most)s characters."),
            )
        case FieldType.MULTISELECT:
            words = (
                say("Choose at least %(least)s."),
                say("Choose at most %(most)s."),
                say("Choose %(least)s to %(most)s."),
            )
        case _:
            is_date = field.type is FieldType.DATE
            words = (
                say("This has to be %(least)s or later.")
                if is_date
                else say("This has to be at least %(least)s."),
                say("This has to be %(most)s or earlier.")
                if is_date
                else say("This has to be at most %(most)s."),
                say("This has to be from %(least)s to %(most)s."),
            )
    if most is None:
        return words[0] % ends
    return words[1] % ends if least is None else words[2] % ends


def _shown(bound: Bound | None, language: Language) -> str:
    if isinstance(bound, date):
        return language.long_day(bound)
    return "" if bound is None else language.amount(Fraction(bound))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question with its answer, as it is read."""

    label: str
    answer: str


def answered(
    fields: Iterable[Field], kept: Mapping[str, object], language: Language
) -> list[Answered]:
    """Return what was answered, in words, in the order in which it was asked."""
    found = []
    for one in fields:
        answer = kept.get(one.key)
        if answer is not None:
            found.append(Answered(label=one.label, answer=_in_words(one, answer, language)))
    return found


def _in_words(field: Field, answer: object, language: Language) -> str:
    if isinstance(answer, bool):
        return language.gettext("Yes") if answer else language.gettext("No")
    if isinstance(answer, list | tuple):
        return language.listed([str(option) for option in answer])
    if isinstance(answer, int | float):
        return language.amount(Fraction(str(answer)))
    if field.type is FieldType.DATE:
        try:
            return language.long_day(date.fromisoformat(str(answer)))
        except ValueError:  # asked as a text when it was answered
            return str(answer)
    return str(answer)
