"""What offerings need, through the API: groups, pools, components, kinds, and who may serve."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.bootstrap import Engine
from tests.api.driver import Reply
from tests.api.shops import ROUND_THE_CLOCK, Shop

NOON = "2026-06-02T12:00:00Z"
ONE = "2026-06-02T13:00:00Z"


@pytest.fixture
def shop(memory_engine: Engine, runner: asyncio.Runner) -> Shop:
    """A business with an app."""
    return Shop(memory_engine, runner)


def faults(reply: Reply) -> list[tuple[str, str]]:
    """Return where and how an input is malformed."""
    return [(fault["pointer"], fault["code"]) for fault in reply.json["errors"]]


def add(shop: Shop, name: str, **fields: object) -> str:
    """Add a resource."""
    return str(shop.made("/v1/resources", {"name": name, **fields})["resource_id"])


def pool(shop: Shop, name: str, *members: str) -> str:
    """Add a pool."""
    body = {"name": name, "resource_ids": list(members)}
    return str(shop.made("/v1/pools", body)["pool_id"])


def offering(shop: Shop, slug: str, *needed: dict[str, Any], **fields: object) -> str:
    """Add an offering that is open round the clock."""
    return shop.offering(slug, rules=(ROUND_THE_CLOCK,), requirements=list(needed), **fields)


def served_by(reply: Reply) -> list[str]:
    """Return the names of the resources that serve a booking."""
    assert reply.status == 201, reply.body
    return [one["name"] for one in reply.json["assigned"]]


def eligible(shop: Shop, offering_id: str, **query: object) -> dict[str, Any]:
    """Ask who may serve."""
    path = f"/v1/offerings/{offering_id}/eligible-resources"
    reply = shop.page.get(path, {"starts_at": NOON, **query})
    assert reply.status == 200, reply.body
    return reply.json


# Groups


def test_two_of_five_therapists_one_of_two_physicians_a_room_and_the_projector(
    shop: Shop,
) -> None:
    """AC-E01, AC-E02, AC-E03, C-17: the worked example of the guide."""
    therapists = [add(shop, f"Therapist {i}", kind="person") for i in range(1, 6)]
    physicians = [add(shop, f"Physician {i}", kind="person") for i in range(1, 3)]
    rooms = shop.made("/v1/categories", {"label": "Room"})["category_id"]
    add(shop, "Small room", category_id=rooms, party_max=4, sort_order=1)
    add(shop, "Large room", category_id=rooms, party_max=8, sort_order=2)
    projector = add(shop, "Projector")
    team = pool(shop, "Therapists", *therapists)
    any_of = {"choosing": "any_of"}
    session = offering(
        shop,
        "group",
        {"pool_id": team, **any_of, "members": 2, "role": "therapist"},
        {"resource_ids": physicians, **any_of, "role": "physician"},
        {"category_id": rooms, **any_of, "role": "room"},
        {"resource_id": projector},
    )

    eight = shop.book(session, NOON, party_size=8)
    nine = shop.book(session, ONE, party_size=9)
    again = shop.book(session, NOON, party_size=2)
    three = shop.book(session, ONE, party_size=3)

    assert served_by(eight) == [
        "Therapist 1",
        "Therapist 2",
        "Physician 1",
        "Large room",
        "Projector",
    ]
    assert (nine.status, nine.code) == (409, "policy.party_size")
    assert (again.status, again.json["limited_by"]) == (409, projector)
    assert served_by(three)[3] == "Small room"


def test_units_and_members_go_with_the_party_where_they_are_said_to(shop: Shop) -> None:
    """AC-E02: fifteen mats, a bike for each."""
    mats = add(shop, "Mats", capacity=15)
    bikes = pool(shop, "Bikes", *(add(shop, f"Bike {i}") for i in range(4)))
    ride = offering(
        shop,
        "ride",
        {"resource_id": mats, "per": "participant"},
        {"pool_id": bikes, "choosing": "any_of", "members_per": "participant"},
    )

    three = shop.book(ride, NOON, party_size=3)
    two = shop.book(ride, NOON, party_size=2)

    assert [(one["name"], one["units"]) for one in three.json["assigned"]] == [
        ("Mats", 3),
        ("Bike 0", 1),
        ("Bike 1", 1),
        ("Bike 2", 1),
    ]
    assert (two.code, two.json["limited_by"], two.json["remaining"]) == (
        "capacity.exceeded",
        bikes,
        1,
    )


@pytest.mark.parametrize(
    ("needed", "fault"),
    [
        ({}, ("", "requirement_target")),
        ({"resource_ids": ["{room}"], "pool_id": "{pool}"}, ("", "requirement_target")),
        ({"resource_ids": ["{room}", "{room}"]}, ("/resource_ids", "too_many")),
        ({"pool_id": "pol_" + "0" * 26}, ("/pool_id", "unknown_pool")),
        ({"category_id": "cat_" + "0" * 26}, ("/category_id", "unknown_category")),
        ({"pool_id": "{pool}", "members": 2}, ("/members", "not_any_of")),
        ({"pool_id": "{pool}", "choosing": "some_of"}, ("/choosing", "not_one_of")),
        ({"pool_id": "{pool}", "members": 0}, ("/members", "out_of_range")),
        ({"pool_id": "{pool}", "strategy": "by_mood"}, ("/strategy", "not_one_of")),
        ({"pool_id": "{pool}", "is_required": None}, ("/is_required", "wrong_type")),
        ({"pool_id": "{room}"}, ("/pool_id", "bad_form")),
        ({"pool_id": "{pool}", "skills": ["a\nb"]}, ("/skills/0", "bad_character")),
        ({"pool_id": "{pool}", "skills": ["a"] * 21}, ("/skills", "too_many")),
    ],
)
def test_what_cannot_be_required_is_refused_and_nothing_is_changed(
    shop: Shop, needed: dict[str, Any], fault: tuple[str, str]
) -> None:
    """AC-E01."""
    room = add(shop, "Room")
    names = {"{room}": room, "{pool}": pool(shop, "Pool", room)}

    def filled(value: object) -> object:
        if isinstance(value, list):
            return [filled(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    body = {name: filled(value) for name, value in needed.items()}
    cut = offering(shop, "cut", {"resource_id": room})
    path = f"/v1/offerings/{cut}"

    replies = [
        shop.owner.put(f"{path}/requirements", {"requirements": [body]}),
        shop.owner.patch(path, {"requirements": [body]}),
    ]
    inner = {"components": [{"key": "a", "name": "A", "requirements": [body]}]}
    replies.append(shop.owner.patch(path, inner))

    pointer, code = fault
    expected = [(f"/requirements/0{pointer}", code)]
    assert [faults(reply) for reply in replies] == [
        expected,
        expected,
        [(f"/components/0/requirements/0{pointer}", code)],
    ]
    assert shop.owner.get(path).json["version"] == 1


def test_the_whole_set_of_requirements_is_replaced(shop: Shop) -> None:
    """AC-E01."""
    one, two = add(shop, "One"), add(shop, "Two")
    cut = offering(shop, "cut", {"resource_id": one})
    path = f"/v1/offerings/{cut}/requirements"

    replaced = shop.owner.put(
        path, {"requirements": [{"resource_id": two, "role": "chair"}]}, If_Match='"v1"'
    )
    late = shop.owner.put(path, {"requirements": []}, If_Match='"v1"')
    without = shop.owner.put(path, {})
    booked = shop.book(cut, NOON)
    emptied = shop.owner.put(path, {"requirements": []})

    assert [(r["resource_id"], r["role"]) for r in replaced.json["requirements"]] == [
        (two, "chair")
    ]
    assert (late.status, late.code) == (412, "record.changed")
    assert faults(without) == [("/requirements", "missing")]
    assert served_by(booked) == ["Two"]
    assert (emptied.status, emptied.json["requirements"]) == (200, [])


def test_requirements_do_not_change_while_open_slots_hold_the_old_ones(shop: Shop) -> None:
    hall = add(shop, "Hall")
    yoga = offering(shop, "yoga", {"resource_id": hall}, counting="places", slot_capacity=5)
    shop.book(yoga, NOON)

    reply = shop.owner.put(f"/v1/offerings/{yoga}/requirements", {"requirements": []})

    assert (reply.status, reply.code, reply.json["upcoming"]) == (409, "record.in_use", 1)


# Components


def test_components_have_keys_of_their_own_and_needs_of_their_own(shop: Shop) -> None:
    """AC-A09."""
    lab = add(shop, "Lab")
    part = {"key": "lab", "name": "Lab", "capacity": 12, "requirements": [{"resource_id": lab}]}
    body = {"slug": "t", "name": "T", "duration_minutes": 60, "components": [part, part]}

    twice = shop.owner.post("/v1/offerings", {**body, "slug": "training"})
    added = shop.made("/v1/offerings", {**body, "slug": "training", "components": [part]})

    assert faults(twice) == [("/components", "twice")]
    assert added["components"] == [
        {
            **part,
            "requirements": [{**added["components"][0]["requirements"][0], "resource_id": lab}],
        }
    ]


# Kinds


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, ("resources", "slots", "per_booking", None)),
        ({"kind": "table"}, ("resources", "slots", "per_booking", 30)),
        ({"kind": "Course"}, ("places", "slots", "per_participant", None)),
        (
            {"kind": "event", "counting": "resources"},
            ("resources", "slots", "per_participant", None),
        ),
        ({"kind": "room"}, ("resources", "free", "per_hour", 30)),
        ({"kind": "room", "shape": "nights"}, ("resources", "nights", "per_night", None)),
        ({"kind": "rental", "shape": "days"}, ("resources", "days", "per_unit", None)),
        ({"kind": "rental", "slot_step_minutes": None}, ("resources", "free", "per_hour", None)),
        ({"kind": "room", "price_unit": "per_booking"}, ("resources", "free", "per_booking", 30)),
        ({"kind": "bootcamp"}, ("resources", "slots", "per_booking", None)),
    ],
)
def test_a_kind_says_what_is_usual_and_all_of_it_may_be_said_otherwise(
    shop: Shop, sent: dict[str, Any], found: tuple[str, str, str, int | None]
) -> None:
    """AC-A05."""
    body = {"slug": "one", "name": "One", "duration_minutes": 60}

    added = shop.made("/v1/offerings", {**body, **sent})

    names = ("counting", "shape", "price_unit", "slot_step_minutes")
    assert tuple(added[name] for name in names) == found


def test_how_long_it_lasts_is_said_where_it_matters(shop: Shop) -> None:
    """AC-B15, C-24, C-25."""
    bare = {"name": "One"}

    slots = shop.owner.post("/v1/offerings", {**bare, "slug": "one"})
    free = shop.owner.post("/v1/offerings", {**bare, "slug": "two", "shape": "free"})
    least = shop.made(
        "/v1/offerings", {**bare, "slug": "three", "shape": "free", "length_min_minutes": 90}
    )
    nights = shop.made("/v1/offerings", {**bare, "slug": "four", "shape": "nights"})

    assert [faults(reply) for reply in (slots, free)] == [[("/duration_minutes", "missing")]] * 2
    assert (least["duration_minutes"], nights["duration_minutes"]) == (90, None)
    assert (nights["check_in"], nights["check_out"]) == ("15:00", "11:00")


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("check_in", "24:00", ("/check_in", "out_of_range")),
        ("check_out", "25:00", ("/check_out", "not_a_time")),
        ("check_in", 900, ("/check_in", "not_a_time")),
        ("length_min_minutes", 0, ("/length_min_minutes", "out_of_range")),
        ("length_max_minutes", 30, ("/length_max_minutes", "out_of_range")),
        ("dates_max", 1, ("/dates_max", "out_of_range")),
        ("pending_ttl_seconds", 59, ("/pending_ttl_seconds", "out_of_range")),
        ("confirm_delay_seconds", -1, ("/confirm_delay_seconds", "out_of_range")),
        ("pending_takes", "yes", ("/pending_takes", "wrong_type")),
        ("shape", "weeks", ("/shape", "not_one_of")),
    ],
)
def test_what_an_offering_cannot_be_is_named_by_the_name_it_was_sent_under(
    shop: Shop, field: str, value: object, fault: tuple[str, str]
) -> None:
    body = {"slug": "one", "name": "One", "duration_minutes": 60, "shape": "free"}
    limits = {"length_min_minutes": 60, "dates_min": 2}

    reply = shop.owner.post("/v1/offerings", {**body, **limits, field: value})

    assert faults(reply) == [fault]


def test_places_are_counted_in_slots_only_and_a_shape_is_for_good(shop: Shop) -> None:
    body = {"slug": "one", "name": "One", "duration_minutes": 60}

    refused = shop.owner.post("/v1/offerings", {**body, "shape": "days", "counting": "places"})
    added = shop.made("/v1/offerings", body)
    changed = shop.owner.patch(f"/v1/offerings/{added['offering_id']}", {"shape": "free"})

    assert faults(refused) == [("/counting", "needs_slots")]
    assert faults(changed) == [("/shape", "not_changeable")]


# Who may serve


def test_who_may_serve_is_told_with_the_reason_why_the_others_may_not(shop: Shop) -> None:
    """AC-E06."""
    deep, shy = add(shop, "Deep", skills=["deep"]), add(shop, "Shy", skills=["deep"], party_max=1)
    plain = add(shop, "Plain")
    team = pool(shop, "Team", deep, shy, plain)
    needed = {"pool_id": team, "skills": ["deep"], "choosing": "any_of", "role": "therapist"}
    massage = offering(shop, "massage", needed)

    free = eligible(shop, massage, party_size=2)
    shop.book(massage, NOON, party_size=2)
    busy = eligible(shop, massage, party_size=2)

    assert {name: free[name] for name in ("offering_id", "starts_at", "party_size", "refusal")} == {
        "offering_id": massage,
        "starts_at": NOON,
        "party_size": 2,
        "refusal": None,
    }
    [requirement] = free["requirements"]
    assert (requirement["pointer"], requirement["members"], requirement["units"]) == (
        "/requirements/0",
        1,
        1,
    )
    assert requirement["requirement"]["role"] == "therapist"
    assert requirement["candidates"] == [
        {
            "resource_id": deep,
            "name": "Deep",
            "is_eligible": True,
            "reason": None,
            "units_left": 1,
        },
        {
            "resource_id": shy,
            "name": "Shy",
            "is_eligible": False,
            "reason": "party_size",
            "units_left": None,
        },
        {
            "resource_id": plain,
            "name": "Plain",
            "is_eligible": False,
            "reason": "skills",
            "units_left": None,
        },
    ]
    assert (busy["refusal"], busy["requirements"][0]["is_met"]) == ("capacity.exceeded", False)
    assert busy["requirements"][0]["candidates"][0]["reason"] == "capacity"


def test_who_may_serve_on_dates_is_asked_as_a_booking_is(shop: Shop) -> None:
    car = add(shop, "4WD", scheme="dated", capacity=2)
    body = {"slug": "car", "name": "Car", "kind": "rental", "shape": "days"}
    needed = [{"resource_id": car}]
    rental = shop.made("/v1/offerings", {**body, "requirements": needed})["offering_id"]
    path = f"/v1/offerings/{rental}/eligible-resources"

    reply = shop.page.get(path, {"dates": ["2026-06-05,2026-06-07", "2026-06-08"]})
    as_slot = shop.page.get(path, {"starts_at": NOON})
    bare = shop.page.get(path)
    bad = shop.page.get(path, {"dates": "2026-06-31", "party_size": "0"})

    assert reply.json["dates"] == ["2026-06-05", "2026-06-07", "2026-06-08"]
    assert reply.json["requirements"][0]["candidates"][0]["units_left"] == 2
    assert [code for _, code in faults(as_slot)] == ["wrong_form"]
    assert [code for _, code in faults(bare)] == ["slot_choice"]
    assert faults(bad) == [("/dates/0", "not_a_date"), ("/party_size", "out_of_range")]


def test_who_may_serve_what_is_not_there_is_not_found(shop: Shop) -> None:
    path = f"/v1/offerings/off_{'0' * 26}/eligible-resources"

    reply = shop.page.get(path, {"starts_at": NOON})

    assert (reply.status, reply.code) == (404, "record.not_found")
