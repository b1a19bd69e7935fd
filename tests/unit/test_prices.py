"""Prices as tables: the golden tests, units and rounding, which rule wins, blocks of time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from holdfast.domain.money import Money
from holdfast.domain.price_rules import PriceMode, PriceRule
from holdfast.domain.price_units import PriceUnit, whole_minor
from holdfast.domain.prices import QuoteInputs, quote
from holdfast.domain.quotes import Reason
from holdfast.domain.situations import Situation
from tests.unit.pricing import ASKED, BOOKED, DAY, HOUR, NOON, euros, seed_rules

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


# -------------------------------------------------------------------------------- golden tests


@pytest.mark.parametrize(("party_size", "expected"), [(6, 51_000), (5, 0), (7, 59_500)])
def test_golden_11_a_menu_is_due_from_six_guests_on(party_size: int, expected: int) -> None:
    rules = seed_rules([("participants >= 6", 8_500)])  # B-098

    actual = total(0, PriceUnit.PARTICIPANT, replace(BOOKED, party_size=party_size), rules)

    assert actual == expected


@pytest.mark.parametrize(
    ("day", "membership", "expected"),
    [
        (4, None, 4_000),  # Saturday
        (5, None, 4_000),  # Sunday: dayOfWeek is 7 there, not 0 (C-16)
        (1, "premium", 2_000),  # Wednesday
        (1, None, 3_000),
        (1, "basic", 3_000),
        (4, "premium", 4_000),  # the last match wins (C-14)
    ],
)
def test_golden_12_tennis_at_weekends_and_for_members(
    day: int, membership: str | None, expected: int
) -> None:
    rules = seed_rules([("user.membership === 'premium'", 2_000), ("dayOfWeek >= 6", 4_000)])
    starts_at = datetime(2026, 7, day, 10, tzinfo=UTC)
    user: dict[str, object] = {} if membership is None else {"membership": membership}

    booked = replace(BOOKED, starts_at=starts_at, ends_at=starts_at + HOUR, user=user)

    assert total(3_000, PriceUnit.HOUR, booked, rules) == expected  # B-099, B-100


CAR = [("duration >= 480", 8_000), ("duration >= 10080", 35_000)]  # B-101, B-102
ROOM = [("duration >= 240", 18_000), ("duration >= 480", 35_000)]  # B-103, B-104


@pytest.mark.parametrize(
    ("tiers", "price_minor", "length", "expected"),
    [
        (CAR, 1_500, 7 * HOUR, 10_500),
        (CAR, 1_500, 8 * HOUR, 8_000),
        (CAR, 1_500, 7 * DAY, 35_000),  # C-14: not 8000, which would be the cheapest
        (ROOM, 5_000, 3 * HOUR, 15_000),
        (ROOM, 5_000, 4 * HOUR, 18_000),
        (ROOM, 5_000, 8 * HOUR, 35_000),
        # Beyond the block (C-15).
        (CAR, 1_500, 9 * HOUR, 9_500),
        (CAR, 1_500, 15 * HOUR, 18_500),
        (CAR, 1_500, 16 * HOUR, 16_000),
        (CAR, 1_500, 7 * DAY + 2 * HOUR, 38_000),
        (CAR, 1_500, 7 * DAY + 9 * HOUR, 44_500),
        (CAR, 1_500, 14 * DAY, 70_000),
        (ROOM, 5_000, 5 * HOUR, 23_000),
        (ROOM, 5_000, 6 * HOUR, 28_000),
        (ROOM, 5_000, 12 * HOUR, 53_000),
        (ROOM, 5_000, 13 * HOUR + 30 * MINUTE, 60_500),
    ],
)
def test_golden_13_cars_and_rooms_by_length(
    tiers: list[tuple[str, int]], price_minor: int, length: timedelta, expected: int
) -> None:
    assert total(price_minor, PriceUnit.HOUR, lasting(length), seed_rules(tiers)) == expected


@pytest.mark.parametrize(
    ("party_size", "days_ahead", "expected"),
    [
        (1, 31, 49_900),
        (1, 30, 59_900),
        (1, 29, 59_900),
        (7, 30, 419_300),
        (8, 1, 399_200),
        (8, 31, 399_200),
    ],
)
def test_golden_14_a_training_booked_early_or_by_a_group(
    party_size: int, days_ahead: int, expected: int
) -> None:
    rules = seed_rules(
        [("participants >= 8", 49_900), ("booking_date < event_date - 30", 49_900)]
    )  # B-107, B-108

    booked = replace(BOOKED, party_size=party_size, now=NOON - days_ahead * DAY)

    assert total(59_900, PriceUnit.PARTICIPANT, booked, rules) == expected


@pytest.mark.parametrize(("order_total", "expected"), [(5_000, 0), (4_999, 500), (None, 500)])
def test_golden_17_ac_f09_delivery_is_free_from_an_order_total_on(
    order_total: int | None, expected: int
) -> None:
    rules = seed_rules([("order_total >= 5000", 0)])  # B-109

    booked = replace(BOOKED, order_total_minor=order_total)

    assert total(500, PriceUnit.BOOKING, booked, rules) == expected


@pytest.mark.parametrize(
    ("party_size", "student", "expected"),
    [
        (1, True, 2_000),
        (1, "yes", 3_500),
        (1, None, 3_500),
        (10, None, 30_000),
        (10, True, 30_000),  # student and group: the last match (C-14)
    ],
)
def test_a_concert_for_students_and_groups(party_size: int, student: object, expected: int) -> None:
    rules = seed_rules([("user.student === true", 2_000), ("participants >= 10", 3_000)])

    booked = replace(BOOKED, party_size=party_size, user={"student": student})

    assert total(3_500, PriceUnit.PARTICIPANT, booked, rules) == expected  # B-105, B-106


# --------------------------------------------------------------------------------------- units


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (PriceUnit.BOOKING, 1_000),
        (PriceUnit.PARTICIPANT, 3_000),
        (PriceUnit.HOUR, 68_000),
        (PriceUnit.NIGHT, 3_000),
        (PriceUnit.SLOT, 2_000),
        (PriceUnit.UNIT, 5_000),
    ],
)
def test_ac_f01_c_12_a_price_is_for_a_unit(unit: PriceUnit, expected: int) -> None:
    booked = replace(lasting(2 * DAY + 20 * HOUR), party_size=3, quantity=5, slot_count=2)

    assert total(1_000, unit, booked) == expected
    assert total(0, unit, booked) == 0


def test_days_and_nights_count_whole_whatever_the_clock_says() -> None:
    nights = replace(lasting(2 * DAY + 20 * HOUR), date_count=3, quantity=2)

    assert total(1_000, PriceUnit.NIGHT, nights) == 3_000
    assert total(1_000, PriceUnit.UNIT, nights) == 6_000
    assert total(1_000, PriceUnit.HOUR, nights) == 72_000


def test_a_night_of_the_change_of_clocks_is_one_night() -> None:
    evening = datetime(2026, 3, 28, 14, tzinfo=UTC)
    booked = replace(BOOKED, starts_at=evening, ends_at=evening + 19 * HOUR)

    assert total(12_000, PriceUnit.NIGHT, booked) == 12_000


@pytest.mark.parametrize(
    ("length", "price_minor", "expected"),
    [
        (90 * MINUTE, 3_333, 5_000),  # 4999.5
        (20 * MINUTE, 1_000, 333),
        (40 * MINUTE, 1_000, 667),
        (45 * MINUTE, 2, 2),  # 1.5
        (15 * MINUTE, 2, 1),  # 0.5
        (10 * MINUTE, 2, 0),
    ],
)
def test_a_line_rounds_half_up_once(length: timedelta, price_minor: int, expected: int) -> None:
    assert total(price_minor, PriceUnit.HOUR, lasting(length)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("1/2", 1), ("3/2", 2), ("-1/2", -1), ("-3/2", -2), ("1/3", 0), ("-2/3", -1), ("7", 7)],
)
def test_rounding_is_alike_above_and_below_zero(amount: str, expected: int) -> None:
    assert whole_minor(Fraction(amount)) == expected


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("EUR", "15.00 EUR"), ("JPY", "1500 JPY"), ("TND", "1.500 TND")],
)
def test_ac_f07_c_51_an_amount_is_in_its_currency_s_own_minor_units(
    currency: str, expected: str
) -> None:
    price = Money(amount_minor=1_000, currency=currency)

    booked = lasting(90 * MINUTE)

    found = quote(replace(ASKED, price=price, unit=PriceUnit.HOUR, situation=booked))

    assert str(found.total) == expected


# ------------------------------------------------------------------------- AC-F03: which wins


@pytest.mark.parametrize(
    ("priorities", "expected"),
    [((0, 0, 0), 300), ((0, 1, 0), 200), ((1, 1, 0), 200), ((5, 1, 2), 100), ((-1, -2, -3), 100)],
)
def test_c_14_the_highest_priority_wins_and_then_the_last(
    priorities: tuple[int, int, int], expected: int
) -> None:
    rules = tuple(
        replace(rule(PriceMode.UNIT_OVERRIDE, 100 * n), priority=priority)
        for n, priority in enumerate(priorities, start=1)
    )

    assert total(1_000, PriceUnit.BOOKING, BOOKED, rules) == expected


def test_c_13_a_flat_total_is_not_multiplied() -> None:
    flat = rule(PriceMode.FLAT_TOTAL, 7_000, "participants >= 4")

    booked = replace(BOOKED, party_size=4)

    assert total(2_000, PriceUnit.PARTICIPANT, booked, (flat,)) == 7_000


@pytest.mark.parametrize(
    ("is_first_stackable", "is_second_stackable", "expected"),
    [
        (True, True, [("price", 2_000), ("surcharge", 500), ("percent", 200)]),
        (True, False, [("price", 1_000), ("surcharge", 500), ("percent", 100)]),
        (False, True, [("price", 1_000), ("surcharge", 500), ("percent", 100)]),
        (False, False, [("price", 1_000), ("percent", 100)]),
    ],
)
def test_stackable_rules_act_beside_the_one_that_wins(
    *, is_first_stackable: bool, is_second_stackable: bool, expected: list[tuple[str, int]]
) -> None:
    rules = (
        rule(PriceMode.UNIT_OVERRIDE, 2_000),
        replace(rule(PriceMode.SURCHARGE, 500), is_stackable=is_first_stackable),
        replace(rule(PriceMode.PERCENT), basis_points=1_000, is_stackable=is_second_stackable),
    )

    assert amounts(replace(ASKED, rules=rules)) == expected


def test_a_surcharge_has_a_unit_of_its_own() -> None:
    cleaning = rule(PriceMode.SURCHARGE, 2_000)
    linen = replace(rule(PriceMode.SURCHARGE, 300), unit=PriceUnit.PARTICIPANT)
    rules = tuple(replace(each, is_stackable=True) for each in (cleaning, linen))

    booked = replace(BOOKED, party_size=4)

    found = amounts(replace(ASKED, rules=rules, situation=booked))
    assert found == [("price", 1_000), ("surcharge", 2_000), ("surcharge", 1_200)]


def test_reductions_come_last_and_take_no_more_than_is_left() -> None:
    def stacked(mode: PriceMode, amount_minor: int = 0, basis_points: int = 0) -> PriceRule:
        bare = rule(mode, amount_minor)
        return replace(bare, basis_points=basis_points, is_stackable=True)

    rules = (
        stacked(PriceMode.SURCHARGE, -700),
        stacked(PriceMode.PERCENT, basis_points=-5_000),
        stacked(PriceMode.SURCHARGE, 100),
    )

    found = quote(replace(ASKED, rules=rules))

    assert [line.amount_minor for line in found.lines] == [1_000, 100, -700, -400]
    assert (found.total_minor, found.lines[-1].detail) == (0, "Rule 'Rule', no more than was left.")


# ---------------------------------------------------------------------- C-15: blocks and caps


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (5 * HOUR, 7_500),
        (5 * HOUR + 20 * MINUTE, 8_000),
        (7 * HOUR, 8_000),  # 10500 without the cap, more than 8 hours cost
        (8 * HOUR, 8_000),
        (9 * HOUR, 9_500),
        (15 * HOUR, 16_000),
        (6 * DAY, 35_000),
        (7 * DAY, 35_000),
        (10 * DAY, 70_000),
    ],
)
def test_c_15_a_cap_lets_less_time_never_cost_more(length: timedelta, expected: int) -> None:
    rules = seed_rules(CAR, is_capped=True)

    assert total(1_500, PriceUnit.HOUR, lasting(length), rules) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (7 * HOUR, [("price", 10_500)]),
        (8 * HOUR, [("block", 8_000)]),
        (24 * HOUR, [("block", 8_000)]),
        (26 * HOUR, [("block", 8_000), ("price", 3_000)]),
        (10 * DAY + 2 * HOUR, [("block", 35_000), ("block", 24_000), ("price", 3_000)]),
    ],
)
def test_a_block_may_be_longer_than_its_condition_asks(
    length: timedelta, expected: list[tuple[str, int]]
) -> None:
    day, week = seed_rules(CAR)
    rules = (replace(day, block_minutes=24 * 60), week)  # a day is 24 hours, due from 8 on

    booked = lasting(length)

    inputs = replace(ASKED, price=euros(1_500), unit=PriceUnit.HOUR, situation=booked, rules=rules)
    assert amounts(inputs) == expected


@pytest.mark.parametrize(
    ("nights", "expected"), [(6, 60_000), (7, 50_000), (9, 70_000), (14, 100_000)]
)
def test_a_week_of_nights_and_the_nights_after_it(nights: int, expected: int) -> None:
    week = replace(rule(PriceMode.FLAT_PER_BLOCK, 50_000, "nights >= 7"), block_minutes=7 * 24 * 60)

    booked = replace(BOOKED, date_count=nights)

    assert total(10_000, PriceUnit.NIGHT, booked, (week,)) == expected


def test_a_night_that_has_begun_is_a_night() -> None:
    week = replace(rule(PriceMode.FLAT_PER_BLOCK, 50_000), block_minutes=7 * 24 * 60)
    week = replace(week, condition="duration >= 10080")

    assert total(10_000, PriceUnit.NIGHT, BOOKED) == 10_000
    assert total(10_000, PriceUnit.NIGHT, lasting(7 * DAY + 20 * HOUR), (week,)) == 60_000


def test_without_a_price_of_time_what_is_left_begins_a_block() -> None:
    block = replace(rule(PriceMode.FLAT_PER_BLOCK, 5_000, "duration >= 240"), block_minutes=240)

    found = quote(replace(ASKED, situation=lasting(9 * HOUR), rules=(block,)))

    assert [(line.quantity, line.amount_minor, line.reason) for line in found.lines] == [
        (Fraction(2), 10_000, Reason.RULE),
        (Fraction(1), 5_000, Reason.BEGUN),
    ]
