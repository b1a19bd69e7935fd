"""Editing: how a sheet of the set-up is sent, refused with everything kept, and shown again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.responses import Response

from holdfast.domain.errors import HoldfastError, RecordChanged, RecordExists
from holdfast.domain.zones import zone_names
from holdfast.engine.reading import PAGE_MAX, Page, PageRequest
from holdfast.web.refusals import refused
from holdfast.web.staff.set_up.sheets import Group, Sheet, add_refusal
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.visits import Form
from holdfast.web.zones import zone_choices

R = TypeVar("R")

VERSION_MAX = 10**9
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a list: its name, a few facts about it, and where it leads."""

    name: str
    href: str
    facts: tuple[str, ...] = ()
    is_off: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button below a form, which changes something else than its fields."""

    value: str
    words: str
    is_danger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """The page of one form.

    Attributes:
        part: Which part of the set-up it belongs to.
        action: Where the form goes.
        tabs: The pages beside it: address, words, whether it is this one.
    """

    part: str
    title: str
    back: str
    back_words: str
    action: str
    groups: tuple[Group, ...] = ()
    version: int = 0
    state: str = ""
    tabs: Sequence[tuple[str, str, bool]] = ()
    actions: Sequence[Action] = ()
    save_words: str = ""
    template: str = "staff/set_up/edit.html"

    def show(
        self,
        visit: StaffVisit,
        sheet: Sheet,
        more: Mapping[str, object] | None = None,
        *,
        status: int = 200,
    ) -> Response:
        """Answer the page with what stands in its form."""
        context: dict[str, object] = {
            "set_up_part": self.part,
            "title": self.title,
            "back": self.back,
            "back_words": self.back_words,
            "action": self.action,
            "groups": self.groups,
            "version": sheet.said("version") or self.version,
            "state": self.state,
            "tabs": self.tabs,
            "actions": [(one.value, one.words, one.is_danger) for one in self.actions],
            "save_words": self.save_words,
            "sheet": sheet,
        }
        return visit.page(self.template, {**context, **(more or {})}, status=status)


async def sent(
    visit: StaffVisit,
    sheet: Sheet,
    command: object,
    kind: type[R],
    *,
    named: Mapping[str, str] | None = None,
    rows: Mapping[str, Sequence[int]] | None = None,
    taken: str = "",
) -> R | None:
    """Run the command of a sheet; None if it was refused, which the sheet then says.

    Args:
        visit: The request of the member.
        sheet: What was typed; nothing is wrong with it so far.
        command: What to do.
        kind: What the command makes.
        named: Entries that have other names than the engine's pointers.
        rows: Of lists, the numbers in the form of the rows that were sent on.
        taken: The entry of the name that has to be unique.
    """
    try:
        return await visit.run(command, kind)
    except RecordChanged as changed:
        words = visit.language.gettext(
            "Somebody has changed this since you opened it. What you typed still stands here:"
            " compare the two, then save again."
        )
        sheet.general.append(words)
        sheet.typed["version"] = str(changed.fields["actual"])
    except RecordExists as exists:
        words = visit.language.gettext("This is taken already. Choose another one.")
        if taken:
            sheet.faults[taken] = words
        else:
            add_refusal(sheet, exists, visit.language, sentence=words)
    except HoldfastError as refusal:
        sentence = sentence_of(refusal, visit)
        add_refusal(sheet, refusal, visit.language, sentence=sentence, named=named, rows=rows)
    return None


def sentence_of(refusal: HoldfastError, visit: StaffVisit) -> str:
    """Say to a member what the engine refused."""
    say = visit.language.gettext
    known = {
        "record.in_use": say(
            "Something still depends on this: bookings, slots or offerings that are to come."
        ),
        "capacity.exceeded": say(
            "More is taken than that. Allow it to be over, with a reason, or choose more."
        ),
        "policy.limit_reached": say("These are too many. Take some away."),
        "access.denied": say("Your role does not allow this. Ask an owner of the business."),
        "state.transition_not_allowed": say(
            "This has changed in the meantime. Here is how it stands now."
        ),
    }
    return known.get(refusal.code) or refused(refusal, visit.language).sentence


def page_request(visit: StaffVisit) -> PageRequest:
    """Return which page of a list is asked for; the first where that makes no sense."""
    try:
        said = json.loads(visit.query.text("after") or "null")
    except (ValueError, RecursionError):
        said = None
    match said:
        case [str() | int() as value, str() as record_id] if not isinstance(value, bool):
            return PageRequest(limit=PAGE_MAX, after=(value, record_id))
    return PageRequest(limit=PAGE_MAX)


def next_page(visit: StaffVisit, part: str, page: Page[R]) -> str | None:
    """Return where the next page of a list is; None if this is the last."""
    if page.next_after is None:
        return None
    return visit.here("set-up", part, after=json.dumps(page.next_after))


def version_in(form: Form) -> int:
    """Return which version the form was made of."""
    return form.whole("version", 0, least=0, most=VERSION_MAX)


def listing(
    visit: StaffVisit,
    *,
    part: str,
    title: str,
    lead: str,
    items: Sequence[Item],
    add: str,
    add_words: str,
    empty: str,
    more: str | None = None,
) -> Response:
    """Answer the page of a list."""
    return visit.page(
        "staff/set_up/list.html",
        {
            "set_up_part": part,
            "title": title,
            "lead": lead,
            "items": items,
            "add": add,
            "add_words": add_words,
            "empty": empty,
            "more": more,
        },
    )


def zone_options(visit: StaffVisit, chosen: str = "") -> tuple[tuple[str, str], ...]:
    """Return the zones to choose from, all of them: those that are often chosen come first."""
    here = visit.tenant.zone
    first = [name for name, _, _ in zone_choices(here, chosen or here, visit.language)]
    rest = sorted(zone_names() - set(first))
    return tuple((name, name.replace("_", " ")) for name in [*first, *rest])
