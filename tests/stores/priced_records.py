"""What prices are kept as: rules, lines, terms and a promo code, with every field filled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from holdfast.domain.ids import PromoId
from holdfast.domain.price_rules import OccupancyBand, PriceMode, PriceRule, Season
from holdfast.domain.promo_codes import PromoCode, PromoKind
from holdfast.domain.quotes import LineKind, QuoteLine, Reason
from holdfast.domain.terms import Terms, Tickets, Use

NOW = datetime(2026, 6, 1, 8, 0, 0, 123_456, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORDS = "Zoë's “ßtudio” 李 🎻"

PRICE_RULES = (
    PriceRule(
        rule_id="night",
        label=WORDS,
        mode=PriceMode.FLAT_PER_BLOCK,
        condition="duration >= 480",
        amount_minor=8_000,
        block_minutes=1_440,
        is_capped=True,
        season=Season(first_on=date(2026, 12, 20), last_on=date(2027, 1, 5), is_yearly=True),
    ),
    PriceRule(
        rule_id="full",
        label="Full",
        mode=PriceMode.PERCENT,
        basis_points=-1_000,
        is_stackable=True,
        occupancy=OccupancyBand(from_percent=80, below_percent=None),
    ),
)
PRICE_LINES = (
    QuoteLine(
        kind=LineKind.PRICE,
        label=WORDS,
        quantity=Fraction(3, 2),
        unit="per_hour",
        unit_amount_minor=3_333,
        amount_minor=5_000,
        reason=Reason.RULE,
        detail="Rule.",
        rule_id="night",
        condition="duration >= 480",
    ),
)
TERMS = Terms(
    promo_codes=("summer",),
    tickets=(Tickets(tier="child", quantity=2),),
    order_total_minor=5_000,
    attributes={"membership": WORDS},
)
USES = (Use(key="promo:prm_1", units=1),)
promo = PromoCode(
    promo_id=PromoId("prm_1"),
    code="SUMMER",
    kind=PromoKind.FIXED,
    description=WORDS,
    amount_minor=500,
    currency="TND",
    discount_max_minor=400,
    minimum_minor=1_000,
    valid_from=NOW,
    valid_until=NOW + HOUR,
    uses_max=10,
    uses_per_customer_max=1,
    offering_ids=frozenset({"off_1", "off_2"}),
    is_combinable=True,
    is_active=False,
    created_at=NOW,
    version=1,
)
