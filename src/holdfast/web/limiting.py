"""Limiting: how often one address, or one booking number, may try something.

Counted in this process, over the last minutes. Several server processes each count for themselves,
so that a limit of 5 becomes at most 5 in each of them.
"""

from __future__ import annotations

import ipaddress
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from holdfast.domain.errors import RateLimited

REMEMBERED_MAX = 50_000
_IPV6_NETWORK = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most so many tries in so many seconds."""

    name: str
    tries: int
    seconds: float


ASKING = Rate(name="asking", tries=300, seconds=60)
HOLDING = Rate(name="holding", tries=20, seconds=15 * 60)
BOOKING = Rate(name="booking", tries=20, seconds=15 * 60)
FINDING = Rate(name="finding", tries=5, seconds=15 * 60)


class Limiter:
    """Counts tries by what is tried and by whom. One event loop at a time uses it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tries: dict[tuple[str, str], deque[float]] = {}

    def count(self, rate: Rate, *whos: str) -> None:
        """Count a try for everybody it concerns, or refuse it if one of them tried too often.

        Raises:
            RateLimited: Too often; it says for how long to wait.
        """
        now = self._monotonic()
        found = [self._recent(rate, who, now) for who in whos]
        waits = [tries[0] + rate.seconds - now for tries in found if len(tries) >= rate.tries]
        if waits:
            seconds = max(1, round(max(waits)))
            message = f"Too many tries. Try again in {seconds} seconds."
            raise RateLimited(message, retry_after_seconds=seconds)
        for tries in found:
            tries.append(now)

    def _recent(self, rate: Rate, who: str, now: float) -> deque[float]:
        tries = self._tries.pop((rate.name, who), deque[float]())
        while tries and tries[0] <= now - rate.seconds:
            tries.popleft()
        while len(self._tries) >= REMEMBERED_MAX:
            del self._tries[next(iter(self._tries))]
        # Last in the dictionary, so that who has not been seen for longest is forgotten first.
        self._tries[rate.name, who] = tries
        return tries


def network_of(address: str) -> str:
    """Return whom an address stands for: itself, or of IPv6 the network of a customer.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3::4")
    ('192.0.2.7', '2001:db8:1:2::/64')
    """
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(read, ipaddress.IPv4Address):
        return str(read)
    return str(ipaddress.IPv6Network((int(read), _IPV6_NETWORK), strict=False))
