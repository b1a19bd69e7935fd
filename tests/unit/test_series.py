"""Series: what becomes of each occurrence, and what may happen to it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.bookings import BookingStatus
from holdfast.domain.errors import (
    AvailabilityClosed,
    HoldfastError,
    InputInvalid,
    LimitReached,
    TransitionNotAllowed,
)
from holdfast.domain.ids import BookingId, SeriesId
from holdfast.domain.intervals import Interval
from holdfast.domain.recurrence import parse_recurrence
from holdfast.domain.series import (
    OCCURRENCE_TRANSITIONS,
    OCCURRENCES_MAX,
    SHIFT_MAX,
    Alternatives,
    ClashPolicy,
    Judge,
    LocalStart,
    OccurrenceAction,
    OccurrenceOutcome,
    SeriesAction,
    SeriesOccurrence,
    SeriesPlan,
    SeriesStatus,
    completed_count,
    occurrence_id_of,
    occurrence_transition,
    plan_series,
    starts_of,
    transition,
)
from holdfast.domain.zones import zone

PARIS = zone("Europe/Paris")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NINE = 9 * 60
# Four Mondays at nine; the clocks of Paris are put back on 25 October 2026.
MONDAYS = [LocalStart(day=date(2026, 10, 12) + n * 7 * DAY, minute=NINE) for n in range(4)]
TAKEN = AvailabilityClosed("Taken.", reason="blocked")


def one_hour(starts_at: datetime) -> Interval:
    return Interval(starts_at=starts_at, ends_at=starts_at + HOUR)


def free_but(*days: int) -> Judge:
    """Refuse what is on one of these days of October, and what the series itself takes."""

    def judge(interval: Interval, taken: Sequence[Interval]) -> HoldfastError | None:
        is_busy = interval.starts_at.month == 10 and interval.starts_at.day in days
        return TAKEN if is_busy or any(interval.overlaps(it) for it in taken) else None

    return judge


def hours_near(wanted: Interval) -> list[Interval]:
    return [one_hour(wanted.starts_at + n * HOUR) for n in (30, -26, -25, 25, 3, -3)]


def planned(
    clashes: ClashPolicy,
    judge: Judge,
    *,
    starts: Sequence[LocalStart] = MONDAYS,
    alternatives: Alternatives = hours_near,
) -> SeriesPlan:
    return plan_series(
        starts,
        zone=PARIS,
        duration=HOUR,
        clashes=clashes,
        judge=judge,
        alternatives=alternatives,
    )


def outcomes(plan: SeriesPlan) -> str:
    return " ".join(it.outcome for it in plan.occurrences)


ALL, SKIP, SHIFT, PLAN = ClashPolicy


@pytest.mark.parametrize(
    ("clashes", "busy", "expected", "is_accepted", "booked"),
    [
        (ALL, (), "created created created created", True, 4),
        (ALL, (19,), "planned failed planned planned", False, 0),
        (SKIP, (19,), "created skipped created created", True, 3),
        (SKIP, range(32), "skipped skipped skipped created", True, 1),
        (SHIFT, (19,), "created shifted created created", True, 4),
        (SHIFT, (18, 19, 20), "created failed created created", True, 3),
        (PLAN, (19,), "planned failed planned planned", True, 0),
        (PLAN, (), "planned planned planned planned", True, 0),
    ],
)
def test_each_occurrence_has_its_outcome_ac_i02(
    clashes: ClashPolicy, busy: Sequence[int], expected: str, *, is_accepted: bool, booked: int
) -> None:
    plan = planned(clashes, free_but(*busy))

    assert outcomes(plan) == expected
    assert (plan.is_accepted, len(plan.booked)) == (is_accepted, booked)


def test_a_refusal_is_kept_beside_its_occurrence_also_where_it_was_shifted() -> None:
    plan = planned(SHIFT, free_but(19))

    assert [it.refusal for it in plan.occurrences] == [None, TAKEN, None, None]


def test_nothing_at_all_left_is_no_series() -> None:
    def busy(_interval: Interval, _taken: Sequence[Interval]) -> HoldfastError | None:
        return TAKEN

    found = [planned(clashes, busy) for clashes in ClashPolicy]

    assert [it.is_accepted for it in found] == [False] * 4
    assert [outcomes(it).split()[0] for it in found] == ["failed", "skipped", "failed", "failed"]


def test_a_shift_is_to_the_nearest_free_time_and_of_two_as_near_to_the_earlier() -> None:
    # Three hours before and three hours after are as near; the whole day is taken for the second.
    only_monday = free_but(19)

    def not_nine(interval: Interval, taken: Sequence[Interval]) -> HoldfastError | None:
        return TAKEN if interval.starts_at.hour == 7 else only_monday(interval, taken)

    found = planned(SHIFT, not_nine).occurrences[:2]

    assert [it.interval.starts_at for it in found] == [
        datetime(2026, 10, 12, 4, tzinfo=UTC),
        datetime(2026, 10, 18, 6, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(SHIFT_MAX, "shifted"), (SHIFT_MAX + timedelta(microseconds=1), "failed")],
)
def test_a_shift_is_not_farther_than_its_limit(distance: timedelta, expected: str) -> None:
    def only_far(wanted: Interval) -> list[Interval]:
        return [one_hour(wanted.starts_at + distance)]

    plan = planned(SHIFT, free_but(12), starts=MONDAYS[:1], alternatives=only_far)

    assert outcomes(plan) == expected


@pytest.mark.parametrize(
    "start",
    [
        LocalStart(day=date(1970, 1, 2), minute=0),
        LocalStart(day=date(2199, 11, 30), minute=1_439),
    ],
)
def test_the_first_and_the_last_start_that_are_taken_can_last_as_long_as_any(
    start: LocalStart,
) -> None:
    plan = plan_series(
        [start], zone=PARIS, duration=31 * DAY, clashes=SKIP, judge=lambda _it, _taken: None
    )

    assert outcomes(plan) == "created"


def test_nine_stays_nine_when_clocks_change() -> None:
    plan = planned(SKIP, free_but())

    assert [it.interval.starts_at.hour for it in plan.occurrences] == [7, 7, 8, 8]
    assert {it.interval.duration for it in plan.occurrences} == {HOUR}


@pytest.mark.parametrize(
    ("clashes", "outcome"), [(SKIP, "skipped"), (ALL, "failed"), (SHIFT, "shifted")]
)
def test_a_time_that_clocks_skip_is_refused_and_shifted_to_the_end_of_the_gap(
    clashes: ClashPolicy, outcome: str
) -> None:
    # 02:30 does not happen in Paris on 29 March 2026; 03:00 is 01:00 UTC.
    gap = [LocalStart(day=date(2026, 3, 29), minute=150)]

    found = planned(clashes, free_but(), starts=gap).occurrences[0]

    assert found.refusal is not None
    assert (found.outcome, found.refusal.fields["reason"], found.interval) == (
        outcome,
        "skipped_time",
        one_hour(datetime(2026, 3, 29, 1, tzinfo=UTC)),
    )


def test_a_series_does_not_clash_with_itself_unseen() -> None:
    overlapping = [LocalStart(day=date(2026, 10, 12), minute=NINE + n * 30) for n in range(3)]

    plan = planned(SKIP, free_but(), starts=overlapping)

    assert outcomes(plan) == "created skipped created"


def test_a_series_of_twelve_does_not_pass_a_limit_of_ten() -> None:
    starts = [LocalStart(day=date(2026, 10, 1) + n * DAY, minute=NINE) for n in range(12)]

    def at_most_ten(_interval: Interval, taken: Sequence[Interval]) -> HoldfastError | None:
        full = LimitReached("At most 10.", limit=10, actual=len(taken))
        return full if len(taken) >= 10 else None

    found = [planned(it, at_most_ten, starts=starts) for it in (SKIP, ALL)]

    assert [len(it.booked) for it in found] == [10, 0]


@pytest.mark.parametrize(
    ("starts", "occurrences_max", "expected"),
    [
        ([], 10, "/occurrences out_of_range"),
        (MONDAYS, 3, "/occurrences out_of_range"),
        (MONDAYS * 2, 10, "/occurrences repeated"),
        (
            [LocalStart(day=date(2026, 1, 1), minute=n) for n in range(OCCURRENCES_MAX + 1)],
            10_000,
            "/occurrences out_of_range",
        ),
        ([LocalStart(day=date(2026, 1, 1), minute=1_440)], 10, "/occurrences/0 out_of_range"),
        ([LocalStart(day=date(1970, 1, 1), minute=0)], 10, "/occurrences/0 out_of_range"),
        ([LocalStart(day=date(2199, 12, 1), minute=0)], 10, "/occurrences/0 out_of_range"),
    ],
)
def test_a_series_has_some_occurrences_and_not_too_many_ac_i01(
    starts: list[LocalStart], occurrences_max: int, expected: str
) -> None:
    with pytest.raises(InputInvalid) as refused:
        plan_series(
            starts,
            zone=PARIS,
            duration=HOUR,
            clashes=SKIP,
            judge=free_but(),
            occurrences_max=occurrences_max,
        )

    faults = refused.value.fields["errors"]
    assert isinstance(faults, tuple)
    assert f"{faults[0].pointer} {faults[0].code}" == expected


@given(
    clashes=st.sampled_from(ClashPolicy),
    minutes=st.lists(st.integers(0, 600), min_size=1, max_size=12, unique=True),
    busy=st.sets(st.integers(0, 23)),
)
def test_what_is_booked_is_free_disjoint_and_all_or_nothing_invariant_39(
    clashes: ClashPolicy, minutes: list[int], busy: set[int]
) -> None:
    starts = [LocalStart(day=date(2026, 10, 12), minute=minute) for minute in minutes]

    def judge(interval: Interval, taken: Sequence[Interval]) -> HoldfastError | None:
        is_busy = interval.starts_at.hour in busy
        return TAKEN if is_busy or any(interval.overlaps(it) for it in taken) else None

    plan = planned(clashes, judge, starts=starts)

    intervals = [it.interval for it in plan.booked]
    assert len(plan.occurrences) == len(starts)
    assert all(judge(it, intervals[:n]) is None for n, it in enumerate(intervals))
    if clashes is ALL:
        assert len(plan.booked) in (0, len(starts))
    if clashes is PLAN:
        assert not plan.booked


SERIES_TABLE = {
    ("active", "cancel"): "cancelled",
    ("cancelled", "cancel"): "cancelled",
}


@pytest.mark.parametrize("status", SeriesStatus)
@pytest.mark.parametrize("action", SeriesAction)
def test_a_series_does_what_its_table_says(status: SeriesStatus, action: SeriesAction) -> None:
    try:
        found = transition(status, action).value
    except TransitionNotAllowed as refusal:
        found = refusal.code

    assert found == SERIES_TABLE.get((status, action), "state.transition_not_allowed")


@pytest.mark.parametrize("outcome", OccurrenceOutcome)
def test_one_occurrence_is_skipped_added_again_and_moved(outcome: OccurrenceOutcome) -> None:
    found = [
        occurrence_transition(outcome, action, series=SeriesStatus.ACTIVE).value
        for action in (OccurrenceAction.SKIP, OccurrenceAction.ADD, OccurrenceAction.MOVE)
    ]

    assert found == ["skipped", "shifted" if outcome == "shifted" else "created", "shifted"]


def test_every_pair_of_an_occurrence_has_a_row() -> None:
    assert len(OCCURRENCE_TRANSITIONS) == len(OccurrenceOutcome) * len(OccurrenceAction)


@pytest.mark.parametrize("series", [SeriesStatus.ENDED, SeriesStatus.CANCELLED])
def test_of_a_series_that_is_over_nothing_is_booked_any_more(series: SeriesStatus) -> None:
    created = OccurrenceOutcome.CREATED

    with pytest.raises(TransitionNotAllowed):
        occurrence_transition(created, OccurrenceAction.MOVE, series=series)

    found = occurrence_transition(created, OccurrenceAction.SKIP, series=series)
    assert found is OccurrenceOutcome.SKIPPED


def kept(index: int, *, status: str | None = "confirmed") -> SeriesOccurrence:
    """An occurrence of an hour, one a day from noon on."""
    starts_at = NOON + index * DAY
    return SeriesOccurrence(
        occurrence_id=occurrence_id_of(SeriesId("ser_1"), index),
        series_id=SeriesId("ser_1"),
        series_index=index,
        wanted_on=starts_at.date(),
        wanted_minute=720,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        outcome=OccurrenceOutcome.CREATED if status else OccurrenceOutcome.SKIPPED,
        reason_code=None,
        reason=None,
        alternatives=(),
        booking_id=BookingId(f"bkg_{index}") if status else None,
        created_at=NOON,
        version=1,
    )


def test_what_took_place_is_counted_ac_i03() -> None:
    said = ["confirmed", "cancelled", None, "completed", "no_show", "confirmed", "completed"]
    line = [kept(index, status=status) for index, status in enumerate(said)]
    statuses = {
        BookingId(f"bkg_{index}"): BookingStatus(status)
        for index, status in enumerate(said)
        if status
    }

    counts = [completed_count(line, statuses, now=line[5].ends_at - it) for it in (HOUR, 0 * HOUR)]

    # The last one is still to come, and staff say that it took place.
    assert counts == [3, 4]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=3", [1, 2, 3]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20260606", [1, 3, 5]),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", [1, 3, 8, 10]),
        ("FREQ=MONTHLY;COUNT=1", [1]),
    ],
)
def test_a_rule_names_the_days_ac_i01(rule: str, days: list[int]) -> None:
    found = starts_of(parse_recurrence(rule, date(2026, 6, 1)), minute=NINE, most=10)

    assert found == [LocalStart(day=date(2026, 6, day), minute=NINE) for day in days]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FREQ=DAILY", "endless"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20260620", "empty"),
        ("FREQ=YEARLY;COUNT=12", "too_long"),
        ("FREQ=DAILY;COUNT=11", "policy.limit_reached"),
    ],
)
def test_a_rule_that_is_no_series_is_refused(rule: str, code: str) -> None:
    with pytest.raises(HoldfastError) as refused:
        starts_of(parse_recurrence(rule, date(2026, 6, 1)), minute=NINE, most=10)

    faults = refused.value.fields.get("errors", ())
    assert isinstance(faults, tuple)
    assert code in [refused.value.code, *(fault.code for fault in faults)]
