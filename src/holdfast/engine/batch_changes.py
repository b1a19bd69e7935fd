"""What a decided batch writes: the net change of every record, its audit rows and its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from holdfast.domain.claims import Claim
from holdfast.domain.history import AuditEntry
from holdfast.domain.ids import AuditId, BatchId
from holdfast.engine.ports import Changes, CounterChange, Ids, KeptAnswer, LockedRow
from holdfast.engine.records import KINDS, changes_between, id_of, version_of
from holdfast.engine.views import BatchView


def changes_of(
    view: BatchView, *, batch_id: BatchId, answers: Sequence[KeptAnswer], ids: Ids
) -> Changes:
    """Return everything that a batch writes.

    Two changes of one record become one row; each keeps its own audit row. Claims that have
    lapsed are released along the way, under the locks that the batch holds anyway.
    """
    changes = Changes(batch_id=batch_id, now=view.now)
    for kind, records in view.changed.items():
        for record_id, after in records.items():
            before = view.original.get((kind, record_id))
            if isinstance(after, Claim):
                _add_claim(changes, view, cast("Claim | None", before), after)
            elif before is None:
                changes.inserted.append(after)
            else:
                changes.updated.append((before, after))
    _reap(changes, view)
    for key in view.touched:
        changes.counters.setdefault(key, CounterChange())
    for key, change in view.counters.items():
        mine = changes.counters.setdefault(key, CounterChange())
        mine.delta += change.delta
        mine.is_cap_set, mine.cap = change.is_cap_set, change.cap
        mine.over_raised += change.over_raised
    settle_over_commit(changes, view.locked)
    for entry in view.audit:
        changes.audit.append(
            AuditEntry(
                audit_id=AuditId(ids.new("aud", now=view.now)),
                batch_id=batch_id,
                action=entry.action,
                actor_kind=entry.actor.kind,
                actor_id=entry.actor.actor_id,
                subject_kind=KINDS[type(entry.after)].name,
                subject_id=id_of(entry.after),
                subject_version=version_of(entry.after),
                changes=changes_between(entry.before, entry.after),
                at=view.now,
                source=entry.source,
                reason=entry.reason,
            )
        )
    changes.events = list(view.events)
    changes.answers = list(answers)
    return changes


def settle_over_commit(changes: Changes, locked: Mapping[str, LockedRow]) -> None:
    """Write down how much is in use beyond each cap: never more than was allowed on purpose.

    Whatever is given back lowers it first; a use beyond it is the database's to refuse.
    """
    for key, change in changes.counters.items():
        row = locked[key]
        if not (row.over_commit or change.over_raised or change.is_cap_set):
            continue
        cap = change.cap if change.is_cap_set else row.cap
        if not change.is_cap_set:
            change.cap = row.cap
        used = row.used + change.delta
        allowed = row.over_commit + change.over_raised
        change.over_commit = 0 if cap is None else min(allowed, max(0, used - cap))


def _add_claim(changes: Changes, view: BatchView, before: Claim | None, after: Claim) -> None:
    if before is None:
        changes.claims_inserted.append(after)
    elif not view.is_reaped(before):
        changes.claims_updated.append((before, after))


def _reap(changes: Changes, view: BatchView) -> None:
    """Release what has lapsed: counters as sets, on guards the claims that were looked at."""
    for key, lapsed in view.lapsed.items():
        changes.lapsed_keys[key] = lapsed.count
        changes.counters.setdefault(key, CounterChange()).delta -= lapsed.units
    changed = view.changed.get(Claim, {})
    for (_, record_id), record in view.original.items():
        if not isinstance(record, Claim) or record_id in changed or record.key in view.lapsed:
            continue
        is_lapsed = record.released_at is None and not record.counts_at(view.now)
        if is_lapsed and record.key in view.locked:
            reason = record.reason if record.is_over else "lapsed"
            released = replace(record, released_at=view.now, reason=reason)
            changes.claims_updated.append((record, released))
            changes.counters.setdefault(record.key, CounterChange())
