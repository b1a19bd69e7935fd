"""The engine as a library: one attribute a feature, one object a tenant and actor."""

from holdfast.engine.facade.catalogue import (
    Blocks,
    Categories,
    Offerings,
    Resources,
    Schedules,
    Slots,
)
from holdfast.engine.facade.core import Engine, TenantEngine
from holdfast.engine.facade.ledger import AvailabilityAnswers, Bookings, History, Holds
from holdfast.engine.facade.people import Customers, Keys, Members

__all__ = [
    "AvailabilityAnswers",
    "Blocks",
    "Bookings",
    "Categories",
    "Customers",
    "Engine",
    "History",
    "Holds",
    "Keys",
    "Members",
    "Offerings",
    "Resources",
    "Schedules",
    "Slots",
    "TenantEngine",
]
