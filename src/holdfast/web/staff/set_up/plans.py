"""Plans: what a preset, and what was said to it, comes to as commands of the engine.

Every step is one command: all of it or nothing. It carries an idempotency key of the wizard's run
and of what it says, so that a button pressed twice, or again after a fault, adds nothing twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain.ids import OfferingId, PoolId, ResourceId, SlotId
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.shapes import DATED
from holdfast.domain.tenants import is_slug
from holdfast.engine.offerings import AddOffering
from holdfast.engine.pools import AddPool
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import SetSchedule, WeeklyOpening
from holdfast.engine.slots import AddSlot
from holdfast.web.staff.set_up.presets import Preset

Once = Callable[[str, object], Awaitable[str]]
"""Runs a command under the name of its step; returns the id of what it made."""

SLUG_MAX = 40
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """Something to sell, as it was said."""

    name: str
    slug: str
    price_minor: int
    duration: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was said to a preset.

    Attributes:
        things: The names of each kind of things that the preset asks for.
        starts_at, slot_id: When it takes place, where that is once, and the id of that slot.
    """

    preset: Preset
    things: tuple[tuple[str, ...], ...]
    sold: tuple[Sold, ...]
    openings: tuple[WeeklyOpening, ...] = ()
    places: int | None = None
    starts_at: datetime | None = None
    slot_ids: tuple[SlotId, ...] = ()


async def carry_out(plan: Plan, once: Once) -> list[OfferingId]:
    """Make everything that a plan says, a step at a time; returns the offerings.

    Raises:
        HoldfastError: A step was refused; those before it stay, and are not made again.
    """
    requirements = [await _add_things(plan, i, once) for i in range(len(plan.things))]
    made = []
    for i, sold in enumerate(plan.sold):
        offering_id = OfferingId(
            await once(f"offering-{i}", _offering(plan, sold, requirements, order=i))
        )
        if plan.preset.opens_offerings:
            rules = SetSchedule(owner_id=offering_id, openings=plan.openings)
            await once(f"hours-{i}", rules)
        if plan.starts_at is not None:
            slot = AddSlot(
                slot_id=plan.slot_ids[i],
                offering_id=offering_id,
                starts_at=plan.starts_at,
                ends_at=plan.starts_at + sold.duration,
            )
            await once(f"slot-{i}", slot)
        made.append(offering_id)
    return made


async def _add_things(plan: Plan, number: int, once: Once) -> Requirement:
    """Add the things of one kind with their hours; return what an offering needs of them."""
    preset, things = plan.preset, plan.preset.things[number]
    ids = []
    for i, name in enumerate(plan.things[number]):
        command = AddResource(
            name=name,
            kind=things.kind,
            scheme=preset.scheme,
            sort_order=(i + 1) * 10,
            preset=preset.policy_preset,
        )
        resource_id = ResourceId(await once(f"thing-{number}-{i}", command))
        ids.append(resource_id)
        if plan.openings and not preset.opens_offerings:
            rules = SetSchedule(owner_id=resource_id, openings=plan.openings)
            await once(f"hours-{number}-{i}", rules)
    if len(ids) == 1:
        return Requirement(resource_id=ids[0], per=Per.BOOKING, role=things.kind)
    pool = AddPool(name=things.pool, kind=things.kind, resource_ids=tuple(ids))
    pool_id = PoolId(await once(f"pool-{number}", pool))
    return Requirement(pool_id=pool_id, choosing=Choosing.ANY_OF, role=things.kind)


def _offering(
    plan: Plan, sold: Sold, requirements: Sequence[Requirement], *, order: int
) -> AddOffering:
    preset = plan.preset
    return AddOffering(
        slug=sold.slug,
        name=sold.name,
        kind=preset.kind,
        duration=_A_DAY if preset.shape in DATED else sold.duration,
        counting=preset.counting,
        slot_capacity=plan.places,
        slot_step=preset.slot_step,
        buffer_after=preset.buffer_after,
        notice=preset.notice,
        party_max=preset.party_max,
        price_minor=sold.price_minor,
        price_unit=preset.price_unit,
        shape=preset.shape,
        length_max=preset.length_max,
        dates_max=preset.dates_max,
        is_scattered=preset.is_scattered,
        is_approved_by_hand=preset.is_approved_by_hand,
        requirements=tuple(requirements),
        policy=preset.policy,
        sort_order=(order + 1) * 10,
    )


def slug_of(name: str, taken: Sequence[str] = ()) -> str:
    """Return a name as a part of an address, another one than those taken.

    >>> slug_of("Coupe & brushing"), slug_of("Été", ["ete"]), slug_of("課")
    ('coupe-brushing', 'ete-2', 'page-1')
    """
    parted = name.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: SLUG_MAX - 4].strip("-")
    candidates = [slug] if is_slug(slug) else []
    candidates += [f"{slug or 'page'}-{number}" for number in range(1 if not slug else 2, 100)]
    return next(one for one in candidates if is_slug(one) and one not in taken)
