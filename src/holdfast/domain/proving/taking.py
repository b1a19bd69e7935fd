"""What is taken: the claims that a stay makes, by its offering and resources as they were then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from holdfast.domain.claims import LONGEST_CLAIM, Claim, is_use_key
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT
from holdfast.domain.proving.definitions import NO_BUFFERS, BuffersThen, OfferingThen, ResourceThen
from holdfast.domain.shapes import Shape, Stay
from holdfast.domain.terms import Use
from holdfast.domain.zones import Zone, day_interval, days_touched, zone

ClaimShape = tuple[str, int, datetime, datetime]
"""Key, units, start and end: what a claim takes."""

_DAY = timedelta(days=1)


def shape_of(claim: Claim) -> ClaimShape:
    """Return what a claim takes."""
    return (claim.key, claim.units, claim.starts_at, claim.ends_at)


def slot_part(key: str) -> str:
    """Return the key of the slot to which one of its counters belongs; other keys as they are.

    >>> slot_part("slot:slt_1#3"), slot_part("res:r#3")
    ('slot:slt_1', 'res:r#3')
    """
    return key.partition("#")[0] if key.startswith("slot:") else key


def shapes_of(claims: Iterable[Claim]) -> Counter[ClaimShape]:
    """Return what claims take; places in one slot are one thing, over how many counters ever."""
    shapes: Counter[ClaimShape] = Counter()
    places: Counter[tuple[str, datetime, datetime]] = Counter()
    for claim in claims:
        if claim.key.startswith("slot:"):
            places[slot_part(claim.key), claim.starts_at, claim.ends_at] += claim.units
        else:
            shapes[shape_of(claim)] += 1
    for (key, starts_at, ends_at), units in places.items():
        shapes[key, units, starts_at, ends_at] += 1
    return shapes


def uses_of(claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims that are uses, all of one time.

    When what was booked takes place is no matter to them, and may have changed.
    """
    return [
        replace(claim, starts_at=FIRST_INSTANT, ends_at=LAST_INSTANT)
        for claim in claims
        if is_use_key(claim.key)
    ]


def taken_of_uses(uses: Iterable[Use]) -> Counter[ClaimShape]:
    """Return what a hold or booking uses up, as `uses_of` shows its claims."""
    return Counter((use.key, use.units, FIRST_INSTANT, LAST_INSTANT) for use in uses)


def taken_in_slot(slot_id: str, stay: Stay, *, party_size: int) -> Counter[ClaimShape]:
    """Return what a party takes of the places in a slot."""
    return Counter([(f"slot:{slot_id}", party_size, stay.starts_at, stay.ends_at)])


def taken_from(
    resource: ResourceThen,
    stay: Stay,
    offering: OfferingThen,
    *,
    units: int,
    zone_name: str,
    usual: BuffersThen = NO_BUFFERS,
) -> Counter[ClaimShape]:
    """Return what a stay takes from one resource.

    Args:
        resource: The resource, as it was then.
        stay: From when to when, and its dates.
        offering: The offering, as it was then.
        units: How many units of the resource.
        zone_name: The zone of the business then.
        usual: What the business said of buffers then.
    """
    if resource.is_dated and resource.capacity is not None:
        here = zone(resource.zone or zone_name)
        return Counter(
            (f"day:{resource.resource_id}:{day.isoformat()}", units, *_bounds(day, day, here))
            for day in stay.dates or days_touched(stay.interval, here)
        )
    taken: Counter[ClaimShape] = Counter()
    buffers = offering.buffers.within(resource.buffers).within(usual)
    for starts_at, ends_at in _stretches(stay, offering, zone(offering.zone or zone_name)):
        begin = max(starts_at - (buffers.before or timedelta(0)), FIRST_INSTANT)
        end = min(ends_at + (buffers.after or timedelta(0)), LAST_INSTANT)
        taken += cut(f"res:{resource.resource_id}", units, begin, end)
    return taken


def _stretches(
    stay: Stay, offering: OfferingThen, here: Zone
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the time in stretches: of days each row of days by itself, of all else the whole."""
    if offering.shape is not Shape.DAYS:
        yield stay.starts_at, stay.ends_at
        return
    first: date | None = None
    for day in stay.dates:
        first = first or day
        if day + _DAY not in stay.dates:
            yield _bounds(first, day, here)
            first = None


def _bounds(first: date, last: date, here: Zone) -> tuple[datetime, datetime]:
    return day_interval(first, here).starts_at, day_interval(last, here).ends_at


def cut(key: str, units: int, starts_at: datetime, ends_at: datetime) -> Counter[ClaimShape]:
    """Return a stretch of time as claims that are not too long."""
    pieces: Counter[ClaimShape] = Counter()
    while starts_at < ends_at:
        end = min(starts_at + LONGEST_CLAIM, ends_at)
        pieces[key, units, starts_at, end] += 1
        starts_at = end
    return pieces
