"""How each kind of record is kept: its table, and the way between a row and a domain value.

A field and a column share one name, but for money (`<field>_minor`, `<field>_currency`) and
contacts (`contact_…`). This is the only place where rows become domain values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import RowMapping, Table

from holdfast.domain.access import ApiKey, Member
from holdfast.domain.accounts import Account, SignIn
from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking, PendingReason
from holdfast.domain.calendars import DayCapacity
from holdfast.domain.categories import Category
from holdfast.domain.claims import Claim
from holdfast.domain.customers import Contact, Customer
from holdfast.domain.guests import Guest
from holdfast.domain.history import AuditEntry, Event
from holdfast.domain.holds import AssignedResource, Hold
from holdfast.domain.hooks import Attempt
from holdfast.domain.ids import CategoryId, PoolId, ResourceId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Component, Offering
from holdfast.domain.overrides import Override
from holdfast.domain.pools import Pool
from holdfast.domain.promo_codes import PromoCode
from holdfast.domain.recurrence import Frequency
from holdfast.domain.requirements import Choosing, Per, Requirement, Strategy
from holdfast.domain.resources import Resource
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.series import Series, SeriesOccurrence
from holdfast.domain.slots import Slot
from holdfast.domain.strategies import Chosen
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import WaitlistEntry, WishedDates, Wishes
from holdfast.engine.records import field_names, plain
from holdfast.storage.policy_rows import policy_of, policy_row, settlement_of
from holdfast.storage.price_rows import (
    line_from,
    rule_from,
    terms_from,
    terms_row,
    tier_from,
    use_from,
)
from holdfast.storage.schema import catalogue, history, ledger, people, series, waitlists

Row = Mapping[str, Any] | RowMapping
"""A row by the names of its columns, or a part of one that is kept as JSON."""


@dataclass(frozen=True, slots=True)
class Form:
    """How one field is kept: the columns it fills, and how it is read back from a row."""

    write: Callable[[Any], dict[str, Any]]
    read: Callable[[Row], Any]


def _money(name: str) -> Form:
    minor, currency = f"{name}_minor", f"{name}_currency"
    return Form(
        lambda value: {minor: value.amount_minor, currency: value.currency},
        lambda row: Money(amount_minor=row[minor], currency=row[currency]),
    )


def _money_or_none(name: str) -> Form:
    minor, currency = f"{name}_minor", f"{name}_currency"

    def write(value: Money | None) -> dict[str, Any]:
        if value is None:
            return {minor: None, currency: None}
        return {minor: value.amount_minor, currency: value.currency}

    def read(row: Row) -> Money | None:
        if row[minor] is None:
            return None
        return Money(amount_minor=row[minor], currency=row[currency])

    return Form(write, read)


def _contact(name: str) -> Form:
    of_name, email, phone = f"{name}_name", f"{name}_email", f"{name}_phone"
    return Form(
        lambda value: {of_name: value.name, email: value.email, phone: value.phone},
        lambda row: Contact(name=row[of_name], email=row[email], phone=row[phone]),
    )


def _list(name: str, write: Callable[[Any], object], read: Callable[[Any], object]) -> Form:
    return Form(
        lambda value: {name: [write(item) for item in value]},
        lambda row: tuple(read(item) for item in row[name]),
    )


def _text_or_none(name: str) -> Form:
    """A text that may be missing, in a column that was made when it never was: empty is None."""
    return Form(lambda value: {name: value or ""}, lambda row: row[name] or None)


def _override(name: str) -> Form:
    def write(value: Override | None) -> dict[str, Any]:
        return {name: None if value is None else plain(value)}

    return Form(write, lambda row: None if row[name] is None else Override(**row[name]))


def _terms(name: str) -> Form:
    return Form(lambda value: {name: terms_row(value)}, lambda row: terms_from(row[name]))


_PRICE_LINES = _list("price_lines", plain, line_from)
_SETTLEMENT = Form(
    lambda value: {"settlement": None if value is None else plain(value)},
    lambda row: settlement_of(row["settlement"]),
)
_POLICY = Form(lambda value: {"policy": policy_row(value)}, lambda row: policy_of(row["policy"]))
_DATES = _list("dates", lambda day: day.isoformat(), date.fromisoformat)
_PICKS = _list("picks", str, ResourceId)
_COMPONENT_KEYS = _list("components", str, str)


def _requirement_row(value: Requirement) -> dict[str, Any]:
    """What differs from a requirement's defaults, so that the commonest ones stay short."""
    row = {
        "resource_id": value.resource_id,
        "resource_ids": list(value.resource_ids),
        "pool_id": value.pool_id,
        "category_id": value.category_id,
        "skills": list(value.skills),
        "choosing": value.choosing.value,
        "members": value.members,
        "members_per": value.members_per.value,
        "is_required": value.is_required,
        "strategy": value.strategy.value,
        "role": value.role,
        "seed": value.seed,
    }
    kept = {name: field for name, field in row.items() if field != _USUAL_REQUIREMENT[name]}
    return {**kept, "quantity": value.quantity, "per": value.per.value}


_USUAL_REQUIREMENT: dict[str, object] = {
    "resource_id": None,
    "resource_ids": [],
    "pool_id": None,
    "category_id": None,
    "skills": [],
    "choosing": Choosing.ALL_OF.value,
    "members": 1,
    "members_per": Per.BOOKING.value,
    "is_required": True,
    "strategy": Strategy.FIRST_AVAILABLE.value,
    "role": "",
    "seed": "",
}


def _requirement(row: Row) -> Requirement:
    full = {**_USUAL_REQUIREMENT, **row}
    return Requirement(
        resource_id=ResourceId(full["resource_id"]) if full["resource_id"] else None,
        resource_ids=tuple(ResourceId(value) for value in full["resource_ids"]),
        pool_id=PoolId(full["pool_id"]) if full["pool_id"] else None,
        category_id=CategoryId(full["category_id"]) if full["category_id"] else None,
        skills=tuple(full["skills"]),
        choosing=Choosing(full["choosing"]),
        members=full["members"],
        members_per=Per(full["members_per"]),
        quantity=full["quantity"],
        per=Per(full["per"]),
        is_required=full["is_required"],
        strategy=Strategy(full["strategy"]),
        role=full["role"],
        seed=full["seed"],
    )


def _component_row(value: Component) -> dict[str, Any]:
    return {
        "key": value.key,
        "name": value.name,
        "capacity": value.capacity,
        "requirements": [_requirement_row(requirement) for requirement in value.requirements],
    }


def _component(row: Row) -> Component:
    return Component(
        key=row["key"],
        name=row["name"],
        capacity=row["capacity"],
        requirements=tuple(_requirement(requirement) for requirement in row["requirements"]),
    )


def _assigned_row(value: AssignedResource) -> dict[str, Any]:
    return {
        "resource_id": value.resource_id,
        "name": value.name,
        "units": value.units,
        "role": value.role,
        "is_by_slot": value.is_by_slot,
        "reason": value.reason,
        "is_host_busy": value.is_host_busy,
    }


def _assigned(row: Row) -> AssignedResource:
    return AssignedResource(
        resource_id=ResourceId(row["resource_id"]),
        name=row["name"],
        units=row["units"],
        role=row.get("role", ""),
        is_by_slot=row.get("is_by_slot", False),
        reason=Chosen(row["reason"]) if row.get("reason") else None,
        is_host_busy=row.get("is_host_busy", False),
    )


class Mapper:
    """One kind of record and its table."""

    def __init__(
        self,
        kind: type,
        table: Table,
        *,
        forms: Mapping[str, Form] | None = None,
        derived: Iterable[str] = (),
        unique: str | None = None,
    ) -> None:
        self.kind = kind
        self.table = table
        self._unique = unique
        self._forms = dict(forms or {})
        self._plain = tuple(name for name in field_names(kind) if name not in self._forms)
        self._derived = tuple(derived)
        self.id_column = list(table.primary_key.columns)[-1]
        missing = [n for n in (*self._plain, *self._derived) if n not in table.columns]
        assert not missing, f"{table.name} lacks {missing}"

    def order_of(self, row: Row) -> tuple[str, str]:
        """Return where a row comes in the order of writing: by its unique key, then its id.

        Two batches that insert the same unique keys then wait in line and not in a circle.
        """
        unique = row[self._unique] if self._unique is not None else None
        return (unique or "", row[self.id_column.name])

    def to_row(self, record: object) -> dict[str, Any]:
        """Return a record as a row, without its tenant."""
        row = {name: getattr(record, name) for name in self._plain}
        for name in self._derived:
            row[name] = getattr(record, name)
        for name, form in self._forms.items():
            row.update(form.write(getattr(record, name)))
        return row

    def from_row(self, row: Row) -> Any:  # noqa: ANN401 - the kind is known only to the caller
        """Return a row as the domain's value."""
        values = {name: row[name] for name in self._plain}
        for name, form in self._forms.items():
            values[name] = form.read(row)
        return self.kind(**values)


def _wishes_row(value: Wishes) -> dict[str, Any]:
    row = plain(value)
    assert isinstance(row, dict)
    return {"wishes": row}


def _wishes(row: Row) -> Wishes:
    said = row["wishes"]
    length, until = said["length"], said["until"]
    return Wishes(
        dates=tuple(
            WishedDates(
                first=date.fromisoformat(one["first"]), last=date.fromisoformat(one["last"])
            )
            for one in said["dates"]
        ),
        first_minute=said["first_minute"],
        last_minute=said["last_minute"],
        resources=tuple(ResourceId(one) for one in said["resources"]),
        date_count=said["date_count"],
        length=None if length is None else timedelta(seconds=length),
        until=None if until is None else datetime.fromisoformat(until),
    )


_LIST_OF_ASSIGNED = _list("assigned", _assigned_row, _assigned)

MAPPERS: Mapping[type, Mapper] = MappingProxyType(
    {
        Tenant: Mapper(
            Tenant,
            catalogue.tenant,
            unique="slug",
            forms={"policy": _POLICY, "embed_origins": _list("embed_origins", str, str)},
        ),
        Category: Mapper(
            Category,
            catalogue.category,
            forms={"custom_fields": _list("custom_fields", dict, dict)},
        ),
        Pool: Mapper(
            Pool, catalogue.pool, forms={"resource_ids": _list("resource_ids", str, ResourceId)}
        ),
        DayCapacity: Mapper(DayCapacity, catalogue.day),
        Resource: Mapper(
            Resource,
            catalogue.resource,
            forms={"skills": _list("skills", str, str), "policy": _POLICY},
        ),
        Offering: Mapper(
            Offering,
            catalogue.offering,
            unique="slug",
            forms={
                "price": _money("price"),
                "requirements": _list("requirements", _requirement_row, _requirement),
                "components": _list("components", _component_row, _component),
                "price_rules": _list("price_rules", plain, rule_from),
                "series_frequencies": _list("series_frequencies", str, Frequency),
                "policy": _POLICY,
                "ticket_tiers": _list("ticket_tiers", plain, tier_from),
                "fields": _list("fields", dict, dict),
            },
        ),
        PromoCode: Mapper(
            PromoCode,
            catalogue.promo_code,
            unique="code",
            forms={
                "offering_ids": Form(
                    lambda value: {"offering_ids": sorted(value)},
                    lambda row: frozenset(row["offering_ids"]),
                )
            },
        ),
        ScheduleRule: Mapper(
            ScheduleRule,
            catalogue.rule,
            forms={
                "weekdays": _list("weekdays", int, int),
                "dates": _DATES,
                "dates_left_out": _list(
                    "dates_left_out", lambda day: day.isoformat(), date.fromisoformat
                ),
            },
        ),
        Block: Mapper(Block, catalogue.block),
        Customer: Mapper(
            Customer,
            people.customer,
            unique="email_key",
            derived=["name_key", "last_name_key"],
            forms={"no_shows": _list("no_shows", datetime.isoformat, datetime.fromisoformat)},
        ),
        Member: Mapper(Member, people.member, unique="email_key"),
        ApiKey: Mapper(ApiKey, people.key),
        Account: Mapper(Account, people.account, unique="email_key"),
        SignIn: Mapper(SignIn, people.sign_in),
        Slot: Mapper(Slot, ledger.slot, derived=["start_key"]),
        Claim: Mapper(Claim, ledger.claim),
        Hold: Mapper(
            Hold,
            ledger.hold,
            derived=["contact_key"],
            forms={
                "assigned": _LIST_OF_ASSIGNED,
                "offering_id": _text_or_none("offering_id"),
                "slot_id": _text_or_none("slot_id"),
                "dates": _DATES,
                "picks": _PICKS,
                "components": _COMPONENT_KEYS,
                "override": _override("override"),
                "price": _money("price"),
                "price_lines": _PRICE_LINES,
                "terms": _terms("terms"),
                "uses": _list("uses", plain, use_from),
                "contact": _contact("contact"),
            },
        ),
        Booking: Mapper(
            Booking,
            ledger.booking,
            unique="number",
            derived=["no_show_at"],
            forms={
                "settlement": _SETTLEMENT,
                "assigned": _LIST_OF_ASSIGNED,
                "offering_id": _text_or_none("offering_id"),
                "slot_id": _text_or_none("slot_id"),
                "dates": _DATES,
                "picks": _PICKS,
                "components": _COMPONENT_KEYS,
                "override": _override("override"),
                "price": _money("price"),
                "price_lines": _PRICE_LINES,
                "terms": _terms("terms"),
                "uses": _list("uses", plain, use_from),
                "contact": _contact("contact"),
                "policy": _POLICY,
                "guests": _list("guests", plain, lambda row: Guest(**row)),
                "pending_reasons": _list(
                    "pending_reasons", lambda reason: reason.value, PendingReason
                ),
            },
        ),
        WaitlistEntry: Mapper(
            WaitlistEntry,
            waitlists.waitlist_entry,
            unique="number",
            derived=["due_at"],
            forms={
                "wishes": Form(_wishes_row, _wishes),
                "components": _COMPONENT_KEYS,
                "contact": _contact("contact"),
                "dates": _DATES,
                "picks": _PICKS,
                "assigned": _LIST_OF_ASSIGNED,
                "price": _money_or_none("price"),
                "price_lines": _PRICE_LINES,
            },
        ),
        Series: Mapper(
            Series,
            series.series,
            forms={
                "contact": _contact("contact"),
                "picks": _PICKS,
                "components": _COMPONENT_KEYS,
            },
        ),
        SeriesOccurrence: Mapper(
            SeriesOccurrence,
            series.occurrence,
            forms={"alternatives": _list("alternatives", plain, datetime.fromisoformat)},
        ),
        Attempt: Mapper(Attempt, history.attempt),
        AuditEntry: Mapper(AuditEntry, history.audit),
        Event: Mapper(Event, history.outbox),
    }
)


def mapper_of(kind: type) -> Mapper:
    """Return the mapper of a kind of record."""
    return MAPPERS[kind]
