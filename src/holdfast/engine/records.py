"""The kinds of records that use cases read and write, and their plain form for audit and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from fractions import Fraction
from types import MappingProxyType
from typing import cast

from holdfast.domain.access import ApiKey, Member
from holdfast.domain.accounts import Account, SignIn
from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.calendars import DayCapacity
from holdfast.domain.categories import Category
from holdfast.domain.claims import Claim
from holdfast.domain.closures import Closure
from holdfast.domain.customers import Customer
from holdfast.domain.holds import Hold
from holdfast.domain.hooks import Attempt
from holdfast.domain.offerings import Offering
from holdfast.domain.pools import Pool
from holdfast.domain.promo_codes import PromoCode
from holdfast.domain.resources import Resource
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.series import Series, SeriesCancelled, SeriesMade, SeriesOccurrence
from holdfast.domain.slots import Slot
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import InLine, WaitlistEntry


@dataclass(frozen=True, slots=True)
class RecordKind:
    """What a kind of record is called, which field is its id, and what a live one looks like.

    `live_value` of `live_field` means that a `Where` finds the record. What is in `unspoken` fields
    stays out of the history.
    """

    name: str
    id_field: str
    live_field: str | None = None
    live_value: str | None = None
    unspoken: frozenset[str] = frozenset()


KINDS: Mapping[type, RecordKind] = MappingProxyType(
    {
        Tenant: RecordKind("tenant", "tenant_id"),
        Member: RecordKind("member", "member_id"),
        Account: RecordKind("account", "account_id", unspoken=frozenset({"password_hash"})),
        SignIn: RecordKind("sign_in", "sign_in_id"),
        ApiKey: RecordKind("key", "key_id"),
        Customer: RecordKind("customer", "customer_id"),
        Category: RecordKind("category", "category_id"),
        Resource: RecordKind("resource", "resource_id"),
        Pool: RecordKind("pool", "pool_id"),
        DayCapacity: RecordKind("day", "day_id"),
        Offering: RecordKind("offering", "offering_id"),
        PromoCode: RecordKind("promo_code", "promo_id"),
        ScheduleRule: RecordKind("rule", "rule_id", "status", "active"),
        Block: RecordKind("block", "block_id", "status", "active"),
        Slot: RecordKind("slot", "slot_id"),
        Hold: RecordKind("hold", "hold_id"),
        Booking: RecordKind("booking", "booking_id"),
        Series: RecordKind("series", "series_id"),
        SeriesOccurrence: RecordKind("occurrence", "occurrence_id"),
        WaitlistEntry: RecordKind("waitlist_entry", "entry_id", "status", "waiting"),
        Attempt: RecordKind("attempt", "attempt_id", "status", "asking"),
        Claim: RecordKind("claim", "claim_id", "released_at", None),
    }
)


def record_of(result: object) -> object:
    """Return the record that a result is about."""
    if isinstance(result, InLine):
        return result.entry
    if isinstance(result, SeriesMade | SeriesCancelled):
        return result.series
    return result.record if isinstance(result, Closure) else result


def id_of(record: object) -> str:
    """Return the id of a record."""
    return cast("str", getattr(record, KINDS[type(record)].id_field))


def is_live(record: object) -> bool:
    """Tell whether a record is found by a `Where`."""
    kind = KINDS[type(record)]
    return kind.live_field is None or bool(getattr(record, kind.live_field) == kind.live_value)


def version_of(record: object) -> int:
    """Return the version of a record; claims have none and count as 1."""
    return cast("int", getattr(record, "version", 1))


def field_names(kind: type) -> tuple[str, ...]:
    """Return the names of a record's fields, in order."""
    names = _FIELD_NAMES.get(kind)
    if names is None:
        names = _FIELD_NAMES[kind] = tuple(field.name for field in fields(kind))
    return names


_FIELD_NAMES: dict[type, tuple[str, ...]] = {}


def plain(value: object) -> object:
    """Return a value as JSON-ready plain values: instants in ISO form, lengths in seconds.

    A fraction is a text such as "3/2".

    Raises:
        TypeError: There is no plain form for it.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _seconds(value)
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)  # type: ignore[type-var]  # sets hold one type
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return value
    if isinstance(value, Fraction):
        return str(value)
    if is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in field_names(type(value))}
    message = f"{type(value).__name__} has no plain form."
    raise TypeError(message)


def changes_between(before: object | None, after: object) -> dict[str, object]:
    """Return what an audit row says: every field of a new record, or the fields that changed."""
    unspoken = KINDS[type(after)].unspoken
    names = [name for name in field_names(type(after)) if name not in unspoken]
    if before is None:
        return {name: plain(getattr(after, name)) for name in names}
    return {
        name: [plain(getattr(before, name)), plain(getattr(after, name))]
        for name in names
        if getattr(before, name) != getattr(after, name) and name != "version"
    }


def canonical_json(value: object) -> str:
    """Write a plain value as JSON with sorted keys and no spaces: equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _seconds(length: timedelta) -> int | float:
    whole, rest = divmod(length, timedelta(seconds=1))
    return length.total_seconds() if rest else whole
