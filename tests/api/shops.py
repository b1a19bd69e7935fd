"""Businesses opened through the API, a line for each thing they need."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from holdfast.api.app import create_app
from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.engine.tenants import AddTenant
from tests.api.conftest import secret_of
from tests.api.driver import Client, Reply
from tests.api.gateway_for_tests import InlineGateway

ADA = {"name": "Ada", "email": "ada@b.example"}
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
ROUND_THE_CLOCK = {"weekdays": EVERY_DAY, "opens": "00:00", "closes": "24:00"}


class Shop:
    """A business with an owner's key."""

    def __init__(self, engine: Engine, runner: asyncio.Runner, *, zone: str = "UTC") -> None:
        tenant = engine.add_tenant(
            AddTenant(slug="shop", name="The Shop", zone=zone, currency="EUR")
        )
        desk = engine.tenant("shop")
        self.tenant_id = tenant.tenant_id
        app = create_app(InlineGateway(engine))
        self.owner = Client(app, key=secret_of(desk, Role.OWNER), runner=runner)
        self.page = self.owner.with_key(secret_of(desk, None))

    def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make something."""
        reply = self.owner.post(path, body)
        assert reply.status == 201, reply.body
        return reply.json

    def room(self, name: str = "Room", capacity: int | None = 1) -> str:
        """Add a resource."""
        return str(self.made("/v1/resources", {"name": name, "capacity": capacity})["resource_id"])

    def offering(
        self, slug: str, *rooms: str, rules: Sequence[Any] = (ROUND_THE_CLOCK,), **fields: object
    ) -> str:
        """Add an offering of an hour, open round the clock unless other rules are given."""
        needed = [{"resource_id": room} for room in rooms]
        body = {"slug": slug, "name": slug, "duration_minutes": 60, "requirements": needed}
        offering_id = str(self.made("/v1/offerings", {**body, **fields})["offering_id"])
        if rules:
            reply = self.owner.put(f"/v1/offerings/{offering_id}/schedule", {"rules": list(rules)})
            assert reply.status == 200, reply.body
        return offering_id

    def hold(self, offering_id: str, starts_at: str, party_size: int = 1) -> Reply:
        """Ask for a hold."""
        body = {"offering_id": offering_id, "starts_at": starts_at, "party_size": party_size}
        return self.owner.post("/v1/holds", body)

    def book(self, offering_id: str, starts_at: str, party_size: int = 1) -> Reply:
        """Ask for a booking."""
        body = {
            "offering_id": offering_id,
            "starts_at": starts_at,
            "party_size": party_size,
            "contact": ADA,
        }
        return self.owner.post("/v1/bookings", body)

    def starts(self, offering_id: str, since: str, until: str) -> list[str]:
        """List when open slots begin."""
        query = {"offering_id": offering_id, "from": since, "to": until}
        reply = self.owner.get("/v1/availability", query)
        assert reply.status == 200, reply.body
        return [slot["starts_at"] for slot in reply.json["slots"]]
