"""Offerings as they are sent and shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import Field

from holdfast.api.fields import FieldOut, Fields, fields_out, fields_said
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
from holdfast.api.offerings.price_rules import (
    PriceRuleOut,
    PriceRules,
    TicketTierOut,
    TicketTiers,
    price_rules,
    ticket_tiers,
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
from holdfast.api.policy_forms import POLICY, POLICY_NAMES, PolicyIn, PolicyOut
from holdfast.api.recurring import SeriesFrequency, frequencies, frequency_words
from holdfast.api.turns import Turn, pointers, read_fields, show_fields
from holdfast.domain.checks import YEAR
from holdfast.domain.errors import InputInvalid
from holdfast.domain.holds import HOLD_TTL_MAX
from holdfast.domain.offering_kinds import preset_of
from holdfast.domain.offerings import (
    DURATION_MAX,
    Component,
    Counting,
    Offering,
    OfferingStatus,
)
from holdfast.domain.policies import HORIZON_DAYS_MAX, NOTHING_SAID
from holdfast.domain.policy_presets import PolicyPreset
from holdfast.domain.price_rules import PriceRule
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import TicketTier
from holdfast.domain.requirements import Requirement
from holdfast.domain.schedules import STEP_MAX
from holdfast.domain.series import OCCURRENCES_MAX
from holdfast.domain.shapes import (
    A_DAY,
    DATED,
    DATES_MAX,
    DEFAULT_CHECK_IN_MINUTE,
    DEFAULT_CHECK_OUT_MINUTE,
    Shape,
)
from holdfast.domain.tenants import DEFAULT_HOLD_TTL
from holdfast.domain.waitlists import INVITATION_TTL_MAX
from holdfast.engine.offering_checks import LENGTH_MAX
from holdfast.engine.offerings import AddOffering
from holdfast.engine.policy_changes import with_policy

_LONGEST = minutes_of(DURATION_MAX)
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
SeriesMax = Annotated[int, Field(ge=1, le=OCCURRENCES_MAX)]
SeriesFrequencies = Annotated[list[Word[SeriesFrequency]], Field(max_length=4)]
InvitationTtl = Annotated[int, Field(ge=60, le=seconds_of(INVITATION_TTL_MAX))]
_CHECK_IN = show_clock(DEFAULT_CHECK_IN_MINUTE)
_CHECK_OUT = show_clock(DEFAULT_CHECK_OUT_MINUTE)


def _requirements_out(needed: Iterable[Requirement]) -> list[RequirementOut]:
    return [RequirementOut.of(one) for one in needed]


def _components_out(parts: Iterable[Component]) -> list[ComponentOut]:
    return [ComponentOut.of(one) for one in parts]


def _rules_out(rules: Iterable[PriceRule]) -> list[PriceRuleOut]:
    return [PriceRuleOut.of(rule) for rule in rules]


def _tiers_out(tiers: Iterable[TicketTier]) -> list[TicketTierOut]:
    return [TicketTierOut.of(tier) for tier in tiers]


TURNS = MappingProxyType(
    {
        "duration_minutes": Turn("duration", minutes, minutes_of),
        "slot_step_minutes": Turn("slot_step", minutes, minutes_of),
        "buffer_before_minutes": Turn("buffer_before", minutes, minutes_of),
        "buffer_after_minutes": Turn("buffer_after", minutes, minutes_of),
        "notice_minutes": Turn("notice", minutes, minutes_of),
        "hold_ttl_seconds": Turn("hold_ttl", seconds, seconds_of),
        "length_min_minutes": Turn("length_min", minutes, minutes_of),
        "length_max_minutes": Turn("length_max", minutes, minutes_of),
        "check_in": Turn("check_in_minute", int, show_clock),
        "check_out": Turn("check_out_minute", int, show_clock),
        "pending_ttl_seconds": Turn("pending_ttl", seconds, seconds_of),
        "confirm_delay_seconds": Turn("confirm_delay", seconds, seconds_of),
        "invitation_ttl_seconds": Turn("invitation_ttl", seconds, seconds_of),
        "series_frequencies": Turn("series_frequencies", frequencies, frequency_words),
        "price": Turn("price", MoneyIn.money, MoneyOut.of),
        "requirements": Turn("requirements", requirements, _requirements_out),
        "components": Turn("components", components, _components_out),
        "price_rules": Turn("price_rules", price_rules, _rules_out),
        "policy": POLICY,
        "fields": Turn("fields", fields_said, fields_out),
        "ticket_tiers": Turn("ticket_tiers", ticket_tiers, _tiers_out),
    }
)
"""Fields of the wire that are called or kept otherwise inside."""

NAMES = MappingProxyType(
    {
        "/price_minor": "/price/amount_minor",
        "/currency": "/price/currency",
        **POLICY_NAMES,
        **pointers(TURNS),
    }
)
"""Fields of an offering by the pointers of the engine's checks, where the wire's differ."""


class PriceIn(Body):
    """An amount in minor units; the business's currency where none is given."""

    amount_minor: AmountMinor
    currency: Currency | None = None


class OfferingTerms(Body):
    """What an offering is given when it is added and may be changed to, with what is usual."""

    description: LongText = ""
    kind: Line = "appointment"
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
    requirements: Requirements = Field(default_factory=list)
    zone: ZoneName | None = None
    location: Metadata = Field(default_factory=dict)
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)
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
    price_rules: PriceRules = Field(default_factory=list)
    believes_customers: bool = False
    policy: PolicyIn = PolicyIn()
    has_waitlist: bool = False
    invitation_ttl_seconds: InvitationTtl | None = None
    ticket_tiers: TicketTiers = Field(default_factory=list)
    series_max: SeriesMax | None = None
    series_frequencies: SeriesFrequencies = Field(default_factory=list)
    fields: Fields = Field(default_factory=list)


class AddOfferingIn(OfferingTerms):
    """Something that customers can book.

    Counting `resources`, each booking claims what is required; counting `places`, bookings share
    the slot, which has `slot_capacity` places (null: unlimited). Null for `notice_minutes` or
    `horizon_days` means the business's own.

    What is usual for the `kind` (appointment, table, room, event, rental, course, subscription,
    custom or a word of yours) counts where `counting`, `shape` or `price_unit` is null and where
    `slot_step_minutes` is left out. Only slots need `duration_minutes`. Of days and nights it means
    nothing; free start and end last at least `length_min_minutes`, without that a duration, or
    one step.

    `fields` are what is asked of whoever books. `policy` says more than stands here, and `preset`
    is the usual policy of a kind of business, for what is not said otherwise.
    """

    slug: Slug
    name: Line
    duration_minutes: Duration | None = None
    counting: Word[Counting] | None = None
    shape: Word[Shape] | None = None
    price: PriceIn = PriceIn(amount_minor=0)
    price_unit: Word[PriceUnit] | None = None
    preset: Word[PolicyPreset] | None = None

    def command(self) -> AddOffering:
        """Return it as the engine takes it, with what is usual for its kind.

        Raises:
            InputInvalid: It is booked by slots and does not say how long they are.
        """
        usual = preset_of(self.kind, shape=self.shape)
        terms: dict[str, Any] = read_fields(self, OfferingTerms.model_fields, TURNS)
        if "slot_step_minutes" not in self.model_fields_set:
            terms["slot_step"] = usual.slot_step
        return AddOffering(
            slug=self.slug,
            name=self.name,
            duration=minutes(self._duration(usual.shape, terms["slot_step"])),
            counting=self.counting or usual.counting,
            shape=usual.shape,
            price_minor=self.price.amount_minor,
            currency=self.price.currency,
            price_unit=self.price_unit or usual.price_unit,
            preset=self.preset,
            **with_policy(terms, NOTHING_SAID),
        )

    def _duration(self, shape: Shape, step: timedelta | None) -> int:
        if self.duration_minutes is not None:
            return self.duration_minutes
        if shape in DATED:
            return minutes_of(A_DAY)
        shortest = self.length_min_minutes or (step and minutes_of(step))
        if shape is Shape.FREE and shortest:
            return min(shortest, _LONGEST)
        raise InputInvalid.at("/duration_minutes", "missing", "This is needed.")


class ChangeOfferingIn(OfferingTerms, Patch):
    """What to change. Status `inactive` takes it off sale, `deleted` hides it."""

    turns: ClassVar = TURNS

    slug: Slug = ""
    name: Line = ""
    duration_minutes: Duration = 0
    price: MoneyIn = MoneyIn(amount_minor=0, currency="EUR")
    price_unit: Word[PriceUnit] = PriceUnit.BOOKING
    status: Word[OfferingStatus] = OfferingStatus.ACTIVE


class SetRequirementsIn(Body):
    """Everything that the offering needs from now on; what it needed before is forgotten."""

    requirements: Requirements


class OfferingQuery(PageQuery):
    """Which offerings to list; publishable keys see active ones only."""

    kind: Line | None = None
    status: Words[OfferingStatus] = ()


class OfferingOut(Out):
    """Something that customers can book. What is booked by days or nights has no duration."""

    offering_id: str
    slug: str
    name: str
    description: str
    kind: str
    counting: Counting
    slot_capacity: int | None
    duration_minutes: int | None
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
    price_rules: list[PriceRuleOut]
    believes_customers: bool
    policy: PolicyOut
    has_waitlist: bool
    invitation_ttl_seconds: int | None
    ticket_tiers: list[TicketTierOut]
    series_max: int | None
    series_frequencies: list[str]
    fields: list[FieldOut]

    @classmethod
    def of(cls, offering: Offering) -> OfferingOut:
        """Show an offering."""
        shown = show_fields(offering, cls.model_fields, TURNS)
        if offering.shape in DATED:
            shown["duration_minutes"] = None
        return cls(**shown)


class OfferingPage(PageOut):
    """A page of offerings, by their sort order."""

    items: list[OfferingOut]
