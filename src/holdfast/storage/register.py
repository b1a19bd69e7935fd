"""The register of businesses, and the workers' question: who has something due?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, or_, select

from holdfast.domain.access import AccessStatus
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.holds import HoldStatus
from holdfast.domain.hooks import AttemptStatus
from holdfast.domain.ids import AccountId, TenantId
from holdfast.domain.slots import SlotStatus
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import WaitlistStatus
from holdfast.engine.ports import Due
from holdfast.storage.database import Database
from holdfast.storage.mapping import mapper_of
from holdfast.storage.schema import catalogue, history, ledger, people, waitlists


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """Where due work of a kind is found.

    Attributes:
        at: Since when it is due, if `is_timed`; else only what puts it in order.
    """

    table: Table
    record_id: Column[Any]
    at: Column[Any]
    condition: ColumnElement[bool]
    is_timed: bool = True

    def conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """What is true of a row that is due."""
        return [self.condition, self.at <= now] if self.is_timed else [self.condition]


_hold, _booking, _slot = ledger.hold.columns, ledger.booking.columns, ledger.slot.columns
_block, _resource = catalogue.block.columns, catalogue.resource.columns
_waiting = waitlists.waitlist_entry.columns
_attempt = history.attempt.columns
_WORK: Mapping[Due, _Work] = MappingProxyType(
    {
        Due.HOLDS: _Work(
            table=ledger.hold,
            record_id=_hold.hold_id,
            at=_hold.expires_at,
            condition=_hold.status == HoldStatus.ACTIVE,
        ),
        Due.CONFIRMATIONS: _Work(
            table=ledger.booking,
            record_id=_booking.booking_id,
            at=_booking.confirms_at,
            condition=_booking.status == BookingStatus.PENDING,
        ),
        Due.EXPIRIES: _Work(
            table=ledger.booking,
            record_id=_booking.booking_id,
            at=_booking.expires_at,
            condition=_booking.status == BookingStatus.PENDING,
        ),
        Due.COMPLETIONS: _Work(
            table=ledger.booking,
            record_id=_booking.booking_id,
            at=_booking.completes_at,
            condition=_booking.status.in_([BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN]),
        ),
        Due.REMINDERS: _Work(
            table=ledger.booking,
            record_id=_booking.booking_id,
            at=_booking.remind_at,
            condition=_booking.status == BookingStatus.CONFIRMED,
        ),
        Due.NO_SHOWS: _Work(
            table=ledger.booking,
            record_id=_booking.booking_id,
            at=_booking.no_show_at,
            condition=_booking.status == BookingStatus.CONFIRMED,
        ),
        Due.PAST_SLOTS: _Work(
            table=ledger.slot,
            record_id=_slot.slot_id,
            at=_slot.ends_at,
            condition=_slot.status == SlotStatus.OPEN,
        ),
        Due.SETTLING_SLOTS: _Work(
            table=ledger.slot,
            record_id=_slot.slot_id,
            at=_slot.starts_at,
            condition=_slot.is_settling,
            is_timed=False,
        ),
        Due.SETTLING_BLOCKS: _Work(
            table=catalogue.block,
            record_id=_block.block_id,
            at=_block.starts_at,
            condition=_block.is_settling,
            is_timed=False,
        ),
        Due.LIMITED_SLOTS: _Work(
            table=ledger.slot,
            record_id=_slot.slot_id,
            at=_slot.starts_at,
            condition=_slot.limit_to.is_not(None),
            is_timed=False,
        ),
        Due.WAITLIST_ENDS: _Work(
            table=waitlists.waitlist_entry,
            record_id=_waiting.entry_id,
            at=_waiting.due_at,
            condition=_waiting.due_at.is_not(None),
        ),
        Due.WAITLISTS: _Work(
            table=waitlists.waitlist_entry,
            record_id=_waiting.entry_id,
            at=_waiting.created_at,
            condition=_waiting.status == WaitlistStatus.WAITING,
            is_timed=False,
        ),
        Due.ATTEMPTS: _Work(
            table=history.attempt,
            record_id=_attempt.attempt_id,
            at=_attempt.gives_up_at,
            condition=_attempt.status == AttemptStatus.ASKING,
        ),
        Due.SETTLING_RESOURCES: _Work(
            table=catalogue.resource,
            record_id=_resource.resource_id,
            at=_resource.created_at,
            condition=_resource.is_settling,
            is_timed=False,
        ),
    }
)


class SqlTenantRegister:
    """The one store that is searched without knowing the tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, slug_or_id: str) -> Tenant | None:
        """Return a business by its slug or id, or None."""
        if slug_or_id.startswith("tnt_"):
            found = self._select(catalogue.tenant.columns.tenant_id == slug_or_id)
            return found[0] if found else None
        return self.find_by_slug(slug_or_id)

    def find_by_slug(self, slug: str) -> Tenant | None:
        """Return a business by its slug, or None."""
        found = self._select(catalogue.tenant.columns.slug == slug)
        return found[0] if found else None

    def list_all(self) -> list[Tenant]:
        """Return all businesses, by slug."""
        return self._select(catalogue.tenant.columns.slug.is_not(None))

    def of_account(self, account_id: AccountId) -> list[Tenant]:
        """Return the businesses that a person may act for, by slug."""
        member = people.member.columns
        theirs = select(member.tenant_id).where(
            member.account_id == account_id, member.status == AccessStatus.ACTIVE
        )
        return self._select(catalogue.tenant.columns.tenant_id.in_(theirs))

    def with_due(self, due: Due, *, limit: int) -> list[TenantId]:
        """Return businesses that have something due."""
        work = _WORK[due]
        tenant_id = work.table.columns.tenant_id
        with self._database.read() as transaction:
            statement = (
                select(tenant_id)
                .where(*work.conditions(transaction.now()))
                .distinct()
                .order_by(tenant_id)
                .limit(limit)
            )
            return [TenantId(row[0]) for row in transaction.connection.execute(statement)]

    def due(
        self, due: Due, tenant_id: TenantId, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[datetime, str]]:
        """Return a page of what a business has due, since when, in that order."""
        work = _WORK[due]
        with self._database.read(tenant_id) as transaction:
            statement = (
                select(work.at, work.record_id)
                .where(
                    work.table.columns.tenant_id == tenant_id,
                    *work.conditions(transaction.now()),
                )
                .order_by(work.at, work.record_id)
                .limit(limit)
            )
            if after is not None:
                at, record_id = after
                is_next = and_(work.at == at, work.record_id > record_id)
                statement = statement.where(or_(work.at > at, is_next))
            rows = transaction.connection.execute(statement)
            return [(row[0], row[1]) for row in rows]

    def _select(self, condition: ColumnElement[bool]) -> list[Tenant]:
        mapper = mapper_of(Tenant)
        statement = select(mapper.table).where(condition).order_by(mapper.table.columns.slug)
        with self._database.read() as transaction:
            rows = transaction.connection.execute(statement).mappings()
            return [mapper.from_row(row) for row in rows]
