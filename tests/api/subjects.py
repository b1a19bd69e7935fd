"""For every route that takes a body: a request that is accepted, made anew each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from holdfast.api.calls import Endpoint
from holdfast.domain.ids import ResourceId
from holdfast.domain.offerings import Component
from holdfast.domain.requirements import Requirement
from holdfast.domain.shapes import Shape
from holdfast.engine.offerings import AddOffering
from tests.api.booking_subjects import BOOKINGS, CONTACT, DETAILS, NOW_FORMS, WALKED_IN
from tests.api.catalogue_subjects import CATALOGUE, FLOOR
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client
from tests.api.member_subjects import MEMBERS
from tests.api.series_subjects import SERIES, series
from tests.api.waitlist_subjects import WAITLIST, entry

FAIR_AT = "2026-07-14T18:00:00Z"
RULE: dict[str, Any] = {
    "kind": "weekly",
    "effect": "opens",
    "weekdays": [2],
    "opens": "09:00",
    "closes": "12:00",
    "slot_step_minutes": 30,
    "valid_from": "2026-01-01",
    "valid_until": "2026-12-31",
    "zone": "Europe/Paris",
    "reason": "season",
    "is_repeated_hour_used": True,
}
RECURRENCE: dict[str, Any] = {
    "kind": "recurrence",
    "recurrence": "FREQ=MONTHLY;BYDAY=2TU",
    "valid_from": "2026-01-01",
    "dates": ["2026-05-01"],
    "dates_left_out": ["2026-07-14"],
    "opens": "09:00",
    "closes": "12:00",
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
        asked = {"label": "Room", "custom_fields": [FLOOR]}
        self.category = post("/v1/categories", asked)["category_id"]
        self.room = post("/v1/resources", {"name": "Room", "capacity": 5})["resource_id"]
        self.bikes = post("/v1/resources", {"name": "Bikes", "capacity": 5, "scheme": "dated"})[
            "resource_id"
        ]
        self.lawn = post("/v1/resources", {"name": "Lawn", "capacity": None})["resource_id"]
        self.beach = self._by_dates(place, "Beach", Shape.DAYS)
        self.camp = self._by_dates(place, "Camp", Shape.NIGHTS)
        self.spare = post("/v1/resources", {"name": "Spare"})["resource_id"]
        region = {"name": "North", "kind": "region", "resource_ids": [self.room, self.spare]}
        self.pool = post("/v1/pools", region)["pool_id"]
        tenth = {"kind": "percent", "basis_points": 1_000}
        self.promo = post("/v1/promo-codes", {"code": "WELCOME", **tenth})["promo_id"]
        self.spare_promo = post("/v1/promo-codes", {"code": "SPARE", **tenth})["promo_id"]
        self.spare_pool = post("/v1/pools", {"name": "South"})["pool_id"]
        self.member = post("/v1/members", {"email": "m@b.example", "name": "M", "role": "viewer"})[
            "member_id"
        ]
        self.customer = post("/v1/customers", {"name": "C"})["customer_id"]
        self.key = post("/v1/keys", {"name": "K", "kind": "publishable"})["key_id"]
        self.fair = self._fair(is_approved_by_hand=False)
        self.court = self._fair(is_approved_by_hand=True)
        self.slot = post("/v1/slots", {"offering_id": self.fair, "starts_at": FAIR_AT})["slot_id"]
        post("/v1/slots", {"offering_id": self.court, "starts_at": FAIR_AT})
        day = {"first_on": "2026-10-01", "last_on": "2026-10-01"}
        self.block = post("/v1/blocks", {"resource_id": self.room, **day})["block_id"]
        schedule = self.owner.put(f"/v1/resources/{self.room}/schedule", {"rules": [RULE]})
        self.rule = schedule.json["rules"][0]["rule_id"]
        self.order = f"shop-{self.number()}"
        self.ids = self._ids()

    def path_of(self, endpoint: Endpoint) -> str:
        """Return the path of an operation that would be accepted."""
        is_going = endpoint.method == "DELETE" and "/blocks" not in endpoint.path
        spare = {"resource_id": self.spare, "pool_id": self.spare_pool}
        ids = {**self.ids, **spare} if is_going else self.ids
        if "/days" in endpoint.path:
            ids = {**ids, "resource_id": self.bikes}
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

    def _by_dates(self, place: Place, name: str, shape: Shape) -> str:
        """Add something without limit that is booked by days or nights."""
        added = place.salon.desk.offerings.add(
            AddOffering(
                slug=name.lower(),
                name=name,
                duration=timedelta(hours=1),
                shape=shape,
                requirements=(Requirement(resource_id=ResourceId(self.lawn)),),
                components=(Component(key="breakfast", name="Breakfast"),),
            )
        )
        return str(added.offering_id)

    def unlimited_slot(self) -> str:
        """Make a slot whose places nothing limits."""
        starts_at = _instants_from(self)["starts_at"]
        body = {"offering_id": self.fair, "starts_at": starts_at, "capacity": None}
        return str(self._post("/v1/slots", body)["slot_id"])

    def hold(self) -> str:
        """Place a hold."""
        body = {"offering_id": self.fair, "starts_at": FAIR_AT, "client_key": "basket"}
        return str(self._post("/v1/holds", body)["hold_id"])

    def new_block(self) -> str:
        """Block the room for a while, and return from when on."""
        body = {"resource_id": self.room, **_instants_from(self)}
        return str(self._post("/v1/blocks", body)["starts_at"])

    def new_slot(self) -> str:
        """Make a slot by hand."""
        return str(self._post("/v1/slots", _slot(self))["slot_id"])

    def slot_of(self, offering_id: str) -> str:
        """Make a slot of an offering by hand."""
        starts_at = _instants_from(self)["starts_at"]
        body = {"offering_id": offering_id, "starts_at": starts_at}
        return str(self._post("/v1/slots", body)["slot_id"])

    def booking(self) -> str:
        """Place a booking that waits for a yes."""
        body = {"offering_id": self.court, "starts_at": FAIR_AT, "contact": {"name": "Ada"}}
        ordered = {**body, "external_order_id": self.order}
        return str(self._post("/v1/bookings", ordered)["booking_id"])

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
            "pool_id": self.pool,
            "promo_id": self.promo,
            "external_order_id": self.order,
            "customer_id": self.customer,
            "member_id": self.member,
            "key_id": self.key,
            "entry_id": entry(self),
            "series_id": series(self).rpartition("/")[2],
            "series_index": "1",
            "number": "K7QM-2FX0",
            "date": "2026-07-01",
        }


def _choice(bazaar: Bazaar) -> dict[str, Any]:
    return {"offering_id": bazaar.fair, "starts_at": FAIR_AT, "party_size": 2}


FORMS: dict[str, Callable[[Bazaar], dict[str, Any]]] = {
    "free": lambda b: {
        "resource_id": b.lawn,
        "starts_at": FAIR_AT,
        "ends_at": "2026-07-14T19:00:00Z",
        "quantity": 2,
        "resource_ids": [b.lawn],
    },
    "dates": lambda b: {
        "offering_id": b.beach,
        "dates": ["2026-07-14", "2026-07-16"],
        "components": ["breakfast"],
    },
    "range": lambda b: {
        "offering_id": b.beach,
        "first_on": "2026-07-14",
        "last_on": "2026-07-16",
    },
    "nights": lambda b: {
        "offering_id": b.camp,
        "check_in_on": "2026-07-14",
        "check_out_on": "2026-07-16",
    },
}
"""The ways to say what is booked, besides a slot."""

TERMS = {
    "promo_codes": ["welcome"],
    "tickets": [],
    "order_total_minor": 5_000,
    "customer_attributes": {"membership": "premium"},
}
OVERRIDE = {"reason": "an old friend", "closed": True, "notice": True, "capacity": True}

# What has to be asked where a question without parameters is refused.
QUERIES: dict[str, Callable[[Bazaar], str]] = {
    "removeResourceBlock": lambda b: f"starts_at={b.new_block()}&",
    "listAvailability": lambda b: f"offering_id={b.fair}&",
    "nextAvailability": lambda b: f"offering_id={b.fair}&",
    "findBookings": lambda _: "q=ada&",
    "listEligibleResources": lambda _: f"starts_at={FAIR_AT}&",
    "explainAvailability": lambda b: f"offering_id={b.fair}&starts_at={FAIR_AT}&",
}


def query_of(name: str, bazaar: Bazaar) -> str:
    """Return the parameters that an operation needs."""
    return QUERIES[name](bazaar) if name in QUERIES else ""


def _days_from(bazaar: Bazaar) -> dict[str, str]:
    year, day = divmod(bazaar.number(), 28)
    on = f"{2030 + year}-02-{day + 1:02}"
    return {"first_on": on, "last_on": on}


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
        "price_minor": 900,
        "metadata": {},
    }


def _window(bazaar: Bazaar) -> dict[str, str]:
    return {
        "offering_id": bazaar.court,
        "starts_from": "2029-02-01T00:00:00Z",
        "starts_before": "2029-02-02T00:00:00Z",
    }


Make = Callable[[Bazaar], Asked]


# By operation id, and by a second name where a route takes two kinds of bodies.
def _asked(make: Callable[[Any], tuple[str, dict[str, Any]]]) -> Make:
    def asked(bazaar: Bazaar) -> Asked:
        path, body = make(bazaar)
        return Asked(path=path, body=body)

    return asked


SUBJECTS: dict[str, Make] = {
    **{name: _asked(make) for name, make in CATALOGUE.items()},
    **{name: _asked(make) for name, make in BOOKINGS.items()},
    **{name: _asked(make) for name, make in WAITLIST.items()},
    **{name: _asked(make) for name, make in SERIES.items()},
    **{name: _asked(make) for name, make in MEMBERS.items()},
    "placeHold": lambda b: Asked(
        path="/v1/holds",
        body={**_choice(b), "contact": CONTACT, "ttl_seconds": 60, "client_key": "basket"},
    ),
    "placeHold/slot": lambda b: Asked(
        path="/v1/holds", body={"slot_id": b.slot, "instead_of": b.hold()}
    ),
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
    "checkAvailability": lambda b: Asked(
        path="/v1/availability/check",
        body={**_choice(b), **TERMS, "customer_id": b.customer, "contact": CONTACT},
    ),
    "checkAvailability/slot": lambda b: Asked(
        path="/v1/availability/check", body={"slot_id": b.slot}
    ),
    "quotePrice": lambda b: Asked(
        path="/v1/quotes",
        body={**_choice(b), **TERMS, "customer_id": b.customer, "contact": CONTACT},
    ),
    "quotePrice/slot": lambda b: Asked(path="/v1/quotes", body={"slot_id": b.slot}),
    "placeBooking/slot": lambda b: Asked(
        path="/v1/bookings", body={"slot_id": b.slot, "contact": CONTACT}
    ),
    "confirmBooking": lambda b: Asked(
        path=f"/v1/bookings/{b.booking()}/confirm",
        body={"override": OVERRIDE, "waives_payment": False},
    ),
    "declineBooking": lambda b: Asked(
        path=f"/v1/bookings/{b.booking()}/decline", body={"reason": "full"}
    ),
    "cancelBooking": lambda b: Asked(
        path=f"/v1/bookings/{b.booking()}/cancel",
        body={"reason": "ill", "cancelled_by": "customer", "only_if_status": "pending"},
    ),
    "limitSlot": lambda b: Asked(
        path=f"/v1/slots/{b.unlimited_slot()}/limit",
        body={"capacity": 3, "may_be_over": True, "reason": "fire rules"},
    ),
    "stripeSlot": lambda b: Asked(path=f"/v1/slots/{b.new_slot()}/stripes", body={"stripes": 4}),
    "initialiseDays": lambda b: Asked(
        path=f"/v1/resources/{b.bikes}/days/initialise",
        body={
            **_days_from(b),
            "capacity": 3,
            "is_overwriting": True,
            "reason": "season",
            "may_be_over": True,
        },
    ),
    "adjustDays": lambda b: Asked(
        path=f"/v1/resources/{b.bikes}/days/adjust",
        body={**_days_from(b), "delta": 1, "reason": "season", "may_be_over": True},
    ),
    "adjustDays/dates": lambda b: Asked(
        path=f"/v1/resources/{b.bikes}/days/adjust",
        body={"dates": ["2026-07-01"], "delta": 1, "reason": "season", "may_be_over": True},
    ),
    "setDay": lambda b: Asked(
        path=f"/v1/resources/{b.bikes}/days/2026-07-01",
        body={"capacity": 3, "reason": "season", "may_be_over": True},
    ),
    "setResourceSchedule": lambda b: Asked(
        path=f"/v1/resources/{b.room}/schedule", body={"rules": [RULE]}
    ),
    "setResourceSchedule/recurrence": lambda b: Asked(
        path=f"/v1/resources/{b.room}/schedule", body={"rules": [RECURRENCE]}
    ),
    "setOfferingSchedule": lambda b: Asked(
        path=f"/v1/offerings/{b.fair}/schedule", body={"rules": [RULE]}
    ),
    "setOfferingSchedule/recurrence": lambda b: Asked(
        path=f"/v1/offerings/{b.fair}/schedule", body={"rules": [RECURRENCE]}
    ),
    "addResourceRules": lambda b: Asked(
        path=f"/v1/resources/{b.room}/schedule", body={"rules": [RECURRENCE]}
    ),
    "addResourceRules/weekly": lambda b: Asked(
        path=f"/v1/resources/{b.room}/schedule", body={"rules": [RULE]}
    ),
    "addOfferingRules": lambda b: Asked(
        path=f"/v1/offerings/{b.fair}/schedule", body={"rules": [RECURRENCE]}
    ),
    "addOfferingRules/weekly": lambda b: Asked(
        path=f"/v1/offerings/{b.fair}/schedule", body={"rules": [RULE]}
    ),
    "addBlock": lambda b: Asked(
        path="/v1/blocks",
        body={
            "resource_id": b.room,
            "reason": "paint",
            "when_booked": "list",
            **_days_from(b),
        },
    ),
    "addBlock/instants": lambda b: Asked(
        path="/v1/blocks",
        body={
            "resource_id": b.room,
            "reason": "paint",
            "when_booked": "list",
            **_instants_from(b),
        },
    ),
    "addResourceBlock": lambda b: Asked(
        path=f"/v1/resources/{b.room}/blocks",
        body={"reason": "paint", "when_booked": "cancel", **_instants_from(b)},
    ),
    "addResourceBlock/days": lambda b: Asked(
        path=f"/v1/resources/{b.room}/blocks",
        body={"reason": "paint", "when_booked": "cancel", **_days_from(b)},
    ),
    "addSlot": lambda b: Asked(path="/v1/slots", body=_slot(b)),
    "addSlots": lambda b: Asked(path="/v1/slots/batch", body={"slots": [_slot(b)]}),
    "generateSlots": lambda b: Asked(path="/v1/slots/generate", body=_window(b)),
    "deleteSlots": lambda b: Asked(
        path="/v1/slots/delete", body={**_window(b), "when_booked": "cancel", "reason": "ill"}
    ),
    "changeSlot": lambda b: Asked(
        path=f"/v1/slots/{b.new_slot()}",
        body={
            "price_minor": 900,
            "capacity": 4,
            "metadata": {},
            "may_be_over": True,
            "reason": "chairs",
        },
    ),
    "cancelSlot": lambda b: Asked(
        path=f"/v1/slots/{b.new_slot()}/cancel", body={"when_booked": "cancel", "reason": "ill"}
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
}


def _placing(
    name: str,
    path: str,
    more: Mapping[str, object],
    forms: Mapping[str, Callable[[Any], dict[str, Any]]] = FORMS,
) -> None:
    """Add the ways to say what is booked to a route that takes all of them."""

    def make(form: str) -> Make:
        return lambda bazaar: Asked(path=path, body={**forms[form](bazaar), **more})

    SUBJECTS.update({f"{name}/{form}": make(form) for form in forms})


_placing("placeHold", "/v1/holds", {"override": OVERRIDE, "answers": {}, "metadata": {}, **TERMS})
_placing("placeBooking", "/v1/bookings", {"contact": CONTACT, "override": OVERRIDE, **TERMS})
_placing("checkAvailability", "/v1/availability/check", {"metadata": {}, **TERMS})
_placing("quotePrice", "/v1/quotes", {"metadata": {}, **TERMS})
_placing(
    "placeWalkIn",
    "/v1/bookings/walk-in",
    {"contact": CONTACT, "override": WALKED_IN, **TERMS},
    NOW_FORMS,
)

assert TUESDAY_TEN < FAIR_AT
