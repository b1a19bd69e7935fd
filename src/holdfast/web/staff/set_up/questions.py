"""Questions: what is asked of whoever books an offering, or of each resource of a category."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from holdfast.domain.fields import FieldType
from holdfast.domain.offerings import Offering
from holdfast.engine.offerings import ChangeOffering
from holdfast.web.staff.set_up.category_fields import number_in
from holdfast.web.staff.set_up.editing import UNPROCESSABLE, sent, version_in
from holdfast.web.staff.set_up.offering_forms import editor_of, offering_of
from holdfast.web.staff.set_up.plans import slug_of
from holdfast.web.staff.set_up.row_pages import show_list
from holdfast.web.staff.set_up.rows import Rows, RowsSheet, read_rows, shown_rows
from holdfast.web.staff.set_up.sheets import Entry, Kind, Say
from holdfast.web.staff.visits import StaffVisit

HERE = "questions"
LIST = "fields"
_KEY_MAX = 40
USUAL: dict[str, object] = {"type": "text"}


async def show(visit: StaffVisit) -> Response:
    """Show what an offering asks."""
    offering = await visit.read(lambda: offering_of(visit))
    values = [question_values(one) for one in offering.fields]
    rows = question_rows(LIST, visit.language.gettext)
    return _page(visit, offering, shown_rows(rows, values, usual=USUAL))


async def change(visit: StaffVisit) -> Response:
    """Change what an offering asks."""
    form = await visit.form()
    offering = await visit.read(lambda: offering_of(visit))
    rows = question_rows(LIST, visit.language.gettext)
    typed = read_rows(rows, form, visit.language, currency=offering.price.currency, usual=USUAL)
    if typed.is_more:
        return _page(visit, offering, typed)
    if typed.sheet.is_right:
        command = ChangeOffering(
            offering_id=offering.offering_id,
            changes={LIST: questions_in(typed.values(rows), offering.fields)},
            if_version=version_in(form),
        )
        if await sent(visit, typed.sheet, command, Offering, rows={LIST: typed.sent}):
            here = visit.here("set-up", "offerings", offering.offering_id, HERE, saved="1")
            return visit.go(here)
    return _page(visit, offering, typed, status=UNPROCESSABLE)


def _page(
    visit: StaffVisit, offering: Offering, typed: RowsSheet, *, status: int = 200
) -> Response:
    say = visit.language.gettext
    return show_list(
        visit,
        editor_of(visit, offering, HERE),
        question_rows(LIST, say),
        typed,
        lead=say("What you ask of whoever books, besides name, e-mail and telephone."),
        row_words=say("Question"),
        status=status,
    )


def question_rows(name: str, say: Say) -> Rows:
    """Return a list of questions as a form."""
    types = (
        (FieldType.TEXT, say("a text")),
        (FieldType.NUMBER, say("a number")),
        (FieldType.SELECT, say("one of several")),
        (FieldType.MULTISELECT, say("some of several")),
        (FieldType.CHECKBOX, say("a tick")),
        (FieldType.DATE, say("a date")),
        (FieldType.PHONE, say("a telephone number")),
        (FieldType.EMAIL, say("an e-mail address")),
    )
    return Rows(
        name=name,
        key="label",
        entries=(
            Entry(name="label", label=say("Question")),
            Entry(name="type", label=say("The answer is"), kind=Kind.CHOICE, choices=types),
            Entry(
                name="options",
                label=say("Answers to choose from"),
                kind=Kind.TEXT,
                help=say("One on each line."),
            ),
            Entry(name="required", label=say("It has to be answered"), kind=Kind.FLAG),
            Entry(name="help", is_rare=True, label=say("A sentence beside it")),
            Entry(
                name="min",
                is_rare=True,
                label=say("At least"),
                help=say("A number, a date, or how long a text is."),
            ),
            Entry(name="max", is_rare=True, label=say("At most")),
            Entry(
                name="pattern",
                is_rare=True,
                label=say("Pattern"),
                help=say("A regular expression."),
            ),
            Entry(
                name="is_private",
                is_rare=True,
                label=say("Only you see the answer"),
                kind=Kind.FLAG,
            ),
            Entry(
                name="key",
                is_rare=True,
                label=say("Name for programs"),
                help=say("Empty takes it from the question."),
            ),
        ),
    )


def question_values(asked: Mapping[str, object]) -> dict[str, object]:
    """Return what stands in the row of a question."""
    options = asked.get("options")
    lines = "\n".join(map(str, options)) if isinstance(options, list | tuple) else ""
    plain = ("label", "type", "required", "help", "min", "max", "pattern", "is_private", "key")
    return {**{name: asked.get(name) for name in plain}, "options": lines}


def questions_in(
    rows: Sequence[Mapping[str, object]], before: Sequence[Mapping[str, object]]
) -> tuple[dict[str, object], ...]:
    """Return the questions that were typed, as the engine reads them.

    Where a question stands among the others stays as it was `before`.
    """
    orders = {one["key"]: one["order"] for one in before if "order" in one}
    found: list[dict[str, object]] = []
    for said in rows:
        taken = [str(one["key"]) for one in found]
        question: dict[str, Any] = {
            "key": said["key"] or _key_of(str(said["label"]), taken),
            "label": said["label"],
            "type": said["type"] or "text",
            "required": bool(said["required"]),
            "help": said["help"] or "",
            "is_private": bool(said["is_private"]),
        }
        if question["key"] in orders:
            question["order"] = orders[question["key"]]
        lines = [line.strip() for line in str(said["options"]).split("\n")]
        question["options"] = list(dict.fromkeys(line for line in lines if line))
        question["pattern"] = said["pattern"] or None
        is_date = question["type"] == FieldType.DATE
        for name in ("min", "max"):
            bound = said[name]
            if bound:
                question[name] = bound if is_date else number_in(str(bound))
        found.append(question)
    return tuple(found)


def _key_of(label: str, taken: Sequence[str]) -> str:
    """Return a question's name for programs.

    >>> _key_of("Your car's plate?", []), _key_of("2 doors", ["q_2_doors"])
    ('your_car_s_plate', 'q_2_doors_2')
    """
    plain = slug_of(label).replace("-", "_")[: _KEY_MAX - 4]
    key = plain if re.match(r"[a-z]", plain) else f"q_{plain}"
    numbered = (f"{key}_{number}" for number in range(2, 100))
    return next(one for one in (key, *numbered) if one not in taken)
