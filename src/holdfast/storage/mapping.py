"""How each kind of record is kept: its table, and the way between a row and a domain value.

A field and a column share one name, but for money (`<field>_minor`, `<field>_currency`) and
contacts (`contact_…`). This is the only place where rows become domain values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import RowMapping, Table

from holdfast.domain.access import ApiKey, Member
from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking, PendingReason
from holdfast.domain.categories import Category
from holdfast.domain.claims import Claim
from holdfast.domain.customers import Contact, Customer
from holdfast.domain.history import AuditEntry, Event
from holdfast.domain.holds import AssignedResource, Hold
from holdfast.domain.ids import ResourceId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Offering, Per, Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.slots import Slot
from holdfast.domain.tenants import Tenant
from holdfast.engine.records import field_names
from holdfast.storage.schema import catalogue, history, ledger, people

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


def _requirement_row(value: Requirement) -> dict[str, Any]:
    return {
        "resource_id": value.resource_id,
        "quantity": value.quantity,
        "per": value.per.value,
    }


def _requirement(row: Row) -> Requirement:
    return Requirement(
        resource_id=ResourceId(row["resource_id"]), quantity=row["quantity"], per=Per(row["per"])
    )


def _assigned_row(value: AssignedResource) -> dict[str, Any]:
    return {"resource_id": value.resource_id, "name": value.name, "units": value.units}


def _assigned(row: Row) -> AssignedResource:
    return AssignedResource(
        resource_id=ResourceId(row["resource_id"]), name=row["name"], units=row["units"]
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


_LIST_OF_ASSIGNED = _list("assigned", _assigned_row, _assigned)

MAPPERS: Mapping[type, Mapper] = MappingProxyType(
    {
        Tenant: Mapper(Tenant, catalogue.tenant, unique="slug"),
        Category: Mapper(Category, catalogue.category),
        Resource: Mapper(Resource, catalogue.resource, forms={"skills": _list("skills", str, str)}),
        Offering: Mapper(
            Offering,
            catalogue.offering,
            unique="slug",
            forms={
                "price": _money("price"),
                "requirements": _list("requirements", _requirement_row, _requirement),
            },
        ),
        ScheduleRule: Mapper(
            ScheduleRule, catalogue.rule, forms={"weekdays": _list("weekdays", int, int)}
        ),
        Block: Mapper(Block, catalogue.block),
        Customer: Mapper(Customer, people.customer, unique="email_key"),
        Member: Mapper(Member, people.member, unique="email_key"),
        ApiKey: Mapper(ApiKey, people.key),
        Slot: Mapper(Slot, ledger.slot, derived=["start_key"]),
        Claim: Mapper(Claim, ledger.claim),
        Hold: Mapper(
            Hold,
            ledger.hold,
            forms={
                "assigned": _LIST_OF_ASSIGNED,
                "price": _money("price"),
                "contact": _contact("contact"),
            },
        ),
        Booking: Mapper(
            Booking,
            ledger.booking,
            unique="number",
            forms={
                "assigned": _LIST_OF_ASSIGNED,
                "price": _money("price"),
                "contact": _contact("contact"),
                "pending_reasons": _list(
                    "pending_reasons", lambda reason: reason.value, PendingReason
                ),
            },
        ),
        AuditEntry: Mapper(AuditEntry, history.audit),
        Event: Mapper(Event, history.outbox),
    }
)


def mapper_of(kind: type) -> Mapper:
    """Return the mapper of a kind of record."""
    return MAPPERS[kind]
