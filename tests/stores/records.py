"""One record of each kind, with every field filled, for the contract of the stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from holdfast.domain.access import AccessStatus, ApiKey, KeyKind, Member, Role
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy, PendingReason
from holdfast.domain.calendars import DayCapacity, day_id_of
from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction, Tier
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.customers import Contact, Customer, CustomerStatus
from holdfast.domain.guests import Guest
from holdfast.domain.holds import AssignedResource, Hold, HoldStatus
from holdfast.domain.ids import (
    BlockId,
    BookingId,
    CategoryId,
    ClaimId,
    CustomerId,
    HoldId,
    KeyId,
    MemberId,
    OfferingId,
    PoolId,
    ResourceId,
    RuleId,
    SlotId,
    TenantId,
)
from holdfast.domain.money import Money
from holdfast.domain.no_shows import NoShowPolicy
from holdfast.domain.offerings import Component, Counting, Offering, OfferingStatus
from holdfast.domain.overrides import Override
from holdfast.domain.policies import (
    ActiveLimit,
    CheckInWindow,
    CreationLimit,
    Delay,
    HostConflict,
    LimitScope,
    Policy,
)
from holdfast.domain.pools import Pool, PoolStatus
from holdfast.domain.price_rules import OccupancyBand, PriceMode, PriceRule, Season
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.quotes import LineKind, QuoteLine, Reason
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Resource, ResourceStatus, Scheme
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleKind, RuleStatus, ScheduleRule
from holdfast.domain.shapes import Shape
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.domain.tenants import Tenant, TenantStatus
from holdfast.domain.terms import Terms

TENANT = TenantId("tnt_a")
NOW = datetime(2026, 6, 1, 8, 0, 0, 123_456, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORDS = "Zoë's “ßtudio” 李 🎻"

# Every name is said.
POLICY = Policy(
    notice=HOUR,
    horizon_days=60,
    buffer_before=timedelta(0),
    buffer_after=HOUR,
    party_min=1,
    party_max=9,
    active_limits=(ActiveLimit(scope=LimitScope.TENANT, most=3),),
    creation_limits=(CreationLimit(most=6, window=HOUR),),
    approval_above=Money(amount_minor=100_000, currency="TND"),
    is_approved_by_hand=False,
    confirms=Delay(after=None),
    pending_expires=Delay(after=HOUR),
    check_in=CheckInWindow(),
    on_host_conflict=HostConflict.WARN,
    cancellation=CancellationPolicy(
        tiers=(Tier(before=HOUR, percent=75),), late_action=LateAction.BLOCK_FUTURE
    ),
    no_show=NoShowPolicy(fee=Money(amount_minor=5, currency="JPY"), strikes_max=3),
    caps=frozenset({"notice", "active_limits"}),
)

tenant = Tenant(
    tenant_id=TENANT,
    slug="zoe",
    name=WORDS,
    zone="Europe/Paris",
    currency="EUR",
    notice=HOUR,
    horizon_days=60,
    status=TenantStatus.ACTIVE,
    metadata={"a": [1, None, {"b": WORDS}]},
    created_at=NOW,
    version=1,
    policy=POLICY,
)
category = Category(
    category_id=CategoryId("cat_1"),
    label="Chair",
    label_plural="Chairs",
    kind="chair",
    icon="🪑",
    sort_order=3,
    status=CategoryStatus.ACTIVE,
    created_at=NOW,
    version=1,
    custom_fields=({"key": "plate", "label": WORDS},),
)
resource = Resource(
    resource_id=ResourceId("res_1"),
    kind="chair",
    name=WORDS,
    short_name="Z",
    description="",
    category_id=category.category_id,
    capacity=2,
    scheme=Scheme.INTERVAL,
    zone="America/New_York",
    owner_id="mbr_1",
    skills=("cut", WORDS),
    sort_order=0,
    status=ResourceStatus.ACTIVE,
    metadata={},
    created_at=NOW,
    deleted_at=NOW + HOUR,
    version=1,
    party_min=2,
    party_max=8,
    is_bookable_alone=True,
    is_settling=True,
    field_values={"plate": WORDS},
    notice=HOUR,
    horizon_days=30,
    buffer_before=timedelta(0),
    buffer_after=timedelta(minutes=5),
    policy=Policy(check_in=CheckInWindow(closes_after=HOUR)),
)
offering = Offering(
    offering_id=OfferingId("off_1"),
    slug="cut",
    name="Cut",
    description="",
    kind="appointment",
    counting=Counting.PLACES,
    slot_capacity=None,
    duration=timedelta(minutes=30),
    slot_step=timedelta(minutes=15),
    buffer_before=timedelta(0),
    buffer_after=timedelta(minutes=10, microseconds=1),
    notice=None,
    horizon_days=30,
    party_min=1,
    party_max=None,
    hold_ttl=HOUR,
    is_approved_by_hand=True,
    price=Money(amount_minor=2_500, currency="TND"),
    price_unit=PriceUnit.PARTICIPANT,
    requirements=(
        Requirement(resource_id=resource.resource_id, quantity=2, per=Per.PARTICIPANT),
        Requirement(
            resource_ids=(resource.resource_id, ResourceId("res_2")),
            skills=("cut", WORDS),
            choosing=Choosing.ANY_OF,
            members=2,
            members_per=Per.PARTICIPANT,
            is_required=False,
            role=WORDS,
        ),
        Requirement(pool_id=PoolId("pol_1")),
    ),
    zone=None,
    location={"address": WORDS},
    sort_order=1,
    status=OfferingStatus.INACTIVE,
    metadata={},
    created_at=NOW,
    deleted_at=None,
    version=1,
    shape=Shape.NIGHTS,
    length_min=HOUR,
    length_max=timedelta(days=3, microseconds=1),
    dates_min=2,
    dates_max=14,
    is_scattered=False,
    check_in_minute=901,
    check_out_minute=599,
    is_always_open=True,
    grid_includes_buffer=True,
    pending_takes=False,
    pending_ttl=HOUR,
    confirm_delay=timedelta(seconds=90),
    components=(
        Component(
            key="a",
            name=WORDS,
            capacity=12,
            requirements=(Requirement(category_id=CategoryId("cat_1"), is_required=False),),
        ),
    ),
    price_rules=(
        PriceRule(
            rule_id="night",
            label=WORDS,
            mode=PriceMode.FLAT_PER_BLOCK,
            condition="duration >= 480",
            amount_minor=8_000,
            block_minutes=1_440,
            is_capped=True,
            season=Season(first_on=date(2026, 12, 20), last_on=date(2027, 1, 5), is_yearly=True),
        ),
        PriceRule(
            rule_id="full",
            label="Full",
            mode=PriceMode.PERCENT,
            basis_points=-1_000,
            is_stackable=True,
            occupancy=OccupancyBand(from_percent=80, below_percent=None),
        ),
    ),
    believes_customers=True,
)
pool = Pool(
    pool_id=PoolId("pol_1"),
    name=WORDS,
    kind="region",
    description="",
    resource_ids=(resource.resource_id,),
    sort_order=1,
    status=PoolStatus.ACTIVE,
    metadata={"a": None},
    created_at=NOW,
    deleted_at=NOW,
    version=1,
)
day = DayCapacity(
    day_id=day_id_of(resource.resource_id, date(2028, 2, 29)),
    resource_id=resource.resource_id,
    falls_on=date(2028, 2, 29),
    capacity=0,
    reason=WORDS,
    actor_id="mbr_1",
    created_at=NOW,
    version=1,
)
rule = ScheduleRule(
    rule_id=RuleId("rul_1"),
    owner_id=resource.resource_id,
    weekdays=(1, 7),
    opens_minute=600,
    closes_minute=1_500,
    slot_step=None,
    valid_from=date(2026, 1, 1),
    valid_until=date(2028, 2, 29),
    zone="Europe/Paris",
    status=RuleStatus.ACTIVE,
    created_at=NOW,
    version=1,
    kind=RuleKind.RECURRENCE,
    effect=Effect.CLOSES,
    recurrence="FREQ=MONTHLY;BYDAY=-1FR",
    dates=(date(2026, 5, 1), date(2028, 2, 29)),
    dates_left_out=(date(2026, 6, 26),),
    reason=WORDS,
    is_repeated_hour_used=True,
)
block = Block(
    block_id=BlockId("blk_1"),
    resource_id=resource.resource_id,
    starts_at=NOW,
    ends_at=NOW + HOUR,
    reason=WORDS,
    status=BlockStatus.ACTIVE,
    created_at=NOW,
    removed_at=None,
    version=1,
    is_settling=True,
)
customer = Customer(
    customer_id=CustomerId("cus_1"),
    name=WORDS,
    email="Zoë@Example.org",
    phone="+33 6",
    email_key="zoë@example.org",
    phone_key="+336",
    account_id=None,
    status=CustomerStatus.ACTIVE,
    metadata={},
    created_at=NOW,
    version=1,
)
member = Member(
    member_id=MemberId("mbr_1"),
    email="m@example.org",
    email_key="m@example.org",
    name="M",
    role=Role.MANAGER,
    status=AccessStatus.ACTIVE,
    created_at=NOW,
    version=1,
)
key = ApiKey(
    key_id=KeyId("key_1"),
    name="K",
    kind=KeyKind.PUBLISHABLE,
    role=None,
    digest="d" * 64,
    hint="abcd",
    status=AccessStatus.INACTIVE,
    created_at=NOW,
    revoked_at=NOW,
    version=1,
)
slot = Slot(
    slot_id=SlotId("slt_1"),
    offering_id=offering.offering_id,
    starts_at=NOW,
    ends_at=NOW + HOUR,
    capacity=20,
    is_capacity_own=True,
    origin=SlotOrigin.MANUAL,
    status=SlotStatus.OPEN,
    metadata={},
    created_at=NOW,
    version=1,
    price_minor=900,
    stripes=4,
    is_settling=True,
    cancel_reason=WORDS,
    limit_to=30,
    blocked_by=block.block_id,
)
claim = Claim(
    claim_id=ClaimId("clm_1"),
    key="res:res_1",
    resource_id=resource.resource_id,
    owner_kind=ClaimOwner.HOLD,
    owner_id="hld_1",
    units=2,
    starts_at=NOW,
    ends_at=NOW + HOUR,
    counts_until=NOW + HOUR,
    is_exclusive=False,
    is_over=False,
    actor_id="system",
    reason=None,
    acquired_at=NOW,
    converted_at=None,
    released_at=None,
)
hold = Hold(
    hold_id=HoldId("hld_1"),
    status=HoldStatus.CONVERTED,
    offering_id=offering.offering_id,
    slot_id=slot.slot_id,
    starts_at=NOW,
    ends_at=NOW + HOUR,
    party_size=2,
    assigned=(
        AssignedResource(
            resource_id=resource.resource_id, name=WORDS, units=2, role=WORDS, is_by_slot=True
        ),
    ),
    price=Money(amount_minor=5_000, currency="TND"),
    client_key="till 1",
    contact=Contact(name=WORDS, email=None, phone="+33 6"),
    placed_by="key_1",
    is_public=True,
    expires_at=NOW + HOUR,
    ceiling_at=NOW + 2 * HOUR,
    extension_count=1,
    booking_id=BookingId("bkg_1"),
    metadata={},
    created_at=NOW,
    ended_at=NOW,
    version=1,
    dates=(date(2026, 6, 1), date(2026, 6, 3)),
    resource_id=resource.resource_id,
    picks=(resource.resource_id,),
    components=("a",),
    override=Override(reason=WORDS, closed=True),
    price_lines=(
        QuoteLine(
            kind=LineKind.PRICE,
            label=WORDS,
            quantity=Fraction(3, 2),
            unit="per_hour",
            unit_amount_minor=3_333,
            amount_minor=5_000,
            reason=Reason.RULE,
            detail="Rule.",
            rule_id="night",
            condition="duration >= 480",
        ),
    ),
    terms=Terms(order_total_minor=5_000, attributes={"membership": WORDS}),
)
booking = Booking(
    booking_id=BookingId("bkg_1"),
    number="ABCD-EFGH",
    status=BookingStatus.PENDING,
    pending_reasons=(PendingReason.APPROVAL, PendingReason.REVIEW),
    offering_id=offering.offering_id,
    offering_name="Cut",
    slot_id=slot.slot_id,
    starts_at=NOW,
    ends_at=NOW + HOUR,
    zone="Europe/Paris",
    party_size=2,
    assigned=hold.assigned,
    price=hold.price,
    customer_id=customer.customer_id,
    contact=hold.contact,
    hold_id=hold.hold_id,
    source="web",
    note=WORDS,
    internal_note="",
    external_order_id="order 1",
    external_line_id=None,
    placed_by="key_1",
    cancelled_by=CancelledBy.CUSTOMER,
    cancel_reason=None,
    metadata={},
    created_at=NOW,
    confirmed_at=None,
    ended_at=None,
    version=1,
    dates=(date(2026, 6, 1), date(2026, 6, 3)),
    resource_id=resource.resource_id,
    picks=(resource.resource_id,),
    components=("a",),
    override=Override(reason=WORDS, closed=True),
    price_lines=(
        QuoteLine(
            kind=LineKind.PRICE,
            label=WORDS,
            quantity=Fraction(3, 2),
            unit="per_hour",
            unit_amount_minor=3_333,
            amount_minor=5_000,
            reason=Reason.RULE,
            detail="Rule.",
            rule_id="night",
            condition="duration >= 480",
        ),
    ),
    terms=Terms(order_total_minor=5_000, attributes={"membership": WORDS}),
    policy=POLICY,
    expires_at=NOW + HOUR,
    confirms_at=NOW + HOUR,
    local_start="2026-06-01T10:00",
    external_offer_id=WORDS,
    checked_in_at=NOW,
    checked_out_at=NOW + HOUR,
    freed_at=NOW + HOUR,
    guests=(Guest(name=WORDS, email=None, age=7), Guest(name="Bo")),
    reference=WORDS,
    reschedule_count=2,
    rating=5,
    feedback=WORDS,
    referral_source="a friend",
)

ALL = (
    tenant,
    category,
    resource,
    pool,
    day,
    offering,
    rule,
    block,
    customer,
    member,
    key,
    slot,
    hold,
    booking,
)
