"""Policies: their precedence, their limits one by one, their readers and their presets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.bookings import PendingReason
from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction, Tier
from holdfast.domain.intervals import Interval
from holdfast.domain.limits import (
    Proposal,
    pending_reasons,
    refusal_of,
)
from holdfast.domain.money import Money
from holdfast.domain.no_shows import NoShowPolicy
from holdfast.domain.policies import (
    CAPPABLE,
    NOTHING_SAID,
    ActiveLimit,
    CheckInWindow,
    CreationLimit,
    Delay,
    LimitScope,
    Policy,
    check_in_interval,
    due_at,
    effective_policy,
    policy_faults,
)

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
NO_TIME = timedelta(0)
APPROVAL, PAYMENT, DELAY = PendingReason.APPROVAL, PendingReason.PAYMENT, PendingReason.DELAY


def eur(amount: int) -> Money:
    return Money(amount_minor=amount, currency="EUR")


def active(most: int, scope: LimitScope = LimitScope.RESOURCE) -> ActiveLimit:
    return ActiveLimit(scope=scope, most=most)


HOURS_2, HOURS_4 = Policy(notice=2 * HOUR), Policy(notice=4 * HOUR)
TENANT_5 = active(5, LimitScope.TENANT)
WARNING = CancellationPolicy(late_action=LateAction.WARN)


@pytest.mark.parametrize(
    ("tenant", "resources", "offering", "expected"),
    [
        # C-26: offering before resource before tenant.
        (HOURS_2, [], NOTHING_SAID, HOURS_2),
        (HOURS_2, [HOURS_4], NOTHING_SAID, HOURS_4),
        (HOURS_2, [HOURS_4], Policy(notice=NO_TIME), Policy(notice=NO_TIME)),
        # Of several resources the strictest.
        (NOTHING_SAID, [HOURS_2, HOURS_4, HOURS_2], NOTHING_SAID, HOURS_4),
        (
            NOTHING_SAID,
            [Policy(horizon_days=9), Policy(horizon_days=5, party_max=3), Policy(party_max=4)],
            NOTHING_SAID,
            Policy(horizon_days=5, party_max=3),
        ),
        # What has no order is taken from the first that says it.
        (
            NOTHING_SAID,
            [NOTHING_SAID, Policy(cancellation=WARNING), Policy(cancellation=CancellationPolicy())],
            NOTHING_SAID,
            Policy(cancellation=WARNING),
        ),
        # Limits are replaced scope by scope, window by window.
        (
            Policy(active_limits=(active(3), TENANT_5)),
            [],
            Policy(active_limits=(active(9),)),
            Policy(active_limits=(active(9), TENANT_5)),
        ),
        (
            Policy(creation_limits=(CreationLimit(most=6, window=HOUR),)),
            [],
            Policy(creation_limits=(CreationLimit(most=9, window=DAY),)),
            Policy(
                creation_limits=(
                    CreationLimit(most=6, window=HOUR),
                    CreationLimit(most=9, window=DAY),
                )
            ),
        ),
    ],
)
def test_the_nearest_word_counts(
    tenant: Policy, resources: list[Policy], offering: Policy, expected: Policy
) -> None:
    assert effective_policy(tenant=tenant, resources=resources, offering=offering) == expected


@pytest.mark.parametrize(
    ("name", "cap", "laxer", "stricter"),
    [
        ("notice", Policy(notice=2 * HOUR), Policy(notice=HOUR), Policy(notice=3 * HOUR)),
        ("horizon_days", Policy(horizon_days=30), Policy(horizon_days=31), Policy(horizon_days=29)),
        (
            "buffer_before",
            Policy(buffer_before=2 * MINUTE),
            Policy(buffer_before=MINUTE),
            Policy(buffer_before=3 * MINUTE),
        ),
        (
            "buffer_after",
            Policy(buffer_after=2 * MINUTE),
            Policy(buffer_after=NO_TIME),
            Policy(buffer_after=3 * MINUTE),
        ),
        ("party_min", Policy(party_min=2), Policy(party_min=1), Policy(party_min=3)),
        ("party_max", Policy(party_max=8), Policy(party_max=9), Policy(party_max=7)),
        (
            "approval_above",
            Policy(approval_above=eur(100)),
            Policy(approval_above=eur(101)),
            Policy(approval_above=eur(99)),
        ),
        (
            "active_limits",
            Policy(active_limits=(active(3),)),
            Policy(active_limits=(active(4),)),
            Policy(active_limits=(active(2),)),
        ),
        (
            "creation_limits",
            Policy(creation_limits=(CreationLimit(most=6, window=HOUR),)),
            Policy(creation_limits=(CreationLimit(most=7, window=HOUR),)),
            Policy(creation_limits=(CreationLimit(most=5, window=HOUR),)),
        ),
    ],
)
def test_a_cap_of_the_tenant_is_never_loosened_and_may_be_tightened(
    name: str, cap: Policy, laxer: Policy, stricter: Policy
) -> None:
    house = replace(cap, caps=frozenset({name}))

    found = [
        getattr(effective_policy(tenant=house, offering=policy), name)
        for policy in (NOTHING_SAID, laxer, stricter)
    ]

    assert found == [getattr(policy, name) for policy in (cap, cap, stricter)]


def test_every_limit_that_may_be_a_cap_is_in_the_table_above() -> None:
    names = {mark.args[1][row][0] for mark in cap_marks() for row in range(len(mark.args[1]))}

    assert names == CAPPABLE


def cap_marks() -> list[pytest.Mark]:
    marks: list[pytest.Mark] = getattr(
        test_a_cap_of_the_tenant_is_never_loosened_and_may_be_tightened, "pytestmark", []
    )
    return marks


NUMBERS = st.none() | st.integers(1, 9)
LEVELS = st.builds(
    Policy,
    notice=st.none() | st.integers(0, 9).map(lambda hours: hours * HOUR),
    horizon_days=NUMBERS,
    party_max=NUMBERS,
    active_limits=st.lists(
        st.builds(active, st.integers(1, 9), st.sampled_from(LimitScope)),
        unique_by=lambda it: it.scope,
        max_size=3,
    ).map(tuple),
    caps=st.sets(st.sampled_from(["notice", "horizon_days", "party_max", "active_limits"])).map(
        frozenset
    ),
)


@given(LEVELS, st.lists(LEVELS, max_size=3), LEVELS)
def test_what_counts_was_said_by_somebody_and_is_within_every_cap(
    tenant: Policy, resources: list[Policy], offering: Policy
) -> None:
    found = effective_policy(tenant=tenant, resources=resources, offering=offering)

    levels = [tenant, *resources, offering]
    assert found.notice in [level.notice for level in levels]
    if "notice" in tenant.caps and tenant.notice is not None:
        assert found.notice is not None
        assert found.notice >= tenant.notice
    if "party_max" in tenant.caps and tenant.party_max is not None:
        assert found.party_max is not None
        assert found.party_max <= tenant.party_max
    if "active_limits" in tenant.caps:
        most = {limit.scope: limit.most for limit in found.active_limits}
        assert all(most[limit.scope] <= limit.most for limit in tenant.active_limits)
    if offering.party_max is not None and "party_max" not in tenant.caps:
        assert found.party_max == offering.party_max


def proposal(
    *,
    booking_count: int = 1,
    counts: dict[LimitScope, int] | None = None,
    made_ago: tuple[timedelta, ...] = (),
    blocked_for: timedelta | None = None,
) -> Proposal:
    return Proposal(
        zone="Europe/Paris",
        booking_count=booking_count,
        active_counts=counts or {},
        created_at=tuple(NOW - ago for ago in made_ago),
        blocked_until=None if blocked_for is None else NOW + blocked_for,
    )


SIX_AN_HOUR = Policy(creation_limits=(CreationLimit(most=6, window=HOUR),))
FIVE = tuple(n * MINUTE for n in range(5))
ONE_HERE = Policy(active_limits=(active(1),))
HERE, EVERYWHERE = LimitScope.RESOURCE, LimitScope.TENANT


@pytest.mark.parametrize(
    ("policy", "asked", "expected"),
    [
        (NOTHING_SAID, proposal(booking_count=10**6), None),
        # M-48, C-50: by resource, unless said otherwise.
        (ONE_HERE, proposal(counts={HERE: 0, EVERYWHERE: 7}), None),
        (ONE_HERE, proposal(counts={HERE: 1}), "policy.limit_reached 1 1"),
        # B-178.
        (Policy(active_limits=(TENANT_5,)), proposal(counts={EVERYWHERE: 4}), None),
        (
            Policy(active_limits=(TENANT_5,)),
            proposal(counts={EVERYWHERE: 5}),
            "policy.limit_reached 5 5",
        ),
        # A series of 12 against a limit of 10.
        (
            Policy(active_limits=(active(10),)),
            proposal(booking_count=12),
            "policy.limit_reached 10 0",
        ),
        (Policy(active_limits=(active(12),)), proposal(booking_count=12), None),
        # Golden 19, B-188, C-49: the seventh within the hour is refused.
        (SIX_AN_HOUR, proposal(made_ago=FIVE), None),
        (SIX_AN_HOUR, proposal(made_ago=(*FIVE, 6 * MINUTE)), "policy.limit_reached 6 6"),
        (SIX_AN_HOUR, proposal(made_ago=(*FIVE, HOUR)), None),
        (SIX_AN_HOUR, proposal(made_ago=(*FIVE, HOUR - INSTANT)), "policy.limit_reached 6 6"),
        (SIX_AN_HOUR, proposal(made_ago=FIVE, booking_count=12), None),
        # C-58: at the end of the block one may book again.
        (NOTHING_SAID, proposal(blocked_for=INSTANT), f"policy.customer_blocked {NOW + INSTANT}"),
        (NOTHING_SAID, proposal(blocked_for=NO_TIME), None),
    ],
)
def test_each_limit_lets_pass_what_is_at_it_and_refuses_what_is_over_it(
    policy: Policy, asked: Proposal, expected: str | None
) -> None:
    refusal = refusal_of(policy, asked, now=NOW)

    found = refusal and " ".join(map(str, [refusal.code, *refusal.fields.values()]))
    assert found == expected


def test_a_block_says_until_which_day() -> None:
    refusal = refusal_of(NOTHING_SAID, proposal(blocked_for=14 * DAY), now=NOW)

    assert refusal is not None
    assert refusal.detail == "You can book again from 2026-06-15. Until then please call."


@pytest.mark.parametrize(
    ("policy", "total", "expected"),
    [
        (NOTHING_SAID, eur(10**9), ()),
        # Golden 19, B-189: 100000 passes, 100001 waits.
        (Policy(approval_above=eur(100_000)), eur(100_000), ()),
        (Policy(approval_above=eur(100_000)), eur(100_001), (APPROVAL,)),
        (
            Policy(approval_above=eur(1)),
            Money(amount_minor=0, currency="JPY"),
            (APPROVAL,),
        ),
        (Policy(is_approved_by_hand=True), eur(0), (APPROVAL,)),
        (Policy(needs_payment=True), eur(0), ()),
        (Policy(needs_payment=True), eur(1), (PAYMENT,)),
        # M-54, C-57: 0 is at once, more is a delay, null is by payment or by hand.
        (Policy(confirms=Delay(after=NO_TIME)), eur(0), ()),
        (Policy(confirms=Delay(after=HOUR)), eur(0), (DELAY,)),
        (Policy(confirms=Delay(after=HOUR), needs_payment=True), eur(1), (PAYMENT, DELAY)),
        (Policy(confirms=Delay(after=None), needs_payment=True), eur(1), (PAYMENT,)),
        (Policy(confirms=Delay(after=None)), eur(0), (APPROVAL,)),
        (
            Policy(
                approval_above=eur(1),
                is_approved_by_hand=True,
                needs_payment=True,
                confirms=Delay(after=HOUR),
            ),
            eur(2),
            (APPROVAL, PAYMENT, DELAY),
        ),
    ],
)
def test_a_booking_waits_for_what_its_policy_says(
    policy: Policy, total: Money, expected: tuple[PendingReason, ...]
) -> None:
    assert pending_reasons(policy, total=total) == expected


def test_what_happens_by_itself_happens_after_its_delay_or_never_ac_d19() -> None:
    delays = [None, Delay(after=None), Delay(after=NO_TIME), Delay(after=2 * DAY)]

    assert [due_at(it, since=NOW) for it in delays] == [None, None, NOW, NOW + 2 * DAY]


@pytest.mark.parametrize(
    ("window", "opens", "closes"),
    [
        (None, -30 * MINUTE, 2 * HOUR),
        (CheckInWindow(opens_before=HOUR), -HOUR, 2 * HOUR),
        (CheckInWindow(opens_before=NO_TIME, closes_after=10 * MINUTE), NO_TIME, 10 * MINUTE),
        (CheckInWindow(closes_after=DAY), -30 * MINUTE, 2 * HOUR),
    ],
)
def test_one_may_check_in_around_the_start_and_never_after_the_end_c_67(
    window: CheckInWindow | None, opens: timedelta, closes: timedelta
) -> None:
    found = check_in_interval(Policy(check_in=window), starts_at=NOW, ends_at=NOW + 2 * HOUR)

    assert found == Interval(starts_at=NOW + opens, ends_at=NOW + closes)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), []),
        (Policy(party_min=3), []),
        (Policy(party_max=3), []),
        (
            Policy(
                notice=NO_TIME,
                horizon_days=0,
                party_min=1,
                party_max=1,
                approval_above=eur(0),
                active_limits=(active(1),),
                creation_limits=tuple(
                    CreationLimit(most=1, window=n * MINUTE) for n in range(1, 6)
                ),
                check_in=CheckInWindow(opens_before=NO_TIME, closes_after=MINUTE),
                confirms=Delay(after=NO_TIME),
                pending_expires=Delay(after=MINUTE),
            ),
            [],
        ),
        (Policy(notice=-HOUR, horizon_days=-1), ["/horizon_days", "/notice"]),
        (Policy(buffer_before=timedelta(seconds=90)), ["/buffer_before"]),
        (Policy(party_min=0, party_max=0), ["/party_min", "/party_max"]),
        (Policy(party_min=5, party_max=4), ["/party_max"]),
        (
            Policy(active_limits=(active(0), active(2))),
            ["/active_limits/0/most", "/active_limits/1/scope"],
        ),
        (
            Policy(creation_limits=(CreationLimit(most=1, window=HOUR),) * 2),
            ["/creation_limits/1/window"],
        ),
        (
            Policy(
                creation_limits=tuple(CreationLimit(most=1, window=n * HOUR) for n in range(1, 7))
            ),
            ["/creation_limits"],
        ),
        (Policy(check_in=CheckInWindow(closes_after=NO_TIME)), ["/check_in/closes_after"]),
        (Policy(confirms=Delay(after=-HOUR)), ["/confirms/after"]),
        (Policy(pending_expires=Delay(after=NO_TIME)), ["/pending_expires/after"]),
        (Policy(caps=frozenset({"cancellation", "notice", "x"})), ["/caps", "/caps"]),
        (
            Policy(
                cancellation=CancellationPolicy(tiers=(Tier(before=HOUR, percent=101),)),
                no_show=NoShowPolicy(fee_percent=-1),
            ),
            ["/cancellation/tiers/0/percent", "/no_show/fee_percent"],
        ),
    ],
)
def test_a_policy_is_checked_before_it_is_saved(policy: Policy, expected: list[str]) -> None:
    assert [fault.pointer for fault in policy_faults(policy, pointer="")] == expected
