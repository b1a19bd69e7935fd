"""What `holdfast demo` shows: where the server is, and lines that book when they are pasted."""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from holdfast.cli.demo_staff import SignInLine

LINKS = (
    ("Pages", "/"),
    ("For staff", "/staff"),
    ("Documentation", "/docs"),
    ("OpenAPI", "/openapi.json"),
    ("Health", "/readyz"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """One business of the demo, and a booking that can be placed there.

    Attributes:
        story: What it is, in half a sentence.
        booking: What the prepared booking is.
        secret: A key of its owner.
        body: The request that books it.
    """

    slug: str
    name: str
    story: str
    booking: str
    secret: str
    body: Mapping[str, object]
    idempotency_key: str = field(default_factory=lambda: f"demo-{secrets.token_hex(4)}")

    def curl(self, url: str) -> str:
        """Return the shell's line that books."""
        headers = {
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": self.idempotency_key,
        }
        words = ["curl", "-i", f"{url}/v1/bookings"]
        for name, value in headers.items():
            words += ["-H", f"{name}: {value}"]
        return shlex.join([*words, "-d", json.dumps(self.body)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Everything that is shown once the server accepts."""

    url: str
    database: str
    is_kept: bool
    businesses: tuple[Business, ...]
    owner: SignInLine


def show(programme: Programme) -> None:
    """Show it all. What is to be copied stands alone on its line, however long that is."""
    console = Console(highlight=False)
    console.print()
    console.print(_panel(programme))
    for business in programme.businesses:
        console.print(f"\n[bold]{business.booking}[/] [dim]· {business.name}[/]\n")
        console.print(Text(f"{programme.url}/{business.slug}", style="cyan"), soft_wrap=True)
        line = Text(business.curl(programme.url), style="cyan")
        console.print(line, soft_wrap=True)
    console.print(
        "\nThe same line again gives the same booking: its Idempotency-Key is known. With another"
        " key the haircut is refused, with alternatives: nothing is sold twice.\n"
    )
    _print_keys(console, programme.businesses)
    _print_sign_in(console, programme.owner)
    gone = "The database stays." if programme.is_kept else "Then everything here is gone."
    console.print(f"\n[bold]Ctrl-C[/] stops it. {gone}")


def show_keys(businesses: Iterable[Business], owner: SignInLine) -> None:
    """Show the keys and the sign-in only."""
    console = Console(highlight=False)
    _print_keys(console, businesses)
    _print_sign_in(console, owner)


def _panel(programme: Programme) -> Panel:
    """Draw the frame with the addresses."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold")
    rows.add_column(overflow="fold")
    for name, path in LINKS:
        rows.add_row(name, Text(f"{programme.url}{path}", style=f"link {programme.url}{path}"))
    rows.add_row("Database", Text(programme.database))
    rows.add_row()
    for business in programme.businesses:
        rows.add_row(business.name, Text(business.story))
    return Panel(
        rows,
        title="[bold]Holdfast is open[/]",
        title_align="left",
        border_style="green",
        box=box.ROUNDED,
        padding=(1, 2),
        expand=False,
    )


def _print_keys(console: Console, businesses: Iterable[Business]) -> None:
    for business in businesses:
        console.print(f"[bold]Owner's key of '{business.slug}'[/]")
        console.print(Text(business.secret), soft_wrap=True)


def _print_sign_in(console: Console, owner: SignInLine) -> None:
    console.print("[bold]Sign in at /staff, to any of them, with[/]")
    console.print(Text(f"{owner.email}  {owner.password}"), soft_wrap=True)
