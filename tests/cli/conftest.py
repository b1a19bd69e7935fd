"""Fixtures of the command line's tests: the program in this process, and a database to use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from holdfast.cli import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a run of the program said, and the exit code that it ended with."""

    code: int
    out: str
    err: str


Say = Callable[..., Said]


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of whoever runs the tests, wide lines, and logs as they were afterwards."""
    for name in [name for name in os.environ if name.startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    logs = structlog.get_config()
    yield
    structlog.configure(**logs)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """What runs a command in this process."""

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return Said(code=code, out=out, err=err)

    return run


@pytest.fixture
def salon_url(say: Say, tmp_path: Path) -> str:
    """A SQLite database with one tenant, as `holdfast init` makes it."""
    url = f"sqlite:///{tmp_path / 'salon.sqlite'}"
    words = ("--slug", "sarah", "--name", "Sarah", "--zone", "Europe/Paris", "--currency", "EUR")
    made = say("init", "--db", url, *words)
    assert made.code == 0, made.err
    return url
