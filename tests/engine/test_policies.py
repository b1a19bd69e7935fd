"""Policies in force: what offering, resource and business say, and whose word counts."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict, Unpack

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.cancellation_policies import CancellationPolicy
from holdfast.domain.eligibility import Exclusion
from holdfast.domain.policies import Delay, Policy
from holdfast.domain.policy_presets import PRESETS, PolicyPreset
from holdfast.domain.resources import Resource
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.tenants import ChangeTenant
from tests.engine.businesses import (
    HOUR,
    MINUTE,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    pointers,
    refusal_of,
    starts,
)
from tests.engine.outings import any_of

QUARTER = 15 * MINUTE
ZERO = timedelta(0)


class Said(TypedDict, total=False):
    """What a resource may say."""

    notice: timedelta
    horizon_days: int
    buffer_before: timedelta
    buffer_after: timedelta
    policy: Policy
    preset: PolicyPreset


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk: it is 08:00."""
    return open_desk(engine)


def a_room(desk: TenantEngine, name: str = "Room", **said: Unpack[Said]) -> Resource:
    """Add a room that says something."""
    return desk.resources.add(AddResource(name=name, **said))


def say(desk: TenantEngine, policy: Policy) -> None:
    """Let the business say something beyond its notice and horizon."""
    desk.run(ChangeTenant(changes={"policy": policy}))


def test_a_resource_is_left_out_by_its_own_notice_and_horizon(desk: TenantEngine) -> None:
    """AC-B16: where the offering says nothing, each who may serve is asked."""
    slow = a_room(desk, "Slow", notice=4 * HOUR)
    short = a_room(desk, "Short", horizon_days=1)
    cut = add_offering(desk, "cut", any_of([slow, short]))

    soon, later = (
        book(desk, cut, start).assigned[0].resource_id
        for start in (at("09:00"), at("09:00", day=2))
    )
    refused = cause_of(lambda: book(desk, cut, at("09:00")))
    choice = Choice(offering_id=cut.offering_id, starts_at=at("09:00"))
    candidates = desk.eligibility.list(choice).requirements[0].candidates

    assert (soon, later) == (short.resource_id, slow.resource_id)
    assert refused["code"] == "capacity.exceeded"
    assert [one.reason for one in candidates] == [Exclusion.NOTICE, Exclusion.CAPACITY]


def test_a_resource_alone_refuses_with_its_own_limit_and_may_be_laxer_than_the_business(
    engine: Engine,
) -> None:
    """AC-B16."""
    desk = open_desk(engine, notice=4 * HOUR, horizon_days=1)
    strict = add_offering(desk, "strict", a_room(desk, "Strict", notice=6 * HOUR))
    lax = add_offering(desk, "lax", a_room(desk, "Lax", notice=HOUR, horizon_days=3))
    both = add_offering(desk, "both", a_room(desk, "One", notice=HOUR), add_room(desk, "Other"))

    refused = cause_of(lambda: book(desk, strict, at("13:00")))
    usual = cause_of(lambda: book(desk, both, at("10:00")))
    booked = [book(desk, lax, at("09:00")), book(desk, lax, at("09:00", day=3))]

    assert refused == {"code": "policy.notice_too_short", "limit": 21_600, "actual": 18_000}
    assert usual == {"code": "policy.notice_too_short", "limit": 14_400, "actual": 7_200}
    assert [one.policy.notice for one in booked] == [HOUR, HOUR]
    assert cause_of(lambda: book(desk, lax, at("09:00", day=4))) == {
        "code": "policy.beyond_horizon",
        "limit": 3,
        "actual": 4,
    }


def test_what_the_offering_says_counts_for_every_resource_unless_the_business_caps_it(
    desk: TenantEngine,
) -> None:
    """C-26: offering, then resource, then business, whose word may be a cap."""
    room = a_room(desk, notice=24 * HOUR, buffer_after=HOUR)
    cut = add_offering(desk, "cut", room, notice=HOUR, policy=Policy(buffer_after=ZERO))

    booked = book(desk, cut, at("09:00"))
    beside = book(desk, cut, at("10:00"))
    say(desk, Policy(buffer_after=QUARTER, party_max=4, caps=frozenset({"buffer_after"})))
    capped = book(desk, cut, at("12:00"))

    assert (booked.policy.notice, booked.policy.buffer_after) == (HOUR, ZERO)
    assert beside.policy == booked.policy
    assert capped.policy.buffer_after == QUARTER
    assert cause_of(lambda: book(desk, cut, at("13:00")))["code"] == "capacity.exceeded"
    assert cause_of(lambda: book(desk, cut, at("15:00"), 5)) == {
        "code": "policy.party_size",
        "limit": 4,
        "actual": 5,
    }


def test_the_buffers_of_both_neighbours_are_kept_as_their_resources_say(
    desk: TenantEngine,
) -> None:
    """AC-B15: the room is cleaned after, the chair is set up before, each by its own word."""
    room = a_room(desk, "Room", buffer_after=HOUR)
    chair = a_room(desk, "Chair", buffer_before=HOUR)
    visit = add_offering(desk, "visit", room, chair)
    wash = add_offering(desk, "wash", room)
    shave = add_offering(desk, "shave", chair)

    book(desk, visit, at("12:00"))

    window = (at("09:00"), at("17:00"))
    assert starts(desk, wash, *window) == [at(f"{h:02}:00") for h in (9, 10, 14, 15, 16)]
    assert starts(desk, shave, *window) == [at(f"{h:02}:00") for h in (9, 10, 14, 15, 16)]
    assert cause_of(lambda: hold(desk, wash, at("11:00")))["code"] == "capacity.exceeded"
    assert hold(desk, wash, at("14:00")).assigned[0].resource_id == room.resource_id


def test_a_booking_keeps_the_policy_that_was_in_force_when_it_was_made(
    desk: TenantEngine,
) -> None:
    """AC-K02."""
    free = CancellationPolicy(cutoff=2 * HOUR)
    room = a_room(desk, policy=Policy(cancellation=free, pending_expires=Delay(after=HOUR)))
    cut = add_offering(desk, "cut", room)

    booked = book(desk, cut, at("12:00"))
    desk.resources.change(
        room.resource_id, {"policy": {"cancellation": CancellationPolicy(is_allowed=False)}}
    )

    assert desk.bookings.get(booked.booking_id).policy.cancellation == free
    assert desk.resources.get(room.resource_id).policy == Policy(
        cancellation=CancellationPolicy(is_allowed=False), pending_expires=Delay(after=HOUR)
    )


@pytest.mark.parametrize("preset", list(PolicyPreset))
def test_a_preset_says_what_was_not_said_otherwise(
    desk: TenantEngine, preset: PolicyPreset
) -> None:
    """AC-K06."""
    room = a_room(desk, preset=preset)
    own = desk.offerings.add(
        AddOffering(
            slug="own",
            name="Own",
            duration=HOUR,
            notice=HOUR,
            policy=Policy(horizon_days=7),
            preset=preset,
        )
    )

    assert room.policy == PRESETS[preset]
    assert (own.notice, own.policy.notice) == (HOUR, None)
    assert own.policy.horizon_days == 7
    assert own.policy.cancellation == PRESETS[preset].cancellation


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Policy(notice=HOUR), ("/policy/notice", "contradicts")),
        (Policy(caps=frozenset({"notice"})), ("/policy/caps", "not_allowed")),
        (Policy(party_max=3), ("/policy/party_max", "not_allowed")),
        (Policy(horizon_days=-1), ("/policy/horizon_days", "out_of_range")),
    ],
)
def test_a_policy_is_refused_that_is_malformed_or_says_something_twice(
    desk: TenantEngine, said: Policy, expected: tuple[str, str]
) -> None:
    refusal = refusal_of(lambda: a_room(desk, notice=2 * HOUR, policy=said))

    assert pointers(refusal) == [expected]


def test_no_policy_has_an_unknown_name(desk: TenantEngine) -> None:
    room = a_room(desk)

    refusal = refusal_of(
        lambda: desk.resources.change(room.resource_id, {"policy": {"notices": HOUR}})
    )

    assert pointers(refusal) == [("/policy/notices", "unknown_field")]
