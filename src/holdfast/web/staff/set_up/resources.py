"""Resources: the things and people that time is booked on; list, add, change, take out of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.domain.access import Member, Scope
from holdfast.domain.categories import Category
from holdfast.domain.errors import HoldfastError, RecordNotFound
from holdfast.domain.ids import CategoryId, MemberId, ResourceId, looks_like_id
from holdfast.domain.resources import Resource, ResourceAction, ResourceStatus, Scheme
from holdfast.engine.limiting import SettleResource, require_deleted
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.resources import ActOnResource, AddResource, ChangeResource
from holdfast.web.staff.set_up.category_fields import (
    answers_in,
    answers_shown,
    entries_of_category,
)
from holdfast.web.staff.set_up.editing import (
    UNPROCESSABLE,
    Action,
    Editor,
    Item,
    listing,
    next_page,
    page_request,
    sent,
    sentence_of,
    version_in,
    zone_options,
)
from holdfast.web.staff.set_up.sheets import (
    Entry,
    Group,
    Kind,
    Say,
    Sheet,
    length_units,
    read_sheet,
    shown_sheet,
)
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.visits import Form

PART = "resources"


async def show_all(visit: StaffVisit) -> Response:
    """List the resources."""
    say, request = visit.language.gettext, page_request(visit)
    page = await visit.read(lambda: visit.engine_desk().resources.list(request))
    items = [
        Item(
            name=one.name,
            href=visit.here("set-up", PART, one.resource_id),
            facts=_facts(one, visit),
            is_off=one.status is not ResourceStatus.ACTIVE,
            state=say("out of use"),
        )
        for one in page.items
    ]
    return listing(
        visit,
        part=PART,
        title=say("Resources"),
        lead=say("The people, rooms and things that time is booked on."),
        items=items,
        add=visit.here("set-up", PART, "new"),
        add_words=say("Add a resource"),
        empty=say("There is nobody and nothing to book yet. Add the first person, room or thing."),
        more=next_page(visit, PART, page),
    )


def _facts(resource: Resource, visit: StaffVisit) -> tuple[str, ...]:
    language = visit.language
    say = language.gettext
    if resource.capacity is None:
        room = say("without limit")
    else:
        room = language.ngettext("one at a time", "%(num)s at a time", resource.capacity) % {
            "num": language.number(resource.capacity)
        }
    by_day = (say("by the day"),) if resource.scheme is Scheme.DATED else ()
    return (resource.kind, room, *by_day)


async def ask_new(visit: StaffVisit) -> Response:
    """Ask for a new resource."""
    stock = await visit.read(lambda: _stock(visit))
    groups = _groups(visit, stock, None, None)
    values: dict[str, object] = {"kind": "other", "capacity": 1, "scheme": "interval"}
    return _editor(visit, None, groups).show(visit, shown_sheet(_all(groups), values))


async def add(visit: StaffVisit) -> Response:
    """Add a resource."""
    form = await visit.form()
    stock = await visit.read(lambda: _stock(visit))
    category = stock.category(form.text("category_id"))
    groups = _groups(visit, stock, None, category)
    sheet = read_sheet(_all(groups), form, visit.language, currency=visit.tenant.currency)
    if sheet.is_right:
        scheme = Scheme(str(sheet.values["scheme"] or "interval"))
        answers = answers_in(category, sheet) if category is not None else {}
        command = AddResource(scheme=scheme, field_values=answers, **_said(sheet))
        made = await sent(visit, sheet, command, Resource)
        if made is not None:
            return visit.go(visit.here("set-up", PART, made.resource_id, saved="1"))
    return _editor(visit, None, groups).show(visit, sheet, status=UNPROCESSABLE)


async def show(visit: StaffVisit) -> Response:
    """Show a resource, to be changed."""
    resource, stock = await visit.read(lambda: _found(visit))
    category = stock.category(resource.category_id)
    groups = _groups(visit, stock, resource, category)
    return _editor(visit, resource, groups).show(
        visit, shown_sheet(_all(groups), _values(resource, category))
    )


async def change(visit: StaffVisit) -> Response:
    """Change a resource, or take it out of use and back."""
    form = await visit.form()
    resource, stock = await visit.read(lambda: _found(visit))
    # Another category than before asks other things: its page shows them, to be answered.
    chosen = resource.category_id if form.text("act") else form.text("category_id")
    category = stock.category(chosen)
    groups = _groups(visit, stock, resource, category)
    editor = _editor(visit, resource, groups)
    if form.text("act"):
        sheet = shown_sheet(_all(groups), _values(resource, category))
        return await _act(visit, resource, form, editor, sheet)
    sheet = read_sheet(_all(groups), form, visit.language, currency=visit.tenant.currency)
    if sheet.is_right:
        changes = _said(sheet)
        changes["field_values"] = answers_in(category, sheet) if category is not None else {}
        command = ChangeResource(
            resource_id=resource.resource_id,
            changes=changes,
            if_version=version_in(form),
            may_be_over=bool(sheet.values["may_be_over"]),
            reason=str(sheet.values["reason"]),
        )
        changed = await sent(visit, sheet, command, Resource)
        if changed is not None:
            await _settled(visit, changed)
            return visit.go(visit.here("set-up", PART, resource.resource_id, saved="1"))
    return editor.show(visit, sheet, status=UNPROCESSABLE)


async def _act(
    visit: StaffVisit, resource: Resource, form: Form, editor: Editor, sheet: Sheet
) -> Response:
    said = form.text("act")
    if said not in {one.value for one in editor.actions}:
        return visit.go(visit.here("set-up", PART, resource.resource_id))
    command = ActOnResource(
        resource_id=resource.resource_id,
        action=ResourceAction(said),
        if_version=version_in(form),
    )
    try:
        changed = await _settled(visit, await visit.run(command, Resource))
        if command.action is ResourceAction.DELETE:
            require_deleted(changed)
    except HoldfastError as refusal:
        sheet.general.append(sentence_of(refusal, visit))
        return editor.show(visit, sheet, status=refusal.status)
    if changed.status is ResourceStatus.DELETED:
        return visit.go(visit.here("set-up", PART))
    return visit.go(visit.here("set-up", PART, resource.resource_id, saved="1"))


async def _settled(visit: StaffVisit, resource: Resource) -> Resource:
    """Open what was without limit once nobody can be booking it so; else a worker sees to it."""
    if not resource.is_settling:
        return resource
    desk, resource_id = visit.engine_desk(), resource.resource_id
    since = await visit.read(lambda: desk.resources.outlived(resource_id))
    if since is None:
        return resource
    return await visit.run(SettleResource(resource_id=resource_id, since=since), Resource)


# ---------------------------------------------------------------------------------------- the form


def _groups(
    visit: StaffVisit, stock: _Stock, resource: Resource | None, category: Category | None
) -> tuple[Group, ...]:
    """Return what is asked of a resource; what its category asks, too."""
    say = visit.language.gettext
    groups = [
        _what(visit, stock.categories, resource),
        _limits(say),
        _words(visit, resource, stock.members),
    ]
    if category is not None and category.custom_fields:
        title = category.label
        groups.insert(1, Group(title=title, entries=entries_of_category(category, say)))
    return tuple(groups)


def _what(visit: StaffVisit, categories: tuple[Category, ...], resource: Resource | None) -> Group:
    say = visit.language.gettext
    entries = [
        Entry(name="name", label=say("Name"), is_needed=True),
        Entry(
            name="kind",
            label=say("What it is"),
            help=say("A word of yours: chair, doctor, room, van."),
            is_needed=True,
        ),
        Entry(
            name="capacity",
            label=say("How many at a time"),
            kind=Kind.WHOLE,
            help=say("1 is for one customer alone. Empty is without limit."),
        ),
        Entry(
            name="category_id",
            label=say("Category"),
            kind=Kind.CHOICE,
            choices=(("", say("none")), *((one.category_id, one.label) for one in categories)),
        ),
    ]
    if resource is None:
        choices = (("interval", say("by the hour and minute")), ("dated", say("by the day")))
        entries.append(
            Entry(
                name="scheme",
                label=say("How it is counted"),
                kind=Kind.CHOICE,
                choices=choices,
                help=say("This cannot be changed later."),
            )
        )
    else:
        entries += [
            Entry(
                name="may_be_over",
                label=say("Allow it to be over"),
                kind=Kind.FLAG,
                help=say("If more is booked already than fits in. It is recorded with the reason."),
            ),
            Entry(name="reason", label=say("Reason")),
        ]
    return Group(title=say("What it is"), entries=tuple(entries))


def _limits(say: Say) -> Group:
    units = length_units(say)
    empty = say("Empty leaves it to the offering and the business.")
    return Group(
        title=say("Limits of its own"),
        help=empty,
        entries=(
            Entry(name="party_min", label=say("Fewest people"), kind=Kind.WHOLE),
            Entry(name="party_max", label=say("Most people"), kind=Kind.WHOLE),
            Entry(name="notice", label=say("Notice before"), kind=Kind.LENGTH, units=units),
            Entry(
                name="horizon_days",
                label=say("Days ahead"),
                kind=Kind.WHOLE,
                suffix=say("days"),
            ),
            Entry(
                name="buffer_before", label=say("Kept free before"), kind=Kind.LENGTH, units=units
            ),
            Entry(name="buffer_after", label=say("Kept free after"), kind=Kind.LENGTH, units=units),
        ),
    )


def _words(visit: StaffVisit, resource: Resource | None, members: tuple[Member, ...]) -> Group:
    say = visit.language.gettext
    named = {one.member_id: one.name for one in members}
    own = resource.owner_id if resource is not None else None
    if own is not None and own not in named:
        named = {MemberId(own): own, **named}
    owners = (("", say("nobody")), *named.items())
    chosen = "" if resource is None else resource.zone or ""
    zones = (("", say("as the business")), *zone_options(visit, chosen))
    return Group(
        title=say("More"),
        entries=(
            Entry(name="short_name", label=say("Short name"), help=say("For narrow columns.")),
            Entry(name="description", label=say("Description"), kind=Kind.TEXT),
            Entry(
                name="skills",
                label=say("Skills"),
                help=say("Words with commas between them; an offering can ask for them."),
            ),
            Entry(name="zone", label=say("Time zone"), kind=Kind.CHOICE, choices=zones),
            Entry(name="owner_id", label=say("Whose it is"), kind=Kind.CHOICE, choices=owners),
            Entry(name="sort_order", label=say("Place in lists"), kind=Kind.WHOLE),
            Entry(
                name="is_bookable_alone",
                label=say("Customers may book it without an offering"),
                kind=Kind.FLAG,
            ),
        ),
    )


def _all(groups: tuple[Group, ...]) -> list[Entry]:
    return [entry for group in groups for entry in group.entries]


def _said(sheet: Sheet) -> dict[str, Any]:
    """Return what a sheet says of a resource, by the engine's names."""
    values = sheet.values
    skills = (word.strip() for word in str(values["skills"]).split(","))
    category = values["category_id"]
    return {
        "name": values["name"],
        "kind": values["kind"],
        "capacity": values["capacity"],
        "category_id": CategoryId(str(category)) if category else None,
        "party_min": values["party_min"],
        "party_max": values["party_max"],
        "notice": values["notice"],
        "horizon_days": values["horizon_days"],
        "buffer_before": values["buffer_before"],
        "buffer_after": values["buffer_after"],
        "short_name": values["short_name"] or None,
        "description": values["description"],
        "skills": tuple(skill for skill in skills if skill),
        "zone": values["zone"] or None,
        "owner_id": values["owner_id"] or None,
        "sort_order": values["sort_order"] or 0,
        "is_bookable_alone": bool(values["is_bookable_alone"]),
    }


def _values(resource: Resource, category: Category | None) -> dict[str, object]:
    values: dict[str, object] = {
        "name": resource.name,
        "kind": resource.kind,
        "capacity": resource.capacity,
        "category_id": resource.category_id,
        "party_min": resource.party_min,
        "party_max": resource.party_max,
        "notice": resource.notice,
        "horizon_days": resource.horizon_days,
        "buffer_before": resource.buffer_before,
        "buffer_after": resource.buffer_after,
        "short_name": resource.short_name,
        "description": resource.description,
        "skills": ", ".join(resource.skills),
        "zone": resource.zone,
        "owner_id": resource.owner_id,
        "sort_order": resource.sort_order,
        "is_bookable_alone": resource.is_bookable_alone,
    }
    return {**values, **(answers_shown(category, resource.field_values) if category else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stock:
    """What a resource may belong to.

    Attributes:
        members: For owners of the business; others may leave it as it is.
    """

    categories: tuple[Category, ...]
    members: tuple[Member, ...]

    def category(self, category_id: str | None) -> Category | None:
        """Return one of the categories, or None."""
        return next((one for one in self.categories if one.category_id == category_id), None)


def _stock(visit: StaffVisit) -> _Stock:
    desk, page = visit.engine_desk(), PageRequest(limit=PAGE_MAX)
    may_see = visit.may(Scope.ACCESS_WRITE)
    return _Stock(
        categories=desk.categories.list(page).items,
        members=desk.members.list(page).items if may_see else (),
    )


def _found(visit: StaffVisit) -> tuple[Resource, _Stock]:
    text = visit.path("resource_id")
    if not looks_like_id(text, "res"):
        raise RecordNotFound(kind="resource", key=text)
    return visit.engine_desk().resources.get(ResourceId(text)), _stock(visit)


def _editor(visit: StaffVisit, resource: Resource | None, groups: tuple[Group, ...]) -> Editor:
    say = visit.language.gettext
    back = visit.here("set-up", PART)
    if resource is None:
        return Editor(
            part=PART,
            title=say("Add a resource"),
            back=back,
            back_words=say("Resources"),
            action=visit.here("set-up", PART, "new"),
            groups=groups,
            save_words=say("Add"),
        )
    is_deleted = resource.status is ResourceStatus.DELETED
    is_active = resource.status is ResourceStatus.ACTIVE
    off = Action(value="deactivate", words=say("Take out of use"))
    on = Action(value="activate", words=say("Use again"))
    delete = Action(value="delete", words=say("Delete"), is_danger=True)
    restore = Action(value="restore", words=say("Bring back"))
    return Editor(
        part=PART,
        title=resource.name,
        back=back,
        back_words=say("Resources"),
        action=visit.here("set-up", PART, resource.resource_id),
        groups=groups,
        version=resource.version,
        state="" if is_active else say("deleted") if is_deleted else say("out of use"),
        tabs=tabs_of_resource(visit, resource.resource_id, "resource"),
        actions=[restore] if is_deleted else [off if is_active else on, delete],
    )


def tabs_of_resource(visit: StaffVisit, resource_id: str, here: str) -> list[tuple[str, str, bool]]:
    """Return the pages about one resource."""
    say = visit.language.gettext
    pages = [
        ("resource", (PART, resource_id), say("Details")),
        ("hours", ("hours", resource_id), say("Hours")),
        ("policy", ("policy", resource_id), say("Rules")),
    ]
    return [(visit.here("set-up", *parts), words, name == here) for name, parts, words in pages]
