"""Measuring: one load on some servers, with what everybody used meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.bench.grounds import Ground, Servers
from holdfast.bench.limits import Limit
from holdfast.bench.load import Journey, Load, Loaded, percentile, run

Result = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a load came to.

    Attributes:
        loaded: What the client saw.
        batches: How many transactions the servers wrote.
        rows, wal_bytes: Written in all.
        server_cpu_seconds, database_cpu_seconds: Used meanwhile.
    """

    loaded: Loaded
    batches: int
    rows: int
    wal_bytes: int
    server_cpu_seconds: float
    database_cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Accepted requests a second."""
        return self.loaded.accepted / self.loaded.seconds

    def beside(self, limit: Limit) -> Result:
        """Return the figures beside the limit's."""
        accepted = max(1, self.loaded.accepted)
        return {
            "holdfast_per_second": round(self.per_second, 1),
            "limit_per_second": round(limit.per_second, 1),
            "limit_clients": limit.clients,
            "ratio": round(self.per_second / limit.per_second, 3),
            **self.waits(),
            "mean_batch": round(accepted / max(1, self.batches), 2),
            "rows_per_hold": round(self.rows / accepted, 2),
            "limit_rows_per_hold": limit.rows,
            "wal_bytes_per_hold": round(self.wal_bytes / accepted),
            "limit_wal_bytes_per_hold": limit.wal_bytes,
            **self.used(),
        }

    def waits(self) -> Result:
        """Return how long customers waited, and how many were not served."""
        latencies = self.loaded.latencies
        return {
            "p50_ms": percentile(latencies, 0.50),
            "p95_ms": percentile(latencies, 0.95),
            "p99_ms": percentile(latencies, 0.99),
            "errors": self.loaded.errors,
            "refused": self.loaded.statuses.get("409", 0),
        }

    def used(self) -> Result:
        """Return the CPU time of everybody."""
        return {
            "client_cpu_s": round(self.loaded.cpu_seconds, 2),
            "server_cpu_s": round(self.server_cpu_seconds, 2),
            "database_cpu_s": round(self.database_cpu_seconds, 2),
        }


def measure(
    ground: Ground,
    servers: Servers,
    journeys: Sequence[Journey],
    *,
    connections: int,
    seconds: float,
) -> Measured:
    """Send journeys and measure."""
    ground.settle()
    batches = _batches(ground)
    rows, wal = ground.written()
    server_cpu, database_cpu = servers.cpu_seconds(), ground.cpu_seconds()
    load = Load(ports=servers.ports, connections=connections, seconds=seconds)
    loaded = run(load, journeys, folder=ground.folder)
    rows_after, wal_after = ground.written()
    return Measured(
        loaded=loaded,
        batches=_batches(ground) - batches,
        rows=rows_after - rows,
        wal_bytes=wal_after - wal,
        server_cpu_seconds=servers.cpu_seconds() - server_cpu,
        database_cpu_seconds=ground.cpu_seconds() - database_cpu,
    )


def compared(before: Limit, after: Limit) -> Mapping[str, object]:
    """Return the limit's two measurements, for whoever wonders how noisy the machine is."""
    return {
        "limit_before_per_second": before.per_second,
        "limit_after_per_second": after.per_second,
    }


def _batches(ground: Ground) -> int:
    (count,), *_ = ground.ask("SELECT count(*) FROM batch")
    return int(str(count))
