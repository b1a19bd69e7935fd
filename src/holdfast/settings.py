"""Settings: what an operator may choose, from `HOLDFAST_…` variables of the environment.

A secret may be in a file instead: `HOLDFAST_DATABASE_URL_FILE=/run/secrets/database_url`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from holdfast.domain.links import SECRET_LENGTH_MIN

PREFIX = "HOLDFAST_"
FILE_SUFFIX = "_FILE"
SECRETS = frozenset({"database_url", "link_keys"})

Words = Annotated[tuple[str, ...], NoDecode]
"""Words separated by commas in the environment."""


class Settings(BaseSettings):
    """Everything that an operator may choose. Times are in seconds.

    Attributes:
        database_url: `sqlite:///file.sqlite` or `postgresql://user@host/name`.
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        workers: How many server processes.
        lanes: How many tenants a process writes for at the same moment; by default 1 on SQLite,
            which has one writer, and 2 on PostgreSQL.
        readers: How many reads a process answers at the same moment.
        has_inside_workers: Whether the server runs the background workers too; without, run
            `holdfast worker` beside it.
        expire_seconds: How often holds and pending bookings whose time is over are looked for.
        approve_seconds: How often bookings that confirm by themselves are looked for.
        past_seconds: How often slots that are over are looked for.
        complete_seconds: How often bookings that complete by themselves are looked for.
        remind_seconds: How often reminders that are due are looked for.
        invite_seconds: How often waitlists are looked at for what has become free.
        settle_seconds: How often closures that a caller has not seen through are looked for.
        tell_seconds: How often hooks are told what has happened.
        purge_seconds: How often old rows are looked for.
        batch_days: How many days the marks of committed batches stay.
        answer_days: For how many days a retry with the same idempotency key is recognised.
        trusted_proxies: Addresses whose `X-Forwarded-…` headers are believed.
        has_pages: Whether customers' pages are served beside the API.
        lists_businesses: Whether the page at `/` names every business of this server.
        open_sign_up: Whether anybody may open a business of their own at `/staff/start`.
        link_keys: Secrets of 32 characters or more that sign the links of bookings. The first one
            signs, all are believed. Without any, links work until the server is restarted.
        hooks: Where your own rules are, such as `my_shop.rules:hooks`.
        log_level: What is logged at least.
        log_format: `json` for machines, `console` for people; by default what suits the output.
        debug: Loggers that log everything: `holdfast.batch,holdfast.lane`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    database_url: str = Field(default="sqlite:///holdfast.sqlite", repr=False)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    workers: int = Field(default=1, ge=1, le=64)
    lanes: int | None = Field(default=None, ge=1, le=64)
    readers: int = Field(default=8, ge=1, le=256)
    has_inside_workers: bool = True
    expire_seconds: float = Field(default=15.0, gt=0)
    approve_seconds: float = Field(default=5.0, gt=0)
    past_seconds: float = Field(default=60.0, gt=0)
    complete_seconds: float = Field(default=30.0, gt=0)
    remind_seconds: float = Field(default=15.0, gt=0)
    invite_seconds: float = Field(default=5.0, gt=0)
    settle_seconds: float = Field(default=15.0, gt=0)
    tell_seconds: float = Field(default=1.0, gt=0)
    purge_seconds: float = Field(default=3_600.0, gt=0)
    batch_days: int = Field(default=7, ge=1)
    answer_days: int = Field(default=30, ge=1)
    trusted_proxies: Words = ("127.0.0.1",)
    has_pages: bool = True
    lists_businesses: bool = False
    open_sign_up: bool = False
    link_keys: Words = Field(default=(), repr=False)
    hooks: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] | None = None
    debug: Words = ()

    @field_validator("trusted_proxies", "debug", "link_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Read words separated by commas."""
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("link_keys")
    @classmethod
    def _long_enough(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse secrets that could be guessed, without showing them."""
        if any(len(secret) < SECRET_LENGTH_MIN for secret in value):
            message = f"each secret has to have {SECRET_LENGTH_MIN} characters or more"
            raise ValueError(message)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then files that it names."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _SecretFiles(settings_cls)


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads secrets from the files that `HOLDFAST_…_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        """Return a field's value from its file, or None."""
        del field
        variable = f"{PREFIX}{field_name.upper()}{FILE_SUFFIX}"
        path = os.environ.get(variable) if field_name in SECRETS else None
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, object]:
        """Return what the files say."""
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}
