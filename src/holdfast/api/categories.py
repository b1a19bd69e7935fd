"""Categories: kinds of resources."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.fields import FieldOut, Fields, fields_said
from holdfast.api.models import (
    ACategoryId,
    Body,
    InstantOut,
    Line,
    MaybeEmptyLine,
    Metadata,
    Out,
    Patch,
    SortOrder,
    Word,
    Words,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.api.turns import Turn
from holdfast.domain.access import Scope
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.ids import CategoryId
from holdfast.engine.categories import AddCategory, ChangeCategory
from holdfast.engine.facade import TenantEngine
from holdfast.engine.ordering import ORDERED_MAX, ReorderCategories
from holdfast.engine.reading import Page


class AddCategoryIn(Body):
    """A kind of resource, with the words for one and for many, and questions of its own."""

    label: Line
    label_plural: Line | None = None
    kind: Line = "other"
    icon: MaybeEmptyLine | None = None
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)
    custom_fields: Fields = Field(default_factory=list)


class ChangeCategoryIn(Patch):
    """What to change. Status `deleted` hides it, `active` brings it back.

    Other `custom_fields` leave what resources have said as it is, until they are changed.
    """

    turns: ClassVar = MappingProxyType({"custom_fields": Turn("custom_fields", fields_said)})

    label: Line = ""
    label_plural: Line = ""
    kind: Line = ""
    icon: MaybeEmptyLine | None = None
    sort_order: SortOrder = 0
    status: Word[CategoryStatus] = CategoryStatus.ACTIVE
    metadata: Metadata = Field(default_factory=dict)
    custom_fields: Fields = Field(default_factory=list)


class ReorderCategoriesIn(Body):
    """All categories that are not deleted, each once, in the order that they are to have."""

    category_ids: Annotated[list[ACategoryId], Field(max_length=ORDERED_MAX)]


class CategoryQuery(PageQuery):
    """Which categories to list; by default the active ones."""

    kind: Line | None = None
    status: Words[CategoryStatus] = ()


class CategoryOut(Out):
    """A kind of resource."""

    category_id: str
    label: str
    label_plural: str
    kind: str
    icon: str | None
    sort_order: int
    status: CategoryStatus
    metadata: dict[str, Any]
    created_at: InstantOut
    version: int
    custom_fields: list[FieldOut]

    @classmethod
    def of(cls, category: Category) -> CategoryOut:
        """Show a category."""
        return cls(**_shown(category))


class CountedCategoryOut(CategoryOut):
    """A kind of resource, and how many active and inactive resources are of it."""

    resource_count: int

    @classmethod
    def counted(cls, category: Category, resource_count: int) -> CountedCategoryOut:
        """Show a category and how many resources it has."""
        return cls(**_shown(category), resource_count=resource_count)


class CategoryPage(PageOut):
    """A page of categories, by their sort order."""

    items: list[CountedCategoryOut]


class OrderedCategories(Out):
    """All categories, in their order."""

    items: list[CategoryOut]


def _shown(category: Category) -> dict[str, Any]:
    return {
        "category_id": category.category_id,
        "label": category.label,
        "label_plural": category.label_plural,
        "kind": category.kind,
        "icon": category.icon,
        "sort_order": category.sort_order,
        "status": category.status,
        "metadata": category.metadata,
        "created_at": category.created_at,
        "version": category.version,
        "custom_fields": [FieldOut.model_validate(one) for one in category.custom_fields],
    }


def _show_in_order(ordered: tuple[Category, ...]) -> OrderedCategories:
    return OrderedCategories(items=[CategoryOut.of(category) for category in ordered])


def _category_id(call: Call) -> CategoryId:
    return CategoryId(call.path_id("category_id", "cat", kind="category"))


async def add(call: Call) -> Response:
    """Add a category."""
    body = await call.body(AddCategoryIn)
    command = AddCategory(
        label=body.label,
        label_plural=body.label_plural,
        kind=body.kind,
        icon=body.icon,
        sort_order=body.sort_order,
        metadata=body.metadata,
        custom_fields=fields_said(body.custom_fields),
    )
    return await call.write(command, CategoryOut.of, location="/v1/categories")


async def list_(call: Call) -> Response:
    """List categories."""
    query = call.query(CategoryQuery)
    request = call.page_request(query)
    statuses = query.status or (CategoryStatus.ACTIVE,)

    def ask(desk: TenantEngine) -> tuple[Page[Category], dict[CategoryId, int]]:
        found = desk.categories.list(request, kind=query.kind, statuses=statuses)
        return found, desk.categories.counts([one.category_id for one in found.items])

    page, counts = await call.read(ask)
    cursor = call.next_cursor(page)
    items = [CountedCategoryOut.counted(one, counts[one.category_id]) for one in page.items]
    return call.page(CategoryPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a category."""
    category_id = _category_id(call)

    def ask(desk: TenantEngine) -> tuple[Category, int]:
        return desk.categories.get(category_id), desk.categories.counts([category_id])[category_id]

    category, count = await call.read(ask)
    # How many resources there are changes without the category.
    shown = CountedCategoryOut.counted(category, count)
    return call.record(shown, version=category.version, is_settled=False)


async def change(call: Call) -> Response:
    """Change a category."""
    category_id = _category_id(call)
    body = await call.body(ChangeCategoryIn)
    command = ChangeCategory(
        category_id=category_id, changes=body.changes(), if_version=call.if_version
    )
    return await call.write(command, CategoryOut.of)


async def reorder(call: Call) -> Response:
    """Put all categories in an order."""
    body = await call.body(ReorderCategoriesIn)
    command = ReorderCategories(category_ids=tuple(body.category_ids))
    return await call.write(command, _show_in_order)


async def delete(call: Call) -> Response:
    """Hide a category."""
    category_id = _category_id(call)
    await call.no_body()
    command = ChangeCategory(
        category_id=category_id,
        changes={"status": CategoryStatus.DELETED},
        if_version=call.if_version,
    )
    return await call.write(command, CategoryOut.of)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/categories",
        name="addCategory",
        summary="Add a kind of resource",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add,
        body=AddCategoryIn,
        answer=CategoryOut,
        status=201,
    ),
    Endpoint(
        method="GET",
        path="/v1/categories",
        name="listCategories",
        summary="List kinds of resources, by their sort order",
        scopes=(Scope.CATALOGUE_READ,),
        run=list_,
        query=CategoryQuery,
        answer=CategoryPage,
    ),
    Endpoint(
        method="POST",
        path="/v1/categories/reorder",
        name="reorderCategories",
        summary="Put all kinds of resources in an order, in one go",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=reorder,
        body=ReorderCategoriesIn,
        answer=OrderedCategories,
    ),
    Endpoint(
        method="GET",
        path="/v1/categories/{category_id}",
        name="getCategory",
        summary="Show a kind of resource, and how many resources are of it",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=CountedCategoryOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/categories/{category_id}",
        name="changeCategory",
        summary="Change a kind of resource",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=change,
        body=ChangeCategoryIn,
        answer=CategoryOut,
        codes=("record.changed", "record.not_found"),
        takes_version=True,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/categories/{category_id}",
        name="deleteCategory",
        summary="Hide a kind of resource; its resources stay",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=delete,
        answer=CategoryOut,
        codes=("record.changed", "record.not_found"),
        takes_version=True,
    ),
)
