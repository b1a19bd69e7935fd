"""Answering: what is said to the fields of an offering, checked and kept with a hold or booking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.domain import checks
from holdfast.domain.answers import (
    Answer,
    answers_from,
    answers_in,
    changed_answers,
    kept_answers,
    parted,
    plain_answers,
    read_answers,
)
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import InputInvalid
from holdfast.domain.field_forms import fields_in
from holdfast.domain.fields import Field
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.engine.use_cases import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers as they are kept.

    Attributes:
        shown: Those that others may see too.
        private: Those of the business and its customer.
        metadata: What was said freely beside them, without the private answers that were in it.
    """

    shown: dict[str, object] = field(default_factory=dict)
    private: dict[str, object] = field(default_factory=dict)
    metadata: dict[str, object] = field(default_factory=dict)

    def by_name(self) -> dict[str, Any]:
        """Return them by the names of the fields of holds and bookings."""
        return {
            "answers": self.shown,
            "private_answers": self.private,
            "metadata": self.metadata,
        }


def answered(
    view: View, offering: Offering, given: Mapping[str, object], metadata: dict[str, object]
) -> Answers:
    """Return the answers of a new booking; what `metadata` says counts too.

    Raises:
        InputInvalid: An answer is wrong, missing or to nothing that was asked; all are named.
    """
    fields = _fields_of(offering)
    answers = answers_from(fields, given, patterns=view.patterns, metadata=metadata)
    return _kept(fields, answers, metadata)


def answered_early(
    view: View, offering: Offering, given: Mapping[str, object], metadata: dict[str, object]
) -> Answers:
    """Return the answers that are given with a hold; the others may come with the booking.

    Raises:
        InputInvalid: An answer is wrong, or to nothing that was asked.
    """
    fields = _fields_of(offering)
    asked = {one.key for one in fields}
    said = {**answers_in(metadata, fields), **given}
    touched = [one for one in fields if said.get(one.key) is not None]
    # Null is no answer yet; to what is not asked it is misspelt all the same.
    kept = {key: value for key, value in said.items() if value is not None or key not in asked}
    read = read_answers(touched, kept, patterns=view.patterns)
    checks.require(read.faults)
    return _kept(fields, read.answers, metadata)


def carried(
    offering: Offering,
    before: Hold | Booking,
    given: Mapping[str, object],
    metadata: Mapping[str, object],
) -> dict[str, object]:
    """Return what is said now, and of what was said before all that is still asked."""
    asked = {one.key for one in _fields_of(offering)}
    earlier = {**before.answers, **before.private_answers}
    still = {k: value for k, value in earlier.items() if k in asked and k not in metadata}
    return {**still, **given}


def answered_anew(
    view: View, offering: Offering | None, booking: Booking, changes: object
) -> Answers:
    """Return a booking's answers with some of them given anew; null withdraws one.

    Raises:
        InputInvalid: A change is wrong, withdraws what is required or answers nothing asked.
    """
    if not isinstance(changes, Mapping):
        raise InputInvalid.at("/answers", "wrong_type", "Give an object of answers by their keys.")
    checks.require([checks.metadata("/answers", changes)])
    fields = [] if offering is None else _fields_of(offering)
    before = kept_answers({**booking.answers, **booking.private_answers})
    answers = changed_answers(fields, before, changes, patterns=view.patterns)
    shown, private = parted(fields, answers, private=booking.private_answers)
    return Answers(shown=plain_answers(shown), private=plain_answers(private))


def _fields_of(offering: Offering) -> list[Field]:
    # They were sound when they were saved.
    return fields_in(offering.fields, pointer="/fields")[0]


def _kept(
    fields: list[Field], answers: Mapping[str, Answer], metadata: dict[str, object]
) -> Answers:
    shown, private = parted(fields, answers)
    rest = {key: value for key, value in metadata.items() if key not in private}
    return Answers(shown=plain_answers(shown), private=plain_answers(private), metadata=rest)
