"""Addresses: one line of the table of what the pages answer to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from holdfast.web.visits import Visit

Answer = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address, and what answers there to a look and to a form."""

    path: str
    get: Answer | None = None
    post: Answer | None = None
