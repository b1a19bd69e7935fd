"""Row pages: how a list that is a form is shown."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from holdfast.web.staff.set_up.editing import Editor
from holdfast.web.staff.set_up.rows import Rows, RowsSheet, by_row
from holdfast.web.staff.visits import StaffVisit


def show_list(
    visit: StaffVisit,
    editor: Editor,
    rows: Rows,
    typed: RowsSheet,
    *,
    lead: str,
    row_words: str,
    marks: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Answer the page of a list; `marks` stand below entries and point into what was typed."""
    more: dict[str, object] = {
        "rows": by_row(rows, typed.numbers),
        "rows_name": rows.name,
        "besides": rows.besides,
        "lead": lead,
        "row_words": row_words,
        "marks": marks or {},
    }
    shown = Editor(
        part=editor.part,
        title=editor.title,
        back=editor.back,
        back_words=editor.back_words,
        action=editor.action,
        version=editor.version,
        state=editor.state,
        tabs=editor.tabs,
        template="staff/set_up/rows.html",
    )
    return shown.show(visit, typed.sheet, more, status=status)
