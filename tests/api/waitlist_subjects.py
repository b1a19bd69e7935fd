"""Requests about waitlists that are accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from holdfast.workers.invite import invite_waiting
from tests.api.booking_subjects import GUEST
from tests.api.conftest import Place
from tests.api.driver import Client
from tests.api.series_subjects import someone

STARTS_AT = "2026-07-14T18:00:00Z"


class Queue(Protocol):
    """One of everything that the requests here are about."""

    place: Place
    owner: Client
    customer: str
    lawn: str

    def number(self) -> int:
        """Return a number that was not given before."""
        ...


def waitlisted(bazaar: Queue) -> str:
    """Add an offering with a waitlist and a slot that is free."""
    number = bazaar.number()
    offering = {
        "slug": f"line-{number}",
        "name": "Line",
        "duration_minutes": 60,
        "counting": "places",
        "slot_capacity": 3,
        "requirements": [{"resource_id": bazaar.lawn}],
        "components": [{"key": "mat", "name": "Mat"}],
        "has_waitlist": True,
    }
    added = bazaar.owner.post("/v1/offerings", offering)
    assert added.status == 201, added.body
    offering_id = str(added.json["offering_id"])
    slot = {"offering_id": offering_id, "starts_at": STARTS_AT}
    assert bazaar.owner.post("/v1/slots", slot).status == 201
    return offering_id


def entry(bazaar: Queue, *, is_invited: bool = False) -> str:
    """Join a waitlist, and be invited if that is wanted."""
    # Whoever waits for no date in particular has a whole year looked through.
    dates = [{"first_on": "2026-07-14", "last_on": "2026-07-14"}]
    body = {"offering_id": waitlisted(bazaar), "contact": {"name": "Ada"}, "dates": dates}
    joined = bazaar.owner.post("/v1/waitlist", body)
    assert joined.status == 201, joined.body
    if is_invited:
        invite_waiting(bazaar.place.engine)
    return str(joined.json["entry_id"])


def _wish(bazaar: Queue) -> dict[str, Any]:
    return {
        "offering_id": waitlisted(bazaar),
        "party_size": 2,
        "dates": [{"first_on": "2026-07-14", "last_on": "2026-07-15"}],
        "starts_from": "09:00",
        "starts_until": "21:00",
        "resource_ids": [bazaar.lawn],
        "date_count": 1,
        "length_minutes": 60,
        "until": "2026-07-14T00:00:00Z",
        "components": ["mat"],
        "contact": {"name": "Ada", "email": f"ada{bazaar.number()}@b.example"},
        "note": "by the window",
        "metadata": {"a": 1},
    }


WAITLIST: dict[str, Callable[[Queue], tuple[str, dict[str, Any]]]] = {
    "joinWaitlist": lambda b: ("/v1/waitlist", _wish(b)),
    "joinWaitlist/staff": lambda b: (
        "/v1/waitlist",
        {**_wish(b), "priority": 3, "customer_id": b.customer},
    ),
    "leaveWaitlist": lambda b: (f"/v1/waitlist/{entry(b)}/leave", {}),
    "declineInvitation": lambda b: (f"/v1/waitlist/{entry(b, is_invited=True)}/decline", {}),
    "acceptInvitation": lambda b: (
        f"/v1/waitlist/{entry(b, is_invited=True)}/accept",
        {
            "contact": {"name": "Ada"},
            "source": "desk",
            "note": "two of us",
            "external_order_id": "order-1",
            "external_line_id": "line-1",
            "external_offer_id": "offer-1",
            "metadata": {"a": 1},
            "answers": {},
            "customer_id": someone(b),
            "internal_note": "pays in cash",
            "reference": f"invited-{b.number()}",
            "guests": [GUEST],
        },
    ),
}
