"""Reading records for display: one by id, or a page of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from holdfast.domain.errors import InputInvalid, RecordNotFound
from holdfast.domain.history import AuditEntry
from holdfast.engine.ports import ById, Filter, Listing, ReadStore, Where
from holdfast.engine.records import KINDS, id_of

R = TypeVar("R")

PAGE_MAX = 200
PAGE_DEFAULT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page of a listing is asked for.

    Attributes:
        limit: At most so many records, from 1 to 200.
        after: Where the page before ended: the value of the ordering field and the id.
    """

    limit: int = PAGE_DEFAULT
    after: tuple[object, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R]):
    """Records, and where the next page begins; None on the last page."""

    items: tuple[R, ...]
    next_after: tuple[object, str] | None


def find(store: ReadStore, kind: type[R], record_id: str) -> R | None:
    """Return a record or None."""
    read = ById(kind, record_id)
    found = store.load([read])[read]
    return cast("R", found[0]) if found else None


def get(store: ReadStore, kind: type[R], record_id: str) -> R:
    """Return a record.

    Raises:
        RecordNotFound: There is none in this tenant.
    """
    record = find(store, kind, record_id)
    if record is None:
        raise RecordNotFound(kind=KINDS[kind].name, key=record_id)
    return record


def where(store: ReadStore, kind: type[R], field_name: str, value: str) -> tuple[R, ...]:
    """Return the live records whose field has a value, by id."""
    read = Where(kind, field_name, value)
    return cast("tuple[R, ...]", store.load([read])[read])


def page(
    store: ReadStore,
    kind: type[R],
    request: PageRequest,
    *,
    order_by: str,
    is_descending: bool = False,
    filters: Sequence[Filter] = (),
) -> Page[R]:
    """Return one page of records.

    Raises:
        InputInvalid: The limit is not from 1 to 200.
    """
    if not 1 <= request.limit <= PAGE_MAX:
        raise InputInvalid.at("/limit", "out_of_range", f"It has to be from 1 to {PAGE_MAX}.")
    listing = Listing(
        kind=kind,
        filters=tuple(filters),
        order_by=order_by,
        is_descending=is_descending,
        after=request.after,
        limit=request.limit + 1,
    )
    found = cast("list[R]", store.page(listing))
    items = tuple(found[: request.limit])
    if len(found) <= request.limit:
        return Page(items=items, next_after=None)
    last = items[-1]
    # A line of the history is no record, and has its own id.
    last_id = last.audit_id if isinstance(last, AuditEntry) else id_of(last)
    return Page(items=items, next_after=(getattr(last, order_by), last_id))
