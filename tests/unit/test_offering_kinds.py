"""Kinds of offerings: what is usual for each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.domain.offering_kinds import CUSTOM, PRESETS, Preset, preset_of
from holdfast.domain.offerings import Counting
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.shapes import Shape

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("kind", "counting", "shape", "price_unit", "step"),
    [
        ("appointment", Counting.RESOURCES, Shape.SLOTS, PriceUnit.BOOKING, None),
        ("table", Counting.RESOURCES, Shape.SLOTS, PriceUnit.BOOKING, HALF_AN_HOUR),
        ("room", Counting.RESOURCES, Shape.FREE, PriceUnit.HOUR, HALF_AN_HOUR),
        ("event", Counting.PLACES, Shape.SLOTS, PriceUnit.PARTICIPANT, None),
        ("rental", Counting.RESOURCES, Shape.FREE, PriceUnit.HOUR, HALF_AN_HOUR),
        ("course", Counting.PLACES, Shape.SLOTS, PriceUnit.PARTICIPANT, None),
        ("subscription", Counting.RESOURCES, Shape.SLOTS, PriceUnit.BOOKING, None),
        ("custom", Counting.RESOURCES, Shape.SLOTS, PriceUnit.BOOKING, None),
    ],
)
def test_every_kind_has_its_usual_ways(
    kind: str, counting: Counting, shape: Shape, price_unit: PriceUnit, step: timedelta | None
) -> None:
    """AC-A05, C-12, C-18."""
    expected = Preset(counting=counting, shape=shape, price_unit=price_unit, slot_step=step)

    assert preset_of(kind) == expected
    assert preset_of(f" {kind.upper()} ") == expected


def test_the_table_above_names_every_kind() -> None:
    assert len(PRESETS) == 8


def test_a_word_of_ones_own_is_custom() -> None:
    assert preset_of("bootcamp") is CUSTOM


@pytest.mark.parametrize("kind", PRESETS)
@pytest.mark.parametrize("shape", Shape)
def test_another_shape_brings_what_goes_with_it(kind: str, shape: Shape) -> None:
    found = preset_of(kind, shape=shape)

    assert found.shape is shape
    assert shape is Shape.SLOTS or found.counting is Counting.RESOURCES
    assert (shape is Shape.NIGHTS) is (found.price_unit is PriceUnit.NIGHT)
    assert (shape is Shape.DAYS) is (found.price_unit is PriceUnit.UNIT)
