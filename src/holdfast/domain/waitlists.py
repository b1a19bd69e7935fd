"""Waitlists: who waits for what, in which order they are invited, and how nobody waits for ever.

The order is strict: the higher priority first, then who came first. What frees up is offered in
that order to whoever it is enough for. A large party that it is never enough for would wait for
ever while small ones pass; so it is passed at most `PASSES_MAX` times. Then it stands: what frees
up is kept for it until it is enough, and nobody behind it is invited.

So an entry is invited, at the latest, when as many places have become free as those before it,
`PASSES_MAX` parties behind it and itself need together (test_waitlists.py proves it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from holdfast.domain import checks
from holdfast.domain.checks import Fault
from holdfast.domain.errors import HoldExpired, TransitionNotAllowed
from holdfast.domain.ids import BookingId, CustomerId, OfferingId, ResourceId
from holdfast.domain.policies import PARTY_MAX
from holdfast.domain.zones import MINUTES_PER_DAY, local_day, zone

WaitlistEntryId = NewType("WaitlistEntryId", str)

INVITATION_TTL = timedelta(minutes=30)
INVITATION_TTL_MAX = timedelta(days=7)
PASSES_MAX = 3
PRIORITY_MAX = 1_000
DATES_MAX = 50
RESOURCES_MAX = 50
WAIT_DAYS_MAX = 400


class WaitlistStatus(StrEnum):
    """Where an entry of a waitlist is in its life."""

    WAITING = "waiting"
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    LEFT = "left"


class WaitlistAction(StrEnum):
    """What may happen to an entry.

    WITHDRAW: The invitation is taken back, as its slot is gone; the entry keeps its place.
    EXPIRE: The invitation has not been answered in time, or the wish is over.
    """

    INVITE = "invite"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The local days from `first` to `last`, both of them included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody waits for. What is left empty is all the same to them.

    Attributes:
        dates: Local days.
        first_minute, last_minute: The earliest and the latest start, in minutes of the local day.
        resources: Those by one of which they would be served.
        until: When they stop waiting.
    """

    dates: tuple[Dates, ...] = ()
    first_minute: int = 0
    last_minute: int = MINUTES_PER_DAY
    resources: frozenset[ResourceId] = frozenset()
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistEntry:
    """A customer in line.

    Attributes:
        number: From the same series as booking numbers; the booking that comes of it has it too.
        priority: The higher, the earlier.
        passed_count: How many parties behind it have been invited instead of it.
        invitation_expires_at: When the invitation and its claims end.
    """

    entry_id: WaitlistEntryId
    number: str
    status: WaitlistStatus
    offering_id: OfferingId
    party_size: int
    wishes: Wishes
    priority: int
    passed_count: int
    customer_id: CustomerId | None
    invited_at: datetime | None
    invitation_expires_at: datetime | None
    booking_id: BookingId | None
    created_at: datetime
    version: int


_WAITING, _INVITED = WaitlistStatus.WAITING, WaitlistStatus.INVITED
TRANSITIONS: Mapping[tuple[WaitlistStatus, WaitlistAction], WaitlistStatus] = MappingProxyType(
    {
        (_WAITING, WaitlistAction.INVITE): WaitlistStatus.INVITED,
        (_WAITING, WaitlistAction.EXPIRE): WaitlistStatus.EXPIRED,
        (_WAITING, WaitlistAction.LEAVE): WaitlistStatus.LEFT,
        (_INVITED, WaitlistAction.WITHDRAW): WaitlistStatus.WAITING,
        (_INVITED, WaitlistAction.ACCEPT): WaitlistStatus.ACCEPTED,
        (_INVITED, WaitlistAction.DECLINE): WaitlistStatus.DECLINED,
        (_INVITED, WaitlistAction.EXPIRE): WaitlistStatus.EXPIRED,
        (_INVITED, WaitlistAction.LEAVE): WaitlistStatus.LEFT,
        # The same again changes nothing and is not an error.
        (WaitlistStatus.ACCEPTED, WaitlistAction.ACCEPT): WaitlistStatus.ACCEPTED,
        (WaitlistStatus.DECLINED, WaitlistAction.DECLINE): WaitlistStatus.DECLINED,
        (WaitlistStatus.EXPIRED, WaitlistAction.EXPIRE): WaitlistStatus.EXPIRED,
        (WaitlistStatus.LEFT, WaitlistAction.LEAVE): WaitlistStatus.LEFT,
        # Who leaves after all is over has left no less.
        (WaitlistStatus.DECLINED, WaitlistAction.LEAVE): WaitlistStatus.DECLINED,
        (WaitlistStatus.EXPIRED, WaitlistAction.LEAVE): WaitlistStatus.EXPIRED,
    }
)


def transition(
    status: WaitlistStatus,
    action: WaitlistAction,
    *,
    now: datetime,
    invitation_expires_at: datetime | None = None,
) -> WaitlistStatus:
    """Return the status that an action leads to at an instant.

    An invitation ends exactly at its instant, as a hold does: from then on it cannot be accepted,
    whether a worker has been there or not.

    Raises:
        HoldExpired: The invitation is over and would have been accepted.
        TransitionNotAllowed: The status does not allow the action.
    """
    target = TRANSITIONS.get((status, action))
    is_invited = status is WaitlistStatus.INVITED
    is_over = is_invited and invitation_expires_at is not None and now >= invitation_expires_at
    if is_over and invitation_expires_at is not None and action is WaitlistAction.ACCEPT:
        raise HoldExpired(at=invitation_expires_at)
    is_early = is_invited and action is WaitlistAction.EXPIRE and not is_over
    if target is None or is_early:
        raise TransitionNotAllowed(kind="waitlist entry", status=status, action=action)
    return target


def in_order(entries: Iterable[WaitlistEntry]) -> list[WaitlistEntry]:
    """Return entries as they are invited: the higher priority first, then who came first."""
    return sorted(entries, key=lambda it: (-it.priority, it.created_at, it.entry_id))


def position_of(entry_id: WaitlistEntryId, entries: Iterable[WaitlistEntry]) -> int | None:
    """Return which one in line an entry is, from 1, among those that wait; None if it does not."""
    waiting = [it for it in in_order(entries) if it.status is WaitlistStatus.WAITING]
    places = (place for place, it in enumerate(waiting, 1) if it.entry_id == entry_id)
    return next(places, None)


def is_wished(
    wishes: Wishes,
    *,
    starts_at: datetime,
    zone_name: str,
    resources: frozenset[ResourceId],
    now: datetime,
) -> bool:
    """Tell whether a slot is one that somebody waits for.

    Args:
        wishes: What they wait for.
        starts_at: When the slot begins.
        zone_name: The zone in which its days are counted.
        resources: What would serve them there.
        now: The instant that counts; at `until` the wish is over.
    """
    here = zone(zone_name)
    local = starts_at.astimezone(here)
    day = local_day(starts_at, here)
    minute = local.hour * 60 + local.minute
    return (
        (wishes.until is None or now < wishes.until)
        and (not wishes.dates or any(it.first <= day <= it.last for it in wishes.dates))
        and wishes.first_minute <= minute <= wishes.last_minute
        and (not wishes.resources or not wishes.resources.isdisjoint(resources))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationPlan:
    """What to do with free places of one slot.

    Attributes:
        invited: Who is invited now, in order; each takes as many places as its party has guests.
        passed: New counts of passes, by entry.
        kept_for: Who stands: the rest of the free places is claimed for it, so that nobody buys
            what it gathers.
        kept: How many places that is.
    """

    invited: tuple[WaitlistEntry, ...]
    passed: Mapping[WaitlistEntryId, int]
    kept_for: WaitlistEntryId | None
    kept: int


def plan_invitations(
    entries: Iterable[WaitlistEntry],
    *,
    free: int,
    capacity: int | None = None,
    may_gather: bool = True,
    passes_max: int = PASSES_MAX,
) -> InvitationPlan:
    """Decide who is invited to the free places of one slot.

    Args:
        entries: Those who wish for the slot; who does not wait is left out.
        free: Places that are free, those kept for somebody who stands among them.
        capacity: Places that the slot has at all; a party larger than that never stands.
        may_gather: Whether there is time enough to keep places back; see `may_gather`.
        passes_max: How often an entry may be passed.
    """
    waiting = [
        entry
        for entry in in_order(entries)
        if entry.status is WaitlistStatus.WAITING
        and (capacity is None or entry.party_size <= capacity)
    ]
    invited: list[WaitlistEntry] = []
    passed = {entry.entry_id: entry.passed_count for entry in waiting}
    skipped: list[WaitlistEntryId] = []
    for entry in waiting:
        if entry.party_size <= free:
            invited.append(entry)
            free -= entry.party_size
            for other in skipped:
                passed[other] += 1
        else:
            skipped.append(entry.entry_id)
        standing = next((other for other in skipped if passed[other] >= passes_max), None)
        if free == 0 or (standing is not None and may_gather):
            break
    else:
        standing = None
    is_kept = standing is not None and may_gather and free > 0
    changed = {
        entry.entry_id: passed[entry.entry_id]
        for entry in waiting
        if entry.entry_id in skipped and passed[entry.entry_id] != entry.passed_count
    }
    return InvitationPlan(
        invited=tuple(invited),
        passed=MappingProxyType(changed),
        kept_for=standing if is_kept else None,
        kept=free if is_kept else 0,
    )


def may_gather(
    *, starts_at: datetime, now: datetime, notice: timedelta, invitation_ttl: timedelta
) -> bool:
    """Tell whether places may still be kept back for somebody who stands.

    Only while an invitation could run its whole time before the last moment to book: after that
    an empty place helps nobody, and is offered to whomever it is enough for.
    """
    return now + invitation_ttl < starts_at - notice


def entry_faults(entry: WaitlistEntry, *, now: datetime, pointer: str = "") -> list[Fault]:
    """List what is wrong with an entry before it joins."""
    wishes = entry.wishes
    days = None if wishes.until is None else (wishes.until - now).days
    last = wishes.last_minute
    found = [
        checks.whole(f"{pointer}/party_size", entry.party_size, least=1, most=PARTY_MAX),
        checks.whole(f"{pointer}/priority", entry.priority, least=0, most=PRIORITY_MAX),
        checks.whole(f"{pointer}/until", days, least=0, most=WAIT_DAYS_MAX),
        checks.whole(
            f"{pointer}/first_minute", wishes.first_minute, least=0, most=min(last, MINUTES_PER_DAY)
        ),
        checks.whole(f"{pointer}/last_minute", last, least=0, most=MINUTES_PER_DAY),
        checks.whole(f"{pointer}/dates", len(wishes.dates), least=0, most=DATES_MAX),
        checks.whole(f"{pointer}/resources", len(wishes.resources), least=0, most=RESOURCES_MAX),
        *_date_faults(wishes.dates, pointer),
    ]
    return [fault for fault in found if fault is not None]


def _date_faults(dates: Sequence[Dates], pointer: str) -> list[Fault | None]:
    return [
        checks.fault(f"{pointer}/dates/{index}/last", "out_of_range", "It is before the first.")
        for index, days in enumerate(dates)
        if days.last < days.first
    ]
