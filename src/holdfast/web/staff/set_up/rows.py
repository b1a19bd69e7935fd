"""Rows: lists as forms. A button gives a row more, a tick takes one away; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.web.languages import Language
from holdfast.web.staff.set_up.sheets import (
    ROWS_MAX,
    Entry,
    Kind,
    Sheet,
    read_sheet,
    row_numbers,
    shown_sheet,
)
from holdfast.web.visits import Form

REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A list as a form.

    Attributes:
        name: The engine's name of the list.
        key: The entry without which a row is an empty one.
        entries: Those of one row.
        besides: Entries of the form that belong to no row.
    """

    name: str
    key: str
    entries: tuple[Entry, ...]
    besides: tuple[Entry, ...] = ()

    def at(self, numbers: Sequence[int]) -> list[Entry]:
        """Return the entries of all rows, and those besides."""
        removing = Entry(name=REMOVE, label="", kind=Kind.FLAG)
        return [
            *self.besides,
            *(
                entry.at(f"{self.name}.{number}")
                for number in numbers
                for entry in (*self.entries, removing)
            ),
        ]


@dataclass(slots=True, kw_only=True)
class RowsSheet:
    """What was typed into a list.

    Attributes:
        numbers: Of the rows that are shown.
        sent: Of the rows that are meant: neither empty nor ticked to be taken away.
        is_more: Whether only another row was asked for.
    """

    sheet: Sheet
    numbers: list[int]
    sent: list[int]
    is_more: bool = False

    def values(self, rows: Rows) -> list[dict[str, object]]:
        """Return what is said in each row that is meant, by the names of its entries."""
        return [
            {
                entry.name: self.sheet.values.get(f"{rows.name}.{number}.{entry.name}")
                for entry in rows.entries
            }
            for number in self.sent
        ]


def read_rows(
    rows: Rows,
    form: Form,
    language: Language,
    *,
    currency: str,
    usual: Mapping[str, object] | None = None,
) -> RowsSheet:
    """Read a list; what is wrong in rows that are not meant does not count.

    In a row that is asked for `usual` stands.
    """
    numbers = row_numbers(form, rows.name)
    is_more = bool(form.text("more"))
    if is_more and len(numbers) < ROWS_MAX:
        numbers = [*numbers, max(numbers, default=-1) + 1]
    sheet = read_sheet(rows.at(numbers), form, language, currency=currency)
    meant = []
    for number in numbers:
        place = f"{rows.name}.{number}"
        is_empty = not sheet.typed.get(f"{place}.{rows.key}")
        if is_empty or sheet.values.get(f"{place}.{REMOVE}"):
            for name in [name for name in sheet.faults if name.startswith(f"{place}.")]:
                del sheet.faults[name]
        else:
            meant.append(number)
    if is_more:
        sheet.faults.clear()
        place = f"{rows.name}.{numbers[-1]}"
        entries = [entry.at(place) for entry in rows.entries]
        values = {f"{place}.{name}": value for name, value in (usual or {}).items()}
        sheet.typed |= shown_sheet(entries, values).typed
    return RowsSheet(sheet=sheet, numbers=numbers, sent=meant, is_more=is_more)


def shown_rows(
    rows: Rows,
    values: Sequence[Mapping[str, object]],
    besides: Mapping[str, object] | None = None,
    *,
    usual: Mapping[str, object] | None = None,
) -> RowsSheet:
    """Return a list as it stands; of one that is empty, a row in which `usual` stands."""
    shown = values or [usual or {}]
    numbers = list(range(len(shown)))
    named: dict[str, object] = dict(besides or {})
    for number, row in enumerate(shown):
        named |= {f"{rows.name}.{number}.{name}": value for name, value in row.items()}
    return RowsSheet(sheet=shown_sheet(rows.at(numbers), named), numbers=numbers, sent=[])


def by_row(rows: Rows, numbers: Sequence[int]) -> list[tuple[int, list[Entry], Entry]]:
    """Return the rows for a page: number, entries and the one that takes it away."""
    found = []
    for number in numbers:
        place = f"{rows.name}.{number}"
        removing = Entry(name=f"{place}.{REMOVE}", label="", kind=Kind.FLAG)
        found.append((number, [entry.at(place) for entry in rows.entries], removing))
    return found
