"""Schedules: recurrences, exceptions and closures, kept and counted by availability and booking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.domain.ids import ResourceId
from holdfast.domain.recurrence import DATES_MAX
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import (
    RULES_PER_OWNER_MAX,
    RuleDraft,
    RuleKind,
    RuleStatus,
    ScheduleRule,
)
from holdfast.domain.seed_rules import rules_from_seed
from holdfast.engine.facade import TenantEngine
from holdfast.engine.schedules import WeeklyOpening
from holdfast.interop.holidays import closed_on_public_holidays
from tests.engine.businesses import (
    EVERY_DAY,
    HOUR,
    MINUTE,
    acting_as,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    closed,
    open_desk,
    pointers,
    refusal_of,
    starts,
)

NINE_TO_NOON = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=9 * 60, closes_minute=12 * 60)
TUESDAY = date(2026, 6, 2)
CLOSED_ON_TUESDAY = RuleDraft(
    kind=RuleKind.DATES, effect=Effect.CLOSES, dates=(TUESDAY,), reason="Stocktaking"
)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def hours(count: int, *, day: int) -> list[object]:
    """Return the slots from nine on."""
    return [at("09:00", day=day) + n * HOUR for n in range(count)]


# What is kept


@pytest.mark.parametrize(
    "draft",
    [
        RuleDraft(
            weekdays=(7, 1, 1),
            opens_minute=22 * 60,
            closes_minute=26 * 60,
            slot_step=30 * MINUTE,
            valid_from=date(2026, 1, 1),
            valid_until=date(2026, 12, 31),
            zone="Australia/Lord_Howe",
            reason="Season",
            is_repeated_hour_used=True,
        ),
        RuleDraft(
            kind=RuleKind.RECURRENCE,
            recurrence="FREQ=MONTHLY;BYDAY=2TU",
            valid_from=date(2026, 1, 1),
            dates=(date(2026, 5, 1),),
            dates_left_out=(date(2026, 7, 14),),
            opens_minute=0,
            closes_minute=1440,
        ),
        RuleDraft(
            kind=RuleKind.RANGE,
            effect=Effect.CLOSES,
            valid_from=date(2026, 8, 1),
            valid_until=date(2026, 8, 15),
            reason="Holidays",
        ),
        RuleDraft(
            kind=RuleKind.DATES,
            effect=Effect.REPLACES,
            dates=(date(2028, 2, 29), date(2026, 12, 24)),
            opens_minute=9 * 60,
            closes_minute=12 * 60,
        ),
        CLOSED_ON_TUESDAY,
        RuleDraft(weekdays=(1,), effect=Effect.CLOSES),
    ],
    ids=lambda draft: f"{draft.kind} {draft.effect}",
)
def test_every_kind_of_rule_is_kept_as_it_was_said(desk: TenantEngine, draft: RuleDraft) -> None:
    """AC-B01, AC-B02, AC-B04."""
    cut = add_offering(desk, "cut", add_room(desk), openings=())

    (rule,) = desk.schedules.set(cut.offering_id, [draft])

    assert desk.schedules.list(cut.offering_id) == (rule,)
    assert rule == ScheduleRule(
        rule_id=rule.rule_id,
        owner_id=cut.offering_id,
        weekdays=tuple(sorted(set(draft.weekdays))),
        opens_minute=draft.opens_minute or 0,
        closes_minute=draft.closes_minute or 1440,
        slot_step=draft.slot_step,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        zone=draft.zone or "UTC",
        status=RuleStatus.ACTIVE,
        created_at=at("08:00"),
        version=1,
        kind=draft.kind,
        effect=draft.effect,
        recurrence=draft.recurrence,
        dates=tuple(sorted(draft.dates)),
        dates_left_out=draft.dates_left_out,
        reason=draft.reason,
        is_repeated_hour_used=draft.is_repeated_hour_used,
    )
    assert rule.rule == draft.rule("UTC")
    assert rule.weekly == rule.rule


def test_rules_are_added_once_and_removed_one_by_one(desk: TenantEngine) -> None:
    """AC-B01."""
    cut = add_offering(desk, "cut", add_room(desk), openings=[NINE_TO_NOON])
    (usual,) = desk.schedules.list(cut.offering_id)
    pause = RuleDraft(
        weekdays=EVERY_DAY, effect=Effect.CLOSES, opens_minute=10 * 60, closes_minute=11 * 60
    )

    added = desk.schedules.add(cut.offering_id, CLOSED_ON_TUESDAY, pause, CLOSED_ON_TUESDAY)
    again = desk.schedules.add(cut.offering_id, NINE_TO_NOON, pause)
    before = desk.schedules.list(cut.offering_id)
    removed = desk.schedules.remove(added[1].rule_id)

    assert added[0] == added[2]
    assert again == (usual, added[1])
    assert set(before) == {usual, added[0], added[1]}
    assert removed == replace(added[1], status=RuleStatus.REMOVED, version=2)
    assert set(desk.schedules.list(cut.offering_id)) == {usual, added[0]}


def test_a_schedule_that_is_full_takes_no_more_rules(desk: TenantEngine) -> None:
    cut = add_offering(desk, "cut", add_room(desk), openings=())
    many = [
        replace(NINE_TO_NOON, valid_from=date(2026, 1, 1) + timedelta(days=n))
        for n in range(RULES_PER_OWNER_MAX)
    ]
    desk.schedules.set(cut.offering_id, many)

    cause = cause_of(lambda: desk.schedules.add(cut.offering_id, CLOSED_ON_TUESDAY))
    same = desk.schedules.add(cut.offering_id, many[7])

    assert cause == {"code": "policy.limit_reached", "limit": 200, "actual": 201}
    assert len(same) == 1
    assert len(desk.schedules.list(cut.offering_id)) == RULES_PER_OWNER_MAX


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (RuleDraft(), [("opens", "missing"), ("closes", "missing"), ("weekdays", "not_weekdays")]),
        (
            RuleDraft(weekdays=(1,), opens_minute=600, effect=Effect.CLOSES),
            [("closes", "missing")],
        ),
        (
            RuleDraft(weekdays=(1,), opens_minute=0, closes_minute=60, effect=Effect.REPLACES),
            [("effect", "not_for_kind")],
        ),
        (
            RuleDraft(
                weekdays=(1,),
                opens_minute=0,
                closes_minute=60,
                recurrence="FREQ=DAILY",
                dates=(TUESDAY,),
            ),
            [("dates", "not_for_kind"), ("recurrence", "not_for_kind")],
        ),
        (
            RuleDraft(kind=RuleKind.RECURRENCE, opens_minute=0, closes_minute=60),
            [("recurrence", "missing"), ("valid_from", "missing")],
        ),
        (
            RuleDraft(
                kind=RuleKind.RECURRENCE,
                recurrence="FREQ=SECONDLY",
                valid_from=TUESDAY,
                valid_until=TUESDAY,
                opens_minute=0,
                closes_minute=60,
            ),
            [("recurrence", "not_a_recurrence"), ("valid_until", "not_for_kind")],
        ),
        (RuleDraft(kind=RuleKind.DATES), [("dates", "missing")]),
        (
            RuleDraft(kind=RuleKind.DATES, dates=(date(1969, 12, 31),), reason="a\nb"),
            [("dates", "out_of_range"), ("reason", "bad_character")],
        ),
        (
            RuleDraft(
                kind=RuleKind.DATES,
                dates=tuple(TUESDAY + timedelta(days=n) for n in range(DATES_MAX + 1)),
            ),
            [("dates", "too_many")],
        ),
        (
            RuleDraft(kind=RuleKind.RANGE, valid_from=TUESDAY, weekdays=(1,)),
            [("valid_until", "missing"), ("weekdays", "not_for_kind")],
        ),
        (
            RuleDraft(kind=RuleKind.RANGE, valid_from=TUESDAY, valid_until=date(2026, 6, 1)),
            [("valid_until", "reversed")],
        ),
    ],
)
def test_what_is_not_a_rule_of_its_kind_is_refused(
    desk: TenantEngine, draft: RuleDraft, expected: list[tuple[str, str]]
) -> None:
    cut = add_offering(desk, "cut", add_room(desk), openings=[NINE_TO_NOON])
    before = desk.schedules.list(cut.offering_id)

    refusals = [
        refusal_of(lambda: desk.schedules.set(cut.offering_id, [NINE_TO_NOON, draft])),
        refusal_of(lambda: desk.schedules.add(cut.offering_id, NINE_TO_NOON, draft)),
    ]

    named = [(f"/rules/1/{name}", code) for name, code in expected]
    assert [sorted(pointers(refusal)) for refusal in refusals] == [sorted(named)] * 2
    assert desk.schedules.list(cut.offering_id) == before


def test_who_may_not_change_the_catalogue_may_not_add_rules(
    engine: Engine, desk: TenantEngine
) -> None:
    room = add_room(desk)
    viewer = acting_as(engine, desk, Role.VIEWER)

    cause = cause_of(lambda: viewer.schedules.add(room.resource_id, CLOSED_ON_TUESDAY))

    assert cause["code"] == "access.denied"
    assert desk.schedules.list(room.resource_id) == ()


def test_rules_of_what_is_not_there_are_refused(desk: TenantEngine) -> None:
    nobody = ResourceId("res_0000000000nothing0000000000")

    cause = cause_of(lambda: desk.schedules.add(nobody, CLOSED_ON_TUESDAY))

    assert cause["code"] == "record.not_found"


# What it means


def test_a_closed_date_is_neither_listed_nor_booked(desk: TenantEngine) -> None:
    """AC-B02, C-22."""
    cut = add_offering(desk, "cut", add_room(desk), openings=[NINE_TO_NOON])
    desk.schedules.add(cut.offering_id, CLOSED_ON_TUESDAY)

    listed = starts(desk, cut, at("00:00", day=1), at("00:00", day=3))
    cause = cause_of(lambda: book(desk, cut, at("10:00", day=1)))

    assert listed == hours(3, day=2)
    assert cause == closed("outside_hours")
    assert book(desk, cut, at("10:00", day=2)).starts_at == at("10:00", day=2)


def test_a_date_has_hours_of_its_own_or_more_than_usual(desk: TenantEngine) -> None:
    """C-22: replaces by default, adds on demand, and closing wins over both."""
    weekly = [{"dayOfWeek": n, "startTime": "09:00", "endTime": "12:00"} for n in range(7)]
    evening = {"startTime": "18:00", "endTime": "20:00", "available": True}
    late = {"startTime": "19:00", "endTime": "20:00", "available": False}
    special = [
        {"date": "2026-06-02", "slots": [evening]},
        {"date": "2026-06-03", "mode": "add", "slots": [evening, late]},
    ]
    cut = add_offering(desk, "cut", add_room(desk), openings=())
    desk.schedules.set(cut.offering_id, rules_from_seed(weekly, special))

    listed = [starts(desk, cut, at("00:00", day=n), at("00:00", day=n + 1)) for n in (1, 2, 3)]

    assert listed == [
        [at("18:00", day=1), at("19:00", day=1)],
        [*hours(3, day=2), at("18:00", day=2)],
        hours(3, day=3),
    ]
    assert cause_of(lambda: book(desk, cut, at("09:00", day=1))) == closed("outside_hours")
    assert book(desk, cut, at("18:00", day=1)).starts_at == at("18:00", day=1)


def test_a_recurrence_opens_on_its_dates(desk: TenantEngine) -> None:
    """AC-B04: the second Tuesday and the last Friday of June 2026."""
    class_ = add_offering(desk, "class", add_room(desk), openings=())
    rules = [
        RuleDraft(
            kind=RuleKind.RECURRENCE,
            recurrence=f"FREQ=MONTHLY;BYDAY={day}",
            valid_from=date(2026, 1, 1),
            opens_minute=19 * 60,
            closes_minute=20 * 60,
        )
        for day in ("2TU", "-1FR")
    ]
    desk.schedules.set(class_.offering_id, rules)

    listed = starts(desk, class_, at("00:00"), at("00:00", day=30))

    assert listed == [at("19:00", day=8), at("19:00", day=25)]
    assert book(desk, class_, listed[0]).starts_at == listed[0]
    assert cause_of(lambda: book(desk, class_, at("19:00", day=9))) == closed("outside_hours")


def test_a_room_that_only_closes_is_open_but_for_that(desk: TenantEngine) -> None:
    """AC-B02, C-28: from the 2nd to the 3rd, both included."""
    room = add_room(desk)
    cut = add_offering(desk, "cut", room, openings=[NINE_TO_NOON])
    desk.schedules.add(
        room.resource_id,
        RuleDraft(
            kind=RuleKind.RANGE,
            effect=Effect.CLOSES,
            valid_from=date(2026, 6, 2),
            valid_until=date(2026, 6, 3),
        ),
    )

    listed = starts(desk, cut, at("00:00", day=1), at("00:00", day=4))

    assert listed == hours(3, day=3)
    assert cause_of(lambda: book(desk, cut, at("10:00", day=2))) == closed("outside_hours")


def test_public_holidays_are_closed_and_added_once(desk: TenantEngine) -> None:
    """AC-B02: the 14th of July is 43 days after the first of June."""
    cut = add_offering(desk, "cut", add_room(desk), openings=[NINE_TO_NOON])
    of_2026 = closed_on_public_holidays("FR", [2026])

    added = desk.schedules.add(cut.offering_id, *of_2026)
    again = desk.schedules.add(cut.offering_id, *closed_on_public_holidays("FR", [2026, 2027]))

    listed = starts(desk, cut, at("00:00", day=42), at("00:00", day=45))
    assert [rule.reason for rule in added] == [draft.reason for draft in of_2026]
    assert again[: len(added)] == added
    assert len(desk.schedules.list(cut.offering_id)) == 1 + len(again)
    assert listed == [*hours(3, day=42), *hours(3, day=44)]


def test_a_schedule_is_replaced_only_where_the_rules_are_those_that_were_seen(
    desk: TenantEngine,
) -> None:
    room = add_room(desk)
    owner_id = room.resource_id
    [seen] = desk.schedules.set(owner_id, [NINE_TO_NOON])
    desk.schedules.add(owner_id, CLOSED_ON_TUESDAY)
    both = desk.schedules.list(owner_id)

    late = cause_of(lambda: desk.schedules.set(owner_id, [], if_rules=[seen.rule_id]))["code"]
    kept = desk.schedules.list(owner_id)
    replaced = desk.schedules.set(owner_id, [], if_rules=[rule.rule_id for rule in both])

    assert late == "record.changed"
    assert kept == both
    assert replaced == ()
    assert desk.schedules.list(owner_id) == ()
