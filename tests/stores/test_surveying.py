"""What availability is judged by, in one statement each: who may serve, and what is taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from holdfast.domain.claims import Claim, ClaimOwner, Taking
from holdfast.domain.ids import CategoryId, ClaimId, PoolId, ResourceId, RuleId, SlotId, TenantId
from holdfast.domain.rules import RuleStatus, ScheduleRule
from holdfast.engine.ports import ById, CapacityKind, Changes, CounterChange, LockRequest, Where
from holdfast.engine.records import id_of
from holdfast.engine.takings import DayCount, ServedBy, Serving, SlotUse, Takings, Whereabouts
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from tests.stores import records
from tests.stores.records import HOUR, NOW, TENANT

MINUTE = timedelta(minutes=1)
LEAP_DAY = date(2028, 2, 29)


@pytest.fixture
def stores(database: Database) -> SqlStores:
    """Stores with one record of each kind."""
    opened = SqlStores(database)
    wanted = Changes(batch_id="bat_1", now=NOW)
    wanted.inserted = list(records.ALL)
    wanted.claims_inserted = [records.claim]
    _write(opened, wanted)
    return opened


def _write(stores: SqlStores, wanted: Changes, keys: Sequence[str] = ()) -> None:
    with stores.write(TENANT) as store:
        store.lock([LockRequest(key=key, kind=CapacityKind.COUNTER) for key in sorted(keys)])
        store.flush(wanted)
        store.commit()


def _claim(number: int, key: str, *, units: int, ends: timedelta = HOUR) -> Claim:
    """Return a claim that lapses after a time."""
    return replace(
        records.claim,
        claim_id=ClaimId(f"clm_{number}"),
        key=key,
        units=units,
        resource_id=None,
        counts_until=NOW + ends,
    )


def _taken(claim: Claim) -> Taking:
    return Taking(
        key=claim.key,
        owner_kind=claim.owner_kind,
        owner_id=claim.owner_id,
        units=claim.units,
        starts_at=claim.starts_at,
        ends_at=claim.ends_at,
        reason=claim.reason,
    )


def _around(
    starts_at: datetime,
    ends_at: datetime,
    *,
    keys: Collection[str] = ("res:res_1", "res:res_2"),
    offering_ids: Collection[str] = ("off_1",),
) -> Whereabouts:
    """Ask for all that there is in a stretch of time, and on the leap day of 2028."""
    return Whereabouts(
        claim_keys=keys,
        starts_at=starts_at,
        ends_at=ends_at,
        offering_ids=offering_ids,
        slots_from=starts_at,
        slots_before=ends_at,
        slots_keep=timedelta(0),
        dated_ids=[ResourceId("res_1")],
        first_on=LEAP_DAY,
        last_on=LEAP_DAY,
        now=NOW,
    )


def test_slots_are_found_by_the_start_that_they_have(stores: SqlStores) -> None:
    with stores.read(TENANT) as store:
        found = [
            store.takings(_around(NOW, NOW + HOUR, keys=())),
            store.takings(_around(NOW - HOUR, NOW, keys=())),
            store.takings(_around(NOW, NOW + HOUR, keys=(), offering_ids=["off_2"])),
        ]

    assert [one.slots for one in found] == [(SlotUse(slot=records.slot, used=0),), (), ()]


def test_what_is_taken_is_found_with_the_use_of_slots_and_days_without_what_has_lapsed(
    stores: SqlStores,
) -> None:
    day, other_day = f"day:res_1:{LEAP_DAY}", "day:res_1:2028-03-01"
    places, stripe, others = "slot:slt_1", "slot:slt_1#1", "slot:slt_10"
    keys = [day, other_day, "day:res_10:2028-02-29", places, stripe, others]
    wanted = Changes(batch_id="bat_2", now=NOW)
    held = replace(
        records.claim,
        claim_id=ClaimId("clm_5"),
        owner_kind=ClaimOwner.SLOT,
        owner_id="slt_1",
        counts_until=None,
    )
    wanted.claims_inserted = [
        _claim(2, places, units=3),
        _claim(3, stripe, units=2, ends=-MINUTE),
        _claim(4, day, units=1, ends=timedelta(0)),
        held,
        replace(records.claim, claim_id=ClaimId("clm_6"), released_at=NOW),
    ]
    wanted.counters = {key: CounterChange(delta=5, is_cap_set=True, cap=9) for key in keys}
    _write(stores, wanted, keys)

    with stores.read(TENANT) as store:
        found = store.takings(_around(NOW - HOUR, NOW + HOUR))
        by_holder = store.takings(_around(NOW - HOUR, NOW + HOUR, offering_ids=()))
        later = store.takings(_around(NOW + HOUR, NOW + 2 * HOUR))

    slot = SlotUse(slot=records.slot, used=8)
    assert replace(found, claims=tuple(sorted(found.claims))) == Takings(
        claims=(_taken(records.claim), _taken(held)),
        slots=(slot,),
        slot_claims=((SlotId("slt_1"), ResourceId("res_1")),),
        day_counts=(DayCount(key=day, cap=9, used=4),),
        days=(records.day,),
    )
    assert (by_holder.slots, by_holder.slot_claims) == ((slot,), ())
    assert (later.claims, later.slots, later.slot_claims) == ((), (), ())


def test_who_serves_is_found_by_name_pool_and_category_with_the_rules_that_are_in_use(
    stores: SqlStores,
) -> None:
    wanted = Changes(batch_id="bat_2", now=NOW)
    of_offering = replace(records.rule, rule_id=RuleId("rul_2"), owner_id="off_1")
    removed = replace(records.rule, rule_id=RuleId("rul_0"), status=RuleStatus.REMOVED)
    wanted.inserted = [removed, of_offering]
    _write(stores, wanted)

    with stores.read(TENANT) as store:
        by_name = store.serving(
            ServedBy(resource_ids=[ResourceId("res_1")], owner_ids=["off_1", "off_2"])
        )
        by_pool = store.serving(ServedBy(pool_ids=[PoolId("pol_1")]))
        by_category = store.serving(ServedBy(category_ids=[CategoryId("cat_1")]))
        nobody = store.serving(
            ServedBy(resource_ids=[ResourceId("res_9")], pool_ids=[PoolId("pol_9")])
        )

    room, rules = (records.resource,), (records.rule,)
    assert by_name == Serving(pools=(), resources=room, rules=(records.rule, of_offering))
    assert by_pool == Serving(pools=(records.pool,), resources=room, rules=rules)
    assert by_category == Serving(pools=(), resources=room, rules=rules)
    assert nobody == Serving(pools=(), resources=(), rules=())


def test_another_tenant_sees_nothing_of_it(stores: SqlStores) -> None:
    everybody = ServedBy(
        resource_ids=[ResourceId("res_1")],
        pool_ids=[PoolId("pol_1")],
        category_ids=[CategoryId("cat_1")],
        owner_ids=["off_1"],
    )

    with stores.read(TenantId("tnt_b")) as store:
        taken = store.takings(_around(NOW - HOUR, NOW + HOUR))
        serving = store.serving(everybody)

    assert taken == Takings(claims=(), slots=(), slot_claims=(), day_counts=(), days=())
    assert serving == Serving(pools=(), resources=(), rules=())


def test_reads_by_id_and_by_field_are_one_statement_whatever_their_number(
    stores: SqlStores, database: Database
) -> None:
    by_id = [ById(type(record), id_of(record)) for record in records.ALL]
    before = database.statistics.statements

    with stores.read(TENANT) as store:
        found = store.load([*by_id, Where(ScheduleRule, "owner_id", "res_1")])

    assert database.statistics.statements - before == 1
    assert len(found) == len(records.ALL) + 1


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
@pytest.mark.postgresql
def test_the_databases_own_time_comes_along_with_the_first_reads(fresh_url: object) -> None:
    assert callable(fresh_url)
    database = Database.open(fresh_url())
    before = database.statistics.statements

    with SqlStores(database).read(TENANT) as store:
        store.load([ById(ScheduleRule, "rul_1")])
        first, again = store.now(), store.now()

    with database.read() as transaction:
        behind = transaction.now() - first
    database.dispose()
    assert database.statistics.statements - before == 2
    assert first == again
    assert timedelta(0) <= behind < HOUR
