"""The simulation finds every bug that is put into the engine, from one pinned seed each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from holdfast.simulation import simulate
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.lending import Lending
from tests.simulation.mutants import MUTANTS

FOUND_BY = {
    "answer_before_commit": 2,
    "buffer_ignored": 1,
    "code_counted_once": 9,
    "code_used_for_good": 1,
    "double_release": 1,
    "expired_booking_is_confirmed": 6,
    "expired_hold_is_converted": 4,
    "freed_key_not_locked": 1,
    "half_a_booking": 1,
    "limit_off_by_one": 22,
    "lost_idempotency": 1,
    "moved_booking_keeps_both": 1,
    "neighbours_refusal_leaks": 1,
    "no_capacity_check": 1,
    "no_guard_on_confirm": 1,
    "now_read_before_the_lock": 2,
    "off_by_one": 1,
    "overlay_not_dropped": 7,
    "pool_without_member_guard": 1,
    "stale_batch_view": 6,
    "wrong_local_day": 1,
}
PROOF_SEED = 20_261_121


@pytest.fixture
def empty(lending: Lending, clock: ManualClock) -> Iterator[Database]:
    """An empty SQLite database, whose clock stands still."""
    with lending.lent("sqlite") as opened:
        yield opened


def test_every_mutant_has_its_seed() -> None:
    assert FOUND_BY.keys() == MUTANTS.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FOUND_BY))
def test_a_bug_is_found_within_500_operations(
    empty: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    MUTANTS[name](monkeypatch)

    report = simulate(empty, clock, seed=FOUND_BY[name], operations=500, is_shrunk=False)

    assert len(report.violations) == 1


@pytest.mark.proof
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_bug_is_found_by_any_seed_within_10_000_operations(
    empty: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    MUTANTS[name](monkeypatch)

    report = simulate(empty, clock, seed=PROOF_SEED, operations=10_000, is_shrunk=False)

    assert len(report.violations) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["expired_hold_is_converted"])
def test_what_leads_to_a_bug_is_shortened(
    empty: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    MUTANTS[name](monkeypatch)

    report = simulate(empty, clock, seed=FOUND_BY[name], operations=500)

    (violation,) = report.violations
    steps = [cast("dict[str, object]", step) for step in violation.steps]
    assert (steps[0]["kind"], steps[-1]["kind"]) == ("hold", "convert")
    assert len(steps) <= 4  # some may stay for the time that passes before them
