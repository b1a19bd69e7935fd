"""Waitlists: join one, look, leave, decline an invitation. `bookings` has how one is accepted."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    ACustomerId,
    AnOfferingId,
    AResourceId,
    AssignedOut,
    Body,
    ClockTime,
    ContactIn,
    ContactOut,
    DayOut,
    Instant,
    InstantOut,
    Line,
    LocalDay,
    LongText,
    Metadata,
    MoneyOut,
    Out,
    Units,
    Words,
    minutes,
    minutes_of,
    show_clock,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Actor, Scope
from holdfast.domain.errors import AccessDenied
from holdfast.domain.ids import WaitlistEntryId
from holdfast.domain.offerings import COMPONENTS_MAX
from holdfast.domain.shapes import DATES_MAX as STAY_DATES_MAX
from holdfast.domain.waitlists import (
    DATES_MAX,
    PRIORITY_MAX,
    RESOURCES_MAX,
    STAY_MAX,
    InLine,
    WaitlistEntry,
    WaitlistStatus,
    WishedDates,
    Wishes,
)
from holdfast.engine.making import Details
from holdfast.engine.reading import Page
from holdfast.engine.waitlist import (
    WAIT_SCOPES,
    DeclineInvitation,
    JoinWaitlist,
    LeaveWaitlist,
)

_MINUTES_MAX = minutes_of(STAY_MAX)


class DatesIn(Body):
    """Local days, the last one included."""

    first_on: LocalDay
    last_on: LocalDay

    def dates(self) -> WishedDates:
        """Return them as the engine takes them."""
        return WishedDates(first=self.first_on, last=self.last_on)


class JoinWaitlistIn(Body):
    """What to wait for, for how many, and who waits. What is left out is all the same to them.

    `dates` are local days of the offering, `starts_from` and `starts_until` the earliest and the
    latest start on its clock, and one of `resource_ids` has to serve. Of days or nights
    `date_count` says how many, of free start and end `length_minutes` how long; otherwise it is as
    few or as short as the offering takes. At `until` the waiting is over, else with the last of
    the dates. Only staff may give a `priority`; the higher goes first.
    """

    offering_id: AnOfferingId
    party_size: Units = 1
    dates: Annotated[list[DatesIn], Field(max_length=DATES_MAX)] = Field(default_factory=list)
    starts_from: ClockTime = Field(default="00:00", validate_default=True)
    starts_until: ClockTime = Field(default="24:00", validate_default=True)
    resource_ids: Annotated[list[AResourceId], Field(max_length=RESOURCES_MAX)] = Field(
        default_factory=list
    )
    date_count: Annotated[int, Field(ge=1, le=STAY_DATES_MAX)] | None = None
    length_minutes: Annotated[int, Field(ge=1, le=_MINUTES_MAX)] | None = None
    until: Instant | None = None
    components: Annotated[list[Line], Field(max_length=COMPONENTS_MAX)] = Field(
        default_factory=list
    )
    priority: Annotated[int, Field(ge=0, le=PRIORITY_MAX)] = 0
    contact: ContactIn = ContactIn()
    customer_id: ACustomerId | None = None
    note: LongText = ""
    metadata: Metadata = Field(default_factory=dict)

    def command(self, actor: Actor) -> JoinWaitlist:
        """Return it as the engine takes it.

        Raises:
            AccessDenied: It says what only staff may say.
        """
        if actor.is_public and self.customer_id is not None:
            message = "A publishable key may not set customer_id."
            raise AccessDenied(message, scopes=[Scope.BOOKINGS_WRITE.value])
        length = self.length_minutes
        return JoinWaitlist(
            offering_id=self.offering_id,
            party_size=self.party_size,
            wishes=Wishes(
                dates=tuple(days.dates() for days in self.dates),
                first_minute=self.starts_from,
                last_minute=self.starts_until,
                resources=tuple(self.resource_ids),
                date_count=self.date_count,
                length=None if length is None else minutes(length),
                until=self.until,
            ),
            components=tuple(self.components),
            priority=self.priority,
            details=Details(
                contact=self.contact.contact(),
                customer_id=self.customer_id,
                note=self.note,
                metadata=self.metadata,
            ),
        )


class LeaveWaitlistIn(Body):
    """Nothing has to be said to leave."""


class DeclineInvitationIn(Body):
    """Nothing has to be said to decline."""


class WaitlistQuery(PageQuery):
    """Which entries to list, by when they joined."""

    offering_id: AnOfferingId | None = None
    status: Words[WaitlistStatus] = ()


class DatesOut(Out):
    """Local days, the last one included."""

    first_on: DayOut
    last_on: DayOut


class InvitationOut(Out):
    """What somebody is or was invited to book, and until when."""

    slot_id: str | None
    starts_at: InstantOut
    ends_at: InstantOut
    dates: list[DayOut]
    assigned: list[AssignedOut]
    price: MoneyOut
    invited_at: InstantOut
    expires_at: InstantOut

    @classmethod
    def of(cls, entry: WaitlistEntry) -> InvitationOut | None:
        """Show the invitation of an entry, if it has or had one."""
        starts_at, ends_at, price = entry.starts_at, entry.ends_at, entry.price
        invited_at, expires_at = entry.invited_at, entry.expires_at
        if starts_at is None or ends_at is None or price is None:
            return None
        if invited_at is None or expires_at is None:
            return None
        return cls(
            slot_id=entry.slot_id,
            starts_at=starts_at,
            ends_at=ends_at,
            dates=list(entry.dates),
            assigned=[AssignedOut.of(one) for one in entry.assigned],
            price=MoneyOut.of(price),
            invited_at=invited_at,
            expires_at=expires_at,
        )


class WaitlistEntryOut(Out):
    """A customer in line. `position` counts from 1 those who wait; the next one is 1.

    `passed_count` says how many parties behind have been invited instead, and `gathered_count`
    for how many guests places are kept back already until there is enough.
    """

    entry_id: str
    number: str
    status: WaitlistStatus
    position: int | None
    offering_id: str
    party_size: int
    dates: list[DatesOut]
    starts_from: str
    starts_until: str
    resource_ids: list[str]
    date_count: int | None
    length_minutes: int | None
    until: InstantOut | None
    components: list[str]
    priority: int
    passed_count: int
    gathered_count: int
    invitation: InvitationOut | None
    customer_id: str | None
    contact: ContactOut
    note: str
    metadata: dict[str, Any]
    placed_by: str
    booking_id: str | None
    created_at: InstantOut
    ended_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, line: InLine) -> WaitlistEntryOut:
        """Show an entry and its position."""
        entry, wishes = line.entry, line.entry.wishes
        is_waiting = entry.status is WaitlistStatus.WAITING
        return cls(
            entry_id=entry.entry_id,
            number=entry.number,
            status=entry.status,
            position=line.position,
            offering_id=entry.offering_id,
            party_size=entry.party_size,
            dates=[DatesOut(first_on=one.first, last_on=one.last) for one in wishes.dates],
            starts_from=show_clock(wishes.first_minute),
            starts_until=show_clock(wishes.last_minute),
            resource_ids=list(wishes.resources),
            date_count=wishes.date_count,
            length_minutes=None if wishes.length is None else minutes_of(wishes.length),
            until=wishes.until,
            components=list(entry.components),
            priority=entry.priority,
            passed_count=entry.passed_count,
            gathered_count=entry.kept_count if is_waiting else 0,
            invitation=InvitationOut.of(entry),
            customer_id=entry.customer_id,
            contact=ContactOut.of(entry.contact),
            note=entry.note,
            metadata=entry.metadata,
            placed_by=entry.placed_by,
            booking_id=entry.booking_id,
            created_at=entry.created_at,
            ended_at=entry.ended_at,
            version=entry.version,
        )


class WaitlistPage(PageOut):
    """A page of entries, by when they joined."""

    items: list[WaitlistEntryOut]


def _entry_id(call: Call) -> WaitlistEntryId:
    return WaitlistEntryId(call.path_id("entry_id", "wle", kind="waitlist_entry"))


def _show_ended(entry: WaitlistEntry) -> WaitlistEntryOut:
    return WaitlistEntryOut.of(InLine(entry=entry, position=None))


async def join(call: Call) -> Response:
    """Wait for a place."""
    body = await call.body(JoinWaitlistIn)
    return await call.write(body.command(call.actor), WaitlistEntryOut.of, location="/v1/waitlist")


async def list_(call: Call) -> Response:
    """List those who wait, or waited."""
    query = call.query(WaitlistQuery)
    request = call.page_request(query)
    page: Page[InLine] = await call.read(
        lambda desk: desk.waitlist.list(
            request, offering_id=query.offering_id, statuses=query.status
        )
    )
    cursor = call.next_cursor(page)
    items = [WaitlistEntryOut.of(line) for line in page.items]
    return call.page(WaitlistPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show an entry and its position."""
    entry_id = _entry_id(call)
    line = await call.read(lambda desk: desk.waitlist.get(entry_id))
    # Its position changes without its version.
    is_settled = line.entry.status is not WaitlistStatus.WAITING
    return call.record(WaitlistEntryOut.of(line), version=line.entry.version, is_settled=is_settled)


async def leave(call: Call) -> Response:
    """Wait no longer."""
    command = LeaveWaitlist(entry_id=_entry_id(call), if_version=call.if_version)
    await call.body(LeaveWaitlistIn)
    return await call.write(command, _show_ended)


async def decline(call: Call) -> Response:
    """Say no to an invitation."""
    command = DeclineInvitation(entry_id=_entry_id(call), if_version=call.if_version)
    await call.body(DeclineInvitationIn)
    return await call.write(command, _show_ended)


_CHANGED = ("record.changed", "record.not_found", "state.transition_not_allowed")

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/waitlist",
        name="joinWaitlist",
        summary="Wait for a place; whoever is next is invited when something frees",
        scopes=WAIT_SCOPES,
        run=join,
        body=JoinWaitlistIn,
        answer=WaitlistEntryOut,
        status=201,
        codes=(
            "availability.closed",
            "policy.limit_reached",
            "policy.party_size",
            "record.not_found",
        ),
        names={
            "/first": "/first_on",
            "/last": "/last_on",
            "/first_minute": "/starts_from",
            "/last_minute": "/starts_until",
            "/length": "/length_minutes",
            "/resources": "/resource_ids",
        },
    ),
    Endpoint(
        method="GET",
        path="/v1/waitlist",
        name="listWaitlist",
        summary="List those who wait or waited, with their positions, by when they joined",
        scopes=(Scope.BOOKINGS_READ,),
        run=list_,
        query=WaitlistQuery,
        answer=WaitlistPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/waitlist/{entry_id}",
        name="getWaitlistEntry",
        summary="Show who waits, the position in line and the invitation",
        scopes=(*WAIT_SCOPES, Scope.BOOKINGS_READ),
        run=get,
        answer=WaitlistEntryOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="POST",
        path="/v1/waitlist/{entry_id}/leave",
        name="leaveWaitlist",
        summary="Wait no longer",
        scopes=WAIT_SCOPES,
        run=leave,
        body=LeaveWaitlistIn,
        is_body_optional=True,
        answer=WaitlistEntryOut,
        codes=_CHANGED,
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/waitlist/{entry_id}/decline",
        name="declineInvitation",
        summary="Say no to an invitation; its places go to the next in line",
        scopes=WAIT_SCOPES,
        run=decline,
        body=DeclineInvitationIn,
        is_body_optional=True,
        answer=WaitlistEntryOut,
        codes=_CHANGED,
        takes_version=True,
    ),
)
