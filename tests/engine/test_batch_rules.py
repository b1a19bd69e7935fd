"""What a batch promises: refusals without a trace, one time, one answer a key, claims reaped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.claims import Claim, slot_key
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import generated_slot_id
from holdfast.engine.bookings import CancelBooking, ConvertHold, PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import ExtendHold, PlaceHold, ReleaseHold
from holdfast.engine.making import Details
from holdfast.engine.ports import WriteStore
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.businesses import (
    INSTANT,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    hold,
    open_desk,
)
from tests.engine.faults import Interfere
from tests.engine.scenes import command, rendered
from tests.engine.stages import Stage
from tests.engine.tables import all_rows, capacity_of, records, rows_of

ON_POSTGRESQL = pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def codes_of(outcomes: list[Outcome]) -> list[str]:
    """Return the codes of the refusals, and `done` for the rest."""
    return [outcome.error.code if outcome.error else "done" for outcome in outcomes]


def hold_of(outcome: Outcome) -> Hold:
    """Return the hold that a command placed."""
    assert isinstance(outcome.result, Hold)
    return outcome.result


# Refusals


def test_a_refusal_writes_nothing_not_even_the_lock(stage: Stage) -> None:
    scene = stage.scene
    hold(scene.desk, scene.meeting, at("12:00"))
    before = all_rows(stage.database)

    outcomes = stage.run(
        command(PlaceHold(choice=scene.meeting_at("12:00"))),
        command(PlaceHold(choice=scene.meeting_at("12:30"))),
        command(ReleaseHold(hold_id=scene.on_court.hold_id, if_version=9)),
        command(ConvertHold(hold_id=scene.in_room.hold_id)),
    )

    assert codes_of(outcomes) == [
        "capacity.exceeded",
        "availability.closed",
        "record.changed",
        "input.invalid",
    ]
    assert all_rows(stage.database) == before


def test_what_a_refused_command_had_done_so_far_is_invisible_to_its_neighbours(
    stage: Stage,
) -> None:
    scene = stage.scene
    # It takes the place, and only then finds out that nobody could be reached.
    nobody = command(PlaceBooking(choice=scene.meeting_at("12:00")))
    somebody = command(PlaceHold(choice=scene.meeting_at("12:00"), client_key="next"))

    outcomes = stage.run(nobody, somebody)

    assert codes_of(outcomes) == ["input.invalid", "done"]
    assert [kept.client_key for kept in records(stage.database, Hold)].count("next") == 1
    assert rows_of(stage.database, "booking") == []
    assert stage.faults == []


# Idempotency


def booking_under(stage: Stage, key: str, clock_time: str = "12:00") -> Envelope:
    """Book a meeting under an idempotency key; what is asked for is its fingerprint."""
    details = Details(external_order_id="order 1")
    choice = stage.scene.meeting_at(clock_time)
    return command(PlaceBooking(choice=choice, details=details), key=key, fingerprint=clock_time)


def test_the_same_key_twice_in_one_batch_is_done_once_and_answered_with_the_same_bytes(
    stage: Stage,
) -> None:
    """AC-C09, I-28."""
    twice = booking_under(stage, "k")

    first, second = stage.run(twice, twice)

    assert first.answer == rendered(first.result)
    assert second == Outcome(answer=first.answer, is_replayed=True)
    assert len(rows_of(stage.database, "booking")) == 1
    assert stage.faults == []


def test_the_same_key_in_a_later_batch_is_answered_with_the_committed_bytes(stage: Stage) -> None:
    """AC-C09, I-28."""
    (first,) = stage.run(booking_under(stage, "k"))
    before = all_rows(stage.database)

    (second,) = stage.run(booking_under(stage, "k"))

    assert second == Outcome(answer=first.answer, is_replayed=True)
    assert all_rows(stage.database) == before


@pytest.mark.parametrize("is_together", [True, False], ids=["in one batch", "in two"])
def test_a_key_used_again_for_another_request_is_refused_and_has_no_effect(
    stage: Stage, *, is_together: bool
) -> None:
    """AC-C09, I-29."""
    first, other = booking_under(stage, "k"), booking_under(stage, "k", "14:00")

    outcomes = stage.run(first, other) if is_together else stage.run(first) + stage.run(other)

    assert codes_of(outcomes) == ["done", "request.key_reused"]
    assert [row["starts_at"] for row in rows_of(stage.database, "booking")] == [at("12:00")]


def test_a_refusal_leaves_no_key_so_that_the_same_request_may_succeed_later(stage: Stage) -> None:
    """I-28: only committed answers replay."""
    scene = stage.scene
    in_the_way = hold(scene.desk, scene.meeting, at("12:00"))
    refused = stage.run(booking_under(stage, "k"))
    scene.desk.holds.release(in_the_way.hold_id)

    accepted = stage.run(booking_under(stage, "k"))

    assert codes_of(refused + accepted) == ["capacity.exceeded", "done"]


def test_a_refused_first_lets_the_second_of_the_same_key_decide_for_itself(stage: Stage) -> None:
    scene = stage.scene
    in_the_way = hold(scene.desk, scene.meeting, at("12:00"))
    release = command(ReleaseHold(hold_id=in_the_way.hold_id))
    twice = booking_under(stage, "k")

    outcomes = stage.run(twice, release, twice)

    assert codes_of(outcomes) == ["capacity.exceeded", "done", "done"]
    assert [outcome.is_replayed for outcome in outcomes] == [False, False, False]


def test_a_command_that_changes_nothing_keeps_its_key_all_the_same(stage: Stage) -> None:
    hold_id = stage.scene.on_court.hold_id
    stage.run(command(ReleaseHold(hold_id=hold_id)))
    again = command(ReleaseHold(hold_id=hold_id), key="k", fingerprint="release")
    other = command(ReleaseHold(hold_id=stage.scene.in_room.hold_id), key="k", fingerprint="other")

    outcomes = stage.run(again) + stage.run(other)

    assert codes_of(outcomes) == ["done", "request.key_reused"]


def test_keys_of_different_callers_have_nothing_to_do_with_each_other(stage: Stage) -> None:
    """I-29."""
    mine = booking_under(stage, "k")
    assert mine.idempotency is not None
    yours = replace(
        booking_under(stage, "k", "14:00"),
        idempotency=replace(mine.idempotency, caller="another", fingerprint="other"),
    )

    outcomes = stage.run(mine, yours)

    assert codes_of(outcomes) == ["done", "done"]


# Needs that change between the look and the lock


def just_before_the_lock(act: Callable[[], object]) -> Interfere:
    """Let somebody else do something between the first look and the first lock."""
    done: list[bool] = []

    def interfere(step: str, store: WriteStore, subject: object) -> None:
        if step == "lock" and not done:
            done.append(True)
            act()

    return interfere


def other_engine(stage: Stage) -> Engine:
    """Somebody else's engine on the same database."""
    return Engine.over(stage.database, clock=stage.clock, ids=SeededIds(2))


@ON_POSTGRESQL
def test_a_class_that_opens_between_look_and_lock_is_seen_by_the_meeting_in_its_room(
    stage: Stage,
) -> None:
    desk = stage.scene.desk
    room = add_room(desk, "Studio")
    dance, rehearsal = add_class(desk, "dance", room, places=9), add_offering(desk, "talk", room)
    theirs = other_engine(stage).at(desk.tenant_id, actor=SYSTEM)
    stage.interfere = just_before_the_lock(lambda: book(theirs, dance, at("12:00")))
    choice = Choice(offering_id=rehearsal.offering_id, starts_at=at("12:00"))

    (outcome,) = stage.run(command(PlaceHold(choice=choice)))

    assert codes_of([outcome]) == ["capacity.exceeded"]
    assert stage.faults == []


@ON_POSTGRESQL
def test_a_class_that_empties_between_look_and_lock_gives_its_room_to_the_meeting(
    stage: Stage,
) -> None:
    desk = stage.scene.desk
    room = add_room(desk, "Studio")
    dance, rehearsal = add_class(desk, "dance", room, places=9), add_offering(desk, "talk", room)
    theirs = other_engine(stage).at(desk.tenant_id, actor=SYSTEM)
    booked = book(theirs, dance, at("12:00"))
    stage.interfere = just_before_the_lock(lambda: theirs.bookings.cancel(booked.booking_id))
    choice = Choice(offering_id=rehearsal.offering_id, starts_at=at("12:00"))

    (outcome,) = stage.run(command(PlaceHold(choice=choice)))

    assert codes_of([outcome]) == ["done"]
    assert stage.faults == []


@ON_POSTGRESQL
def test_a_requirement_added_between_look_and_lock_is_locked_and_taken_too(stage: Stage) -> None:
    scene = stage.scene
    needed = (
        *scene.meeting.requirements,
        replace(scene.meeting.requirements[0], resource_id=scene.spare.resource_id),
    )
    theirs = other_engine(stage).at(scene.desk.tenant_id, actor=SYSTEM)
    stage.interfere = just_before_the_lock(
        lambda: theirs.offerings.change(scene.meeting.offering_id, {"requirements": needed})
    )

    (outcome,) = stage.run(command(PlaceHold(choice=scene.meeting_at("12:00"))))

    assert [part.resource_id for part in hold_of(outcome).assigned] == [
        *(scene.room.resource_id, scene.spare.resource_id)
    ]
    assert stage.faults == []


@ON_POSTGRESQL
def test_a_hold_converted_between_look_and_lock_cannot_be_released_any_more(stage: Stage) -> None:
    scene = stage.scene
    theirs = other_engine(stage).at(scene.desk.tenant_id, actor=SYSTEM)
    details = Details(external_order_id="theirs")
    stage.interfere = just_before_the_lock(
        lambda: theirs.bookings.convert(scene.in_room.hold_id, details=details)
    )

    (outcome,) = stage.run(command(ReleaseHold(hold_id=scene.in_room.hold_id)))

    assert codes_of([outcome]) == ["state.transition_not_allowed"]
    assert stage.faults == []


# Time


def test_time_never_runs_backwards_on_a_resource(stage: Stage, clock: ManualClock) -> None:
    scene = stage.scene
    clock.advance(minutes=1)
    first = hold(scene.desk, scene.meeting, at("12:00"))
    clock.advance(seconds=-5)

    second = hold(scene.desk, scene.meeting, at("14:00"))
    elsewhere = hold(scene.desk, scene.tennis, at("14:00"))

    assert (first.created_at, second.created_at) == (at("08:01"), at("08:01"))
    assert elsewhere.created_at == at("08:01") - timedelta(seconds=5)


def test_a_clock_more_than_five_seconds_behind_is_not_followed(
    stage: Stage, clock: ManualClock
) -> None:
    scene = stage.scene
    clock.advance(minutes=1)
    hold(scene.desk, scene.meeting, at("12:00"))
    clock.set(at("08:01") - timedelta(seconds=5) - INSTANT)
    before = all_rows(stage.database)

    cause = cause_of(lambda: hold(scene.desk, scene.meeting, at("14:00")))

    assert cause == {"code": "clock.behind", "retry_after_seconds": 60}
    assert all_rows(stage.database) == before


@pytest.mark.parametrize("act", ["convert", "extend"])
def test_a_hold_whose_place_was_sold_after_its_end_stays_ended_when_the_clock_steps_back(
    stage: Stage, clock: ManualClock, act: str
) -> None:
    """T1, I-12: the claim was reaped, so the hold has nothing any more to convert."""
    scene = stage.scene
    kept = hold(scene.desk, scene.meeting, at("12:00"))
    clock.set(kept.expires_at + timedelta(seconds=2))
    book(scene.desk, scene.meeting, at("12:00"))
    clock.set(kept.expires_at - timedelta(seconds=2))
    command_of = {
        "convert": ConvertHold(hold_id=kept.hold_id, details=Details(external_order_id="too late")),
        "extend": ExtendHold(hold_id=kept.hold_id),
    }

    outcomes = stage.run(command(command_of[act]))

    clock.set(kept.expires_at + timedelta(seconds=2))
    assert codes_of(outcomes) == ["hold.expired"]
    assert stage.faults == []


# Lapsed claims


def test_what_has_lapsed_on_a_counter_is_reaped_by_the_next_command_that_locks_it(
    stage: Stage, clock: ManualClock
) -> None:
    """I-2, I-13, C2."""
    scene = stage.scene
    hold(scene.desk, scene.yoga, at("18:00"), 2)
    clock.advance(minutes=30)
    key = slot_key(generated_slot_id(scene.yoga.offering_id, at("18:00")))
    used_before = capacity_of(stage.database)[key]

    hold(scene.desk, scene.yoga, at("18:00"), 1)

    claims = [claim for claim in records(stage.database, Claim) if claim.key == key]
    assert (used_before, capacity_of(stage.database)[key]) == ((2, 2), (1, 2))
    assert sorted((claim.units, claim.released_at, claim.reason) for claim in claims) == [
        (1, None, None),
        (2, clock.now(), "lapsed"),
    ]
    assert stage.faults == []


def test_what_has_lapsed_on_a_guard_is_reaped_where_it_is_in_the_way_and_its_hold_left_alone(
    stage: Stage, clock: ManualClock
) -> None:
    """I-13."""
    scene = stage.scene
    lapsed = hold(scene.desk, scene.meeting, at("12:00"))
    elsewhere = hold(scene.desk, scene.meeting, at("14:00"))
    clock.advance(minutes=30)

    hold(scene.desk, scene.meeting, at("12:00"))

    released = {
        claim.owner_id: (claim.released_at, claim.reason)
        for claim in records(stage.database, Claim)
        if claim.owner_id in {lapsed.hold_id, elsewhere.hold_id}
    }
    assert released == {
        lapsed.hold_id: (clock.now(), "lapsed"),
        elsewhere.hold_id: (None, None),
    }
    assert scene.desk.holds.get(lapsed.hold_id).status is HoldStatus.ACTIVE
    assert stage.faults == []


def test_releasing_and_reaping_the_same_claim_in_one_batch_counts_it_once(
    stage: Stage, clock: ManualClock
) -> None:
    """I-8: each claim is released once."""
    scene = stage.scene
    lapsed = hold(scene.desk, scene.yoga, at("18:00"), 2)
    clock.advance(minutes=30)

    outcomes = stage.run(
        command(PlaceHold(choice=scene.yoga_at("18:00"))),
        command(ReleaseHold(hold_id=lapsed.hold_id)),
        command(PlaceHold(choice=scene.yoga_at("18:00"))),
        command(PlaceHold(choice=scene.yoga_at("18:00"))),
    )

    assert codes_of(outcomes) == ["done", "done", "done", "capacity.exceeded"]
    assert stage.faults == []


def test_a_place_given_back_and_taken_again_within_one_batch_leaves_the_counter_as_it_was(
    stage: Stage,
) -> None:
    scene = stage.scene
    booked = book(scene.desk, scene.yoga, at("18:00"), 2)
    key = f"slot:{booked.slot_id}"

    outcomes = stage.run(
        command(CancelBooking(booking_id=booked.booking_id)),
        command(PlaceHold(choice=scene.yoga_at("18:00"), party_size=2, client_key="next")),
        command(PlaceHold(choice=scene.yoga_at("18:00"))),
    )

    assert codes_of(outcomes) == ["done", "done", "capacity.exceeded"]
    assert capacity_of(stage.database)[key] == (2, 2)
    assert stage.faults == []


def test_a_batch_decides_in_the_order_of_arrival(database: Database, engine: Engine) -> None:
    desk = open_desk(engine)
    duo = add_class(desk, "duo", add_room(desk), places=2)
    choice = Choice(offering_id=duo.offering_id, starts_at=at("12:00"))
    wanted = [2, 1, 3, 1]

    outcomes = engine.unit_of_work.run(
        desk.tenant_id,
        [command(PlaceHold(choice=choice, party_size=size)) for size in wanted],
    )

    slot_id = generated_slot_id(duo.offering_id, at("12:00"))
    assert [
        outcome.error and (outcome.error.code, outcome.error.fields) for outcome in outcomes
    ] == [
        None,
        *(
            (
                "capacity.exceeded",
                {"requested": size, "remaining": 0, "limited_by": slot_id, "alternatives": ()},
            )
            for size in (1, 3, 1)
        ),
    ]
