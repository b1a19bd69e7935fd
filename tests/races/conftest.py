"""Fixtures of the races: two servers on one database of each kind, for all races together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from holdfast.bootstrap import Engine
from holdfast.testing.clocks import ManualClock
from tests.lending import Lending
from tests.races.deadlocks import count_deadlocks
from tests.races.servers import serving
from tests.races.sites import Bench, Benches, Site

HERE = Path(__file__).parent
# The workers look often, so that they are in every race. Few readers, since two servers share two
# cores with their clients, and two hundred refusals at once want their alternatives found.
SETTINGS = {
    "HOLDFAST_EXPIRE_SECONDS": "0.2",
    "HOLDFAST_LOG_FORMAT": "json",
    "HOLDFAST_READERS": "2",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that is here, so that it runs with the races and not once more by itself."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.race)


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def running_site(
    request: pytest.FixtureRequest, lending: Lending, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A database of each kind in turn, with two servers on it."""
    url = lending.copy(request.param)
    folder = tmp_path_factory.mktemp("servers")
    with serving(url, folder, count=2, settings=SETTINGS) as servers:
        engine = Engine.open(url, migrate=False)
        yield Site(url=url, servers=servers, engine=engine)
        engine.close()


@pytest.fixture
def site(running_site: Site, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The database and its servers, whose last words are shown if the test fails."""
    before = len(running_site.complaints())
    yield running_site
    words = "\n".join(server.last_words() for server in running_site.servers)
    request.node.add_report_section("teardown", "servers", words)
    assert running_site.complaints()[before:] == []


@pytest.fixture(scope="session")
def benches(lending: Lending) -> Iterator[Benches]:
    """The databases on which schedules are run."""
    opened = Benches(lending=lending)
    yield opened
    opened.close()


@pytest.fixture
def bench(benches: Benches, kind: str, clock: ManualClock) -> Iterator[Bench]:
    """A database of each kind in turn that nobody serves, and a business in it."""
    with benches.lent(kind) as opened:
        yield opened


@pytest.fixture
def deadlocks(request: pytest.FixtureRequest) -> Callable[[Bench | Site], int]:
    """What counts the deadlocks that there have been in a database; on SQLite there are none."""

    def count(place: Bench | Site) -> int:
        if place.url.startswith("sqlite"):
            return 0
        place.hang_up()
        return count_deadlocks(request.getfixturevalue("server"), place.url)

    return count


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[..., None]:
    """What writes measured numbers into the report of the run."""

    def write(**numbers: object) -> None:
        request.node.user_properties.extend(numbers.items())

    return write
