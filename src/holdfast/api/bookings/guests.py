"""Guests on the wire: each person who comes with a booking."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.api.models import Body, Email, Line, LongText, Out, Phone
from holdfast.domain.guests import AGE_MAX, GUESTS_MAX, Guest


class GuestIn(Body):
    """One person who comes."""

    name: Line
    email: Email | None = None
    phone: Phone | None = None
    age: Annotated[int, Field(ge=0, le=AGE_MAX)] | None = None
    notes: LongText = ""

    def guest(self) -> Guest:
        """Return it as the engine takes it."""
        return Guest(
            name=self.name, email=self.email, phone=self.phone, age=self.age, notes=self.notes
        )


Guests = Annotated[list[GuestIn], Field(max_length=GUESTS_MAX)]


class GuestOut(Out):
    """One person who comes."""

    name: str
    email: str | None
    phone: str | None
    age: int | None
    notes: str

    @classmethod
    def of(cls, guest: Guest) -> GuestOut:
        """Show a guest."""
        return cls(
            name=guest.name, email=guest.email, phone=guest.phone, age=guest.age, notes=guest.notes
        )
