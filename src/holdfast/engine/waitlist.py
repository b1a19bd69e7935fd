"""Waitlists: join, leave, accept or decline an invitation, and what time ends by itself.

Whoever changes who waits for an offering holds the lock of its waitlist, so that the order, the
positions and the limits are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim, waitlist_key
from holdfast.domain.customers import Contact
from holdfast.domain.errors import (
    AccessDenied,
    AvailabilityClosed,
    InputInvalid,
    LimitReached,
    PartySizeRefused,
    RecordNotFound,
)
from holdfast.domain.holds import AssignedResource
from holdfast.domain.ids import BookingId, OfferingId, WaitlistEntryId
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.policies_in_force import policy_in_force
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.scenes import (
    chosen_components,
    every_requirement,
    is_claimed_by_slot,
    requirements_of,
    unknown_component,
)
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.domain.strategies import candidate_ids
from holdfast.domain.tenants import Tenant
from holdfast.domain.terms import NO_TERMS
from holdfast.domain.verdicts import largest_party
from holdfast.domain.waitlists import (
    WAIT_DAYS_MAX,
    WAITING_MAX,
    WAITING_PER_CUSTOMER_MAX,
    InLine,
    WaitlistAction,
    WaitlistEntry,
    WaitlistStatus,
    Wishes,
    entry_faults,
    is_over,
    position_of,
    transition,
)
from holdfast.domain.zones import day_interval, zone
from holdfast.engine.choosing import target_of
from holdfast.engine.customer_limits import limit_needs
from holdfast.engine.ending import back_in_line
from holdfast.engine.making import (
    Agreed,
    Details,
    buyer_of,
    hand_over,
    require_agreeable,
    require_details,
    require_readable,
    waiting_of,
    write_booking,
)
from holdfast.engine.ownership import own_entry
from holdfast.engine.people import find_customer_reads, find_or_add_customer
from holdfast.engine.ports import ById, Where
from holdfast.engine.releasing import keeping_needs, release, release_needs, require_in_use
from holdfast.engine.staging import members_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

WAIT_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinWaitlist:
    """Wait for a place. Only staff may give a priority; the higher one goes first."""

    offering_id: OfferingId
    party_size: int = 1
    wishes: Wishes = field(default_factory=Wishes)
    components: tuple[str, ...] = ()
    priority: int = 0
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveWaitlist:
    """Wait no longer. What was kept goes to the next in line."""

    entry_id: WaitlistEntryId
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineInvitation:
    """Say no to an invitation; its places go to the next in line."""

    entry_id: WaitlistEntryId
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInvitation:
    """Say yes to an invitation: it becomes a booking. Saying it again gives the same booking.

    What is not said in `details` is as it was when joining.
    """

    entry_id: WaitlistEntryId
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWaiting:
    """Record what time has ended: an invitation, a wish, or the gathering of places."""

    entry_id: WaitlistEntryId


def _join_needs(command: JoinWaitlist, look: Look) -> Needs:
    require_readable(command.details)
    offering_id = command.offering_id
    look.want(
        ById(Tenant, look.tenant_id),
        ById(Offering, offering_id),
        Where(WaitlistEntry, "offering_id", offering_id),
        *find_customer_reads(command.details.contact, command.details.customer_id),
    )
    offering = look.get(Offering, offering_id)
    members_of(look, list(every_requirement(offering)))
    _largest_party(look, offering, command)
    return Needs.of(guards=[waitlist_key(offering_id)])


def _join(view: View, command: JoinWaitlist, now: datetime) -> InLine:
    offering = view.get(Offering, command.offering_id)
    _require_open(view, offering, command)
    details = command.details
    # A shop's order tells nobody whom to invite.
    require_details(replace(details, external_order_id=None))
    customer = find_or_add_customer(view, details.contact, details.customer_id)
    entry = WaitlistEntry(
        entry_id=WaitlistEntryId(view.new_id("wle")),
        number=view.new_booking_number(),
        status=WaitlistStatus.WAITING,
        offering_id=command.offering_id,
        party_size=command.party_size,
        wishes=_with_an_end(view, offering, command.wishes, now=now),
        components=command.components,
        priority=command.priority,
        passed_count=0,
        customer_id=customer.customer_id if customer else None,
        contact=details.contact,
        is_vouched=details.customer_id is not None and Scope.BOOKINGS_WRITE in view.actor.scopes,
        note=details.note,
        metadata=details.metadata,
        placed_by=view.actor.actor_id,
        invited_at=None,
        expires_at=None,
        booking_id=None,
        created_at=now,
        version=1,
    )
    checks.require(entry_faults(entry, now=now))
    line = view.where(WaitlistEntry, "offering_id", command.offering_id)
    if len(line) >= WAITING_MAX:
        message = f"{WAITING_MAX} wait for '{offering.name}' already. Try again later."
        raise LimitReached(message, limit=WAITING_MAX, actual=len(line))
    mine = sum(one.customer_id == entry.customer_id for one in line)
    if entry.customer_id is not None and mine >= WAITING_PER_CUSTOMER_MAX:
        message = f"You wait for '{offering.name}' {mine} times already. Leave one first."
        raise LimitReached(message, limit=WAITING_PER_CUSTOMER_MAX, actual=mine)
    view.insert(entry)
    view.fact("waitlist_entry.joined", entry, number=entry.number, offering_id=entry.offering_id)
    return InLine(entry=entry, position=position_of(entry.entry_id, [*line, entry]))


def _require_open(view: View, offering: Offering, command: JoinWaitlist) -> None:
    """Refuse to wait for what nobody will ever be invited to.

    Raises:
        RecordNotFound: The offering is gone.
        AvailabilityClosed: It has no waitlist, or is not offered now.
        AccessDenied: Somebody who is not staff gives a priority.
        PartySizeRefused: No booking may bring so many, or nothing ever has room for them.
        InputInvalid: A component or resource that is wished for is not the offering's.
    """
    if offering.status is OfferingStatus.DELETED:
        raise RecordNotFound(kind="offering", key=offering.offering_id)
    if offering.status is not OfferingStatus.ACTIVE:
        message = f"'{offering.name}' is not offered now."
        raise AvailabilityClosed(message, reason="offering_inactive")
    if not offering.has_waitlist:
        message = f"'{offering.name}' has no waitlist."
        raise AvailabilityClosed(message, reason="no_waitlist")
    if command.priority and Scope.BOOKINGS_WRITE not in view.actor.scopes:
        raise AccessDenied("Only staff may give a priority on the waitlist.")
    policy = policy_in_force(view.get(Tenant, view.tenant_id), offering)
    size, least, most = command.party_size, policy.party_min or 1, policy.party_max
    if size < least:
        message = f"'{offering.name}' is booked for at least {least}."
        raise PartySizeRefused(message, limit=least, actual=size)
    if most is not None and size > most:
        message = f"'{offering.name}' is booked for at most {most} at a time."
        raise PartySizeRefused(message, limit=most, actual=size)
    _require_known(view, offering, command)
    largest = _largest_party(view, offering, command)
    if largest is not None and size > largest:
        message = f"'{offering.name}' never has room for more than {largest} at a time."
        raise PartySizeRefused(message, limit=largest, actual=size)


def _largest_party(look: Look, offering: Offering, command: JoinWaitlist) -> int | None:
    """Return the largest party that could ever be invited, as far as that is certain."""
    limits = [one.capacity for one in chosen_components(offering, command.components)]
    if offering.counting is Counting.PLACES:
        limits.append(_most_places(look, offering, command))
    requirements = requirements_of(offering, command.components)
    members = members_of(look, list(every_requirement(offering)))
    found = {id(one): candidate_ids(one, members) for one in requirements if one.is_required}
    look.want(*(ById(Resource, resource_id) for ids in found.values() for resource_id in ids))
    for one in requirements:
        resources = [look.get(Resource, resource_id) for resource_id in found.get(id(one), ())]
        by_slot = is_claimed_by_slot(offering, one)
        limits.append(largest_party(one, resources, is_by_slot=by_slot, units_of=_most_units))
    return min((limit for limit in limits if limit is not None), default=None)


def _most_units(resource: Resource) -> int | None:
    """Return how much there may be of a resource; of dates the calendar may say more."""
    return resource.capacity if resource.scheme is Scheme.INTERVAL else None


def _most_places(look: Look, offering: Offering, command: JoinWaitlist) -> int | None:
    """Return how many places a slot may have; one made by hand may have more than the others."""
    usual = offering.slot_capacity
    if usual is None or command.party_size <= usual:
        return usual
    slots = look.where(Slot, "offering_id", offering.offering_id)
    own = [one.capacity for one in slots if one.status is SlotStatus.OPEN]
    return None if None in own else max([usual, *(one for one in own if one is not None)])


def _require_known(view: View, offering: Offering, command: JoinWaitlist) -> None:
    keys = {component.key for component in offering.components}
    for i, key in enumerate(command.components):
        if key not in keys:
            raise unknown_component(offering, i, key)
    requirements = list(every_requirement(offering))
    members = members_of(view, requirements)
    serving = {rid for one in requirements for rid in candidate_ids(one, members)}
    for i, resource_id in enumerate(command.wishes.resources):
        if resource_id not in serving:
            message = f"'{resource_id}' does not serve '{offering.name}'."
            raise InputInvalid.at(f"/resource_ids/{i}", "unknown_resource", message)


def _with_an_end(view: View, offering: Offering, wishes: Wishes, *, now: datetime) -> Wishes:
    """Return wishes that end: with the last of their dates, or when nobody waits any longer."""
    if wishes.until is not None:
        return wishes
    ends_at = now + timedelta(days=WAIT_DAYS_MAX)
    here = zone(offering.zone or view.get(Tenant, view.tenant_id).zone)
    try:
        last = [day_interval(days.last, here).ends_at for days in wishes.dates]
    except ValueError:
        last = []  # refused as it is checked, or never there
    if last:
        ends_at = min(ends_at, max(last))
    return replace(wishes, until=ends_at)


def _end_needs(command: LeaveWaitlist | DeclineInvitation, look: Look) -> Needs:
    look.want(ById(WaitlistEntry, command.entry_id), Where(Claim, "owner_id", command.entry_id))
    entry = own_entry(look, command.entry_id)
    needs = release_needs(look, entry.entry_id)
    return Needs.of(
        guards=needs.guards | {waitlist_key(entry.offering_id)},
        counters=needs.counters,
        reads=needs.reads,
    )


def _leave(view: View, command: LeaveWaitlist, now: datetime) -> WaitlistEntry:
    return _end(view, command.entry_id, WaitlistAction.LEAVE, command.if_version, now=now)


def _decline(view: View, command: DeclineInvitation, now: datetime) -> WaitlistEntry:
    return _end(view, command.entry_id, WaitlistAction.DECLINE, command.if_version, now=now)


def _end(
    view: View,
    entry_id: WaitlistEntryId,
    action: WaitlistAction,
    if_version: int | None,
    *,
    now: datetime,
) -> WaitlistEntry:
    """End an entry, give back what was kept for it and say so; again changes nothing."""
    entry = own_entry(view, entry_id)
    require_version(entry, if_version)
    until = entry.expires_at
    status = transition(entry.status, action, now=now, invitation_expires_at=until)
    if status is entry.status:
        return entry
    release(view, entry.entry_id, reason=status)
    ended = view.update(entry, status=status, kept_count=0, kept_until=None, ended_at=now)
    view.fact(f"waitlist_entry.{status}", ended, number=ended.number)
    return ended


def _accept_needs(command: AcceptInvitation, look: Look) -> Needs:
    require_readable(command.details)
    look.want(ById(WaitlistEntry, command.entry_id), Where(Claim, "owner_id", command.entry_id))
    entry = own_entry(look, command.entry_id)
    if entry.booking_id is not None:
        look.want(ById(Booking, entry.booking_id))
    details = _filled(entry, command.details)
    guards = {waitlist_key(entry.offering_id)}
    if entry.kept is None:
        look.want(*find_customer_reads(details.contact, details.customer_id))
        return Needs.of(guards=guards)
    needs = keeping_needs(look, entry.kept, entry.entry_id)
    serving = _serving(look, entry.kept.assigned)
    limits = limit_needs(look, target_of(look, entry.kept), serving, buyer_of(details))
    return Needs.of(
        guards=needs.guards | limits.guards | guards,
        counters=needs.counters,
        reads=needs.reads | limits.reads,
    )


def _serving(look: Look, assigned: Iterable[AssignedResource]) -> tuple[Resource, ...]:
    return tuple(look.get(Resource, one.resource_id) for one in assigned)


def _filled(entry: WaitlistEntry, details: Details) -> Details:
    """Return what is said of the booking, by what was said when joining where it is not."""
    contact = details.contact if details.contact != Contact() else entry.contact
    return replace(
        details,
        contact=contact,
        customer_id=details.customer_id or entry.customer_id,
        note=details.note or entry.note,
        metadata=details.metadata or entry.metadata,
    )


def _accept(view: View, command: AcceptInvitation, now: datetime) -> Booking:
    entry = own_entry(view, command.entry_id)
    if entry.booking_id is not None:
        return view.get(Booking, entry.booking_id)
    until = entry.expires_at
    status = transition(entry.status, WaitlistAction.ACCEPT, now=now, invitation_expires_at=until)
    kept = entry.kept
    assert kept is not None, "an invitation has its places"
    assert entry.price is not None, "and its price"
    target = target_of(view, kept)
    require_in_use(view, target, kept.assigned)
    booking_id = BookingId(view.new_id("bkg"))
    agreed = Agreed(
        target=target,
        party_size=kept.party_size,
        assigned=kept.assigned,
        price=entry.price,
        price_lines=entry.price_lines,
        terms=NO_TERMS,
        picks=kept.picks,
        components=kept.components,
        override=None,
        hold=None,
        number=entry.number,
    )
    details, candidates = _filled(entry, command.details), _serving(view, kept.assigned)
    policy = require_agreeable(view, agreed, details, candidates=candidates, now=now)
    waiting = waiting_of(policy, total=entry.price, now=now)
    hand_over(view, entry.entry_id, booking_id, waiting, now=now)
    accepted = view.update(entry, status=status, kept_count=0, booking_id=booking_id, ended_at=now)
    view.fact("waitlist_entry.accepted", accepted, number=entry.number, booking_id=booking_id)
    return write_booking(view, booking_id, agreed, waiting, details, now=now)


def _end_waiting_needs(command: EndWaiting, look: Look) -> Needs:
    look.want(ById(WaitlistEntry, command.entry_id), Where(Claim, "owner_id", command.entry_id))
    entry = look.get(WaitlistEntry, command.entry_id)
    guards = {waitlist_key(entry.offering_id)}
    if entry.kept is None:
        return Needs.of(guards=guards)
    needs = keeping_needs(look, entry.kept, entry.entry_id)
    return Needs.of(guards=needs.guards | guards, counters=needs.counters, reads=needs.reads)


def _end_waiting(view: View, command: EndWaiting, now: datetime) -> WaitlistEntry:
    """End what is over. Whose slot was closed meanwhile goes back in line, where it was."""
    entry = view.get(WaitlistEntry, command.entry_id)
    if entry.due_at is None or now < entry.due_at:
        return entry  # somebody answered, left or was invited in the meantime
    is_waiting = entry.status is WaitlistStatus.WAITING
    has_ended = is_over(entry.wishes, now=now)
    if not is_waiting and not has_ended and not _is_still_there(view, entry):
        return back_in_line(view, entry, WaitlistAction.WITHDRAW, "withdrawn", now=now)
    if is_waiting and not has_ended:
        return back_in_line(view, entry, None, "let_go", now=now)
    return _end(view, entry.entry_id, WaitlistAction.EXPIRE, None, now=now)


def _is_still_there(view: View, entry: WaitlistEntry) -> bool:
    """Whether what an entry is invited to could still be booked."""
    kept = entry.kept
    assert kept is not None, "an invitation has its places"
    try:
        require_in_use(view, target_of(view, kept), kept.assigned)
    except AvailabilityClosed:
        return False
    return True


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        JoinWaitlist: UseCase("waitlist.join", scopes=WAIT_SCOPES, needs=_join_needs, decide=_join),
        LeaveWaitlist: UseCase(
            "waitlist.leave", scopes=WAIT_SCOPES, needs=_end_needs, decide=_leave
        ),
        DeclineInvitation: UseCase(
            "waitlist.decline", scopes=WAIT_SCOPES, needs=_end_needs, decide=_decline
        ),
        AcceptInvitation: UseCase(
            "waitlist.accept", scopes=WAIT_SCOPES, needs=_accept_needs, decide=_accept
        ),
        EndWaiting: UseCase(
            "waitlist.end",
            scopes=(Scope.BOOKINGS_WRITE,),
            needs=_end_waiting_needs,
            decide=_end_waiting,
        ),
    }
)
