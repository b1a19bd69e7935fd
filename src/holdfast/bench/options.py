"""What the user of a benchmark may choose."""

from __future__ import annotations

import secrets
from dataclasses import dataclass


class BenchUnavailable(Exception):
    """It cannot be measured here; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to measure with.

    Attributes:
        url: The database; None starts a PostgreSQL of our own that syncs to the disk.
        seconds: How long each measurement takes.
        servers: How many server processes.
        bookings: How many are stored in the larger case of `availability`.
        expired: How many holds have expired in `expire`.
    """

    url: str | None = None
    seconds: float = 10.0
    servers: int = 1
    bookings: int = 100_000
    expired: int = 100_000

    def new_slug(self) -> str:
        """Return a name for a business of this run, also in a database that has some already."""
        return f"bench-{secrets.token_hex(4)}"

    def require_no_database(self, scenario: str) -> None:
        """Refuse a database where a scenario makes files of its own.

        Raises:
            BenchUnavailable: One was named.
        """
        if self.url is not None:
            raise BenchUnavailable(f"{scenario} makes its own database; leave --db out.")
