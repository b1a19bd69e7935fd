"""`holdfast bench`: what it prints, and what it says to whoever asks for the wrong thing."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Say

FIGURES = {
    "holdfast_per_second",
    "limit_per_second",
    "ratio",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "errors",
    "mean_batch",
    "rows_per_hold",
    "limit_rows_per_hold",
    "wal_bytes_per_hold",
    "limit_wal_bytes_per_hold",
    "client_cpu_s",
    "server_cpu_s",
    "database_cpu_s",
    "settings",
}


def test_without_a_scenario_it_lists_them(say: Say) -> None:
    said = say("bench")

    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == [
        "holds",
        "hot",
        "tenants",
        "idle",
        "mixed",
        "storm",
        "expire",
        "embedded",
        "start",
        "availability",
    ]


def test_an_unknown_scenario_is_refused_with_those_there_are(say: Say) -> None:
    said = say("bench", "speed")

    assert said.code == 2
    assert "There is no scenario 'speed'. There are: holds, hot" in said.err


def test_it_measures_on_postgresql_only(say: Say) -> None:
    said = say("bench", "holds", "--db", "sqlite:///bench.sqlite")

    assert said.code == 2
    assert "takes a PostgreSQL database" in said.err


def test_what_makes_its_own_database_takes_no_other(say: Say) -> None:
    said = say("bench", "embedded", "--db", "postgresql://nobody@localhost/nothing")

    assert said.code == 2
    assert "embedded makes its own database; leave --db out." in said.err


@pytest.mark.slow
def test_the_library_is_measured_beside_the_same_rows_written_by_sqlite3(say: Say) -> None:
    said = say("bench", "embedded", "--seconds", "1", "--json")

    assert said.code == 0, said.err
    found = json.loads(said.out)
    for size in ("one", "batch"):
        assert found[f"{size}_per_second"] > 0
        assert found[f"{size}_limit_per_second"] > 0
        assert found[f"{size}_ratio"] > 0


@pytest.mark.slow
@pytest.mark.postgresql
def test_holds_are_measured_beside_the_same_rows_written_by_pgbench(say: Say) -> None:
    said = say("bench", "holds", "--seconds", "1", "--json")

    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found.keys() >= FIGURES
    assert found["settings"]["fsync"] == "on"
    # The same rows, but for what a batch writes once for all of its commands.
    assert 5 < found["rows_per_hold"] <= found["limit_rows_per_hold"] + 1


@pytest.mark.slow
@pytest.mark.postgresql
def test_expired_holds_are_ended_beside_the_same_rows_written_by_bare_sql(say: Say) -> None:
    # AC-U02
    said = say("bench", "expire", "--seconds", "1", "--expired", "1000", "--json")

    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["left"] == 0
    assert found["errors"] == 0
    assert 0 < found["released"] <= 1_200
    assert found["ratio"] > 0
