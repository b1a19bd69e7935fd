"""Fixtures of the pages' tests: a street of businesses, and visitors without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.links import LinkSigner
from holdfast.storage.database import Database
from holdfast.storage.migrating import upgrade
from holdfast.testing.clocks import ManualClock, SeededIds
from holdfast.web.app import Pages
from holdfast.web.limiting import Limiter
from holdfast.web.visits import House
from tests.api.gateway_for_tests import InlineGateway
from tests.lending import Lending, empty
from tests.web.streets import Street, open_street
from tests.web.visitors import Visitor

SECRET = "a secret of the tests, of more than 32 characters"


@dataclass(kw_only=True)
class Time:
    """A monotonic clock that moves when it is told to."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True, kw_only=True)
class Town:
    """A street of businesses behind the pages.

    Attributes:
        time: What the limits of tries go by.
    """

    engine: Engine
    clock: ManualClock
    street: Street
    gateway: InlineGateway
    house: House
    pages: Pages
    time: Time = field(default_factory=Time)

    def visitor(self, **options: str) -> Visitor:
        """Return a new visitor, who has never been here."""
        return Visitor(self.pages, **options)


@pytest.fixture(scope="session")
def page_database(lending: Lending) -> Iterator[Database]:
    """A database in memory, emptied after each test."""
    database = Database.open("sqlite:///:memory:", clock=lending.clock)
    upgrade(database)
    yield database
    database.dispose()


@pytest.fixture
def town(page_database: Database, clock: ManualClock) -> Iterator[Town]:
    """A street of businesses behind the pages."""
    engine = Engine.over(page_database, clock=clock, ids=SeededIds())
    time = Time()
    gateway = InlineGateway(engine)
    house = House(gateway=gateway, signer=LinkSigner([SECRET]), limiter=Limiter(time))
    yield Town(
        engine=engine,
        clock=clock,
        street=open_street(engine),
        gateway=gateway,
        house=house,
        pages=Pages(house),
        time=time,
    )
    empty(page_database)


@pytest.fixture
def visitor(town: Town) -> Visitor:
    """A visitor without scripts, who reads English."""
    return town.visitor()


@pytest.fixture
def booked(town: Town, visitor: Visitor) -> Callable[[], str]:
    """What books a haircut, and returns the address of its page."""

    def book() -> str:
        visitor.open("/sarah/cut")
        visitor.press(visitor.page.buttons_named("slot")[0])
        visitor.fill(name="Ada Lovelace", email="ada@example.com")
        visitor.submit("details")
        return visitor.url.partition("?")[0]

    return book
