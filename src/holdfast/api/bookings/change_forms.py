"""Forms of what happens to a booking once it is made: changes, moves, its day, a rating."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, ClassVar

from pydantic import Field

from holdfast.api.bookings.guests import Guests
from holdfast.api.choices import Dates, OverrideIn, said_dates
from holdfast.api.models import (
    AResourceId,
    ASlotId,
    Body,
    ContactIn,
    Instant,
    Line,
    LocalDay,
    LongText,
    MaybeEmptyLine,
    Metadata,
    Patch,
    Units,
    Word,
)
from holdfast.api.pricing import TicketsList, tickets_of
from holdfast.api.turns import Turn
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.offerings import COMPONENTS_MAX
from holdfast.engine.changing import RATING_MAX
from holdfast.engine.choosing import PICKS_MAX
from holdfast.engine.moving import Move

_TURNS = MappingProxyType(
    {
        "contact": Turn("contact", lambda value: value.contact()),
        "tickets": Turn("tickets", tickets_of),
        "guests": Turn("guests", lambda value: tuple(guest.guest() for guest in value)),
    }
)


class ChangeBookingIn(Patch):
    """What to change. Publishable keys may change neither `internal_note` nor `reference`.

    Other `tickets` are taken of their tiers and priced anew; as many come as there are, unless
    `party_size` is said too. Of `answers` only those named change, and null withdraws one.
    An `override` sets aside what stands in the way of another party size; only staff send one.
    """

    turns: ClassVar = _TURNS

    contact: ContactIn = ContactIn()
    note: LongText = ""
    guests: Guests = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict)
    answers: Metadata = Field(default_factory=dict)
    party_size: Units = 1
    tickets: TicketsList = Field(default_factory=list)
    internal_note: LongText = ""
    reference: Line | None = None
    override: OverrideIn | None = None

    def said(self) -> dict[str, object]:
        """Return what is to be changed; an override only says how."""
        return {name: value for name, value in self.changes().items() if name != "override"}


class MoveIn(Body):
    """What is to be different; what is not said stays.

    The new time is one of: a `slot_id` of the same offering; `starts_at` of another slot; of a
    free time `starts_at`, which keeps the length, `ends_at`, or both; `dates`, `first_on` and
    `last_on`, or `check_in_on` and `check_out_on`. `resource_ids` name who is to serve, an empty
    list anybody; `resource_id` is another one for what was booked by itself. `tickets` are all of
    them anew, and as many come as there are unless `party_size` says so.
    """

    slot_id: ASlotId | None = None
    resource_id: AResourceId | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    dates: Dates | None = None
    first_on: LocalDay | None = None
    last_on: LocalDay | None = None
    check_in_on: LocalDay | None = None
    check_out_on: LocalDay | None = None
    resource_ids: Annotated[list[AResourceId], Field(max_length=PICKS_MAX)] | None = None
    components: Annotated[list[Line], Field(max_length=COMPONENTS_MAX)] | None = None
    party_size: Units | None = None
    tickets: TicketsList | None = None

    def move(self) -> Move:
        """Return it as the engine takes it.

        Raises:
            InputInvalid: It says the time in two ways, or a date twice.
        """
        return Move(
            slot_id=self.slot_id,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            dates=said_dates(self),
            is_by_nights=self.check_in_on is not None,
            resource_id=self.resource_id,
            picks=None if self.resource_ids is None else tuple(self.resource_ids),
            components=None if self.components is None else tuple(self.components),
            party_size=self.party_size,
            tickets=None if self.tickets is None else tickets_of(self.tickets),
        )


class RescheduleBookingIn(MoveIn):
    """What is to be different, said as for `MoveIn`.

    Only staff may send `keeps_price` and an `override`.
    """

    keeps_price: bool = False
    override: OverrideIn | None = None
    reason: LongText | None = None


class RateBookingIn(Body):
    """How it was, from 1 to 5 and in words, and how somebody came to book."""

    rating: Annotated[int, Field(ge=1, le=RATING_MAX)] | None = None
    feedback: LongText = ""
    referral_source: MaybeEmptyLine = ""


class CheckInIn(Body):
    """Nothing has to be said in time; outside of the policy's window, say the `reason`."""

    reason: LongText | None = None


class ReassignBookingIn(Body):
    """Whether somebody who was asked for by name may be replaced too, and why."""

    drops_wishes: bool = False
    reason: LongText | None = None


class EndBookingIn(Body):
    """How it went. `gives_back` frees the places at once, not only when their time is over."""

    gives_back: bool = False
    reason: LongText | None = None


class UndoBookingIn(Body):
    """What to take back: with `only_if_status` nothing, if the booking is in another status."""

    only_if_status: Word[BookingStatus] | None = None
    reason: LongText | None = None
