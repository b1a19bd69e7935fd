"""Column types that mean and store the same on every database.

`Instant` (a UTC instant, BIGINT microseconds), `LocalDate` (ISO text), `Id` and `Words` (text that
compares bytewise), `Json` (canonical JSON text) and `Enumerated` (a `StrEnum` as bytewise text).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Dialect, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_A_DAY = 86_400
_MICROSECONDS_A_SECOND = 1_000_000

_Member = TypeVar("_Member", bound=StrEnum)
_Decode = Callable[[Any], Any]


def microseconds(instant: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970, exactly.

    Raises:
        ValueError: The instant is naive.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        message = f"{instant!r} is naive; an instant needs a time zone."
        raise ValueError(message)
    since = instant - EPOCH
    seconds = since.days * _SECONDS_A_DAY + since.seconds
    return seconds * _MICROSECONDS_A_SECOND + since.microseconds


def instant_from(count: int) -> datetime:
    """Return the UTC instant that lies so many microseconds after the start of 1970, exactly."""
    # Positional (days, seconds, microseconds): keywords cost a third more, and reads decode
    # thousands of these.
    return EPOCH + timedelta(0, 0, count)


def canonical_json(value: object) -> str:
    """Return the one text of a JSON value: keys sorted, compact, unescaped, no NaN.

    Raises:
        ValueError: The value holds NaN or an infinity, which JSON cannot say.
        TypeError: The value holds something that is not JSON.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _bytewise(dialect: Dialect) -> TypeEngine[str]:
    """Return text that compares bytewise: PostgreSQL is told so, SQLite does by itself."""
    collation = "C" if dialect.name == "postgresql" else None
    return Text(collation=collation)  # `type_descriptor` would make a VARCHAR of it on PostgreSQL


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, stored as BIGINT microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Store an aware instant; a naive one raises `ValueError`."""
        del dialect
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Read an instant back, in UTC."""
        del dialect
        return None if value is None else instant_from(value)

    def bind_processor(self, dialect: Dialect) -> _Decode:
        """Return the bare encoder: one call a value, where SQLAlchemy's wrapping makes two."""
        del dialect

        def encode(instant: datetime | None) -> int | None:
            return None if instant is None else microseconds(instant)

        return encode

    def result_processor(self, dialect: Dialect, coltype: object) -> _Decode:
        """Return the bare decoder, as above."""
        del dialect, coltype

        def decode(count: int | None) -> datetime | None:
            return None if count is None else EPOCH + timedelta(0, 0, count)

        return decode


class LocalDate(TypeDecorator[date]):
    """A calendar date without a zone, stored as ISO text so that text order is date order."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Store as bytewise text."""
        return _bytewise(dialect)

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Store a date; a datetime, which is a date to Python, raises `TypeError`."""
        del dialect
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            message = f"{value!r} is not a plain date."
            raise TypeError(message)
        return value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """Read a date back."""
        del dialect
        return None if value is None else date.fromisoformat(value)


class _BytewiseText(TypeDecorator[str]):
    """Text that compares by its UTF-8 bytes, on every database, and has no NUL in it."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Store as bytewise text."""
        return _bytewise(dialect)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Store text; NUL, which SQLite would take and PostgreSQL not, raises `ValueError`."""
        del dialect
        if value is not None and "\0" in value:
            raise ValueError("Text with a NUL character cannot be stored.")
        return value

    def bind_processor(self, dialect: Dialect) -> _Decode:
        """Return the bare check."""
        return partial(self.process_bind_param, dialect=dialect)


class Id(_BytewiseText):
    """An id made by the application: a prefix and a UUIDv7, compared bytewise."""

    cache_ok = True


class Words(_BytewiseText):
    """Text that people wrote or that names something, compared bytewise."""

    cache_ok = True


class Json(TypeDecorator[object]):
    """A JSON value, stored as its canonical text. None is NULL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Store as bytewise text."""
        return _bytewise(dialect)

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Store a value as its canonical text."""
        del dialect
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        """Read a value back."""
        del dialect
        return None if value is None else json.loads(value)


class Enumerated(TypeDecorator[_Member]):
    """A member of one `StrEnum`, stored as its value in bytewise text."""

    impl = Text
    cache_ok = True

    def __init__(self, enum_class: type[_Member]) -> None:
        """Declare a column whose values are the members of an enumeration."""
        super().__init__()
        self.enum_class = enum_class

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Store as bytewise text."""
        return _bytewise(dialect)

    def process_bind_param(self, value: _Member | None, dialect: Dialect) -> str | None:
        """Store a member, or a text that is one; anything else raises `ValueError`."""
        del dialect
        return None if value is None else self.enum_class(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> _Member | None:
        """Read a member back; a value that is none raises `ValueError`."""
        del dialect
        return None if value is None else self.enum_class(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> _Decode:
        """Return the bare decoder: a look-up, which costs a third of calling the enumeration."""
        del dialect, coltype
        members = {member.value: member for member in self.enum_class}

        def decode(value: str | None) -> _Member | None:
            return None if value is None else members[value]

        return decode


class Length(TypeDecorator[timedelta]):
    """A length of time: exactly, as a number of microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """Write a length."""
        del dialect
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        """Read a length."""
        del dialect
        return None if value is None else timedelta(microseconds=value)
