"""Where races are held: one database, the servers on it, and a fresh business for each race."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.bootstrap import Engine, RandomIds
from holdfast.domain.access import KeyKind, Role
from holdfast.engine.facade import TenantEngine
from holdfast.engine.ports import WriteStores
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import open_desk
from tests.engine.faults import Interfere, let_be
from tests.lending import Lending, empty
from tests.races.books import Books
from tests.races.clients import Requests
from tests.races.schedules import Crew, two_databases
from tests.races.servers import Server

AUDIT_SECONDS = 100

# For what only happens where writers of different rows go on side by side.
on_postgresql = pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)

_numbers = itertools.count(1)
_DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A business, seen from this process, and how to ask the servers for its things."""

    slug: str
    desk: TenantEngine
    requests: Requests
    books: Books


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One database, two servers, and an engine in this process to prepare and to look."""

    url: str
    servers: Sequence[Server]
    engine: Engine

    def open_shop(self) -> Shop:
        """Open another business, with a key that may do everything."""
        slug = f"shop-{next(_numbers)}"
        desk = open_desk(self.engine, slug=slug)
        key = desk.keys.add("Till", kind=KeyKind.SECRET, role=Role.OWNER)
        return Shop(
            slug=slug,
            desk=desk,
            requests=Requests(secret=key.secret),
            books=Books(self.engine.database, desk.tenant_id),
        )

    def hang_up(self) -> None:
        """Close this process's connections; the next question opens new ones."""
        self.engine.database.dispose()

    def complaints(self) -> list[str]:
        """Return what the servers logged as errors."""
        return [line for server in self.servers for line in server.complaints()]

    def audit(self, shop: Shop) -> dict[str, object]:
        """Have `holdfast audit` prove a business, and return what it says."""
        words = ("audit", "--db", self.url, "--tenant", shop.slug, "--json")
        done = subprocess.run(
            [sys.executable, "-m", "holdfast.cli", *words],
            capture_output=True,
            check=False,
            timeout=AUDIT_SECONDS,
            env={name: value for name, value in os.environ.items() if name[:9] != "HOLDFAST_"},
        )
        found = json.loads(done.stdout)
        assert isinstance(found, dict), done.stderr
        return {**found, "exit_code": done.returncode}


def ahead(hour: int = 10) -> datetime:
    """Return a full hour of the day after tomorrow, the same day all through the run."""
    return _DAY + timedelta(hours=hour)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A database that nobody serves, for schedules at the library; its clock stands still.

    Attributes:
        databases: The same one, opened as two processes would.
    """

    url: str
    databases: Sequence[Database]
    clock: ManualClock
    desk: TenantEngine
    books: Books

    def crew(
        self,
        stores: Callable[[Database], WriteStores] = SqlStores,
        *,
        interfere: Interfere = let_be,
    ) -> Crew:
        """Return engines that write by way of some stores."""
        return Crew(
            tenant_id=self.desk.tenant_id,
            databases=self.databases,
            stores=stores,
            interfere=interfere,
        )

    def hang_up(self) -> None:
        """Close all connections; the next question opens new ones."""
        for database in self.databases:
            database.dispose()

    @property
    def has_exclusion(self) -> bool:
        """Whether the database sounds an alarm at overlapping exclusive claims."""
        return self.databases[0].has_btree_gist()


@dataclass(kw_only=True)
class Benches:
    """The database of each kind on which schedules are run, one test after another.

    Opening one, and making it, costs more than most schedules do.
    """

    lending: Lending
    _opened: dict[str, tuple[str, list[Database]]] = field(default_factory=dict)

    @contextmanager
    def lent(self, kind: str) -> Iterator[Bench]:
        """Lend an empty database with a business in it."""
        if kind not in self._opened:
            url = self.lending.copy(kind)
            self._opened[kind] = (url, two_databases(url, clock=self.lending.clock))
        url, databases = self._opened[kind]
        desk = open_desk(Engine.over(databases[0], clock=self.lending.clock, ids=RandomIds()))
        try:
            yield Bench(
                url=url,
                databases=databases,
                clock=self.lending.clock,
                desk=desk,
                books=Books(databases[0], desk.tenant_id),
            )
        finally:
            empty(databases[0])

    def close(self) -> None:
        """Close the databases."""
        for _, databases in self._opened.values():
            for database in databases:
                database.dispose()
