"""Chances: the times at which something is free for somebody who waits, found without locks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from holdfast.domain.availability import judge, slot_places_left
from holdfast.domain.ids import OfferingId, ResourceId, SlotId, TenantId
from holdfast.domain.intervals import LAST_INSTANT, Interval, merged
from holdfast.domain.listing import Asked, wishes_in
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.policies_in_force import farthest_horizon
from holdfast.domain.scenes import Scene, Wish
from holdfast.domain.shapes import Shape, Stay
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import (
    LOOKED_AT_MAX,
    PASSES_MAX,
    WaitlistEntry,
    gathers,
    gathers_until,
    in_order,
    is_kept_at,
    is_over,
    wishes_for,
)
from holdfast.domain.zones import MINUTES_PER_DAY, instant_of, zone
from holdfast.engine.choosing import Choice
from holdfast.engine.looking import Company, load_company, load_scenes
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import get, where

# So many times of one offering are given away in one run, and so many are looked at for it.
CHANCES_MAX = 50
LOOKED_MAX = 5_000
STRETCH = timedelta(days=7)
_DAY = timedelta(days=1)


def find_chances(store: ReadStore, *, tenant_id: TenantId, offering_id: OfferingId) -> list[Choice]:
    """Find the times at which something is free for somebody who waits, without locks.

    At most so many times are looked at; the next ones first.
    """
    now = store.now()
    tenant, offering = get(store, Tenant, tenant_id), get(store, Offering, offering_id)
    waiting = in_order(where(store, WaitlistEntry, "offering_id", offering_id))
    waiting = [it for it in waiting if not is_over(it.wishes, now=now)]
    if not waiting or offering.status is not OfferingStatus.ACTIVE:
        return []
    found: list[Choice] = []
    looked = 0
    company = load_company(store, tenant=tenant, offerings=[offering])
    for stretch in _stretches(company, offering, waiting, now=now):
        scene = load_scenes(
            store,
            company,
            offerings=[offering],
            window=stretch,
            now=now,
            stay_days=max(_days_of(entry) for entry in waiting),
        )[0]
        for wish in _times(scene, stretch, waiting):
            looked += 1
            if _is_chance(scene, wish, waiting, now=now):
                found.append(_choice_of(offering, wish))
            if looked >= LOOKED_MAX or len(found) >= CHANCES_MAX:
                return found
    return found


def _stretches(
    company: Company, offering: Offering, waiting: Sequence[WaitlistEntry], *, now: datetime
) -> Iterator[Interval]:
    """Yield the time that somebody waits for and that is open to bookings, a week at a time."""
    horizon = farthest_horizon(company.tenant, company.resources.values(), offering)
    last = min(now + timedelta(days=horizon + 1), LAST_INSTANT)
    # Of nights and days the present one has begun.
    first = now - _DAY if offering.shape in {Shape.DAYS, Shape.NIGHTS} else now
    here = zone(offering.zone or company.tenant.zone)
    wanted = [Interval(starts_at=first, ends_at=last)]
    if all(entry.wishes.dates for entry in waiting):
        days = {(one.first, one.last) for entry in waiting for one in entry.wishes.dates}
        wanted = [
            Interval(
                starts_at=max(first, instant_of(since, 0, here, gap="forward")),
                ends_at=min(last, instant_of(until, MINUTES_PER_DAY, here, gap="forward")),
            )
            for since, until in days
            if instant_of(until, MINUTES_PER_DAY, here, gap="forward") > first
            and instant_of(since, 0, here, gap="forward") < last
        ]
    for interval in merged(wanted):
        starts_at = interval.starts_at
        while starts_at < interval.ends_at:
            ends_at = min(starts_at + STRETCH, interval.ends_at)
            yield Interval(starts_at=starts_at, ends_at=ends_at)
            starts_at = ends_at


def _days_of(entry: WaitlistEntry) -> int:
    """How many days a stay that is wished for may last."""
    length = entry.wishes.length
    return max(entry.wishes.date_count or 0, 0 if length is None else length.days + 1)


def _times(scene: Scene, stretch: Interval, waiting: Sequence[WaitlistEntry]) -> Iterator[Wish]:
    """Yield everything that begins in a stretch and that somebody may wait for."""
    asked = {(it.wishes.date_count, it.wishes.length): None for it in waiting}
    seen = set[tuple[SlotId | None, Stay]]()
    for date_count, length in asked:
        for wish in wishes_in(scene, stretch, asked=Asked(date_count=date_count, length=length)):
            if (wish.slot_id, wish.stay) not in seen:
                seen.add((wish.slot_id, wish.stay))
                yield wish


def _is_chance(
    scene: Scene, wish: Wish, waiting: Sequence[WaitlistEntry], *, now: datetime
) -> bool:
    """Whether what is free then would do for somebody, or would gather for them.

    What gathers for those behind somebody is theirs to have.
    """
    stay = wish.stay
    keeping = [it for it in waiting if it.kept_count and is_kept_at(it, wish.slot_id, stay)]
    if not keeping and slot_places_left(scene, wish) == 0:
        return False
    refused = set[tuple[object, ...]]()
    wishing = (it for it in waiting if wishes_for(it, stay, scene.zone_name))
    for entry, _ in zip(wishing, range(LOOKED_AT_MAX), strict=False):
        wished: list[tuple[ResourceId, ...]] = [(one,) for one in entry.wishes.resources]
        for picks in wished or [()]:
            own = replace(wish, picks=picks, components=entry.components)
            asked = (entry.party_size, picks, entry.components, len(keeping))
            if asked not in refused:
                whole = replace(own, party_size=entry.party_size)
                if judge(*_without(scene, whole, keeping), now=now) is None:
                    return True
                refused.add(asked)
            one = replace(own, party_size=1)
            stands = _stands(scene, entry, stay, keeping, now=now)
            if stands and judge(scene, one, now=now) is None:
                return True
        keeping = [it for it in keeping if it is not entry]
    return False


def _without(scene: Scene, wish: Wish, keeping: Sequence[WaitlistEntry]) -> tuple[Scene, Wish]:
    """Return a scene and a wish as if nothing gathered for some entries."""
    if not keeping:
        return scene, wish
    used = dict(scene.used_by_slot)
    if wish.slot_id in used:
        used[wish.slot_id] -= sum(it.kept_count for it in keeping)
    ignores = frozenset(it.entry_id for it in keeping)
    return replace(scene, used_by_slot=used), replace(wish, ignores=ignores)


def _stands(
    scene: Scene,
    entry: WaitlistEntry,
    stay: Stay,
    keeping: Sequence[WaitlistEntry],
    *,
    now: datetime,
) -> bool:
    """Whether places may be kept back then for an entry: it gathers at one time only."""
    offering = scene.offering
    is_elsewhere = bool(entry.kept_count) and entry not in keeping
    return (
        entry.passed_count >= PASSES_MAX
        and not is_elsewhere
        and gathers(offering)
        and now < gathers_until(offering, scene.policy(), starts_at=stay.starts_at)
    )


def _choice_of(offering: Offering, wish: Wish) -> Choice:
    """Return the request for a time."""
    if wish.slot_id is not None:
        return Choice(slot_id=wish.slot_id)
    if wish.stay.dates:
        return Choice(offering_id=offering.offering_id, dates=wish.stay.dates)
    return Choice(offering_id=offering.offering_id, starts_at=wish.starts_at, ends_at=wish.ends_at)
