"""The rail: the parts of the shell, as far as they are there and somebody may open them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What waits for somebody.

    Attributes:
        approvals: How many bookings wait for an answer.
    """

    approvals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RailEntry:
    """One part of the shell.

    Attributes:
        path: Where it is below the business; empty for the day.
        key: The key that opens it, for who uses the keyboard.
        count: How much waits there.
    """

    path: str
    label: str
    icon: str
    key: str = ""
    count: int = 0
    is_current: bool = False


def rail_of(
    below: str, *, may_open: Callable[[str], bool], counts: Counts, say: Say
) -> list[RailEntry]:
    """Return the parts that somebody may open; that in which the page `below` is is current."""
    parts = [one for one in _parts(counts, say) if may_open(one.path)]
    around = [one.path for one in parts if below == one.path or below.startswith(f"{one.path}/")]
    current = max(around, key=len, default=None)
    return [
        RailEntry(
            path=one.path,
            label=one.label,
            icon=one.icon,
            key=one.key,
            count=one.count,
            is_current=one.path == current,
        )
        for one in parts
    ]


def _parts(counts: Counts, say: Say) -> list[RailEntry]:
    return [
        RailEntry(path="", label=say("Today"), icon="clock", key="t"),
        RailEntry(path="calendar", label=say("Calendar"), icon="calendar", key="c"),
        RailEntry(
            path="approvals", label=say("Approvals"), icon="check", key="a", count=counts.approvals
        ),
        RailEntry(path="bookings", label=say("Bookings"), icon="search", key="b"),
        RailEntry(path="waitlist", label=say("Waitlist"), icon="line", key="w"),
        RailEntry(path="customers", label=say("Customers"), icon="people", key="u"),
        RailEntry(path="reports", label=say("Reports"), icon="chart", key="r"),
        RailEntry(path="set-up", label=say("Set-up"), icon="tag", key="s"),
        RailEntry(path="set-up/people", label=say("People"), icon="badge", key="p"),
    ]
