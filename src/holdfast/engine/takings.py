"""What availability is read by: who may serve, and what is taken around some time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdfast.domain.calendars import DayCapacity
from holdfast.domain.claims import Taking
from holdfast.domain.ids import CategoryId, PoolId, ResourceId, SlotId
from holdfast.domain.pools import Pool
from holdfast.domain.resources import Resource
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.slots import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedBy:
    """Who is looked for: resources by name, pool and category; and whose rules besides theirs."""

    resource_ids: Collection[ResourceId] = ()
    pool_ids: Collection[PoolId] = ()
    category_ids: Collection[CategoryId] = ()
    owner_ids: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Who may serve, by id: the resources, whatever their status, and their active rules."""

    pools: tuple[Pool, ...]
    resources: tuple[Resource, ...]
    rules: tuple[ScheduleRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What is looked for in the ledger, and when.

    Attributes:
        claim_keys: Whose claims that count and overlap `[starts_at, ends_at)`, or reach so far.
        offering_ids: Whose stored slots that start in `[slots_from, slots_before)`.
        slots_keep: How much longer than such a slot lasts claims matter to it.
        hosts: The owners whose claims matter on all that they have.
        dated_ids: Of which dated resources the days from `first_on` to `last_on`.
        now: At which instant what has lapsed no longer counts.
    """

    claim_keys: Collection[str]
    starts_at: datetime
    ends_at: datetime
    offering_ids: Collection[str]
    slots_from: datetime
    slots_before: datetime
    slots_keep: timedelta
    hosts: Collection[str] = ()
    dated_ids: Collection[ResourceId]
    first_on: date
    last_on: date
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotUse:
    """A stored slot and how many of its places are taken, lapsed claims not counted."""

    slot: Slot
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """What a counter of one date says, lapsed claims not counted."""

    key: str
    cap: int
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Takings:
    """What is taken around some time.

    Attributes:
        claims: What the claims take that count, in no order.
        slots: The offerings' slots, and those of other offerings that hold what was asked for.
        slot_claims: The resources that the offerings' slots have taken for themselves.
        day_counts: The dates on which something was ever counted.
        days: The dates that have a capacity of their own.
        owned: All resources of the hosts, by owner: those that keep them busy.
    """

    claims: tuple[Taking, ...]
    slots: tuple[SlotUse, ...]
    slot_claims: tuple[tuple[SlotId, ResourceId], ...]
    day_counts: tuple[DayCount, ...]
    days: tuple[DayCapacity, ...]
    owned: tuple[tuple[str, ResourceId], ...] = ()
