"""The program as a whole: help, version, how it fails, and what it costs to load."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import holdfast
from holdfast.cli import app, options
from holdfast.settings import Settings
from tests.cli.conftest import Say

COMMANDS = {"demo", "init", "serve", "worker", "tenant", "key"} | {
    "migrate",
    "audit",
    "backup",
    "restore",
    "clock",
}
HEAVY = {"sqlalchemy", "alembic", "fastapi", "starlette", "uvicorn", "dateutil", "structlog"}


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh Python has loaded after a statement."""
    program = f"import sys\n{statement}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_help_names_every_command(say: Say) -> None:
    said = say("--help")

    assert said.code == 0
    assert {word for word in said.out.split() if word in COMMANDS} == COMMANDS


def test_help_loads_neither_database_nor_web() -> None:
    loaded = modules_after(
        "from holdfast.cli import main\nassert main(['--help']) == main(['key', '--help']) == 0"
    )

    assert loaded & HEAVY == set()


def test_a_terminal_that_cannot_show_a_character_shows_a_stand_in(salon_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "holdfast.cli", "key", "list", "--db", salon_url],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )

    assert b"   \\u2026" in done.stdout


def test_the_version_is_the_packages(say: Say) -> None:
    assert say("--version").out == f"holdfast {version('holdfast')}\n"


def test_nothing_said_is_answered_with_help(say: Say) -> None:
    assert "Usage: holdfast" in say("--debug").out


def test_a_word_it_does_not_know_is_misuse(say: Say) -> None:
    said = say("bok")

    assert (said.code, said.out) == (2, "")
    assert "No such command 'bok'" in said.err


def test_the_default_database_is_the_servers(say: Say) -> None:
    assert Settings.model_fields["database_url"].default == options.DATABASE_DEFAULT


def test_the_database_may_be_named_by_a_variable_or_by_a_file_that_one_names(
    say: Say, salon_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = say("tenant", "list", "--json", "--db", salon_url)
    secret = tmp_path / "database_url"
    secret.write_text(f"{salon_url}\n")

    monkeypatch.setenv("HOLDFAST_DATABASE_URL", salon_url)
    by_variable = say("tenant", "list", "--json")
    monkeypatch.delenv("HOLDFAST_DATABASE_URL")
    monkeypatch.setenv("HOLDFAST_DATABASE_URL_FILE", str(secret))
    by_file = say("tenant", "list", "--json")

    assert said == by_variable == by_file


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://x", "Holdfast keeps its books in SQLite or PostgreSQL, not in 'mysql'."),
        ("bookings", "The database URL cannot be read. Write sqlite:///file or"),
        ("postgresql://u:secret@127.0.0.1:1/x", "connection failed: "),
        ("sqlite:///none.sqlite", "Begin with: holdfast init --db sqlite:///none.sqlite"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_a_sentence(
    say: Say, url: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    said = say("tenant", "list", "--db", url)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("holdfast: ")
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert "secret" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_bug_is_called_one_and_shown_only_when_asked(
    say: Say, salon_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("holdfast.cli.tenants.show", break_down)

    said = say("tenant", "list", "--db", salon_url)

    assert (said.code, said.out) == (3, "")
    assert "This is a bug of Holdfast's" in said.err
    assert "ZeroDivisionError: oh" in said.err
    assert "Traceback" not in said.err
    with pytest.raises(ZeroDivisionError):
        app.main(["--debug", "tenant", "list", "--db", salon_url])


def test_the_public_names_bring_no_web_framework() -> None:
    loaded = modules_after("import holdfast\nfor name in holdfast.__all__: getattr(holdfast, name)")

    assert loaded & {"fastapi", "starlette", "pydantic", "uvicorn", "typer"} == set()
    assert "sqlalchemy" in loaded


def test_importing_the_library_loads_nothing_yet() -> None:
    assert modules_after("import holdfast") & HEAVY == set()
    assert holdfast.__doc__ is not None
