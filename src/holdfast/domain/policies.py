"""Policies: the limits of a business on when, how often and how its offerings are booked.

A `Policy` is said at the tenant, at resources and at the offering; what nobody says does not
limit. `effective_policy` makes one of them: the offering's word counts before its resources', and
theirs before the tenant's. Where the tenant's word is a cap, nobody below can be laxer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.cancellation_policies import CancellationPolicy, cancellation_faults
from holdfast.domain.checks import YEAR, Fault
from holdfast.domain.intervals import FIRST_INSTANT, Interval
from holdfast.domain.money import AMOUNT_MAX, Money
from holdfast.domain.no_shows import NoShowPolicy, no_show_faults

NOTICE_MAX = YEAR
HORIZON_DAYS_MAX = 3_660
BUFFER_MAX = timedelta(days=7)
PARTY_MAX = 1_000_000
ACTIVE_MAX = 10_000
CREATIONS_MAX = 10_000
CREATION_WINDOW_MAX = timedelta(days=366)
CREATION_LIMITS_MAX = 5
CHECK_IN_MAX = timedelta(days=7)
REMINDERS_MAX = 5
REMINDER_MAX = YEAR
DELAY_MAX = YEAR
_NO_TIME = timedelta(0)
_MINUTE = timedelta(minutes=1)


class LimitScope(StrEnum):
    """Over which bookings of a customer a limit counts."""

    OFFERING = "offering"
    RESOURCE = "resource"
    TENANT = "tenant"


class HostConflict(StrEnum):
    """What happens when the person who serves is busy on another resource."""

    REJECT = "reject"
    WARN = "warn"
    ALLOW_OVERLAP = "allow_overlap"


class Completion(StrEnum):
    """Which bookings complete by themselves at their end: none, those who came, or all."""

    BY_HAND = "by_hand"
    CHECKED_IN = "checked_in"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveLimit:
    """How many bookings a customer may have ahead: pending, confirmed, checked in, not over."""

    scope: LimitScope = LimitScope.RESOURCE
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationLimit:
    """At most so many bookings are made by one customer within any window of this length."""

    most: int
    window: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """After how long something happens by itself; None is never."""

    after: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInWindow:
    """From how long before the start, until how long after it one may check in.

    `closes_after` None is until the end of the booking.
    """

    opens_before: timedelta = timedelta(minutes=30)
    closes_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one level says. None (or no limit in a list) is: nothing is said here.

    Attributes:
        notice: Elapsed time before the start until which one may book.
        horizon_days: Local days ahead for which one may book.
        buffer_before, buffer_after: Kept free around each booking.
        party_min, party_max: Guests of one booking.
        active_limits: One for each scope.
        creation_limits: One for each window.
        approval_above: A total above this waits for the business's yes.
        is_approved_by_hand: Whether every booking does.
        needs_payment: Whether a booking that costs something waits until it is paid for.
        confirms: After how long a booking that nothing else holds up confirms itself; `Delay`
            of no time is at once, of None by hand or, if payment is needed, by that.
        pending_expires: After how long a booking that still waits expires.
        check_in: When one may check in.
        reminder_before: How long before the start one is reminded, up to `REMINDERS_MAX` times;
            none at all is never.
        completion: Which bookings complete by themselves at their end.
        on_host_conflict: What happens when the one who serves is busy elsewhere.
        cancellation, no_show: Each taken as a whole.
        caps: Of a tenant's policy, the names of the limits that nobody below may loosen.
    """

    notice: timedelta | None = None
    horizon_days: int | None = None
    buffer_before: timedelta | None = None
    buffer_after: timedelta | None = None
    party_min: int | None = None
    party_max: int | None = None
    active_limits: tuple[ActiveLimit, ...] = ()
    creation_limits: tuple[CreationLimit, ...] = ()
    approval_above: Money | None = None
    is_approved_by_hand: bool | None = None
    needs_payment: bool | None = None
    confirms: Delay | None = None
    pending_expires: Delay | None = None
    check_in: CheckInWindow | None = None
    reminder_before: tuple[timedelta, ...] | None = None
    completion: Completion | None = None
    on_host_conflict: HostConflict | None = None
    cancellation: CancellationPolicy | None = None
    no_show: NoShowPolicy | None = None
    caps: frozenset[str] = frozenset()


NOTHING_SAID = Policy()

_NAMES = tuple(field.name for field in fields(Policy) if field.name != "caps")
_BY_MOST = attrgetter("most")
# Of two words about the same thing, the one that lets less pass. Only these can be capped.
_STRICTER: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "notice": max,
        "horizon_days": min,
        "buffer_before": max,
        "buffer_after": max,
        "party_min": max,
        "party_max": min,
        "approval_above": partial(min, key=attrgetter("amount_minor")),
    }
)
# What makes two limits of a list speak about the same thing. The smaller one is the stricter.
_KEYS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {"active_limits": attrgetter("scope"), "creation_limits": attrgetter("window")}
)
CAPPABLE = frozenset({*_STRICTER, *_KEYS})


def effective_policy(
    *, tenant: Policy, resources: Sequence[Policy] = (), offering: Policy = NOTHING_SAID
) -> Policy:
    """Return the one policy that counts for an offering on its resources.

    Of several resources the strictest word counts where words can be compared, else the first. A
    limit of one scope or window replaces the limit of that scope or window above it.

    >>> house = Policy(notice=timedelta(hours=2), party_max=8, caps=frozenset({"party_max"}))
    >>> found = effective_policy(tenant=house, offering=Policy(notice=_MINUTE, party_max=12))
    >>> found.notice == _MINUTE, found.party_max
    (True, 8)
    """
    of_resources = NOTHING_SAID
    for policy in resources:
        of_resources = _strictest(first_said(of_resources, policy), policy, names=CAPPABLE)
    said = first_said(first_said(offering, of_resources), tenant)
    return replace(_strictest(said, tenant, names=tenant.caps), caps=tenant.caps)


def first_said(policy: Policy, other: Policy) -> Policy:
    """Return what a policy says, and of the rest what the other says."""
    said: dict[str, Any] = {}
    for name in _NAMES:
        mine, theirs = getattr(policy, name), getattr(other, name)
        if name in _KEYS:
            said[name] = _one_of_each(name, [*theirs, *mine])
        else:
            said[name] = theirs if mine is None else mine
    return Policy(**said)


def _strictest(policy: Policy, other: Policy, *, names: frozenset[str]) -> Policy:
    """Return a policy made at least as strict as another one in some of its limits."""
    stricter: dict[str, Any] = {}
    for name in sorted(names):
        mine, theirs = getattr(policy, name), getattr(other, name)
        if name in _KEYS:
            falling = sorted([*mine, *theirs], key=_BY_MOST, reverse=True)
            stricter[name] = _one_of_each(name, falling)
        elif theirs is not None:
            stricter[name] = theirs if mine is None else _STRICTER[name](mine, theirs)
    return replace(policy, **stricter)


def _one_of_each(name: str, limits: Iterable[Any]) -> tuple[Any, ...]:
    """Keep the last limit for each scope or window, in their order."""
    last = {_KEYS[name](limit): limit for limit in limits}
    return tuple(last[key] for key in sorted(last))


def check_in_interval(policy: Policy, *, starts_at: datetime, ends_at: datetime) -> Interval:
    """Return the time in which one may check in to a booking, its end excluded."""
    window = policy.check_in or CheckInWindow()
    closes_at = ends_at if window.closes_after is None else starts_at + window.closes_after
    return Interval(
        starts_at=max(FIRST_INSTANT, starts_at - window.opens_before),
        ends_at=min(closes_at, ends_at),
    )


def due_at(delay: Delay | None, *, since: datetime) -> datetime | None:
    """Return when something happens by itself; None is never.

    >>> due_at(Delay(after=None), since=FIRST_INSTANT) is None
    True
    """
    return None if delay is None or delay.after is None else since + delay.after


def policy_faults(policy: Policy, *, pointer: str = "/policy") -> list[Fault]:
    """List what is wrong with the policy of one level before it is saved.

    >>> [fault.pointer for fault in policy_faults(Policy(party_min=3, party_max=2))]
    ['/policy/party_max']
    """
    found = [
        *_range_faults(policy, pointer),
        *_list_faults(policy, pointer),
        *_length_faults(policy, pointer),
    ]
    if policy.cancellation is not None:
        found += cancellation_faults(policy.cancellation, pointer=f"{pointer}/cancellation")
    if policy.no_show is not None:
        found += no_show_faults(policy.no_show, pointer=f"{pointer}/no_show")
    for name in sorted(policy.caps - CAPPABLE):
        message = f"'{name}' has no order, so it cannot be a cap."
        found.append(checks.fault(f"{pointer}/caps", "not_allowed", message))
    return [fault for fault in found if fault is not None]


def _range_faults(policy: Policy, pointer: str) -> Iterator[Fault | None]:
    approval = None if policy.approval_above is None else policy.approval_above.amount_minor
    ranges = (
        ("horizon_days", policy.horizon_days, 0, HORIZON_DAYS_MAX),
        ("party_min", policy.party_min, 1, PARTY_MAX),
        ("party_max", policy.party_max, 1, PARTY_MAX),
        ("approval_above", approval, 0, AMOUNT_MAX),
    )
    for name, value, least, most in ranges:
        yield checks.whole(f"{pointer}/{name}", value, least=least, most=most)
    if policy.party_min is not None and policy.party_max is not None:
        least = policy.party_min
        yield checks.whole(f"{pointer}/party_max", policy.party_max, least=least, most=PARTY_MAX)


def _length_faults(policy: Policy, pointer: str) -> Iterator[Fault | None]:
    check_in = policy.check_in or CheckInWindow()
    confirms = policy.confirms or Delay(after=None)
    expires = policy.pending_expires or Delay(after=None)
    lengths = (
        ("notice", policy.notice, _NO_TIME, NOTICE_MAX),
        ("check_in/opens_before", check_in.opens_before, _NO_TIME, CHECK_IN_MAX),
        ("check_in/closes_after", check_in.closes_after, _MINUTE, CHECK_IN_MAX),
        ("confirms/after", confirms.after, _NO_TIME, DELAY_MAX),
        ("pending_expires/after", expires.after, _MINUTE, DELAY_MAX),
    )
    for name, value, least, most in lengths:
        yield checks.length(f"{pointer}/{name}", value, least=least, most=most)
    for name, value in (("before", policy.buffer_before), ("after", policy.buffer_after)):
        there = f"{pointer}/buffer_{name}"
        yield checks.minutes(there, value, least=_NO_TIME, most=BUFFER_MAX)


def _list_faults(policy: Policy, pointer: str) -> Iterator[Fault | None]:
    if len(policy.creation_limits) > CREATION_LIMITS_MAX:
        message = f"At most {CREATION_LIMITS_MAX} windows are counted."
        yield checks.fault(f"{pointer}/creation_limits", "too_many", message)
    for index, limit in enumerate(policy.active_limits):
        there = f"{pointer}/active_limits/{index}"
        yield checks.whole(f"{there}/most", limit.most, least=1, most=ACTIVE_MAX)
        if limit.scope in [other.scope for other in policy.active_limits[:index]]:
            yield checks.fault(f"{there}/scope", "repeated", "This scope has a limit already.")
    if len(policy.reminder_before or ()) > REMINDERS_MAX:
        message = f"At most {REMINDERS_MAX} reminders are sent of one booking."
        yield checks.fault(f"{pointer}/reminder_before", "too_many", message)
    for index, length in enumerate(policy.reminder_before or ()):
        there = f"{pointer}/reminder_before/{index}"
        yield checks.minutes(there, length, least=_MINUTE, most=REMINDER_MAX)
        if length in (policy.reminder_before or ())[:index]:
            yield checks.fault(there, "repeated", "One is reminded once at each time.")
    for index, creation in enumerate(policy.creation_limits):
        there = f"{pointer}/creation_limits/{index}"
        yield checks.whole(f"{there}/most", creation.most, least=1, most=CREATIONS_MAX)
        window = creation.window
        yield checks.length(f"{there}/window", window, least=_MINUTE, most=CREATION_WINDOW_MAX)
        if window in [other.window for other in policy.creation_limits[:index]]:
            yield checks.fault(f"{there}/window", "repeated", "This window has a limit already.")
