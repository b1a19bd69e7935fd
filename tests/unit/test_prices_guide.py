"""The guide to prices says what the code does: its variables, limits, units, modes and reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.domain.expression_compiler import DATE_SHIFT_MAX
from holdfast.domain.expression_parser import (
    LIST_ITEMS_MAX,
    LITERAL_TEXT_MAX,
    NAME_PARTS_MAX,
    NESTING_MAX,
    NODES_MAX,
    NUMBER_DIGITS_MAX,
)
from holdfast.domain.expression_tokens import SOURCE_MAX
from holdfast.domain.expression_values import (
    EVALUATION_STEPS_MAX,
    NUMBER_BITS_MAX,
    TEXT_PER_STEP,
)
from holdfast.domain.expression_variables import ALIASES, OPEN_ROOTS, VARIABLES
from holdfast.domain.expressions import compile_condition
from holdfast.domain.price_rules import RULES_MAX, PriceMode
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.promo_codes import PromoReason

GUIDE = (Path(__file__).parents[2] / "docs/guide/prices.md").read_text(encoding="utf-8")


def test_the_guide_has_every_variable_with_its_kind() -> None:
    rows = [line.split("|")[1:3] for line in GUIDE.splitlines() if line.startswith("| `")]
    kinds = {name.strip(" `"): kind.strip() for name, kind in rows}

    expected = {name: variable.kind.removeprefix("a ") for name, variable in VARIABLES.items()}
    expected |= {f"{root}.…": "any" for root in OPEN_ROOTS}

    assert {name: kinds.get(name) for name in expected} == expected
    assert [alias for alias in ALIASES if f"also `{alias}`" not in GUIDE] == []


def test_the_guide_has_every_unit_mode_and_reason() -> None:
    words = [*PriceUnit, *PriceMode, *PromoReason]

    assert [word.value for word in words if f"`{word.value}`" not in GUIDE] == []


@pytest.mark.parametrize(
    "phrase",
    [
        f"up to {RULES_MAX} price rules",
        f"at most {SOURCE_MAX} characters, {NODES_MAX} parts",
        f"{NESTING_MAX} levels of brackets and signs",
        f"{LIST_ITEMS_MAX} items in a list",
        f"{LITERAL_TEXT_MAX} characters in a text",
        f"{NUMBER_DIGITS_MAX} digits in a number",
        f"{NAME_PARTS_MAX} parts in a name",
        f"at most {EVALUATION_STEPS_MAX} steps",
        f"each {TEXT_PER_STEP} characters",
        f"below {NUMBER_BITS_MAX} bits",
        f"at most {DATE_SHIFT_MAX} days",
    ],
)
def test_the_guide_knows_the_limits(phrase: str) -> None:
    assert phrase in GUIDE


def test_the_examples_of_the_guide_are_conditions() -> None:
    examples = GUIDE.split("## Conditions")[1].split("```")[1].strip().splitlines()

    assert len(examples) == 7
    for example in examples:
        compile_condition(example)
