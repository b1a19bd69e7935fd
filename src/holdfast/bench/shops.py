"""Businesses to measure on, and the requests that customers send them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from holdfast.bench.load import request
from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM, KeyKind, Role
from holdfast.engine.facade import TenantEngine
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.tenants import AddTenant

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
ROUND_THE_CLOCK = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=0, closes_minute=24 * 60)
STAY = timedelta(minutes=30)
HORIZON_DAYS = 3_650
FIRST_DAY = 2
"""On which day from today on the first stay is: past any notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A business, its desk in this process, and a key for the servers."""

    slug: str
    desk: TenantEngine
    secret: str = field(repr=False)

    def post(self, path: str, body: object) -> bytes:
        """Write a POST under an idempotency key of its own, as careful clients do."""
        key = f"bench-{secrets.token_hex(12)}"
        return request("POST", path, secret=self.secret, body=body, key=key)

    def get(self, path: str) -> bytes:
        """Write a GET."""
        return request("GET", path, secret=self.secret)


def open_shop(engine: Engine, slug: str) -> Shop:
    """Open a business in UTC, with a key that may do everything."""
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="Bench", zone="UTC", currency="EUR", horizon_days=HORIZON_DAYS)
    )
    desk = engine.at(tenant.tenant_id, actor=SYSTEM)
    key = desk.keys.add("Load", kind=KeyKind.SECRET, role=Role.OWNER)
    return Shop(slug=slug, desk=desk, secret=key.secret)


def add_rooms(shop: Shop, count: int) -> list[str]:
    """Add exclusive resources that are booked by themselves at any time, and return their ids."""
    found = []
    for number in range(count):
        room = shop.desk.resources.add(
            AddResource(name=f"Room {number + 1}", kind="room", is_bookable_alone=True)
        )
        shop.desk.schedules.set(room.resource_id, [ROUND_THE_CLOCK])
        found.append(str(room.resource_id))
    return found


def first_instant() -> datetime:
    """Return the midnight from which on stays are booked."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=FIRST_DAY)


def stays(rooms: list[str], *, since: int = 0) -> Iterator[dict[str, str]]:
    """Say which room and which half hour to hold: all rooms in turn, then the next half hour."""
    first = first_instant()
    number = since
    while True:
        starts_at = first + number * STAY
        for room in rooms:
            yield {
                "resource_id": room,
                "starts_at": starts_at.isoformat(),
                "ends_at": (starts_at + STAY).isoformat(),
            }
        number += 1
