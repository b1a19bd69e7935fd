"""Metrics for Prometheus: batches, requests, refusals, the lane's queue, the workers' pulse.

With several worker processes each keeps its numbers in a file of `PROMETHEUS_MULTIPROC_DIR`,
which has to be in the environment before this module is imported; whichever process is asked
adds them up.
"""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 48, 64)
_BATCH_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_REQUEST_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)

# Its own annotation: prometheus_client's collector has none.
_collect_all: Callable[[CollectorRegistry, str], object] = multiprocess.MultiProcessCollector


class Metrics:
    """One server's numbers, in a registry of their own."""

    def __init__(self) -> None:
        """Make all series, at zero."""
        self._registry = CollectorRegistry()
        registry = self._registry
        self._batch_size = Histogram(
            "holdfast_batch_size", "Commands in one batch.", buckets=_BATCH_SIZES, registry=registry
        )
        self._batch_seconds = Histogram(
            "holdfast_batch_seconds",
            "How long one batch took, its retries included.",
            buckets=_BATCH_SECONDS,
            registry=registry,
        )
        self._refusals = Counter(
            "holdfast_refusals", "Refused commands by code.", ["code"], registry=registry
        )
        self._depth = Gauge(
            "holdfast_lane_queue_depth",
            "Commands that wait for a lane.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._requests = Counter(
            "holdfast_requests",
            "Requests by method, route template and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._request_seconds = Histogram(
            "holdfast_request_seconds",
            "How long one request took, by route template.",
            ["route"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self._worker_runs = Counter(
            "holdfast_worker_runs",
            "Runs of a worker by outcome.",
            ["worker", "outcome"],
            registry=registry,
        )
        self._worker_heartbeat = Gauge(
            "holdfast_worker_heartbeat_seconds",
            "When a worker last ran without failing, in seconds since 1970.",
            ["worker"],
            multiprocess_mode="max",
            registry=registry,
        )

    def batch_done(self, *, size: int, seconds: float, refusals: Tally[str], depth: int) -> None:
        """Note that a batch is over: its refusals by code, and how many commands wait now."""
        self._batch_size.observe(size)
        self._batch_seconds.observe(seconds)
        for code, count in refusals.items():
            self._refusals.labels(code).inc(count)
        self._depth.set(depth)

    def request_done(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request that was answered.

        The route is its template, never its path, and methods that nobody knows are one: what a
        caller makes up must not make a series.
        """
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def worker_ran(self, name: str, *, at_seconds: float | None) -> None:
        """Note a worker's run; without an instant it failed."""
        outcome = "failed" if at_seconds is None else "done"
        self._worker_runs.labels(name, outcome).inc()
        if at_seconds is not None:
            self._worker_heartbeat.labels(name).set(at_seconds)

    def exposition(self) -> tuple[bytes, str]:
        """Return all numbers as Prometheus reads them, and their media type.

        Those of sibling processes are included.
        """
        folder = os.environ.get(MULTIPROCESS_FOLDER)
        if folder is None:
            return generate_latest(self._registry), MEDIA_TYPE
        everything = CollectorRegistry()
        _collect_all(everything, folder)
        return generate_latest(everything), MEDIA_TYPE
