"""The facade's feature of availability: what can be booked, what else, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from holdfast.domain.access import Scope
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    InputInvalid,
)
from holdfast.domain.ids import OfferingId
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.shapes import Shape
from holdfast.domain.verdicts import Verdict
from holdfast.engine.availability import (
    ALTERNATIVES,
    SUBJECTS_MAX,
    Availability,
    AvailabilityQuery,
    DailyAvailability,
    check,
    find_next,
    list_open_days,
    list_open_slots,
    with_alternatives,
)
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade.port import Port, in_utc
from holdfast.engine.holds import PlaceHold
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import get


def _asked(queries: Sequence[AvailabilityQuery]) -> list[AvailabilityQuery]:
    if not 1 <= len(queries) <= SUBJECTS_MAX:
        message = f"Ask for 1 to {SUBJECTS_MAX} offerings, resources and pools at a time."
        raise InputInvalid.at("/offering_id", "too_many" if queries else "missing", message)
    return [in_utc(query) for query in queries]


class AvailabilityAnswers:
    """What can be booked. An answer, never a stored thing."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def list(
        self,
        offering_id: OfferingId,
        *,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        party_size: int = 1,
    ) -> Availability:
        """List what of an offering is open, by default in the next seven days."""
        return self.answer(
            AvailabilityQuery(
                offering_id=offering_id, starts_at=starts_at, ends_at=ends_at, party_size=party_size
            )
        )

    def answer(self, query: AvailabilityQuery) -> Availability:
        """List what is open of an offering, or of a resource or pool by itself.

        Raises:
            InputInvalid: The question is malformed, or asks for more than 400 days.
            RecordNotFound: There is no such offering, resource or pool.
        """
        return self.answers([query])[0]

    def answers(self, queries: Sequence[AvailabilityQuery]) -> tuple[Availability, ...]:
        """List what is open of several things, in as many reads as for one of them.

        Raises:
            InputInvalid: A question is malformed, or asks for more than 400 days; or there are
                more than 50 of them.
            RecordNotFound: There is no such offering, resource or pool.
        """
        asked, port = _asked(queries), self._port
        return port.read(
            lambda store: tuple(
                list_open_slots(store, tenant_id=port.tenant_id, actor=port.actor, queries=asked)
            )
        )

    def by_day(self, query: AvailabilityQuery) -> DailyAvailability:
        """Say of each local date whether anything is open on it, how much, and from when.

        Raises:
            InputInvalid: The question is malformed, or asks for more than 400 days.
            RecordNotFound: There is no such offering, resource or pool.
        """
        return self.answers_by_day([query])[0]

    def answers_by_day(self, queries: Sequence[AvailabilityQuery]) -> tuple[DailyAvailability, ...]:
        """Say of each local date what is open of several things, in as many reads as for one.

        Raises:
            InputInvalid: A question is malformed, or asks for more than 400 days; or there are
                more than 50 of them.
            RecordNotFound: There is no such offering, resource or pool.
        """
        asked, port = _asked(queries), self._port
        return port.read(
            lambda store: tuple(
                list_open_days(store, tenant_id=port.tenant_id, actor=port.actor, queries=asked)
            )
        )

    def next(
        self,
        query: AvailabilityQuery,
        *,
        count: int = ALTERNATIVES,
        max_wait: timedelta | None = None,
    ) -> Availability:
        """Find the first things that could be booked, from the query's start on; maybe none.

        `max_wait` is how long after the beginning of the search they may begin.

        Raises:
            InputInvalid: The question is malformed.
            RecordNotFound: There is no such offering or resource.
        """
        query = in_utc(query)
        port = self._port
        return port.read(
            lambda store: find_next(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                query=query,
                count=count,
                max_wait=max_wait,
            )
        )

    def at_the_desk(self, query: AvailabilityQuery, *, max_wait: timedelta) -> Availability:
        """Find what staff may give to whoever stands there, notice set aside.

        It begins within a wait; or it has begun, no longer ago than the offering usually lasts, and
        is not over.

        Raises:
            AccessDenied: Only staff may set notice aside.
            InputInvalid: The question is malformed.
            RecordNotFound: There is no such offering.
        """
        port, asked = self._port, in_utc(query)
        port.actor.require(Scope.BOOKINGS_WRITE)

        def find(store: ReadStore) -> Availability:
            offering = get(store, Offering, asked.offering_id or "")
            is_slotted = offering.shape is Shape.SLOTS
            return find_next(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                query=asked,
                max_wait=max_wait,
                override=Override(reason="", notice=True),
                looks_back=offering.duration if is_slotted else timedelta(0),
            )

        return port.read(find)

    def check(self, choice: Choice, *, party_size: int = 1) -> Verdict:
        """Say whether a request could be booked now, and what else if not. Nothing is written.

        Raises:
            InputInvalid: The request is malformed, as a booking of it would be.
            RecordNotFound: There is no such offering, slot or resource.
        """
        return self._check(choice, party_size, is_explained=False)

    def explain(self, choice: Choice, *, party_size: int = 1) -> Verdict:
        """Say every reason for and against a request, resource by resource.

        Raises:
            InputInvalid: The request is malformed, as a booking of it would be.
            RecordNotFound: There is no such offering, slot or resource.
        """
        return self._check(choice, party_size, is_explained=True)

    def _check(self, choice: Choice, party_size: int, *, is_explained: bool) -> Verdict:
        choice = in_utc(choice)
        port = self._port
        return port.read(
            lambda store: check(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                choice=choice,
                party_size=party_size,
                is_explained=is_explained,
            )
        )

    def explained(self, choice: Choice, party_size: int, refusal: HoldfastError) -> HoldfastError:
        """Add alternatives to a refusal for shortage."""
        port = self._port
        return port.read(
            lambda store: with_alternatives(
                store,
                tenant_id=port.tenant_id,
                choice=choice,
                party_size=party_size,
                refusal=refusal,
            )
        )


def placed(
    port: Port,
    availability: AvailabilityAnswers,
    command: PlaceHold | PlaceBooking,
    idempotency_key: str | None,
) -> object:
    """Run what takes places of a choice; a refusal for shortage says what else would do.

    Raises:
        HoldfastError: It was refused, or could not be done.
    """
    command = in_utc(command)
    try:
        return port.run(command, idempotency_key)
    except (CapacityExceeded, AvailabilityClosed) as refusal:
        raise availability.explained(command.choice, command.party_size, refusal) from None
