"""Proving: that from the stored history nothing was ever oversold, and that the books agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.domain.proving import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a proof has come: rows read of one tenant, of about so many."""

    tenant_id: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofReport:
    """What a proof has found.

    Attributes:
        violations: The first `VIOLATIONS_MAX` of them, by tenant.
        violation_count: How many there were in all.
        tenants, keys, claims, records, changes: How many were proved.
    """

    violations: tuple[Violation, ...]
    violation_count: int
    tenants: int
    keys: int
    claims: int
    records: int
    changes: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing at all was found."""
        return self.violation_count == 0


Report = Callable[[Progress], None]
