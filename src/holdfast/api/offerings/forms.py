"""Offerings as they are sent and shown."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import Field

from holdfast.api.models import (
    AmountMinor,
    Body,
    ClockTime,
    Currency,
    InstantOut,
    Line,
    LongText,
    Metadata,
    MoneyIn,
    MoneyOut,
    Out,
    Patch,
    Slug,
    SortOrder,
    Units,
    Word,
    Words,
    ZoneName,
    minutes,
    minutes_of,
    seconds,
    seconds_of,
    show_clock,
)
from holdfast.api.offerings.requirements import (
    ComponentOut,
    Components,
    RequirementOut,
    Requirements,
    components,
    requirements,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.checks import YEAR
from holdfast.domain.errors import InputInvalid
from holdfast.domain.holds import HOLD_TTL_MAX
from holdfast.domain.offering_kinds import preset_of
from holdfast.domain.offerings import DURATION_MAX, Counting, Offering, OfferingStatus, PriceUnit
from holdfast.domain.schedules import STEP_MAX
from holdfast.domain.shapes import (
    DATES_MAX,
    DEFAULT_CHECK_IN_MINUTE,
    DEFAULT_CHECK_OUT_MINUTE,
    Shape,
)
from holdfast.domain.tenants import DEFAULT_HOLD_TTL
from holdfast.engine.offering_checks import HORIZON_DAYS_MAX, LENGTH_MAX
from holdfast.engine.offerings import AddOffering

_LONGEST = minutes_of(DURATION_MAX)
_A_DAY = 1_440
Duration = Annotated[int, Field(ge=1, le=_LONGEST)]
Step = Annotated[int, Field(ge=1, le=minutes_of(STEP_MAX))]
Buffer = Annotated[int, Field(ge=0, le=_LONGEST)]
Notice = Annotated[int, Field(ge=0, le=minutes_of(YEAR))]
HorizonDays = Annotated[int, Field(ge=0, le=HORIZON_DAYS_MAX)]
HoldTtl = Annotated[int, Field(ge=60, le=seconds_of(HOLD_TTL_MAX))]
Length = Annotated[int, Field(ge=1, le=minutes_of(LENGTH_MAX))]
Dates = Annotated[int, Field(ge=1, le=DATES_MAX)]
PendingTtl = Annotated[int, Field(ge=60, le=seconds_of(YEAR))]
ConfirmDelay = Annotated[int, Field(ge=0, le=seconds_of(YEAR))]
_CHECK_IN = show_clock(DEFAULT_CHECK_IN_MINUTE)
_CHECK_OUT = show_clock(DEFAULT_CHECK_OUT_MINUTE)


class PriceIn(Body):
    """An amount in minor units; the business's currency where none is given."""

    amount_minor: AmountMinor
    currency: Currency | None = None


class AddOfferingIn(Body):
    """Something that customers can book.

    Counting `resources`, each booking claims what is required; counting `places`, bookings share
    the slot, which has `slot_capacity` places (null: unlimited). Null for `notice_minutes` or
    `horizon_days` means the business's own.

    What is usual for the `kind` (appointment, table, room, event, rental, course, subscription,
    custom or a word of yours) counts where `counting`, `shape` or `price_unit` is null and where
    `slot_step_minutes` is left out. Days and nights need no `duration_minutes`; free start and end
    take `length_min_minutes` instead.
    """

    slug: Slug
    name: Line
    duration_minutes: Duration | None = None
    description: LongText = ""
    kind: Line = "appointment"
    counting: Word[Counting] | None = None
    slot_capacity: Units | None = None
    slot_step_minutes: Step | None = None
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    notice_minutes: Notice | None = None
    horizon_days: HorizonDays | None = None
    party_min: Units = 1
    party_max: Units | None = None
    hold_ttl_seconds: HoldTtl = seconds_of(DEFAULT_HOLD_TTL)
    is_approved_by_hand: bool = False
    price: PriceIn = PriceIn(amount_minor=0)
    price_unit: Word[PriceUnit] | None = None
    requirements: Requirements = Field(default_factory=list)
    zone: ZoneName | None = None
    location: Metadata = Field(default_factory=dict)
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)
    shape: Word[Shape] | None = None
    length_min_minutes: Length | None = None
    length_max_minutes: Length | None = None
    dates_min: Dates = 1
    dates_max: Dates | None = None
    is_scattered: bool = True
    check_in: ClockTime = Field(default=_CHECK_IN, validate_default=True)
    check_out: ClockTime = Field(default=_CHECK_OUT, validate_default=True)
    is_always_open: bool = False
    grid_includes_buffer: bool = False
    pending_takes: bool = True
    pending_ttl_seconds: PendingTtl | None = None
    confirm_delay_seconds: ConfirmDelay | None = None
    components: Components = Field(default_factory=list)

    def command(self) -> AddOffering:
        """Return it as the engine takes it, with what is usual for its kind.

        Raises:
            InputInvalid: It is booked by slots and does not say how long they are.
        """
        usual = preset_of(self.kind, shape=self.shape)
        step = None if self.slot_step_minutes is None else minutes(self.slot_step_minutes)
        if "slot_step_minutes" not in self.model_fields_set:
            step = usual.slot_step
        notice, least, most = self.notice_minutes, self.length_min_minutes, self.length_max_minutes
        ttl, delay = self.pending_ttl_seconds, self.confirm_delay_seconds
        return AddOffering(
            slug=self.slug,
            name=self.name,
            duration=minutes(self._duration(usual.shape)),
            description=self.description,
            kind=self.kind,
            counting=self.counting or usual.counting,
            slot_capacity=self.slot_capacity,
            slot_step=step,
            buffer_before=minutes(self.buffer_before_minutes),
            buffer_after=minutes(self.buffer_after_minutes),
            notice=None if notice is None else minutes(notice),
            horizon_days=self.horizon_days,
            party_min=self.party_min,
            party_max=self.party_max,
            hold_ttl=seconds(self.hold_ttl_seconds),
            is_approved_by_hand=self.is_approved_by_hand,
            price_minor=self.price.amount_minor,
            currency=self.price.currency,
            price_unit=self.price_unit or usual.price_unit,
            requirements=requirements(self.requirements),
            zone=self.zone,
            location=self.location,
            sort_order=self.sort_order,
            metadata=self.metadata,
            shape=usual.shape,
            length_min=None if least is None else minutes(least),
            length_max=None if most is None else minutes(most),
            dates_min=self.dates_min,
            dates_max=self.dates_max,
            is_scattered=self.is_scattered,
            check_in_minute=self.check_in,
            check_out_minute=self.check_out,
            is_always_open=self.is_always_open,
            grid_includes_buffer=self.grid_includes_buffer,
            pending_takes=self.pending_takes,
            pending_ttl=None if ttl is None else seconds(ttl),
            confirm_delay=None if delay is None else seconds(delay),
            components=components(self.components),
        )

    def _duration(self, shape: Shape) -> int:
        if self.duration_minutes is not None:
            return self.duration_minutes
        if shape in {Shape.DAYS, Shape.NIGHTS}:
            return _A_DAY
        if shape is Shape.FREE and self.length_min_minutes is not None:
            return min(self.length_min_minutes, _LONGEST)
        raise InputInvalid.at("/duration_minutes", "missing", "This is needed.")


class ChangeOfferingIn(Patch):
    """What to change. Status `inactive` takes it off sale, `deleted` hides it."""

    inside: ClassVar = MappingProxyType(
        {
            "duration_minutes": ("duration", minutes),
            "slot_step_minutes": ("slot_step", minutes),
            "buffer_before_minutes": ("buffer_before", minutes),
            "buffer_after_minutes": ("buffer_after", minutes),
            "notice_minutes": ("notice", minutes),
            "hold_ttl_seconds": ("hold_ttl", seconds),
            "price": ("price", MoneyIn.money),
            "requirements": ("requirements", requirements),
            "length_min_minutes": ("length_min", minutes),
            "length_max_minutes": ("length_max", minutes),
            "check_in": ("check_in_minute", int),
            "check_out": ("check_out_minute", int),
            "pending_ttl_seconds": ("pending_ttl", seconds),
            "confirm_delay_seconds": ("confirm_delay", seconds),
            "components": ("components", components),
        }
    )

    slug: Slug = ""
    name: Line = ""
    duration_minutes: Duration = 0
    description: LongText = ""
    kind: Line = ""
    slot_capacity: Units | None = None
    slot_step_minutes: Step | None = None
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    notice_minutes: Notice | None = None
    horizon_days: HorizonDays | None = None
    party_min: Units = 1
    party_max: Units | None = None
    hold_ttl_seconds: HoldTtl = 0
    is_approved_by_hand: bool = False
    price: MoneyIn = MoneyIn(amount_minor=0, currency="EUR")
    price_unit: Word[PriceUnit] = PriceUnit.BOOKING
    requirements: Requirements = Field(default_factory=list)
    zone: ZoneName | None = None
    location: Metadata = Field(default_factory=dict)
    sort_order: SortOrder = 0
    status: Word[OfferingStatus] = OfferingStatus.ACTIVE
    metadata: Metadata = Field(default_factory=dict)
    length_min_minutes: Length | None = None
    length_max_minutes: Length | None = None
    dates_min: Dates = 1
    dates_max: Dates | None = None
    is_scattered: bool = True
    check_in: ClockTime = 0
    check_out: ClockTime = 0
    is_always_open: bool = False
    grid_includes_buffer: bool = False
    pending_takes: bool = True
    pending_ttl_seconds: PendingTtl | None = None
    confirm_delay_seconds: ConfirmDelay | None = None
    components: Components = Field(default_factory=list)


class SetRequirementsIn(Body):
    """Everything that the offering needs from now on; what it needed before is forgotten."""

    requirements: Requirements


class OfferingQuery(PageQuery):
    """Which offerings to list; publishable keys see active ones only."""

    kind: Line | None = None
    status: Words[OfferingStatus] = ()


class OfferingOut(Out):
    """Something that customers can book."""

    offering_id: str
    slug: str
    name: str
    description: str
    kind: str
    counting: Counting
    slot_capacity: int | None
    duration_minutes: int
    slot_step_minutes: int | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    notice_minutes: int | None
    horizon_days: int | None
    party_min: int
    party_max: int | None
    hold_ttl_seconds: int
    is_approved_by_hand: bool
    price: MoneyOut
    price_unit: PriceUnit
    requirements: list[RequirementOut]
    zone: str | None
    location: dict[str, Any]
    sort_order: int
    status: OfferingStatus
    metadata: dict[str, Any]
    created_at: InstantOut
    deleted_at: InstantOut | None
    version: int
    shape: Shape
    length_min_minutes: int | None
    length_max_minutes: int | None
    dates_min: int
    dates_max: int | None
    is_scattered: bool
    check_in: str
    check_out: str
    is_always_open: bool
    grid_includes_buffer: bool
    pending_takes: bool
    pending_ttl_seconds: int | None
    confirm_delay_seconds: int | None
    components: list[ComponentOut]

    @classmethod
    def of(cls, offering: Offering) -> OfferingOut:
        """Show an offering."""
        step, notice = offering.slot_step, offering.notice
        least, most = offering.length_min, offering.length_max
        ttl, delay = offering.pending_ttl, offering.confirm_delay
        return cls(
            offering_id=offering.offering_id,
            slug=offering.slug,
            name=offering.name,
            description=offering.description,
            kind=offering.kind,
            counting=offering.counting,
            slot_capacity=offering.slot_capacity,
            duration_minutes=minutes_of(offering.duration),
            slot_step_minutes=None if step is None else minutes_of(step),
            buffer_before_minutes=minutes_of(offering.buffer_before),
            buffer_after_minutes=minutes_of(offering.buffer_after),
            notice_minutes=None if notice is None else minutes_of(notice),
            horizon_days=offering.horizon_days,
            party_min=offering.party_min,
            party_max=offering.party_max,
            hold_ttl_seconds=seconds_of(offering.hold_ttl),
            is_approved_by_hand=offering.is_approved_by_hand,
            price=MoneyOut.of(offering.price),
            price_unit=offering.price_unit,
            requirements=[RequirementOut.of(one) for one in offering.requirements],
            zone=offering.zone,
            location=offering.location,
            sort_order=offering.sort_order,
            status=offering.status,
            metadata=offering.metadata,
            created_at=offering.created_at,
            deleted_at=offering.deleted_at,
            version=offering.version,
            shape=offering.shape,
            length_min_minutes=None if least is None else minutes_of(least),
            length_max_minutes=None if most is None else minutes_of(most),
            dates_min=offering.dates_min,
            dates_max=offering.dates_max,
            is_scattered=offering.is_scattered,
            check_in=show_clock(offering.check_in_minute),
            check_out=show_clock(offering.check_out_minute),
            is_always_open=offering.is_always_open,
            grid_includes_buffer=offering.grid_includes_buffer,
            pending_takes=offering.pending_takes,
            pending_ttl_seconds=None if ttl is None else seconds_of(ttl),
            confirm_delay_seconds=None if delay is None else seconds_of(delay),
            components=[ComponentOut.of(one) for one in offering.components],
        )


class OfferingPage(PageOut):
    """A page of offerings, by their sort order."""

    items: list[OfferingOut]


NAMES = MappingProxyType(
    {
        "/duration": "/duration_minutes",
        "/slot_step": "/slot_step_minutes",
        "/buffer_before": "/buffer_before_minutes",
        "/buffer_after": "/buffer_after_minutes",
        "/notice": "/notice_minutes",
        "/hold_ttl": "/hold_ttl_seconds",
        "/price_minor": "/price/amount_minor",
        "/currency": "/price/currency",
        "/length_min": "/length_min_minutes",
        "/length_max": "/length_max_minutes",
        "/check_in_minute": "/check_in",
        "/check_out_minute": "/check_out",
        "/pending_ttl": "/pending_ttl_seconds",
        "/confirm_delay": "/confirm_delay_seconds",
    }
)
"""Fields of an offering by the pointers of the engine's checks, where the wire's differ."""
