"""Holdfast: an exact booking engine. It sells time and places, and never sells one place twice.

    from datetime import timedelta

    from holdfast import AddOffering, AddResource, AddTenant, Contact, Details, Engine
    from holdfast import Requirement, WeeklyOpening

    engine = Engine.open("sqlite:///bookings.db")
    engine.add_tenant(AddTenant(slug="sarah", name="Sarah", zone="Europe/Paris", currency="EUR"))
    sarah = engine.tenant("sarah")

    chair = sarah.resources.add(AddResource(name="Sarah's chair", kind="chair")).resource_id
    every_day = WeeklyOpening(weekdays=(1, 2, 3, 4, 5, 6, 7), opens_minute=600, closes_minute=1140)
    sarah.schedules.set(chair, [every_day])
    cut = sarah.offerings.add(
        AddOffering(
            slug="cut",
            name="Haircut",
            duration=timedelta(minutes=30),
            requirements=(Requirement(resource_id=chair),),
        )
    )

    slot = sarah.availability.list(cut.offering_id).slots[0]
    guest = Details(contact=Contact(name="Ada"))
    booking = sarah.bookings.place(slot_id=slot.slot_id, details=guest)
    print(f"{booking.number} is {booking.status}, from {slot.starts_at}")

These names, `holdfast.server.create_asgi_app` and `holdfast.testing` are the public interface; what
stands elsewhere may move. A name is loaded when it is first used, so that `import holdfast` costs
nothing, and no name here brings a web framework.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

# Every name stands here twice: for readers and type checkers, and for whoever uses it first. A test
# holds the two lists together.
if TYPE_CHECKING:
    from holdfast.bootstrap import Engine as Engine
    from holdfast.bootstrap import RandomIds as RandomIds
    from holdfast.bootstrap import SystemClock as SystemClock
    from holdfast.domain.access import SYSTEM as SYSTEM
    from holdfast.domain.access import AccessStatus as AccessStatus
    from holdfast.domain.access import Actor as Actor
    from holdfast.domain.access import ActorKind as ActorKind
    from holdfast.domain.access import ApiKey as ApiKey
    from holdfast.domain.access import KeyKind as KeyKind
    from holdfast.domain.access import Member as Member
    from holdfast.domain.access import Role as Role
    from holdfast.domain.access import Scope as Scope
    from holdfast.domain.blocks import Block as Block
    from holdfast.domain.blocks import BlockStatus as BlockStatus
    from holdfast.domain.bookings import Booking as Booking
    from holdfast.domain.bookings import BookingStatus as BookingStatus
    from holdfast.domain.bookings import CancelledBy as CancelledBy
    from holdfast.domain.bookings import PendingReason as PendingReason
    from holdfast.domain.calendars import DayCapacity as DayCapacity
    from holdfast.domain.calendars import DayState as DayState
    from holdfast.domain.cancellation_policies import CancellationPolicy as CancellationPolicy
    from holdfast.domain.cancellation_policies import LateAction as LateAction
    from holdfast.domain.cancellation_policies import Tier as Tier
    from holdfast.domain.categories import Category as Category
    from holdfast.domain.categories import CategoryStatus as CategoryStatus
    from holdfast.domain.closures import Affected as Affected
    from holdfast.domain.closures import Closure as Closure
    from holdfast.domain.closures import WhenBooked as WhenBooked
    from holdfast.domain.customers import Contact as Contact
    from holdfast.domain.customers import Customer as Customer
    from holdfast.domain.customers import CustomerStatus as CustomerStatus
    from holdfast.domain.eligibility import Candidate as Candidate
    from holdfast.domain.eligibility import Eligibility as Eligibility
    from holdfast.domain.eligibility import Exclusion as Exclusion
    from holdfast.domain.eligibility import RequirementCandidates as RequirementCandidates
    from holdfast.domain.errors import AccessDenied as AccessDenied
    from holdfast.domain.errors import Alternative as Alternative
    from holdfast.domain.errors import AvailabilityClosed as AvailabilityClosed
    from holdfast.domain.errors import BeyondHorizon as BeyondHorizon
    from holdfast.domain.errors import CancellationClosed as CancellationClosed
    from holdfast.domain.errors import CapacityExceeded as CapacityExceeded
    from holdfast.domain.errors import ClockBehind as ClockBehind
    from holdfast.domain.errors import CustomerBlocked as CustomerBlocked
    from holdfast.domain.errors import HoldExpired as HoldExpired
    from holdfast.domain.errors import HoldfastError as HoldfastError
    from holdfast.domain.errors import HookFailed as HookFailed
    from holdfast.domain.errors import HookRefused as HookRefused
    from holdfast.domain.errors import InputFault as InputFault
    from holdfast.domain.errors import InputInvalid as InputInvalid
    from holdfast.domain.errors import InputTooLarge as InputTooLarge
    from holdfast.domain.errors import InputUnsupported as InputUnsupported
    from holdfast.domain.errors import InvitationExpired as InvitationExpired
    from holdfast.domain.errors import KeyReused as KeyReused
    from holdfast.domain.errors import LengthRefused as LengthRefused
    from holdfast.domain.errors import LimitReached as LimitReached
    from holdfast.domain.errors import MethodNotAllowed as MethodNotAllowed
    from holdfast.domain.errors import NoticeTooShort as NoticeTooShort
    from holdfast.domain.errors import PartySizeRefused as PartySizeRefused
    from holdfast.domain.errors import PolicyRefused as PolicyRefused
    from holdfast.domain.errors import PromoRefused as PromoRefused
    from holdfast.domain.errors import RateLimited as RateLimited
    from holdfast.domain.errors import RecordChanged as RecordChanged
    from holdfast.domain.errors import RecordExists as RecordExists
    from holdfast.domain.errors import RecordInUse as RecordInUse
    from holdfast.domain.errors import RecordNotFound as RecordNotFound
    from holdfast.domain.errors import RequestFailed as RequestFailed
    from holdfast.domain.errors import RequestInProgress as RequestInProgress
    from holdfast.domain.errors import SeriesRefused as SeriesRefused
    from holdfast.domain.errors import ServerBusy as ServerBusy
    from holdfast.domain.errors import TooEarly as TooEarly
    from holdfast.domain.errors import TooLate as TooLate
    from holdfast.domain.errors import TransitionNotAllowed as TransitionNotAllowed
    from holdfast.domain.errors import Unauthenticated as Unauthenticated
    from holdfast.domain.guests import Guest as Guest
    from holdfast.domain.history import AuditEntry as AuditEntry
    from holdfast.domain.holds import AssignedResource as AssignedResource
    from holdfast.domain.holds import Hold as Hold
    from holdfast.domain.holds import HoldStatus as HoldStatus
    from holdfast.domain.hooks import BookingSeen as BookingSeen
    from holdfast.domain.hooks import FactSeen as FactSeen
    from holdfast.domain.hooks import HookAction as HookAction
    from holdfast.domain.hooks import HookCall as HookCall
    from holdfast.domain.hooks import Reject as Reject
    from holdfast.domain.hooks import TimeAsked as TimeAsked
    from holdfast.domain.intervals import Interval as Interval
    from holdfast.domain.listing import OpenSlot as OpenSlot
    from holdfast.domain.money import Money as Money
    from holdfast.domain.no_shows import NoShowPolicy as NoShowPolicy
    from holdfast.domain.offering_kinds import Preset as Preset
    from holdfast.domain.offering_kinds import preset_of as preset_of
    from holdfast.domain.offerings import Component as Component
    from holdfast.domain.offerings import Counting as Counting
    from holdfast.domain.offerings import Offering as Offering
    from holdfast.domain.offerings import OfferingStatus as OfferingStatus
    from holdfast.domain.open_days import OpenDay as OpenDay
    from holdfast.domain.overrides import Override as Override
    from holdfast.domain.policies import ActiveLimit as ActiveLimit
    from holdfast.domain.policies import CheckInWindow as CheckInWindow
    from holdfast.domain.policies import CreationLimit as CreationLimit
    from holdfast.domain.policies import Delay as Delay
    from holdfast.domain.policies import LimitScope as LimitScope
    from holdfast.domain.policies import Policy as Policy
    from holdfast.domain.policy_presets import PolicyPreset as PolicyPreset
    from holdfast.domain.policy_readers import policy_in as policy_in
    from holdfast.domain.pools import Pool as Pool
    from holdfast.domain.pools import PoolStatus as PoolStatus
    from holdfast.domain.price_rules import OccupancyBand as OccupancyBand
    from holdfast.domain.price_rules import PriceMode as PriceMode
    from holdfast.domain.price_rules import PriceRule as PriceRule
    from holdfast.domain.price_rules import Season as Season
    from holdfast.domain.price_units import PriceUnit as PriceUnit
    from holdfast.domain.prices import TicketTier as TicketTier
    from holdfast.domain.promo_codes import PromoCode as PromoCode
    from holdfast.domain.promo_codes import PromoKind as PromoKind
    from holdfast.domain.quotes import Quote as Quote
    from holdfast.domain.quotes import QuoteLine as QuoteLine
    from holdfast.domain.recurrence import Recurrence as Recurrence
    from holdfast.domain.recurrence import parse_recurrence as parse_recurrence
    from holdfast.domain.requirements import Choosing as Choosing
    from holdfast.domain.requirements import Per as Per
    from holdfast.domain.requirements import Requirement as Requirement
    from holdfast.domain.requirements import Strategy as Strategy
    from holdfast.domain.resources import Resource as Resource
    from holdfast.domain.resources import ResourceAction as ResourceAction
    from holdfast.domain.resources import ResourceStatus as ResourceStatus
    from holdfast.domain.resources import Scheme as Scheme
    from holdfast.domain.rule_kinds import DatesRule as DatesRule
    from holdfast.domain.rule_kinds import Effect as Effect
    from holdfast.domain.rule_kinds import RangeRule as RangeRule
    from holdfast.domain.rule_kinds import RecurrenceRule as RecurrenceRule
    from holdfast.domain.rule_kinds import WeeklyRule as WeeklyRule
    from holdfast.domain.rules import RuleDraft as RuleDraft
    from holdfast.domain.rules import RuleKind as RuleKind
    from holdfast.domain.rules import ScheduleRule as ScheduleRule
    from holdfast.domain.schedules import TooManySlots as TooManySlots
    from holdfast.domain.schedules import expand_rules as expand_rules
    from holdfast.domain.schedules import open_intervals as open_intervals
    from holdfast.domain.seed_rules import rules_from_seed as rules_from_seed
    from holdfast.domain.series import CalledOff as CalledOff
    from holdfast.domain.series import ClashPolicy as ClashPolicy
    from holdfast.domain.series import OccurrenceOutcome as OccurrenceOutcome
    from holdfast.domain.series import Series as Series
    from holdfast.domain.series import SeriesCancelled as SeriesCancelled
    from holdfast.domain.series import SeriesOccurrence as SeriesOccurrence
    from holdfast.domain.series import SeriesStatus as SeriesStatus
    from holdfast.domain.shapes import Shape as Shape
    from holdfast.domain.shapes import Stay as Stay
    from holdfast.domain.slots import Slot as Slot
    from holdfast.domain.slots import SlotOrigin as SlotOrigin
    from holdfast.domain.slots import SlotStatus as SlotStatus
    from holdfast.domain.tenants import Tenant as Tenant
    from holdfast.domain.tenants import TenantStatus as TenantStatus
    from holdfast.domain.terms import Terms as Terms
    from holdfast.domain.terms import Tickets as Tickets
    from holdfast.domain.utilisation import DayReport as DayReport
    from holdfast.domain.verdicts import Verdict as Verdict
    from holdfast.domain.waitlists import InLine as InLine
    from holdfast.domain.waitlists import WaitlistEntry as WaitlistEntry
    from holdfast.domain.waitlists import WaitlistStatus as WaitlistStatus
    from holdfast.domain.waitlists import WishedDates as WishedDates
    from holdfast.domain.waitlists import Wishes as Wishes
    from holdfast.engine.agenda import Agenda as Agenda
    from holdfast.engine.agenda import AgendaQuery as AgendaQuery
    from holdfast.engine.agenda import AgendaSlot as AgendaSlot
    from holdfast.engine.asking import Hooks as Hooks
    from holdfast.engine.asking import ListenerState as ListenerState
    from holdfast.engine.asking import OnFailure as OnFailure
    from holdfast.engine.availability import Availability as Availability
    from holdfast.engine.availability import AvailabilityQuery as AvailabilityQuery
    from holdfast.engine.availability import DailyAvailability as DailyAvailability
    from holdfast.engine.availability import Prospect as Prospect
    from holdfast.engine.blocks import AddBlock as AddBlock
    from holdfast.engine.calendars import DaysChanged as DaysChanged
    from holdfast.engine.calendars import InitialiseDays as InitialiseDays
    from holdfast.engine.categories import AddCategory as AddCategory
    from holdfast.engine.choosing import Choice as Choice
    from holdfast.engine.customers import AddCustomer as AddCustomer
    from holdfast.engine.facade import TenantEngine as TenantEngine
    from holdfast.engine.facade.bookings import BookingQuery as BookingQuery
    from holdfast.engine.facade.emergencies import Emergency as Emergency
    from holdfast.engine.facade.orders import Order as Order
    from holdfast.engine.keys import NewKey as NewKey
    from holdfast.engine.making import Details as Details
    from holdfast.engine.members import AddMember as AddMember
    from holdfast.engine.moving import Move as Move
    from holdfast.engine.offerings import AddOffering as AddOffering
    from holdfast.engine.pools import AddPool as AddPool
    from holdfast.engine.ports import Clock as Clock
    from holdfast.engine.ports import Ids as Ids
    from holdfast.engine.ports import StorageFault as StorageFault
    from holdfast.engine.ports import StorageUnavailable as StorageUnavailable
    from holdfast.engine.promo_codes import AddPromoCode as AddPromoCode
    from holdfast.engine.quoting import QuoteQuery as QuoteQuery
    from holdfast.engine.reading import Page as Page
    from holdfast.engine.reading import PageRequest as PageRequest
    from holdfast.engine.recurring import SeriesRequest as SeriesRequest
    from holdfast.engine.reports import CapacityReport as CapacityReport
    from holdfast.engine.resources import AddResource as AddResource
    from holdfast.engine.schedules import WeeklyOpening as WeeklyOpening
    from holdfast.engine.slot_generating import Generated as Generated
    from holdfast.engine.slots import AddSlot as AddSlot
    from holdfast.engine.tenants import AddTenant as AddTenant
    from holdfast.safe import SafeResult as SafeResult
    from holdfast.safe import safely as safely
    from holdfast.storage.database import DatabaseMisconfigured as DatabaseMisconfigured
    from holdfast.storage.database import DatabaseOptions as DatabaseOptions
    from holdfast.storage.migrating import SchemaOutdated as SchemaOutdated

_HOMES = {
    "holdfast.bootstrap": "Engine RandomIds SystemClock",
    "holdfast.domain.access": (
        "SYSTEM AccessStatus Actor ActorKind ApiKey KeyKind Member Role Scope"
    ),
    "holdfast.domain.overrides": "Override",
    "holdfast.domain.blocks": "Block BlockStatus",
    "holdfast.domain.bookings": "Booking BookingStatus CancelledBy PendingReason",
    "holdfast.domain.calendars": "DayCapacity DayState",
    "holdfast.domain.categories": "Category CategoryStatus",
    "holdfast.domain.closures": "Affected Closure WhenBooked",
    "holdfast.domain.customers": "Contact Customer CustomerStatus",
    "holdfast.domain.eligibility": "Candidate Eligibility Exclusion RequirementCandidates",
    "holdfast.domain.errors": (
        "AccessDenied Alternative AvailabilityClosed BeyondHorizon CancellationClosed "
        "CapacityExceeded ClockBehind CustomerBlocked HoldExpired HoldfastError HookFailed "
        "HookRefused InputFault "
        "InputInvalid InputTooLarge InputUnsupported InvitationExpired KeyReused LengthRefused "
        "LimitReached MethodNotAllowed NoticeTooShort PartySizeRefused PolicyRefused PromoRefused "
        "RateLimited RecordChanged RecordExists RecordInUse RecordNotFound RequestFailed "
        "RequestInProgress SeriesRefused ServerBusy TooEarly TooLate TransitionNotAllowed "
        "Unauthenticated"
    ),
    "holdfast.domain.guests": "Guest",
    "holdfast.domain.hooks": "BookingSeen FactSeen HookAction HookCall Reject TimeAsked",
    "holdfast.domain.history": "AuditEntry",
    "holdfast.domain.holds": "AssignedResource Hold HoldStatus",
    "holdfast.domain.listing": "OpenSlot",
    "holdfast.domain.intervals": "Interval",
    "holdfast.domain.money": "Money",
    "holdfast.domain.offering_kinds": "Preset preset_of",
    "holdfast.domain.offerings": "Component Counting Offering OfferingStatus",
    "holdfast.domain.open_days": "OpenDay",
    "holdfast.domain.cancellation_policies": "CancellationPolicy LateAction Tier",
    "holdfast.domain.no_shows": "NoShowPolicy",
    "holdfast.domain.policies": "ActiveLimit CheckInWindow CreationLimit Delay LimitScope Policy",
    "holdfast.domain.policy_presets": "PolicyPreset",
    "holdfast.domain.policy_readers": "policy_in",
    "holdfast.domain.pools": "Pool PoolStatus",
    "holdfast.domain.price_rules": "OccupancyBand PriceMode PriceRule Season",
    "holdfast.domain.price_units": "PriceUnit",
    "holdfast.domain.prices": "TicketTier",
    "holdfast.domain.promo_codes": "PromoCode PromoKind",
    "holdfast.domain.quotes": "Quote QuoteLine",
    "holdfast.domain.terms": "Terms Tickets",
    "holdfast.domain.requirements": "Choosing Per Requirement Strategy",
    "holdfast.domain.resources": "Resource ResourceAction ResourceStatus Scheme",
    "holdfast.domain.recurrence": "Recurrence parse_recurrence",
    "holdfast.domain.rule_kinds": "DatesRule Effect RangeRule RecurrenceRule WeeklyRule",
    "holdfast.domain.rules": "RuleDraft RuleKind ScheduleRule",
    "holdfast.domain.schedules": "TooManySlots expand_rules open_intervals",
    "holdfast.domain.seed_rules": "rules_from_seed",
    "holdfast.domain.series": (
        "CalledOff ClashPolicy OccurrenceOutcome Series SeriesCancelled SeriesOccurrence"
        " SeriesStatus"
    ),
    "holdfast.domain.shapes": "Shape Stay",
    "holdfast.domain.slots": "Slot SlotOrigin SlotStatus",
    "holdfast.domain.tenants": "Tenant TenantStatus",
    "holdfast.domain.utilisation": "DayReport",
    "holdfast.domain.verdicts": "Verdict",
    "holdfast.domain.waitlists": "InLine WaitlistEntry WaitlistStatus WishedDates Wishes",
    "holdfast.engine.agenda": "Agenda AgendaQuery AgendaSlot",
    "holdfast.engine.asking": "Hooks ListenerState OnFailure",
    "holdfast.engine.availability": "Availability AvailabilityQuery DailyAvailability Prospect",
    "holdfast.engine.blocks": "AddBlock",
    "holdfast.engine.calendars": "DaysChanged InitialiseDays",
    "holdfast.engine.categories": "AddCategory",
    "holdfast.engine.choosing": "Choice",
    "holdfast.engine.customers": "AddCustomer",
    "holdfast.engine.facade": "TenantEngine",
    "holdfast.engine.facade.bookings": "BookingQuery",
    "holdfast.engine.facade.orders": "Order",
    "holdfast.engine.keys": "NewKey",
    "holdfast.engine.making": "Details",
    "holdfast.engine.members": "AddMember",
    "holdfast.engine.facade.emergencies": "Emergency",
    "holdfast.engine.moving": "Move",
    "holdfast.engine.offerings": "AddOffering",
    "holdfast.engine.pools": "AddPool",
    "holdfast.engine.ports": "Clock Ids StorageFault StorageUnavailable",
    "holdfast.engine.promo_codes": "AddPromoCode",
    "holdfast.engine.quoting": "QuoteQuery",
    "holdfast.engine.reading": "Page PageRequest",
    "holdfast.engine.recurring": "SeriesRequest",
    "holdfast.engine.reports": "CapacityReport",
    "holdfast.engine.resources": "AddResource",
    "holdfast.engine.schedules": "WeeklyOpening",
    "holdfast.engine.slot_generating": "Generated",
    "holdfast.engine.slots": "AddSlot",
    "holdfast.engine.tenants": "AddTenant",
    "holdfast.safe": "SafeResult safely",
    "holdfast.storage.database": "DatabaseMisconfigured DatabaseOptions",
    "holdfast.storage.migrating": "SchemaOutdated",
}
_HOME_BY_NAME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = list(_HOME_BY_NAME)

if not TYPE_CHECKING:  # else a type checker would believe that every name is here

    def __getattr__(name: str) -> object:
        """Load a public name when it is first used."""
        if name not in _HOME_BY_NAME:
            raise AttributeError(f"module 'holdfast' has no attribute {name!r}")
        found = getattr(importlib.import_module(_HOME_BY_NAME[name]), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        """List the public names, loaded or not."""
        return sorted({*globals(), *_HOME_BY_NAME})
