"""The agenda: everything that stands in some days, by resource, for calendars of staff."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    ACategoryId,
    AnOfferingId,
    AResourceId,
    DayOut,
    InstantOut,
    LocalDay,
    Out,
    Query,
    Words,
    show_instant,
)
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.holds import Hold
from holdfast.domain.intervals import Interval
from holdfast.engine.agenda import Agenda, AgendaQuery


class AgendaForm(Query):
    """Which local days of the business, both included, by default today; at most 42 of them.

    `resource_id` may be repeated. Without `status` bookings are shown that keep their places, and
    holds; with it, bookings of those statuses and no holds.
    """

    first_on: Annotated[LocalDay | None, Field(alias="from")] = None
    last_on: Annotated[LocalDay | None, Field(alias="to")] = None
    resource_id: Words[AResourceId] = ()
    category_id: ACategoryId | None = None
    offering_id: AnOfferingId | None = None
    status: Words[BookingStatus] = ()


class AgendaHoursOut(Out):
    """Time in which a resource is open."""

    starts_at: InstantOut
    ends_at: InstantOut


class AgendaResourceOut(Out):
    """A resource, and when it is open within the days; all of them where it has no hours."""

    resource_id: str
    name: str
    category_id: str | None
    capacity: int | None
    hours: list[AgendaHoursOut]


class AgendaEntryOut(Out):
    """Something that stands in the days: a booking, a hold, a slot or a block.

    `title` is whose booking it is, what a slot is of, or the reason of a block. `taken` and
    `capacity` are the places of a slot; bookings in it name it by `slot_id`. What a kind does not
    have is null.
    """

    kind: Literal["booking", "hold", "slot", "block"]
    id: str
    version: int
    status: str
    title: str
    starts_at: InstantOut
    ends_at: InstantOut
    resource_ids: list[str]
    offering_id: str | None
    number: str | None
    party_size: int | None
    slot_id: str | None
    taken: int | None
    capacity: int | None
    expires_at: InstantOut | None


class AgendaOut(Out):
    """What stands in the days: bookings, holds, slots and blocks, each by their start.

    `is_cut` says that there is more than the 5,000 of each that are shown.
    """

    first_on: Annotated[DayOut, Field(alias="from")]
    last_on: Annotated[DayOut, Field(alias="to")]
    starts_at: InstantOut
    ends_at: InstantOut
    zone: str
    resources: list[AgendaResourceOut]
    entries: list[AgendaEntryOut]
    is_cut: bool


def _entries(agenda: Agenda) -> Iterator[dict[str, object]]:
    for booking in agenda.bookings:
        yield _entry("booking", booking.booking_id, booking) | {
            "title": booking.contact.name,
            "number": booking.number,
            **_taken(booking),
        }
    for hold in agenda.holds:
        yield _entry("hold", hold.hold_id, hold) | {
            "title": hold.contact.name,
            "expires_at": show_instant(hold.expires_at),
            **_taken(hold),
        }
    for one in agenda.slots:
        offering = agenda.offerings.get(one.slot.offering_id)
        yield _entry("slot", one.slot.slot_id, one.slot) | {
            "title": offering.name if offering else "",
            "resource_ids": list(one.resource_ids),
            "offering_id": one.slot.offering_id,
            "slot_id": one.slot.slot_id,
            "taken": one.taken,
            "capacity": one.slot.capacity,
        }
    for block in agenda.blocks:
        yield _entry("block", block.block_id, block) | {
            "title": block.reason,
            "resource_ids": [block.resource_id],
        }


def _entry(kind: str, record_id: str, record: object) -> dict[str, object]:
    shown: dict[str, object] = dict.fromkeys(AgendaEntryOut.model_fields)
    return shown | {
        "kind": kind,
        "id": record_id,
        "version": getattr(record, "version", 1),
        "status": getattr(record, "status", ""),
        **_times(record),
    }


def _times(record: object) -> dict[str, str]:
    return {name: show_instant(getattr(record, name)) for name in ("starts_at", "ends_at")}


def _taken(taken: Booking | Hold) -> dict[str, object]:
    own = [taken.resource_id] if taken.resource_id else []
    return {
        "resource_ids": list(dict.fromkeys([*own, *(one.resource_id for one in taken.assigned)])),
        "offering_id": taken.offering_id,
        "party_size": taken.party_size,
        "slot_id": taken.slot_id,
    }


def _hours(open_time: tuple[Interval, ...]) -> list[dict[str, str]]:
    return [_times(one) for one in open_time]


def _bytes(agenda: Agenda) -> bytes:
    """Render by hand: there may be thousands of entries."""
    shown = {
        "from": agenda.first_on.isoformat(),
        "to": agenda.last_on.isoformat(),
        **_times(agenda.interval),
        "zone": agenda.zone,
        "resources": [
            {
                "resource_id": one.resource_id,
                "name": one.name,
                "category_id": one.category_id,
                "capacity": one.capacity,
                "hours": _hours(agenda.hours[one.resource_id]),
            }
            for one in agenda.resources
        ],
        "entries": list(_entries(agenda)),
        "is_cut": agenda.is_cut,
    }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


async def show(call: Call) -> Response:
    """Show what stands in some days; 304 if that is what the caller has seen already."""
    form = call.query(AgendaForm)
    query = AgendaQuery(
        first_on=form.first_on,
        last_on=form.last_on,
        resource_ids=form.resource_id,
        category_id=form.category_id,
        offering_id=form.offering_id,
        statuses=form.status,
    )
    body = await call.read(lambda desk: _bytes(desk.agenda.show(query)))
    return call.tagged(body)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/agenda",
        name="showAgenda",
        summary="Show everything that stands in some days, by resource",
        scopes=(Scope.BOOKINGS_READ,),
        run=show,
        query=AgendaForm,
        answer=AgendaOut,
    ),
)
