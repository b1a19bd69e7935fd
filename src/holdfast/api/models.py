"""Words of the wire that features share: strict inputs, their forms and faults, common outputs.

Inside, lengths of time are `timedelta` and instants UTC datetimes; on the wire lengths are whole
`…_minutes` or `…_seconds`, instants RFC 3339 with Z, opening times "HH:MM".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from holdfast.api.faults import wrong
from holdfast.api.turns import Turn, read_fields
from holdfast.domain import checks
from holdfast.domain.customers import Contact
from holdfast.domain.errors import InputFault
from holdfast.domain.holds import AssignedResource
from holdfast.domain.ids import (
    ALPHABET,
    BODY_LENGTH,
    SECONDS_LENGTH,
    CategoryId,
    CustomerId,
    HoldId,
    OfferingId,
    PoolId,
    ResourceId,
    SlotId,
)
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, utc
from holdfast.domain.money import AMOUNT_MAX, Money
from holdfast.domain.resources import CAPACITY_MAX

T = TypeVar("T")

SORT_ORDER_MAX = 1_000_000
MINUTES_A_DAY = 1_440
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CLOCK = re.compile(r"(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)\Z")
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")


class Body(BaseModel):
    """A request body: unknown names are refused, and nothing is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


class Patch(Body):
    """A body that changes the fields it names and leaves the others as they are.

    Defaults only say that a field may be left out; they are never used.
    """

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    turns: ClassVar[Mapping[str, Turn]] = {}

    def changes(self) -> dict[str, object]:
        """Return the fields that were sent, by the names and in the types of the records."""
        return read_fields(self, sorted(self.model_fields_set), self.turns)


class Query(BaseModel):
    """The parameters of a query: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


# ------------------------------------------------------------------------------------- checks


def checked(check: Callable[[Any], InputFault | None]) -> AfterValidator:
    """Return a validator that asks one of the domain's checks."""

    def ask(value: T) -> T:
        fault = check(value)
        if fault is not None:
            raise wrong(fault.code, fault.detail)
        return value

    return AfterValidator(ask)


# --------------------------------------------------------------------------------------- texts

Line = Annotated[
    str,
    Field(max_length=checks.NAME_MAX),
    checked(lambda value: checks.line("", value, shortest=1)),
]
"""A line of 1 to 200 characters."""

MaybeEmptyLine = Annotated[
    str, Field(max_length=checks.NAME_MAX), checked(lambda value: checks.line("", value))
]
LongText = Annotated[
    str, Field(max_length=checks.TEXT_MAX), checked(lambda value: checks.text("", value))
]
Email = Annotated[
    str, Field(max_length=checks.EMAIL_MAX), checked(lambda value: checks.email("", value))
]
Phone = Annotated[
    str, Field(max_length=checks.PHONE_MAX), checked(lambda value: checks.phone("", value))
]
ZoneName = Annotated[
    str,
    Field(max_length=100, examples=["Europe/Paris"]),
    checked(lambda value: checks.zone_name("", value)),
]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
Slug = Annotated[str, Field(min_length=3, max_length=40, examples=["haircut"])]
Metadata = Annotated[dict[str, Any], checked(lambda value: checks.metadata("", value))]

# ----------------------------------------------------------------------------------------- ids


def _id_form(prefix: str) -> str:
    return f"^{prefix}_[{ALPHABET}]{{{BODY_LENGTH}}}$"


_SLOT_FORM = f"^slt_[{ALPHABET}]{{{BODY_LENGTH}}}([{ALPHABET}]{{{SECONDS_LENGTH}}})?$"

AnOfferingId = Annotated[OfferingId, Field(pattern=_id_form("off"))]
AResourceId = Annotated[ResourceId, Field(pattern=_id_form("res"))]
APoolId = Annotated[PoolId, Field(pattern=_id_form("pol"))]
ACategoryId = Annotated[CategoryId, Field(pattern=_id_form("cat"))]
ACustomerId = Annotated[CustomerId, Field(pattern=_id_form("cus"))]
AHoldId = Annotated[HoldId, Field(pattern=_id_form("hld"))]
ASlotId = Annotated[SlotId, Field(pattern=_SLOT_FORM)]


@lru_cache(maxsize=32)
def _id_pattern(prefix: str) -> re.Pattern[str]:
    form = _SLOT_FORM if prefix == "slt" else _id_form(prefix)
    return re.compile(form.removeprefix("^").removesuffix("$"))


def is_id(text: str, prefix: str) -> bool:
    """Tell whether a text has the form of an id of a kind; slots have two forms."""
    return _id_pattern(prefix).fullmatch(text) is not None


def shown(text: str, *, longest: int = 60) -> str:
    """Return the beginning of what somebody sent, fit to be shown to them again."""
    printable = (letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return "".join(printable)[:longest]


# ------------------------------------------------------------------------------------- numbers

Units = Annotated[int, Field(ge=1, le=CAPACITY_MAX)]
SortOrder = Annotated[int, Field(ge=0, le=SORT_ORDER_MAX)]
AmountMinor = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]


def _whole(value: object) -> object:
    if isinstance(value, str):
        if _WHOLE.match(value) is None:
            raise wrong("wrong_type", "Give a whole number.")
        return int(value)
    return value


QueryWhole = Annotated[int, BeforeValidator(_whole)]
"""A whole number in a query, where everything is text."""


def read_flag(value: object) -> object:
    """Return true or false from a query, where everything is text."""
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise wrong("wrong_type", "Give true or false.")
        return value == "true"
    return value


# --------------------------------------------------------------------------------------- words


def _word(value: object) -> object:
    if isinstance(value, str):
        return value.lower().replace("-", "_")
    return value


Word = Annotated[T, Field(strict=False), BeforeValidator(_word)]
"""A word of an enumeration, in any case, with hyphens or underscores."""


def _split(value: object) -> object:
    if isinstance(value, list):
        return tuple(_word(part) for text in value for part in str(text).split(",") if part)
    return value


Words = Annotated[tuple[T, ...], Field(max_length=20), BeforeValidator(_split)]
"""Words of an enumeration in a query: the parameter repeated, or with commas."""

# ---------------------------------------------------------------------------------------- time


def read_instant(value: object) -> object:
    """Return an RFC 3339 instant in UTC; a date without a zone is refused."""
    if not isinstance(value, str):
        raise wrong("wrong_type", "Give an instant as text, such as 2026-07-06T09:00:00Z.")
    found = _INSTANT.match(value)
    if found is None:
        message = "Give an instant with its offset, such as 2026-07-06T09:00:00+02:00."
        raise wrong("not_an_instant", message)
    first, last = FIRST_INSTANT.year, LAST_INSTANT.year
    if not first - 1 <= int(found[1]) <= last:
        raise wrong("out_of_range", f"Instants lie between {first} and {last}.")
    try:
        parsed = datetime.fromisoformat(value.upper())
    except ValueError:
        raise wrong("not_an_instant", "There is no such date or time of day.") from None
    try:
        return utc(parsed)
    except ValueError:
        raise wrong("out_of_range", f"Instants lie between {first} and {last}.") from None


def _query_instant(value: object) -> object:
    # In a query an unescaped plus arrives as a space: give it back to the offset.
    if isinstance(value, str) and value[-6:-5] == " ":
        value = f"{value[:-6]}+{value[-5:]}"
    return read_instant(value)


def show_instant(value: datetime) -> str:
    """Write an instant as RFC 3339 with Z.

    >>> show_instant(datetime(2026, 7, 6, 7, tzinfo=UTC))
    '2026-07-06T07:00:00Z'
    """
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_INSTANT_SCHEMA = {"type": "string", "format": "date-time", "examples": ["2026-07-06T07:00:00Z"]}

Instant = Annotated[
    datetime,
    BeforeValidator(read_instant),
    WithJsonSchema(_INSTANT_SCHEMA),
]
QueryInstant = Annotated[datetime, BeforeValidator(_query_instant), WithJsonSchema(_INSTANT_SCHEMA)]
InstantOut = Annotated[
    datetime, PlainSerializer(show_instant, return_type=str), WithJsonSchema(_INSTANT_SCHEMA)
]


def _read_day(value: object) -> object:
    if not isinstance(value, str) or _DAY.match(value) is None:
        raise wrong("not_a_date", "Give a date such as 2026-08-15.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise wrong("not_a_date", "There is no such date.") from None
    if not FIRST_INSTANT.year <= day.year < LAST_INSTANT.year:
        years = f"{FIRST_INSTANT.year} and {LAST_INSTANT.year}"
        raise wrong("out_of_range", f"Dates lie between {years}.")
    return day


LocalDay = Annotated[
    date,
    BeforeValidator(_read_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-08-15"]}),
]
DayOut = Annotated[date, WithJsonSchema({"type": "string", "format": "date"})]


def _read_clock(value: object) -> object:
    found = _CLOCK.match(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("not_a_time", "Give a time of day such as 09:00, up to 24:00.")
    return MINUTES_A_DAY if found[1] is None else int(found[1]) * 60 + int(found[2])


ClockTime = Annotated[
    int,
    BeforeValidator(_read_clock),
    WithJsonSchema({"type": "string", "examples": ["09:00"], "description": "HH:MM, or 24:00"}),
]


def show_clock(minute: int) -> str:
    """Write a minute of the day, or of the next one, as a clock shows it; midnight ends at 24:00.

    >>> show_clock(540), show_clock(1440), show_clock(1560)
    ('09:00', '24:00', '02:00')
    """
    shown = minute if minute <= MINUTES_A_DAY else minute - MINUTES_A_DAY
    return f"{shown // 60:02}:{shown % 60:02}"


def minutes_of(length: timedelta) -> int:
    """Return a length of time in whole minutes, a begun one counted in full.

    Through this face all lengths are whole minutes; the library may set seconds.
    """
    return -(-length // timedelta(minutes=1))


def seconds_of(length: timedelta) -> int:
    """Return a length of time in whole seconds."""
    return length // timedelta(seconds=1)


def minutes(count: int) -> timedelta:
    """Return so many minutes as a length of time."""
    return timedelta(minutes=count)


def seconds(count: int) -> timedelta:
    """Return so many seconds as a length of time."""
    return timedelta(seconds=count)


# --------------------------------------------------------------------------------------- parts


class ContactIn(Body):
    """How to reach a person."""

    name: MaybeEmptyLine = ""
    email: Email | None = None
    phone: Phone | None = None

    def contact(self) -> Contact:
        """Return it as the engine takes it."""
        return Contact(name=self.name, email=self.email, phone=self.phone)


class ContactOut(Out):
    """How to reach a person, as they wrote it."""

    name: str
    email: str | None
    phone: str | None

    @classmethod
    def of(cls, contact: Contact) -> ContactOut:
        """Show a contact."""
        return cls(name=contact.name, email=contact.email, phone=contact.phone)


class MoneyIn(Body):
    """An amount in minor units of a currency."""

    amount_minor: AmountMinor
    currency: Currency

    def money(self) -> Money:
        """Return it as the engine takes it."""
        return Money(amount_minor=self.amount_minor, currency=self.currency)


class MoneyOut(Out):
    """An amount in minor units of an ISO 4217 currency."""

    amount_minor: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> MoneyOut:
        """Show an amount."""
        return cls(amount_minor=money.amount_minor, currency=money.currency)


class AssignedOut(Out):
    """A resource that serves a hold or booking, with its name and role as they were then.

    `is_host_busy` warns that its owner is busy on another resource at that time.
    """

    resource_id: str
    name: str
    units: int
    role: str
    reason: str | None
    is_host_busy: bool

    @classmethod
    def of(cls, assigned: AssignedResource) -> AssignedOut:
        """Show an assigned resource."""
        return cls(
            resource_id=assigned.resource_id,
            name=assigned.name,
            units=assigned.units,
            role=assigned.role,
            reason=assigned.reason,
            is_host_busy=assigned.is_host_busy,
        )
