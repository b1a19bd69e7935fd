"""Walk-ins: whoever stands at the desk is booked and checked in at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain.access import Scope
from holdfast.domain.attending import completes_at, require_check_in_open
from holdfast.domain.bookings import Booking, BookingAction, transition
from holdfast.domain.overrides import Override
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details, make_booking, making_needs
from holdfast.engine.use_cases import Look, Needs, UseCase, View

SOURCE = "walk_in"
_INSTEAD = "Choose what begins about now, or book it without checking in."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceWalkIn:
    """Book what begins about now and check its guests in, in one step. Only staff may.

    Notice is not asked, and nobody has to approve it: staff are there. `override` is what else
    they set aside, with a reason.
    """

    choice: Choice
    party_size: int = 1
    details: Details = field(default_factory=Details)
    override: Override | None = None
    terms: Terms = NO_TERMS


def _needs(command: PlaceWalkIn, look: Look) -> Needs:
    return making_needs(look, command.choice, command.details, command.terms)


def _decide(view: View, command: PlaceWalkIn, now: datetime) -> Booking:
    override = command.override or Override(reason="walked in")
    booking = make_booking(
        view,
        command.choice,
        party_size=command.party_size,
        details=replace(command.details, source=SOURCE),
        override=replace(override, notice=True),
        terms=command.terms,
        is_approved=True,
        now=now,
    )
    require_check_in_open(booking, instead=_INSTEAD, now=now)
    status = transition(booking.status, BookingAction.CHECK_IN)
    due_at = completes_at(booking.policy, ends_at=booking.ends_at, has_come=True)
    there = view.update(booking, status=status, checked_in_at=now, completes_at=due_at)
    view.fact("booking.checked_in", there, number=there.number, at=now)
    return there


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        PlaceWalkIn: UseCase(
            "booking.walk_in", scopes=(Scope.BOOKINGS_WRITE,), needs=_needs, decide=_decide
        ),
    }
)
