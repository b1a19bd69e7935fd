"""The shop: one offering as one visitor looks at it, within one read of the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from holdfast.domain.errors import CapacityExceeded
from holdfast.domain.ids import ResourceId
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering
from holdfast.domain.open_days import OpenDay
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.shapes import DATED
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import local_day, zone
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.facade import TenantEngine
from holdfast.web.choosing.months import Cell, Month, Pager, month_of, months_after
from holdfast.web.choosing.wanted import Wanted
from holdfast.web.visits import Visit

PICKABLE_MAX = 30
DAYS_AHEAD = 366


@dataclass(frozen=True, kw_only=True)
class Shop:
    """An offering, who looks at it, and what they want of it."""

    visit: Visit
    tenant: Tenant
    desk: TenantEngine
    offering: Offering
    wanted: Wanted
    now: datetime

    @property
    def zone_name(self) -> str:
        """The zone in which the business counts its days."""
        return self.offering.zone or self.tenant.zone

    @cached_property
    def shown_zone(self) -> str:
        """The zone in which the visitor reads times."""
        return self.visit.zone_name(self.zone_name)

    @property
    def today(self) -> date:
        """The business's day."""
        return local_day(self.now, zone(self.zone_name))

    @property
    def last_month(self) -> date:
        """The first day of the last month that can be looked at."""
        horizon = self.offering.horizon_days
        days = self.tenant.horizon_days if horizon is None else horizon
        return (self.today + timedelta(days=min(days, DAYS_AHEAD))).replace(day=1)

    def url(self, **query: object) -> str:
        """Return this page with something else chosen."""
        kept = {**self.wanted.query(), **query}
        return self.visit.url(self.tenant.slug, self.offering.slug, **kept)

    # ------------------------------------------------------------------------------- what is open

    def query(self, *, length: timedelta | None = None) -> AvailabilityQuery:
        """Return a question for what is wanted."""
        return AvailabilityQuery(
            offering_id=self.offering.offering_id,
            party_size=self.wanted.people,
            picks=self.wanted.picks,
            components=self.wanted.components,
            length=length,
        )

    def days(self, first: date, last: date) -> dict[date, OpenDay]:
        """Look at local dates, the last one included; those that are over are left out."""
        if last < self.today:
            return {}
        question = replace(self.query(), first_on=max(first, self.today), last_on=last)
        return {day.on: day for day in self.desk.availability.by_day(question).days}

    def full_days(self, first: date, last: date) -> set[date]:
        """Return the dates on which all is taken; only where one may wait for them."""
        if not self.offering.has_waitlist or self.wanted.change:
            return set()
        days = self.days(first, last).values()
        return {day.on for day in days if day.reason == CapacityExceeded.code}

    def slots_by_day(
        self, first: date, last: date, *, length: timedelta | None = None
    ) -> dict[date, tuple[OpenSlot, ...]]:
        """List what is open on local dates, the last one included; only dates that have any."""
        if last < self.today:
            return {}
        known = self.query(length=length)
        question = replace(known, first_on=max(first, self.today), last_on=last)
        here, found = zone(self.zone_name), dict[date, list[OpenSlot]]()
        for slot in self.desk.availability.answer(question).slots:
            found.setdefault(local_day(slot.starts_at, here), []).append(slot)
        return {on: tuple(slots) for on, slots in found.items()}

    def next(
        self, count: int = 1, *, length: timedelta | None = None, since: date | None = None
    ) -> tuple[OpenSlot, ...]:
        """Find the first things that are open from now or from a day on.

        Where nothing is any more, from a day on that is asked for, it is from now on.
        """
        query = self.query(length=length)
        if since is not None and self.today < since <= self.today + timedelta(days=DAYS_AHEAD):
            later = replace(query, first_on=since)
            found = self.desk.availability.next(later, count=count).slots
            if found:
                return found
        return self.desk.availability.next(query, count=count).slots

    # ------------------------------------------------------------------------------------ calendar

    def pager(self, first: date, cells: dict[date, Cell], *, count: int = 1) -> Pager:
        """Lay out some months, with links to those before and after."""
        weekday = self.visit.language.first_weekday
        firsts = [months_after(first, i) for i in range(count)]
        months: tuple[Month, ...] = tuple(
            month_of(one, cells, first_weekday=weekday, today=self.today) for one in firsts
        )
        kept = {
            "days": ",".join(day.isoformat() for day in self.wanted.days),
            "check_in": self.wanted.check_in,
        }
        earlier, later = months_after(first, -1), months_after(first, 1)
        return Pager(
            months=months,
            earlier=None if first <= self.today else self.url(month=f"{earlier:%Y-%m}", **kept),
            later=None
            if firsts[-1] >= self.last_month
            else self.url(month=f"{later:%Y-%m}", **kept),
        )

    # ------------------------------------------------------------------------------ whom to choose

    @cached_property
    def pickable(self) -> tuple[Resource, ...]:
        """Who can be wished for by name: the candidates of a requirement for any one of several."""
        if self.offering.shape in DATED:
            return ()
        for requirement in self.offering.requirements:
            ids = self._candidates(requirement)
            if 1 < len(ids) <= PICKABLE_MAX:
                found = (self.desk.resources.get(resource_id) for resource_id in ids)
                return tuple(one for one in found if one.status is ResourceStatus.ACTIVE)
        return ()

    def _candidates(self, requirement: Requirement) -> tuple[ResourceId, ...]:
        is_one = requirement.members == 1 and requirement.members_per is Per.BOOKING
        if requirement.choosing is not Choosing.ANY_OF or not is_one:
            return ()
        if requirement.pool_id is not None:
            return self.desk.pools.get(requirement.pool_id).resource_ids
        return requirement.resource_ids
