"""What tests of prices begin with: one booking, one question, and the seed's tiers as rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from holdfast.domain.money import Money
from holdfast.domain.price_rules import PriceRule, mode_for_seed_condition
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import QuoteInputs
from holdfast.domain.situations import Situation
from holdfast.domain.zones import zone

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# A Wednesday, noon in Paris.
NOON = datetime(2026, 7, 1, 10, tzinfo=UTC)

BOOKED = Situation(
    party_size=1,
    starts_at=NOON,
    ends_at=NOON + HOUR,
    zone=zone("Europe/Paris"),
    now=NOON - DAY,
)
ASKED = QuoteInputs(
    offering_id="off_1",
    price=Money(amount_minor=1_000, currency="EUR"),
    unit=PriceUnit.BOOKING,
    situation=BOOKED,
)


def euros(amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency="EUR")


def seed_rules(tiers: list[tuple[str, int]], *, is_capped: bool = False) -> tuple[PriceRule, ...]:
    """Return tiers of the seed, a condition and a price each, as rules by C-13."""
    rules = []
    for index, (condition, amount_minor) in enumerate(tiers):
        mode, block_minutes = mode_for_seed_condition(condition)
        rule = PriceRule(
            rule_id=f"rule {index}",
            label=condition,
            mode=mode,
            condition=condition,
            amount_minor=amount_minor,
            block_minutes=block_minutes,
            is_capped=is_capped and block_minutes is not None,
        )
        rules.append(rule)
    return tuple(rules)
