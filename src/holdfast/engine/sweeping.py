"""Sweeping: ending many expired holds in one transaction, by statements over sets of rows.

`ExpireHold` says what ending one means, and does it where ending a hold has consequences beyond
its own claims. Here the same locks are taken, the same rows written and the same facts told, for
some hundred holds at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from holdfast.domain.access import SYSTEM
from holdfast.domain.claims import is_counter_key, is_use_key, slot_id_of
from holdfast.domain.history import AuditEntry, Event
from holdfast.domain.holds import HoldStatus
from holdfast.domain.ids import AuditId, BatchId, EventId, SlotId, TenantId
from holdfast.domain.slots import Slot, SlotOrigin
from holdfast.engine.batch_changes import settle_over_commit
from holdfast.engine.ports import (
    ById,
    CapacityKind,
    Changes,
    CounterChange,
    Ids,
    LockedRow,
    StorageFault,
    TransactionConflict,
    WriteStore,
    WriteStores,
)
from holdfast.engine.unit_of_work import commit, present
from holdfast.engine.use_cases import Needs

log = structlog.get_logger("holdfast.sweep")

SWEEP_MAX = 500
"""So many holds at most are ended in one transaction: it keeps others waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A key that a hold still claims.

    Attributes:
        owner_id: The hold.
        is_of_resource: Whether it is a resource that is claimed, not places or uses.
        is_limited: Whether that resource has a capacity.
    """

    owner_id: str
    key: str
    is_of_resource: bool
    is_limited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Holds that have ended by one statement.

    Attributes:
        holds: Their versions afterwards, by id.
        units: What their claims gave back, by key.
    """

    holds: Mapping[str, int]
    units: Mapping[str, int]


class SweepStore(WriteStore, Protocol):
    """A write transaction that can end many holds at once."""

    def held(self, hold_ids: Collection[str]) -> list[Held]:
        """Find what holds still claim, in one statement."""
        ...

    def expire_holds(self, hold_ids: Collection[str], *, now: datetime) -> Ended:
        """End those of some holds that are active and past their time, and release their claims."""
        ...


class SweepStores(WriteStores, Protocol):
    """Where transactions come from that can end many holds at once."""

    def write(self, tenant_id: TenantId) -> AbstractContextManager[SweepStore]:
        """Begin a write transaction that sees one tenant."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What became of a sweep.

    Attributes:
        ended: How many holds have ended by it.
        left: Whose end has to be decided one by one: nothing was done to them.
    """

    ended: int
    left: tuple[str, ...]


class Sweeper:
    """Ends expired holds of one business at a time. Any thread may call it."""

    def __init__(self, *, stores: SweepStores, ids: Ids) -> None:
        self._stores = stores
        self._ids = ids

    def expire_holds(self, tenant_id: TenantId, hold_ids: Collection[str]) -> Swept:
        """End those of some holds whose time is over; whatever is not due is passed over.

        Where anything is in the way, nothing has happened and all are left.
        """
        try:
            return self._expire(tenant_id, hold_ids)
        except StorageFault as fault:
            log.warning("sweep.conflict", fault=str(fault), size=len(hold_ids))
            return Swept(ended=0, left=tuple(hold_ids))

    def _expire(self, tenant_id: TenantId, hold_ids: Collection[str]) -> Swept:
        with self._stores.write(tenant_id) as store:
            held = store.held(hold_ids)
            consequential = _consequential(store, held)
            plain = [one for one in hold_ids if one not in consequential]
            left = tuple(one for one in hold_ids if one in consequential)
            if not plain:
                store.rollback()
                return Swept(ended=0, left=left)
            claimed = {row.key: row for row in held if row.owner_id not in consequential}
            locked = _lock(store, claimed)
            now = present(store, locked)
            ended = store.expire_holds(plain, now=now)
            if not ended.holds:
                store.rollback()
                return Swept(ended=0, left=left)
            batch_id = BatchId(self._ids.new("bat", now=now))
            changes = Changes(batch_id=batch_id, now=now)
            if not ended.units.keys() <= claimed.keys():
                message = "a hold has come to claim what is not locked"
                raise TransactionConflict(message)
            _count(changes, ended, locked)
            self._tell(changes, ended.holds)
            store.flush(changes)
            commit(self._stores, tenant_id, store, batch_id)
            return Swept(ended=len(ended.holds), left=left)

    def _tell(self, changes: Changes, holds: Mapping[str, int]) -> None:
        """Write the history and the facts, as of each hold by itself."""
        now = changes.now
        change: dict[str, object] = {
            "status": [HoldStatus.ACTIVE.value, HoldStatus.EXPIRED.value],
            "ended_at": [None, now.isoformat()],
        }
        for hold_id, version in sorted(holds.items()):
            changes.audit.append(
                AuditEntry(
                    audit_id=AuditId(self._ids.new("aud", now=now)),
                    batch_id=BatchId(changes.batch_id),
                    action="hold.expire",
                    actor_kind=SYSTEM.kind,
                    actor_id=SYSTEM.actor_id,
                    subject_kind="hold",
                    subject_id=hold_id,
                    subject_version=version,
                    changes=change,
                    at=now,
                    source="worker",
                )
            )
            changes.events.append(
                Event(
                    event_id=EventId(self._ids.new("evt", now=now)),
                    type="hold.expired",
                    subject_kind="hold",
                    subject_id=hold_id,
                    subject_version=version,
                    payload={},
                    at=now,
                    delivered_at=None,
                )
            )


def _consequential(store: WriteStore, held: Collection[Held]) -> set[str]:
    """Find the holds whose end has consequences beyond their own claims.

    They give uses of promo codes or tickets back, or may empty a slot that demand had opened, or
    are in one that is being limited.
    """
    slot_ids = {slot_id_of(row.key) for row in held if row.key.startswith("slot:")}
    found = store.load({ById(Slot, slot_id) for slot_id in slot_ids}) if slot_ids else {}
    slots = [row for rows in found.values() for row in rows if isinstance(row, Slot)]
    fixed = {slot.slot_id for slot in slots if _is_fixed(slot)}
    return {row.owner_id for row in held if not _is_plain(row, fixed)}


def _is_fixed(slot: Slot) -> bool:
    is_counted = slot.capacity is not None and slot.limit_to is None
    return is_counted and slot.origin is not SlotOrigin.GENERATED


def _is_plain(row: Held, fixed: Collection[SlotId]) -> bool:
    if row.key.startswith("slot:"):
        return slot_id_of(row.key) in fixed
    return row.is_of_resource and not is_use_key(row.key)


def _lock(store: WriteStore, claimed: Mapping[str, Held]) -> dict[str, LockedRow]:
    """Lock what `ExpireHold` locks: guards of what is limited, and counters."""
    counters = {key for key in claimed if is_counter_key(key)}
    guards = {key for key, row in claimed.items() if key not in counters and row.is_limited}
    requests = {one.key: one for one in Needs.of(guards=guards, counters=counters).requests()}
    if not requests:
        return {}
    rows = store.lock([requests[key] for key in sorted(requests)])
    return {row.key: row for row in rows}


def _count(changes: Changes, ended: Ended, locked: Mapping[str, LockedRow]) -> None:
    """Give the units back to their counters; what is unlimited has none."""
    for key, units in ended.units.items():
        row = locked.get(key)
        if row is None or (row.kind is CapacityKind.COUNTER and row.cap is None):
            continue
        change = changes.counters.setdefault(key, CounterChange())
        if row.kind is CapacityKind.COUNTER:
            change.delta -= units
    settle_over_commit(changes, locked)
