"""Categories: kinds of resources."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
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
from holdfast.domain.access import Scope
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.ids import CategoryId
from holdfast.engine.categories import AddCategory, ChangeCategory
from holdfast.engine.reading import Page


class AddCategoryIn(Body):
    """A kind of resource, with the words for one and for many."""

    label: Line
    label_plural: Line | None = None
    kind: Line = "other"
    icon: MaybeEmptyLine | None = None
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)


class ChangeCategoryIn(Patch):
    """What to change. Status `deleted` hides it, `active` brings it back."""

    label: Line = ""
    label_plural: Line = ""
    kind: Line = ""
    icon: MaybeEmptyLine | None = None
    sort_order: SortOrder = 0
    status: Word[CategoryStatus] = CategoryStatus.ACTIVE
    metadata: Metadata = Field(default_factory=dict)


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

    @classmethod
    def of(cls, category: Category) -> CategoryOut:
        """Show a category."""
        return cls(
            category_id=category.category_id,
            label=category.label,
            label_plural=category.label_plural,
            kind=category.kind,
            icon=category.icon,
            sort_order=category.sort_order,
            status=category.status,
            metadata=category.metadata,
            created_at=category.created_at,
            version=category.version,
        )


class CategoryPage(PageOut):
    """A page of categories, by their sort order."""

    items: list[CategoryOut]


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
    )
    return await call.write(command, CategoryOut.of, location="/v1/categories")


async def list_(call: Call) -> Response:
    """List categories."""
    query = call.query(CategoryQuery)
    request = call.page_request(query)
    statuses = query.status or (CategoryStatus.ACTIVE,)
    page: Page[Category] = await call.read(
        lambda desk: desk.categories.list(request, kind=query.kind, statuses=statuses)
    )
    cursor = call.next_cursor(page)
    items = [CategoryOut.of(category) for category in page.items]
    return call.page(CategoryPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a category."""
    category_id = _category_id(call)
    category = await call.read(lambda desk: desk.categories.get(category_id))
    return call.record(CategoryOut.of(category), version=category.version)


async def change(call: Call) -> Response:
    """Change a category."""
    category_id = _category_id(call)
    body = await call.body(ChangeCategoryIn)
    command = ChangeCategory(
        category_id=category_id, changes=body.changes(), if_version=call.if_version
    )
    return await call.write(command, CategoryOut.of)


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
        method="GET",
        path="/v1/categories/{category_id}",
        name="getCategory",
        summary="Show a kind of resource",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=CategoryOut,
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
