"""Requests about the catalogue that are accepted: resources, categories, pools, offerings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tests.api.conftest import Place
from tests.api.driver import Client


class Shelf(Protocol):
    """One of everything that the requests here are about."""

    place: Place
    owner: Client
    category: str
    room: str
    spare: str
    member: str
    pool: str
    court: str
    spare_promo: str

    def number(self) -> int:
        """Return a number that was not given before."""
        ...


FLOOR: dict[str, Any] = {
    "key": "floor",
    "label": "Floor",
    "type": "number",
    "required": False,
    "options": [],
    "pattern": None,
    "min": -2,
    "max": 40.5,
    "help": "The ground floor is 0.",
    "order": 1,
    "is_private": False,
}


NOTHING_SAID: dict[str, Any] = {
    "notice_minutes": None,
    "horizon_days": None,
    "buffer_before_minutes": None,
    "buffer_after_minutes": None,
    "party_min": None,
    "party_max": None,
    "active_limits": [],
    "creation_limits": [],
    "approval_above": None,
    "is_approved_by_hand": None,
    "needs_payment": None,
    "confirms": None,
    "pending_expires": None,
    "check_in": None,
    "reminder_before_minutes": None,
    "completion": None,
    "on_host_conflict": None,
    "cancellation": None,
    "no_show": None,
    "caps": [],
}

# It stands in nobody's way: what it is said of is booked by others here.
POLICY: dict[str, Any] = {
    "active_limits": [{"scope": "tenant", "most": 10_000}],
    "creation_limits": [{"most": 10_000, "window_seconds": 3_600}],
    "approval_above": {"amount_minor": 100_000_000, "currency": "EUR"},
    "is_approved_by_hand": None,
    "needs_payment": True,
    "confirms": None,
    "pending_expires": {"after_seconds": 3_600},
    "check_in": {"opens_before_minutes": 15, "closes_after_minutes": None},
    "reminder_before_minutes": [1_440, 120],
    "completion": "checked_in",
    "on_host_conflict": "warn",
    "cancellation": {
        "is_allowed": True,
        "cutoff_minutes": 0,
        "tiers": [{"before_minutes": 2_880, "percent": 100}, {"before_minutes": 0, "percent": 50}],
        "customer_may_cancel_late": True,
        "late_action": "block_future",
        "block_days": 14,
        "business_percent": 100,
    },
    "no_show": {
        "is_automatic": True,
        "grace_minutes": 0,
        "fee": {"amount_minor": 1_000, "currency": "EUR"},
        "fee_percent": 50,
        "returns_rest": True,
        "strikes_max": 3,
        "strikes_within_days": 180,
        "block_days": 30,
    },
}


BUSY_SEASON = {
    "season": {"first_on": "2026-07-01", "last_on": "2026-08-31", "is_yearly": True},
    "occupancy": {"from_percent": 50, "below_percent": 101},
}


def _offering(bazaar: Shelf) -> dict[str, Any]:
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
        "horizon_days": 3_000,
        "party_min": 1,
        "party_max": 4,
        "hold_ttl_seconds": 600,
        "is_approved_by_hand": True,
        "price": {"amount_minor": 1_000, "currency": "EUR"},
        "price_unit": "per_participant",
        "requirements": [_requirement(bazaar)],
        "zone": "Europe/Paris",
        "location": {"address": "Here"},
        "sort_order": 1,
        "metadata": {},
        "length_min_minutes": 60,
        "length_max_minutes": 600,
        "dates_min": 1,
        "dates_max": 14,
        "is_scattered": False,
        "check_in": "15:00",
        "check_out": "11:00",
        "is_always_open": False,
        "grid_includes_buffer": True,
        "pending_takes": True,
        "pending_ttl_seconds": 3_600,
        "confirm_delay_seconds": 60,
        "has_waitlist": True,
        "invitation_ttl_seconds": 600,
        "series_max": 12,
        "series_frequencies": ["daily", "weekly"],
        "believes_customers": True,
        "fields": [{"key": "plate", "label": "Plate", "type": "text", "pattern": "^[A-Z]+$"}],
        "ticket_tiers": [],
        "price_rules": [
            {
                "rule_id": "weekend",
                "label": "Weekend",
                "mode": "unit_override",
                "condition": "dayOfWeek >= 6",
                "amount_minor": 4_000,
                "basis_points": 0,
                "block_minutes": None,
                "is_capped": False,
                "unit": "per_booking",
                "priority": 1,
                "is_stackable": False,
                **BUSY_SEASON,
                "description": "Dearer.",
            }
        ],
        "components": [
            {
                "key": "lab",
                "name": "Lab",
                "capacity": 12,
                "requirements": [{"category_id": bazaar.category, "is_required": False}],
            }
        ],
        "policy": {**POLICY, "pending_expires": {"after_seconds": 3_600}},
    }


def _requirement(bazaar: Shelf) -> dict[str, Any]:
    return {
        "pool_id": bazaar.pool,
        "skills": ["piano"],
        "choosing": "any_of",
        "members": 1,
        "members_per": "booking",
        "quantity": 1,
        "per": "participant",
        "is_required": True,
        "strategy": "first_available",
        "role": "room",
    }


def _resource(bazaar: Shelf) -> dict[str, Any]:
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
        "party_min": 1,
        "party_max": 8,
        "is_bookable_alone": True,
        "field_values": {"floor": 2},
        "notice_minutes": 0,
        "horizon_days": 3_000,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "policy": POLICY,
    }


def _pool(bazaar: Shelf) -> dict[str, Any]:
    return {
        "name": "South",
        "kind": "region",
        "description": "The south.",
        "resource_ids": [bazaar.spare, bazaar.room],
        "sort_order": 1,
        "metadata": {},
    }


def _every(bazaar: Shelf, path: str, name: str) -> list[str]:
    """Return the ids of everything of a kind that is not deleted."""
    found = bazaar.owner.get(path, {"limit": "200", "status": "active,inactive"}).json["items"]
    return [str(one[name]) for one in found]


def _somebody(bazaar: Shelf) -> str:
    """Add a customer of whom nobody else knows; return where it is."""
    added = bazaar.owner.post("/v1/customers", {"name": "Somebody"})
    return f"/v1/customers/{added.json['customer_id']}"


def _promo(bazaar: Shelf) -> dict[str, Any]:
    return {
        "code": f"summer-{bazaar.number()}",
        "description": "A tenth off.",
        "basis_points": 1_000,
        "amount_minor": 0,
        "currency": "EUR",
        "discount_max_minor": 500,
        "minimum_minor": 1_000,
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_until": "2027-01-01T00:00:00Z",
        "uses_max": 100,
        "uses_per_customer_max": 1,
        "offering_ids": [bazaar.court],
        "is_combinable": True,
    }


CATALOGUE: dict[str, Callable[[Shelf], tuple[str, dict[str, Any]]]] = {
    "changeTenant": lambda b: (
        "/v1/tenant",
        {
            "slug": f"sarah-{b.number()}",
            "name": "Sarah",
            "zone": "Europe/Paris",
            "currency": "EUR",
            "notice_minutes": 0,
            "horizon_days": 3_000,
            "status": "active",
            "metadata": {},
            "embed_origins": ["https://www.example.com"],
            "policy": {
                **POLICY,
                "notice_minutes": 0,
                "horizon_days": 3_000,
                "buffer_before_minutes": 0,
                "buffer_after_minutes": 0,
                "party_min": 1,
                "party_max": 1_000,
                "caps": ["notice_minutes", "active_limits"],
            },
        },
    ),
    "blockCustomer": lambda b: (
        f"{_somebody(b)}/block",
        {"until": "2026-07-01T00:00:00Z", "reason": "never comes"},
    ),
    "liftCustomerBlock": lambda b: (f"{_somebody(b)}/lift-block", {}),
    # The order of everything, before anything is added.
    "reorderResources": lambda b: (
        "/v1/resources/reorder",
        {"resource_ids": _every(b, "/v1/resources", "resource_id")},
    ),
    "reorderCategories": lambda b: (
        "/v1/categories/reorder",
        {"category_ids": _every(b, "/v1/categories", "category_id")},
    ),
    "addResource": lambda b: (
        "/v1/resources",
        {**_resource(b), "scheme": "dated", "preset": "medical"},
    ),
    "addOffering/tickets": lambda b: (
        "/v1/offerings",
        {
            **_offering(b),
            "counting": "places",
            "has_waitlist": False,
            "ticket_tiers": [{"key": "child", "label": "Child", "price_minor": 500, "quota": 9}],
        },
    ),
    "addPromoCode": lambda b: ("/v1/promo-codes", {**_promo(b), "kind": "percent"}),
    "changePromoCode": lambda b: (
        f"/v1/promo-codes/{b.spare_promo}",
        {**_promo(b), "is_active": True},
    ),
    "addPool": lambda b: ("/v1/pools", _pool(b)),
    "changePool": lambda b: (f"/v1/pools/{b.pool}", _pool(b)),
    "restorePool": lambda b: (f"/v1/pools/{b.pool}/restore", {}),
    "setOfferingRequirements": lambda b: (
        f"/v1/offerings/{b.place.cut}/requirements",
        {"requirements": [_requirement(b)]},
    ),
    "setOfferingRequirements/named": lambda b: (
        f"/v1/offerings/{b.place.cut}/requirements",
        {"requirements": [{"resource_ids": [b.room, b.spare], "choosing": "any-of"}]},
    ),
    "changeResource": lambda b: (
        f"/v1/resources/{b.room}",
        {**_resource(b), "may_be_over": True, "reason": "a leak"},
    ),
    "activateResource": lambda b: (f"/v1/resources/{b.room}/activate", {}),
    "restoreResource": lambda b: (f"/v1/resources/{b.spare}/restore", {}),
    "deactivateResource": lambda b: (f"/v1/resources/{b.room}/deactivate", {}),
    "addOffering": lambda b: (
        "/v1/offerings",
        {**_offering(b), "counting": "resources", "shape": "slots", "preset": "beauty"},
    ),
    "changeOffering": lambda b: (
        f"/v1/offerings/{b.court}",
        {
            **{name: value for name, value in _offering(b).items() if name != "requirements"},
            "slot_capacity": None,
            "status": "active",
        },
    ),
    "changeOffering/requirements": lambda b: (
        f"/v1/offerings/{b.place.cut}",
        {"requirements": [{"resource_id": b.room, "quantity": 1, "per": "booking"}]},
    ),
    "addCategory": lambda b: (
        "/v1/categories",
        {
            "label": "Room",
            "label_plural": "Rooms",
            "kind": "room",
            "icon": "door",
            "sort_order": 1,
            "metadata": {},
            "custom_fields": [FLOOR],
        },
    ),
    "changeCategory": lambda b: (
        f"/v1/categories/{b.category}",
        {
            "label": "Room",
            "label_plural": "Rooms",
            "kind": "room",
            "icon": "door",
            "sort_order": 1,
            "status": "active",
            "metadata": {},
            "custom_fields": [FLOOR],
        },
    ),
}
"""By operation id, as `SUBJECTS`: the path and the body."""
