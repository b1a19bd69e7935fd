"""What a proof has found so far, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from holdfast.domain.proving import Finding, Violation

VIOLATIONS_MAX = 10_000
ROWS_PER_REPORT = 1_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a proof has come: rows read of one tenant, of so many."""

    tenant_id: str
    done: int
    total: int


Report = Callable[[Progress], None]


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


@dataclass(slots=True)
class Tally:
    """What was found and counted so far, over all tenants."""

    violations: list[Violation] = field(default_factory=list)
    violation_count: int = 0
    tenants: int = 0
    keys: int = 0
    claims: int = 0
    records: int = 0
    changes: int = 0

    def report(self) -> ProofReport:
        """Return it as a report."""
        return ProofReport(
            violations=tuple(self.violations),
            violation_count=self.violation_count,
            tenants=self.tenants,
            keys=self.keys,
            claims=self.claims,
            records=self.records,
            changes=self.changes,
        )


class Notebook:
    """Where the proof of one business writes down what it finds, and how far it is."""

    def __init__(
        self, tally: Tally, *, tenant_id: str, total: int, progress: Report | None
    ) -> None:
        self.tally = tally
        self._tenant_id = tenant_id
        self._total = total
        self._progress = progress
        self._done = 0

    def found(self, findings: Iterable[Finding]) -> None:
        """Write down findings."""
        for finding in findings:
            self.tally.violation_count += 1
            if len(self.tally.violations) < VIOLATIONS_MAX:
                self.tally.violations.append(
                    Violation(
                        kind=finding.kind,
                        tenant_id=self._tenant_id,
                        key=finding.key,
                        detail=finding.detail,
                    )
                )

    def counted(self, rows: Iterable[T]) -> Iterator[T]:
        """Pass rows on, and tell now and then how many it were."""
        for row in rows:
            self._done += 1
            if self._done % ROWS_PER_REPORT == 0:
                self.tell()
            yield row

    def tell(self) -> None:
        """Tell whoever wants to know how far the proof is."""
        if self._progress is not None:
            done = min(self._done, self._total)
            self._progress(Progress(tenant_id=self._tenant_id, done=done, total=self._total))
