"""The facade's feature of waitlists: who waits for what, and their invitations."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.ids import OfferingId, WaitlistEntryId
from holdfast.domain.waitlists import (
    InLine,
    WaitlistEntry,
    WaitlistStatus,
    Wishes,
    in_order,
)
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.making import Details
from holdfast.engine.ownership import own_in
from holdfast.engine.ports import Comparison, Filter, ReadStore
from holdfast.engine.reading import Page, PageRequest, page, where
from holdfast.engine.records import record_of
from holdfast.engine.waitlist import (
    WAIT_SCOPES,
    AcceptInvitation,
    DeclineInvitation,
    JoinWaitlist,
    LeaveWaitlist,
)

_FIRST_PAGE = PageRequest()
_ANYTHING = Wishes()


class Waitlist:
    """Those who wait for a place."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def join(
        self,
        offering_id: OfferingId,
        *,
        party_size: int = 1,
        wishes: Wishes = _ANYTHING,
        components: tuple[str, ...] = (),
        priority: int = 0,
        details: Details,
        idempotency_key: str | None = None,
    ) -> InLine:
        """Wait for a place; returns the entry, with its number, and its position in line.

        Raises:
            AvailabilityClosed: The offering has no waitlist, or is not offered.
            PolicyRefused: Too many or too few guests, or too many wait already.
            AccessDenied: Only staff may give a priority.
            RecordNotFound: There is no such offering.
            InputInvalid: The request is malformed.
        """
        command = JoinWaitlist(
            offering_id=offering_id,
            party_size=party_size,
            wishes=wishes,
            components=components,
            priority=priority,
            details=details,
        )
        entry = result_of(WaitlistEntry, record_of(self._port.run(command, idempotency_key)))
        return self.get(entry.entry_id)

    def leave(self, entry_id: WaitlistEntryId, *, if_version: int | None = None) -> WaitlistEntry:
        """Wait no longer. Leaving again changes nothing.

        Raises:
            TransitionNotAllowed: It has become a booking.
        """
        command = LeaveWaitlist(entry_id=entry_id, if_version=if_version)
        return result_of(WaitlistEntry, self._port.run(command))

    def accept(
        self,
        entry_id: WaitlistEntryId,
        *,
        details: Details | None = None,
        idempotency_key: str | None = None,
    ) -> Booking:
        """Say yes to an invitation. See `AcceptInvitation`.

        Raises:
            InvitationExpired: Its time is over.
            TransitionNotAllowed: There is no invitation.
            AvailabilityClosed: What it is for was closed meanwhile.
        """
        command = AcceptInvitation(entry_id=entry_id, details=details or Details())
        return result_of(Booking, self._port.run(command, idempotency_key))

    def decline(self, entry_id: WaitlistEntryId, *, if_version: int | None = None) -> WaitlistEntry:
        """Say no to an invitation; its places go to the next in line.

        Raises:
            TransitionNotAllowed: There is no invitation.
        """
        command = DeclineInvitation(entry_id=entry_id, if_version=if_version)
        return result_of(WaitlistEntry, self._port.run(command))

    def get(self, entry_id: WaitlistEntryId) -> InLine:
        """Return an entry and its position among those who wait.

        Raises:
            RecordNotFound: There is none, or it is somebody else's.
        """
        actor = self._port.actor
        actor.require(*WAIT_SCOPES, Scope.BOOKINGS_READ)

        def find(store: ReadStore) -> InLine:
            entry = own_in(store, actor, WaitlistEntry, entry_id)
            return InLine(entry=entry, position=_positions(store, [entry]).get(entry_id))

        return self._port.read(find)

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        offering_id: OfferingId | None = None,
        statuses: tuple[WaitlistStatus, ...] = (),
    ) -> Page[InLine]:
        """Return a page of entries with their positions, by when they joined."""
        self._port.actor.require(Scope.BOOKINGS_READ)
        filters = []
        if offering_id is not None:
            filters.append(Filter("offering_id", Comparison.EQUAL, offering_id))
        if statuses:
            filters.append(Filter("status", Comparison.ONE_OF, statuses))

        def find(store: ReadStore) -> Page[InLine]:
            found = page(store, WaitlistEntry, request, order_by="created_at", filters=filters)
            positions = _positions(store, found.items)
            lines = [
                InLine(entry=entry, position=positions.get(entry.entry_id)) for entry in found.items
            ]
            return Page(items=tuple(lines), next_after=found.next_after)

        return self._port.read(find)


def _positions(
    store: ReadStore, entries: tuple[WaitlistEntry, ...] | list[WaitlistEntry]
) -> Mapping[WaitlistEntryId, int]:
    """Return who is where in line, in the lines of some entries."""
    waiting = {it.offering_id for it in entries if it.status is WaitlistStatus.WAITING}
    return {
        entry.entry_id: position
        for offering_id in sorted(waiting)
        for position, entry in enumerate(
            in_order(where(store, WaitlistEntry, "offering_id", offering_id)), 1
        )
    }
