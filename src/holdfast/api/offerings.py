"""Offerings: what customers can book."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    AmountMinor,
    AResourceId,
    Body,
    Currency,
    InstantOut,
    Line,
    LongText,
    Metadata,
    MoneyIn,
    MoneyOut,
    Out,
    Patch,
    Slug,
    SortOrder,
    Units,
    Word,
    Words,
    ZoneName,
    minutes,
    minutes_of,
    seconds,
    seconds_of,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Scope
from holdfast.domain.checks import YEAR
from holdfast.domain.holds import HOLD_TTL_MAX
from holdfast.domain.ids import OfferingId
from holdfast.domain.offerings import DURATION_MAX, Counting, Offering, OfferingStatus, PriceUnit
from holdfast.domain.requirements import REQUIREMENTS_MAX, Per, Requirement
from holdfast.domain.schedules import STEP_MAX
from holdfast.domain.tenants import DEFAULT_HOLD_TTL
from holdfast.engine.offering_checks import HORIZON_DAYS_MAX
from holdfast.engine.offerings import AddOffering, ChangeOffering
from holdfast.engine.reading import Page

_LONGEST = minutes_of(DURATION_MAX)
Duration = Annotated[int, Field(ge=1, le=_LONGEST)]
Step = Annotated[int, Field(ge=1, le=minutes_of(STEP_MAX))]
Buffer = Annotated[int, Field(ge=0, le=_LONGEST)]
Notice = Annotated[int, Field(ge=0, le=minutes_of(YEAR))]
HorizonDays = Annotated[int, Field(ge=0, le=HORIZON_DAYS_MAX)]
HoldTtl = Annotated[int, Field(ge=60, le=seconds_of(HOLD_TTL_MAX))]


class RequirementIn(Body):
    """A resource that the offering needs, and how many units of it."""

    resource_id: AResourceId
    quantity: Units = 1
    per: Word[Per] = Per.BOOKING

    def requirement(self) -> Requirement:
        """Return it as the engine takes it."""
        return Requirement(resource_id=self.resource_id, quantity=self.quantity, per=self.per)


Requirements = Annotated[list[RequirementIn], Field(max_length=REQUIREMENTS_MAX)]


def _requirements(given: list[RequirementIn]) -> tuple[Requirement, ...]:
    return tuple(one.requirement() for one in given)


class PriceIn(Body):
    """An amount in minor units; the business's currency where none is given."""

    amount_minor: AmountMinor
    currency: Currency | None = None


class AddOfferingIn(Body):
    """Something that customers can book.

    Counting `resources`, each booking claims what is required; counting `places`, bookings share
    the slot, which has `slot_capacity` places (null: unlimited). Null for `notice_minutes` or
    `horizon_days` means the business's own.
    """

    slug: Slug
    name: Line
    duration_minutes: Duration
    description: LongText = ""
    kind: Line = "appointment"
    counting: Word[Counting] = Counting.RESOURCES
    slot_capacity: Units | None = None
    slot_step_minutes: Step | None = None
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    notice_minutes: Notice | None = None
    horizon_days: HorizonDays | None = None
    party_min: Units = 1
    party_max: Units | None = None
    hold_ttl_seconds: HoldTtl = seconds_of(DEFAULT_HOLD_TTL)
    is_approved_by_hand: bool = False
    price: PriceIn = PriceIn(amount_minor=0)
    price_unit: Word[PriceUnit] = PriceUnit.BOOKING
    requirements: Requirements = Field(default_factory=list)
    zone: ZoneName | None = None
    location: Metadata = Field(default_factory=dict)
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)


class ChangeOfferingIn(Patch):
    """What to change. Status `inactive` takes it off sale, `deleted` hides it."""

    inside: ClassVar = MappingProxyType(
        {
            "duration_minutes": ("duration", minutes),
            "slot_step_minutes": ("slot_step", minutes),
            "buffer_before_minutes": ("buffer_before", minutes),
            "buffer_after_minutes": ("buffer_after", minutes),
            "notice_minutes": ("notice", minutes),
            "hold_ttl_seconds": ("hold_ttl", seconds),
            "price": ("price", MoneyIn.money),
            "requirements": ("requirements", _requirements),
        }
    )

    slug: Slug = ""
    name: Line = ""
    duration_minutes: Duration = 0
    description: LongText = ""
    kind: Line = ""
    slot_capacity: Units | None = None
    slot_step_minutes: Step | None = None
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    notice_minutes: Notice | None = None
    horizon_days: HorizonDays | None = None
    party_min: Units = 1
    party_max: Units | None = None
    hold_ttl_seconds: HoldTtl = 0
    is_approved_by_hand: bool = False
    price: MoneyIn = MoneyIn(amount_minor=0, currency="EUR")
    price_unit: Word[PriceUnit] = PriceUnit.BOOKING
    requirements: Requirements = Field(default_factory=list)
    zone: ZoneName | None = None
    location: Metadata = Field(default_factory=dict)
    sort_order: SortOrder = 0
    status: Word[OfferingStatus] = OfferingStatus.ACTIVE
    metadata: Metadata = Field(default_factory=dict)


class OfferingQuery(PageQuery):
    """Which offerings to list; publishable keys see active ones only."""

    kind: Line | None = None
    status: Words[OfferingStatus] = ()


class RequirementOut(Out):
    """A resource that the offering needs, and how many units of it."""

    resource_id: str | None
    quantity: int
    per: Per


class OfferingOut(Out):
    """Something that customers can book."""

    offering_id: str
    slug: str
    name: str
    description: str
    kind: str
    counting: Counting
    slot_capacity: int | None
    duration_minutes: int
    slot_step_minutes: int | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    notice_minutes: int | None
    horizon_days: int | None
    party_min: int
    party_max: int | None
    hold_ttl_seconds: int
    is_approved_by_hand: bool
    price: MoneyOut
    price_unit: PriceUnit
    requirements: list[RequirementOut]
    zone: str | None
    location: dict[str, Any]
    sort_order: int
    status: OfferingStatus
    metadata: dict[str, Any]
    created_at: InstantOut
    deleted_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, offering: Offering) -> OfferingOut:
        """Show an offering."""
        step, notice = offering.slot_step, offering.notice
        return cls(
            offering_id=offering.offering_id,
            slug=offering.slug,
            name=offering.name,
            description=offering.description,
            kind=offering.kind,
            counting=offering.counting,
            slot_capacity=offering.slot_capacity,
            duration_minutes=minutes_of(offering.duration),
            slot_step_minutes=None if step is None else minutes_of(step),
            buffer_before_minutes=minutes_of(offering.buffer_before),
            buffer_after_minutes=minutes_of(offering.buffer_after),
            notice_minutes=None if notice is None else minutes_of(notice),
            horizon_days=offering.horizon_days,
            party_min=offering.party_min,
            party_max=offering.party_max,
            hold_ttl_seconds=seconds_of(offering.hold_ttl),
            is_approved_by_hand=offering.is_approved_by_hand,
            price=MoneyOut.of(offering.price),
            price_unit=offering.price_unit,
            requirements=[
                RequirementOut(resource_id=r.resource_id, quantity=r.quantity, per=r.per)
                for r in offering.requirements
            ],
            zone=offering.zone,
            location=offering.location,
            sort_order=offering.sort_order,
            status=offering.status,
            metadata=offering.metadata,
            created_at=offering.created_at,
            deleted_at=offering.deleted_at,
            version=offering.version,
        )


class OfferingPage(PageOut):
    """A page of offerings, by their sort order."""

    items: list[OfferingOut]


def _offering_id(call: Call) -> OfferingId:
    return OfferingId(call.path_id("offering_id", "off", kind="offering"))


async def add(call: Call) -> Response:
    """Add an offering."""
    body = await call.body(AddOfferingIn)
    step, notice = body.slot_step_minutes, body.notice_minutes
    command = AddOffering(
        slug=body.slug,
        name=body.name,
        duration=minutes(body.duration_minutes),
        description=body.description,
        kind=body.kind,
        counting=body.counting,
        slot_capacity=body.slot_capacity,
        slot_step=None if step is None else minutes(step),
        buffer_before=minutes(body.buffer_before_minutes),
        buffer_after=minutes(body.buffer_after_minutes),
        notice=None if notice is None else minutes(notice),
        horizon_days=body.horizon_days,
        party_min=body.party_min,
        party_max=body.party_max,
        hold_ttl=seconds(body.hold_ttl_seconds),
        is_approved_by_hand=body.is_approved_by_hand,
        price_minor=body.price.amount_minor,
        currency=body.price.currency,
        price_unit=body.price_unit,
        requirements=_requirements(body.requirements),
        zone=body.zone,
        location=body.location,
        sort_order=body.sort_order,
        metadata=body.metadata,
    )
    return await call.write(command, OfferingOut.of, location="/v1/offerings")


async def list_(call: Call) -> Response:
    """List offerings."""
    query = call.query(OfferingQuery)
    request = call.page_request(query)
    statuses = query.status or (OfferingStatus.ACTIVE, OfferingStatus.INACTIVE)
    page: Page[Offering] = await call.read(
        lambda desk: desk.offerings.list(request, kind=query.kind, statuses=statuses)
    )
    cursor = call.next_cursor(page)
    items = [OfferingOut.of(offering) for offering in page.items]
    return call.page(OfferingPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show an offering."""
    offering_id = _offering_id(call)
    offering = await call.read(lambda desk: desk.offerings.get(offering_id))
    return call.record(OfferingOut.of(offering), version=offering.version)


async def change(call: Call) -> Response:
    """Change an offering."""
    offering_id = _offering_id(call)
    body = await call.body(ChangeOfferingIn)
    command = ChangeOffering(
        offering_id=offering_id, changes=body.changes(), if_version=call.if_version
    )
    return await call.write(command, OfferingOut.of)


async def delete(call: Call) -> Response:
    """Hide an offering."""
    offering_id = _offering_id(call)
    await call.no_body()
    command = ChangeOffering(
        offering_id=offering_id,
        changes={"status": OfferingStatus.DELETED},
        if_version=call.if_version,
    )
    return await call.write(command, OfferingOut.of)


_NAMES = MappingProxyType(
    {
        "/duration": "/duration_minutes",
        "/slot_step": "/slot_step_minutes",
        "/buffer_before": "/buffer_before_minutes",
        "/buffer_after": "/buffer_after_minutes",
        "/notice": "/notice_minutes",
        "/hold_ttl": "/hold_ttl_seconds",
        "/price_minor": "/price/amount_minor",
        "/currency": "/price/currency",
    }
)
_CHANGED = ("record.changed", "record.not_found", "state.transition_not_allowed")

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/offerings",
        name="addOffering",
        summary="Add something that customers can book",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add,
        body=AddOfferingIn,
        answer=OfferingOut,
        status=201,
        codes=("record.already_exists",),
        names=_NAMES,
    ),
    Endpoint(
        method="GET",
        path="/v1/offerings",
        name="listOfferings",
        summary="List offerings, by their sort order",
        scopes=(Scope.CATALOGUE_READ,),
        run=list_,
        query=OfferingQuery,
        answer=OfferingPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/offerings/{offering_id}",
        name="getOffering",
        summary="Show an offering",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=OfferingOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/offerings/{offering_id}",
        name="changeOffering",
        summary="Change an offering",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=change,
        body=ChangeOfferingIn,
        answer=OfferingOut,
        codes=("capacity.exceeded", "record.already_exists", "record.in_use", *_CHANGED),
        takes_version=True,
        names=_NAMES,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/offerings/{offering_id}",
        name="deleteOffering",
        summary="Hide an offering; its bookings stay",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=delete,
        answer=OfferingOut,
        codes=_CHANGED,
        takes_version=True,
    ),
)
