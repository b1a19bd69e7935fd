"""Guests: each person who comes with a booking, as far as they were named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.domain import checks
from holdfast.domain.checks import Fault

AGE_MAX = 150
GUESTS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """One person who comes. Nothing has to be known of them but a name."""

    name: str
    email: str | None = None
    phone: str | None = None
    age: int | None = None
    notes: str = ""


def guest_faults(guests: Sequence[Guest], *, party_size: int) -> list[Fault | None]:
    """Say what is wrong with the guests of a party.

    >>> [fault.code for fault in guest_faults([Guest(name="Ada")] * 2, party_size=1) if fault]
    ['too_many']
    """
    if len(guests) > min(party_size, GUESTS_MAX):
        most = f"At most {GUESTS_MAX} are kept." if party_size > GUESTS_MAX else ""
        message = f"{len(guests)} guests are named for a party of {party_size}. {most}".strip()
        return [checks.fault("/guests", "too_many", message)]
    return [fault for i, guest in enumerate(guests) for fault in _faults_of(f"/guests/{i}", guest)]


def _faults_of(pointer: str, guest: Guest) -> list[Fault | None]:
    return [
        checks.line(f"{pointer}/name", guest.name, shortest=1),
        checks.email(f"{pointer}/email", guest.email),
        checks.phone(f"{pointer}/phone", guest.phone),
        checks.whole(f"{pointer}/age", guest.age, least=0, most=AGE_MAX),
        checks.text(f"{pointer}/notes", guest.notes),
    ]
