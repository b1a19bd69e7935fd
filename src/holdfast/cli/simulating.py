"""`holdfast simulate`: random customers, clocks and failures against the real engine."""

from __future__ import annotations

import logging
from dataclasses import asdict

from holdfast.bootstrap import Engine
from holdfast.cli import output
from holdfast.cli.bars import Bars
from holdfast.cli.faults import Misconfigured
from holdfast.cli.opening import quiet_logs
from holdfast.cli.stages import stage
from holdfast.simulation import Report, simulate
from holdfast.simulation.acting import SLUG
from holdfast.storage.database import Database
from holdfast.storage.migrating import upgrade
from holdfast.testing.clocks import ManualClock, SeededIds

VIOLATIONS_FOUND = 1


def run(db: str, *, seed: int, operations: int, is_json: bool) -> int:
    """Simulate, and return the exit code: 0 if nothing was ever wrong.

    Raises:
        Misconfigured: The database has real businesses in it, or there is none.
        StorageFault: The database cannot be reached.
    """
    # What goes wrong on purpose would fill the screen.
    quiet_logs(logging.CRITICAL)
    clock = ManualClock()
    with stage(db, what="simulation") as chosen:
        database = Database.open(chosen.url, clock=clock)
        try:
            upgrade(database)
            _require_own(database, clock)
            with Bars("operations") as bars:
                report = simulate(
                    database,
                    clock,
                    seed=seed,
                    operations=operations,
                    progress=lambda done: bars.show("Simulating", done=done, total=operations),
                )
        finally:
            database.dispose()
    if is_json:
        output.as_json(asdict(report))
    else:
        _print(report)
    return VIOLATIONS_FOUND if report.violations else 0


def _require_own(database: Database, clock: ManualClock) -> None:
    """Refuse a database in which there are real businesses."""
    engine = Engine.over(database, clock=clock, ids=SeededIds())
    if any(not tenant.slug.startswith(SLUG) for tenant in engine.list_tenants()):
        raise Misconfigured(
            "There are businesses in that database. Simulated ones would stay beside them: name"
            " an empty one, or leave --db out."
        )


def _print(report: Report) -> None:
    output.listing(
        ["operation", "accepted", "refused", "for"],
        [
            [kind, row.accepted, row.refused, ", ".join(row.refused_by_code)]
            for kind, row in report.by_operation.items()
        ],
        none="Nothing was done.",
    )
    output.say(
        f"{report.operations:,} operations of seed {report.seed}, {report.operations_per_second:,}"
        f" a second. History {report.history_hash[:16]}."
    )
    for violation in report.violations:
        output.complain(violation.difference)
        output.say(f"It takes these {len(violation.steps)} step(s), of business {violation.life}:")
        for step in violation.steps:
            output.result(str(step))
    if not report.violations:
        output.say("The engine and the model never disagreed, and the books are right.")
