"""Steps: what is done to a simulated business, in plain values, so that it can be done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request for places: what, when, for how many, whom by name.

    Attributes:
        slot: Of an event, the number of the step that made its slot.
    """

    offer: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    dates: tuple[date, ...] = ()
    slot: int = 0
    guests: int = 1
    picks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong in a step.

    Attributes:
        kind: `conflict`, `gone` (no connection), `bug`, `crash` (the process is killed), `unknown`
            (nobody knows what became of the COMMIT) or `wait` (a lock is waited for).
        where: Before which step of a transaction: `begin`, `load`, `lock`, `locked`, `flush`,
            `write` (one of the statements of the flush), `commit` or `committed`.
        amount: The number of the statement, or for how many seconds the lock is waited for.
        times: How often in a row.
    """

    kind: str
    where: str
    amount: int = 0
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that somebody does.

    Attributes:
        number: Its own; what it makes is called by it.
        by: `staff`, `web` or `kiosk` (two publishable keys) or `viewer`.
        subject: The number of the step that made what this one is about.
        name: The thing or offer that it is about.
        how: Which of several ways.
        seconds: By how much the clock goes on before it.
        customer: Which customer it is for; 0 if nobody says.
        order: Under which order of a shop it is booked; 0 is none.
        promo: The promotional code that is given; empty is none.
        if_version: The version that the caller has seen; 0 means that it does not say.
    """

    number: int
    kind: str
    by: str = "staff"
    ask: Ask | None = None
    subject: int = 0
    name: str = ""
    amount: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    day: date | None = None
    how: str = ""
    is_forced: bool = False
    key: str = ""
    customer: int = 0
    order: int = 0
    promo: str = ""
    if_version: int = 0
    seconds: int = 0
    fault: Fault | None = None
    together: tuple[Step, ...] = ()

    @property
    def commands(self) -> tuple[Step, ...]:
        """The commands that are sent as one batch."""
        return self.together or (self,)


@dataclass(kw_only=True)
class Said:
    """What the engine said to a command.

    Attributes:
        code, fields: Of a refusal.
        done: What it answered, with names in the place of ids.
        body: The answer, byte for byte.
        is_lost: Whether no answer came, and nothing was committed.
    """

    code: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    done: Mapping[str, object] = field(default_factory=dict)
    body: bytes = b""
    is_replayed: bool = False
    is_lost: bool = False


class Difference(Exception):
    """The engine and the model do not agree, or something that must always hold does not."""


def plain(value: object) -> object:
    """Return a value as JSON can write it, without what says nothing."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((one.name, one.default, getattr(value, one.name)) for one in fields(value))
        return {name: plain(own) for name, default, own in pairs if own != default}
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(own) for name, own in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(one) for one in value]
    return value
