"""The engine as a library: one attribute a feature, one object a tenant and actor."""

from holdfast.engine.facade.availability import AvailabilityAnswers
from holdfast.engine.facade.blocks import Blocks
from holdfast.engine.facade.bookings import Bookings
from holdfast.engine.facade.calendars import Calendars
from holdfast.engine.facade.catalogue import Categories, Offerings, Resources, Schedules
from holdfast.engine.facade.core import Engine, TenantEngine
from holdfast.engine.facade.eligibility import EligibleResources
from holdfast.engine.facade.history import History
from holdfast.engine.facade.holds import Holds
from holdfast.engine.facade.orders import Orders
from holdfast.engine.facade.people import Customers, Keys, Members
from holdfast.engine.facade.pools import Pools
from holdfast.engine.facade.reports import Reports
from holdfast.engine.facade.slots import Slots

__all__ = [
    "AvailabilityAnswers",
    "Blocks",
    "Bookings",
    "Calendars",
    "Categories",
    "Customers",
    "EligibleResources",
    "Engine",
    "History",
    "Holds",
    "Keys",
    "Members",
    "Offerings",
    "Orders",
    "Pools",
    "Reports",
    "Resources",
    "Schedules",
    "Slots",
    "TenantEngine",
]
