"""Resources: what time is booked on. Deleting is soft and can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    ACategoryId,
    AResourceId,
    Body,
    InstantOut,
    Line,
    LongText,
    MaybeEmptyLine,
    Metadata,
    Out,
    Patch,
    Query,
    SortOrder,
    Units,
    Word,
    Words,
    ZoneName,
    minutes,
    minutes_of,
    read_flag,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.api.policy_forms import POLICY, POLICY_NAMES, PolicyIn, PolicyOut
from holdfast.api.refusals import CHANGED_CODES
from holdfast.api.turns import Turn, read_fields, show_fields
from holdfast.domain.access import Scope
from holdfast.domain.checks import YEAR
from holdfast.domain.ids import ResourceId
from holdfast.domain.offerings import DURATION_MAX
from holdfast.domain.policies import HORIZON_DAYS_MAX, NOTHING_SAID
from holdfast.domain.policy_presets import PolicyPreset
from holdfast.domain.resources import Resource, ResourceAction, ResourceStatus, Scheme
from holdfast.engine.limiting import SettleResource, require_deleted
from holdfast.engine.ordering import ORDERED_MAX, ReorderResources
from holdfast.engine.policy_changes import with_policy
from holdfast.engine.reading import Page
from holdfast.engine.resources import SKILLS_MAX, ActOnResource, AddResource, ChangeResource
from holdfast.engine.use_cases import Envelope

Skills = Annotated[list[Line], Field(max_length=SKILLS_MAX)]
Notice = Annotated[int, Field(ge=0, le=minutes_of(YEAR))]
HorizonDays = Annotated[int, Field(ge=0, le=HORIZON_DAYS_MAX)]
Buffer = Annotated[int, Field(ge=0, le=minutes_of(DURATION_MAX))]

_TURNS = MappingProxyType(
    {
        "skills": Turn("skills", tuple, list),
        "notice_minutes": Turn("notice", minutes, minutes_of),
        "buffer_before_minutes": Turn("buffer_before", minutes, minutes_of),
        "buffer_after_minutes": Turn("buffer_after", minutes, minutes_of),
        "policy": POLICY,
    }
)


class AddResourceIn(Body):
    """A thing or person that can be booked. A `capacity` of null is unlimited.

    Its capacity is counted by `interval`, or by local date (`dated`); that is never changed.
    `field_values` answers the category's own fields. Notice, horizon, buffers and `policy` hold
    where its offerings say nothing; `preset` is the usual policy of a kind of business, for what is
    not said otherwise.
    """

    name: Line
    kind: Line = "other"
    capacity: Units | None = 1
    scheme: Word[Scheme] = Scheme.INTERVAL
    short_name: MaybeEmptyLine | None = None
    description: LongText = ""
    category_id: ACategoryId | None = None
    zone: ZoneName | None = None
    owner_id: MaybeEmptyLine | None = None
    skills: Skills = Field(default_factory=list)
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)
    party_min: Units | None = None
    party_max: Units | None = None
    is_bookable_alone: bool = False
    field_values: Metadata = Field(default_factory=dict)
    notice_minutes: Notice | None = None
    horizon_days: HorizonDays | None = None
    buffer_before_minutes: Buffer | None = None
    buffer_after_minutes: Buffer | None = None
    policy: PolicyIn = PolicyIn()
    preset: Word[PolicyPreset] | None = None


class ChangeResourceIn(Patch):
    """What to change.

    The capacity may not fall below what is claimed, unless `may_be_over` with a `reason`: then what
    is claimed beyond it is recorded as over-commitment. What was unlimited and gets a capacity is
    closed (`is_settling`) until what was booked is counted, which takes a moment.
    """

    turns: ClassVar = _TURNS

    name: Line = ""
    kind: Line = ""
    capacity: Units | None = None
    short_name: MaybeEmptyLine | None = None
    description: LongText = ""
    category_id: ACategoryId | None = None
    zone: ZoneName | None = None
    owner_id: MaybeEmptyLine | None = None
    skills: Skills = Field(default_factory=list)
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)
    party_min: Units | None = None
    party_max: Units | None = None
    is_bookable_alone: bool = False
    field_values: Metadata = Field(default_factory=dict)
    notice_minutes: Notice | None = None
    horizon_days: HorizonDays | None = None
    buffer_before_minutes: Buffer | None = None
    buffer_after_minutes: Buffer | None = None
    policy: PolicyIn = PolicyIn()
    may_be_over: bool = False
    reason: MaybeEmptyLine = ""


class ReorderResourcesIn(Body):
    """All resources that are not deleted, each once, in the order that they are to have."""

    resource_ids: Annotated[list[AResourceId], Field(max_length=ORDERED_MAX)]


class ActionIn(Body):
    """Nothing has to be said for it."""


class DeleteResourceQuery(Query):
    """With `force` a resource is deleted although upcoming claims are on it; they stay."""

    force: Annotated[bool, BeforeValidator(read_flag)] = False


class ResourceQuery(PageQuery):
    """Which resources to list; by default the active and inactive ones."""

    kind: Line | None = None
    category_id: ACategoryId | None = None
    status: Words[ResourceStatus] = ()


class ResourceOut(Out):
    """A thing or person that can be booked. A `capacity` of null is unlimited."""

    resource_id: str
    name: str
    kind: str
    short_name: str | None
    description: str
    category_id: str | None
    capacity: int | None
    scheme: Scheme
    zone: str | None
    owner_id: str | None
    skills: list[str]
    sort_order: int
    status: ResourceStatus
    metadata: dict[str, Any]
    created_at: InstantOut
    deleted_at: InstantOut | None
    version: int
    party_min: int | None
    party_max: int | None
    is_bookable_alone: bool
    is_settling: bool
    field_values: dict[str, Any]
    notice_minutes: int | None
    horizon_days: int | None
    buffer_before_minutes: int | None
    buffer_after_minutes: int | None
    policy: PolicyOut

    @classmethod
    def of(cls, resource: Resource) -> ResourceOut:
        """Show a resource."""
        return cls(**show_fields(resource, cls.model_fields, _TURNS))


class ResourcePage(PageOut):
    """A page of resources, by their sort order."""

    items: list[ResourceOut]


class OrderedResources(Out):
    """All resources, in their order."""

    items: list[ResourceOut]


def _show_in_order(ordered: tuple[Resource, ...]) -> OrderedResources:
    return OrderedResources(items=[ResourceOut.of(resource) for resource in ordered])


def _resource_id(call: Call) -> ResourceId:
    return ResourceId(call.path_id("resource_id", "res", kind="resource"))


async def add(call: Call) -> Response:
    """Add a resource."""
    body = await call.body(AddResourceIn)
    said: dict[str, Any] = read_fields(body, AddResourceIn.model_fields, _TURNS)
    command = AddResource(**with_policy(said, NOTHING_SAID))
    return await call.write(command, ResourceOut.of, location="/v1/resources")


async def list_(call: Call) -> Response:
    """List resources."""
    query = call.query(ResourceQuery)
    request = call.page_request(query)
    statuses = query.status or (ResourceStatus.ACTIVE, ResourceStatus.INACTIVE)
    page: Page[Resource] = await call.read(
        lambda desk: desk.resources.list(
            request, kind=query.kind, category_id=query.category_id, statuses=statuses
        )
    )
    cursor = call.next_cursor(page)
    items = [ResourceOut.of(resource) for resource in page.items]
    return call.page(ResourcePage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a resource."""
    resource_id = _resource_id(call)
    resource = await call.read(lambda desk: desk.resources.get(resource_id))
    return call.record(ResourceOut.of(resource), version=resource.version)


async def change(call: Call) -> Response:
    """Change a resource."""
    resource_id = _resource_id(call)
    body = await call.body(ChangeResourceIn)
    about = {"may_be_over", "reason"}
    changes = {name: value for name, value in body.changes().items() if name not in about}
    command = ChangeResource(
        resource_id=resource_id,
        changes=changes,
        if_version=call.if_version,
        may_be_over=body.may_be_over,
        reason=body.reason,
    )
    response = await call.write(command, ResourceOut.of)
    if changes.get("capacity") is not None:
        await _settle(call, resource_id)
    return response


async def _settle(call: Call, resource_id: ResourceId) -> bool:
    """See through what was done to an unlimited resource; say whether there was anything to do.

    Should this not be reached, a worker does it.
    """
    since = await call.read(lambda desk: desk.resources.outlived(resource_id))
    if since is None:
        return False
    command = SettleResource(resource_id=resource_id, since=since)
    await call.gateway.write(
        call.tenant_id, Envelope(command=command, actor=call.actor, source="api")
    )
    return True


async def reorder(call: Call) -> Response:
    """Put all resources in an order."""
    body = await call.body(ReorderResourcesIn)
    command = ReorderResources(resource_ids=tuple(body.resource_ids))
    return await call.write(command, _show_in_order)


async def delete(call: Call) -> Response:
    """Delete a resource softly."""
    resource_id = _resource_id(call)
    await call.no_body()
    query = call.query(DeleteResourceQuery)
    command = ActOnResource(
        resource_id=resource_id,
        action=ResourceAction.DELETE,
        is_forced=query.force,
        if_version=call.if_version,
    )
    response = await call.write(command, ResourceOut.of)
    if await _settle(call, resource_id):
        require_deleted(await call.read(lambda desk: desk.resources.get(resource_id)))
    return response


async def _act(call: Call, action: ResourceAction) -> Response:
    resource_id = _resource_id(call)
    await call.body(ActionIn)
    command = ActOnResource(resource_id=resource_id, action=action, if_version=call.if_version)
    return await call.write(command, ResourceOut.of)


async def activate(call: Call) -> Response:
    """Take a resource into use."""
    return await _act(call, ResourceAction.ACTIVATE)


async def deactivate(call: Call) -> Response:
    """Take a resource out of use."""
    return await _act(call, ResourceAction.DEACTIVATE)


async def restore(call: Call) -> Response:
    """Undo the deletion of a resource."""
    return await _act(call, ResourceAction.RESTORE)


_VERBS: Mapping[str, Any] = MappingProxyType(
    {
        "activate": (activate, "Take a resource into use"),
        "deactivate": (deactivate, "Take a resource out of use"),
        "restore": (restore, "Undo the deletion of a resource"),
    }
)

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/resources",
        name="addResource",
        summary="Add a thing or person that can be booked",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add,
        body=AddResourceIn,
        answer=ResourceOut,
        status=201,
        codes=("record.not_found",),
        names=POLICY_NAMES,
    ),
    Endpoint(
        method="GET",
        path="/v1/resources",
        name="listResources",
        summary="List resources, by their sort order",
        scopes=(Scope.CATALOGUE_READ,),
        run=list_,
        query=ResourceQuery,
        answer=ResourcePage,
    ),
    Endpoint(
        method="POST",
        path="/v1/resources/reorder",
        name="reorderResources",
        summary="Put all resources in an order, in one go",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=reorder,
        body=ReorderResourcesIn,
        answer=OrderedResources,
    ),
    Endpoint(
        method="GET",
        path="/v1/resources/{resource_id}",
        name="getResource",
        summary="Show a resource, deleted ones included",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=ResourceOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/resources/{resource_id}",
        name="changeResource",
        summary="Change a resource",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=change,
        body=ChangeResourceIn,
        answer=ResourceOut,
        codes=("availability.closed", "capacity.exceeded", "record.in_use", *CHANGED_CODES),
        takes_version=True,
        names=POLICY_NAMES,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/resources/{resource_id}",
        name="deleteResource",
        summary="Delete a resource softly; refused while upcoming claims are on it",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=delete,
        query=DeleteResourceQuery,
        answer=ResourceOut,
        codes=("record.in_use", *CHANGED_CODES),
        takes_version=True,
    ),
    *(
        Endpoint(
            method="POST",
            path=f"/v1/resources/{{resource_id}}/{verb}",
            name=f"{verb}Resource",
            summary=summary,
            scopes=(Scope.CATALOGUE_WRITE,),
            run=run,
            body=ActionIn,
            is_body_optional=True,
            answer=ResourceOut,
            codes=CHANGED_CODES,
            takes_version=True,
        )
        for verb, (run, summary) in _VERBS.items()
    ),
)
