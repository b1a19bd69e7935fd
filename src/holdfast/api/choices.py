"""Choices: what is to be booked, in every form that a request may say it, as one `Choice`.

A slot is named by its id. An offering, or a resource by itself, is named with a time: the start of
a slot, a start and an end, single dates, a first and a last date, or a check-in and a check-out.
Dates on the wire are inclusive, but for the check-out, on whose date no night begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator, Field

from holdfast.api.models import (
    AnOfferingId,
    AResourceId,
    ASlotId,
    Body,
    Instant,
    Line,
    LocalDay,
    Out,
    Query,
    QueryInstant,
    QueryWhole,
    T,
    Units,
)
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import InputInvalid
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import COMPONENTS_MAX
from holdfast.domain.overrides import Override
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.domain.shapes import DATES_MAX, dates_between
from holdfast.engine.choosing import PICKS_MAX, Choice

_DAY = timedelta(days=1)
Dates = Annotated[list[LocalDay], Field(min_length=1, max_length=DATES_MAX)]


def _split(value: object) -> object:
    if isinstance(value, list):
        return tuple(part for text in value for part in str(text).split(",") if part)
    return value


Several = Annotated[tuple[T, ...], Field(max_length=PICKS_MAX), BeforeValidator(_split)]
"""Values of a query: the parameter repeated, or with commas."""


class OverrideIn(Body):
    """What staff set aside for one request, and why; it is recorded with what it allows."""

    reason: Line
    closed: bool = False
    notice: bool = False
    capacity: bool = False
    limits: bool = False

    def override(self) -> Override:
        """Return it as the engine takes it."""
        return Override(
            reason=self.reason,
            closed=self.closed,
            notice=self.notice,
            capacity=self.capacity,
            limits=self.limits,
        )


class OverrideOut(Out):
    """What staff set aside for a booking, and why."""

    reason: str
    closed: bool
    notice: bool
    capacity: bool
    limits: bool

    @classmethod
    def of(cls, override: Override) -> OverrideOut:
        """Show an override."""
        return cls(
            reason=override.reason,
            closed=override.closed,
            notice=override.notice,
            capacity=override.capacity,
            limits=override.limits,
        )


class ChoiceIn(Body):
    """What is to be booked, for how many.

    Name a `slot_id` alone; or an `offering_id`, or a `resource_id` that is booked by itself, with
    one of: `starts_at` (of a slot), `starts_at` and `ends_at` (a free start and end), `dates`,
    `first_on` and `last_on` (both included), or for nights `check_in_on` and `check_out_on`.
    `quantity` is another word for `party_size`. `resource_ids` are wished for by name where any of
    several would serve; `components` are the chosen parts of the offering, by their keys.
    """

    slot_id: ASlotId | None = None
    offering_id: AnOfferingId | None = None
    resource_id: AResourceId | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    dates: Dates | None = None
    first_on: LocalDay | None = None
    last_on: LocalDay | None = None
    check_in_on: LocalDay | None = None
    check_out_on: LocalDay | None = None
    party_size: Units = 1
    quantity: Units | None = None
    resource_ids: Annotated[list[AResourceId], Field(max_length=PICKS_MAX)] = Field(
        default_factory=list
    )
    components: Annotated[list[Line], Field(max_length=COMPONENTS_MAX)] = Field(
        default_factory=list
    )

    def choice(self) -> Choice:
        """Return it as the engine takes it.

        Raises:
            InputInvalid: It does not say exactly one thing.
        """
        self._require_one_thing()
        self._require_one_time()
        for name in ("resource_ids", "components"):
            _require_once(f"/{name}", getattr(self, name))
        return Choice(
            slot_id=self.slot_id,
            offering_id=self.offering_id,
            resource_id=self.resource_id,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            dates=said_dates(self),
            is_by_nights=self.check_in_on is not None,
            picks=tuple(self.resource_ids),
            components=tuple(self.components),
        )

    @property
    def size(self) -> int:
        """For how many it is.

        Raises:
            InputInvalid: It is said twice.
        """
        if self.quantity is None:
            return self.party_size
        if "party_size" in self.model_fields_set:
            message = "'quantity' is another word for 'party_size': give one of them."
            raise InputInvalid.at("/quantity", "two_forms", message)
        return self.quantity

    def _given(self, *names: str) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]

    def _require_one_thing(self) -> None:
        named = self._given("slot_id", "offering_id", "resource_id")
        if len(named) == 1:
            return
        message = "Say what to book: one of slot_id, offering_id and resource_id."
        raise InputInvalid.at(f"/{named[1] if named else 'slot_id'}", "slot_choice", message)

    def _require_one_time(self) -> None:
        timed = self._given("starts_at", "ends_at")
        listed = self._given("dates")
        ranged = self._given("first_on", "last_on")
        nights = self._given("check_in_on", "check_out_on")
        forms = [form for form in (timed, listed, ranged, nights) if form]
        if self.slot_id is not None and forms:
            message = "A slot_id says when: leave the time out, or name the offering instead."
            raise InputInvalid.at(f"/{forms[0][0]}", "slot_choice", message)
        if self.slot_id is None and not forms:
            message = (
                "Say when: starts_at (and ends_at), dates, first_on and last_on, or check_in_on and"
                " check_out_on."
            )
            raise InputInvalid.at("/starts_at", "slot_choice", message)
        if len(forms) > 1:
            message = f"Say when in one way: '{forms[0][0]}' and '{forms[1][0]}' are two."
            raise InputInvalid.at(f"/{forms[1][0]}", "two_forms", message)
        if timed == ["ends_at"]:
            message = "An end needs a start: give starts_at too."
            raise InputInvalid.at("/starts_at", "missing", message)


class PartyQuery(Query):
    """For how many, how long and with what: parameters that questions of availability share."""

    party_size: Annotated[QueryWhole, Field(ge=1, le=CAPACITY_MAX)] = 1
    quantity: Annotated[QueryWhole | None, Field(ge=1, le=CAPACITY_MAX)] = None
    resource_ids: Several[AResourceId] = ()
    components: Several[Line] = ()

    @property
    def size(self) -> int:
        """For how many it is.

        Raises:
            InputInvalid: It is said twice.
        """
        if self.quantity is None:
            return self.party_size
        if "party_size" in self.model_fields_set:
            message = "'quantity' is another word for 'party_size': give one of them."
            raise InputInvalid.at("/quantity", "two_forms", message)
        return self.quantity


class ChoiceQuery(PartyQuery):
    """What is to be booked, as a query; see `ChoiceIn` for what goes together."""

    slot_id: ASlotId | None = None
    offering_id: AnOfferingId | None = None
    resource_id: AResourceId | None = None
    starts_at: QueryInstant | None = None
    ends_at: QueryInstant | None = None
    dates: Annotated[Several[LocalDay], Field(max_length=DATES_MAX)] = ()
    first_on: LocalDay | None = None
    last_on: LocalDay | None = None
    check_in_on: LocalDay | None = None
    check_out_on: LocalDay | None = None

    def choice(self) -> Choice:
        """Return it as the engine takes it.

        Raises:
            InputInvalid: It does not say exactly one thing.
        """
        given = {name: getattr(self, name) for name in ChoiceIn.model_fields}
        given["dates"] = list(self.dates) or None
        given["resource_ids"], given["components"] = list(self.resource_ids), list(self.components)
        return ChoiceIn.model_construct(**given).choice()


class DatesSaid(Protocol):
    """A body that says dates one by one, by the first and the last, or by check-in and out."""

    dates: list[date] | None
    first_on: date | None
    last_on: date | None
    check_in_on: date | None
    check_out_on: date | None


def said_dates(said: DatesSaid) -> tuple[date, ...]:
    """Return the dates that a body says; none, if it says none.

    Raises:
        InputInvalid: One of a pair is missing, they are in the wrong order, or one is said twice.
    """
    for first, last in (("first_on", "last_on"), ("check_in_on", "check_out_on")):
        given = [name for name in (first, last) if getattr(said, name) is not None]
        if len(given) == 1:
            missing = last if given == [first] else first
            message = f"'{given[0]}' needs '{missing}' beside it."
            raise InputInvalid.at(f"/{missing}", "missing", message)
    if said.dates is not None:
        _require_once("/dates", said.dates)
        return tuple(said.dates)
    first_on, last_on, pointer = said.first_on, said.last_on, "/last_on"
    if said.check_in_on is not None and said.check_out_on is not None:
        first_on, last_on = said.check_in_on, said.check_out_on - _DAY
        pointer = "/check_out_on"
    if first_on is None or last_on is None:
        return ()
    if last_on < first_on:
        message = "The last date comes before the first."
        if pointer == "/check_out_on":
            message = "The check-out has to come after the check-in."
        raise InputInvalid.at(pointer, "reversed", message)
    if (last_on - first_on).days >= DATES_MAX:
        message = f"Ask for at most {DATES_MAX} dates at a time."
        raise InputInvalid.at(pointer, "too_many", message)
    return dates_between(first_on, last_on)


def _require_once(pointer: str, values: Sequence[object]) -> None:
    for i, value in enumerate(values):
        if value in values[:i]:
            message = f"'{value}' stands here twice."
            raise InputInvalid.at(f"{pointer}/{i}", "twice", message)


def chosen(record: Hold | Booking) -> dict[str, Any]:
    """Return what a hold or booking was chosen by, as it is shown."""
    return {
        "offering_id": record.offering_id,
        "resource_id": record.resource_id,
        "slot_id": record.slot_id,
        "starts_at": record.starts_at,
        "ends_at": record.ends_at,
        "dates": list(record.dates),
        "party_size": record.party_size,
        "resource_ids": list(record.picks),
        "components": list(record.components),
    }
