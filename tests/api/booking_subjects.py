"""Requests about a booking on its day and after that are accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from tests.api.conftest import Place
from tests.api.driver import Client


class Court(Protocol):
    """One of everything that the requests here are about."""

    place: Place
    owner: Client
    lawn: str


LEFT = {"gives_back": True, "reason": "had to leave"}
WALKED_IN = {"reason": "walked in", "closed": True, "notice": True}


def visit(bazaar: Court, verb: str = "") -> str:
    """Place a confirmed booking that goes on now, and say something of it."""
    now = bazaar.place.clock.now()
    body = {
        "resource_id": bazaar.lawn,
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
        "contact": {"name": "Ada"},
        "override": WALKED_IN,
    }
    placed = bazaar.owner.post("/v1/bookings", body)
    assert placed.status == 201, placed.body
    path = f"/v1/bookings/{placed.json['booking_id']}"
    if verb:
        reply = bazaar.owner.post(f"{path}/{verb}", {})
        assert reply.status == 200, reply.body
    return path


BOOKINGS: dict[str, Callable[[Court], tuple[str, dict[str, Any]]]] = {
    "checkInBooking": lambda b: (f"{visit(b)}/check-in", {"reason": "the train was late"}),
    "checkOutBooking": lambda b: (f"{visit(b, 'check-in')}/check-out", dict(LEFT)),
    "completeBooking": lambda b: (f"{visit(b)}/complete", dict(LEFT)),
    "markNoShow": lambda b: (f"{visit(b)}/no-show", dict(LEFT)),
    "undoBooking": lambda b: (
        f"{visit(b, 'complete')}/undo",
        {"only_if_status": "completed", "reason": "wrong line"},
    ),
}
