"""Customers' limits: who books, under which lock their bookings are counted, and whether one fits.

Whoever books takes the lock of the customer where anything limits how much they may have, so that
of any number of requests at once no more are accepted than may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import cast

from holdfast.domain.bookings import LIVE, Booking, BookingStatus
from holdfast.domain.customers import Contact, Customer, CustomerStatus, contact_key
from holdfast.domain.errors import InputInvalid, LimitReached
from holdfast.domain.holds import AssignedResource, Hold, HoldStatus
from holdfast.domain.ids import BookingId, CustomerId, HoldId, ResourceId
from holdfast.domain.limits import Proposal, refusal_of
from holdfast.domain.no_shows import blocked_by_strikes
from holdfast.domain.overrides import Override
from holdfast.domain.policies import ActiveLimit, LimitScope, Policy
from holdfast.domain.policies_in_force import policy_in_force, words_of
from holdfast.domain.resources import Resource
from holdfast.domain.series import Series
from holdfast.engine.choosing import Target
from holdfast.engine.people import find_customer, find_customer_reads
from holdfast.engine.ports import Few, Latest, Read
from holdfast.engine.use_cases import Look, Needs, NeedsMore, View

LOOKED_MAX = 1_000
"""So many of a customer's bookings ahead are counted where not all of them count alike."""

SPARE = 64
"""If a batch has called off more of those that were looked at, it is counted in the next one."""

_LIVE = tuple(sorted(LIVE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who books.

    Attributes:
        contact: As it was given.
        customer_id: The customer that was named, if one was.
    """

    contact: Contact
    customer_id: CustomerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Everything that one person is known as.

    Attributes:
        key: The lock under which their bookings are counted.
        contact_keys: By what their holds are found.
        first_key: Their lock as long as nobody knew them, where they have said who they are.
    """

    key: str
    customers: tuple[Customer, ...]
    contact_keys: tuple[str, ...]
    first_key: str | None = None


def limit_needs(look: Look, target: Target, candidates: Iterable[Resource], buyer: Buyer) -> Needs:
    """Find what is locked and read to count a customer's bookings; no lock where nothing counts.

    Args:
        look: Where to look.
        target: What is booked.
        candidates: Everybody who may come to serve it.
        buyer: Who books.
    """
    reads: set[Read] = set(find_customer_reads(buyer.contact, buyer.customer_id))
    look.want(*reads)
    words = words_of(target.tenant, candidates, [target.offering])
    person = person_of(look, buyer)
    if person is None or not any(_counts(word) for word in words):
        return Needs.of(reads=reads)
    counted = _reads(person, words)
    look.want(*counted)
    return Needs.of(guards=[person.key], reads=[*reads, *counted])


def resource_limit_needs(
    look: Look, target: Target, candidates: Sequence[Resource], buyer: Buyer
) -> Needs:
    """Find what is locked and read where bookings of a resource are counted; else nothing."""
    words = words_of(target.tenant, candidates, [target.offering])
    if not any(_by_resource(word) for word in words):
        return Needs()
    return limit_needs(look, target, candidates, buyer)


def _by_resource(policy: Policy) -> tuple[ActiveLimit, ...]:
    return tuple(one for one in policy.active_limits if one.scope is LimitScope.RESOURCE)


def _counts(policy: Policy) -> bool:
    return bool(policy.active_limits or policy.creation_limits)


def person_of(look: Look, buyer: Buyer) -> Person | None:
    """Find out who books; None if nobody could tell them again."""
    given = contact_key(buyer.contact)
    customer = find_customer(look, buyer.contact, buyer.customer_id)
    if customer is None:
        if given is None:
            return None
        return Person(key=_key(given), customers=(), contact_keys=(given,))
    customers, key = [customer], f"cust:{customer.customer_id}"
    if customer.account_id:
        found = look.where(Customer, "account_id", customer.account_id)
        customers = [one for one in found if one.status is CustomerStatus.ACTIVE] or customers
        key = account_key(customer.account_id)
    known = [given, *(key for one in customers for key in _contact_keys(one))]
    return Person(
        key=key,
        customers=tuple(customers),
        contact_keys=tuple(dict.fromkeys(one for one in known if one is not None)),
        first_key=None if given is None else _key(given),
    )


def _contact_keys(customer: Customer) -> Iterable[str | None]:
    yield contact_key(Contact(email=customer.email))
    yield contact_key(Contact(phone=customer.phone))


def account_key(account_id: str) -> str:
    """Return the lock under which an account's customers and their bookings are counted."""
    return _key(f"account:{account_id}")


def _key(text: str) -> str:
    """Return a lock's key that does not say who it is: keys are kept for ever."""
    return f"cust:{sha256(text.encode()).hexdigest()[:32]}"


def _reads(person: Person, words: Iterable[Policy]) -> list[Read]:
    active = [limit for word in words for limit in word.active_limits]
    reads: list[Read] = []
    for customer in person.customers:
        reads += [_ahead(customer.customer_id, active), *_made(customer.customer_id, words)]
    reads += [_held(key) for key in person.contact_keys]
    return reads


def _ahead(customer_id: CustomerId, limits: Sequence[ActiveLimit]) -> Latest:
    most = max((limit.most for limit in limits), default=0)
    if any(limit.scope is not LimitScope.TENANT for limit in limits):
        most = max(most, LOOKED_MAX)
    return Latest(Booking, "customer_id", customer_id, _LIVE, "ends_at", most + SPARE)


def _made(customer_id: CustomerId, words: Iterable[Policy]) -> list[Latest]:
    """What a customer made of late: a series is one thing, however many bookings it has."""
    most = max((limit.most for word in words for limit in word.creation_limits), default=0) + SPARE
    return [
        Latest(Booking, "customer_id", customer_id, (), "created_at", most, without="series_id"),
        Latest(Series, "customer_id", customer_id, (), "created_at", most),
    ]


def _held(key: str) -> Few:
    return Few(Hold, "contact_key", key, (HoldStatus.ACTIVE.value,), LOOKED_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """What is about to be agreed, its places chosen.

    Attributes:
        candidates: Everybody who might have come to serve it.
        hold_id: The hold that becomes a booking, which does not count beside it.
        booking_id: The booking that moves, which does not count beside itself.
        is_hold: Whether it only keeps places: then nobody has to say who they are.
    """

    target: Target
    candidates: tuple[Resource, ...]
    assigned: tuple[AssignedResource, ...]
    buyer: Buyer
    override: Override | None = None
    hold_id: HoldId | None = None
    booking_id: BookingId | None = None
    is_hold: bool = False


def require_within_limits(view: View, deal: Deal, *, now: datetime) -> Policy:
    """Refuse what is more than the customer may have; returns the policy in force.

    Raises:
        CustomerBlocked: They may not book for a while.
        InputInvalid: Their bookings are counted, and they have not said who they are.
        LimitReached: They have or make too many.
        NeedsMore: Their lock is not held: they were not known before.
    """
    return _within_limits(view, deal, now=now, locked=view)


def seem_within_limits(look: Look, deal: Deal, *, now: datetime) -> None:
    """Refuse what is more than the customer may have, as far as it is seen without locks.

    Raises:
        CustomerBlocked: They may not book for a while.
        InputInvalid: Their bookings are counted, and they have not said who they are.
        LimitReached: They have or make too many.
    """
    limit_needs(look, deal.target, deal.candidates, deal.buyer)
    _within_limits(look, deal, now=now, locked=None)


def _within_limits(view: Look, deal: Deal, *, now: datetime, locked: View | None) -> Policy:
    target = deal.target
    resources = [view.get(Resource, one.resource_id) for one in deal.assigned]
    policy = policy_in_force(target.tenant, target.offering, resources)
    if deal.override is not None and deal.override.limits:
        return policy
    person = person_of(view, deal.buyer)
    if person is None:
        if _counts(policy) and view.actor.is_public and not deal.is_hold:
            message = "Give an e-mail address or a phone number: bookings are counted here."
            raise InputInvalid.at("/contact/email", "missing", message)
        return policy
    found = None
    if _counts(policy):
        if locked is not None:
            _require_locked(locked, person, now=now)
        found = _Counted(view, deal, person, now=now)
    limits, counts = policy, dict[LimitScope, int]()
    if found is not None:
        limits, counts = found.counts(policy, resources)
    proposal = Proposal(
        zone=target.zone_name,
        active_counts=counts,
        created_at=found.created_at() if found is not None else (),
        blocked_until=_blocked_until(person, policy, now=now),
    )
    refusal = refusal_of(limits, proposal, now=now)
    if refusal is not None:
        raise refusal
    return policy


def require_within_resource_limits(view: View, deal: Deal, *, now: datetime) -> None:
    """Refuse a move to resources of which the customer has as many bookings as they may.

    Raises:
        LimitReached: They have.
        NeedsMore: Their lock is not held.
    """
    target = deal.target
    resources = [view.get(Resource, one.resource_id) for one in deal.assigned]
    words = [policy_in_force(target.tenant, target.offering, [one]) for one in resources]
    person = person_of(view, deal.buyer)
    is_set_aside = deal.override is not None and deal.override.limits
    if person is None or is_set_aside or not any(_by_resource(word) for word in words):
        return
    _require_locked(view, person, now=now)
    found = _Counted(view, deal, person, now=now)
    limits, counts = found.counts(Policy(), resources)
    proposal = Proposal(zone=target.zone_name, active_counts=counts)
    refusal = refusal_of(limits, proposal, now=now)
    if refusal is not None:
        raise refusal


def _blocked_until(person: Person, policy: Policy, *, now: datetime) -> datetime | None:
    """Return until when any of whom they are known as may not book."""
    found: list[datetime | None] = [one.blocked_until for one in person.customers]
    if policy.no_show is not None:
        found += [
            blocked_by_strikes(policy.no_show, one.no_shows, now=now, lifted_at=one.lifted_at)
            for one in person.customers
        ]
    return max((until for until in found if until is not None), default=None)


def _require_locked(view: View, person: Person, *, now: datetime) -> None:
    if not view.is_locked(person.key) and not _is_new(view, person, now=now):
        raise NeedsMore


class _Counted:
    """What a person has."""

    def __init__(self, view: Look, deal: Deal, person: Person, *, now: datetime) -> None:
        self._target = target = deal.target
        self._words = words_of(target.tenant, deal.candidates, [target.offering])
        limits = [limit for word in self._words for limit in word.active_limits]
        self._customer_ids = [one.customer_id for one in person.customers]
        self._view = view
        holds = [hold for key in person.contact_keys for hold in _few(view, key)]
        self._holds = [
            hold for hold in holds if hold.expires_at > now and hold.hold_id != deal.hold_id
        ]
        ahead: list[Booking | Hold] = list(self._holds)
        for customer_id in self._customer_ids:
            read = _ahead(customer_id, limits)
            bookings = cast("tuple[Booking, ...]", view.latest(read))
            coming = [
                one
                for one in bookings
                if one.ends_at > now
                and not _has_lapsed(one, now)
                and one.booking_id != deal.booking_id
            ]
            if len(coming) >= LOOKED_MAX and len(coming) >= read.limit - SPARE:
                message = f"You have {len(coming)} bookings ahead, more than can be counted."
                raise LimitReached(message, limit=LOOKED_MAX, actual=len(coming))
            ahead += coming
        self._ahead = ahead

    def counts(
        self, policy: Policy, resources: Sequence[Resource]
    ) -> tuple[Policy, dict[LimitScope, int]]:
        """Return how many there are ahead by scope, and the limits with that of the resource.

        Of several resources the one counts that leaves the least.
        """
        counts = {
            LimitScope.TENANT: len(self._ahead),
            LimitScope.OFFERING: sum(map(self._is_same, self._ahead)),
        }
        others = [one for one in policy.active_limits if one.scope is not LimitScope.RESOURCE]
        mine = [(limit, self._on(one.resource_id)) for one in resources for limit in self._of(one)]
        least = min(mine, key=lambda pair: pair[0].most - pair[1], default=None)
        if least is not None:
            others.append(least[0])
            counts[LimitScope.RESOURCE] = least[1]
        return replace(policy, active_limits=tuple(others)), counts

    def created_at(self) -> list[datetime]:
        """Return when the latest of all that they have were made."""
        made = [hold.created_at for hold in self._holds]
        for customer_id in self._customer_ids:
            for read in _made(customer_id, self._words):
                found = cast("tuple[Booking | Series, ...]", self._view.latest(read))
                made += [one.created_at for one in found]
        return made

    def _of(self, resource: Resource) -> tuple[ActiveLimit, ...]:
        return _by_resource(policy_in_force(self._target.tenant, self._target.offering, [resource]))

    def _on(self, resource_id: ResourceId) -> int:
        return sum(
            any(used.resource_id == resource_id for used in one.assigned) for one in self._ahead
        )

    def _is_same(self, one: Booking | Hold) -> bool:
        resource = self._target.resource
        if resource is not None:
            return one.offering_id is None and one.resource_id == resource.resource_id
        return one.offering_id == self._target.offering_id


def _is_new(view: View, person: Person, *, now: datetime) -> bool:
    """Whether a customer was added just now, under the lock of their contact, as by a series."""
    is_held = person.first_key is not None and view.is_locked(person.first_key)
    return is_held and all(one.created_at == now for one in person.customers)


def _has_lapsed(booking: Booking, now: datetime) -> bool:
    is_pending = booking.status is BookingStatus.PENDING
    return is_pending and booking.expires_at is not None and booking.expires_at <= now


def _few(view: Look, key: str) -> tuple[Hold, ...]:
    read = _held(key)
    return view.few(Hold, read.field, key, statuses=read.statuses, limit=read.limit)
