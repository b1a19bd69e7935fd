"""Fixtures of the API's tests: an app over a database in memory, and one client a kind of key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from holdfast.api.app import create_app
from holdfast.bootstrap import Engine
from holdfast.domain.access import KeyKind, Role
from holdfast.engine.facade import TenantEngine
from holdfast.storage.database import Database
from holdfast.storage.migrating import upgrade
from holdfast.testing.clocks import ManualClock, SeededIds
from holdfast.testing.samples import Concert, Salon, open_concert, open_salon
from tests.api.driver import Client
from tests.api.gateway_for_tests import InlineGateway
from tests.lending import Lending, empty

CONCERT_STARTS_AT = datetime(2026, 7, 14, 18, tzinfo=UTC)
TUESDAY_TEN = "2026-06-02T08:00:00Z"  # 10:00 in Paris, the salon's first slot


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """The event loop in which the apps run."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="session")
def memory_database(lending: Lending) -> Iterator[Database]:
    """A database in memory, emptied after each test."""
    database = Database.open("sqlite:///:memory:", clock=lending.clock)
    upgrade(database)
    yield database
    database.dispose()


@pytest.fixture
def memory_engine(memory_database: Database, clock: ManualClock) -> Iterator[Engine]:
    """An engine over an empty database in memory."""
    yield Engine.over(memory_database, clock=clock, ids=SeededIds())
    empty(memory_database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Two businesses behind one app.

    Attributes:
        owner, manager, staff, viewer, page, nobody: Clients of the salon, by their keys.
        stranger: A client of the other business, its owner.
    """

    engine: Engine
    clock: ManualClock
    app: FastAPI
    gateway: InlineGateway
    salon: Salon
    concert: Concert
    owner: Client
    manager: Client
    staff: Client
    viewer: Client
    page: Client
    nobody: Client
    stranger: Client

    @property
    def cut(self) -> str:
        """The salon's offering."""
        return self.salon.cut.offering_id

    @property
    def chair(self) -> str:
        """The salon's resource."""
        return self.salon.chair.resource_id


def secret_of(desk: TenantEngine, role: Role | None) -> str:
    """Make a key in a role, or a publishable one."""
    kind = KeyKind.PUBLISHABLE if role is None else KeyKind.SECRET
    return desk.keys.add(f"{role or 'page'} key", kind=kind, role=role).secret


def open_place(engine: Engine, clock: ManualClock, runner: asyncio.Runner) -> Place:
    """Open two businesses and an app before them."""
    salon = open_salon(engine)
    concert = open_concert(engine, starts_at=CONCERT_STARTS_AT)
    gateway = InlineGateway(engine)
    app = create_app(gateway)
    nobody = Client(app, key=None, runner=runner)
    return Place(
        engine=engine,
        clock=clock,
        app=app,
        gateway=gateway,
        salon=salon,
        concert=concert,
        owner=nobody.with_key(secret_of(salon.desk, Role.OWNER)),
        manager=nobody.with_key(secret_of(salon.desk, Role.MANAGER)),
        staff=nobody.with_key(secret_of(salon.desk, Role.STAFF)),
        viewer=nobody.with_key(secret_of(salon.desk, Role.VIEWER)),
        page=nobody.with_key(secret_of(salon.desk, None)),
        nobody=nobody,
        stranger=nobody.with_key(secret_of(concert.desk, Role.OWNER)),
    )


@pytest.fixture
def place(memory_engine: Engine, clock: ManualClock, runner: asyncio.Runner) -> Place:
    """Two businesses behind one app, on a database in memory."""
    return open_place(memory_engine, clock, runner)
