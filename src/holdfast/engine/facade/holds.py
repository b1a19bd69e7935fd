"""The facade's feature of holds: places kept for a short while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from holdfast.domain.access import Scope
from holdfast.domain.customers import Contact
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import HoldId, OfferingId, ResourceId, SlotId
from holdfast.domain.overrides import Override
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.engine.choosing import Choice
from holdfast.engine.facade.availability import AvailabilityAnswers, placed
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.holds import ExtendHold, PlaceHold, ReleaseHold, ReleaseHoldsOfClient
from holdfast.engine.ownership import own_in
from holdfast.engine.ports import Comparison, Filter
from holdfast.engine.reading import Page, PageRequest, page

_FIRST_PAGE = PageRequest()
_NOBODY = Contact()


class Holds:
    """Places kept for a short while."""

    def __init__(self, port: Port, availability: AvailabilityAnswers) -> None:
        self._port = port
        self._availability = availability

    def place(
        self,
        *,
        slot_id: SlotId | None = None,
        offering_id: OfferingId | None = None,
        starts_at: datetime | None = None,
        choice: Choice | None = None,
        party_size: int = 1,
        ttl: timedelta | None = None,
        client_key: str | None = None,
        contact: Contact = _NOBODY,
        metadata: Mapping[str, object] | None = None,
        override: Override | None = None,
        terms: Terms = NO_TERMS,
        answers: Mapping[str, object] | None = None,
        instead_of: HoldId | None = None,
        idempotency_key: str | None = None,
    ) -> Hold:
        """Keep places: of a slot, of the offering's slot that starts then, or of any `choice`.

        A hold that it is `instead_of` is given back in the same step, or kept if it is refused.

        Raises:
            CapacityExceeded: Too little is left; `alternatives` are slots that would do.
            AvailabilityClosed: Nothing is open then.
            PolicyRefused: Too late, too early, too many or too few people.
            RecordNotFound: There is no such offering or slot.
            InputInvalid: The request is malformed.
        """
        command = PlaceHold(
            choice=choice or Choice(slot_id=slot_id, offering_id=offering_id, starts_at=starts_at),
            party_size=party_size,
            ttl=ttl,
            client_key=client_key,
            contact=contact,
            metadata=dict(metadata or {}),
            override=override,
            terms=terms,
            answers=dict(answers or {}),
            instead_of=instead_of,
        )
        return result_of(Hold, placed(self._port, self._availability, command, idempotency_key))

    def extend(
        self, hold_id: HoldId, *, ttl: timedelta | None = None, if_version: int | None = None
    ) -> Hold:
        """Keep the places longer. See `ExtendHold`."""
        command = ExtendHold(hold_id=hold_id, ttl=ttl, if_version=if_version)
        return result_of(Hold, self._port.run(command))

    def release(self, hold_id: HoldId, *, if_version: int | None = None) -> Hold:
        """Give the places back."""
        return result_of(Hold, self._port.run(ReleaseHold(hold_id=hold_id, if_version=if_version)))

    def release_all(self, client_key: str) -> tuple[Hold, ...]:
        """Give back everything that one client key holds."""
        released = self._port.run(ReleaseHoldsOfClient(client_key=client_key))
        assert isinstance(released, tuple)
        return released

    def get(self, hold_id: HoldId) -> Hold:
        """Return a hold.

        Raises:
            RecordNotFound: There is none, or it is somebody else's.
        """
        actor = self._port.actor
        actor.require(Scope.HOLDS_OWN, Scope.HOLDS_ANY, Scope.BOOKINGS_READ)
        return self._port.read(lambda store: own_in(store, actor, Hold, hold_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        statuses: Sequence[HoldStatus] = (),
        offering_id: OfferingId | None = None,
        resource_id: ResourceId | None = None,
        client_key: str | None = None,
    ) -> Page[Hold]:
        """Return a page of holds, newest first; `resource_id` finds those without an offering."""
        self._port.actor.require(Scope.HOLDS_ANY, Scope.BOOKINGS_READ)
        filters = []
        if statuses:
            filters.append(Filter("status", Comparison.ONE_OF, tuple(statuses)))
        if offering_id is not None:
            filters.append(Filter("offering_id", Comparison.EQUAL, offering_id))
        if resource_id is not None:
            filters.append(Filter("resource_id", Comparison.EQUAL, resource_id))
        if client_key is not None:
            filters.append(Filter("client_key", Comparison.EQUAL, client_key))
        return self._port.read(
            lambda store: page(
                store, Hold, request, order_by="created_at", is_descending=True, filters=filters
            )
        )
