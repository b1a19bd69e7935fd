"""The real engine does what a dumb model does, whatever random people and failures do to it."""

from __future__ import annotations

from collections import Counter

import pytest

from holdfast.domain.errors import STATUS_BY_CODE
from holdfast.simulation import Report, simulate
from holdfast.testing.clocks import ManualClock
from tests.lending import Lending

PROOF_SEEDS = range(1, 26)
# What is said before a request reaches the engine, or by features that are not simulated yet.
SAID_BY_OTHERS = frozenset(
    {
        "access.unauthenticated",
        "invitation.expired",
        "input.too_large",
        "input.unsupported",
        "policy.customer_blocked",
        "rate.limited",
        "request.in_progress",
        "request.method_not_allowed",
    }
)
KINDS = frozenset(
    {
        "block",
        "book",
        "cancel",
        "cancel_slot",
        "check_in",
        "check_out",
        "complete",
        "confirm",
        "convert",
        "day",
        "decline",
        "extend",
        "hold",
        "look",
        "move",
        "no_show",
        "release",
        "resize",
        "resize_slot",
        "settle",
        "slot",
        "switch",
        "unblock",
        "undo",
        "work",
    }
)


def run(lending: Lending, kind: str, clock: ManualClock, *, seed: int, operations: int) -> Report:
    with lending.lent(kind) as database:
        return simulate(database, clock, seed=seed, operations=operations)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_engine_and_the_model_agree(lending: Lending, clock: ManualClock, seed: int) -> None:
    report = run(lending, "sqlite", clock, seed=seed, operations=250)

    assert report.violations == []
    assert report.operations >= 250


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_seed_gives_the_same_history_on_every_database(
    lending: Lending, clock: ManualClock
) -> None:
    reports = [
        run(lending, kind, clock, seed=7, operations=120)
        for kind in ("sqlite", "sqlite", "postgresql")
    ]

    assert [report.violations for report in reports] == [[], [], []]
    assert len({report.history_hash for report in reports}) == 1


def test_another_seed_gives_another_history(lending: Lending, clock: ManualClock) -> None:
    reports = [run(lending, "sqlite", clock, seed=seed, operations=10) for seed in (1, 2)]

    assert reports[0].history_hash != reports[1].history_hash


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_every_operation_is_accepted_often_and_refused_for_every_reason(
    lending: Lending, clock: ManualClock
) -> None:
    accepted, tried, codes = Counter[str](), Counter[str](), set[str]()
    for seed in PROOF_SEEDS:
        report = run(lending, "sqlite", clock, seed=seed, operations=1_000)
        assert report.violations == []
        for kind, count in report.by_operation.items():
            accepted[kind] += count.accepted
            tried[kind] += count.accepted + count.refused
            codes |= count.refused_by_code.keys()

    assert tried.keys() == KINDS
    assert [kind for kind in KINDS if accepted[kind] < 0.2 * tried[kind]] == []
    assert codes == STATUS_BY_CODE.keys() - SAID_BY_OTHERS
