"""How many deadlocks PostgreSQL has had to break in a database."""

from __future__ import annotations

import time

import psycopg
from sqlalchemy import make_url

from holdfast.testing.postgres import PostgresServer
from tests.races.schedules import PATIENCE_SECONDS

# A backend may keep its counts to itself for ten seconds, and gives them away when it ends. Only
# idle ones are ended: their clients find out when they next want something, and connect again.
_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = %s AND state = 'idle' AND backend_start < %s
"""
_LEFT = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_start < %s"
_COUNT = "SELECT deadlocks FROM pg_stat_database WHERE datname = %s"


def count_deadlocks(server: PostgresServer, url: str) -> int:
    """Return how many deadlocks there have been in a database, up to now."""
    name = make_url(url).database
    deadline = time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(server.url(), autocommit=True) as connection:
        (since,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
        while True:
            connection.execute(_END, (name, since))
            (left,) = connection.execute(_LEFT, (name, since)).fetchone() or (None,)
            if left == 0:
                break
            assert time.monotonic() < deadline, f"{left} backends do not end"
            time.sleep(0.01)
        (count,) = connection.execute(_COUNT, (name,)).fetchone() or (0,)
    return int(count)
