"""AC-F05: promo codes as tables: who may use one, what it takes off, and how it is saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.ids import PromoId
from holdfast.domain.money import Money
from holdfast.domain.prices import quote
from holdfast.domain.promo_codes import (
    PromoCase,
    PromoCode,
    PromoKind,
    PromoReason,
    PromoRefusal,
    PromoUse,
    discount_minor,
    promo_faults,
    promo_key,
    promo_refusal,
)
from holdfast.domain.quotes import LineKind
from tests.unit.pricing import ASKED, BOOKED, euros

NOW = BOOKED.now
MICROSECOND = timedelta(microseconds=1)
FIFTH = PromoCode(
    promo_id=PromoId("prm_1"),
    created_at=NOW,
    code="FIFTH",
    kind=PromoKind.PERCENT,
    basis_points=2_000,
    description="20 % off",
)
FIVE = PromoCode(
    promo_id=PromoId("prm_2"),
    created_at=NOW,
    code="FIVE",
    kind=PromoKind.FIXED,
    amount_minor=500,
    currency="EUR",
)
CASE = PromoCase(now=NOW, price=euros(2_500), offering_id="off_1")


@pytest.mark.parametrize(
    ("use", "case", "expected"),
    [
        (PromoUse(promo=FIFTH), CASE, None),
        (PromoUse(promo=FIVE), CASE, None),
        (PromoUse(promo=replace(FIFTH, is_active=False)), CASE, PromoReason.INACTIVE),
        (PromoUse(promo=replace(FIFTH, valid_from=NOW)), CASE, None),
        (
            PromoUse(promo=replace(FIFTH, valid_from=NOW + MICROSECOND)),
            CASE,
            PromoReason.NOT_YET_VALID,
        ),
        (PromoUse(promo=replace(FIFTH, valid_until=NOW + MICROSECOND)), CASE, None),
        (PromoUse(promo=replace(FIFTH, valid_until=NOW)), CASE, PromoReason.EXPIRED),
        (PromoUse(promo=replace(FIFTH, offering_ids=frozenset({"off_1", "off_2"}))), CASE, None),
        (
            PromoUse(promo=replace(FIFTH, offering_ids=frozenset({"off_2"}))),
            CASE,
            PromoReason.OTHER_OFFERING,
        ),
        (
            PromoUse(promo=FIVE),
            replace(CASE, price=Money(amount_minor=2_500, currency="JPY")),
            PromoReason.OTHER_CURRENCY,
        ),
        (PromoUse(promo=replace(FIVE, minimum_minor=2_500)), CASE, None),
        (PromoUse(promo=replace(FIVE, minimum_minor=2_501)), CASE, PromoReason.BELOW_MINIMUM),
        (PromoUse(promo=replace(FIFTH, uses_max=3), uses_count=2), CASE, None),
        (PromoUse(promo=replace(FIFTH, uses_max=3), uses_count=3), CASE, PromoReason.USED_UP),
        (PromoUse(promo=replace(FIFTH, uses_max=0)), CASE, PromoReason.USED_UP),
        (
            PromoUse(promo=replace(FIFTH, uses_per_customer_max=1)),
            CASE,
            PromoReason.CUSTOMER_NEEDED,
        ),
        (
            PromoUse(promo=replace(FIFTH, uses_per_customer_max=1), customer_uses_count=0),
            CASE,
            None,
        ),
        (
            PromoUse(promo=replace(FIFTH, uses_per_customer_max=1), customer_uses_count=1),
            CASE,
            PromoReason.USED_UP_BY_CUSTOMER,
        ),
        (PromoUse(promo=FIFTH), replace(CASE, other_promos=(FIFTH,)), PromoReason.GIVEN_TWICE),
        (PromoUse(promo=FIFTH), replace(CASE, other_promos=(FIVE,)), PromoReason.NOT_COMBINABLE),
        (
            PromoUse(promo=replace(FIFTH, is_combinable=True)),
            replace(CASE, other_promos=(FIVE,)),
            PromoReason.NOT_COMBINABLE,
        ),
        (
            PromoUse(promo=replace(FIFTH, is_combinable=True)),
            replace(CASE, other_promos=(replace(FIVE, is_combinable=True),)),
            None,
        ),
    ],
)
def test_ac_f05_a_code_may_be_used_or_says_why_not(
    use: PromoUse, case: PromoCase, expected: PromoReason | None
) -> None:
    refusal = promo_refusal(use, case)

    assert (refusal.reason if refusal else None) is expected
    assert refusal is None or refusal.detail.startswith(f"The code {use.promo.code} ")


@pytest.mark.parametrize(
    ("promo", "price_minor", "expected"),
    [
        (FIFTH, 2_500, 500),
        (FIFTH, 0, 0),
        (FIFTH, 2, 0),  # 0.4
        (replace(FIFTH, basis_points=2_500), 2, 1),  # 0.5 rounds up
        (replace(FIFTH, basis_points=10_000), 2_501, 2_501),
        (replace(FIFTH, discount_max_minor=300), 2_500, 300),
        (FIVE, 2_500, 500),
        (FIVE, 400, 400),  # never more than the price
        (FIVE, 0, 0),
        (replace(FIVE, discount_max_minor=100), 2_500, 100),
    ],
)
def test_a_code_takes_off(promo: PromoCode, price_minor: int, expected: int) -> None:
    assert discount_minor(promo, price_minor) == expected


@given(
    st.sampled_from(PromoKind),
    st.integers(0, 10_000),
    st.integers(0, 10**9),
    st.none() | st.integers(1, 10**9),
    st.integers(0, 10**15),
)
def test_a_code_never_takes_off_more_than_the_price(
    kind: PromoKind,
    basis_points: int,
    amount_minor: int,
    discount_max_minor: int | None,
    price_minor: int,
) -> None:
    promo = PromoCode(
        promo_id=PromoId("p"),
        created_at=NOW,
        code="P",
        kind=kind,
        basis_points=basis_points,
        amount_minor=amount_minor,
        discount_max_minor=discount_max_minor,
    )

    assert 0 <= discount_minor(promo, price_minor) <= price_minor


def test_ac_f05_a_quote_has_a_line_for_each_code_in_their_order() -> None:
    promos = [replace(each, is_combinable=True) for each in (FIVE, FIFTH)]

    found = quote(
        replace(
            ASKED,
            price=euros(2_500),
            promos=tuple(PromoUse(promo=promo) for promo in promos),
        )
    )

    assert [(line.kind, line.label, line.amount_minor, line.detail) for line in found.lines] == [
        (LineKind.PRICE, "", 2_500, "The price of the offering."),
        (LineKind.PROMO_CODE, "FIVE", -500, "The code FIVE."),
        (LineKind.PROMO_CODE, "FIFTH", -400, "20 % off"),  # of what is left
    ]
    assert (found.total_minor, found.price_before_codes) == (1_600, euros(2_500))


def test_a_code_that_is_refused_leaves_the_price_and_says_why() -> None:
    use = PromoUse(promo=replace(FIFTH, valid_until=NOW))

    found = quote(replace(ASKED, promos=(use,)))

    assert (found.total_minor, found.promo_refusals) == (
        1_000,
        (
            PromoRefusal(
                code="FIFTH",
                reason=PromoReason.EXPIRED,
                detail="The code FIFTH has expired.",
            ),
        ),
    )


def test_a_code_that_is_given_twice_counts_once() -> None:
    use = PromoUse(promo=FIFTH)

    found = quote(replace(ASKED, promos=(use, use)))

    assert found.total_minor == 800
    assert [refusal.reason for refusal in found.promo_refusals] == [PromoReason.GIVEN_TWICE]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("summer-26", "SUMMER-26"), ("  Fifth ", "FIFTH"), ("\uff26\uff29\uff36\uff25", "FIVE")],
)
def test_a_code_is_found_however_it_is_typed(text: str, expected: str) -> None:
    assert promo_key(text) == expected


@pytest.mark.parametrize(
    ("promo", "expected"),
    [
        (FIFTH, []),
        (FIVE, []),
        (replace(FIFTH, code="A"), []),
        (replace(FIFTH, code="lower"), [("/code", "bad_code")]),
        (replace(FIFTH, code="TWO WORDS"), [("/code", "bad_code")]),
        (replace(FIFTH, code="-A"), [("/code", "bad_code")]),
        (replace(FIFTH, code="A\n"), [("/code", "bad_code")]),
        (replace(FIFTH, code="A" * 40), []),
        (replace(FIFTH, code="A" * 41), [("/code", "bad_code")]),
        (replace(FIFTH, basis_points=0), [("/basis_points", "out_of_range")]),
        (replace(FIFTH, basis_points=10_001), [("/basis_points", "out_of_range")]),
        (replace(FIFTH, amount_minor=1), [("/amount_minor", "out_of_range")]),
        (replace(FIFTH, minimum_minor=1), [("/currency", "missing")]),
        (replace(FIFTH, currency="eur"), [("/currency", "unknown")]),
        (replace(FIVE, amount_minor=0), [("/amount_minor", "out_of_range")]),
        (replace(FIVE, basis_points=1), [("/basis_points", "out_of_range")]),
        (replace(FIVE, currency=None), [("/currency", "missing")]),
        (replace(FIVE, uses_per_customer_max=0), [("/uses_per_customer_max", "out_of_range")]),
        (replace(FIFTH, valid_from=NOW, valid_until=NOW), [("/valid_until", "out_of_range")]),
    ],
)
def test_a_code_is_checked_when_it_is_saved(
    promo: PromoCode, expected: list[tuple[str, str]]
) -> None:
    assert [(fault.pointer, fault.code) for fault in promo_faults(promo)] == expected
