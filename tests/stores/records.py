"""One record of each kind, with every field filled, for the contract of the stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from holdfast.domain.access import AccessStatus, ApiKey, KeyKind, Member, Role
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy, PendingReason
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.customers import Contact, Customer, CustomerStatus
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
    ResourceId,
    RuleId,
    SlotId,
    TenantId,
)
from holdfast.domain.money import Money
from holdfast.domain.offerings import (
    Counting,
    Offering,
    OfferingStatus,
    Per,
    PriceUnit,
    Requirement,
)
from holdfast.domain.resources import Resource, ResourceStatus, Scheme
from holdfast.domain.rules import RuleStatus, ScheduleRule
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.domain.tenants import Tenant, TenantStatus

TENANT = TenantId("tnt_a")
NOW = datetime(2026, 6, 1, 8, 0, 0, 123_456, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORDS = "Zoë's “ßtudio” 李 🎻"

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
    requirements=(Requirement(resource_id=resource.resource_id, quantity=2, per=Per.PARTICIPANT),),
    zone=None,
    location={"address": WORDS},
    sort_order=1,
    status=OfferingStatus.INACTIVE,
    metadata={},
    created_at=NOW,
    deleted_at=None,
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
    assigned=(AssignedResource(resource_id=resource.resource_id, name=WORDS, units=2),),
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
)

ALL = (
    tenant,
    category,
    resource,
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
