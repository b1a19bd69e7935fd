"""The facade's feature of availability: what can be booked, what else, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from holdfast.domain.access import Scope
from holdfast.domain.errors import (
    Alternative,
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    InputInvalid,
)
from holdfast.domain.ids import OfferingId
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.shapes import Shape
from holdfast.domain.terms import Tickets
from holdfast.domain.verdicts import Verdict
from holdfast.engine.availability import (
    ALTERNATIVES,
    SUBJECTS_MAX,
    Availability,
    AvailabilityQuery,
    DailyAvailability,
    Prospect,
    check,
    find_next,
    list_open_days,
    list_open_slots,
    with_alternatives,
)
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice, Target, choose
from holdfast.engine.facade.port import Port, in_utc
from holdfast.engine.facade.vetoes import Vetoes
from holdfast.engine.holds import PlaceHold
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import get
from holdfast.engine.snapshots import look_up


def _asked(queries: Sequence[AvailabilityQuery]) -> list[AvailabilityQuery]:
    if not 1 <= len(queries) <= SUBJECTS_MAX:
        message = f"Ask for 1 to {SUBJECTS_MAX} offerings, resources and pools at a time."
        raise InputInvalid.at("/offering_id", "too_many" if queries else "missing", message)
    return [in_utc(query) for query in queries]


class AvailabilityAnswers:
    """What can be booked. An answer, never a stored thing."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._vetoes = Vetoes(port)

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
        found = port.read(
            lambda store: list_open_slots(
                store, tenant_id=port.tenant_id, actor=port.actor, queries=asked
            )
        )
        return tuple(map(self._vetoes.listed, found, asked))

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
        look = partial(list_open_days, tenant_id=port.tenant_id, actor=port.actor, queries=asked)
        if not self._vetoes.are_asked:
            return tuple(port.read(look))
        each = partial(list_open_slots, tenant_id=port.tenant_id, actor=port.actor, queries=asked)
        days, slots = port.read(lambda store: (look(store), each(store)))
        return tuple(map(self._vetoes.by_day, days, slots, asked))

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
        port = self._port

        def look(asked: AvailabilityQuery, most: int) -> Availability:
            return port.read(
                lambda store: find_next(
                    store,
                    tenant_id=port.tenant_id,
                    actor=port.actor,
                    query=asked,
                    count=most,
                    max_wait=max_wait if asked is query else None,
                )
            )

        query = in_utc(query)
        return self._vetoes.found(look, query, count=count)

    def at_the_desk(
        self,
        query: AvailabilityQuery,
        *,
        count: int = ALTERNATIVES,
        max_wait: timedelta | None = None,
    ) -> Availability:
        """Find what staff may give to whoever stands there, notice set aside.

        It begins within a wait; or it has begun, no longer ago than the offering usually lasts, and
        is not over.

        Raises:
            AccessDenied: Only staff may set notice aside.
            InputInvalid: The question is malformed.
            RecordNotFound: There is no such offering, resource or pool.
        """
        port, asked = self._port, in_utc(query)
        port.actor.require(Scope.BOOKINGS_WRITE)

        def find(store: ReadStore) -> Availability:
            looks_back = timedelta(0)
            if asked.offering_id is not None:
                offering = get(store, Offering, asked.offering_id)
                looks_back = offering.duration if offering.shape is Shape.SLOTS else looks_back
            return find_next(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                query=asked,
                count=count,
                max_wait=max_wait,
                override=Override(reason="", notice=True),
                looks_back=looks_back,
            )

        return self._vetoes.listed(port.read(find), asked)

    def check(
        self, choice: Choice, *, party_size: int = 1, prospect: Prospect | None = None
    ) -> Verdict:
        """Say whether a request could be booked now, and what else if not. Nothing is written.

        With a `prospect` its promo codes and tickets and the customer's limits are asked as well.
        What the offering's fields ask, and what hooks say, is only known when it is booked.

        Raises:
            InputInvalid: The request is malformed, as a booking of it would be.
            RecordNotFound: There is no such offering, slot or resource.
        """
        return self._check(choice, party_size, prospect=prospect, is_explained=False)

    def explain(self, choice: Choice, *, party_size: int = 1) -> Verdict:
        """Say every reason for and against a request, resource by resource.

        Raises:
            InputInvalid: The request is malformed, as a booking of it would be.
            RecordNotFound: There is no such offering, slot or resource.
        """
        return self._check(choice, party_size, prospect=None, is_explained=True)

    def _check(
        self, choice: Choice, party_size: int, *, prospect: Prospect | None, is_explained: bool
    ) -> Verdict:
        choice = in_utc(choice)
        port = self._port
        verdict = port.read(
            lambda store: check(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                choice=choice,
                party_size=party_size,
                prospect=prospect,
                is_explained=is_explained,
            )
        )
        if not self._vetoes.are_asked:
            return verdict
        return self._after_vetoes(choice, party_size, verdict)

    def _after_vetoes(self, choice: Choice, party_size: int, verdict: Verdict) -> Verdict:
        """Return a verdict that counts a veto of the time among its reasons."""
        target = self._target(choice)
        time = Interval(starts_at=target.stay.starts_at, ends_at=target.stay.ends_at)
        resource_id = None if target.resource is None else target.resource.resource_id
        offering_id = target.offering_id
        if not self._vetoes.among([time], offering_id=offering_id, resource_id=resource_id):
            return verdict
        message = "The business is not free then. Choose another time."
        veto: HoldfastError = AvailabilityClosed(message, reason="vetoed")
        if verdict.refusal is None:
            veto = self.explained(choice, party_size, veto)
        found = cast("tuple[Alternative, ...]", veto.fields.get("alternatives", ()))
        return replace(
            verdict,
            can_book=False,
            refusal=verdict.refusal or veto,
            reasons=(*verdict.reasons, veto),
            alternatives=verdict.alternatives or found,
        )

    def explained(
        self,
        choice: Choice,
        party_size: int,
        refusal: HoldfastError,
        tickets: Sequence[Tickets] = (),
    ) -> HoldfastError:
        """Add alternatives to a refusal for shortage: such as have the same tickets left."""
        port = self._port
        explained = port.read(
            lambda store: with_alternatives(
                store,
                tenant_id=port.tenant_id,
                choice=choice,
                party_size=party_size,
                refusal=refusal,
                tickets=tickets,
            )
        )
        if not explained.fields.get("alternatives") or not self._vetoes.are_asked:
            return explained
        return self._vetoes.without(explained, self._target(choice).offering_id)

    def _target(self, choice: Choice) -> Target:
        port = self._port
        return port.read(
            lambda store: look_up(
                store,
                lambda look: choose(look, choice),
                tenant_id=port.tenant_id,
                actor=port.actor,
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
        raise availability.explained(
            command.choice, command.party_size, refusal, command.terms.tickets
        ) from None
