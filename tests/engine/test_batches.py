"""One command of a batch goes wrong, at each position: its neighbours never notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.ids import BatchId, ClaimId, OfferingId, TenantId
from holdfast.engine.holds import PlaceHold
from holdfast.engine.ports import (
    CapacityKind,
    Changes,
    CommitUnknown,
    LockRequest,
    StorageUnavailable,
    TransactionConflict,
    WriteStore,
)
from holdfast.engine.use_cases import Envelope, Look, Outcome, View
from holdfast.storage.stores import SqlStores, SqlWriteStore
from tests.engine.businesses import at
from tests.engine.faults import Misbehave
from tests.engine.scenes import command, seven
from tests.engine.stages import Stage

POSITIONS = range(8)
ON_POSTGRESQL = pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)

Opening = Callable[[], Stage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What becomes of the seven when nothing goes wrong."""

    said: list[str]
    story: list[str]


_expected: dict[str, Expected] = {}


@pytest.fixture
def expected(open_stage: Opening, stage: Stage) -> Expected:
    """The seven alone, on a database of their own; the same for all tests, so found out once."""
    kind = stage.database.dialect_name
    if kind not in _expected:
        _expected[kind] = run_the_seven(open_stage())
    return _expected[kind]


def run_the_seven(stage: Stage) -> Expected:
    """Run the seven alone."""
    outcomes = stage.run(*seven(stage.scene))
    codes = [outcome.error.code if outcome.error else "done" for outcome in outcomes]
    assert codes == ["done", "capacity.exceeded", "done", "done", "done", "done", "done"]
    return Expected(said=stage.said(outcomes), story=stage.story)


def with_an_eighth(stage: Stage, position: int, eighth: Envelope) -> list[Envelope]:
    """Put an eighth command among the seven."""
    envelopes = seven(stage.scene)
    envelopes.insert(position, eighth)
    return envelopes


def parted(outcomes: list[Outcome], position: int) -> tuple[str, list[Outcome]]:
    """Part the eighth command's code from what became of the others."""
    error = outcomes[position].error
    return error.code if error else "done", outcomes[:position] + outcomes[position + 1 :]


def claim_on_room(view: View, stage: Stage, *, units: int) -> Claim:
    """Return a claim on the room at the very time that the first of the seven wants."""
    return Claim(
        claim_id=ClaimId(view.new_id("clm")),
        key=stage.scene.room_key,
        resource_id=stage.scene.room.resource_id,
        owner_kind=ClaimOwner.BLOCK,
        owner_id="blk_test",
        units=units,
        starts_at=at("12:00"),
        ends_at=at("13:00"),
        counts_until=None,
        is_exclusive=True,
        is_over=False,
        actor_id="test",
        reason=None,
        acquired_at=view.now,
        converted_at=None,
        released_at=None,
    )


def bug_in_needs(stage: Stage) -> Envelope:
    """A command that fails before anything is locked."""

    def look(look: Look) -> None:
        raise RuntimeError("a bug in needs")

    return command(Misbehave(decide=lambda view, now: None, look=look))


def bug_in_decide(stage: Stage) -> Envelope:
    """A command that takes the room and then fails."""

    def decide(view: View, now: datetime) -> object:
        view.acquire(claim_on_room(view, stage, units=1))
        raise RuntimeError("a bug in decide")

    return command(Misbehave(decide=decide, keys=(stage.scene.room_key,)))


def bug_in_render(stage: Stage) -> Envelope:
    """A command that takes the room, and whose answer cannot be rendered."""

    def decide(view: View, now: datetime) -> object:
        view.acquire(claim_on_room(view, stage, units=1))
        return object()

    taking = Misbehave(decide=decide, keys=(stage.scene.room_key,))
    return command(taking, key="cannot be rendered")


def violated_check(stage: Stage) -> Envelope:
    """A command whose claim the database refuses: it takes no units."""

    def decide(view: View, now: datetime) -> object:
        view.insert(claim_on_room(view, stage, units=0))
        return None

    return command(Misbehave(decide=decide, keys=(stage.scene.room_key,)))


def violated_unique_key(stage: Stage) -> Envelope:
    """A command that adds a second offering of the same slug without looking."""

    def decide(view: View, now: datetime) -> object:
        view.insert(replace(stage.scene.yoga, offering_id=OfferingId(view.new_id("off"))))
        return None

    return command(Misbehave(decide=decide))


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize(
    "make",
    [bug_in_needs, bug_in_decide, bug_in_render, violated_check, violated_unique_key],
    ids=lambda make: make.__name__,
)
def test_a_command_that_fails_by_itself_leaves_the_others_as_if_it_had_not_been_there(
    stage: Stage, expected: Expected, make: Callable[[Stage], Envelope], position: int
) -> None:
    batch = with_an_eighth(stage, position, make(stage))

    code, others = parted(stage.run(*batch), position)

    assert (code, stage.said(others)) == ("request.failed", expected.said)
    assert stage.story == expected.story
    assert stage.faults == []


def marked(stage: Stage) -> Envelope:
    """A command that could be done, but whose writing can be told from the others'."""
    return command(PlaceHold(choice=stage.scene.meeting_at("20:00"), client_key="marked"))


def is_marked(subject: object) -> bool:
    """Whether a flush writes what the marked command wants."""
    return isinstance(subject, Changes) and any(
        getattr(record, "client_key", None) == "marked" for record in subject.inserted
    )


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize(
    ("fault", "expected_code"),
    [
        (RuntimeError("a bug in the flush"), "request.failed"),
        (TransactionConflict("always"), "server.busy"),
    ],
    ids=["bug", "conflict"],
)
def test_a_command_whose_flush_always_fails_leaves_the_others_as_if_it_had_not_been_there(
    stage: Stage, expected: Expected, fault: Exception, expected_code: str, position: int
) -> None:
    def interfere(step: str, store: WriteStore, subject: object) -> None:
        if step == "flush" and is_marked(subject):
            raise fault

    stage.interfere = interfere

    code, others = parted(stage.run(*with_an_eighth(stage, position, marked(stage))), position)

    assert (code, stage.said(others)) == (expected_code, expected.said)
    assert stage.story == expected.story
    assert stage.faults == []


@ON_POSTGRESQL
@pytest.mark.parametrize("position", POSITIONS)
def test_a_command_that_waits_in_vain_for_a_lock_is_told_so_and_the_others_are_served(
    stage: Stage, expected: Expected, position: int
) -> None:
    key = stage.scene.spare_key
    waiting = command(Misbehave(decide=lambda view, now: None, keys=(key,)))

    with stage.database.write(stage.scene.desk.tenant_id) as another:
        another.lock([LockRequest(key=key, kind=CapacityKind.GUARD)])
        outcomes = stage.run(*with_an_eighth(stage, position, waiting))

    code, others = parted(outcomes, position)
    assert (code, stage.said(others)) == ("server.busy", expected.said)
    assert stage.story == expected.story
    assert stage.faults == []


@pytest.mark.parametrize("step", ["begin", "lock", "now", "load", "flush", "commit"])
def test_a_conflict_at_any_step_runs_the_batch_once_more_and_nobody_notices(
    stage: Stage, expected: Expected, step: str
) -> None:
    failing = [step]

    def interfere(now_at: str, store: WriteStore, subject: object) -> None:
        if now_at in failing:
            failing.clear()
            raise TransactionConflict("once")

    stage.interfere = interfere

    outcomes = stage.run(*seven(stage.scene))

    assert (failing, stage.said(outcomes), stage.story) == ([], expected.said, expected.story)


def lose(step: str) -> Callable[[str, WriteStore, object], None]:
    """Lose the first COMMIT: `commit` before it takes effect, `committed` after."""
    lost: list[str] = []

    def interfere(now_at: str, store: WriteStore, subject: object) -> None:
        if now_at == step and not lost:
            lost.append(step)
            store.rollback()
            raise CommitUnknown("the connection broke")

    return interfere


@pytest.mark.parametrize("step", ["commit", "committed"])
def test_a_lost_commit_is_settled_and_the_answers_are_true_either_way(
    stage: Stage, expected: Expected, step: str
) -> None:
    stage.interfere = lose(step)

    outcomes = stage.run(*seven(stage.scene))

    assert (stage.said(outcomes), stage.story) == (expected.said, expected.story)
    assert stage.faults == []


class NeverSettled:
    """Stores that cannot find out what became of a lost COMMIT."""

    def __init__(self, stores: SqlStores) -> None:
        self.write: Callable[[TenantId], AbstractContextManager[SqlWriteStore]] = stores.write

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Give up."""
        raise StorageUnavailable("nobody knows")


@pytest.mark.parametrize("step", ["commit", "committed"])
def test_a_lost_commit_that_cannot_be_settled_is_answered_busy_and_nothing_is_run_again(
    stage: Stage, expected: Expected, step: str
) -> None:
    before = stage.story
    stage.stores, stage.interfere = NeverSettled(SqlStores(stage.database)), lose(step)

    outcomes = stage.run(*seven(stage.scene))

    codes = [outcome.error.code if outcome.error else "done" for outcome in outcomes]
    assert codes == ["server.busy"] * 7
    assert stage.story == (expected.story if step == "committed" else before)


@contextmanager
def _file_locked(stage: Stage) -> Iterator[None]:
    """Hold SQLite's only lock."""
    with stage.database.write("tnt_other") as another:
        another.lock([LockRequest(key="any", kind=CapacityKind.GUARD)])
        yield


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_on_sqlite_a_writer_who_keeps_the_file_makes_the_whole_batch_wait_and_then_busy(
    stage: Stage,
) -> None:
    before = stage.story

    with _file_locked(stage):
        outcomes = stage.run(*seven(stage.scene))

    assert [outcome.error.code for outcome in outcomes if outcome.error] == ["server.busy"] * 7
    assert stage.story == before
