"""How the program speaks: results on stdout, everything said about them on stderr.

So `KEY=$(holdfast key add …)` gets the key and nothing else, and a person sees both. Nothing that
is to be copied is wrapped, coloured or interpreted.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

_PASSWORD = re.compile(r"(://[^/?#@:]*:)[^/?#@]*@")
_WIDE = 10_000  # so that no id in a listing is cut off; a terminal breaks long lines itself


def result(text: str) -> None:
    """Print one line that is to be copied or piped, exactly as it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say(text: str | Text = "", *, style: str | None = None) -> None:
    """Print a sentence to the person."""
    stderr().print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def say_after_interrupt(text: str) -> None:
    """Print a sentence on a line of its own, although the terminal has just shown ^C."""
    say(f"\n{text}" if stderr().is_terminal else text)


def complain(text: str) -> None:
    """Print what went wrong."""
    say(Text.assemble(("holdfast: ", "bold red"), text))


def listing(columns: Sequence[str], rows: Iterable[Sequence[object]], *, none: str) -> None:
    """Print a table, or say that there is nothing."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 3, 0, 0))
    for name in columns:
        table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    if table.row_count == 0:
        say(none)
        return
    Console(highlight=False, width=_WIDE).print(table)


def as_json(value: object) -> None:
    """Print plain values as JSON."""
    result(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show that something is being done; on a terminal with a clock, else one line at its end."""
    console = stderr()
    if not console.is_terminal:
        yield
        return
    with console.status(f"{what} …"):
        yield


def stderr() -> Console:
    """Return the console that the person reads."""
    return Console(stderr=True, highlight=False)


def without_password(url: str) -> str:
    """Return a URL that may be shown.

    >>> without_password("postgresql://anna:secret@db/bookings")
    'postgresql://anna:***@db/bookings'
    """
    return _PASSWORD.sub(r"\1***@", url)
