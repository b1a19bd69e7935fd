"""Fixtures of all tests: fresh databases of each kind, a clock that stands still, an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import structlog

from holdfast.bootstrap import Engine
from holdfast.storage.database import Database
from holdfast.testing.clocks import DEFAULT_START, ManualClock, SeededIds
from holdfast.testing.postgres import PostgresServer
from tests.contract.databases import postgres_server
from tests.lending import Lending


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """Print logs plainly: the default draws a frame with all variables around each traceback."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ]
    )


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """The one PostgreSQL server of this run, or of this worker of it."""
    with postgres_server() as running:
        yield running


@pytest.fixture(scope="session")
def lending(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lending]:
    """Where this run's databases come from."""

    def start_server() -> PostgresServer:
        server = request.getfixturevalue("server")
        assert isinstance(server, PostgresServer)
        return server

    opened = Lending(folder=tmp_path_factory.mktemp("lending"), start_server=start_server)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture
def fresh_url(lending: Lending, kind: str) -> Callable[[], str]:
    """What makes fresh databases of each kind in turn, for a test that opens them itself."""
    return lambda: lending.copy(kind)


@pytest.fixture
def clock(lending: Lending) -> ManualClock:
    """The clock of record, at 8:00 UTC on Monday, 1 June 2026."""
    lending.clock.set(DEFAULT_START)
    return lending.clock


@pytest.fixture
def database(lending: Lending, kind: str) -> Iterator[Database]:
    """An empty database of each kind in turn, open, whose clock stands still."""
    with lending.lent(kind) as opened:
        yield opened


@pytest.fixture
def engine(database: Database, clock: ManualClock) -> Engine:
    """An engine over an empty database of each kind in turn, whose ids can be foretold."""
    return Engine.over(database, clock=clock, ids=SeededIds())
