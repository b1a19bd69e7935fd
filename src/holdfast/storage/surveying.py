"""Surveying: what availability is judged by, in one statement each.

`load` answers reads of any kinds, `serving` finds who may serve with their hours, `takings` what
is taken around some time. Their SQL is the same however much is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from holdfast.domain.calendars import DayCapacity
from holdfast.domain.claims import ClaimOwner, Taking
from holdfast.domain.pools import Pool
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.rules import RuleStatus, ScheduleRule
from holdfast.domain.slots import Slot
from holdfast.engine.ports import ById, Read, Where
from holdfast.engine.records import id_of
from holdfast.engine.takings import DayCount, ServedBy, Serving, SlotUse, Takings, Whereabouts
from holdfast.storage.at_once import AtOnce, among, as_list, bytewise, items_of, listed
from holdfast.storage.mapping import mapper_of
from holdfast.storage.reading import bounded, live
from holdfast.storage.schema import capacity as ledger_schema
from holdfast.storage.schema import catalogue, ledger
from holdfast.storage.types import Instant, LocalDate, instant_from

_CLOCK = literal_column("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint", BigInteger())
_TENANT = "b_tenant"
_Columns = ReadOnlyColumnCollection[str, Any]
# As `Taking` has them.
_TAKEN = ("key", "owner_kind", "owner_id", "units", "starts_at", "ends_at", "reason")


def load(
    connection: Connection,
    tenant_id: str,
    reads: Collection[ById | Where],
    *,
    is_clock_asked: bool,
) -> tuple[dict[Read, tuple[object, ...]], datetime | None]:
    """Answer reads by id and by field in one statement, and read the database's clock if asked."""
    asked: dict[tuple[type, str | None], list[str]] = {}
    for read in reads:
        if isinstance(read, ById):
            asked.setdefault((read.kind, None), []).append(read.record_id)
        else:
            asked.setdefault((read.kind, read.field), []).append(read.value)
    groups = sorted(asked, key=lambda group: (group[0].__name__, group[1] or ""))
    values = {f"b_values_{i}": as_list(asked[group]) for i, group in enumerate(groups)}
    statement = _load_statement(tuple(groups), is_clock_asked=is_clock_asked)
    rows = statement.run(connection, {_TENANT: tenant_id, **values})
    found: dict[Read, list[object]] = {read: [] for read in reads}
    for i, (kind, field) in enumerate(groups):
        mapper = mapper_of(kind)
        for row in rows[str(i)]:
            record = mapper.from_row(row)
            key = ById(kind, id_of(record))
            found[key if field is None else Where(kind, field, getattr(record, field))] += [record]
    answers = {read: tuple(sorted(records, key=id_of)) for read, records in found.items()}
    instant = instant_from(rows["clock"][0]["clock"]) if is_clock_asked else None
    return answers, instant


@cache
def _load_statement(groups: tuple[tuple[type, str | None], ...], *, is_clock_asked: bool) -> AtOnce:
    selects: dict[str, Select[Any]] = {}
    for i, (kind, field) in enumerate(groups):
        mapper = mapper_of(kind)
        column = mapper.id_column if field is None else mapper.table.columns[field]
        conditions = [among(column, f"b_values_{i}")]
        if field is not None:
            conditions.append(live(mapper))
        selects[str(i)] = _records_of(kind).where(*conditions)
    if is_clock_asked:
        selects["clock"] = select(_CLOCK.label("clock"))
    return AtOnce(selects)


def _records_of(kind: type) -> Select[Any]:
    """Return what reads the records of a kind, of one tenant."""
    mapper = mapper_of(kind)
    return select(mapper.table).where(mapper.table.columns.tenant_id == _tenant())


def _tenant() -> ColumnElement[str]:
    return bindparam(_TENANT, type_=Text())


def serving(connection: Connection, tenant_id: str, asked: ServedBy) -> Serving:
    """Find resources by name, pool and category, the pools, and the rules of all of them."""
    rows = _serving_statement().run(
        connection,
        {
            _TENANT: tenant_id,
            "b_resources": as_list(asked.resource_ids),
            "b_pools": as_list(asked.pool_ids),
            "b_categories": as_list(asked.category_ids),
            "b_owners": as_list(asked.owner_ids),
        },
    )
    return Serving(
        pools=_in_order(Pool, rows["pools"]),
        resources=_in_order(Resource, rows["resources"]),
        rules=_in_order(ScheduleRule, rows["rules"]),
    )


@cache
def _serving_statement() -> AtOnce:
    pool, resource = catalogue.pool.columns, catalogue.resource.columns
    members, member = items_of(catalogue.pool, pool.resource_ids)
    theirs = catalogue.resource.alias("of_category").columns
    ids = (
        select(bytewise(listed("b_resources").c.value)),
        select(member)
        .select_from(members)
        .where(pool.tenant_id == _tenant(), among(pool.pool_id, "b_pools")),
        select(theirs.resource_id).where(
            theirs.tenant_id == _tenant(), among(theirs.category_id, "b_categories")
        ),
    )
    rule = catalogue.rule.columns
    owners = union(*ids, select(bytewise(listed("b_owners").c.value)))
    return AtOnce(
        {
            "pools": _records_of(Pool).where(among(pool.pool_id, "b_pools")),
            "resources": _records_of(Resource).where(resource.resource_id.in_(union(*ids))),
            "rules": _records_of(ScheduleRule).where(
                rule.owner_id.in_(owners), rule.status == RuleStatus.ACTIVE
            ),
        }
    )


def takings(connection: Connection, tenant_id: str, asked: Whereabouts) -> Takings:
    """Find what is taken of some resources around some time, and the slots of some offerings."""
    rows = _takings_statement(has_hosts=bool(asked.hosts)).run(
        connection,
        {
            _TENANT: tenant_id,
            "b_keys": as_list(asked.claim_keys),
            "b_starts": asked.starts_at,
            "b_bound": bounded(asked.starts_at),
            "b_ends": asked.ends_at,
            "b_offerings": as_list(asked.offering_ids),
            "b_slots_from": asked.slots_from,
            "b_slots_before": asked.slots_before,
            "b_slots_keep": asked.slots_keep // timedelta(microseconds=1),
            "b_dated": as_list(asked.dated_ids),
            "b_first": asked.first_on,
            "b_last": asked.last_on,
            "b_now": asked.now,
            **({"b_hosts": as_list(asked.hosts)} if asked.hosts else {}),
        },
    )
    slots = {
        row["slot_id"]: SlotUse(slot=mapper_of(Slot).from_row(row), used=int(row["used"]))
        for row in [*rows["others"], *rows["slots"]]
    }
    return Takings(
        claims=_takings_in(rows["claims"]),
        slots=tuple(slots[slot_id] for slot_id in sorted(slots)),
        slot_claims=tuple((row["owner_id"], row["resource_id"]) for row in rows["slot_claims"]),
        day_counts=tuple(
            DayCount(key=row["key"], cap=row["cap"], used=int(row["used"]))
            for row in rows["day_counts"]
        ),
        days=_in_order(DayCapacity, rows["days"]),
        owned=tuple((row["owner_id"], row["resource_id"]) for row in rows.get("owned", ())),
    )


@cache
def _takings_statement(*, has_hosts: bool) -> AtOnce:
    slot, claim, day = ledger.slot.columns, ledger.claim.columns, catalogue.day.columns
    is_own = (
        slot.tenant_id == _tenant(),
        among(slot.offering_id, "b_offerings"),
        slot.starts_at >= bindparam("b_slots_from", type_=Instant()),
        slot.starts_at < bindparam("b_slots_before", type_=Instant()),
    )
    holding = ledger.claim.alias("holding").columns
    slots = select(ledger.slot, _used_of(slot.slot_id).label("used"))
    owned: dict[str, Select[Any]] = {"owned": _owned()} if has_hosts else {}
    return AtOnce(
        owned
        | {
            "claims": select(*(claim[name] for name in _TAKEN)).where(
                *_overlapping(claim, ends_at=_reaching(slot, is_own), has_hosts=has_hosts),
                or_(
                    claim.counts_until.is_(None),
                    claim.counts_until > bindparam("b_now", type_=Instant()),
                ),
            ),
            "slots": slots.where(*is_own),
            # Other slots that hold our resources; those opened by demand may be empty.
            "others": slots.where(
                slot.tenant_id == _tenant(),
                slot.slot_id.in_(
                    select(holding.owner_id).where(
                        *_overlapping(
                            holding, ends_at=_reaching(slot, is_own), has_hosts=has_hosts
                        ),
                        holding.owner_kind == ClaimOwner.SLOT,
                    )
                ),
                not_(and_(*is_own)),
            ),
            "slot_claims": select(claim.owner_id, claim.resource_id).where(
                claim.tenant_id == _tenant(),
                claim.released_at.is_(None),
                claim.resource_id.is_not(None),
                claim.owner_id.in_(select(slot.slot_id).where(*is_own)),
            ),
            "day_counts": _day_counts(),
            "days": _records_of(DayCapacity).where(
                among(day.resource_id, "b_dated"),
                day.falls_on >= bindparam("b_first", type_=LocalDate()),
                day.falls_on <= bindparam("b_last", type_=LocalDate()),
            ),
        },
        plain=("claims",),
    )


class _Instants(dict[int, datetime]):
    """Instants by their count of microseconds, each made once."""

    def __missing__(self, count: int) -> datetime:
        """Make one."""
        instant = self[count] = instant_from(count)
        return instant


def _takings_in(rows: Iterable[tuple[Any, ...]]) -> tuple[Taking, ...]:
    """Return what claims take; many begin and end at the same instants."""
    kinds = {kind.value: kind for kind in ClaimOwner}
    at = _Instants()
    return tuple(
        Taking(key, kinds[kind], owner_id, units, at[starts_at], at[ends_at], reason)
        for key, kind, owner_id, units, starts_at, ends_at, reason in rows
    )


def _reaching(slot: _Columns, is_own: Sequence[ColumnElement[bool]]) -> ColumnElement[datetime]:
    """Until when claims matter: as long as was asked for, and as the slots themselves last."""
    asked = select(bindparam("b_ends", type_=Instant()).label("until"))
    keep = bindparam("b_slots_keep", type_=BigInteger())
    own = select((type_coerce(slot.ends_at, BigInteger) + keep).label("until")).where(*is_own)
    every = union_all(asked, own).subquery()
    return select(func.max(every.c.until, type_=Instant())).scalar_subquery()


def _owned() -> Select[Any]:
    """The resources of some owners that keep them busy, as `keeps_busy` says."""
    resource = catalogue.resource.columns
    return select(resource.owner_id, resource.resource_id).where(
        resource.tenant_id == _tenant(),
        among(resource.owner_id, "b_hosts"),
        resource.capacity.is_not(None),
        resource.scheme == Scheme.INTERVAL,
    )


def _overlapping(
    claim: _Columns, *, ends_at: ColumnElement[datetime], has_hosts: bool
) -> tuple[ColumnElement[bool], ...]:
    """The unreleased claims of some keys, and of all that hosts have, that overlap some time."""
    is_one = among(claim.key, "b_keys")
    if has_hosts:
        owned = _owned().subquery()
        keys = select(bytewise(listed("b_keys").c.value)).union(
            select(bytewise("res:" + owned.c.resource_id))
        )
        is_one = claim.key.in_(keys)
    return (
        claim.tenant_id == _tenant(),
        is_one,
        claim.released_at.is_(None),
        claim.starts_at < ends_at,
        # No claim is longer than this, so the search has an end on both sides.
        claim.starts_at > bindparam("b_bound", type_=Instant()),
        claim.ends_at > bindparam("b_starts", type_=Instant()),
    )


def _used_of(slot_id: ColumnElement[str]) -> ColumnElement[int]:
    """What is taken of a slot's places, in all of its stripes, lapsed claims not counted."""
    row, lapsed = ledger_schema.capacity.alias("counter").columns, _lapsed()
    first = bytewise("slot:" + slot_id)
    # A stripe's key is the first one's with a "#" behind it, and "$" comes after "#".
    past = bytewise("slot:" + slot_id + "$")
    used = select(func.coalesce(func.sum(row.used), 0)).where(
        row.tenant_id == _tenant(), row.key >= first, row.key < past
    )
    ended = select(func.coalesce(func.sum(lapsed.units), 0)).where(
        *_is_lapsed(lapsed), lapsed.key >= first, lapsed.key < past
    )
    return cast(used.scalar_subquery() - ended.scalar_subquery(), BigInteger())


def _day_counts() -> Select[Any]:
    """What is taken of dated resources on each date on which anything ever was."""
    row, lapsed = ledger_schema.capacity.columns, _lapsed()
    dated = listed("b_dated")
    prefix = "day:" + dated.c.value + ":"
    ended = select(func.coalesce(func.sum(lapsed.units), 0)).where(
        *_is_lapsed(lapsed), lapsed.key == row.key
    )
    used = cast(row.used - ended.scalar_subquery(), BigInteger())
    return (
        select(row.key, row.cap, used.label("used"))
        .select_from(dated)
        .join(
            ledger_schema.capacity,
            (row.tenant_id == _tenant())
            & (row.key >= bytewise(prefix + bindparam("b_first", type_=LocalDate())))
            & (row.key <= bytewise(prefix + bindparam("b_last", type_=LocalDate())))
            & row.cap.is_not(None),
        )
    )


def _lapsed() -> _Columns:
    return ledger.claim.alias("lapsed").columns


def _is_lapsed(claim: _Columns) -> tuple[ColumnElement[bool], ...]:
    return (
        claim.tenant_id == _tenant(),
        claim.released_at.is_(None),
        claim.counts_until.is_not(None),
        claim.counts_until <= bindparam("b_now", type_=Instant()),
    )


def _in_order(kind: type, rows: list[dict[str, Any]]) -> tuple[Any, ...]:
    mapper = mapper_of(kind)
    return tuple(sorted(map(mapper.from_row, rows), key=id_of))
