"""How the program speaks: results on stdout, everything said about them on stderr.

So `KEY=$(holdfast key add …)` gets the key and nothing else, and a person sees both. Nothing that
is to be copied is wrapped, coloured or interpreted.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

_PASSWORD = re.compile(r"(://[^/?#@:]*:)[^/?#@]*@")
GAP = 3  # spaces between two columns


def print_anything() -> None:
    """Let a terminal that cannot show a character show a stand-in, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


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
    say(Text.assemble(("holdfast: ", "bold red"), text.strip()))


def listing(columns: Sequence[str], rows: Iterable[Sequence[object]], *, none: str) -> None:
    """Print a table, or say that there is nothing. Nothing is cut off, however long a line is."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not cells:
        say(none)
        return
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    console = Console(highlight=False)
    for row, style in [(list(columns), "bold"), *((row, "") for row in cells)]:
        padded = [set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)]
        line = (" " * GAP).join(padded).rstrip()
        console.print(Text(line, style=style), soft_wrap=True)


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
