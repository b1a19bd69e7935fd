"""For every route that takes a body: a request that is accepted, made anew each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from holdfast.api.calls import Endpoint
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client

FAIR_AT = "2026-07-14T18:00:00Z"
CONTACT = {"name": "Ada", "email": "ada@b.example", "phone": "+33 6 12 34"}
DETAILS: dict[str, Any] = {
    "contact": CONTACT,
    "source": "desk",
    "note": "by the window",
    "external_order_id": "order-1",
    "external_line_id": "line-1",
    "metadata": {"a": 1},
    "internal_note": "pays in cash",
}
RULE: dict[str, Any] = {
    "weekdays": [2],
    "opens": "09:00",
    "closes": "12:00",
    "slot_step_minutes": 30,
    "valid_from": "2026-01-01",
    "valid_until": "2026-12-31",
    "zone": "Europe/Paris",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that is accepted."""

    path: str
    body: dict[str, Any] = field(default_factory=dict)


class Bazaar:
    """One of everything, with a fair that nothing limits; every name it gives is new."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.owner: Client = place.owner
        self._numbers = count(1)
        post = self._post
        self.category = post("/v1/categories", {"label": "Room"})["category_id"]
        self.room = post("/v1/resources", {"name": "Room", "capacity": 5})["resource_id"]
        self.spare = post("/v1/resources", {"name": "Spare"})["resource_id"]
        self.member = post("/v1/members", {"email": "m@b.example", "name": "M", "role": "viewer"})[
            "member_id"
        ]
        self.customer = post("/v1/customers", {"name": "C"})["customer_id"]
        self.key = post("/v1/keys", {"name": "K", "kind": "publishable"})["key_id"]
        self.fair = self._fair(is_approved_by_hand=False)
        self.court = self._fair(is_approved_by_hand=True)
        self.slot = post("/v1/slots", {"offering_id": self.fair, "starts_at": FAIR_AT})["slot_id"]
        post("/v1/slots", {"offering_id": self.court, "starts_at": FAIR_AT})
        day = {"from_on": "2026-10-01", "until_on": "2026-10-01"}
        self.block = post("/v1/blocks", {"resource_id": self.room, **day})["block_id"]
        schedule = self.owner.put(f"/v1/resources/{self.room}/schedule", {"rules": [RULE]})
        self.rule = schedule.json["rules"][0]["rule_id"]
        self.ids = self._ids()

    def path_of(self, endpoint: Endpoint) -> str:
        """Return the path of an operation that would be accepted."""
        ids = {**self.ids, "resource_id": self.spare} if endpoint.method == "DELETE" else self.ids
        return endpoint.path.format_map(ids)

    def number(self) -> int:
        """Return a number that was not given before."""
        return next(self._numbers)

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        reply = self.owner.post(path, body)
        assert reply.status == 201, reply.body
        return reply.json

    def _fair(self, *, is_approved_by_hand: bool) -> str:
        body = {
            "slug": f"fair-{self.number()}",
            "name": "Fair",
            "duration_minutes": 60,
            "counting": "places",
            "is_approved_by_hand": is_approved_by_hand,
        }
        return str(self._post("/v1/offerings", body)["offering_id"])

    def hold(self) -> str:
        """Place a hold."""
        body = {"offering_id": self.fair, "starts_at": FAIR_AT, "client_key": "basket"}
        return str(self._post("/v1/holds", body)["hold_id"])

    def booking(self) -> str:
        """Place a booking that waits for a yes."""
        body = {"offering_id": self.court, "starts_at": FAIR_AT, "contact": {"name": "Ada"}}
        return str(self._post("/v1/bookings", body)["booking_id"])

    def _ids(self) -> dict[str, str]:
        """An id for every parameter of a path."""
        return {
            "hold_id": self.hold(),
            "booking_id": self.booking(),
            "resource_id": self.room,
            "offering_id": self.fair,
            "slot_id": self.slot,
            "block_id": self.block,
            "rule_id": self.rule,
            "category_id": self.category,
            "customer_id": self.customer,
            "member_id": self.member,
            "key_id": self.key,
            "number": "K7QM-2FX0",
        }


def _offering(bazaar: Bazaar) -> dict[str, Any]:
    return {
        "slug": f"offer-{bazaar.number()}",
        "name": "Offer",
        "duration_minutes": 60,
        "description": "An hour.",
        "kind": "course",
        "slot_capacity": 5,
        "slot_step_minutes": 30,
        "buffer_before_minutes": 5,
        "buffer_after_minutes": 5,
        "notice_minutes": 60,
        "horizon_days": 60,
        "party_min": 1,
        "party_max": 4,
        "hold_ttl_seconds": 600,
        "is_approved_by_hand": True,
        "price": {"amount_minor": 1_000, "currency": "EUR"},
        "price_unit": "per_participant",
        "requirements": [{"resource_id": bazaar.room, "quantity": 1, "per": "participant"}],
        "zone": "Europe/Paris",
        "location": {"address": "Here"},
        "sort_order": 1,
        "metadata": {},
    }


def _resource(bazaar: Bazaar) -> dict[str, Any]:
    return {
        "name": "Room",
        "kind": "room",
        "capacity": 5,
        "short_name": "R",
        "description": "A room.",
        "category_id": bazaar.category,
        "zone": "Europe/Paris",
        "owner_id": bazaar.member,
        "skills": ["piano"],
        "sort_order": 1,
        "metadata": {},
    }


def _choice(bazaar: Bazaar) -> dict[str, Any]:
    return {"offering_id": bazaar.fair, "starts_at": FAIR_AT, "party_size": 2}


def _days_from(bazaar: Bazaar) -> dict[str, str]:
    year, day = divmod(bazaar.number(), 28)
    on = f"{2030 + year}-02-{day + 1:02}"
    return {"from_on": on, "until_on": on}


def _instants_from(bazaar: Bazaar) -> dict[str, str]:
    minute = bazaar.number()
    hours, rest = divmod(minute, 60)
    days, hour = divmod(hours, 24)
    start = f"2029-01-{days + 1:02}T{hour:02}:{rest:02}"
    return {"starts_at": f"{start}:00Z", "ends_at": f"{start}:30Z"}


def _slot(bazaar: Bazaar) -> dict[str, Any]:
    starts_at = _instants_from(bazaar)["starts_at"]
    return {
        "offering_id": bazaar.fair,
        "starts_at": starts_at,
        "ends_at": "2029-01-25T00:00:00Z",
        "capacity": 3,
        "metadata": {},
    }


Make = Callable[[Bazaar], Asked]

# By operation id, and by a second name where a route takes two kinds of bodies.
SUBJECTS: dict[str, Make] = {
    "placeHold": lambda b: Asked(
        path="/v1/holds",
        body={
            **_choice(b),
            "ttl_seconds": 600,
            "client_key": "basket",
            "contact": CONTACT,
            "metadata": {},
        },
    ),
    "placeHold/slot": lambda b: Asked(path="/v1/holds", body={"slot_id": b.slot}),
    "releaseHoldsOfClient": lambda b: Asked(
        path="/v1/holds/release", body={"client_key": f"k{b.number()}"}
    ),
    "extendHold": lambda b: Asked(path=f"/v1/holds/{b.hold()}/extend", body={"ttl_seconds": 60}),
    "releaseHold": lambda b: Asked(path=f"/v1/holds/{b.hold()}/release"),
    "convertHold": lambda b: Asked(
        path=f"/v1/holds/{b.hold()}/convert", body={**DETAILS, "customer_id": b.customer}
    ),
    "placeBooking": lambda b: Asked(
        path="/v1/bookings", body={**_choice(b), **DETAILS, "customer_id": b.customer}
    ),
    "placeBooking/slot": lambda b: Asked(
        path="/v1/bookings", body={"slot_id": b.slot, "contact": CONTACT}
    ),
    "confirmBooking": lambda b: Asked(path=f"/v1/bookings/{b.booking()}/confirm"),
    "declineBooking": lambda b: Asked(
        path=f"/v1/bookings/{b.booking()}/decline", body={"reason": "full"}
    ),
    "cancelBooking": lambda b: Asked(
        path=f"/v1/bookings/{b.booking()}/cancel",
        body={"reason": "ill", "cancelled_by": "customer", "only_if_status": "pending"},
    ),
    "addResource": lambda b: Asked(path="/v1/resources", body=_resource(b)),
    "changeResource": lambda b: Asked(path=f"/v1/resources/{b.room}", body=_resource(b)),
    "activateResource": lambda b: Asked(path=f"/v1/resources/{b.room}/activate"),
    "restoreResource": lambda b: Asked(path=f"/v1/resources/{b.spare}/restore"),
    "deactivateResource": lambda b: Asked(path=f"/v1/resources/{b.room}/deactivate"),
    "addOffering": lambda b: Asked(path="/v1/offerings", body=_offering(b)),
    "changeOffering": lambda b: Asked(
        path=f"/v1/offerings/{b.court}",
        body={
            **{name: value for name, value in _offering(b).items() if name != "requirements"},
            "slot_capacity": None,
            "status": "active",
        },
    ),
    "changeOffering/requirements": lambda b: Asked(
        path=f"/v1/offerings/{b.place.cut}",
        body={"requirements": [{"resource_id": b.room, "quantity": 1, "per": "booking"}]},
    ),
    "setResourceSchedule": lambda b: Asked(
        path=f"/v1/resources/{b.room}/schedule", body={"rules": [RULE]}
    ),
    "setOfferingSchedule": lambda b: Asked(
        path=f"/v1/offerings/{b.fair}/schedule", body={"rules": [RULE]}
    ),
    "addBlock": lambda b: Asked(
        path="/v1/blocks", body={"resource_id": b.room, "reason": "paint", **_days_from(b)}
    ),
    "addBlock/instants": lambda b: Asked(
        path="/v1/blocks", body={"resource_id": b.room, "reason": "paint", **_instants_from(b)}
    ),
    "addResourceBlock": lambda b: Asked(
        path=f"/v1/resources/{b.room}/blocks", body={"reason": "paint", **_instants_from(b)}
    ),
    "addResourceBlock/days": lambda b: Asked(
        path=f"/v1/resources/{b.room}/blocks", body={"reason": "paint", **_days_from(b)}
    ),
    "addSlot": lambda b: Asked(path="/v1/slots", body=_slot(b)),
    "addCategory": lambda b: Asked(
        path="/v1/categories",
        body={
            "label": "Room",
            "label_plural": "Rooms",
            "kind": "room",
            "icon": "door",
            "sort_order": 1,
            "metadata": {},
        },
    ),
    "changeCategory": lambda b: Asked(
        path=f"/v1/categories/{b.category}",
        body={
            "label": "Room",
            "label_plural": "Rooms",
            "kind": "room",
            "icon": "door",
            "sort_order": 1,
            "status": "active",
            "metadata": {},
        },
    ),
    "addCustomer": lambda b: Asked(
        path="/v1/customers",
        body={
            "name": "C",
            "email": f"c{b.number()}@b.example",
            "phone": "+33 6 12 34",
            "account_id": "a1",
            "metadata": {},
        },
    ),
    "changeCustomer": lambda b: Asked(
        path=f"/v1/customers/{b.customer}",
        body={
            "name": "C",
            "email": f"c{b.number()}@b.example",
            "phone": "+33 6 12 34",
            "account_id": "a1",
            "status": "active",
            "metadata": {},
        },
    ),
    "addMember": lambda b: Asked(
        path="/v1/members",
        body={"email": f"m{b.number()}@b.example", "name": "M", "role": "viewer"},
    ),
    "changeMember": lambda b: Asked(
        path=f"/v1/members/{b.member}", body={"name": "M", "role": "staff", "status": "active"}
    ),
    "addKey": lambda b: Asked(
        path="/v1/keys", body={"name": f"K{b.number()}", "kind": "secret", "role": "viewer"}
    ),
    "changeTenant": lambda b: Asked(
        path="/v1/tenant",
        body={
            "slug": f"sarah-{b.number()}",
            "name": "Sarah",
            "zone": "Europe/Paris",
            "currency": "EUR",
            "notice_minutes": 60,
            "horizon_days": 60,
            "status": "active",
            "metadata": {},
        },
    ),
}

assert TUESDAY_TEN < FAIR_AT
