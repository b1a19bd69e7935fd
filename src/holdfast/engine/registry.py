"""Every use case by its command: the engine's table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from holdfast.engine import (
    accounts,
    approvals,
    attempting,
    attending,
    blocks,
    bookings,
    calendars,
    categories,
    changing,
    customers,
    holds,
    inviting,
    keys,
    limiting,
    members,
    no_shows,
    occurrences,
    offerings,
    ordering,
    paying,
    pools,
    promo_codes,
    reassigning,
    reminding,
    rescheduling,
    resources,
    schedules,
    series,
    slot_changes,
    slot_generating,
    slots,
    striping,
    tenants,
    waitlist,
    walk_ins,
)
from holdfast.engine.use_cases import UseCase

_FEATURES = (
    tenants,
    members,
    accounts,
    keys,
    customers,
    categories,
    resources,
    pools,
    ordering,
    calendars,
    limiting,
    offerings,
    promo_codes,
    schedules,
    blocks,
    slots,
    striping,
    slot_generating,
    slot_changes,
    holds,
    bookings,
    approvals,
    no_shows,
    reminding,
    paying,
    attending,
    reassigning,
    rescheduling,
    changing,
    walk_ins,
    waitlist,
    inviting,
    series,
    occurrences,
    attempting,
)

USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {command: case for feature in _FEATURES for command, case in feature.USE_CASES.items()}
)
