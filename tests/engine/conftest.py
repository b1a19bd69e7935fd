"""Fixtures of the engine's tests: the same business, on as many empty databases as wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from holdfast.bootstrap import Engine
from holdfast.storage.database import DatabaseOptions
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.scenes import open_scene
from tests.engine.stages import Stage
from tests.lending import Lending

IMPATIENT = DatabaseOptions(acquire_seconds=0.3, lock_seconds=0.05, settle_seconds=0.5)


@pytest.fixture
def open_stage(lending: Lending, kind: str, clock: ManualClock) -> Iterator[Callable[[], Stage]]:
    """What opens the same business on another empty database of the same kind."""
    with ExitStack() as opened:

        def open_one() -> Stage:
            database = opened.enter_context(lending.lent(kind, IMPATIENT))
            scene = open_scene(Engine.over(database, clock=clock, ids=SeededIds()))
            return Stage(database=database, clock=clock, scene=scene)

        yield open_one


@pytest.fixture
def stage(open_stage: Callable[[], Stage]) -> Stage:
    """A business on an empty database of each kind in turn."""
    return open_stage()
