"""Cancelling: until when, by whom, what goes back and what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.bookings import CancelledBy
from holdfast.domain.cancellation_policies import (
    CancellationPolicy,
    LateAction,
    Tier,
    cancellation_faults,
)
from holdfast.domain.cancelling import (
    CancellationVerdict,
    cancellation_verdict,
    require_allowed,
    share_of,
)
from holdfast.domain.errors import CancellationClosed, InputInvalid
from holdfast.domain.money import Money
from holdfast.domain.policy_readers import cancellation_in

START = datetime(2026, 6, 15, 18, tzinfo=UTC)
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
NO_TIME = timedelta(0)
CUSTOMER, BUSINESS = CancelledBy.CUSTOMER, CancelledBy.BUSINESS


def eur(amount: int) -> Money:
    return Money(amount_minor=amount, currency="EUR")


def verdict(
    policy: CancellationPolicy,
    left: timedelta,
    *,
    paid: int = 10_000,
    refunded: int = 0,
    by: CancelledBy = CUSTOMER,
) -> CancellationVerdict:
    return cancellation_verdict(
        policy,
        starts_at=START,
        now=START - left,
        paid=eur(paid),
        refunded=eur(refunded),
        by=by,
    )


# Seed document 003: the TOEIC exam.
TOEIC = cancellation_in(
    {
        "allowCancellation": True,
        "cutoffHours": 168,
        "refundPolicy": "partial",
        "refundPercentage": 50,
    }
)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (8 * DAY, "in_time 6600"),
        (7 * DAY, "in_time 6600"),
        (7 * DAY - INSTANT, "too_late 0"),
        (6 * DAY, "too_late 0"),
    ],
)
def test_the_toeic_exam_is_cancelled_as_golden_15_says(left: timedelta, expected: str) -> None:
    found = verdict(TOEIC, left, paid=13_200)

    assert f"{found.reason} {found.refund.amount_minor}" == expected


def test_a_refused_cancellation_says_until_when_it_would_have_been_taken() -> None:
    with pytest.raises(CancellationClosed) as refused:
        require_allowed(verdict(TOEIC, 6 * DAY), TOEIC)

    assert refused.value.fields == {"limit": 604_800, "actual": 518_400}
    assert refused.value.detail == (
        "This booking could be cancelled until 7 days before its start. Please call."
    )


@pytest.mark.parametrize(
    ("cutoff", "words"),
    [
        (7 * DAY, "7 days"),
        (DAY, "1 day"),
        (36 * HOUR, "36 hours"),
        (HOUR, "1 hour"),
        (90 * timedelta(minutes=1), "90 minutes"),
        (timedelta(minutes=1), "1 minute"),
    ],
)
def test_a_cutoff_is_said_in_the_largest_unit_that_fits(cutoff: timedelta, words: str) -> None:
    policy = CancellationPolicy(cutoff=cutoff)

    with pytest.raises(CancellationClosed, match=f"until {words} before"):
        require_allowed(verdict(policy, NO_TIME), policy)


@pytest.mark.parametrize(
    ("policy", "left", "limit", "words"),
    [
        (CancellationPolicy(is_allowed=False), DAY, None, "cannot be cancelled online"),
        (CancellationPolicy(), -INSTANT, 0, "has begun already"),
    ],
)
def test_other_refusals_say_why_too(
    policy: CancellationPolicy, left: timedelta, limit: int | None, words: str
) -> None:
    with pytest.raises(CancellationClosed, match=words) as refused:
        require_allowed(verdict(policy, left), policy)

    assert refused.value.fields["limit"] == limit


# C-52, word for word: [{before: 48 h, refund: 100 %}, {before: 24 h, 75 %}, {before: 0, 0 %}].
TIERED = CancellationPolicy(
    tiers=(
        Tier(before=48 * HOUR, percent=100),
        Tier(before=24 * HOUR, percent=75),
        Tier(before=NO_TIME, percent=0),
    )
)


@pytest.mark.parametrize(
    ("left", "percent", "amount"),
    [
        (72 * HOUR, 100, 9_999),
        (48 * HOUR, 100, 9_999),
        (48 * HOUR - INSTANT, 75, 7_499),
        (24 * HOUR, 75, 7_499),
        (24 * HOUR - INSTANT, 0, 0),
        (NO_TIME, 0, 0),
    ],
)
def test_tiers_apply_exactly_from_their_limit_on_c_52_c_53(
    left: timedelta, percent: int, amount: int
) -> None:
    found = verdict(TIERED, left, paid=9_999)

    assert found.tier is not None
    assert (found.tier.percent, found.refund, found.forfeited) == (
        percent,
        eur(amount),
        eur(9_999 - amount),
    )


def late(action: LateAction) -> CancellationPolicy:
    return CancellationPolicy(
        cutoff=2 * HOUR, customer_may_cancel_late=True, late_action=action, block_days=14
    )


@pytest.mark.parametrize(
    ("policy", "left", "by", "expected"),
    [
        # (allowed, reason, refund, late action, days blocked)
        (late(LateAction.FORFEIT), 2 * HOUR, CUSTOMER, (True, "in_time", 10_000, None, None)),
        (late(LateAction.FORFEIT), HOUR, CUSTOMER, (True, "late", 0, "forfeit", None)),
        (late(LateAction.WARN), HOUR, CUSTOMER, (True, "late", 10_000, "warn", None)),
        (
            late(LateAction.BLOCK_FUTURE),
            HOUR,
            CUSTOMER,
            (True, "late", 10_000, "block_future", 14),
        ),
        (
            late(LateAction.BLOCK_FUTURE),
            NO_TIME,
            BUSINESS,
            (True, "by_business", 10_000, None, None),
        ),
        (
            late(LateAction.BLOCK_FUTURE),
            -INSTANT,
            CUSTOMER,
            (False, "already_begun", 0, None, None),
        ),
        (
            CancellationPolicy(is_allowed=False),
            30 * DAY,
            CUSTOMER,
            (False, "not_allowed", 0, None, None),
        ),
        (
            CancellationPolicy(is_allowed=False),
            HOUR,
            BUSINESS,
            (True, "by_business", 10_000, None, None),
        ),
        (TIERED, -DAY, BUSINESS, (True, "by_business", 10_000, None, None)),
        (
            CancellationPolicy(business_percent=80),
            DAY,
            BUSINESS,
            (True, "by_business", 8_000, None, None),
        ),
        (CancellationPolicy(tiers=()), DAY, CUSTOMER, (True, "in_time", 0, None, None)),
    ],
)
def test_who_cancels_when_decides_what_follows_ac_k01_to_k03(
    policy: CancellationPolicy,
    left: timedelta,
    by: CancelledBy,
    expected: tuple[bool, str, int, str | None, int | None],
) -> None:
    found = verdict(policy, left, by=by)

    days = None if found.blocked_until is None else (found.blocked_until - (START - left)).days
    assert (
        found.allowed,
        found.reason.value,
        found.refund.amount_minor,
        found.late_action,
        days,
    ) == expected


def test_a_share_is_taken_of_what_has_not_gone_back_and_rounded_down_c_53() -> None:
    half = CancellationPolicy(tiers=(Tier(before=NO_TIME, percent=50),))

    found = [verdict(half, DAY, paid=13_200, refunded=refunded) for refunded in (0, 1, 13_200)]

    assert [it.refund.amount_minor for it in found] == [6_600, 6_599, 0]


def test_currencies_and_over_refunds_are_bugs_not_refusals() -> None:
    with pytest.raises(ValueError, match="cannot be refunded"):
        share_of(eur(1), refunded=Money(amount_minor=0, currency="JPY"), percent=50)
    with pytest.raises(ValueError, match="no less than nothing"):
        share_of(eur(1), refunded=eur(2), percent=50)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (TIERED, []),
        (
            CancellationPolicy(
                tiers=tuple(Tier(before=n * HOUR, percent=n) for n in range(20)),
                cutoff=366 * DAY,
                business_percent=0,
                block_days=1,
            ),
            [],
        ),
        (
            CancellationPolicy(tiers=(Tier(before=-HOUR, percent=1),)),
            ["/tiers/0/before out_of_range"],
        ),
        (
            CancellationPolicy(tiers=(Tier(before=HOUR, percent=-1),)),
            ["/tiers/0/percent out_of_range"],
        ),
        (
            CancellationPolicy(tiers=(Tier(before=HOUR, percent=1), Tier(before=HOUR, percent=2))),
            ["/tiers/1/before repeated"],
        ),
        (
            CancellationPolicy(tiers=(Tier(before=HOUR, percent=9), Tier(before=DAY, percent=1))),
            ["/tiers/0/percent out_of_order"],
        ),
        (
            CancellationPolicy(tiers=(Tier(before=HOUR, percent=9),) * 21),
            ["/tiers too_many"],
        ),
        (
            CancellationPolicy(cutoff=400 * DAY, business_percent=101, block_days=0),
            ["/cutoff out_of_range", "/business_percent out_of_range", "/block_days out_of_range"],
        ),
    ],
)
def test_a_policy_that_nobody_could_explain_is_not_saved(
    policy: CancellationPolicy, expected: list[str]
) -> None:
    faults = cancellation_faults(policy, pointer="")

    assert [f"{fault.pointer} {fault.code}" for fault in faults] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            {"allowCancellation": True, "cutoffHours": 24, "refundPolicy": "full"},
            CancellationPolicy(cutoff=DAY),
        ),
        (
            {"refundPolicy": "partial", "refundPercentage": 80, "cutoffHours": 4},
            CancellationPolicy(cutoff=4 * HOUR, tiers=(Tier(before=NO_TIME, percent=80),)),
        ),
        ({"refundPolicy": "none"}, CancellationPolicy(tiers=())),
        ({"allowCancellation": False}, CancellationPolicy(is_allowed=False)),
        ({}, CancellationPolicy()),
        ({"refundPolicy": "partial"}, "/cancellationPolicy/refundPercentage required"),
        ({"refundPolicy": "some"}, "/cancellationPolicy/refundPolicy unknown_word"),
        ({"cutoffHours": -1}, "/cancellationPolicy/cutoffHours out_of_range"),
        ({"cutoffHours": 1e300}, "/cancellationPolicy/cutoffHours out_of_range"),
        ({"cutoffHours": 1.5}, "/cancellationPolicy/cutoffHours wrong_type"),
        ({"cutoffHours": float("nan")}, "/cancellationPolicy/cutoffHours wrong_type"),
        ({"cutoffHours": True}, "/cancellationPolicy/cutoffHours wrong_type"),
        ({"allowCancellation": "yes"}, "/cancellationPolicy/allowCancellation wrong_type"),
        (
            {"refundPolicy": "partial", "refundPercentage": 101},
            "/cancellationPolicy/refundPercentage out_of_range",
        ),
        ({"cutOffHours": 24}, "/cancellationPolicy unknown_name"),
    ],
)
def test_the_cancellation_policy_of_seed_003_is_read_b_061_b_093_to_b_096(
    written: dict[str, object], expected: CancellationPolicy | str
) -> None:
    try:
        found: CancellationPolicy | str = cancellation_in(written)
    except InputInvalid as refusal:
        faults = refusal.fields["errors"]
        assert isinstance(faults, tuple)
        found = f"{faults[0].pointer} {faults[0].code}"

    assert found == expected


LENGTHS = st.integers(-100, 2_000).map(lambda hours: hours * HOUR)


@st.composite
def policies(draw: st.DrawFn) -> CancellationPolicy:
    """Draw a policy that may be saved."""
    befores = draw(st.lists(st.integers(0, 1_000), unique=True, max_size=5).map(sorted))
    percents = sorted(draw(st.integers(0, 100)) for _ in befores)
    tiers = [Tier(before=b * HOUR, percent=p) for b, p in zip(befores, percents, strict=True)]
    return CancellationPolicy(
        cutoff=draw(st.integers(0, 1_000)) * HOUR,
        tiers=tuple(draw(st.permutations(tiers))),
        is_allowed=draw(st.booleans()),
        customer_may_cancel_late=draw(st.booleans()),
        late_action=draw(st.sampled_from(LateAction)),
    )


@given(
    policies(), LENGTHS, st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(CancelledBy)
)
def test_a_refund_is_never_less_than_nothing_nor_more_than_what_is_there(
    policy: CancellationPolicy, left: timedelta, one: int, other: int, by: CancelledBy
) -> None:
    """Invariants 17 and 20."""
    paid, refunded = max(one, other), min(one, other)

    found = verdict(policy, left, paid=paid, refunded=refunded, by=by)

    assert cancellation_faults(policy) == []
    assert 0 <= found.refund.amount_minor <= paid - refunded
    if found.allowed:
        assert found.refund.amount_minor + found.forfeited.amount_minor == paid - refunded
    else:
        assert (found.refund, found.forfeited, found.blocked_until) == (eur(0), eur(0), None)


@given(policies(), LENGTHS, LENGTHS, st.integers(0, 10**9))
def test_who_cancels_earlier_never_gets_less(
    policy: CancellationPolicy, one: timedelta, other: timedelta, paid: int
) -> None:
    later, earlier = (verdict(policy, left, paid=paid) for left in sorted((one, other)))

    assert later.refund.amount_minor <= earlier.refund.amount_minor
    assert later.allowed <= earlier.allowed
