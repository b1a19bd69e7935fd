"""`embedded`: the library on SQLite, beside bare sqlite3 writing the same rows."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from holdfast.bench.measuring import Result
from holdfast.bench.options import Options
from holdfast.bench.shops import Shop, add_rooms, open_shop, stays
from holdfast.bench.sqlite_limits import SqliteScript, sqlite_script
from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.ids import ResourceId
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import PlaceHold
from holdfast.engine.use_cases import Envelope

ROOMS = 100
BATCH = 64
_LIMIT_PART = 0.25
"""The limit takes so much of the time before, and again after."""


def embedded(options: Options) -> Result:
    """Place holds with the library on SQLite, one by one and in batches of 64."""
    options.require_no_database("embedded")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        path = Path(folder) / "bench.sqlite"
        engine = Engine.open(f"sqlite:///{path}")
        try:
            return _measured(engine, path, options)
        finally:
            engine.close()


def _measured(engine: Engine, path: Path, options: Options) -> Result:
    shop = open_shop(engine, options.new_slug())
    rooms = add_rooms(shop, ROOMS)
    wanted = _commands(rooms)
    # So that every room has its guard already, as it has from its second hold on.
    _run(engine, shop, list(islice(wanted, ROOMS)))

    def one() -> None:
        shop.desk.holds.place(choice=next(wanted).choice)

    def batch() -> None:
        _run(engine, shop, list(islice(wanted, BATCH)))

    # The script is made from a hold of the first room, whose turn it is.
    script = sqlite_script(path, room=rooms[0], rooms=rooms, place=one)
    ones, ones_limit = _beside(script, one, size=1, seconds=options.seconds)
    batches, batches_limit = _beside(script, batch, size=BATCH, seconds=options.seconds)
    return {
        "one_per_second": round(ones, 1),
        "one_limit_per_second": round(ones_limit, 1),
        "one_ratio": round(ones / ones_limit, 3),
        "batch_per_second": round(batches, 1),
        "batch_limit_per_second": round(batches_limit, 1),
        "batch_ratio": round(batches / batches_limit, 3),
        "batch": BATCH,
        "rooms": ROOMS,
        "settings": {
            "sqlite": sqlite3.sqlite_version,
            "journal_mode": "wal",
            "synchronous": "full",
        },
    }


def _beside(
    script: SqliteScript, place: Callable[[], None], *, size: int, seconds: float
) -> tuple[float, float]:
    """Return the library's holds a second, and the limit's, the better one of before and after."""
    share = seconds * _LIMIT_PART
    before = script.measure(seconds=share, size=size)
    began, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        place()
        count += size
    return count / passed, max(before, script.measure(seconds=share, size=size))


def _commands(rooms: list[str]) -> Iterator[PlaceHold]:
    for stay in stays(rooms):
        yield PlaceHold(
            choice=Choice(
                resource_id=ResourceId(stay["resource_id"]),
                starts_at=datetime.fromisoformat(stay["starts_at"]),
                ends_at=datetime.fromisoformat(stay["ends_at"]),
            )
        )


def _run(engine: Engine, shop: Shop, commands: list[PlaceHold]) -> None:
    """Run commands together."""
    envelopes = [Envelope(command=command, actor=SYSTEM, source="library") for command in commands]
    for outcome in engine.unit_of_work.run(shop.desk.tenant_id, envelopes):
        if outcome.error is not None:
            raise outcome.error from outcome.bug
