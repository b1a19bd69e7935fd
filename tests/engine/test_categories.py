"""Categories: their order, their own questions, and how many resources they have."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.ids import CategoryId
from holdfast.domain.resources import Resource, ResourceAction
from holdfast.engine.categories import AddCategory
from holdfast.engine.facade import TenantEngine
from holdfast.engine.ordering import ORDERED_MAX
from holdfast.engine.resources import AddResource
from tests.engine.businesses import (
    acting_as,
    add_room,
    cause_of,
    open_desk,
    pointers,
    refusal_of,
)

PLATE: dict[str, object] = {"key": "plate", "label": "Plate", "type": "text", "required": True}
SEATS: dict[str, object] = {"key": "seats", "label": "Seats", "type": "number", "min": 2, "max": 9}
EXTRAS: dict[str, object] = {
    "key": "extras",
    "label": "Extras",
    "type": "multiselect",
    "options": ["Roof rack", "Winch"],
}
SINCE: dict[str, object] = {"key": "since", "label": "Since", "type": "date", "max": "2026-12-31"}


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def vehicles(desk: TenantEngine) -> Category:
    """Add a category with questions of its own."""
    asked = (PLATE, SEATS, EXTRAS, SINCE)
    return desk.categories.add(AddCategory(label="Vehicle", kind="vehicle", custom_fields=asked))


def add_car(desk: TenantEngine, category: Category | None, **values: object) -> Resource:
    """Add a resource of a category, with what is said of it."""
    category_id = category.category_id if category else None
    return desk.resources.add(AddResource(name="Car", category_id=category_id, field_values=values))


# Order


def test_categories_and_resources_are_put_in_order_in_one_go(desk: TenantEngine) -> None:
    """AC-A02."""
    categories = [desk.categories.add(AddCategory(label=label)) for label in "ABC"]
    rooms = [add_room(desk, name) for name in "XYZ"]
    desk.resources.act(rooms[1].resource_id, ResourceAction.DEACTIVATE)
    turned_categories = [one.category_id for one in reversed(categories)]
    turned_rooms = [one.resource_id for one in reversed(rooms)]

    ordered = desk.categories.reorder(turned_categories), desk.resources.reorder(turned_rooms)

    assert [one.category_id for one in ordered[0]] == turned_categories
    assert [one.sort_order for one in ordered[1]] == [1, 2, 3]
    assert list(desk.categories.list().items) == list(ordered[0])
    assert list(desk.resources.list().items) == list(ordered[1])


def test_the_same_order_again_changes_nothing(desk: TenantEngine) -> None:
    rooms = [add_room(desk, name).resource_id for name in "XYZ"]
    first = desk.resources.reorder(rooms)

    again = desk.resources.reorder(rooms)

    assert again == first


def test_what_is_deleted_has_no_place_in_the_order(desk: TenantEngine) -> None:
    kept, gone = add_room(desk, "Kept"), add_room(desk, "Gone")
    hidden = desk.categories.add(AddCategory(label="Hidden"))
    desk.resources.act(gone.resource_id, ResourceAction.DELETE)
    desk.categories.change(hidden.category_id, {"status": CategoryStatus.DELETED})

    refusal = refusal_of(lambda: desk.resources.reorder([gone.resource_id, kept.resource_id]))

    assert pointers(refusal) == [("/resource_ids/0", "unknown_resource")]
    assert len(desk.resources.reorder([kept.resource_id])) == 1
    assert desk.categories.reorder([]) == ()


def test_an_order_that_is_not_whole_is_refused_and_changes_nothing(desk: TenantEngine) -> None:
    """AC-A02: atomic."""
    a, b = (desk.categories.add(AddCategory(label=label)).category_id for label in "AB")
    nowhere = CategoryId("cat_00000000000000000000000000")
    before = desk.categories.list().items

    refusals = [
        refusal_of(partial(desk.categories.reorder, wanted))
        for wanted in ([b, a, nowhere], [b, b, a], [b], [], [nowhere] * (ORDERED_MAX + 1))
    ]

    assert [pointers(refusal) for refusal in refusals] == [
        [("/category_ids/2", "unknown_category")],
        [("/category_ids/1", "repeated")],
        [("/category_ids", "incomplete")],
        [("/category_ids", "incomplete")],
        [("/category_ids", "too_many")],
    ]
    assert f"'{a}'" in refusals[2].detail
    assert desk.categories.list().items == before


def test_an_order_is_the_managers_to_give(engine: Engine, desk: TenantEngine) -> None:
    staff = acting_as(engine, desk, Role.STAFF)

    codes = [
        cause_of(lambda: staff.resources.reorder([]))["code"],
        cause_of(lambda: staff.categories.reorder([]))["code"],
    ]

    assert codes == ["access.denied"] * 2


# Their own questions


def test_the_questions_of_a_category_are_kept_as_they_were_said(desk: TenantEngine) -> None:
    """AC-A03, AC-O01."""
    said = {**PLATE, "help": "", "options": [], "min": None, "is_private": False, "order": 0}

    added = desk.categories.add(AddCategory(label="Vehicle", custom_fields=(said, SEATS, SINCE)))

    assert added.custom_fields == (PLATE, SEATS, SINCE)
    assert desk.categories.get(added.category_id) == added


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        (({"key": "a"},), [("/0/label", "missing"), ("/0/type", "missing")]),
        (({**PLATE, "type": "colour"},), [("/0/type", "not_one_of")]),
        (({**PLATE, "a/b": 1},), [("/0/a~1b", "unknown_name")]),
        (({**PLATE, "required": "yes"},), [("/0/required", "wrong_type")]),
        (({**PLATE, "options": [1]},), [("/0/options/0", "wrong_type")]),
        (({**PLATE, "order": True},), [("/0/order", "wrong_type")]),
        (({**SEATS, "min": float("nan")},), [("/0/min", "wrong_type")]),
        (({**SEATS, "max": "many"},), [("/0/max", "wrong_type")]),
        (({**SEATS, "max": 1},), [("/0/max", "out_of_range")]),
        (({**SINCE, "max": "tomorrow"},), [("/0/max", "not_a_date")]),
        (({**PLATE, "key": "Plate No"},), [("/0/key", "not_a_key")]),
        ((PLATE, PLATE), [("/1/key", "repeated")]),
        (({**EXTRAS, "options": []},), [("/0/options", "too_few")]),
        (({**PLATE, "pattern": "(?=X)"},), [("/0/pattern", "bad_pattern")]),
        ((PLATE,) * 51, [("", "too_many")]),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(
    desk: TenantEngine, asked: tuple[dict[str, object], ...], faults: list[tuple[str, str]]
) -> None:
    category = desk.categories.add(AddCategory(label="Vehicle"))

    refusals = [
        refusal_of(lambda: desk.categories.add(AddCategory(label="X", custom_fields=asked))),
        refusal_of(lambda: desk.categories.change(category.category_id, {"custom_fields": asked})),
    ]

    expected = [(f"/custom_fields{pointer}", code) for pointer, code in faults]
    assert [pointers(refusal) for refusal in refusals] == [expected] * 2
    assert desk.categories.list().items == (category,)


def test_what_is_said_of_a_resource_answers_the_questions_of_its_category(
    desk: TenantEngine,
) -> None:
    """AC-A03."""
    category = vehicles(desk)

    car = add_car(
        desk, category, plate=" TN 123 ", seats="5.0", extras=["Winch"], since="2020-02-29"
    )
    changed = desk.resources.change(
        car.resource_id, {"field_values": {"plate": "TN 9", "seats": 7}}
    )

    assert car.field_values == {
        "plate": "TN 123",
        "seats": 5,
        "extras": ["Winch"],
        "since": "2020-02-29",
    }
    assert changed.field_values == {"plate": "TN 9", "seats": 7}
    assert desk.resources.get(car.resource_id) == changed


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({}, [("/plate", "required")]),
        ({"plate": "X", "seats": 1}, [("/seats", "out_of_range")]),
        ({"plate": "X", "seats": "many"}, [("/seats", "not_a_number")]),
        ({"plate": "X", "extras": ["Winch", "Bar"]}, [("/extras/1", "not_an_option")]),
        ({"plate": "X", "since": "2027-01-01"}, [("/since", "out_of_range")]),
        ({"plate": 7, "colour": "red"}, [("/colour", "unknown_answer"), ("/plate", "wrong_type")]),
    ],
)
def test_what_does_not_answer_the_questions_is_refused_and_named(
    desk: TenantEngine, values: dict[str, object], faults: list[tuple[str, str]]
) -> None:
    category = vehicles(desk)
    car = add_car(desk, category, plate="OK")

    refusals = [
        refusal_of(lambda: add_car(desk, category, **values)),
        refusal_of(lambda: desk.resources.change(car.resource_id, {"field_values": values})),
    ]

    expected = [(f"/field_values{pointer}", code) for pointer, code in faults]
    assert [pointers(refusal) for refusal in refusals] == [expected] * 2
    assert desk.resources.list().items == (car,)


def test_a_resource_changes_its_category_only_with_answers_that_fit(desk: TenantEngine) -> None:
    category = vehicles(desk)
    plain = desk.categories.add(AddCategory(label="Plain"))
    car = add_car(desk, category, plate="TN 1")
    change = partial(desk.resources.change, car.resource_id)

    refusals = [
        refusal_of(lambda: change({"category_id": plain.category_id})),
        refusal_of(lambda: change({"category_id": None})),
        refusal_of(lambda: add_car(desk, None, plate="TN 1")),
    ]
    moved = change({"category_id": plain.category_id, "field_values": {}})
    refusals.append(refusal_of(lambda: change({"category_id": category.category_id})))

    assert [pointers(refusal) for refusal in refusals] == [
        [("/field_values/plate", "unknown_answer")],
        [("/field_values/plate", "unknown_answer")],
        [("/field_values/plate", "unknown_answer")],
        [("/field_values/plate", "required")],
    ]
    assert (moved.category_id, moved.field_values) == (plain.category_id, {})


def test_what_was_said_stays_when_the_questions_change_until_it_is_said_anew(
    desk: TenantEngine,
) -> None:
    category = vehicles(desk)
    car = add_car(desk, category, plate="TN 1")
    colour = {"key": "colour", "label": "Colour", "type": "text", "required": True}

    asked_anew = desk.categories.change(category.category_id, {"custom_fields": (colour,)})
    renamed = desk.resources.change(
        car.resource_id, {"name": "Old car", "category_id": category.category_id}
    )
    refusal = refusal_of(
        lambda: desk.resources.change(car.resource_id, {"field_values": {"plate": "TN 2"}})
    )

    assert asked_anew == replace(category, custom_fields=(colour,), version=2)
    assert renamed == replace(car, name="Old car", version=2)
    assert pointers(refusal) == [
        ("/field_values/plate", "unknown_answer"),
        ("/field_values/colour", "required"),
    ]


# How many


def test_categories_are_found_by_kind_and_count_what_is_of_them(desk: TenantEngine) -> None:
    """AC-A03."""
    rooms, cars, empty = (
        desk.categories.add(AddCategory(label=label, kind=kind))
        for label, kind in (("Room", "place"), ("Car", "vehicle"), ("Tent", "place"))
    )
    made = [
        desk.resources.add(AddResource(name="R", category_id=category.category_id))
        for category in (rooms, rooms, rooms, cars)
    ]
    desk.resources.act(made[0].resource_id, ResourceAction.DELETE)
    desk.resources.act(made[1].resource_id, ResourceAction.DEACTIVATE)
    ids = [one.category_id for one in (rooms, cars, empty)]
    hidden = desk.categories.change(rooms.category_id, {"status": CategoryStatus.INACTIVE})

    assert desk.categories.counts(ids) == dict(zip(ids, (2, 1, 0), strict=True))
    assert desk.categories.counts([]) == {}
    assert desk.categories.list(kind="place").items == (empty,)
    assert desk.categories.list(kind="place", statuses=(CategoryStatus.INACTIVE,)).items == (
        hidden,
    )


def test_ac_o04_a_pattern_of_a_category_is_kept_and_asked_of_its_resources(
    desk: TenantEngine,
) -> None:
    """AC-O04, AC-O02: a linear-time engine matches it, through the library as on a server."""
    licence: dict[str, object] = {
        "key": "licence",
        "label": "Licence",
        "type": "text",
        "pattern": "^[0-9]{12}$",
    }
    cars = desk.categories.add(AddCategory(label="Car", custom_fields=(licence,)))
    add = partial(AddResource, name="Car", category_id=cars.category_id)

    kept = desk.resources.add(add(field_values={"licence": "123456789012"}))
    refusal = refusal_of(lambda: desk.resources.add(add(field_values={"licence": "12345678901"})))

    assert kept.field_values == {"licence": "123456789012"}
    assert pointers(refusal) == [("/field_values/licence", "no_match")]
