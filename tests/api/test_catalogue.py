"""The catalogue through the API: resources, categories, offerings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.catalogue_subjects import NOTHING_SAID
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client
from tests.api.subjects import FAIR_AT, Bazaar


def made(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make something."""
    reply = client.post(path, body)
    assert reply.status == 201, reply.body
    return reply.json


# ------------------------------------------------------------------------------------ resources


def test_a_resource_is_added_changed_and_read(place: Place) -> None:
    """AC-A01."""
    asked = [{"key": "floor", "label": "Floor", "type": "number"}]
    category = made(place.owner, "/v1/categories", {"label": "Room", "custom_fields": asked})[
        "category_id"
    ]
    body = {
        "name": "Blue room",
        "kind": "room",
        "capacity": None,
        "scheme": "dated",
        "short_name": "B",
        "description": "Blue.\nQuiet.",
        "category_id": category,
        "zone": "Europe/Lisbon",
        "owner_id": None,
        "skills": ["piano", "café"],
        "sort_order": 3,
        "metadata": {"floor": 2},
        "party_min": 2,
        "party_max": 8,
        "is_bookable_alone": True,
        "field_values": {"floor": 2},
    }

    added = made(place.owner, "/v1/resources", body)
    path = f"/v1/resources/{added['resource_id']}"
    changed = place.owner.patch(path, {"short_name": None, "skills": [], "name": "Red room"})

    assert added == {
        **body,
        "resource_id": added["resource_id"],
        "notice_minutes": None,
        "horizon_days": None,
        "buffer_before_minutes": None,
        "buffer_after_minutes": None,
        "policy": NOTHING_SAID,
        "is_settling": False,
        "status": "active",
        "created_at": "2026-06-01T08:00:00Z",
        "deleted_at": None,
        "version": 1,
    }
    after: dict[str, Any] = {"short_name": None, "skills": [], "name": "Red room", "version": 2}
    assert changed.json == {**added, **after}
    assert place.page.get(path).json == changed.json


def test_an_empty_change_changes_nothing(place: Place) -> None:
    path = f"/v1/resources/{place.chair}"

    reply = place.owner.patch(path, {})

    assert (reply.status, reply.json["version"]) == (200, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("kind", None),
        ("sort_order", None),
        ("metadata", None),
        ("status", "active"),
        ("scheme", "dated"),
        ("is_settling", False),
        ("field_values", None),
    ],
)
def test_what_cannot_be_without_value_or_changed_is_refused(
    place: Place, field: str, value: object
) -> None:
    reply = place.owner.patch(f"/v1/resources/{place.chair}", {field: value})

    assert [fault["pointer"] for fault in reply.json["errors"]] == [f"/{field}"]


def test_a_resource_goes_through_its_statuses(place: Place) -> None:
    """AC-A01, C-43: deleting is soft, refused while claims are ahead, unless forced."""
    path = f"/v1/resources/{place.chair}"
    statuses = [
        place.owner.post(f"{path}/deactivate").json["status"],
        place.owner.post(f"{path}/activate").json["status"],
    ]
    place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN})

    refused = place.owner.delete(path)
    forced = place.owner.delete(path, {"force": "true"})
    again = place.owner.delete(path)
    listed = place.owner.get("/v1/resources").json["items"]
    deleted = place.owner.get("/v1/resources", {"status": "deleted"}).json["items"]
    restored = place.owner.post(f"{path}/restore")

    assert statuses == ["inactive", "active"]
    assert (refused.code, refused.json["upcoming"]) == ("record.in_use", 1)
    assert [r.json["status"] for r in (forced, again)] == ["deleted", "deleted"]
    assert (listed, [item["resource_id"] for item in deleted]) == ([], [place.chair])
    assert (restored.json["status"], restored.json["deleted_at"]) == ("active", None)


def test_a_capacity_does_not_fall_below_what_is_claimed(place: Place) -> None:
    bazaar = Bazaar(place)
    offering = made(
        place.owner,
        "/v1/offerings",
        {
            "slug": "shared",
            "name": "Shared",
            "duration_minutes": 60,
            "requirements": [{"resource_id": bazaar.spare, "per": "participant"}],
        },
    )["offering_id"]
    path = f"/v1/resources/{bazaar.spare}"
    place.owner.patch(path, {"capacity": 5})
    made(place.owner, "/v1/slots", {"offering_id": offering, "starts_at": FAIR_AT})
    body = {"offering_id": offering, "starts_at": FAIR_AT, "party_size": 4}
    made(place.owner, "/v1/holds", body)

    refused = place.owner.patch(path, {"capacity": 3})

    assert (refused.code, refused.json["requested"]) == ("capacity.exceeded", 4)
    assert place.owner.patch(path, {"capacity": 4}).json["capacity"] == 4


def test_resources_are_listed_by_order_and_filtered(place: Place) -> None:
    category = made(place.owner, "/v1/categories", {"label": "Room"})["category_id"]
    last = made(place.owner, "/v1/resources", {"name": "Z", "kind": "room", "sort_order": 9})
    first = made(place.owner, "/v1/resources", {"name": "A", "category_id": category})

    def names(**query: object) -> list[str]:
        items = place.viewer.get("/v1/resources", query).json["items"]
        return [item["name"] for item in items]

    assert names()[-1] == last["name"]
    assert names(kind="room") == ["Z"]
    assert names(category_id=category) == [first["name"]]
    assert names(status="inactive") == []


# ------------------------------------------------------------------------------------ categories


def test_a_category_is_added_changed_hidden_and_brought_back(place: Place) -> None:
    """AC-A03."""
    added = made(place.owner, "/v1/categories", {"label": "Room", "icon": "door"})
    path = f"/v1/categories/{added['category_id']}"

    changed = place.owner.patch(path, {"label_plural": "Rooms", "icon": None}).json
    deleted = place.owner.delete(path).json
    listed = place.viewer.get("/v1/categories").json["items"]
    back = place.owner.patch(path, {"status": "active"}).json

    assert (added["label_plural"], changed["label_plural"], changed["icon"]) == (
        "Room",
        "Rooms",
        None,
    )
    assert (deleted["status"], listed, back["status"]) == ("deleted", [], "active")
    assert place.viewer.get(path).json == {**back, "resource_count": 0}


def test_the_questions_of_a_category_are_asked_of_its_resources(place: Place) -> None:
    """AC-A03."""
    seats = {"key": "seats", "label": "Seats", "type": "number", "min": 2, "max": 9}
    since = {"key": "since", "label": "Since", "type": "date", "max": "2026-12-31"}
    asked = [{**seats, "required": True}, since]
    category = made(place.owner, "/v1/categories", {"label": "Car", "custom_fields": asked})
    body = {"name": "4WD", "category_id": category["category_id"]}
    path = f"/v1/categories/{category['category_id']}"

    missing = place.owner.post("/v1/resources", body)
    wrong = {"seats": 12, "since": "2027-01-01", "plate": "x"}
    refused = place.owner.post("/v1/resources", {**body, "field_values": wrong})
    car = made(place.owner, "/v1/resources", {**body, "field_values": {"seats": 5}})
    pattern = place.owner.patch(path, {"custom_fields": [{**seats, "pattern": "(?=x)"}]})
    bad = place.owner.patch(path, {"custom_fields": [{**seats, "key": "A B"}, seats, seats]})

    plain: dict[str, object] = {
        "options": [],
        "pattern": None,
        "help": "",
        "order": 0,
        "is_private": False,
    }
    assert category["custom_fields"] == [
        {**seats, "required": True, **plain},
        {**since, "required": False, "min": None, **plain},
    ]
    assert [(fault["pointer"], fault["code"]) for fault in missing.json["errors"]] == [
        ("/field_values/seats", "required")
    ]
    assert [fault["pointer"] for fault in refused.json["errors"]] == [
        "/field_values/plate",
        "/field_values/seats",
        "/field_values/since",
    ]
    assert car["field_values"] == {"seats": 5}
    assert [(fault["pointer"], fault["code"]) for fault in pattern.json["errors"]] == [
        ("/custom_fields/0/pattern", "not_allowed")
    ]
    assert [(fault["pointer"], fault["code"]) for fault in bad.json["errors"]] == [
        ("/custom_fields/0/key", "not_a_key"),
        ("/custom_fields/2/key", "repeated"),
    ]
    assert place.viewer.get(path).json["resource_count"] == 1


def test_resources_and_categories_are_put_in_order_in_one_go(place: Place) -> None:
    """AC-A02."""
    for path, name in (("/v1/resources", "resource_id"), ("/v1/categories", "category_id")):
        for label in ("B", "C"):
            made(place.owner, path, {"name": label} if "res" in path else {"label": label})
        ids = [item[name] for item in place.viewer.get(path).json["items"]]
        wanted = list(reversed(ids))

        ordered = place.owner.post(f"{path}/reorder", {f"{name}s": wanted})
        short = place.owner.post(f"{path}/reorder", {f"{name}s": ids[1:]})
        twice = place.owner.post(f"{path}/reorder", {f"{name}s": [*ids, ids[0]]})
        listed = place.viewer.get(path).json["items"]

        assert [item[name] for item in ordered.json["items"]] == wanted
        assert [item["sort_order"] for item in ordered.json["items"]] == list(
            range(1, len(ids) + 1)
        )
        assert (short.status, short.json["errors"][0]["code"]) == (422, "incomplete")
        assert [(fault["pointer"], fault["code"]) for fault in twice.json["errors"]] == [
            (f"/{name}s/{len(ids)}", "repeated")
        ]
        assert [item[name] for item in listed] == wanted


# ------------------------------------------------------------------------------------- offerings


def massage(bazaar: Bazaar) -> dict[str, Any]:
    """Return an offering of which everything is said."""
    required = {
        "resource_id": bazaar.room,
        "resource_ids": [],
        "pool_id": None,
        "category_id": None,
        "skills": [],
        "choosing": "all_of",
        "members": 1,
        "members_per": "booking",
        "quantity": 2,
        "per": "participant",
        "is_required": True,
        "strategy": "first_available",
        "role": "room",
        "seed": "",
    }
    component = {"key": "oil", "name": "Oil", "capacity": 2, "requirements": [required]}
    return {
        "slug": "massage",
        "name": "Massage",
        "duration_minutes": 50,
        "description": "",
        "kind": "appointment",
        "counting": "resources",
        "slot_capacity": None,
        "slot_step_minutes": 60,
        "buffer_before_minutes": 5,
        "buffer_after_minutes": 10,
        "notice_minutes": 90,
        "horizon_days": 30,
        "party_min": 1,
        "party_max": 2,
        "hold_ttl_seconds": 900,
        "is_approved_by_hand": True,
        "price": {"amount_minor": 5_000, "currency": "EUR"},
        "price_unit": "per_participant",
        "requirements": [required],
        "zone": "Europe/Paris",
        "location": {"address": "12 rue X"},
        "sort_order": 4,
        "metadata": {},
        "shape": "slots",
        "length_min_minutes": 30,
        "length_max_minutes": 90,
        "dates_min": 2,
        "dates_max": 5,
        "is_scattered": False,
        "check_in": "14:00",
        "check_out": "10:30",
        "is_always_open": True,
        "grid_includes_buffer": True,
        "pending_takes": False,
        "pending_ttl_seconds": 7_200,
        "confirm_delay_seconds": 90,
        "components": [component],
    }


def test_an_offering_is_measured_in_minutes_and_seconds_and_priced_in_minor_units(
    place: Place,
) -> None:
    """AC-A04, AC-B15, AC-B16, C-51."""
    body = massage(Bazaar(place))

    added = made(place.owner, "/v1/offerings", body)
    path = f"/v1/offerings/{added['offering_id']}"
    changes: dict[str, Any] = {
        "duration_minutes": 60,
        "notice_minutes": None,
        "hold_ttl_seconds": 1_200,
        "price": {"amount_minor": 1, "currency": "JPY"},
        "requirements": [],
        "length_min_minutes": None,
        "length_max_minutes": 120,
        "dates_min": 1,
        "dates_max": None,
        "is_scattered": True,
        "check_in": "00:00",
        "check_out": "23:59",
        "is_always_open": False,
        "grid_includes_buffer": False,
        "pending_takes": True,
        "pending_ttl_seconds": None,
        "confirm_delay_seconds": 0,
        "components": [],
    }
    changed = place.owner.patch(path, changes)

    assert added == {
        "price_rules": [],
        "believes_customers": False,
        "ticket_tiers": [],
        "has_waitlist": False,
        "invitation_ttl_seconds": None,
        "series_max": None,
        "series_frequencies": [],
        "fields": [],
        "policy": NOTHING_SAID,
        **body,
        "offering_id": added["offering_id"],
        "status": "active",
        "created_at": "2026-06-01T08:00:00Z",
        "deleted_at": None,
        "version": 1,
    }
    assert changed.json == {**added, **changes, "version": 2}
    assert place.page.get(path).json == changed.json


def test_a_price_without_a_currency_is_in_the_business_s_own(place: Place) -> None:
    body = {"slug": "free", "name": "F", "duration_minutes": 5, "price": {"amount_minor": 100}}

    added = made(place.owner, "/v1/offerings", body)

    assert added["price"] == {"amount_minor": 100, "currency": "EUR"}


def test_a_deleted_offering_is_hidden_and_an_inactive_one_not_sold(place: Place) -> None:
    path = f"/v1/offerings/{place.cut}"

    off_sale = place.owner.patch(path, {"status": "inactive"}).json["status"]
    seen = [
        [item["slug"] for item in client.get("/v1/offerings").json["items"]]
        for client in (place.viewer, place.page)
    ]
    refused = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN})
    deleted = [place.owner.delete(path).json["status"] for _ in range(2)]
    late = place.owner.patch(path, {"name": "New"})
    back = place.owner.patch(path, {"status": "active"}).json

    assert (off_sale, seen) == ("inactive", [["cut"], []])
    assert (refused.code, refused.json["reason"]) == ("availability.closed", "offering_inactive")
    assert deleted == ["deleted", "deleted"]
    assert late.code == "state.transition_not_allowed"
    assert (back["status"], back["deleted_at"]) == ("active", None)


# ------------------------------------------------------------------------------------- policies


def test_a_policy_is_said_name_by_name_and_taken_back_with_null(place: Place) -> None:
    """AC-K02, C-26: at the business, a resource and an offering."""
    room = made(place.owner, "/v1/resources", {"name": "Room", "buffer_after_minutes": 10})
    path = f"/v1/resources/{room['resource_id']}"
    cancellation = {"cutoff_minutes": 120, "tiers": [{"before_minutes": 2_880, "percent": 75}]}

    place.owner.patch(path, {"policy": {"cancellation": cancellation, "party_min": None}})
    said = place.owner.patch(path, {"policy": {"confirms": {"after_seconds": 60}}})
    unsaid = place.owner.patch(path, {"policy": {"cancellation": None}})
    tenant = place.owner.patch("/v1/tenant", {"policy": {"party_max": 8, "caps": ["party_max"]}})

    assert room["buffer_after_minutes"] == 10
    assert said.json["policy"]["cancellation"] == {
        **cancellation,
        "is_allowed": True,
        "customer_may_cancel_late": False,
        "late_action": "forfeit",
        "block_days": 30,
        "business_percent": 100,
    }
    assert unsaid.json["policy"]["cancellation"] is None
    assert unsaid.json["policy"]["confirms"] == {"after_seconds": 60}
    assert tenant.json["policy"]["caps"] == ["party_max"]


def test_a_policy_that_contradicts_its_own_record_is_refused_by_the_names_of_the_wire(
    place: Place,
) -> None:
    body = {"name": "Room", "notice_minutes": 60, "policy": {"notice_minutes": 30}}

    refused = place.owner.post("/v1/resources", body)

    assert refused.status == 422
    assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == [
        ("/policy/notice_minutes", "contradicts")
    ]


def test_an_offering_begins_with_a_preset_for_what_it_does_not_say_itself(place: Place) -> None:
    """AC-K06."""
    presets = place.owner.get("/v1/policy-presets").json["items"]
    by_name = {one["preset"]: one["policy"] for one in presets}

    body = {"slug": "check-up", "name": "Check-up", "duration_minutes": 15, "notice_minutes": 60}
    offering = made(place.owner, "/v1/offerings", {**body, "preset": "medical"})

    assert list(by_name) == ["medical", "beauty", "live_class", "restaurant", "event", "coaching"]
    assert offering["notice_minutes"] == 60
    assert offering["policy"] == {**by_name["medical"], "notice_minutes": None}


def test_only_slots_need_a_duration_and_days_and_nights_have_none(place: Place) -> None:
    nights = {"slug": "hut", "name": "Hut", "shape": "nights", "duration_minutes": 30}
    rooms = [
        {"slug": "hall", "name": "Hall", "kind": "room"},
        {"slug": "den", "name": "Den", "kind": "room", "slot_step_minutes": 15},
        {"slug": "yard", "name": "Yard", "kind": "room", "length_min_minutes": 120},
    ]

    hut = place.owner.post("/v1/offerings", nights)
    made = [place.owner.post("/v1/offerings", room) for room in rooms]
    slots = place.owner.post("/v1/offerings", {"slug": "trim", "name": "Trim"})
    path = f"/v1/offerings/{hut.json['offering_id']}"
    changed = place.owner.patch(path, {"duration_minutes": 60})

    assert (hut.status, hut.json["duration_minutes"]) == (201, None)
    made_of = [(one.status, one.json["duration_minutes"]) for one in made]
    assert made_of == [(201, 30), (201, 15), (201, 120)]
    assert [f["pointer"] for f in slots.json["errors"]] == ["/duration_minutes"]
    assert [(f["pointer"], f["code"]) for f in changed.json["errors"]] == [
        ("/duration_minutes", "wrong_form")
    ]
