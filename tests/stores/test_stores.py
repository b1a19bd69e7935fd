"""The contract of the stores, on every database: what is written is what is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from holdfast.domain.claims import Claim
from holdfast.domain.ids import BatchId, ClaimId, ResourceId, RuleId, SlotId, TenantId
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.rules import RuleStatus, ScheduleRule
from holdfast.domain.slots import Slot
from holdfast.domain.tenants import Tenant
from holdfast.engine.ports import (
    Answer,
    ById,
    CapacityKind,
    Changes,
    Comparison,
    ConstraintViolated,
    CounterChange,
    Filter,
    IdempotencyKey,
    KeptAnswer,
    Lapsed,
    Listing,
    LockRequest,
    Over,
    Read,
    TransactionConflict,
    Where,
)
from holdfast.engine.records import KINDS, id_of
from holdfast.storage.database import Database
from holdfast.storage.register import SqlTenantRegister
from holdfast.storage.stores import SqlStores
from tests.stores import line_records, records
from tests.stores.records import HOUR, NOW, TENANT

MINUTE = timedelta(minutes=1)
PLACES = "slot:slt_1"


@pytest.fixture
def stores(database: Database) -> SqlStores:
    return SqlStores(database)


def changes(number: int) -> Changes:
    return Changes(batch_id=f"bat_{number}", now=NOW)


def write(stores: SqlStores, wanted: Changes, *, tenant_id: TenantId = TENANT) -> None:
    with stores.write(tenant_id) as store:
        store.flush(wanted)
        store.commit()


def write_all(stores: SqlStores) -> None:
    wanted = changes(1)
    wanted.inserted = [*records.ALL, *line_records.ALL]
    wanted.claims_inserted = [records.claim]
    write(stores, wanted)


def write_claims(stores: SqlStores, claims: Sequence[Claim], *, used: int) -> None:
    """Write claims of a slot's places with their counter."""
    with stores.write(TENANT) as store:
        store.lock([LockRequest(key=PLACES, kind=CapacityKind.COUNTER)])
        wanted = changes(2)
        wanted.claims_inserted = list(claims)
        wanted.counters = {PLACES: CounterChange(delta=used, is_cap_set=True, cap=100)}
        store.flush(wanted)
        store.commit()


def place(number: int, *, minutes: int, units: int = 1) -> Claim:
    return replace(
        records.claim,
        claim_id=ClaimId(f"clm_{number}"),
        key=PLACES,
        resource_id=None,
        units=units,
        counts_until=NOW + minutes * MINUTE,
    )


def test_every_record_is_read_as_it_was_written(stores: SqlStores) -> None:
    write_all(stores)
    everything = [*records.ALL, *line_records.ALL, records.claim]

    with stores.read(TENANT) as store:
        found = store.load([ById(type(record), id_of(record)) for record in everything])

    assert set(map(type, everything)) == set(KINDS)
    assert found == {ById(type(record), id_of(record)): (record,) for record in everything}


def test_another_tenant_sees_nothing_of_it(stores: SqlStores) -> None:
    write_all(stores)
    other = TenantId("tnt_b")
    reads: list[Read] = [
        *(ById(type(record), id_of(record)) for record in [*records.ALL, *line_records.ALL]),
        Where(ScheduleRule, "owner_id", "res_1"),
        Over("res:res_1", NOW, NOW + HOUR),
    ]

    with stores.read(other) as store:
        found = store.load(reads)
        page = store.page(Listing(kind=Slot, order_by="starts_at", limit=5))

    assert found == dict.fromkeys(reads, ())
    assert page == []


def test_where_finds_the_live_ones_by_id(stores: SqlStores) -> None:
    write_all(stores)
    removed = replace(records.rule, rule_id=RuleId("rul_0"), status=RuleStatus.REMOVED)
    second = replace(records.rule, rule_id=RuleId("rul_2"))
    wanted = changes(2)
    wanted.inserted = [second, removed]
    write(stores, wanted)
    read, nothing = Where(ScheduleRule, "owner_id", "res_1"), Where(ScheduleRule, "owner_id", "x")

    with stores.read(TENANT) as store:
        found = store.load([read, nothing])

    assert found == {read: (records.rule, second), nothing: ()}


def test_overlaps_are_half_open_and_of_unreleased_claims_of_the_key(stores: SqlStores) -> None:
    write_all(stores)
    released = replace(records.claim, claim_id=ClaimId("clm_2"), released_at=NOW)
    other_key = replace(records.claim, claim_id=ClaimId("clm_3"), key="res:res_2")
    wanted = changes(2)
    wanted.claims_inserted = [released, other_key]
    write(stores, wanted)
    last_microsecond = timedelta(microseconds=1)
    key = "res:res_1"
    reads = {
        Over(key, NOW - HOUR, NOW): (),
        Over(key, NOW - HOUR, NOW + last_microsecond): (records.claim,),
        Over(key, NOW + HOUR - last_microsecond, NOW + 2 * HOUR): (records.claim,),
        Over(key, NOW + HOUR, NOW + 2 * HOUR): (),
        Over("res:res_2", NOW, NOW + HOUR): (other_key,),
    }

    with stores.read(TENANT) as store:
        found = store.load(list(reads))

    assert found == reads


@pytest.mark.parametrize("count", [1, 3, 17, 65, 130])
def test_any_number_of_overlaps_is_answered(stores: SqlStores, count: int) -> None:
    write_all(stores)
    reads = [Over("res:res_1", NOW - i * MINUTE, NOW + MINUTE) for i in range(count)]

    with stores.read(TENANT) as store:
        found = store.load(reads)

    assert found == dict.fromkeys(reads, (records.claim,))


def test_a_change_compares_the_version_and_sets_the_rest(stores: SqlStores) -> None:
    write_all(stores)
    changed = replace(records.booking, note="later", version=2)
    first, second = changes(2), changes(3)
    first.updated = [(records.booking, changed)]
    second.updated = [(records.booking, replace(changed, note="never"))]

    write(stores, first)
    with pytest.raises(TransactionConflict):
        write(stores, second)

    with stores.read(TENANT) as store:
        found = store.load([ById(type(changed), changed.booking_id)])
    assert list(found.values()) == [(changed,)]


def test_a_released_claim_is_not_changed_again(stores: SqlStores) -> None:
    write_all(stores)
    released = replace(records.claim, released_at=NOW, reason="released")
    first, second = changes(2), changes(3)
    first.claims_updated = [(records.claim, released)]
    second.claims_updated = [(records.claim, replace(released, released_at=NOW + HOUR))]

    write(stores, first)
    with pytest.raises(TransactionConflict):
        write(stores, second)

    with stores.read(TENANT) as store:
        found = store.load([ById(Claim, "clm_1")])
    assert list(found.values()) == [(released,)]


def test_lapsed_claims_are_summed_and_released_as_a_set(stores: SqlStores) -> None:
    lasting = place(3, minutes=2)
    write_claims(stores, [place(1, minutes=1), place(2, minutes=1, units=4), lasting], used=6)
    at_the_minute = NOW + MINUTE

    with stores.write(TENANT) as store:
        locked = store.lock([LockRequest(key=PLACES, kind=CapacityKind.COUNTER)])
        before = store.lapsed([PLACES], now=at_the_minute - timedelta(microseconds=1))
        found = store.lapsed([PLACES], now=at_the_minute)
        wanted = Changes(batch_id="bat_3", now=at_the_minute)
        wanted.lapsed_keys = {PLACES: found[0].count}
        wanted.counters = {PLACES: CounterChange(delta=-found[0].units)}
        store.flush(wanted)
        store.commit()

    assert [(row.used, row.cap) for row in locked] == [(6, 100)]
    assert (before, found) == ([], [Lapsed(key=PLACES, units=5, count=2)])
    with stores.read(TENANT) as store:
        assert store.used([PLACES], now=at_the_minute) == {PLACES: 1}
        assert store.load([Where(Claim, "owner_id", "hld_1")]) == {
            Where(Claim, "owner_id", "hld_1"): (lasting,)
        }


def test_what_is_displayed_as_used_leaves_out_what_has_lapsed(stores: SqlStores) -> None:
    write_claims(stores, [place(1, minutes=1), place(2, minutes=2)], used=2)

    with stores.read(TENANT) as store:
        found = [store.used([PLACES, "slot:none"], now=NOW + i * MINUTE) for i in range(3)]

    assert found == [{PLACES: 2}, {PLACES: 1}, {PLACES: 0}]


def test_the_database_itself_refuses_to_count_past_the_cap(stores: SqlStores) -> None:
    write_claims(stores, [place(1, minutes=1)], used=1)
    wanted = changes(3)
    wanted.counters = {PLACES: CounterChange(delta=100)}

    with pytest.raises(ConstraintViolated) as refused:
        write(stores, wanted)

    assert refused.value.constraint == "ck_capacity_within"


def test_answers_are_kept_byte_for_byte(stores: SqlStores) -> None:
    key = IdempotencyKey(caller="key_1", route="POST /v1/holds", key="ü/1", fingerprint="f")
    answer = Answer(status=201, headers=(("etag", '"v1"'),), body=b"\x00\xff{}")
    wanted = changes(1)
    wanted.answers = [KeptAnswer(key=key, answer=answer, at=NOW)]
    write(stores, wanted)
    others = [
        ("key_2", key.route, key.key),
        (key.caller, "x", key.key),
        (key.caller, key.route, ""),
    ]

    with stores.write(TENANT) as store:
        found = store.answers([key.name, *others])
    with stores.write(TenantId("tnt_b")) as store:
        found_by_others = store.answers([key.name])

    assert found == {key.name: wanted.answers[0]}
    assert found_by_others == {}


def test_one_key_is_answered_once(stores: SqlStores) -> None:
    key = IdempotencyKey(caller="key_1", route="r", key="k", fingerprint="f")
    kept = KeptAnswer(key=key, answer=Answer(status=200, headers=(), body=b""), at=NOW)
    first, second = changes(1), changes(2)
    first.answers, second.answers = [kept], [kept]

    write(stores, first)
    with pytest.raises(ConstraintViolated) as refused:
        write(stores, second)

    assert refused.value.constraint == "pk_answer"


def test_pages_follow_each_other_in_a_total_order(stores: SqlStores) -> None:
    write_all(stores)
    starts = [0, 1, 1, 1, 2]
    slots = [
        replace(records.slot, slot_id=SlotId(f"slt_{i + 2}"), starts_at=NOW - hours * HOUR)
        for i, hours in enumerate(starts)
    ]
    wanted = changes(2)
    wanted.inserted = list(slots)
    write(stores, wanted)
    everything = [records.slot, *slots]
    ascending = sorted(everything, key=lambda slot: (slot.starts_at, slot.slot_id))

    with stores.read(TENANT) as store:
        for is_descending in (False, True):
            found: list[object] = []
            after = None
            while True:
                listing = Listing(
                    kind=Slot,
                    order_by="starts_at",
                    is_descending=is_descending,
                    after=after,
                    limit=2,
                )
                page = store.page(listing)
                found += page
                if len(page) < 2:
                    break
                last = page[-1]
                assert isinstance(last, Slot)
                after = (last.starts_at, last.slot_id)

            assert found == (ascending[::-1] if is_descending else ascending)


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        (Filter("capacity", Comparison.EQUAL, 20), True),
        (Filter("capacity", Comparison.EQUAL, 21), False),
        (Filter("slot_id", Comparison.ONE_OF, ("slt_1", "slt_2")), True),
        (Filter("slot_id", Comparison.ONE_OF, ()), False),
        (Filter("starts_at", Comparison.AT_LEAST, NOW), True),
        (Filter("starts_at", Comparison.BELOW, NOW), False),
        (Filter("capacity", Comparison.IS_NULL), False),
    ],
)
def test_filters_compare_as_they_say(
    stores: SqlStores, condition: Filter, *, is_found: bool
) -> None:
    write_all(stores)
    listing = Listing(kind=Slot, filters=(condition,), order_by="starts_at", limit=5)

    with stores.read(TENANT) as store:
        found = store.page(listing)

    assert found == ([records.slot] if is_found else [])


def test_records_are_counted_by_what_they_have_in_a_field(stores: SqlStores) -> None:
    write_all(stores)
    others = changes(2)
    others.inserted = [
        replace(records.resource, resource_id=ResourceId("res_8"), status=ResourceStatus.DELETED),
        replace(records.resource, resource_id=ResourceId("res_9"), category_id=None),
    ]
    write(stores, others)
    in_use = Filter("status", Comparison.ONE_OF, (ResourceStatus.ACTIVE,))
    category_id = records.category.category_id

    with stores.read(TENANT) as store:
        found = [
            store.counts(Resource, "status", []),
            store.counts(Resource, "category_id", []),
            store.counts(Resource, "category_id", [in_use]),
            store.counts(Resource, "status", [Filter("kind", Comparison.EQUAL, "boat")]),
        ]
    with stores.read(TenantId("tnt_b")) as store:
        elsewhere = store.counts(Resource, "status", [])

    assert found == [
        {"active": 2, "deleted": 1},
        {category_id: 2},
        {category_id: 1},
        {},
    ]
    assert elsewhere == {}


def test_a_settled_batch_is_told_from_one_that_never_was(stores: SqlStores) -> None:
    write(stores, changes(1))

    found = [stores.settle(TENANT, BatchId(f"bat_{number}")) for number in (1, 2)]

    assert found == [True, False]
    with pytest.raises(ConstraintViolated):
        write(stores, changes(2))


def test_the_register_finds_businesses_by_slug_and_by_id(
    stores: SqlStores, database: Database
) -> None:
    other = replace(records.tenant, tenant_id=TenantId("tnt_b"), slug="abc")
    first, second = changes(1), changes(1)
    first.inserted, second.inserted = [records.tenant], [other]
    write(stores, first)
    write(stores, second, tenant_id=other.tenant_id)
    register = SqlTenantRegister(database)

    found: list[Tenant | None] = [
        register.find("zoe"),
        register.find("tnt_b"),
        register.find("nobody"),
        register.find_by_slug("abc"),
    ]

    assert found == [records.tenant, other, None, other]
    assert register.list_all() == [other, records.tenant]


def test_a_slug_is_taken_once_among_all_businesses(stores: SqlStores) -> None:
    first, second = changes(1), changes(1)
    first.inserted = [records.tenant]
    second.inserted = [replace(records.tenant, tenant_id=TenantId("tnt_b"))]

    write(stores, first)
    with pytest.raises(ConstraintViolated) as refused:
        write(stores, second, tenant_id=TenantId("tnt_b"))

    assert refused.value.constraint == "uq_tenant_slug"
