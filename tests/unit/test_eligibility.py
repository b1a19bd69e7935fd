"""Eligibility of resources that are being changed, and of several requirements at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.domain.eligibility import Exclusion, eligibility_of
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.scenes import Scene, Wish
from holdfast.domain.shapes import Shape, Stay
from tests.stores import records

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
STAY = Stay(starts_at=NOW + timedelta(hours=4), ends_at=NOW + timedelta(hours=5))
ROOM = replace(records.resource, is_settling=False, party_min=None, party_max=None, deleted_at=None)


def scene_of(room: Resource, *needed: Requirement) -> Scene:
    """Return a scene in which an offering needs something of one resource."""
    offering: Offering = replace(
        records.offering,
        status=OfferingStatus.ACTIVE,
        counting=Counting.RESOURCES,
        shape=Shape.FREE,
        slot_step=None,
        length_min=timedelta(minutes=30),
        requirements=needed or (Requirement(resource_id=room.resource_id),),
        components=(),
    )
    return Scene(
        tenant=records.tenant,
        offering=offering,
        resources={room.resource_id: room},
        rules={},
        claims={},
        used_by_slot={},
        stored_slots={},
    )


def wish(party_size: int = 1) -> Wish:
    """Return a wish for an hour at noon."""
    return Wish(slot_id=None, stay=STAY, party_size=party_size)


@pytest.mark.parametrize(
    ("room", "reason"),
    [
        (ROOM, None),
        (replace(ROOM, is_settling=True), Exclusion.SETTLING),
        (replace(ROOM, status=ResourceStatus.INACTIVE), Exclusion.INACTIVE),
        (replace(ROOM, status=ResourceStatus.DELETED), Exclusion.DELETED),
        (replace(ROOM, status=ResourceStatus.DELETED, is_settling=True), Exclusion.DELETED),
        (replace(ROOM, party_min=2), Exclusion.PARTY_SIZE),
    ],
)
def test_a_resource_is_excluded_for_the_first_reason_that_the_checks_find(
    room: Resource, reason: Exclusion | None
) -> None:
    """AC-E06."""
    found = eligibility_of(scene_of(room), wish(), now=NOW)

    assert [one.reason for one in found.requirements[0].candidates] == [reason]
    assert (found.refusal is None) is (reason is None)


def test_a_requirement_that_names_nobody_is_not_met() -> None:
    nobody = Requirement(category_id=records.category.category_id, choosing=Choosing.ANY_OF)

    found = eligibility_of(scene_of(ROOM, nobody), wish(), now=NOW)

    assert (found.requirements[0].candidates, found.requirements[0].is_met) == ((), False)
    assert found.refusal is not None


def test_what_is_said_of_each_requirement_does_not_see_what_another_takes() -> None:
    """The whole is refused, since one resource serves one requirement of a booking."""
    any_of_one = Requirement(resource_ids=(ROOM.resource_id,), choosing=Choosing.ANY_OF)

    found = eligibility_of(scene_of(ROOM, any_of_one, any_of_one), wish(), now=NOW)

    assert [one.is_met for one in found.requirements] == [True, True]
    assert found.refusal is not None
    assert found.refusal.code == "capacity.exceeded"
