"""What the proof asks of the storage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from holdfast.domain.claims import Claim
from holdfast.domain.history import AuditEntry
from holdfast.domain.ids import TenantId
from holdfast.domain.proving import CapacityRow
from holdfast.engine.ports import Read


@dataclass(frozen=True, slots=True)
class Fact:
    """An event of the outbox: about which version of which record."""

    subject_id: str
    subject_version: int


class ProofStore(Protocol):
    """One read transaction of one tenant, read as streams. Text sorts by its bytes."""

    def now(self) -> datetime:
        """Read the clock of record."""
        ...

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Answer reads in a few statements."""
        ...

    def row_count(self) -> int:
        """Return how many rows the streams that are counted have in all."""
        ...

    def claims_by_key(self) -> Iterator[Claim]:
        """Stream all claims, by key, start and id."""
        ...

    def claims_by_owner(self) -> Iterator[Claim]:
        """Stream all claims, by owner and id."""
        ...

    def capacity_rows(self) -> Iterator[CapacityRow]:
        """Stream all capacity rows, by key."""
        ...

    def audit_by_subject(self, subject_kind: str | None = None) -> Iterator[AuditEntry]:
        """Stream all audit rows, or those of one kind of record, by subject and version."""
        ...

    def audit_of(self, subject_ids: Collection[str]) -> list[AuditEntry]:
        """Return the audit rows of some records, by subject and version."""
        ...

    def facts_by_subject(self, subject_kinds: Collection[str]) -> Iterator[Fact]:
        """Stream the events of some kinds of records, by subject and version."""
        ...

    def ids_without_audit(self, kind: type) -> Iterator[str]:
        """Return the ids of a kind's records that no audit row is about."""
        ...

    def void_batches_with_audit(self) -> Iterator[str]:
        """Return the batches that can never have committed, and of which there are audit rows."""
        ...


class ProofStores(Protocol):
    """Where the proof reads from."""

    def tenant_ids(self) -> Iterator[TenantId]:
        """Return every tenant that ever wrote anything, in order."""
        ...

    def read(self, tenant_id: TenantId) -> AbstractContextManager[ProofStore]:
        """Begin a read transaction that sees one tenant."""
        ...
