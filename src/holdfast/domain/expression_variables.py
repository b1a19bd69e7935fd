"""The variables of price conditions: the closed table of names, their kinds and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a value is; OPEN is known only at run time."""

    NUMBER = "a number"
    TEXT = "a text"
    TRUTH = "true or false"
    DATE = "a date"
    LIST = "a list"
    NULL = "null"
    OPEN = "a value from metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A name that conditions may use."""

    kind: Kind
    meaning: str


def _variable(kind: Kind, meaning: str) -> Variable:
    """Return a row of the table below."""
    return Variable(kind=kind, meaning=meaning)


VARIABLES: Mapping[str, Variable] = MappingProxyType(
    {
        "participants": _variable(Kind.NUMBER, "guests of the booking"),
        "quantity": _variable(Kind.NUMBER, "units booked"),
        "duration": _variable(Kind.NUMBER, "minutes booked; of days or nights, 1440 each"),
        "nights": _variable(Kind.NUMBER, "nights booked, 0 within one day"),
        "dayOfWeek": _variable(Kind.NUMBER, "local weekday of the start, Monday 1 to Sunday 7"),
        "weekday0": _variable(Kind.NUMBER, "local weekday of the start, Sunday 0 to Saturday 6"),
        "hour": _variable(Kind.NUMBER, "local hour of the start, 0 to 23"),
        "day": _variable(Kind.NUMBER, "local day of the month of the start, 1 to 31"),
        "month": _variable(Kind.NUMBER, "local month of the start, 1 to 12"),
        "year": _variable(Kind.NUMBER, "local year of the start"),
        "booking_date": _variable(Kind.DATE, "local date on which the booking is made"),
        "event_date": _variable(Kind.DATE, "local date of the start"),
        "days_ahead": _variable(Kind.NUMBER, "local dates from booking_date to event_date"),
        "hours_ahead": _variable(Kind.NUMBER, "hours from now to the start, exact"),
        "order_total": _variable(Kind.NUMBER, "total of the shop's order, minor units, if given"),
        "occupancy": _variable(Kind.NUMBER, "percent of the places taken before this booking"),
        "capacity": _variable(Kind.NUMBER, "places there are; no value if unlimited"),
        "remaining": _variable(Kind.NUMBER, "places left before this booking"),
        "tier": _variable(Kind.TEXT, "key of the ticket tier whose price is asked"),
    }
)
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "party_size": "participants",
        "day_of_week": "dayOfWeek",
        "occupancy_percent": "occupancy",
        "hour_of_day": "hour",
    }
)
OPEN_ROOTS: Mapping[str, str] = MappingProxyType(
    {
        "user": "the customer's metadata, such as user.membership",
        "metadata": "the booking's metadata",
    }
)
_SUGGESTED = (*VARIABLES, *ALIASES, "user.membership", "user.student", "metadata.")


def find_variable(path: str) -> tuple[str, Kind] | None:
    """Return the name under which a variable has its value and its kind, or None.

    >>> find_variable("party_size"), find_variable("user.student"), find_variable("user")
    (('participants', <Kind.NUMBER: 'a number'>), ('user.student', <Kind.OPEN: \
'a value from metadata'>), None)
    """
    root, dot, _ = path.partition(".")
    if dot:
        return (path, Kind.OPEN) if root in OPEN_ROOTS else None
    name = ALIASES.get(path, path)
    variable = VARIABLES.get(name)
    return (name, variable.kind) if variable else None


def advice_on(path: str) -> str:
    """Say what could have been meant by a name that is not a variable.

    >>> advice_on("user")
    "Name one of its fields, such as 'user.membership'."
    >>> advice_on("dayofweek")
    "There is no variable 'dayofweek'. Did you mean 'dayOfWeek'?"
    """
    if path in OPEN_ROOTS:
        return f"Name one of its fields, such as '{path}.membership'."
    known = (*VARIABLES, *ALIASES, *(f"{root}." for root in OPEN_ROOTS))
    by_folded_name = {name.casefold(): name for name in known}
    root, dot, rest = path.partition(".")
    meant = get_close_matches((root + dot).casefold(), by_folded_name, n=1)
    if not meant:
        return f"There is no variable '{path}'. The table of variables has them all."
    name = by_folded_name[meant[0]]
    suggestion = name + rest if dot and name.endswith(".") else name
    return f"There is no variable '{path}'. Did you mean '{suggestion}'?"
