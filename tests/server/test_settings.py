"""Settings from the environment and from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from holdfast.settings import Settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing set that these tests do not set."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HOLDFAST_{name.upper()}", raising=False)
        monkeypatch.delenv(f"HOLDFAST_{name.upper()}_FILE", raising=False)


def test_everything_has_a_default() -> None:
    settings = Settings()

    assert settings.database_url == "sqlite:///holdfast.sqlite"
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.trusted_proxies == ("127.0.0.1",)


def test_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", "postgresql://shop@db/books")
    monkeypatch.setenv("HOLDFAST_PORT", "9000")
    monkeypatch.setenv("HOLDFAST_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2")
    monkeypatch.setenv("HOLDFAST_DEBUG", "holdfast.batch")
    monkeypatch.setenv("HOLDFAST_LOG_FORMAT", "")

    settings = Settings()

    assert settings.database_url == "postgresql://shop@db/books"
    assert settings.port == 9000
    assert settings.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert settings.debug == ("holdfast.batch",)
    assert settings.log_format is None


def test_an_argument_says_otherwise_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_PORT", "9000")

    assert Settings(port=7000).port == 7000


def test_a_secret_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "database_url"
    secret.write_text("postgresql://shop:secret@db/books\n")
    monkeypatch.setenv("HOLDFAST_DATABASE_URL_FILE", str(secret))

    settings = Settings()

    assert settings.database_url == "postgresql://shop:secret@db/books"
    assert "secret" not in repr(settings)


def test_settings_travel_to_another_process() -> None:
    settings = Settings(database_url="postgresql://shop@db/books", port=0, debug=("a", "b"))

    assert Settings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize("variable", ["HOLDFAST_PORT", "HOLDFAST_WORKERS", "HOLDFAST_LOG_LEVEL"])
def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "-1")

    with pytest.raises(ValidationError):
        Settings()
