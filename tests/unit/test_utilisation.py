"""Utilisation: one day of a resource, added up exactly and rounded once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.calendars import DayState
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.ids import ClaimId, ResourceId
from holdfast.domain.intervals import Interval
from holdfast.domain.resources import Resource, ResourceStatus, Scheme
from holdfast.domain.utilisation import DayReport, report_day, share

ON = date(2026, 6, 1)
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = Interval(starts_at=MIDNIGHT, ends_at=MIDNIGHT + timedelta(days=1))
MINUTES_A_DAY = 24 * 60


def resource(capacity: int | None, scheme: Scheme = Scheme.INTERVAL) -> Resource:
    """Return a resource."""
    return Resource(
        resource_id=ResourceId("res_1"),
        kind="room",
        name="Room",
        short_name=None,
        description="",
        category_id=None,
        capacity=capacity,
        scheme=scheme,
        zone=None,
        owner_id=None,
        skills=(),
        sort_order=0,
        status=ResourceStatus.ACTIVE,
        created_at=MIDNIGHT,
        deleted_at=None,
        version=1,
    )


def stretch(first: int, last: int) -> Interval:
    """Return the time between two minutes, counted from the midnight of the day."""
    return Interval(starts_at=MIDNIGHT + first * MINUTE, ends_at=MIDNIGHT + last * MINUTE)


def claim(
    first: int, last: int, *, owner: ClaimOwner = ClaimOwner.BOOKING, units: int = 1
) -> Claim:
    """Return units taken from one minute to another."""
    interval = stretch(first, last)
    return Claim(
        claim_id=ClaimId(f"clm_{first}_{last}_{owner}_{units}"),
        key="res:res_1",
        resource_id=ResourceId("res_1"),
        owner_kind=owner,
        owner_id="one",
        units=units,
        starts_at=interval.starts_at,
        ends_at=interval.ends_at,
        counts_until=None,
        is_exclusive=False,
        is_over=False,
        actor_id="test",
        reason=None,
        acquired_at=MIDNIGHT,
        converted_at=None,
        released_at=None,
    )


def reported(capacity: int | None, hours: list[Interval], *claims: Claim) -> DayReport:
    """Report the day."""
    return report_day(resource(capacity), ON, DAY, hours=hours, claims=claims)


def test_a_day_is_added_up_by_who_takes_it_and_cut_at_its_midnights() -> None:
    """AC-R05."""
    row = reported(
        2,
        [stretch(9 * 60, 17 * 60)],
        claim(-60, 60, units=2),
        claim(10 * 60, 11 * 60),
        claim(10 * 60, 11 * 60, owner=ClaimOwner.HOLD),
        claim(12 * 60, 13 * 60, owner=ClaimOwner.SLOT),
        claim(16 * 60, 20 * 60, owner=ClaimOwner.BLOCK, units=2),
    )

    hour = timedelta(hours=1)
    assert (row.open, row.open_units, row.blocked) == (8 * hour, 16 * hour, hour)
    assert (row.booked, row.held, row.in_slots, row.taken) == (3 * hour, hour, hour, 5 * hour)
    assert row.utilisation == Decimal("0.3571")  # 5 of (8 - 1) * 2


def test_nothing_is_divided_by_nothing() -> None:
    """AC-R05, C-10: unlimited, closed or blocked all day."""
    unlimited = reported(None, [DAY], claim(0, 60, units=100))
    closed = reported(1, [])
    blocked = reported(1, [stretch(60, 120)], claim(0, 600, owner=ClaimOwner.BLOCK))

    assert [row.utilisation for row in (unlimited, closed, blocked)] == [None, None, None]
    assert (unlimited.open_units, unlimited.taken) == (None, timedelta(hours=100))


def test_a_dated_day_is_reported_in_units_with_the_capacity_of_that_day() -> None:
    """AC-R05, C-08."""
    units = DayState(falls_on=ON, capacity=4, taken=5, is_own=True, is_blocked=False)
    row = report_day(resource(9, Scheme.DATED), ON, DAY, hours=[DAY], claims=(), units=units)

    assert (row.capacity, units.remaining, units.over_commit) == (4, 0, 1)
    assert row.utilisation == Decimal("1.2500")


@given(
    st.lists(
        st.tuples(
            st.integers(-60, MINUTES_A_DAY + 60),
            st.integers(1, 600),
            st.integers(1, 3),
            st.sampled_from(list(ClaimOwner)),
        ),
        max_size=12,
    ),
    st.integers(1, 4),
)
def test_a_day_is_what_counting_its_minutes_one_by_one_says(
    taken: list[tuple[int, int, int, ClaimOwner]], capacity: int
) -> None:
    """AC-R05: against a dumber sum."""
    hours = [stretch(8 * 60, 12 * 60), stretch(13 * 60, 20 * 60)]
    claims = [claim(at, at + long, owner=who, units=n) for at, long, n, who in taken]

    row = report_day(resource(capacity), ON, DAY, hours=hours, claims=claims)

    used = blocked = there = 0
    for minute in range(MINUTES_A_DAY):
        at = MIDNIGHT + minute * MINUTE
        here = [one for one in claims if one.starts_at <= at < one.ends_at]
        is_open = any(one.covers(at) for one in hours)
        is_blocked = any(one.owner_kind is ClaimOwner.BLOCK for one in here)
        used += sum(one.units for one in here if one.owner_kind is not ClaimOwner.BLOCK)
        blocked += is_open and is_blocked
        there += is_open and not is_blocked
    assert (row.taken, row.blocked) == (used * MINUTE, blocked * MINUTE)
    assert row.utilisation == share(used, there * capacity)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_the_nearest_of_four_places(taken: int, there: int) -> None:
    """AC-R05: rounded once, half up."""
    found = share(taken, there)

    assert found is not None
    error = Fraction(found) - Fraction(taken, there)
    assert Fraction(-1, 20_000) < error <= Fraction(1, 20_000)
