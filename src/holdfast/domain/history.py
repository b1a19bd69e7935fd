"""What is remembered of every change: audit rows, and the facts that follow from use cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.access import ActorKind, Origin
from holdfast.domain.ids import AuditId, BatchId, EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who changed what, when, and from what to what.

    Attributes:
        subject_kind, subject_id, subject_version: The record and its version afterwards.
        changes: For a new record every field; for a change `{field: [before, after]}`.
        source: By which door it came: `api`, `pages`, `library`, `worker`.
        reason: Why, in the words of whoever did it.
    """

    audit_id: AuditId
    batch_id: BatchId
    action: str
    actor_kind: ActorKind
    actor_id: str
    subject_kind: str
    subject_id: str
    subject_version: int
    changes: dict[str, object]
    at: datetime
    source: str = ""
    reason: str | None = None

    @property
    def origin(self) -> Origin:
        """On whose side whoever did it stands."""
        return self.actor_kind.origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact (`booking.confirmed`), written to the outbox with the change it tells of."""

    event_id: EventId
    type: str
    subject_kind: str
    subject_id: str
    subject_version: int
    payload: dict[str, object]
    at: datetime
    delivered_at: datetime | None
