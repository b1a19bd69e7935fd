"""What changes an offering's price, as it is sent and shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.api.models import AmountMinor, Body, DayOut, Line, LocalDay, LongText, Out, Word
from holdfast.domain.errors import InputInvalid
from holdfast.domain.expression_tokens import SOURCE_MAX
from holdfast.domain.money import AMOUNT_MAX
from holdfast.domain.price_rules import (
    BLOCK_MINUTES_MAX,
    PERCENT_LEAST,
    PERCENT_MOST,
    PRIORITY_MAX,
    RULES_MAX,
    OccupancyBand,
    PriceMode,
    PriceRule,
    Season,
)
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import QUOTA_MAX, TIERS_MAX, TicketTier
from holdfast.domain.situations import OCCUPANCY_MAX

Percent = Annotated[int, Field(ge=0, le=OCCUPANCY_MAX + 1)]


class SeasonIn(Body):
    """Local dates of the start, both included; yearly ones may pass New Year."""

    first_on: LocalDay
    last_on: LocalDay
    is_yearly: bool = False


class OccupancyIn(Body):
    """Percent of the places taken before: from one, up to but not including another."""

    from_percent: Percent = 0
    below_percent: Percent | None = None


class PriceRuleIn(Body):
    """One condition and its effect on the price; without a `rule_id` it is called by its place.

    `unit_override`, `flat_total` and `surcharge` take an `amount_minor`, `flat_per_block` also
    `block_minutes`, `percent` takes `basis_points`: 1000 is 10 % more. Of the rules that act one
    wins: the highest `priority`, and among equals the last. Stackable ones act beside it.
    """

    rule_id: Line | None = None
    label: Line
    mode: Word[PriceMode]
    condition: Annotated[str, Field(max_length=SOURCE_MAX)] | None = None
    amount_minor: Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)] | None = None
    basis_points: Annotated[int, Field(ge=PERCENT_LEAST, le=PERCENT_MOST)] | None = None
    block_minutes: Annotated[int, Field(ge=1, le=BLOCK_MINUTES_MAX)] | None = None
    is_capped: bool = False
    unit: Word[PriceUnit] = PriceUnit.BOOKING
    priority: Annotated[int, Field(ge=-PRIORITY_MAX, le=PRIORITY_MAX)] = 0
    is_stackable: bool = False
    season: SeasonIn | None = None
    occupancy: OccupancyIn | None = None
    description: LongText = ""

    def rule(self, place: int) -> PriceRule:
        """Return it as the engine takes it.

        Raises:
            InputInvalid: What it does has no amount: nothing would be sold for nothing by mistake.
        """
        season, band = self.season, self.occupancy
        needed = "basis_points" if self.mode is PriceMode.PERCENT else "amount_minor"
        if getattr(self, needed) is None:
            message = f"A rule with the mode '{self.mode}' needs it; 0 has to be said."
            raise InputInvalid.at(f"/price_rules/{place - 1}/{needed}", "missing", message)
        return PriceRule(
            rule_id=f"rule-{place}" if self.rule_id is None else self.rule_id,
            label=self.label,
            mode=self.mode,
            condition=self.condition,
            amount_minor=self.amount_minor or 0,
            basis_points=self.basis_points or 0,
            block_minutes=self.block_minutes,
            is_capped=self.is_capped,
            unit=self.unit,
            priority=self.priority,
            is_stackable=self.is_stackable,
            season=None if season is None else Season(**dict(season)),
            occupancy=None if band is None else OccupancyBand(**dict(band)),
            description=self.description,
        )


PriceRules = Annotated[list[PriceRuleIn], Field(max_length=RULES_MAX)]


def price_rules(given: list[PriceRuleIn]) -> tuple[PriceRule, ...]:
    """Return price rules as the engine takes them."""
    return tuple(one.rule(place) for place, one in enumerate(given, start=1))


class SeasonOut(Out):
    """Local dates of the start, both included."""

    first_on: DayOut
    last_on: DayOut
    is_yearly: bool


class OccupancyOut(Out):
    """Percent of the places taken before."""

    from_percent: int
    below_percent: int | None


class PriceRuleOut(Out):
    """One condition and its effect on the price."""

    rule_id: str
    label: str
    mode: PriceMode
    condition: str | None
    amount_minor: int
    basis_points: int
    block_minutes: int | None
    is_capped: bool
    unit: PriceUnit
    priority: int
    is_stackable: bool
    season: SeasonOut | None
    occupancy: OccupancyOut | None
    description: str

    @classmethod
    def of(cls, rule: PriceRule) -> PriceRuleOut:
        """Show a price rule."""
        season, band = rule.season, rule.occupancy
        return cls(
            rule_id=rule.rule_id,
            label=rule.label,
            mode=rule.mode,
            condition=rule.condition,
            amount_minor=rule.amount_minor,
            basis_points=rule.basis_points,
            block_minutes=rule.block_minutes,
            is_capped=rule.is_capped,
            unit=rule.unit,
            priority=rule.priority,
            is_stackable=rule.is_stackable,
            season=None
            if season is None
            else SeasonOut(
                first_on=season.first_on, last_on=season.last_on, is_yearly=season.is_yearly
            ),
            occupancy=None
            if band is None
            else OccupancyOut(from_percent=band.from_percent, below_percent=band.below_percent),
            description=rule.description,
        )


class TicketTierIn(Body):
    """A price level of tickets; a quota limits how many there are in each slot."""

    key: Line
    label: Line
    price_minor: AmountMinor
    quota: Annotated[int, Field(ge=0, le=QUOTA_MAX)] | None = None


TicketTiers = Annotated[list[TicketTierIn], Field(max_length=TIERS_MAX)]


def ticket_tiers(given: list[TicketTierIn]) -> tuple[TicketTier, ...]:
    """Return ticket tiers as the engine takes them."""
    return tuple(TicketTier(**dict(one)) for one in given)


class TicketTierOut(Out):
    """A price level of tickets."""

    key: str
    label: str
    price_minor: int
    quota: int | None

    @classmethod
    def of(cls, tier: TicketTier) -> TicketTierOut:
        """Show a ticket tier."""
        return cls(key=tier.key, label=tier.label, price_minor=tier.price_minor, quota=tier.quota)
