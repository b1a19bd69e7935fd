"""Categories: kinds of resources, their order, and what is asked of each resource of one."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.ids import CategoryId, looks_like_id
from holdfast.engine.categories import AddCategory, ChangeCategory
from holdfast.web.staff.set_up.editing import (
    UNPROCESSABLE,
    Editor,
    Item,
    listing,
    next_page,
    page_request,
    sent,
    version_in,
)
from holdfast.web.staff.set_up.questions import (
    USUAL,
    question_rows,
    question_values,
    questions_in,
)
from holdfast.web.staff.set_up.row_pages import show_list
from holdfast.web.staff.set_up.rows import Rows, RowsSheet, read_rows, shown_rows
from holdfast.web.staff.set_up.sheets import Entry, Kind, Say
from holdfast.web.staff.visits import StaffVisit

PART = "categories"
LIST = "custom_fields"


async def show_all(visit: StaffVisit) -> Response:
    """List the categories, in their order, with how many resources each has."""
    request, language = page_request(visit), visit.language
    say, desk = language.gettext, visit.engine_desk()
    page = await visit.read(lambda: desk.categories.list(request))
    ids = [one.category_id for one in page.items]
    counts = await visit.read(lambda: desk.categories.counts(ids))
    items = [
        Item(
            name=one.label_plural,
            href=visit.here("set-up", PART, one.category_id),
            facts=(
                language.ngettext("one resource", "%(num)s resources", counts[one.category_id])
                % {"num": language.number(counts[one.category_id])},
            ),
        )
        for one in page.items
    ]
    return listing(
        visit,
        part=PART,
        title=say("Categories"),
        lead=say("Kinds of resources, with questions of their own about each."),
        items=items,
        add=visit.here("set-up", PART, "new"),
        add_words=say("Add a category"),
        empty=say("There is no category yet. They are for many resources of several kinds."),
        more=next_page(visit, PART, page),
    )


async def ask_new(visit: StaffVisit) -> Response:
    """Ask for a new category."""
    rows = _rows(visit.language.gettext)
    return _page(visit, None, shown_rows(rows, [], {"kind": "other"}, usual=USUAL))


async def add(visit: StaffVisit) -> Response:
    """Add a category."""
    form = await visit.form()
    rows = _rows(visit.language.gettext)
    typed = read_rows(rows, form, visit.language, currency=visit.tenant.currency, usual=USUAL)
    if not typed.is_more and typed.sheet.is_right:
        command = AddCategory(**_said(typed, rows, None))
        made = await sent(visit, typed.sheet, command, Category, rows={LIST: typed.sent})
        if made is not None:
            return visit.go(visit.here("set-up", PART, made.category_id, saved="1"))
    return _page(visit, None, typed, status=200 if typed.is_more else UNPROCESSABLE)


async def show(visit: StaffVisit) -> Response:
    """Show a category, to be changed."""
    category = await visit.read(lambda: _category(visit))
    values = [question_values(one) for one in category.custom_fields]
    besides: dict[str, object] = {
        "label": category.label,
        "label_plural": category.label_plural,
        "kind": category.kind,
        "sort_order": category.sort_order,
        "is_off": category.status is CategoryStatus.INACTIVE,
    }
    rows = _rows(visit.language.gettext)
    return _page(visit, category, shown_rows(rows, values, besides, usual=USUAL))


async def change(visit: StaffVisit) -> Response:
    """Change a category."""
    form = await visit.form()
    category = await visit.read(lambda: _category(visit))
    rows = _rows(visit.language.gettext)
    typed = read_rows(rows, form, visit.language, currency=visit.tenant.currency, usual=USUAL)
    if not typed.is_more and typed.sheet.is_right:
        is_off = bool(typed.sheet.values["is_off"])
        changes = _said(typed, rows, category)
        changes["status"] = CategoryStatus.INACTIVE if is_off else CategoryStatus.ACTIVE
        command = ChangeCategory(
            category_id=category.category_id, changes=changes, if_version=version_in(form)
        )
        if await sent(visit, typed.sheet, command, Category, rows={LIST: typed.sent}):
            return visit.go(visit.here("set-up", PART, category.category_id, saved="1"))
    return _page(visit, category, typed, status=200 if typed.is_more else UNPROCESSABLE)


def _said(typed: RowsSheet, rows: Rows, category: Category | None) -> dict[str, Any]:
    values = typed.sheet.values
    before = category.custom_fields if category is not None else ()
    return {
        "label": values["label"],
        "label_plural": values["label_plural"] or values["label"],
        "kind": values["kind"] or "other",
        "sort_order": values["sort_order"] or 0,
        LIST: questions_in(typed.values(rows), before),
    }


def _rows(say: Say) -> Rows:
    listed = question_rows(LIST, say)
    besides = (
        Entry(name="label", label=say("One of them"), help=say("Doctor"), is_needed=True),
        Entry(name="label_plural", label=say("Many of them"), help=say("Doctors")),
        Entry(name="kind", label=say("Kind"), help=say("A word of yours, for programs.")),
        Entry(name="sort_order", label=say("Place in lists"), kind=Kind.WHOLE),
        Entry(name="is_off", label=say("Out of use"), kind=Kind.FLAG),
    )
    return Rows(name=LIST, key=listed.key, entries=listed.entries, besides=besides)


def _page(
    visit: StaffVisit, category: Category | None, typed: RowsSheet, *, status: int = 200
) -> Response:
    say = visit.language.gettext
    own = "new" if category is None else category.category_id
    editor = Editor(
        part=PART,
        title=say("Add a category") if category is None else category.label_plural,
        back=visit.here("set-up", PART),
        back_words=say("Categories"),
        action=visit.here("set-up", PART, own),
        version=0 if category is None else category.version,
    )
    return show_list(
        visit,
        editor,
        _rows(say),
        typed,
        lead=say("What is asked here is answered on the page of each resource of this category."),
        row_words=say("Question"),
        status=status,
    )


def _category(visit: StaffVisit) -> Category:
    text = visit.path("category_id")
    if not looks_like_id(text, "cat"):
        raise RecordNotFound(kind="category", key=text)
    return visit.engine_desk().categories.get(CategoryId(text))
