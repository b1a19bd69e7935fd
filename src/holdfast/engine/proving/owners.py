"""What records say of their claims: a hold, booking, slot or block, and its definitions then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice, product

from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import KEEPING, Booking, BookingStatus
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.offerings import Counting
from holdfast.domain.proving import (
    ClaimShape,
    Duty,
    OfferingThen,
    Owner,
    Part,
    cut,
    implied_then,
    is_served,
    parts_of,
    taken_from,
    taken_in_slot,
    taken_of_uses,
)
from holdfast.domain.requirements import Requirement
from holdfast.domain.shapes import Stay
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.domain.waitlists import Kept, WaitlistEntry
from holdfast.engine.proving.histories import Histories

# Where definitions changed in the very instant of a claim, so many ways to read them are tried.
READINGS_MAX = 64

Takes = Counter[ClaimShape]


class Owners:
    """Reads records as owners of claims."""

    def __init__(self, histories: Histories, now: datetime) -> None:
        self._histories = histories
        self._now = now

    def load(self, owners: Collection[tuple[object, Sequence[Claim]]]) -> None:
        """Load the history of everything that some records and their claims are about."""
        names = set[str]()
        for record, claims in owners:
            names.update(_names_in(record))
            names.update(claim.resource_id for claim in claims if claim.resource_id is not None)
        self._histories.load(names)
        asked = [
            requirement
            for record, claims in owners
            if isinstance(record, Hold | Booking | Slot | WaitlistEntry)
            and record.offering_id is not None
            for at in _taken_at(record, claims)
            for offering in self._histories.offerings(record.offering_id, at)
            for requirement in offering.every_requirement()
        ]
        names.update(one.pool_id for one in asked if one.pool_id is not None)
        names.update(name for one in asked for name in one.named_ids)
        self._histories.load(names)
        skilled = {one.pool_id for one in asked if one.skills and one.pool_id is not None}
        names.update(
            name
            for pool_id in skilled
            for _, claims in owners
            for at in {claim.acquired_at for claim in claims}
            for pool in self._histories.pools(pool_id, at)
            for name in pool.resource_ids
        )
        self._histories.load(names)

    def read(self, record: object, claims: Sequence[Claim]) -> Owner:
        """Return what a record says of its claims."""
        match record:
            case Hold():
                return self._hold(record, claims)
            case Booking():
                return self._booking(record, claims)
            case Slot():
                return self._slot(record, claims)
            case Block():
                return self._block(record, claims)
            case WaitlistEntry():
                return self._waiting(record, claims)
            case _:
                message = f"{type(record).__name__} has no claims"
                raise AssertionError(message)

    def _hold(self, hold: Hold, claims: Sequence[Claim]) -> Owner:
        duty = Duty.GIVE_BACK
        if hold.status is HoldStatus.CONVERTED:  # they are the booking's now
            return Owner(name=hold.hold_id, kind=ClaimOwner.HOLD, duty=Duty.HAVE_NONE)
        if hold.status is HoldStatus.ACTIVE:
            is_over = self._now >= hold.expires_at
            duty = Duty.KEEP_UNLESS_LAPSED if is_over else Duty.KEEP
        at = _taken_at(hold, claims)
        return Owner(
            name=hold.hold_id,
            kind=ClaimOwner.HOLD,
            duty=duty,
            options=self._options(hold, at),
            is_served=self._is_served(hold, at),
            counts_until=hold.expires_at,
        )

    def _booking(self, booking: Booking, claims: Sequence[Claim]) -> Owner:
        until = booking.expires_at if booking.status is BookingStatus.PENDING else None
        duty = Duty.KEEP if booking.keeps_places else Duty.GIVE_BACK
        if until is not None and self._now >= until:
            duty = Duty.KEEP_UNLESS_LAPSED
        at = _taken_at(booking, claims)
        options = self._options(booking, at)
        has_none = not claims and self._may_wait_without(booking)
        return Owner(
            name=booking.booking_id,
            kind=ClaimOwner.BOOKING,
            duty=duty,
            options=[Counter()] if has_none else options,
            is_served=has_none or self._is_served(booking, at),
            counts_until=until,
        )

    def read_uses(self, record: Hold | Booking) -> Owner:
        """Return what a hold or booking says of the promo codes and tickets that it uses up.

        What took place has used them, whether or not its places were given back before their time.
        """
        owner = self._hold(record, ()) if isinstance(record, Hold) else self._booking(record, ())
        if isinstance(record, Booking) and record.status in KEEPING and record.freed_at is not None:
            owner = replace(owner, duty=Duty.KEEP)
        if owner.duty is Duty.HAVE_NONE:  # one may have been given back on the way to the booking
            return replace(owner, duty=Duty.KEEP, options=[Counter()])
        return replace(owner, options=[taken_of_uses(record.uses)], is_served=True)

    def _may_wait_without(self, booking: Booking) -> bool:
        """Whether a booking may have no places yet, or never have had any."""
        if booking.confirmed_at is not None or booking.hold_id is not None:
            return False
        if booking.offering_id is None:
            return False
        then = self._histories.offerings(booking.offering_id, booking.created_at)
        return any(offering.is_taken_on_approval for offering in then)

    def _waiting(self, entry: WaitlistEntry, claims: Sequence[Claim]) -> Owner:
        """Read an entry of a waitlist: its invitation's places, or those that gather for it."""
        name, kind, kept = entry.entry_id, ClaimOwner.INVITATION, entry.kept
        if kept is None:  # it may have had others before, of other times, or as they gathered
            return Owner(name=name, kind=kind, duty=Duty.GIVE_BACK)
        until = entry.counts_until
        is_over = until is not None and self._now >= until
        at = _taken_at(kept, [claim for claim in claims if claim.counts_until == until])
        return Owner(
            name=name,
            kind=kind,
            duty=Duty.KEEP_UNLESS_LAPSED if is_over else Duty.KEEP,
            options=self._options(kept, at),
            is_served=self._is_served(kept, at),
            counts_until=until,
        )

    def _slot(self, slot: Slot, claims: Sequence[Claim]) -> Owner:
        if slot.status is SlotStatus.CANCELLED:  # it may never have had any
            return Owner(name=slot.slot_id, kind=ClaimOwner.SLOT, duty=Duty.GIVE_BACK)
        is_kept = slot.origin is SlotOrigin.MANUAL and slot.status is SlotStatus.OPEN
        kept = [claim for claim in claims if claim.released_at is None]
        parts = parts_of(kept)
        stay = Stay(starts_at=slot.starts_at, ends_at=slot.ends_at)
        options, served = list[Takes](), list[bool]()
        for at in _taken_at(slot, claims):
            for offering in self._histories.offerings(slot.offering_id, at):
                served.append(self._serves(offering.of_slot(), parts, at))
                options += self._taken(offering, stay, list(parts.elements()), at)
        return Owner(
            name=slot.slot_id,
            kind=ClaimOwner.SLOT,
            duty=Duty.KEEP if is_kept else Duty.KEEP_ALL_OR_NONE,
            options=options,
            is_served=any(served) or not served or not (is_kept or kept),
        )

    def _block(self, block: Block, claims: Sequence[Claim]) -> Owner:
        """Read a block. When its resource was limited, what was to come of it has moved."""
        ways = dict[tuple[str, int], None]()
        for at in sorted({block.created_at, *(claim.acquired_at for claim in claims)}):
            for then in self._histories.resources(block.resource_id, at):
                is_apart = then.capacity is None or then.is_dated
                key = f"{'closed' if is_apart else 'res'}:{block.resource_id}"
                ways[key, then.capacity or 1] = None
        is_active = block.status is BlockStatus.ACTIVE
        found = {
            (claim.starts_at, claim.ends_at): (claim.key, claim.units)
            for claim in claims
            if (claim.key, claim.units) in ways and (claim.released_at is None or not is_active)
        }
        first = next(iter(ways), None)
        option: Takes = Counter()
        for _, _, starts_at, ends_at in cut("", 1, block.starts_at, block.ends_at):
            way = found.get((starts_at, ends_at), first)
            if way is not None:
                option[*way, starts_at, ends_at] += 1
        return Owner(
            name=block.block_id,
            kind=ClaimOwner.BLOCK,
            duty=Duty.KEEP if is_active else Duty.GIVE_BACK,
            options=[option] if ways else [],
        )

    # What was taken

    def _options(self, record: Hold | Booking | Kept, at: Iterable[datetime]) -> list[Takes]:
        """Return what a hold or booking may take, once for each way to read its definitions."""
        parts = [(one.resource_id, one.units) for one in record.assigned if not one.is_by_slot]
        options = list[Takes]()
        for instant in at:
            for offering in self._offerings(record, instant):
                in_slot: Takes = Counter()
                if offering.counting is Counting.PLACES and record.slot_id is not None:
                    in_slot = taken_in_slot(
                        record.slot_id, record.stay, party_size=record.party_size
                    )
                for taken in self._taken(offering, record.stay, parts, instant):
                    if (option := in_slot + taken) not in options:
                        options.append(option)
        return options

    def _offerings(self, record: Hold | Booking | Kept, at: datetime) -> list[OfferingThen]:
        if record.offering_id is not None:
            return self._histories.offerings(record.offering_id, at)
        return [
            implied_then(resource)
            for resource in self._histories.resources(record.resource_id or "", at)
        ]

    def _taken(
        self, offering: OfferingThen, stay: Stay, parts: Sequence[Part], at: datetime
    ) -> Iterator[Takes]:
        """Yield what a stay takes of resources, once for each way to read them."""
        then = [self._histories.resources(resource_id, at) for resource_id, _ in parts]
        of_business = product(self._histories.zone_names(at), self._histories.buffers(at))
        for zone_name, usual in of_business:
            for resources in islice(product(*then), READINGS_MAX):
                taken: Takes = Counter()
                for resource, (_, units) in zip(resources, parts, strict=True):
                    taken += taken_from(
                        resource, stay, offering, units=units, zone_name=zone_name, usual=usual
                    )
                yield taken

    # Who serves

    def _is_served(self, record: Hold | Booking | Kept, at: Iterable[datetime]) -> bool:
        """Whether those who serve are whom the offering asked for, when they were taken."""
        if record.offering_id is None:
            return True
        parts = Counter(
            (str(one.resource_id), one.units) for one in record.assigned if not one.is_by_slot
        )
        answers = [
            self._serves(offering.of_booking(record.components, record.party_size), parts, instant)
            for instant in at
            for offering in self._histories.offerings(record.offering_id, instant)
        ]
        return any(answers) or not answers

    def _serves(
        self, requirements: Sequence[Requirement], parts: Counter[Part], at: datetime
    ) -> bool:
        def may_serve(requirement: Requirement, resource_id: str) -> bool:
            return self._may_serve(requirement, resource_id, at)

        readings = product(*(self._everybody(requirement, at) for requirement in requirements))
        return any(
            is_served(requirements, parts, may_serve=may_serve, everybody=everybody)
            for everybody in islice(readings, READINGS_MAX)
        )

    def _may_serve(self, requirement: Requirement, resource_id: str, at: datetime) -> bool:
        if requirement.pool_id is not None:
            pools = self._histories.pools(requirement.pool_id, at)
            is_named = any(resource_id in pool.resource_ids for pool in pools)
        elif requirement.category_id is not None:
            then = self._histories.resources(resource_id, at)
            is_named = any(one.category_id == requirement.category_id for one in then)
        else:
            is_named = resource_id in requirement.named_ids
        return is_named and self._is_skilled(requirement, resource_id, at)

    def _is_skilled(self, requirement: Requirement, resource_id: str, at: datetime) -> bool:
        if not requirement.skills:
            return True
        then = self._histories.resources(resource_id, at)
        return any(set(requirement.skills) <= one.skills for one in then)

    def _everybody(self, requirement: Requirement, at: datetime) -> list[list[str] | None]:
        """Return everybody who serves a requirement, as it may be read; None if not known."""
        if requirement.category_id is not None:
            return [None]
        named: list[Collection[str]] = [requirement.named_ids]
        if requirement.pool_id is not None:
            pools = self._histories.pools(requirement.pool_id, at)
            named = [pool.resource_ids for pool in pools]
        return [
            [name for name in sorted(names) if self._is_skilled(requirement, name, at)]
            for names in named
        ] or [None]


def without_what_was_over(claims: Sequence[Claim]) -> list[Claim]:
    """Leave out what was over already when the rest of a stay was counted anew, by its dates.

    That is done when a resource that was unlimited is limited; the dates are all of the stay's.
    """
    counted: dict[str, datetime] = {}
    for claim in claims:
        if claim.key.startswith("day:") and claim.resource_id is not None:
            counted[claim.resource_id] = claim.acquired_at
    return [
        claim
        for claim in claims
        if claim.released_at is not None
        or not claim.key.startswith("res:")
        or claim.ends_at > counted.get(claim.resource_id or "", claim.starts_at)
    ]


def _names_in(record: object) -> Iterator[str]:
    """Yield the definitions that a record names."""
    match record:
        case WaitlistEntry():
            yield from (one.resource_id for one in record.assigned)
            yield record.offering_id
        case Hold() | Booking():
            yield from (one.resource_id for one in record.assigned)
            yield record.offering_id or record.resource_id or ""
        case Slot():
            yield record.offering_id
        case Block():
            yield record.resource_id
        case _:
            pass


def _taken_at(
    record: Hold | Booking | Slot | WaitlistEntry | Kept, claims: Sequence[Claim]
) -> list[datetime]:
    """Return when claims were taken, those before as well: what is over the limit is taken anew."""
    instants = sorted({claim.acquired_at for claim in claims} or {record.created_at})
    return instants[-READINGS_MAX:]
