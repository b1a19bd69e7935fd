"""Proving: what a stay takes, and whether those who serve are those who were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from holdfast.domain.claims import LONGEST_CLAIM
from holdfast.domain.ids import ResourceId
from holdfast.domain.offerings import Counting
from holdfast.domain.proving import (
    BuffersThen,
    OfferingThen,
    ResourceThen,
    Steps,
    is_served,
    taken_from,
)
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.shapes import Shape, Stay
from holdfast.engine.proving.histories import caps_of_date

PARIS = "Europe/Paris"
HOUR = timedelta(hours=1)


def at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def resource(*, capacity: int | None = 3, is_dated: bool = False) -> ResourceThen:
    return ResourceThen(
        resource_id="r",
        capacity=capacity,
        is_dated=is_dated,
        zone=None,
        category_id=None,
        skills=frozenset(),
    )


def offering(
    shape: Shape = Shape.FREE, *, before: timedelta = HOUR, after: timedelta = HOUR
) -> OfferingThen:
    return OfferingThen(
        counting=Counting.RESOURCES, shape=shape, buffers=BuffersThen(before=before, after=after)
    )


NOON = Stay(starts_at=at(6, 1, 12), ends_at=at(6, 1, 14))
# Over the change of clocks: the 29th has 23 hours in Paris.
SPRING = Stay(
    starts_at=at(3, 27, 23),
    ends_at=at(3, 30, 22),
    dates=(date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)),
)
SCATTERED = Stay(
    starts_at=at(3, 27, 23), ends_at=at(3, 30, 22), dates=(date(2026, 3, 28), date(2026, 3, 30))
)


@pytest.mark.parametrize(
    ("then", "stay", "asked", "expected"),
    [
        (resource(), NOON, offering(), [("res:r", 2, at(6, 1, 11), at(6, 1, 15))]),
        (
            resource(capacity=None, is_dated=True),
            NOON,
            offering(),
            [("res:r", 2, at(6, 1, 11), at(6, 1, 15))],
        ),
        (
            resource(is_dated=True),
            Stay(starts_at=at(3, 28, 22), ends_at=at(3, 29, 1)),
            offering(),
            [
                ("day:r:2026-03-28", 2, at(3, 27, 23), at(3, 28, 23)),
                ("day:r:2026-03-29", 2, at(3, 28, 23), at(3, 29, 22)),
            ],
        ),
        (
            resource(),
            SCATTERED,
            offering(Shape.DAYS),
            [
                ("res:r", 2, at(3, 27, 22), at(3, 29, 0)),
                ("res:r", 2, at(3, 29, 21), at(3, 30, 23)),
            ],
        ),
        (
            resource(),
            SPRING,
            offering(Shape.DAYS),
            [("res:r", 2, at(3, 27, 22), at(3, 30, 23))],
        ),
        (
            resource(),
            Stay(starts_at=at(6, 1), ends_at=at(6, 1) + LONGEST_CLAIM + HOUR),
            offering(before=timedelta(0), after=timedelta(0)),
            [
                ("res:r", 2, at(6, 1), at(6, 1) + LONGEST_CLAIM),
                ("res:r", 2, at(6, 1) + LONGEST_CLAIM, at(6, 1) + LONGEST_CLAIM + HOUR),
            ],
        ),
    ],
)
def test_what_a_stay_takes(
    then: ResourceThen,
    stay: Stay,
    asked: OfferingThen,
    expected: list[tuple[str, int, datetime, datetime]],
) -> None:
    assert taken_from(then, stay, asked, units=2, zone_name=PARIS) == Counter(expected)


def need(*names: str, members: int = 0, is_required: bool = True, quantity: int = 1) -> Requirement:
    return Requirement(
        resource_ids=tuple(map(ResourceId, names)),
        choosing=Choosing.ANY_OF if members else Choosing.ALL_OF,
        members=members or 1,
        is_required=is_required,
        quantity=quantity,
    )


@pytest.mark.parametrize(
    ("needs", "names", "expected"),
    [
        ([], "", True),
        ([], "a", False),
        ([need("a")], "a", True),
        ([need("a")], "", False),
        ([need("a")], "ab", False),
        ([need("a", is_required=False)], "", True),
        ([need("a", "b")], "a", False),
        ([need("a"), need("a")], "aa", True),
        ([need("a", "b", members=1)], "b", True),
        ([need("a", "b", members=1)], "ab", False),
        ([need("a", "b", members=1)], "c", False),
        ([need("a", "b", members=1), need("b", "c", members=1)], "bc", True),
        ([need("a", "b", members=1), need("b", "c", members=1)], "bb", False),
        ([need("a", "b", members=1), need("b", "c", members=1)], "ab", True),
        ([need("a", "b", members=2), need("b", "c", members=1)], "abc", True),
        ([need("a", "b", members=1), need("a")], "ab", True),
        ([need("a", "b", members=1), need("a")], "aa", False),
        ([need("a", "b", members=1), need("c", members=1, is_required=False)], "a", True),
        ([need("a", "b", members=1), need("c", members=1, is_required=False)], "ac", True),
        ([need("a", "b", members=1), need("c", members=1, is_required=False)], "c", False),
        ([need("a", members=1, quantity=2)], "a", False),
    ],
)
def test_who_serves_is_who_was_asked_for(
    needs: Sequence[Requirement], names: str, *, expected: bool
) -> None:
    parts = Counter((name, 1) for name in names)

    found = is_served(
        needs,
        parts,
        may_serve=lambda item, name: name in item.named_ids,
        everybody=[item.named_ids for item in needs],
    )

    assert found == expected


USUAL: Steps[int | None] = Steps((at(6, 1), at(6, 5)), (5, 6))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, USUAL),
        (Steps((at(6, 3),), (1,)), Steps((at(6, 1), at(6, 3)), (5, 1))),
        (Steps((at(6, 1), at(6, 2)), (1, 2)), Steps((at(6, 1), at(6, 1), at(6, 2)), (5, 1, 2))),
    ],
)
def test_a_date_has_its_own_capacity_from_when_it_has_one(
    own: Steps[int | None] | None, expected: Steps[int | None]
) -> None:
    assert caps_of_date(own, USUAL, ends_at=at(7, 1)) == expected


def test_what_is_usual_later_is_not_about_a_date_that_is_over() -> None:
    assert caps_of_date(None, USUAL, ends_at=at(6, 5)) == Steps((at(6, 1),), (5,))
