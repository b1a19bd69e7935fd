"""Required resources and staff of seed 003, read as C-17 settles them."""

from __future__ import annotations

import pytest

from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import PoolId, ResourceId
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.seed_requirements import requirements_from_seed


def ids(*names: str) -> dict[str, ResourceId]:
    """Our resources by the seed's ids."""
    return {name: ResourceId(f"res_{name}") for name in names}


def things(kind: str, *names: str) -> list[dict[str, object]]:
    """Entries of one type."""
    return [{"id": name, "name": name.title(), "type": kind} for name in names]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("room", ("room-201", "room-202", "room-203")),
        ("facility", ("court-1", "court-2", "court-3")),
        ("vehicle", ("car-001", "car-002", "car-003")),
        ("vehicle", ("delivery-bike-1", "delivery-bike-2")),
    ],
)
def test_several_of_a_kind_that_stands_in_for_another_are_any_one_c_17(
    kind: str, names: tuple[str, ...]
) -> None:
    found = requirements_from_seed(things(kind, *names), resource_ids=ids(*names))

    assert found == (
        Requirement(resource_ids=tuple(ids(*names).values()), choosing=Choosing.ANY_OF, role=kind),
    )


def test_equipment_of_a_meeting_room_is_needed_all_together_c_17() -> None:
    names = ("projector-hd", "whiteboard-large", "conference-table")
    entries = [*things("equipment", *names[:2]), *things("furniture", names[2])]

    found = requirements_from_seed(entries, resource_ids=ids(*names))

    assert [(one.resource_id, one.choosing, one.quantity, one.role) for one in found] == [
        ("res_projector-hd", Choosing.ALL_OF, 1, "equipment"),
        ("res_whiteboard-large", Choosing.ALL_OF, 1, "equipment"),
        ("res_conference-table", Choosing.ALL_OF, 1, "furniture"),
    ]


def test_a_quantity_as_large_as_the_class_is_one_for_each_guest_c_17() -> None:
    yoga: list[dict[str, object]] = [
        {"id": "yoga-mats", "type": "equipment", "quantity": 15},
        {"id": "sound-system", "type": "equipment"},
        {"id": "laptops-backup", "type": "equipment", "quantity": 3},
    ]

    found = requirements_from_seed(
        yoga,
        max_participants=15,
        resource_ids=ids("yoga-mats", "sound-system", "laptops-backup"),
    )

    assert [(one.quantity, one.per) for one in found] == [
        (1, Per.PARTICIPANT),
        (1, Per.BOOKING),
        (3, Per.BOOKING),
    ]


def test_one_room_alone_is_that_room() -> None:
    found = requirements_from_seed(things("room", "room-1"), resource_ids=ids("room-1"))

    assert found == (Requirement(resource_id=ResourceId("res_room-1"), role="room"),)


def test_staff_are_any_of_those_named_or_of_the_pool_of_their_role() -> None:
    staff: list[dict[str, object]] = [
        {"role": "doctor", "count": 1, "specificStaffIds": ["dr-martin", "dr-dupont"]},
        {"role": "delivery_person", "count": 2},
    ]

    found = requirements_from_seed(
        required_staff=staff,
        resource_ids=ids("dr-martin", "dr-dupont"),
        pool_ids={"delivery_person": PoolId("pol_1")},
    )

    assert found == (
        Requirement(
            resource_ids=(ResourceId("res_dr-martin"), ResourceId("res_dr-dupont")),
            choosing=Choosing.ANY_OF,
            role="doctor",
        ),
        Requirement(
            pool_id=PoolId("pol_1"), choosing=Choosing.ANY_OF, members=2, role="delivery_person"
        ),
    )


def test_every_fault_is_named_at_its_place() -> None:
    with pytest.raises(InputInvalid) as refusal:
        requirements_from_seed(
            [{"type": "room"}, {"id": "x", "quantity": 0}, {"id": "x", "quantity": True}],
            [{"count": "1"}, {"role": "cook"}, {"role": "chef", "specificStaffIds": ["y"]}],
            resource_ids=ids("x"),
        )

    errors = refusal.value.fields["errors"]
    assert isinstance(errors, tuple)
    assert [(fault.pointer, fault.code) for fault in errors] == [
        ("/requiredResources/0/id", "unknown_resource"),
        ("/requiredResources/1/quantity", "out_of_range"),
        ("/requiredResources/2/quantity", "not_whole"),
        ("/requiredStaff/0/count", "not_whole"),
        ("/requiredStaff/0/role", "missing"),
        ("/requiredStaff/1/role", "unknown_pool"),
        ("/requiredStaff/2/specificStaffIds/0", "unknown_resource"),
    ]
