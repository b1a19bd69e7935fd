"""What a listing works out ahead equals what the rules and claims say of each slot by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.capacity import peak_units
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.ids import ClaimId, ResourceId
from holdfast.domain.intervals import Interval
from holdfast.domain.listing import Asked, open_slots, wishes_in
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.rule_kinds import Rule, WeeklyRule
from holdfast.domain.scenes import ClaimIndex, Scene
from holdfast.domain.schedules import is_open, open_intervals, slots_on_grid
from holdfast.domain.timetables import Timetables
from tests.unit.test_assignment import offering, person, tenant
from tests.unit.test_schedules_painted import any_rules

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
# The clocks of Paris are put back on 25 October.
START = datetime(2026, 10, 23, 22, tzinfo=UTC)
WINDOW = Interval(starts_at=START, ends_at=START + timedelta(days=3))


def _after(quarters: int) -> datetime:
    return START + quarters * QUARTER


@st.composite
def _stretches(draw: st.DrawFn) -> Interval:
    first = draw(st.integers(0, 3 * 96))
    length = draw(st.integers(1, 100))
    return Interval(starts_at=_after(first), ends_at=_after(first + length))


@settings(deadline=None, max_examples=60)
@given(
    rules=st.lists(any_rules(), max_size=4),
    asked=st.lists(_stretches(), min_size=1, max_size=20),
    duration=st.integers(1, 8).map(lambda count: count * QUARTER),
)
def test_hours_that_are_worked_out_ahead_are_those_of_the_rules(
    rules: list[Rule], asked: list[Interval], duration: timedelta
) -> None:
    """Elsewhere than in the window the rules themselves are asked."""
    timetables, step = Timetables(WINDOW), 2 * QUARTER

    for stretch in asked:
        at = stretch.starts_at
        assert timetables.covers(rules, stretch) is is_open(rules, stretch)
        assert timetables.opens_during(rules, stretch) is bool(open_intervals(rules, stretch))
        assert timetables.is_start(rules, at, duration=duration, step=step) is slots_on_grid(
            rules, at, duration=duration, step=step
        )


def _claim(number: int, stretch: Interval, units: int, owner: str) -> Claim:
    return Claim(
        claim_id=ClaimId(f"clm_{number}"),
        key="res:ann",
        resource_id=ResourceId("ann"),
        owner_kind=ClaimOwner.BLOCK if owner == "blk" else ClaimOwner.BOOKING,
        owner_id=owner,
        units=units,
        starts_at=stretch.starts_at,
        ends_at=stretch.ends_at,
        counts_until=None,
        is_exclusive=False,
        is_over=False,
        actor_id="system",
        reason=None,
        acquired_at=START,
        converted_at=None,
        released_at=None,
    )


_CLAIMS = st.lists(
    st.tuples(_stretches(), st.integers(1, 3), st.sampled_from(["bkg_1", "bkg_2", "blk"])),
    max_size=12,
).map(lambda rows: [_claim(i, *row) for i, row in enumerate(rows)])


@settings(deadline=None)
@given(claims=_CLAIMS, stretch=_stretches(), without=st.sampled_from([(), ("bkg_1",)]))
def test_what_is_taken_is_what_the_claims_that_meet_say(
    claims: list[Claim], stretch: Interval, without: tuple[str, ...]
) -> None:
    index = ClaimIndex(claims)
    others = [one for one in claims if one.owner_id not in without]
    blocks = [one for one in claims if one.owner_kind is ClaimOwner.BLOCK]

    assert index.peak(stretch, without=without) == peak_units(others, stretch)
    assert index.block_over(stretch) == min(
        (one for one in blocks if one.interval.overlaps(stretch)),
        key=lambda one: (one.starts_at, one.ends_at),
        default=None,
    )


# ------------------------------------------------------- the evaluator against an obvious one


@st.composite
def _scenes(draw: st.DrawFn) -> Scene:
    """Any so many of three people serve, each with hours, bookings and blocks of their own."""
    names = ["ann", "bob", "cay"]
    needed = Requirement(
        resource_ids=tuple(map(ResourceId, names)),
        choosing=Choosing.ANY_OF,
        members=draw(st.integers(1, 3)),
    )
    visit = replace(
        offering(needed),
        zone="Europe/Paris",
        slot_step=2 * QUARTER,
        buffer_before=draw(st.integers(0, 2)) * QUARTER,
        buffer_after=draw(st.integers(0, 2)) * QUARTER,
    )
    return Scene(
        tenant=tenant,
        offering=visit,
        resources={ResourceId(name): person(name) for name in names},
        rules={name: (draw(_hours()),) for name in names} | {visit.offering_id: ()},
        claims={ResourceId(name): ClaimIndex(_one_by_one(draw(_CLAIMS))) for name in names},
        used_by_slot={},
        stored_slots={},
        timetables=Timetables(WINDOW),
    )


def _one_by_one(claims: list[Claim]) -> list[Claim]:
    """Leave out what would take more of a person than there is: a pool owes that elsewhere."""
    kept: list[Claim] = []
    for one in claims:
        if not any(one.interval.overlaps(other.interval) for other in kept):
            kept.append(replace(one, units=1))
    return kept


@st.composite
def _hours(draw: st.DrawFn) -> WeeklyRule:
    opens = draw(st.integers(0, 20)) * 60
    return WeeklyRule(
        weekdays=frozenset({5, 6, 7}),
        opens_minute=opens,
        closes_minute=opens + draw(st.integers(1, 12)) * 60,
        zone="Europe/Paris",
    )


def _is_free(scene: Scene, name: str, starts_at: datetime) -> bool:
    """Look at every quarter of an hour: is it open during the visit, and not taken around it?"""
    visit = scene.offering
    ends_at = starts_at + visit.duration
    first, last = starts_at - visit.buffer_before, ends_at + visit.buffer_after
    rules, claims = scene.rules[name], scene.claims[ResourceId(name)]
    quarters = int((last - first) / QUARTER)
    for instant in (first + i * QUARTER for i in range(quarters)):
        quarter = Interval(starts_at=instant, ends_at=instant + QUARTER)
        if starts_at <= instant < ends_at and not open_intervals(rules, quarter):
            return False
        if claims.peak(quarter):
            return False
    return True


@settings(deadline=None, max_examples=60)
@given(scene=_scenes())
def test_what_is_listed_is_what_a_slow_look_at_every_quarter_of_an_hour_finds(
    scene: Scene,
) -> None:
    """Issue 4: the evaluator against a slow obvious one, while clocks are put back."""
    members = scene.offering.requirements[0].members
    now = START - HOUR

    listed = open_slots(scene, WINDOW, asked=Asked(), now=now)

    found = {}
    for wish in wishes_in(scene, WINDOW, asked=Asked()):
        free = sum(_is_free(scene, name, wish.starts_at) for name in scene.resources)
        if free >= members:
            found[wish.starts_at] = free // members
    assert {slot.starts_at: slot.remaining for slot in listed} == found
