"""Offerings: add, list, show, change, delete, and replace what they need."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.offerings.forms import (
    NAMES,
    AddOfferingIn,
    ChangeOfferingIn,
    OfferingOut,
    OfferingPage,
    OfferingQuery,
    SetRequirementsIn,
)
from holdfast.api.offerings.requirements import requirements
from holdfast.api.refusals import CHANGED_CODES
from holdfast.domain.access import Scope
from holdfast.domain.ids import OfferingId
from holdfast.domain.locations import public_location
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.engine.offerings import ChangeOffering
from holdfast.engine.reading import Page


def _offering_id(call: Call) -> OfferingId:
    return OfferingId(call.path_id("offering_id", "off", kind="offering"))


def _shown(call: Call, offering: Offering) -> OfferingOut:
    """Show an offering; the way into its calls to staff alone."""
    if call.actor.is_public:
        offering = replace(offering, location=public_location(offering.location))
    return OfferingOut.of(offering)


async def add(call: Call) -> Response:
    """Add an offering."""
    body = await call.body(AddOfferingIn)
    return await call.write(body.command(), OfferingOut.of, location="/v1/offerings")


async def list_(call: Call) -> Response:
    """List offerings."""
    query = call.query(OfferingQuery)
    request = call.page_request(query)
    statuses = query.status or (OfferingStatus.ACTIVE, OfferingStatus.INACTIVE)
    page: Page[Offering] = await call.read(
        lambda desk: desk.offerings.list(request, kind=query.kind, statuses=statuses)
    )
    cursor = call.next_cursor(page)
    items = [_shown(call, offering) for offering in page.items]
    return call.page(OfferingPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show an offering."""
    offering_id = _offering_id(call)
    offering = await call.read(lambda desk: desk.offerings.get(offering_id))
    return call.record(_shown(call, offering), version=offering.version)


async def change(call: Call) -> Response:
    """Change an offering."""
    offering_id = _offering_id(call)
    body = await call.body(ChangeOfferingIn)
    command = ChangeOffering(
        offering_id=offering_id, changes=body.changes(), if_version=call.if_version
    )
    return await call.write(command, OfferingOut.of)


async def set_requirements(call: Call) -> Response:
    """Replace everything that an offering needs."""
    offering_id = _offering_id(call)
    body = await call.body(SetRequirementsIn)
    command = ChangeOffering(
        offering_id=offering_id,
        changes={"requirements": requirements(body.requirements)},
        if_version=call.if_version,
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
        names=NAMES,
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
        codes=("capacity.exceeded", "record.already_exists", "record.in_use", *CHANGED_CODES),
        takes_version=True,
        names=NAMES,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/offerings/{offering_id}",
        name="deleteOffering",
        summary="Hide an offering; its bookings stay",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=delete,
        answer=OfferingOut,
        codes=CHANGED_CODES,
        takes_version=True,
    ),
    Endpoint(
        method="PUT",
        path="/v1/offerings/{offering_id}/requirements",
        name="setOfferingRequirements",
        summary="Replace everything that an offering needs",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=set_requirements,
        body=SetRequirementsIn,
        answer=OfferingOut,
        codes=("record.in_use", *CHANGED_CODES),
        takes_version=True,
    ),
)
