"""Public holidays: those of a country as closed days of one schedule, or of all resources."""

from __future__ import annotations

from contextlib import suppress

from starlette.responses import Response

from holdfast.domain.errors import HoldfastError, InputInvalid, RecordNotFound
from holdfast.domain.ids import ResourceId
from holdfast.domain.intervals import utc
from holdfast.domain.rules import OwnerId, RuleDraft
from holdfast.domain.zones import local_day, zone
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.schedules import AddRules
from holdfast.web.staff.set_up.countries import country_in, country_options
from holdfast.web.staff.set_up.editing import UNPROCESSABLE, Editor, sentence_of
from holdfast.web.staff.set_up.hours import Owned, owned_in
from holdfast.web.staff.set_up.sheets import Entry, Group, Kind, Sheet, read_sheet, shown_sheet
from holdfast.web.staff.visits import StaffVisit

_YEARS = 2


async def ask(visit: StaffVisit) -> Response:
    """Ask for the country."""
    owned = await visit.read(lambda: owned_in(visit))
    country = country_in(owned.owner.zone or visit.tenant.zone)
    return _page(visit, owned, shown_sheet(_entries(visit), {"country": country}))


async def add(visit: StaffVisit) -> Response:
    """Close on the public holidays of this year and the next; what is closed already stays."""
    form = await visit.form()
    owned = await visit.read(lambda: owned_in(visit))
    sheet = read_sheet(_entries(visit), form, visit.language)
    rules = _rules(visit, sheet) if sheet.is_right else ()
    if not sheet.is_right:
        return _page(visit, owned, sheet, status=UNPROCESSABLE)
    owners: list[OwnerId] = [owned.owner_id]
    if sheet.values["everywhere"]:
        owners = [*await visit.read(lambda: _resources(visit)), *owners]
    try:
        for owner_id in dict.fromkeys(owners):
            await visit.run(AddRules(owner_id=owner_id, rules=rules), tuple)
    except HoldfastError as refusal:
        sheet.general.append(sentence_of(refusal, visit))
        return _page(visit, owned, sheet, status=refusal.status)
    return visit.go(visit.here("set-up", "hours", owned.owner_id, saved="1"))


def _rules(visit: StaffVisit, sheet: Sheet) -> tuple[RuleDraft, ...]:
    """Return the holidays as rules; what cannot be found stands beside the country."""
    say, holidays = visit.language.gettext, visit.house.holidays
    if holidays is None:
        raise RecordNotFound(kind="page", key="holidays")
    this_year = local_day(utc(visit.now), zone(visit.tenant.zone)).year
    years = range(this_year, this_year + _YEARS)
    found: tuple[RuleDraft, ...] = ()
    try:
        with suppress(InputInvalid):  # the library does not know the country
            found = holidays(str(sheet.values["country"]), years)
        if not found:
            sheet.faults["country"] = say("The holidays of this country are not known here.")
    except ImportError:
        sheet.general.append(
            say("Public holidays come from an optional library, which is not installed here.")
        )
    return found


def _entries(visit: StaffVisit) -> tuple[Entry, ...]:
    say = visit.language.gettext
    return (
        Entry(
            name="country",
            label=say("Country"),
            kind=Kind.CHOICE,
            is_needed=True,
            choices=country_options(visit.language),
        ),
        Entry(
            name="everywhere",
            label=say("For every resource, not only for this"),
            kind=Kind.FLAG,
        ),
    )


def _page(visit: StaffVisit, owned: Owned, sheet: Sheet, *, status: int = 200) -> Response:
    say = visit.language.gettext
    help_text = say("All days of this year and the next. What is closed already stays as it is.")
    editor = Editor(
        part="resources" if owned.owner_id.startswith("res_") else "offerings",
        title=say("Public holidays"),
        back=visit.here("set-up", "hours", owned.owner_id),
        back_words=owned.owner.name,
        action=visit.here("set-up", "hours", owned.owner_id, "holidays"),
        groups=(Group(title=say("Closed on"), entries=_entries(visit), help=help_text),),
        save_words=say("Close on these days"),
    )
    return editor.show(visit, sheet, status=status)


def _resources(visit: StaffVisit) -> list[ResourceId]:
    found = visit.engine_desk().resources.list(PageRequest(limit=PAGE_MAX))
    return [one.resource_id for one in found.items]
