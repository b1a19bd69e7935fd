"""Waitlists: statuses, the order of the line, and that a large party is not passed for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.customers import Contact
from holdfast.domain.errors import InvitationExpired, TransitionNotAllowed
from holdfast.domain.ids import OfferingId, ResourceId, WaitlistEntryId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.policies import Policy
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.shapes import Stay
from holdfast.domain.waitlists import (
    PASSES_MAX,
    Given,
    InvitationPlan,
    WaitlistAction,
    WaitlistEntry,
    WaitlistStatus,
    WishedDates,
    Wishes,
    entry_faults,
    gathers,
    gathers_until,
    in_order,
    is_over,
    is_wished,
    plan_invitations,
    position_of,
    transition,
    wishes_for,
)

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
WAITING, INVITED = WaitlistStatus.WAITING, WaitlistStatus.INVITED


YOGA = Offering(
    offering_id=OfferingId("off_1"),
    slug="yoga",
    name="Yoga",
    description="",
    kind="course",
    counting=Counting.PLACES,
    slot_capacity=8,
    duration=HOUR,
    slot_step=None,
    buffer_before=timedelta(0),
    buffer_after=timedelta(0),
    notice=None,
    horizon_days=None,
    party_min=1,
    party_max=None,
    hold_ttl=HOUR,
    is_approved_by_hand=False,
    price=Money(amount_minor=0, currency="EUR"),
    price_unit=PriceUnit.BOOKING,
    requirements=(),
    zone=None,
    sort_order=0,
    status=OfferingStatus.ACTIVE,
    created_at=NOW,
    deleted_at=None,
    version=1,
)


def entry(
    name: str,
    size: int = 1,
    *,
    after: int = 0,
    priority: int = 0,
    passed: int = 0,
    status: WaitlistStatus = WAITING,
    wishes: Wishes | None = None,
) -> WaitlistEntry:
    return WaitlistEntry(
        entry_id=WaitlistEntryId(name),
        number=name,
        status=status,
        offering_id=OfferingId("off_1"),
        party_size=size,
        wishes=wishes or Wishes(),
        priority=priority,
        passed_count=passed,
        customer_id=None,
        contact=Contact(),
        placed_by="test",
        invited_at=None,
        expires_at=None,
        booking_id=None,
        created_at=NOW + after * MINUTE,
        version=1,
    )


TABLE = {
    ("waiting", "invite"): "invited",
    ("waiting", "expire"): "expired",
    ("waiting", "leave"): "left",
    ("invited", "withdraw"): "waiting",
    ("invited", "accept"): "accepted",
    ("invited", "decline"): "declined",
    ("invited", "leave"): "left",
    ("accepted", "accept"): "accepted",
    ("declined", "decline"): "declined",
    ("declined", "leave"): "declined",
    ("expired", "expire"): "expired",
    ("expired", "leave"): "expired",
    ("left", "leave"): "left",
}
# What is otherwise at the instant at which the invitation ends, and after it.
TABLE_WHEN_OVER = {
    **TABLE,
    ("invited", "expire"): "expired",
    ("invited", "accept"): "invitation.expired",
}


def outcome(status: WaitlistStatus, action: WaitlistAction, *, ends_at: datetime) -> str:
    try:
        return transition(status, action, now=NOW, invitation_expires_at=ends_at).value
    except (InvitationExpired, TransitionNotAllowed) as refusal:
        return refusal.code


@pytest.mark.parametrize("status", WaitlistStatus)
@pytest.mark.parametrize("action", WaitlistAction)
def test_an_entry_does_what_its_table_says_and_an_invitation_ends_at_its_instant(
    status: WaitlistStatus, action: WaitlistAction
) -> None:
    refused = "state.transition_not_allowed"

    before = outcome(status, action, ends_at=NOW + INSTANT)
    exactly = outcome(status, action, ends_at=NOW)

    assert before == TABLE.get((status, action), refused)
    assert exactly == TABLE_WHEN_OVER.get((status, action), refused)


LINE = [
    entry("b", after=1),
    entry("a", after=1),
    entry("vip", after=9, priority=5),
    entry("first"),
    entry("gone", status=WaitlistStatus.LEFT),
]


def test_the_line_is_priority_then_who_came_first_c_62() -> None:
    found = [it.entry_id for it in in_order(LINE)]

    assert found == ["vip", "first", "gone", "a", "b"]


def test_a_position_counts_those_who_wait_ac_h01() -> None:
    names = ("vip", "first", "gone", "a", "b", "nobody")

    found = [position_of(WaitlistEntryId(name), LINE) for name in names]

    assert found == [1, 2, None, 3, 4, None]


LINES = st.lists(
    st.builds(
        entry,
        st.uuids().map(str),
        st.integers(1, 9),
        after=st.integers(0, 3),
        priority=st.integers(0, 2),
    ),
    unique_by=lambda it: it.entry_id,
    max_size=12,
)


@given(LINES.flatmap(lambda line: st.tuples(st.just(line), st.permutations(line))))
def test_the_order_is_total_and_does_not_depend_on_how_the_line_is_given(
    lines: tuple[list[WaitlistEntry], list[WaitlistEntry]],
) -> None:
    line, shuffled = lines

    assert in_order(shuffled) == in_order(line) == in_order(in_order(line))


class Pot:
    """Free places that are given away as long as there are enough."""

    def __init__(self, free: int, capacity: int | None = None) -> None:
        self.free, self.capacity = free, capacity

    def give(self, one: WaitlistEntry) -> Given:
        if self.capacity is not None and one.party_size > self.capacity:
            return Given.NEVER
        if one.party_size > self.free:
            return Given.NOT_NOW
        self.free -= one.party_size
        return Given.YES


def plan(
    entries: Sequence[WaitlistEntry],
    pot: Pot,
    *,
    gathers: bool = True,
    passes_max: int = PASSES_MAX,
) -> InvitationPlan:
    return plan_invitations(
        entries, give=pot.give, may_stand=lambda _one: gathers, passes_max=passes_max
    )


BIG, SMALL, TINY = entry("big", 4), entry("small", 2, after=1), entry("tiny", 1, after=2)
STANDING = replace(BIG, passed_count=PASSES_MAX)


@pytest.mark.parametrize(
    ("entries", "free", "more", "expected"),
    [
        # (invited, passes, who stands, places kept)
        ([], 5, {}, ([], {}, None, 0)),
        ([BIG, SMALL, TINY], 0, {}, ([], {}, None, 0)),
        ([BIG, SMALL, TINY], 7, {}, (["big", "small", "tiny"], {}, None, 0)),
        ([BIG, SMALL, TINY], 6, {}, (["big", "small"], {}, None, 0)),
        ([BIG, SMALL, TINY], 3, {}, (["small", "tiny"], {"big": 2}, None, 0)),
        ([BIG, SMALL, TINY], 1, {}, (["tiny"], {"big": 1, "small": 1}, None, 0)),
        # Who has been passed often enough is not passed again.
        ([STANDING, SMALL, TINY], 3, {}, ([], {}, "big", 3)),
        ([STANDING, SMALL, TINY], 4, {}, (["big"], {}, None, 0)),
        ([STANDING, SMALL, TINY], 5, {}, (["big", "tiny"], {"small": 1}, None, 0)),
        # The last pass it may have makes it stand within the same plan.
        (
            [replace(BIG, passed_count=PASSES_MAX - 1), SMALL, TINY],
            3,
            {},
            (["small"], {"big": PASSES_MAX}, "big", 1),
        ),
        # A higher priority still goes first.
        ([STANDING, entry("vip", 2, after=9, priority=1)], 3, {}, (["vip"], {}, "big", 1)),
        # Nobody stands for what the slot does not have.
        ([STANDING, SMALL], 3, {"capacity": 3}, (["small"], {}, None, 0)),
        ([STANDING, SMALL], 3, {"capacity": 4}, ([], {}, "big", 3)),
        ([STANDING, SMALL], 0, {}, ([], {}, None, 0)),
        # Nor when it is too late to gather.
        ([STANDING, SMALL], 3, {"may_gather": False}, (["small"], {"big": 4}, None, 0)),
        ([replace(BIG, status=INVITED), SMALL], 9, {}, (["small"], {}, None, 0)),
    ],
)
def test_what_frees_up_is_offered_in_order_to_whom_it_is_enough_for(
    entries: list[WaitlistEntry],
    free: int,
    more: dict[str, int | bool],
    expected: tuple[list[str], dict[str, int], str | None, int],
) -> None:
    pot = Pot(free, more.get("capacity"))

    found = plan(entries, pot, gathers=bool(more.get("may_gather", True)))

    names = [it.entry_id for it in found.invited]
    stands = found.kept_for.entry_id if found.kept_for and pot.free else None
    assert (names, dict(found.passed), stands, pot.free if stands else 0) == expected


@given(line=LINES, free=st.integers(0, 30), passes_max=st.integers(0, 4), gathers=st.booleans())
def test_a_plan_gives_away_what_is_free_once_and_passes_nobody_too_often(
    line: list[WaitlistEntry], free: int, passes_max: int, *, gathers: bool
) -> None:
    pot = Pot(free)

    found = plan(line, pot, gathers=gathers, passes_max=passes_max)

    taken = sum(it.party_size for it in found.invited)
    assert 0 <= taken == free - pot.free <= free
    assert list(found.invited) == [it for it in in_order(line) if it in found.invited]
    if gathers:
        assert max(found.passed.values(), default=0) <= passes_max


def places_until_invited(
    ahead: Sequence[int],
    size: int,
    arrivals: Iterator[Sequence[int]],
    *,
    passes_max: int,
    places_max: int,
) -> int | None:
    """Free one place after the other; return how many it took until one entry was invited."""
    line = [entry(f"ahead{n}", each) for n, each in enumerate(ahead)]
    line.append(entry("ours", size, after=1))
    free = 0
    for places in range(1, places_max + 1):
        free += 1
        line += [
            entry(f"late{places}.{n}", each, after=1 + places)
            for n, each in enumerate(next(arrivals))
        ]
        found = plan(line, Pot(free), passes_max=passes_max)
        if any(it.entry_id == "ours" for it in found.invited):
            return places
        free -= sum(it.party_size for it in found.invited)
        line = [
            replace(it, passed_count=found.passed.get(it.entry_id, it.passed_count))
            for it in line
            if it not in found.invited
        ]
    return None


@given(
    ahead=st.lists(st.integers(1, 6), max_size=4),
    size=st.integers(1, 8),
    arrivals=st.lists(st.lists(st.integers(1, 8), max_size=3), max_size=60),
    passes_max=st.integers(0, 4),
)
def test_everybody_is_invited_when_so_many_places_are_free_as_the_rule_says(
    ahead: list[int], size: int, arrivals: list[list[int]], passes_max: int
) -> None:
    # Those ahead, the parties that pass (each smaller than ours, or ours would have gone), ours.
    bound = sum(ahead) + passes_max * (size - 1) + size

    found = places_until_invited(
        ahead,
        size,
        iter([*arrivals, *repeat([1], bound)]),
        passes_max=passes_max,
        places_max=bound,
    )

    assert found is not None


def test_without_the_rule_a_large_party_waits_for_ever_and_with_it_it_does_not() -> None:
    without = places_until_invited([], 4, repeat([1]), passes_max=10**9, places_max=2_000)
    with_it = places_until_invited([], 4, repeat([1]), passes_max=PASSES_MAX, places_max=2_000)

    assert (without, with_it) == (None, PASSES_MAX + 4)


def test_places_are_kept_back_only_while_an_invitation_could_run() -> None:
    offering = replace(YOGA, invitation_ttl=10 * MINUTE)

    found = [
        gathers_until(YOGA, Policy(notice=2 * HOUR), starts_at=NOW),
        gathers_until(offering, Policy(), starts_at=NOW),
    ]

    assert found == [NOW - 2 * HOUR - 30 * MINUTE, NOW - 10 * MINUTE]


def test_places_gather_where_guests_are_counted() -> None:
    court = Requirement(resource_id=ResourceId("res_court"), per=Per.PARTICIPANT)
    room = Requirement(resource_id=ResourceId("res_room"))
    by_resources = replace(YOGA, counting=Counting.RESOURCES)

    found = [
        gathers(replace(by_resources, requirements=needed))
        for needed in ((court,), (room,), (court, room), ())
    ]

    assert (gathers(YOGA), found) == (True, [True, False, False, False])


ANNA = ResourceId("res_anna")
# "Tuesday or Wednesday evening, with Anna, until Friday"; the slot is on Tuesday at 19:00 in Paris.
SLOT = datetime(2026, 6, 2, 17, tzinfo=UTC)
EVENING = Wishes(
    dates=(WishedDates(first=date(2026, 6, 2), last=date(2026, 6, 3)),),
    first_minute=18 * 60,
    last_minute=20 * 60,
    resources=(ANNA,),
    until=NOW + 4 * DAY,
)


@pytest.mark.parametrize(
    ("wishes", "starts_at", "expected"),
    [
        (Wishes(), SLOT, True),
        (EVENING, SLOT, True),
        (EVENING, SLOT + HOUR, True),
        (EVENING, SLOT + HOUR + MINUTE, False),
        (EVENING, SLOT - HOUR, True),
        (EVENING, SLOT - HOUR - MINUTE, False),
        (EVENING, SLOT + DAY, True),
        (EVENING, SLOT + 2 * DAY, False),
        # A local day, not one of UTC: 22:30 UTC on the 1st is 00:30 on the 2nd in Paris.
        (replace(EVENING, first_minute=0), datetime(2026, 6, 1, 22, 30, tzinfo=UTC), True),
    ],
)
def test_a_wish_is_for_days_and_times(
    wishes: Wishes, starts_at: datetime, *, expected: bool
) -> None:
    found = is_wished(wishes, starts_at=starts_at, zone_name="Europe/Paris")

    assert found is expected


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        (Wishes(), (True, True)),
        (Wishes(date_count=1), (False, True)),
        (Wishes(date_count=2), (True, False)),
        (Wishes(length=2 * HOUR), (False, False)),
        (Wishes(length=DAY), (False, True)),
    ],
)
def test_a_wish_may_say_how_long(wishes: Wishes, expected: tuple[bool, bool]) -> None:
    nights = (date(2026, 6, 2), date(2026, 6, 3))
    stays = (
        Stay(starts_at=SLOT, ends_at=SLOT + 2 * DAY, dates=nights),
        Stay(starts_at=SLOT, ends_at=SLOT + DAY, dates=nights[:1]),
    )

    found = tuple(wishes_for(entry("a", wishes=wishes), stay, "UTC") for stay in stays)

    assert found == expected


def test_a_wish_is_over_exactly_at_its_end() -> None:
    found = [is_over(EVENING, now=NOW + 4 * DAY - INSTANT), is_over(EVENING, now=NOW + 4 * DAY)]

    assert found == [False, True]
    assert not is_over(Wishes(), now=NOW)


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (entry("a", wishes=EVENING), []),
        (entry("a", wishes=Wishes(until=NOW, first_minute=0, last_minute=0)), []),
        (entry("a", 0, priority=1_001), ["/party_size", "/priority"]),
        (entry("a", wishes=Wishes(until=NOW - INSTANT)), ["/until"]),
        (entry("a", wishes=Wishes(until=NOW + 401 * DAY)), ["/until"]),
        (entry("a", wishes=Wishes(first_minute=600, last_minute=540)), ["/first_minute"]),
        (entry("a", wishes=Wishes(last_minute=1_441)), ["/last_minute"]),
        (
            entry("a", wishes=Wishes(dates=(WishedDates(first=SLOT.date(), last=NOW.date()),))),
            ["/dates/0/last"],
        ),
        (
            entry("a", wishes=Wishes(dates=(WishedDates(first=NOW.date(), last=NOW.date()),) * 51)),
            ["/dates"],
        ),
    ],
)
def test_an_entry_is_checked_before_it_joins(odd: WaitlistEntry, expected: list[str]) -> None:
    assert [fault.pointer for fault in entry_faults(odd, now=NOW)] == expected
