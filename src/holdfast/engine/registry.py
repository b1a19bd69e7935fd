"""Every use case by its command: the engine's table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from holdfast.engine import (
    approvals,
    blocks,
    bookings,
    categories,
    customers,
    holds,
    keys,
    members,
    offerings,
    resources,
    schedules,
    slots,
    tenants,
)
from holdfast.engine.use_cases import UseCase

_FEATURES = (
    tenants,
    members,
    keys,
    customers,
    categories,
    resources,
    offerings,
    schedules,
    blocks,
    slots,
    holds,
    bookings,
    approvals,
)

USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {command: case for feature in _FEATURES for command, case in feature.USE_CASES.items()}
)
