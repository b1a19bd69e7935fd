"""Closures on the wire: what to do with bookings when something is closed, and whom it concerns."""

from __future__ import annotations

from typing import Any

from holdfast.api.models import Out, Word
from holdfast.domain.closures import Closure, WhenBooked

WhenBookedIn = Word[WhenBooked]


class AffectedOut(Out):
    """A booking, a hold or a slot that counted on what was closed."""

    kind: str
    id: str


def closing(closure: Closure[Any]) -> dict[str, Any]:
    """Return whom a closure concerns, as fields of an answer."""
    return {
        "affected": [AffectedOut(kind=one.kind, id=one.record_id) for one in closure.affected],
        "is_more": closure.is_more,
    }
