"""The facade's part in vetoes: what its listings show, after the business's own code was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from holdfast.domain.errors import Alternative, AvailabilityClosed, HoldfastError
from holdfast.domain.hooks import TimeAsked
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.intervals import Interval
from holdfast.domain.listing import OpenSlot
from holdfast.domain.open_days import OpenDay
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import local_day, zone
from holdfast.engine.availability import Availability, AvailabilityQuery, DailyAvailability
from holdfast.engine.availability.searching import NEXT_MAX
from holdfast.engine.facade.port import Port
from holdfast.engine.reading import get

LOOKS_MAX = 10
"""So often a search goes on behind what was vetoed."""


class Vetoes:
    """Leaves out of listings what a booking would be refused for."""

    def __init__(self, port: Port) -> None:
        self._port = port

    @property
    def are_asked(self) -> bool:
        """Whether there is anybody to ask."""
        asking = self._port.asking
        return asking is not None and asking.hooks.has_vetoes

    def among(
        self,
        times: Sequence[Interval],
        *,
        offering_id: OfferingId | None,
        resource_id: ResourceId | None = None,
    ) -> frozenset[Interval]:
        """Return which of some times are vetoed.

        Raises:
            HookFailed: A hook did not answer.
        """
        asking, port = self._port.asking, self._port
        if asking is None or not times or not asking.hooks.has_vetoes:
            return frozenset()
        slug = port.read(lambda store: get(store, Tenant, port.tenant_id)).slug
        subject = TimeAsked(
            tenant_id=port.tenant_id,
            slug=slug,
            offering_id=offering_id,
            resource_id=resource_id,
            starts_at=times[0].starts_at,
            ends_at=times[0].ends_at,
        )
        return asking.vetoed(subject, times)

    def listed(self, answer: Availability, query: AvailabilityQuery) -> Availability:
        """Leave out of a listing what is vetoed."""
        if not self.are_asked:
            return answer
        taken = self.among(
            [_time_of(slot) for slot in answer.slots],
            offering_id=query.offering_id,
            resource_id=query.resource_id,
        )
        slots = tuple(slot for slot in answer.slots if _time_of(slot) not in taken)
        return replace(answer, slots=slots)

    def by_day(
        self, answer: DailyAvailability, listing: Availability, query: AvailabilityQuery
    ) -> DailyAvailability:
        """Leave out of the days what is vetoed; `listing` is the same, slot by slot."""
        kept = self.listed(listing, query).slots
        here = zone(answer.zone)
        slots: dict[object, list[OpenSlot]] = {}
        for slot in kept:
            day = slot.dates[0] if slot.dates else local_day(slot.starts_at, here)
            slots.setdefault(day, []).append(slot)
        days = tuple(_day_of(day, slots.get(day.on, [])) for day in answer.days)
        return replace(answer, days=days)

    def found(
        self,
        look: Callable[[AvailabilityQuery, int], Availability],
        query: AvailabilityQuery,
        *,
        count: int,
    ) -> Availability:
        """Search until so many are found that are not vetoed, or enough was looked at."""
        first = answer = look(query, count)
        if not self.are_asked:
            return first
        seen: set[tuple[datetime, str | None]] = set()
        kept: list[OpenSlot] = []
        most = count
        for _ in range(LOOKS_MAX):
            new = [slot for slot in answer.slots if (slot.starts_at, slot.slot_id) not in seen]
            seen.update((slot.starts_at, slot.slot_id) for slot in new)
            kept += self.listed(replace(answer, slots=tuple(new)), query).slots
            if len(kept) >= count or len(answer.slots) < most or not new:
                break
            # What begins with the last one may not all have been found yet.
            begins_at = answer.slots[-1].starts_at
            most = min(NEXT_MAX, count + sum(slot.starts_at == begins_at for slot in new))
            behind = replace(
                query,
                starts_at=begins_at,
                ends_at=first.window.ends_at,
                first_on=None,
                last_on=None,
            )
            answer = look(behind, most)
        return replace(first, slots=tuple(kept[:count]))

    def without(self, refusal: HoldfastError, offering_id: OfferingId | None) -> HoldfastError:
        """Leave out of a refusal's alternatives what is vetoed."""
        found = cast("tuple[Alternative, ...]", refusal.fields.get("alternatives", ()))
        times = [Interval(starts_at=one.starts_at, ends_at=one.ends_at) for one in found]
        taken = self.among(times, offering_id=offering_id)
        if taken:
            refusal.fields["alternatives"] = tuple(
                one for one, time in zip(found, times, strict=True) if time not in taken
            )
        return refusal


def _time_of(slot: OpenSlot) -> Interval:
    return Interval(starts_at=slot.starts_at, ends_at=slot.ends_at)


def _day_of(day: OpenDay, slots: Sequence[OpenSlot]) -> OpenDay:
    """Return a day with what is left of it."""
    if slots:
        known = [slot.remaining for slot in slots if slot.remaining is not None]
        is_counted = len(known) == len(slots) and not slots[0].dates
        most = max(known) if is_counted else day.remaining
        return replace(
            day, open_count=len(slots), first_starts_at=slots[0].starts_at, remaining=most
        )
    if not day.is_available:
        return day
    return replace(
        day,
        is_available=False,
        open_count=0,
        first_starts_at=None,
        remaining=0,
        reason=AvailabilityClosed.code,
    )
