"""No-shows: from when on, what they cost, and when somebody may not book again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdfast.domain.money import Money
from holdfast.domain.no_shows import (
    NoShowPolicy,
    NoShowVerdict,
    blocked_by_strikes,
    counts_from,
    no_show_faults,
    no_show_verdict,
    strikes_at,
)

START = datetime(2026, 6, 15, 18, tzinfo=UTC)
DAY = timedelta(days=1)


def eur(amount: int) -> Money:
    return Money(amount_minor=amount, currency="EUR")


NO_SHOW = NoShowPolicy(grace=timedelta(minutes=15), strikes_max=3, strikes_within=90 * DAY)


def test_a_no_show_counts_from_the_end_of_the_grace_on_ac_k05() -> None:
    assert counts_from(NO_SHOW, starts_at=START) == START + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("policy", "total", "paid", "refunded", "expected"),
    [
        # (fee, still to be paid, goes back)
        (NoShowPolicy(), 5_000, 5_000, 0, (0, 0, 0)),
        (NoShowPolicy(returns_rest=True), 5_000, 5_000, 0, (0, 0, 5_000)),
        (NoShowPolicy(fee_percent=50), 5_001, 0, 0, (2_500, 2_500, 0)),
        (NoShowPolicy(fee=eur(2_000)), 0, 0, 0, (2_000, 2_000, 0)),
        (NoShowPolicy(fee=eur(2_000), fee_percent=50), 10_000, 1_000, 0, (5_000, 4_000, 0)),
        (NoShowPolicy(fee=eur(2_000), returns_rest=True), 5_000, 5_000, 1_000, (2_000, 0, 2_000)),
        (NoShowPolicy(fee=eur(2_000), returns_rest=True), 5_000, 1_000, 0, (2_000, 1_000, 0)),
    ],
)
def test_the_fee_of_a_no_show_is_fixed_or_a_share_and_first_taken_from_what_was_paid(
    policy: NoShowPolicy, total: int, paid: int, refunded: int, expected: tuple[int, int, int]
) -> None:
    found = no_show_verdict(policy, total=eur(total), paid=eur(paid), refunded=eur(refunded))

    fee, owed, refund = (eur(amount) for amount in expected)
    assert found == NoShowVerdict(fee=fee, owed=owed, refund=refund)


def test_a_no_show_is_settled_in_one_currency() -> None:
    with pytest.raises(ValueError, match="EUR"):
        no_show_verdict(
            NoShowPolicy(),
            total=eur(1),
            paid=Money(amount_minor=1, currency="JPY"),
            refunded=eur(0),
        )


def test_a_fee_in_another_currency_than_the_price_is_none_and_a_share_is_one() -> None:
    yen = Money(amount_minor=900, currency="JPY")

    found = no_show_verdict(
        NoShowPolicy(fee=yen, fee_percent=50), total=eur(100), paid=eur(0), refunded=eur(0)
    )

    assert found == NoShowVerdict(fee=eur(50), owed=eur(50), refund=eur(0))


@pytest.mark.parametrize(
    ("days_ago", "lifted_days_ago", "blocked_for"),
    [
        ([1, 2], None, None),
        ([1, 2, 3], None, 29),
        ([3, 1, 2, 80], None, 29),
        ([1, 2, 90], None, None),
        ([1, 2, 89], None, 29),
        ([30, 31, 32], None, None),
        ([29, 31, 32], None, 1),
        ([1, 2, 3], 1, None),
        ([1, 2, 3], 4, 29),
        ([], None, None),
    ],
)
def test_after_three_no_shows_somebody_is_kept_from_booking_unless_staff_lift_it_c_58(
    days_ago: list[int], lifted_days_ago: int | None, blocked_for: int | None
) -> None:
    now = START
    lifted_at = None if lifted_days_ago is None else now - lifted_days_ago * DAY

    found = blocked_by_strikes(
        NO_SHOW, [now - n * DAY for n in days_ago], now=now, lifted_at=lifted_at
    )

    assert found == (None if blocked_for is None else now + blocked_for * DAY)


def test_without_a_limit_nobody_is_blocked_and_without_a_memory_nothing_is_forgotten() -> None:
    years_ago = [START - n * 365 * DAY for n in (3, 2, 1)]
    for_ever = NoShowPolicy(strikes_within=None)

    assert blocked_by_strikes(NoShowPolicy(), years_ago, now=START) is None
    assert strikes_at(for_ever, years_ago[::-1], now=START) == years_ago


def test_lifting_forgives_what_was_before_it_and_at_its_instant() -> None:
    strikes = [START - DAY, START - 2 * DAY, START - timedelta(hours=1)]

    found = strikes_at(NO_SHOW, strikes, now=START, lifted_at=START - DAY)

    assert found == [START - timedelta(hours=1)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (NO_SHOW, []),
        (
            NoShowPolicy(
                grace=DAY, fee=eur(0), strikes_max=1, strikes_within=DAY, block_days=3_650
            ),
            [],
        ),
        (NoShowPolicy(grace=2 * DAY), ["/grace out_of_range"]),
        (
            NoShowPolicy(fee=eur(-1), fee_percent=101),
            ["/fee out_of_range", "/fee_percent out_of_range"],
        ),
        (
            NoShowPolicy(strikes_max=0, strikes_within=timedelta(hours=1), block_days=0),
            [
                "/strikes_max out_of_range",
                "/strikes_within out_of_range",
                "/block_days out_of_range",
            ],
        ),
    ],
)
def test_a_no_show_policy_is_checked_before_it_is_saved(
    policy: NoShowPolicy, expected: list[str]
) -> None:
    faults = no_show_faults(policy, pointer="")

    assert [f"{fault.pointer} {fault.code}" for fault in faults] == expected
