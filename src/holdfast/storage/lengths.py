"""Lengths of time as whole microseconds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_MICROSECOND = timedelta(microseconds=1)


class Length(TypeDecorator[timedelta]):
    """A length of time, kept exactly as a number of microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """Write a length."""
        del dialect
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> timedelta | None:
        """Read a length."""
        del dialect
        return None if value is None else timedelta(microseconds=value)
