"""Price rules as tables: seasons, occupancy, slots and tiers, what a line says, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from holdfast.domain.errors import InputFault
from holdfast.domain.money import AMOUNT_MAX
from holdfast.domain.price_rules import (
    RULES_MAX,
    OccupancyBand,
    PriceMode,
    PriceRule,
    Season,
    mode_for_seed_condition,
    rule_faults,
    rule_list_faults,
)
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import (
    TIERS_MAX,
    PriceTooLarge,
    QuoteInputs,
    TicketTier,
    TierChoice,
    code_list_fault,
    quote,
    tier_list_faults,
)
from holdfast.domain.promo_codes import PROMOS_MAX
from holdfast.domain.quotes import LineKind, QuoteLine, Reason, Remark, RemarkKind
from holdfast.domain.situations import Situation
from holdfast.domain.zones import zone
from tests.unit.pricing import ASKED, BOOKED, HOUR, NOON, euros

MINUTE = timedelta(minutes=1)


def total(
    price_minor: int, unit: PriceUnit, booked: Situation, rules: tuple[PriceRule, ...] = ()
) -> int:
    inputs = replace(ASKED, price=euros(price_minor), unit=unit, situation=booked, rules=rules)
    return quote(inputs).total_minor


def lasting(length: timedelta) -> Situation:
    return replace(BOOKED, ends_at=NOON + length)


def rule(mode: PriceMode, amount_minor: int = 0, condition: str | None = None) -> PriceRule:
    return PriceRule(
        rule_id="rule", label="Rule", mode=mode, amount_minor=amount_minor, condition=condition
    )


def amounts(inputs: QuoteInputs) -> list[tuple[str, int]]:
    return [(line.kind.value, line.amount_minor) for line in quote(inputs).lines]


# -------------------------------------------------- AC-F04: slots, seasons, occupancy, AC-F08


def test_ac_f04_a_price_on_the_slot_replaces_rules_but_not_surcharges() -> None:
    rules = (
        replace(rule(PriceMode.SURCHARGE, 200), is_stackable=True),
        replace(rule(PriceMode.UNIT_OVERRIDE, 9_000), rule_id="override"),
    )

    found = quote(replace(ASKED, slot_price_minor=2_500, rules=rules))

    assert [(line.reason, line.amount_minor) for line in found.lines] == [
        (Reason.SLOT, 2_500),
        (Reason.RULE, 200),
    ]
    assert found.remarks == (
        Remark(
            kind=RemarkKind.SLOT_HAS_PRICE,
            rule_id="override",
            detail="The slot has its own price.",
        ),
    )


SUMMER = Season(first_on=date(2026, 7, 1), last_on=date(2026, 8, 31))
WINTER = Season(first_on=date(2020, 12, 20), last_on=date(2021, 1, 5), is_yearly=True)
LEAP = Season(first_on=date(2024, 2, 29), last_on=date(2024, 2, 29), is_yearly=True)


@pytest.mark.parametrize(
    ("season", "day", "is_in"),
    [
        (SUMMER, date(2026, 6, 30), False),
        (SUMMER, date(2026, 7, 1), True),
        (SUMMER, date(2026, 8, 31), True),
        (SUMMER, date(2026, 9, 1), False),
        (SUMMER, date(2027, 7, 15), False),
        (replace(SUMMER, is_yearly=True), date(2031, 7, 15), True),
        (WINTER, date(2026, 12, 19), False),
        (WINTER, date(2026, 12, 31), True),
        (WINTER, date(2027, 1, 5), True),
        (WINTER, date(2027, 1, 6), False),
        (LEAP, date(2028, 2, 29), True),
        (LEAP, date(2027, 2, 28), False),
    ],
)
def test_ac_f04_a_season_is_of_local_dates(season: Season, day: date, *, is_in: bool) -> None:
    assert season.covers(day) is is_in


def test_a_season_asks_for_the_local_date_of_the_start() -> None:
    high = replace(rule(PriceMode.UNIT_OVERRIDE, 4_000), season=SUMMER)
    late = datetime(2026, 6, 30, 22, tzinfo=UTC)  # midnight in Paris

    totals = [
        total(1_000, PriceUnit.BOOKING, replace(BOOKED, starts_at=at, ends_at=at + HOUR), (high,))
        for at in (late - MINUTE, late)
    ]

    assert totals == [1_000, 4_000]


@pytest.mark.parametrize(
    ("capacity", "taken_count", "expected"),
    [(10, 7, 1_000), (10, 8, 1_500), (10, 9, 2_000), (3, 3, 2_000), (None, 99, 1_000)],
)
def test_ac_f04_a_fuller_slot_may_cost_more(
    capacity: int | None, taken_count: int, expected: int
) -> None:
    busy = replace(
        rule(PriceMode.UNIT_OVERRIDE, 1_500),
        occupancy=OccupancyBand(from_percent=80, below_percent=90),
    )
    last = rule(PriceMode.UNIT_OVERRIDE, 2_000, "occupancy >= 90 && remaining <= 1")

    booked = replace(BOOKED, capacity=capacity, taken_count=taken_count)

    assert total(1_000, PriceUnit.BOOKING, booked, (busy, last)) == expected


ADULT = TicketTier(key="adult", label="Adult", price_minor=3_500)
CHILD = TicketTier(key="child", label="Child", price_minor=1_500, quota=20)


def test_ac_f08_each_ticket_tier_has_its_price_and_rules_that_ask_for_it() -> None:
    rules = (
        replace(rule(PriceMode.UNIT_OVERRIDE, 1, "participants >= 1"), rule_id="for everyone"),
        rule(PriceMode.UNIT_OVERRIDE, 1_000, "tier == 'child' && dayOfWeek == 3"),
        replace(rule(PriceMode.PERCENT), basis_points=1_000, is_stackable=True),
    )
    tiers = (TierChoice(tier=ADULT, quantity=2), TierChoice(tier=CHILD, quantity=3))

    booked = replace(BOOKED, party_size=5)
    found = quote(replace(ASKED, situation=booked, rules=rules, tiers=tiers))

    assert [(line.label, line.reason, line.amount_minor) for line in found.lines] == [
        ("Adult", Reason.TIER, 7_000),
        ("Child", Reason.RULE, 3_000),
        ("Rule", Reason.RULE, 1_000),
    ]
    assert [remark.rule_id for remark in found.remarks] == ["for everyone"]


# ------------------------------------------------------------------- AC-F06: lines and remarks


def test_ac_f06_a_line_says_what_it_is_and_why() -> None:
    member = PriceRule(
        rule_id="prl_1",
        label="Members",
        mode=PriceMode.UNIT_OVERRIDE,
        condition="user.membership === 'premium'",
        amount_minor=2_000,
    )
    booked = replace(lasting(90 * MINUTE), user={"membership": "premium"})

    found = quote(replace(ASKED, unit=PriceUnit.HOUR, situation=booked, rules=(member,)))

    assert found.lines == (
        QuoteLine(
            kind=LineKind.PRICE,
            label="Members",
            quantity=Fraction(3, 2),
            unit="per_hour",
            unit_amount_minor=2_000,
            amount_minor=3_000,
            reason=Reason.RULE,
            detail="Rule 'Members'.",
            rule_id="prl_1",
            condition="user.membership === 'premium'",
        ),
    )


def test_a_condition_that_meets_a_wrong_value_does_not_act_and_is_remarked_on() -> None:
    odd = rule(PriceMode.UNIT_OVERRIDE, 0, "user.age < 18")

    booked = replace(BOOKED, user={"age": "seven"})
    found = quote(replace(ASKED, situation=booked, rules=(odd,)))

    assert found.total_minor == 1_000
    assert found.remarks == (
        Remark(
            kind=RemarkKind.CONDITION_REFUSED,
            rule_id="rule",
            detail="Line 1, column 1: '<' does not go with a text.",
        ),
    )


@pytest.mark.parametrize("unit", [PriceUnit.BOOKING, PriceUnit.PARTICIPANT])
def test_a_price_beyond_money_is_refused(unit: PriceUnit) -> None:
    booked = replace(BOOKED, party_size=2)
    dear = replace(ASKED, price=euros(AMOUNT_MAX), unit=unit, situation=booked)
    more = replace(rule(PriceMode.SURCHARGE, 1), is_stackable=True)

    with pytest.raises(PriceTooLarge):
        quote(replace(dear, rules=(more,)))


# ------------------------------------------------------------------- saving and importing rules


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("duration >= 480", (PriceMode.FLAT_PER_BLOCK, 480)),
        ("480 <= duration", (PriceMode.FLAT_PER_BLOCK, 480)),
        ("duration > 480", (PriceMode.FLAT_PER_BLOCK, 480)),
        ("duration === 1440", (PriceMode.FLAT_PER_BLOCK, 1_440)),
        ("dayOfWeek >= 6 && duration >= 60", (PriceMode.FLAT_PER_BLOCK, 60)),
        ("duration < 480", (PriceMode.UNIT_OVERRIDE, None)),
        ("480 >= duration", (PriceMode.UNIT_OVERRIDE, None)),
        ("duration >= 60 || duration >= 90", (PriceMode.UNIT_OVERRIDE, None)),
        ("!(duration >= 60)", (PriceMode.UNIT_OVERRIDE, None)),
        ("duration >= 0.5", (PriceMode.UNIT_OVERRIDE, None)),
        ("duration >= 0", (PriceMode.UNIT_OVERRIDE, None)),
        ("participants >= 480", (PriceMode.UNIT_OVERRIDE, None)),
        ("participants >= duration", (PriceMode.UNIT_OVERRIDE, None)),
    ],
)
def test_c_13_a_tier_of_the_seed_becomes_a_rule(
    condition: str, expected: tuple[PriceMode, int | None]
) -> None:
    assert mode_for_seed_condition(condition) == expected


BLOCK = replace(rule(PriceMode.FLAT_PER_BLOCK, 1), block_minutes=60)
BACKWARDS = Season(first_on=date(2026, 2, 1), last_on=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (BLOCK, []),
        (replace(BLOCK, is_capped=True), []),
        (rule(PriceMode.SURCHARGE, -500), []),
        (rule(PriceMode.UNIT_OVERRIDE, 1, "tier == 'child'"), []),
        (replace(BLOCK, season=replace(BACKWARDS, is_yearly=True)), []),
        (rule(PriceMode.UNIT_OVERRIDE, -1), [("/amount_minor", "out_of_range")]),
        (rule(PriceMode.FLAT_TOTAL, 1, "hour >"), [("/condition", "bad_expression")]),
        (rule(PriceMode.FLAT_TOTAL, 1, "hour"), [("/condition", "bad_expression")]),
        (
            rule(PriceMode.FLAT_TOTAL, 1, "tier == 'child'"),
            [("/condition", "not_for_this_mode")],
        ),
        (replace(BLOCK, block_minutes=None), [("/block_minutes", "missing")]),
        (replace(BLOCK, block_minutes=0), [("/block_minutes", "out_of_range")]),
        (replace(BLOCK, is_stackable=True), [("/is_stackable", "not_for_this_mode")]),
        (
            replace(BLOCK, mode=PriceMode.FLAT_TOTAL, is_capped=True),
            [("/block_minutes", "not_for_this_mode"), ("/is_capped", "not_for_this_mode")],
        ),
        (
            replace(rule(PriceMode.PERCENT), basis_points=-10_001),
            [("/basis_points", "out_of_range")],
        ),
        (replace(BLOCK, season=BACKWARDS), [("/season/last_on", "out_of_range")]),
        (
            replace(BLOCK, occupancy=OccupancyBand(from_percent=50, below_percent=50)),
            [("/occupancy", "out_of_range")],
        ),
        (replace(BLOCK, label=" "), [("/label", "too_short")]),
    ],
)
def test_a_rule_is_checked_when_it_is_saved(
    wrong: PriceRule, expected: list[tuple[str, str]]
) -> None:
    assert [(fault.pointer, fault.code) for fault in rule_faults(wrong)] == expected


def test_the_rules_of_an_offering_are_checked_together() -> None:
    wrong = replace(BLOCK, block_minutes=0)
    many = [replace(BLOCK, rule_id=f"r{n}") for n in range(RULES_MAX)]

    found = rule_list_faults([BLOCK, wrong], "/price_rules")

    pointers = [fault.pointer for fault in found]
    assert pointers == ["/price_rules/1/block_minutes", "/price_rules/1/rule_id"]
    assert rule_list_faults(many, "/price_rules") == ()
    assert [fault.code for fault in rule_list_faults([BLOCK] * (RULES_MAX + 1), "")] == ["too_many"]


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (CHILD, []),
        (replace(CHILD, quota=0, price_minor=0), []),
        (replace(CHILD, key=""), [("/tiers/1/key", "too_short")]),
        (replace(CHILD, key="adult"), [("/tiers/1/key", "taken")]),
        (replace(CHILD, label=" "), [("/tiers/1/label", "too_short")]),
        (replace(CHILD, price_minor=-1), [("/tiers/1/price_minor", "out_of_range")]),
        (replace(CHILD, quota=-1), [("/tiers/1/quota", "out_of_range")]),
    ],
)
def test_a_ticket_tier_is_checked_when_it_is_saved(
    tier: TicketTier, expected: list[tuple[str, str]]
) -> None:
    found = tier_list_faults([ADULT, tier], "/tiers")

    assert [(fault.pointer, fault.code) for fault in found] == expected


def test_tiers_and_codes_have_limits() -> None:
    tiers = [replace(CHILD, key=f"tier {n}") for n in range(TIERS_MAX + 1)]

    assert tier_list_faults(tiers[1:], "/tiers") == ()
    assert [fault.code for fault in tier_list_faults(tiers, "/tiers")] == ["too_many"]
    assert code_list_fault(["A"] * PROMOS_MAX, "/promo_codes") is None
    assert code_list_fault(["A"] * (PROMOS_MAX + 1), "/promo_codes") == InputFault(
        pointer="/promo_codes", code="too_many", detail="A booking takes at most 5 promo codes."
    )


def test_c_16_weekdays_hours_and_dates_are_those_of_the_zone() -> None:
    late_saturday = datetime(2026, 7, 4, 14, 30, tzinfo=UTC)
    booked = replace(
        BOOKED,
        starts_at=late_saturday,
        ends_at=late_saturday + HOUR,
        now=late_saturday - 30 * HOUR,
        zone=zone("Pacific/Auckland"),
    )

    found = booked.variables()

    assert {name: found[name] for name in ("dayOfWeek", "weekday0", "hour", "days_ahead")} == {
        "dayOfWeek": 7,
        "weekday0": 0,
        "hour": 2,
        "days_ahead": 2,
    }
    assert (found["event_date"], found["hours_ahead"]) == (date(2026, 7, 5), 30)
