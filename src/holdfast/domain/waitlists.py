"""Waitlists: who waits for what, in which order they are invited, and how nobody waits for ever.

The order is strict: the higher priority first, then who came first. What frees up is offered in
that order to whoever it is enough for. A large party that it is never enough for would wait for
ever while small ones pass; so it is passed at most `PASSES_MAX` times. Then it stands: what frees
up is kept for it until it is enough, and nobody behind it is invited.

So an entry is invited, at the latest, when as many places have become free as those before it,
`PASSES_MAX` parties behind it and itself need together (test_waitlists.py proves it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.checks import Fault
from holdfast.domain.customers import Contact
from holdfast.domain.errors import InvitationExpired, TransitionNotAllowed
from holdfast.domain.holds import AssignedResource
from holdfast.domain.ids import (
    BookingId,
    CustomerId,
    OfferingId,
    ResourceId,
    SlotId,
    WaitlistEntryId,
)
from holdfast.domain.money import Money
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.policies import PARTY_MAX, Policy
from holdfast.domain.quotes import QuoteLine
from holdfast.domain.requirements import Per
from holdfast.domain.shapes import DATES_MAX as STAY_DATES_MAX
from holdfast.domain.shapes import Stay
from holdfast.domain.terms import Use
from holdfast.domain.zones import MINUTES_PER_DAY, local_day, zone

INVITATION_TTL = timedelta(minutes=30)
INVITATION_TTL_MAX = timedelta(days=7)
PASSES_MAX = 3
PRIORITY_MAX = 1_000
DATES_MAX = 50
RESOURCES_MAX = 50
WAIT_DAYS_MAX = 400
# So many wait for one offering, and so often the same customer does.
WAITING_MAX = 500
WAITING_PER_CUSTOMER_MAX = 3
# So many of a line are looked at for one time.
LOOKED_AT_MAX = 200
STAY_MAX = timedelta(days=366)
_MINUTE = timedelta(minutes=1)


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
class WishedDates:
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
        date_count: For how many days or nights; None is as few as the offering takes.
        length: For how long, of free start and end; None is as short as the offering takes.
        until: When they stop waiting.
    """

    dates: tuple[WishedDates, ...] = ()
    first_minute: int = 0
    last_minute: int = MINUTES_PER_DAY
    resources: tuple[ResourceId, ...] = ()
    date_count: int | None = None
    length: timedelta | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept for an entry: the places of its invitation, or those that gather for it.

    It reads like a hold: for how many, of what, and which resources serve.
    """

    offering_id: OfferingId
    slot_id: SlotId | None
    starts_at: datetime
    ends_at: datetime
    dates: tuple[date, ...]
    party_size: int
    assigned: tuple[AssignedResource, ...]
    picks: tuple[ResourceId, ...]
    components: tuple[str, ...]
    created_at: datetime
    resource_id: ResourceId | None = None

    @property
    def stay(self) -> Stay:
        """The time that is kept."""
        return Stay(starts_at=self.starts_at, ends_at=self.ends_at, dates=self.dates)

    @property
    def uses(self) -> tuple[Use, ...]:
        """What it uses up of promo codes and tickets: nobody who waits does."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistEntry:
    """A customer in line.

    Attributes:
        number: From the same series as booking numbers; the booking that comes of it has it too.
        priority: The higher, the earlier.
        passed_count: How many parties behind it have been invited instead of it.
        slot_id, starts_at, ends_at, dates: What it is or was invited to, or what gathers for it.
        picks, assigned: Whom of its wishes it gets, and all who serve it there.
        is_vouched: Whether staff named the customer, so that what is known of them counts.
        price, price_lines: What it is invited to book costs, as it was quoted then.
        kept_count: For how many guests places are claimed now; 0 when there are none.
        kept_until: When places that gather for it are given up.
        expires_at: When its invitation ends, and its claims with it.
    """

    entry_id: WaitlistEntryId
    number: str
    status: WaitlistStatus
    offering_id: OfferingId
    party_size: int
    wishes: Wishes
    components: tuple[str, ...] = ()
    priority: int
    passed_count: int
    customer_id: CustomerId | None
    contact: Contact
    is_vouched: bool = False
    note: str = ""
    metadata: dict[str, object] = field(default_factory=dict)
    placed_by: str
    slot_id: SlotId | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    dates: tuple[date, ...] = ()
    picks: tuple[ResourceId, ...] = ()
    assigned: tuple[AssignedResource, ...] = ()
    price: Money | None = None
    price_lines: tuple[QuoteLine, ...] = ()
    kept_count: int = 0
    kept_until: datetime | None = None
    invited_at: datetime | None
    expires_at: datetime | None
    booking_id: BookingId | None
    created_at: datetime
    ended_at: datetime | None = None
    version: int

    @property
    def due_at(self) -> datetime | None:
        """When time changes something by itself: an invitation, a wish or a gathering ends."""
        if self.status is WaitlistStatus.INVITED:
            return self.expires_at
        if self.status is not WaitlistStatus.WAITING:
            return None
        ends = [at for at in (self.wishes.until, self.kept_until) if at is not None]
        return min(ends, default=None)

    @property
    def kept(self) -> Kept | None:
        """What is kept for it now."""
        if not self.kept_count or self.starts_at is None or self.ends_at is None:
            return None
        return Kept(
            offering_id=self.offering_id,
            slot_id=self.slot_id,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            dates=self.dates,
            party_size=self.kept_count,
            assigned=self.assigned,
            picks=self.picks,
            components=self.components,
            created_at=self.created_at,
        )

    @property
    def counts_until(self) -> datetime | None:
        """Until when what is kept for it counts."""
        return self.expires_at if self.status is WaitlistStatus.INVITED else self.kept_until


NOTHING_KEPT: Mapping[str, Any] = MappingProxyType(
    {
        "slot_id": None,
        "starts_at": None,
        "ends_at": None,
        "dates": (),
        "picks": (),
        "assigned": (),
        "price": None,
        "price_lines": (),
        "kept_count": 0,
        "kept_until": None,
        "invited_at": None,
        "expires_at": None,
    }
)
"""The fields of an entry for which nothing is kept any more, while it goes on waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InLine:
    """An entry with its position among those who wait; None when it does not wait."""

    entry: WaitlistEntry
    position: int | None


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
        InvitationExpired: The invitation is over and would have been accepted.
        TransitionNotAllowed: The status does not allow the action.
    """
    target = TRANSITIONS.get((status, action))
    is_invited = status is WaitlistStatus.INVITED
    is_over = is_invited and invitation_expires_at is not None and now >= invitation_expires_at
    if is_over and invitation_expires_at is not None and action is WaitlistAction.ACCEPT:
        raise InvitationExpired(at=invitation_expires_at)
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


def is_wished(wishes: Wishes, *, starts_at: datetime, zone_name: str) -> bool:
    """Tell whether somebody waits for what begins then, whoever serves them.

    Args:
        wishes: What they wait for.
        starts_at: When the slot begins.
        zone_name: The zone in which its days are counted.
    """
    here = zone(zone_name)
    local = starts_at.astimezone(here)
    day = local_day(starts_at, here)
    minute = local.hour * 60 + local.minute
    return (
        not wishes.dates or any(it.first <= day <= it.last for it in wishes.dates)
    ) and wishes.first_minute <= minute <= wishes.last_minute


def is_over(wishes: Wishes, *, now: datetime) -> bool:
    """Tell whether somebody waits no longer; exactly at `until` they do not."""
    return wishes.until is not None and now >= wishes.until


def wishes_for(entry: WaitlistEntry, stay: Stay, zone_name: str) -> bool:
    """Tell whether somebody waits for a time, whoever serves them then."""
    wishes = entry.wishes
    length = stay.ends_at - stay.starts_at
    return (
        (wishes.date_count is None or wishes.date_count == len(stay.dates))
        and (wishes.length is None or wishes.length == length)
        and is_wished(wishes, starts_at=stay.starts_at, zone_name=zone_name)
    )


def is_kept_at(entry: WaitlistEntry, slot_id: SlotId | None, stay: Stay) -> bool:
    """Tell whether what is kept for an entry is of a time."""
    if slot_id is not None:
        return entry.slot_id == slot_id
    at = (stay.starts_at, stay.ends_at, stay.dates)
    return (entry.starts_at, entry.ends_at, entry.dates) == at


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationPlan:
    """What to do with what is free at one time.

    Attributes:
        invited: Who is invited now, in order; to each was given what its party needs.
        passed: New counts of passes, by entry.
        kept_for: Who stands: what is left is claimed for it, so that nobody buys what it gathers.
    """

    invited: tuple[WaitlistEntry, ...]
    passed: Mapping[WaitlistEntryId, int]
    kept_for: WaitlistEntry | None


class Given(Enum):
    """Whether a party got what it needs.

    NOT_NOW: There is too little of it now.
    NEVER: It would not be served there even if nothing were taken; it is left out.
    """

    YES = "yes"
    NOT_NOW = "not_now"
    NEVER = "never"


Give = Callable[[WaitlistEntry], Given]
"""Gives a party what it needs, if that is there; says whether it was."""


def plan_invitations(
    entries: Iterable[WaitlistEntry],
    *,
    give: Give,
    may_stand: Callable[[WaitlistEntry], bool] = lambda _entry: True,
    passes_max: int = PASSES_MAX,
) -> InvitationPlan:
    """Decide who is invited to what is free at one time.

    Args:
        entries: Those who wish for it; who does not wait is left out.
        give: Asked for one after the other, in order.
        may_stand: Whether an entry may have places kept back; not when it is too late for that.
        passes_max: How often an entry that may stand is passed.
    """
    waiting = [it for it in in_order(entries) if it.status is WaitlistStatus.WAITING]
    invited: list[WaitlistEntry] = []
    passed = {entry.entry_id: entry.passed_count for entry in waiting}
    skipped: list[WaitlistEntry] = []
    standing: WaitlistEntry | None = None
    for entry in waiting:
        given = give(entry)
        if given is Given.NEVER:
            continue
        if given is Given.YES:
            invited.append(entry)
            for other in skipped:
                passed[other.entry_id] += 1
        else:
            skipped.append(entry)
        stand = (it for it in skipped if passed[it.entry_id] >= passes_max and may_stand(it))
        standing = next(stand, None)
        if standing is not None:
            break
    changed = {
        entry.entry_id: passed[entry.entry_id]
        for entry in skipped
        if passed[entry.entry_id] != entry.passed_count
    }
    return InvitationPlan(
        invited=tuple(invited), passed=MappingProxyType(changed), kept_for=standing
    )


def gathers(offering: Offering) -> bool:
    """Tell whether places of an offering may be kept one by one until a party has enough.

    So it is where guests are counted: places in a slot, or one thing that has a place for each.
    Where a party takes a room or a table as a whole, there is nothing to gather.
    """
    if offering.counting is Counting.PLACES:
        return True
    needed = offering.requirements
    if len(needed) != 1 or offering.components:
        return False
    return needed[0].is_single and needed[0].per is Per.PARTICIPANT and needed[0].quantity == 1


def gathers_until(offering: Offering, policy: Policy, *, starts_at: datetime) -> datetime:
    """Return until when places may be kept back for somebody who stands.

    Only while an invitation could run its whole time before the last moment to book: from then on
    an empty place helps nobody, and is offered to whomever it is enough for.
    """
    notice = policy.notice or timedelta(0)
    return starts_at - notice - (offering.invitation_ttl or INVITATION_TTL)


def entry_faults(entry: WaitlistEntry, *, now: datetime, pointer: str = "") -> list[Fault]:
    """List what is wrong with an entry before it joins."""
    wishes = entry.wishes
    last = wishes.last_minute
    found = [
        checks.whole(f"{pointer}/party_size", entry.party_size, least=1, most=PARTY_MAX),
        checks.whole(f"{pointer}/priority", entry.priority, least=0, most=PRIORITY_MAX),
        _until_fault(wishes, now=now, pointer=f"{pointer}/until"),
        checks.whole(
            f"{pointer}/first_minute", wishes.first_minute, least=0, most=min(last, MINUTES_PER_DAY)
        ),
        checks.whole(f"{pointer}/last_minute", last, least=0, most=MINUTES_PER_DAY),
        checks.whole(f"{pointer}/dates", len(wishes.dates), least=0, most=DATES_MAX),
        checks.whole(f"{pointer}/resources", len(wishes.resources), least=0, most=RESOURCES_MAX),
        checks.whole(f"{pointer}/date_count", wishes.date_count, least=1, most=STAY_DATES_MAX),
        checks.length(f"{pointer}/length", wishes.length, least=_MINUTE, most=STAY_MAX),
        *_date_faults(wishes.dates, pointer),
    ]
    return [fault for fault in found if fault is not None]


def _until_fault(wishes: Wishes, *, now: datetime, pointer: str) -> Fault | None:
    if wishes.until is None or now <= wishes.until < now + timedelta(days=WAIT_DAYS_MAX + 1):
        return None
    message = f"Say until when, within the next {WAIT_DAYS_MAX} days."
    return checks.fault(pointer, "out_of_range", message)


def _date_faults(dates: Sequence[WishedDates], pointer: str) -> list[Fault | None]:
    return [
        checks.fault(f"{pointer}/dates/{index}/last", "out_of_range", "It is before the first.")
        for index, days in enumerate(dates)
        if days.last < days.first
    ]
