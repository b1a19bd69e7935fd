"""Price rules: what changes a price, when, and which rule wins.

A rule acts when its condition, its season and its occupancy band all hold. Among the rules that
act and are not stackable one wins: the one of the highest priority, and among equals the last of
the list. Stackable surcharges and percents act beside it, all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from holdfast.domain import checks
from holdfast.domain.errors import InputFault
from holdfast.domain.expression_parser import Binary, Literal, Name, Node, Operator, Unary
from holdfast.domain.expression_tokens import ExpressionRefused
from holdfast.domain.expression_variables import find_variable
from holdfast.domain.expressions import compile_condition
from holdfast.domain.money import AMOUNT_MAX
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.situations import OCCUPANCY_MAX, Facts

RULES_MAX = 30
"""Price rules of one offering."""

PRIORITY_MAX = 1_000_000
BLOCK_MINUTES_MAX = 366 * 24 * 60
PERCENT_LEAST = -10_000
"""Basis points: all of the price taken off."""

PERCENT_MOST = 100_000
"""Basis points: ten times the price added."""


class PriceMode(StrEnum):
    """What a rule does to the price.

    UNIT_OVERRIDE: another price of a unit. FLAT_TOTAL: this price for the whole booking.
    FLAT_PER_BLOCK: this price for every block of time, the rest as a booking of that length.
    SURCHARGE: this amount more, or less. PERCENT: so many percent more, or less.
    """

    UNIT_OVERRIDE = "unit_override"
    FLAT_TOTAL = "flat_total"
    FLAT_PER_BLOCK = "flat_per_block"
    SURCHARGE = "surcharge"
    PERCENT = "percent"


REPLACING = frozenset({PriceMode.UNIT_OVERRIDE, PriceMode.FLAT_TOTAL, PriceMode.FLAT_PER_BLOCK})
"""The modes that put another price in the place of the offering's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Local dates from the first to the last, both included; yearly ones may pass New Year."""

    first_on: date
    last_on: date
    is_yearly: bool = False

    def covers(self, day: date) -> bool:
        """Say whether a local date lies in the season.

        >>> winter = Season(
        ...     first_on=date(2026, 12, 20), last_on=date(2027, 1, 5), is_yearly=True
        ... )
        >>> winter.covers(date(2031, 1, 5)), winter.covers(date(2031, 1, 6))
        (True, False)
        """
        if not self.is_yearly:
            return self.first_on <= day <= self.last_on
        first = (self.first_on.month, self.first_on.day)
        last = (self.last_on.month, self.last_on.day)
        asked = (day.month, day.day)
        return first <= asked <= last if first <= last else asked >= first or asked <= last


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupancyBand:
    """Percent of the places that are taken: from one, up to but not including another."""

    from_percent: int = 0
    below_percent: int | None = None

    def covers(self, percent: Fraction | None) -> bool:
        """Say whether so full a slot is in the band; one without a limit of places never is.

        >>> OccupancyBand(from_percent=80).covers(Fraction(80)), OccupancyBand().covers(None)
        (True, False)
        """
        if percent is None or percent < self.from_percent:
            return False
        return self.below_percent is None or percent < self.below_percent


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRule:
    """One condition and its effect on the price.

    Attributes:
        condition: An expression; None always holds.
        amount_minor: The price or surcharge, in the offering's currency. Only a surcharge may be
            below zero.
        basis_points: Of PERCENT: hundredths of a percent, 1000 for 10 % more.
        block_minutes: Of FLAT_PER_BLOCK: how long a block is.
        is_capped: Of FLAT_PER_BLOCK: whether less than a block never costs more than the block.
        unit: Of SURCHARGE: what it is added for.
        is_stackable: Of SURCHARGE and PERCENT: whether it acts beside the rule that wins.
    """

    rule_id: str
    label: str
    mode: PriceMode
    condition: str | None = None
    amount_minor: int = 0
    basis_points: int = 0
    block_minutes: int | None = None
    is_capped: bool = False
    unit: PriceUnit = PriceUnit.BOOKING
    priority: int = 0
    is_stackable: bool = False
    season: Season | None = None
    occupancy: OccupancyBand | None = None
    description: str = ""


# ------------------------------------------------------------------------------------- choosing


def is_met(rule: PriceRule, facts: Facts) -> bool:
    """Say whether a rule acts.

    Raises:
        ExpressionRefused: Its condition met a value that it cannot work with.
    """
    if rule.season is not None and not rule.season.covers(facts.event_on):
        return False
    if rule.occupancy is not None and not rule.occupancy.covers(facts.occupancy):
        return False
    return rule.condition is None or compile_condition(rule.condition).is_met(facts.variables)


def acting(rules: Iterable[PriceRule], facts: Facts) -> list[PriceRule]:
    """Return the rules that act, in their order; one that refuses its values does not.

    `refusals` says which those are.
    """
    return [rule for rule in rules if _is_met_quietly(rule, facts)]


def refusals(rules: Iterable[PriceRule], facts: Facts) -> Iterator[tuple[PriceRule, str]]:
    """Yield the rules whose condition met a value that it cannot work with, and what it says."""
    for rule in rules:
        try:
            is_met(rule, facts)
        except ExpressionRefused as refusal:
            yield rule, str(refusal)


def _is_met_quietly(rule: PriceRule, facts: Facts) -> bool:
    """Say whether a rule acts; one that refuses its values does not."""
    try:
        return is_met(rule, facts)
    except ExpressionRefused:
        return False


def winner(rules: Sequence[PriceRule], facts: Facts) -> PriceRule | None:
    """Return the rule that wins among those that act: the highest priority, then the last."""
    # From the strongest down: the first that acts wins, and the others need not be asked.
    ranked = sorted(enumerate(rules), key=lambda pair: (pair[1].priority, pair[0]), reverse=True)
    return next((rule for _, rule in ranked if _is_met_quietly(rule, facts)), None)


def names_tier(rule: PriceRule) -> bool:
    """Say whether a rule's condition asks for the ticket tier, and so reaches a tier's price."""
    return "tier" in _names(rule)


def asks_occupancy(rules: Iterable[PriceRule]) -> bool:
    """Say whether any rule asks how full a slot is, so that all of its places must be counted."""
    return any(rule.occupancy is not None or _names(rule) & _OF_PLACES for rule in rules)


_OF_PLACES = frozenset({"occupancy", "remaining"})


def _names(rule: PriceRule) -> frozenset[str]:
    """Return the variables that a rule's condition uses."""
    if rule.condition is None:
        return frozenset()
    try:
        return compile_condition(rule.condition).names
    except ExpressionRefused:
        return frozenset()


# --------------------------------------------------------------------------------------- saving


def rule_faults(rule: PriceRule, pointer: str = "") -> tuple[InputFault, ...]:
    """Return everything that is wrong with a rule, with JSON pointers below `pointer`.

    >>> rule = PriceRule(
    ...     rule_id="r", label="Group", mode=PriceMode.FLAT_TOTAL, condition="participant > 6"
    ... )
    >>> [(fault.pointer, fault.code) for fault in rule_faults(rule, "/price_rules/0")]
    [('/price_rules/0/condition', 'bad_expression')]
    """
    may_be_below_zero = rule.mode is PriceMode.SURCHARGE
    least = -AMOUNT_MAX if may_be_below_zero else 0
    found = [
        checks.line(f"{pointer}/rule_id", rule.rule_id, shortest=1),
        checks.line(f"{pointer}/label", rule.label, shortest=1),
        checks.text(f"{pointer}/description", rule.description),
        checks.whole(f"{pointer}/amount_minor", rule.amount_minor, least=least, most=AMOUNT_MAX),
        checks.whole(
            f"{pointer}/basis_points", rule.basis_points, least=PERCENT_LEAST, most=PERCENT_MOST
        ),
        checks.whole(f"{pointer}/priority", rule.priority, least=-PRIORITY_MAX, most=PRIORITY_MAX),
        checks.whole(
            f"{pointer}/block_minutes", rule.block_minutes, least=1, most=BLOCK_MINUTES_MAX
        ),
        _condition_fault(rule, f"{pointer}/condition"),
        _stacking_fault(rule, f"{pointer}/is_stackable"),
        *_block_faults(rule, pointer),
        *_guard_faults(rule, pointer),
    ]
    return tuple(fault for fault in found if fault is not None)


def rule_list_faults(rules: Sequence[PriceRule], pointer: str) -> tuple[InputFault, ...]:
    """Return everything that is wrong with the rules of one offering, each at its index."""
    if len(rules) > RULES_MAX:
        message = f"An offering has at most {RULES_MAX} price rules."
        return (checks.fault(pointer, "too_many", message),)
    found = [
        fault
        for index, rule in enumerate(rules)
        for fault in rule_faults(rule, f"{pointer}/{index}")
    ]
    ids = [rule.rule_id for rule in rules]
    found += [
        checks.fault(f"{pointer}/{index}/rule_id", "taken", "Another rule has this id.")
        for index, rule_id in enumerate(ids)
        if rule_id in ids[:index]
    ]
    return tuple(found)


def _condition_fault(rule: PriceRule, pointer: str) -> InputFault | None:
    """Return what is wrong with the condition."""
    if rule.condition is None:
        return None
    try:
        condition = compile_condition(rule.condition)
    except ExpressionRefused as refusal:
        return refusal.fault(pointer)
    if "tier" in condition.names and rule.mode is not PriceMode.UNIT_OVERRIDE:
        message = "Only a rule of mode unit_override may ask for the tier: the price of a ticket."
        return checks.fault(pointer, "not_for_this_mode", message)
    return None


def _stacking_fault(rule: PriceRule, pointer: str) -> InputFault | None:
    """Return what is wrong with acting beside the winner."""
    if not rule.is_stackable or rule.mode not in REPLACING:
        return None
    return checks.fault(pointer, "not_for_this_mode", "Only surcharges and percents stack.")


def _block_faults(rule: PriceRule, pointer: str) -> Iterator[InputFault]:
    """Yield what is wrong with the block of time."""
    is_block = rule.mode is PriceMode.FLAT_PER_BLOCK
    if is_block and rule.block_minutes is None:
        yield checks.fault(f"{pointer}/block_minutes", "missing", "Say how long a block is.")
    if not is_block and rule.block_minutes is not None:
        message = "Only flat_per_block has a block."
        yield checks.fault(f"{pointer}/block_minutes", "not_for_this_mode", message)
    if not is_block and rule.is_capped:
        message = "Only the price of a block can be a cap."
        yield checks.fault(f"{pointer}/is_capped", "not_for_this_mode", message)


def _guard_faults(rule: PriceRule, pointer: str) -> Iterator[InputFault]:
    """Yield what is wrong with the season and the occupancy band."""
    season, band = rule.season, rule.occupancy
    if season and not season.is_yearly and season.last_on < season.first_on:
        message = "A season's last date cannot be before its first, unless it comes every year."
        yield checks.fault(f"{pointer}/season/last_on", "out_of_range", message)
    if band is None:
        return
    below = OCCUPANCY_MAX + 1 if band.below_percent is None else band.below_percent
    if not 0 <= band.from_percent < below <= OCCUPANCY_MAX + 1:
        message = f"A band goes from 0 up to {OCCUPANCY_MAX + 1} percent, and is not empty."
        yield checks.fault(f"{pointer}/occupancy", "out_of_range", message)


# --------------------------------------------------------------------------- tiers of elsewhere


def mode_for_seed_condition(condition: str) -> tuple[PriceMode, int | None]:
    """Return the mode, and the block's minutes, of a tier that is known by its condition alone.

    A tier that asks for a least `duration` names the price of that time: a block of so many
    minutes. Every other tier names another price of a unit.

    >>> mode_for_seed_condition("duration >= 480")
    (<PriceMode.FLAT_PER_BLOCK: 'flat_per_block'>, 480)
    >>> mode_for_seed_condition("participants >= 6")
    (<PriceMode.UNIT_OVERRIDE: 'unit_override'>, None)

    Raises:
        ExpressionRefused: It is not a condition.
    """
    least = set(_least_durations(compile_condition(condition).tree.root))
    whole = [int(minutes) for minutes in least if minutes.denominator == 1]
    if len(least) == 1 and whole and 0 < whole[0] <= BLOCK_MINUTES_MAX:
        return PriceMode.FLAT_PER_BLOCK, whole[0]
    return PriceMode.UNIT_OVERRIDE, None


_FLIPPED = {
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.LESS: Operator.MORE,
    Operator.EQUAL: Operator.EQUAL,
}
_LEAST = frozenset({Operator.AT_LEAST, Operator.MORE, Operator.EQUAL})


def _least_durations(node: Node) -> Iterator[Fraction]:
    """Yield the numbers of minutes that a condition asks for at least."""
    match node:
        case Binary(operator=operator, left=Name(path=path), right=Literal(value=Fraction() as n)):
            if operator in _LEAST and find_variable(path) == find_variable("duration"):
                yield n
        case Binary(operator=operator, left=Literal() as left, right=Name() as right):
            flipped = _FLIPPED.get(operator)
            if flipped is not None:
                turned = Binary(operator=flipped, left=right, right=left, at=node.at)
                yield from _least_durations(turned)
        case Binary(operator=Operator.AND | Operator.OR, left=left_side, right=right_side):
            yield from _least_durations(left_side)
            yield from _least_durations(right_side)
        case Unary() | _:
            return
