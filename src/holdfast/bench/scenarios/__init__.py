"""The scenarios, by the names under which `holdfast bench` knows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from holdfast.bench.measuring import Result
from holdfast.bench.options import Options
from holdfast.bench.scenarios import crowds, embedded, expiring, holds, listings, start

SCENARIOS: Mapping[str, Callable[[Options], Result]] = {
    "holds": holds.holds,
    "hot": holds.hot,
    "tenants": holds.tenants,
    "idle": holds.idle,
    "mixed": crowds.mixed,
    "storm": crowds.storm,
    "expire": expiring.expire,
    "embedded": embedded.embedded,
    "start": start.start,
    "availability": listings.availability,
}
