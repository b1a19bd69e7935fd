"""Laws of every quote: whole, never below zero, the sum of its lines, and the same twice.

Invariant 18.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.ids import PromoId
from holdfast.domain.money import Money
from holdfast.domain.price_rules import (
    PERCENT_LEAST,
    PERCENT_MOST,
    OccupancyBand,
    PriceMode,
    PriceRule,
    Season,
    rule_faults,
)
from holdfast.domain.price_units import PriceUnit, whole_minor
from holdfast.domain.prices import QuoteInputs, TicketTier, TierChoice, quote
from holdfast.domain.promo_codes import PromoCode, PromoKind, PromoUse
from holdfast.domain.quotes import LineKind
from tests.unit.pricing import ASKED, BOOKED, DAY, NOON, euros, seed_rules

MINUTE = timedelta(minutes=1)
CONDITIONS = [
    None,
    "participants >= 3",
    "duration >= 240",
    "duration >= 1440",
    "duration < 90",
    "nights >= 2",
    "dayOfWeek >= 6",
    "user.membership == 'premium'",
    "user.age < 18",
    "tier == 'child'",
    "occupancy >= 50",
    "order_total / participants > 1000",
]
AMOUNTS = st.integers(0, 100_000)


@st.composite
def rules(draw: st.DrawFn) -> PriceRule:
    mode = draw(st.sampled_from(PriceMode))
    is_adjusting = mode in (PriceMode.SURCHARGE, PriceMode.PERCENT)
    is_block = mode is PriceMode.FLAT_PER_BLOCK
    is_tier_known = mode is PriceMode.UNIT_OVERRIDE
    known = [each for each in CONDITIONS if is_tier_known or "tier" not in (each or "")]
    surcharge = st.integers(-100_000, 100_000)
    return PriceRule(
        rule_id=draw(st.sampled_from("abcdef")),
        label="Rule",
        mode=mode,
        condition=draw(st.sampled_from(known)),
        amount_minor=draw(surcharge if mode is PriceMode.SURCHARGE else AMOUNTS),
        basis_points=draw(st.integers(PERCENT_LEAST, PERCENT_MOST)),
        block_minutes=draw(st.integers(1, 3_000)) if is_block else None,
        is_capped=is_block and draw(st.booleans()),
        unit=draw(st.sampled_from(PriceUnit)),
        priority=draw(st.integers(-1, 1)),
        is_stackable=is_adjusting and draw(st.booleans()),
        season=draw(
            st.sampled_from([None, Season(first_on=date(2026, 6, 1), last_on=date(2026, 7, 2))])
        ),
        occupancy=draw(st.sampled_from([None, OccupancyBand(from_percent=50)])),
    )


@st.composite
def promo_uses(draw: st.DrawFn) -> PromoUse:
    kind = draw(st.sampled_from(PromoKind))
    promo = PromoCode(
        promo_id=PromoId(draw(st.sampled_from("pqr"))),
        created_at=BOOKED.now,
        code="CODE",
        kind=kind,
        basis_points=draw(st.integers(1, 10_000)),
        amount_minor=draw(st.integers(1, 200_000)),
        currency="EUR",
        discount_max_minor=draw(st.none() | st.integers(1, 5_000)),
        minimum_minor=draw(st.sampled_from([0, 10_000])),
        is_combinable=draw(st.booleans()),
    )
    return PromoUse(promo=promo)


@st.composite
def questions(draw: st.DrawFn) -> QuoteInputs:
    booked = replace(
        BOOKED,
        party_size=draw(st.integers(1, 9)),
        starts_at=NOON + draw(st.integers(-5, 5)) * DAY,
        ends_at=NOON + 6 * DAY + draw(st.integers(0, 6_000)) * MINUTE,
        date_count=draw(st.none() | st.integers(1, 20)),
        order_total_minor=draw(st.none() | st.integers(0, 10_000)),
        capacity=draw(st.none() | st.just(10)),
        taken_count=draw(st.integers(0, 10)),
        user=draw(st.sampled_from([{}, {"membership": "premium", "age": 9}, {"age": "nine"}])),
    )
    child = TicketTier(key="child", label="Child", price_minor=draw(AMOUNTS))
    return replace(
        ASKED,
        price=euros(draw(AMOUNTS)),
        unit=draw(st.sampled_from(PriceUnit)),
        situation=booked,
        rules=tuple(draw(st.lists(rules(), max_size=6))),
        slot_price_minor=draw(st.none() | AMOUNTS),
        tiers=draw(st.sampled_from([(), (TierChoice(tier=child, quantity=2),)])),
        promos=tuple(draw(st.lists(promo_uses(), max_size=3))),
    )


@settings(max_examples=100, deadline=None)
@given(questions())
def test_a_quote_is_the_sum_of_whole_lines_and_never_below_zero(inputs: QuoteInputs) -> None:
    assert [fault for rule in inputs.rules for fault in rule_faults(rule)] == []

    found = quote(inputs)

    amounts = [line.amount_minor for line in found.lines]
    assert {type(amount) for amount in amounts} == {int}
    assert found.total == Money(amount_minor=sum(amounts), currency="EUR")
    assert 0 <= found.total_minor <= found.price_before_codes.amount_minor
    running = 0
    for amount in amounts:
        running += amount
        assert running >= 0  # at every line, so that no reduction takes more than is left
    assert found == quote(inputs)


@settings(max_examples=100, deadline=None)
@given(questions())
def test_every_line_is_its_quantity_times_its_unit_rounded_once(inputs: QuoteInputs) -> None:
    for line in quote(inputs).lines:
        exact = line.quantity * line.unit_amount_minor

        assert line.amount_minor == whole_minor(exact)
        assert abs(line.amount_minor - exact) <= Fraction(1, 2)
        assert (line.rule_id is not None) is (line.reason in ("rule", "cap", "begun"))


@settings(max_examples=80, deadline=None)
@given(AMOUNTS, st.integers(PERCENT_LEAST, PERCENT_MOST))
def test_a_percent_stays_within_its_bounds(price_minor: int, basis_points: int) -> None:
    percent = PriceRule(
        rule_id="p", label="Percent", mode=PriceMode.PERCENT, basis_points=basis_points
    )

    found = quote(replace(ASKED, price=euros(price_minor), rules=(percent,)))

    change = whole_minor(Fraction(price_minor * basis_points, 10_000))
    assert found.total_minor == price_minor + change
    assert 0 <= found.total_minor <= 11 * price_minor


@settings(max_examples=80, deadline=None)
@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_stackable_rules_means_nothing(inputs: QuoteInputs, shuffler: Random) -> None:
    stackable = [rule for rule in inputs.rules if rule.is_stackable]
    others = tuple(rule for rule in inputs.rules if not rule.is_stackable)
    shuffled = list(stackable)
    shuffler.shuffle(shuffled)

    totals = {
        quote(replace(inputs, rules=(*others, *order))).total_minor
        for order in (stackable, shuffled)
    }

    assert len(totals) == 1


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 5_000),
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30_000)), max_size=3),
    st.integers(1, 40),
)
def test_with_caps_a_longer_booking_never_costs_less(
    hour_minor: int, blocks: list[tuple[int, int]], step: int
) -> None:
    # Longer blocks stand later in the list, as in the seed, and cost no less than shorter ones.
    hours = sorted({hour for hour, _ in blocks})
    prices = sorted(amount for _, amount in blocks)
    tiers = [
        (f"duration >= {hour * 60}", amount) for hour, amount in zip(hours, prices, strict=False)
    ]
    capped = seed_rules(tiers, is_capped=True)

    totals = [
        quote(
            replace(
                ASKED,
                price=euros(hour_minor),
                unit=PriceUnit.HOUR,
                situation=replace(BOOKED, ends_at=NOON + minutes * MINUTE),
                rules=capped,
            )
        ).total_minor
        for minutes in range(step, 3_000, 7 * step)
    ]

    assert all(shorter <= longer for shorter, longer in pairwise(totals))


def test_without_caps_a_longer_booking_may_cost_less() -> None:
    literal = seed_rules([("duration >= 480", 8_000)])

    totals = [
        quote(
            replace(
                ASKED,
                price=euros(1_500),
                unit=PriceUnit.HOUR,
                situation=replace(BOOKED, ends_at=NOON + minutes * MINUTE),
                rules=literal,
            )
        ).total_minor
        for minutes in (420, 480)
    ]

    assert totals == [10_500, 8_000]


@settings(max_examples=80, deadline=None)
@given(questions())
def test_promo_codes_are_the_only_lines_after_the_price_before_them(inputs: QuoteInputs) -> None:
    found = quote(inputs)
    kinds = [line.kind is LineKind.PROMO_CODE for line in found.lines]

    assert kinds == sorted(kinds)
    assert len(found.promo_refusals) + sum(kinds) == len(inputs.promos)
