"""Searching: the next things that could be booked, and what else when one thing cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from holdfast.domain.access import Actor
from holdfast.domain.errors import (
    Alternative,
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    InputInvalid,
)
from holdfast.domain.ids import TenantId, read_generated_slot_id
from holdfast.domain.implied import implied_offering
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.listing import WINDOW_DAYS_MAX, Asked, OpenSlot, search_slots
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.policies_in_force import farthest_horizon
from holdfast.domain.resources import Resource
from holdfast.domain.scenes import Scene
from holdfast.domain.schedules import TooManySlots
from holdfast.domain.shapes import DATED
from holdfast.domain.slots import Slot
from holdfast.domain.tenants import Tenant
from holdfast.domain.terms import Tickets
from holdfast.domain.zones import instant_of, local_day, zone
from holdfast.engine.availability.asking import (
    AvailabilityQuery,
    subjects_of,
    window_of,
)
from holdfast.engine.availability.listing import Availability
from holdfast.engine.choosing import Choice
from holdfast.engine.looking import Company, load_company, load_scenes, require_known
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import find, get
from holdfast.engine.using import tickets_short

ALTERNATIVES = 5
NEXT_MAX = 50
# Anybody may ask for what is full, so a search looks at so many slots at most.
ALTERNATIVES_JUDGED_MAX = 2_000
NEXT_JUDGED_MAX = 20_000
# A search goes forward in stretches of so many days, each longer than the one before: seven of
# them reach as far as anybody may look, and each takes one statement.
FIRST_STRETCH = timedelta(days=7)
LONGEST_STRETCH = timedelta(days=112)
_DAY = timedelta(days=1)
# What is closed for one of these reasons is closed at any time.
OUT_OF_USE = frozenset({"tenant_inactive", "offering_inactive", "resource_inactive"})


def find_next(
    store: ReadStore,
    *,
    tenant_id: TenantId,
    actor: Actor,
    query: AvailabilityQuery,
    count: int = ALTERNATIVES,
    max_wait: timedelta | None = None,
    override: Override | None = None,
    step: timedelta | None = None,
    looks_back: timedelta = timedelta(0),
) -> Availability:
    """Find the first things that could be booked, from the query's start on; maybe none.

    Args:
        store: Where to read.
        tenant_id: The business.
        actor: Who asks.
        query: What for. Its window begins the search, now by default, and may end it.
        count: How many to find.
        max_wait: How long after the beginning of the search they may begin.
        override: What staff set aside.
        step: How far apart free starts are looked at, where the offering does not say.
        looks_back: How long before now something may have begun, where notice is set aside; what
            is over is not found.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The question is malformed.
        RecordNotFound: There is no such offering or resource.
    """
    if not 1 <= count <= NEXT_MAX:
        raise InputInvalid.at("/count", "out_of_range", f"Ask for 1 to {NEXT_MAX}.")
    if max_wait is not None and not timedelta(0) < max_wait <= timedelta(days=WINDOW_DAYS_MAX):
        message = f"A wait is at least a minute and at most {WINDOW_DAYS_MAX} days."
        raise InputInvalid.at("/max_wait_minutes", "out_of_range", message)
    subjects = subjects_of(store, tenant_id=tenant_id, actor=actor, queries=[query])
    now, tenant, offering = subjects.now, subjects.tenant, subjects.offerings[0]
    zone_name = offering.zone or tenant.zone
    window = window_of(query, zone_name=zone_name, now=now)
    since = max(window.starts_at, now)
    if since == now:
        since = max(FIRST_INSTANT, now - looks_back)
    until = _latest(subjects.company, offering, since=since, now=now)
    if query.ends_at is not None or query.last_on is not None:
        until = min(until, window.ends_at)
    if max_wait is not None:
        # An instant counts as within the wait, so that nothing may begin later than it.
        begins_at = max(window.starts_at, now)
        until = min(until, begins_at + max_wait + timedelta(microseconds=1))
    found = search(
        store,
        subjects.company,
        offering=offering,
        window=(since, until),
        asked=replace(query.asked, override=override, step=step),
        now=now,
        limit=count,
        judged_max=NEXT_JUDGED_MAX,
        is_checked=True,
    )
    ends_at = max(until, since + timedelta(microseconds=1))
    return Availability(
        offering=offering,
        zone=zone_name,
        window=Interval(starts_at=since, ends_at=ends_at),
        slots=tuple(slot for slot in found if slot.ends_at > now),
    )


def search(
    store: ReadStore,
    company: Company,
    *,
    offering: Offering,
    window: tuple[datetime, datetime],
    asked: Asked,
    now: datetime,
    limit: int,
    judged_max: int,
    is_checked: bool = False,
    tickets: Sequence[Tickets] = (),
) -> list[OpenSlot]:
    """Look ahead stretch by stretch until enough is found, or enough was looked at.

    It takes a statement a stretch, and seven at most; with tickets one more for each.
    """
    begins_at, until = window
    found: dict[tuple[datetime, str | None], OpenSlot] = {}
    length = FIRST_STRETCH
    length_days = (asked.length.days + 1) if asked.length is not None else 0
    # Each day of a stay is looked at, so of long ones fewer are.
    judged_max = max(1, judged_max // (1 + length_days))
    while begins_at < until and len(found) < limit and judged_max > 0:
        ends_at = min(begins_at + length, until)
        stretch = Interval(starts_at=begins_at, ends_at=ends_at)
        scene = load_scenes(
            store,
            company,
            offerings=[offering],
            window=stretch,
            now=now,
            stay_days=max(asked.date_count or 0, length_days),
        )[0]
        if is_checked:
            require_known(scene, asked.picks, asked.components)
        slots, judged = _search_in(
            scene,
            stretch,
            asked=asked,
            now=now,
            limit=None if tickets else limit,
            judged_max=judged_max,
        )
        slots = _with_tickets(store, offering, slots, tickets, now=now)
        # The day on which one stretch ends and the next one begins is looked at twice.
        found.update(((slot.starts_at, slot.slot_id), slot) for slot in slots)
        judged_max -= judged
        begins_at, length = ends_at, min(2 * length, LONGEST_STRETCH)
    return list(found.values())[:limit]


def _with_tickets(
    store: ReadStore,
    offering: Offering,
    slots: list[OpenSlot],
    tickets: Sequence[Tickets],
    *,
    now: datetime,
) -> list[OpenSlot]:
    """Return those of some slots that have enough tickets of each tier."""
    ids = [slot.slot_id for slot in slots if slot.slot_id is not None]
    short = tickets_short(store, offering, ids, tickets, now=now)
    return [slot for slot in slots if slot.slot_id not in short]


def _search_in(
    scene: Scene,
    stretch: Interval,
    *,
    asked: Asked,
    now: datetime,
    limit: int | None,
    judged_max: int,
) -> tuple[list[OpenSlot], int]:
    """Look through a stretch that is loaded, in pieces where it has too much for one look.

    Where a day alone has too much, nothing more is looked at.
    """
    found: list[OpenSlot] = []
    judged, begins_at, length = 0, stretch.starts_at, stretch.duration
    while begins_at < stretch.ends_at and judged < judged_max:
        if limit is not None and len(found) >= limit:
            break
        piece = Interval(starts_at=begins_at, ends_at=min(begins_at + length, stretch.ends_at))
        try:
            slots, count = search_slots(
                scene, piece, asked=asked, now=now, limit=limit, judged_max=judged_max - judged
            )
        except TooManySlots:
            if length <= _DAY:
                return found, judged_max
            length = max(_DAY, length / 8)
            continue
        found += slots
        judged += count
        begins_at = piece.ends_at
    return found, judged


def _latest(company: Company, offering: Offering, *, since: datetime, now: datetime) -> datetime:
    """Return until when a search may look: no further than bookings are taken of anybody."""
    horizon = farthest_horizon(company.tenant, company.resources.values(), offering)
    bookable = now + timedelta(days=horizon + 1)
    return min(bookable, since + timedelta(days=WINDOW_DAYS_MAX), LAST_INSTANT)


def with_alternatives(
    store: ReadStore,
    *,
    tenant_id: TenantId,
    choice: Choice,
    party_size: int,
    refusal: HoldfastError,
    tickets: Sequence[Tickets] = (),
) -> HoldfastError:
    """Add to a shortage up to five things that would be accepted for the same request.

    Other refusals are returned as they are.
    """
    is_searched = isinstance(refusal, (CapacityExceeded, AvailabilityClosed))
    if is_searched and refusal.fields.get("reason") not in OUT_OF_USE:
        found = alternatives_to(
            store, tenant_id=tenant_id, choice=choice, party_size=party_size, tickets=tickets
        )
        refusal.fields["alternatives"] = found
    return refusal


def alternatives_to(
    store: ReadStore,
    *,
    tenant_id: TenantId,
    choice: Choice,
    party_size: int,
    tickets: Sequence[Tickets] = (),
) -> tuple[Alternative, ...]:
    """Find up to five things that would be accepted for the same request, from its day on."""
    tenant = get(store, Tenant, tenant_id)
    meant = _meant(store, tenant, choice)
    if meant is None:
        return ()
    offering, wished = meant
    now = store.now()
    here = zone(offering.zone or tenant.zone)
    # From the wished day on, earlier slots of that day included, but never from the past.
    day = local_day(wished, here) if isinstance(wished, datetime) else wished
    since = max(instant_of(day, 0, here, gap="forward"), now)
    company = load_company(store, tenant=tenant, offerings=[offering])
    slots = search(
        store,
        company,
        offering=offering,
        window=(since, _latest(company, offering, since=since, now=now)),
        asked=_same(choice, party_size),
        now=now,
        limit=ALTERNATIVES,
        judged_max=ALTERNATIVES_JUDGED_MAX,
        tickets=tickets,
    )
    return tuple(alternative_of(slot) for slot in slots)


def _same(choice: Choice, party_size: int) -> Asked:
    """Ask for the same that was refused: as many days in a row, as long, for as many."""
    length = None
    if choice.starts_at is not None and choice.ends_at is not None:
        length = choice.ends_at - choice.starts_at
    return Asked(
        party_size=party_size,
        picks=choice.picks,
        components=choice.components,
        date_count=len(set(choice.dates)) or None,
        length=length,
    )


def alternative_of(slot: OpenSlot) -> Alternative:
    """Return something open as it is offered instead of something else."""
    return Alternative(
        slot_id=slot.slot_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        remaining=slot.remaining,
        dates=slot.dates,
    )


def _meant(
    store: ReadStore, tenant: Tenant, choice: Choice
) -> tuple[Offering, datetime | date] | None:
    """The offering and start that a choice means, if they can be told."""
    offering_id, starts_at = choice.offering_id, choice.starts_at
    if choice.slot_id is not None:
        said = read_generated_slot_id(choice.slot_id)
        if said is None:
            slot = find(store, Slot, choice.slot_id)
            if slot is None:
                return None
            said = slot.offering_id, slot.starts_at
        offering_id, starts_at = said
    start: datetime | date | None = min(choice.dates) if choice.dates else starts_at
    offering = find(store, Offering, offering_id) if offering_id is not None else None
    if offering_id is None and choice.resource_id is not None:
        resource = find(store, Resource, choice.resource_id)
        offering = implied_offering(resource, tenant) if resource is not None else None
    if offering is None or start is None:
        return None
    if (offering.shape in DATED) is not bool(choice.dates):
        return None
    return offering, start
