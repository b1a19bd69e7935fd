"""A batch fails at each of its statements in turn: all of it happens in the end, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from holdfast.engine.ports import StorageUnavailable, TransactionConflict
from holdfast.storage.database.steps import Answer, Query, Step
from tests.engine.scenes import seven
from tests.engine.stages import Stage

STATEMENTS_MAX = 200


class Broken:
    """Counts the statements of the writers, and fails the one that it is told to."""

    def __init__(self, failing: int, fault: Exception, *, is_lasting: bool) -> None:
        self._failing, self._fault, self._is_lasting = failing, fault, is_lasting
        self.count = 0

    def __call__(self, *_: object) -> None:
        """Count one statement, or fail it."""
        self.count += 1
        if self.count == self._failing or (self._is_lasting and self.count > self._failing):
            raise self._fault


@contextmanager
def breaking(stage: Stage, broken: Broken) -> Iterator[None]:
    """Fail a statement of the writers while a block lasts, those of an exchange one by one."""
    backend = stage.database._backend
    read, write = backend.read, backend.write

    def read_each(connection: Connection, queries: Sequence[Query]) -> list[Answer]:
        answers = []
        for query in queries:
            broken()
            answers += read(connection, [query])
        return answers

    def write_each(connection: Connection, steps: Sequence[Step]) -> list[int]:
        counts = []
        for step in steps:
            broken()
            counts += write(connection, [step])
        return counts

    event.listen(backend.writers, "before_cursor_execute", broken)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backend, "read", read_each)
            patch.setattr(backend, "write", write_each)
            yield
    finally:
        event.remove(backend.writers, "before_cursor_execute", broken)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_conflict_at_any_statement_is_repeated_and_nobody_notices(
    open_stage: Callable[[], Stage],
) -> None:
    """C10, I-31."""
    plain = open_stage()
    expected = (plain.said(plain.run(*seven(plain.scene))), plain.story)
    stride = 1 if plain.database.dialect_name == "sqlite" else 3  # PostgreSQL connects anew
    failing, found, counted = 0, [], STATEMENTS_MAX
    while failing < counted:
        failing += stride
        stage = open_stage()
        broken = Broken(failing, TransactionConflict("here"), is_lasting=False)
        with breaking(stage, broken):
            outcomes = stage.run(*seven(stage.scene))
        counted = min(counted, broken.count)
        found.append((stage.said(outcomes), stage.story) == expected and not stage.faults)

    assert set(found) == {True}
    assert failing > 15


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_database_that_goes_away_at_any_statement_leaves_nothing_behind(
    open_stage: Callable[[], Stage],
) -> None:
    """F8, I-31: what was not committed never was."""
    found, failing = [], 0
    for failing in range(1, STATEMENTS_MAX):
        stage = open_stage()
        before = stage.story
        broken = Broken(failing, StorageUnavailable("gone"), is_lasting=True)
        with breaking(stage, broken):
            outcomes = stage.run(*seven(stage.scene))
        if broken.count < failing:
            break
        codes = {outcome.error.code if outcome.error else "done" for outcome in outcomes}
        found.append((codes, stage.story == before))

    assert found == [({"server.busy"}, True)] * (failing - 1)
    assert failing > 15
