"""Paging: opaque cursors over (ordering value, id), and the query parameters of every list.

A cursor belongs to one list of one business and carries a checksum, so that a mistyped or
borrowed one is refused and not silently read as another place. It is no secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from holdfast.api.models import Out, Query, QueryWhole
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import EPOCH, TenantId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT
from holdfast.engine.reading import PAGE_DEFAULT, PAGE_MAX

CURSOR_LENGTH_MAX = 1_000
_CHECK_LENGTH = 10
_MICROSECOND = timedelta(microseconds=1)

Limit = Annotated[QueryWhole, Field(ge=1, le=PAGE_MAX)]


class PageQuery(Query):
    """Which page of a list."""

    limit: Limit = PAGE_DEFAULT
    cursor: Annotated[str, Field(max_length=CURSOR_LENGTH_MAX)] | None = None


class PageOut(Out):
    """A page of a list. `next_cursor` is null on the last one."""

    next_cursor: str | None


def write_cursor(after: tuple[object, str], *, listing: str, tenant_id: TenantId) -> str:
    """Return where a page ended, as an opaque text."""
    value, record_id = after
    if isinstance(value, datetime):
        plain: list[object] = ["t", (value - EPOCH) // _MICROSECOND, record_id]
    elif isinstance(value, int):
        plain = ["n", value, record_id]
    else:
        plain = ["s", str(value), record_id]
    words = json.dumps(plain, separators=(",", ":")).encode()
    check = _check(words, listing=listing, tenant_id=tenant_id)
    return base64.urlsafe_b64encode(check + words).rstrip(b"=").decode()


def read_cursor(cursor: str, *, listing: str, tenant_id: TenantId) -> tuple[object, str]:
    """Return where a page ended.

    Raises:
        InputInvalid: We did not write this cursor for this list.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, words = raw[:_CHECK_LENGTH], raw[_CHECK_LENGTH:]
        is_ours = check == _check(words, listing=listing, tenant_id=tenant_id)
        is_canonical = base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == cursor
        if is_ours and is_canonical:
            return _read(json.loads(words))
    except (binascii.Error, ValueError):
        pass
    message = "This cursor is not one of ours. Begin again without a cursor."
    raise InputInvalid.at("/cursor", "not_a_cursor", message)


def _read(plain: object) -> tuple[object, str]:
    match plain:
        case ["t", int(count), str(record_id)]:
            instant = EPOCH + min(count, (LAST_INSTANT - EPOCH) // _MICROSECOND) * _MICROSECOND
            return max(instant, FIRST_INSTANT), record_id
        case ["n", int(value), str(record_id)] | ["s", str(value), str(record_id)]:
            return value, record_id
        case _:
            message = "not the content of a cursor"
            raise ValueError(message)


def _check(words: bytes, *, listing: str, tenant_id: TenantId) -> bytes:
    named = f"{listing}|{tenant_id}|".encode() + words
    return base64.b16encode(hashlib.sha256(named).digest())[:_CHECK_LENGTH]
