"""Requests about a booking on its day and after that are accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from tests.api.conftest import Place
from tests.api.driver import Client
from tests.api.series_subjects import recurring


class Court(Protocol):
    """One of everything that the requests here are about."""

    place: Place
    owner: Client
    lawn: str
    court: str
    beach: str
    camp: str
    customer: str

    def number(self) -> int:
        """Return a number that was not given before."""
        ...

    def booking(self) -> str:
        """Place a booking that waits for a yes."""
        ...

    def slot_of(self, offering_id: str) -> str:
        """Make a slot of an offering by hand."""
        ...


FREE_FROM, FREE_UNTIL = "2026-07-14T18:00:00Z", "2026-07-14T19:00:00Z"
GUEST = {
    "name": "Bo",
    "email": "bo@b.example",
    "phone": "+33 6 12 35",
    "age": 7,
    "notes": "no nuts",
}
CONTACT = {"name": "Ada", "email": "ada@b.example", "phone": "+33 6 12 34"}
DETAILS: dict[str, Any] = {
    "answers": {},
    "contact": CONTACT,
    "source": "desk",
    "note": "by the window",
    "external_order_id": "order-1",
    "external_line_id": "line-1",
    "external_offer_id": "offer-1",
    "metadata": {"a": 1},
    "guests": [GUEST],
    "internal_note": "pays in cash",
    "reference": "ours-1",
}
LEFT = {"gives_back": True, "reason": "had to leave"}
WALKED_IN = {"reason": "walked in", "closed": True, "notice": True}


def visit(bazaar: Court, verb: str = "") -> str:
    """Place a confirmed booking that goes on now, and say something of it."""
    placed = bazaar.owner.post("/v1/bookings", _now(bazaar))
    assert placed.status == 201, placed.body
    path = f"/v1/bookings/{placed.json['booking_id']}"
    if verb:
        reply = bazaar.owner.post(f"{path}/{verb}", {})
        assert reply.status == 200, reply.body
    return path


def _rented(bazaar: Court, time: dict[str, Any]) -> str:
    """Book days or nights, and return where they are rescheduled."""
    offering_id = bazaar.camp if "check_in_on" in time else bazaar.beach
    body = {"offering_id": offering_id, "contact": {"name": "Ada"}, **time}
    placed = bazaar.owner.post("/v1/bookings", body)
    assert placed.status == 201, placed.body
    return f"/v1/bookings/{placed.json['booking_id']}/reschedule"


def _now(bazaar: Court) -> dict[str, Any]:
    now = bazaar.place.clock.now()
    return {
        "resource_id": bazaar.lawn,
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
        "contact": {"name": "Ada"},
        "override": WALKED_IN,
    }


def _slot_now(bazaar: Court) -> str:
    """Make a slot that begins now, of an offering of its own."""
    offering = {
        "slug": f"now-{bazaar.number()}",
        "name": "Now",
        "duration_minutes": 60,
        "counting": "places",
    }
    offering_id = bazaar.owner.post("/v1/offerings", offering).json["offering_id"]
    slot = {"offering_id": offering_id, "starts_at": bazaar.place.clock.now().isoformat()}
    return str(bazaar.owner.post("/v1/slots", slot).json["slot_id"])


YESTERDAY, TODAY, TOMORROW = "2026-05-31", "2026-06-01", "2026-06-02"
NOW_FORMS: dict[str, Callable[[Court], dict[str, Any]]] = {
    "slot": lambda b: {"slot_id": _slot_now(b)},
    "dates": lambda b: {
        "offering_id": b.beach,
        "dates": [TODAY],
        "components": ["breakfast"],
        "party_size": 2,
    },
    "range": lambda b: {"offering_id": b.beach, "first_on": TODAY, "last_on": TOMORROW},
    "nights": lambda b: {"offering_id": b.camp, "check_in_on": YESTERDAY, "check_out_on": TOMORROW},
    "wished": lambda b: {**_now(b), "resource_ids": [b.lawn]},
}
"""The ways to say what begins now."""

BOOKINGS: dict[str, Callable[[Court], tuple[str, dict[str, Any]]]] = {
    "checkInBooking": lambda b: (f"{visit(b)}/check-in", {"reason": "the train was late"}),
    "checkOutBooking": lambda b: (f"{visit(b, 'check-in')}/check-out", dict(LEFT)),
    "completeBooking": lambda b: (f"{visit(b)}/complete", dict(LEFT)),
    "markNoShow": lambda b: (f"{visit(b)}/no-show", dict(LEFT)),
    "recordPaid": lambda b: (f"{visit(b)}/paid", {"paid_minor": 500, "refunded_minor": 200}),
    "rateBooking": lambda b: (
        f"{visit(b, 'complete')}/rating",
        {"rating": 5, "feedback": "lovely", "referral_source": "a friend"},
    ),
    "changeBooking": lambda b: (
        visit(b),
        {
            "contact": {"name": "Ada", "email": "ada@b.example", "phone": "+33 6 12 34"},
            "note": "by the window",
            "guests": [GUEST],
            "metadata": {"a": 1},
            "answers": {},
            "party_size": 2,
            "tickets": [],
            "internal_note": "pays in cash",
            "reference": f"ref-{b.number()}",
            "override": WALKED_IN,
        },
    ),
    "reassignBooking": lambda b: (
        f"{visit(b)}/reassign",
        {"drops_wishes": True, "reason": "she is ill"},
    ),
    "rescheduleBooking": lambda b: (
        f"{visit(b)}/reschedule",
        {
            "resource_id": b.lawn,
            "starts_at": FREE_FROM,
            "ends_at": FREE_UNTIL,
            "resource_ids": [b.lawn],
            "components": [],
            "party_size": 2,
            "tickets": [],
            "keeps_price": True,
            "override": WALKED_IN,
            "reason": "asked for it",
        },
    ),
    "quoteMove": lambda b: (
        f"{visit(b)}/reschedule/quote",
        {
            "resource_id": b.lawn,
            "starts_at": FREE_FROM,
            "ends_at": FREE_UNTIL,
            "resource_ids": [b.lawn],
            "components": [],
            "party_size": 2,
            "tickets": [],
        },
    ),
    "quoteMove/slot": lambda b: (
        f"/v1/bookings/{b.booking()}/reschedule/quote",
        {"slot_id": b.slot_of(b.court)},
    ),
    "quoteMove/dates": lambda b: (
        _rented(b, {"dates": ["2026-07-14"]}) + "/quote",
        {"dates": ["2026-07-16", "2026-07-17"], "components": ["breakfast"]},
    ),
    "quoteMove/range": lambda b: (
        _rented(b, {"dates": ["2026-07-14"]}) + "/quote",
        {"first_on": "2026-07-16", "last_on": "2026-07-17"},
    ),
    "quoteMove/nights": lambda b: (
        _rented(b, {"check_in_on": "2026-07-14", "check_out_on": "2026-07-15"}) + "/quote",
        {"check_in_on": "2026-07-16", "check_out_on": "2026-07-18"},
    ),
    "rescheduleBooking/slot": lambda b: (
        f"/v1/bookings/{b.booking()}/reschedule",
        {"slot_id": b.slot_of(b.court)},
    ),
    "rescheduleBooking/dates": lambda b: (
        _rented(b, {"dates": ["2026-07-14"]}),
        {"dates": ["2026-07-16", "2026-07-17"], "components": ["breakfast"]},
    ),
    "rescheduleBooking/range": lambda b: (
        _rented(b, {"dates": ["2026-07-14"]}),
        {"first_on": "2026-07-16", "last_on": "2026-07-17"},
    ),
    "rescheduleBooking/nights": lambda b: (
        _rented(b, {"check_in_on": "2026-07-14", "check_out_on": "2026-07-15"}),
        {"check_in_on": "2026-07-16", "check_out_on": "2026-07-18"},
    ),
    "placeWalkIn": lambda b: (
        "/v1/bookings/walk-in",
        {**_now(b), **DETAILS, "quantity": 2, "customer_id": b.customer},
    ),
    "placeEmergency": lambda b: (
        "/v1/bookings/emergency",
        {
            **DETAILS,
            "offering_id": b.beach,
            "max_wait_minutes": 10_000,
            "reason": "broke down",
            "party_size": 2,
            "date_count": 1,
            "components": ["breakfast"],
            "customer_id": b.customer,
        },
    ),
    "placeEmergency/length": lambda b: (
        "/v1/bookings/emergency",
        {
            "offering_id": recurring(b),
            "max_wait_minutes": 10_000,
            "reason": "broke down",
            "joins_waitlist": False,
            "length_minutes": 60,
            "resource_ids": [b.lawn],
            "contact": {"name": "Ada"},
        },
    ),
    "undoBooking": lambda b: (
        f"{visit(b, 'complete')}/undo",
        {"only_if_status": "completed", "reason": "wrong line"},
    ),
}
