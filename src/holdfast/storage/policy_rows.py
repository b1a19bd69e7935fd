"""Policies and settlements as columns of JSON keep them: lengths of time in seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction, Tier
from holdfast.domain.money import Money
from holdfast.domain.no_shows import NoShowPolicy
from holdfast.domain.policies import (
    NOTHING_SAID,
    ActiveLimit,
    CheckInWindow,
    Completion,
    CreationLimit,
    Delay,
    HostConflict,
    LimitScope,
    Policy,
)
from holdfast.domain.settlements import Settlement, SettlementKind
from holdfast.engine.records import plain


def policy_row(policy: Policy | None) -> dict[str, Any] | None:
    """Return what a policy says, without what it leaves out; None if it says nothing at all."""
    if policy is None or policy == NOTHING_SAID:
        return None
    row = plain(policy)
    assert isinstance(row, dict)
    return {name: value for name, value in row.items() if value != _SILENT[name]}


def policy_of(row: Mapping[str, Any] | None) -> Policy:
    """Return the policy of a row; nothing there is nothing said."""
    if row is None:
        return NOTHING_SAID
    said: dict[str, Any] = dict(row)
    for name, read in _READERS.items():
        if name in said:
            said[name] = read(said[name])
    return Policy(**said)


def settlement_of(row: Mapping[str, Any] | None) -> Settlement | None:
    """Return the settlement of a row, if there is one."""
    if row is None:
        return None
    late_action, until = row["late_action"], row["blocked_until"]
    return Settlement(
        kind=SettlementKind(row["kind"]),
        reason=row["reason"],
        percent=row["percent"],
        refund=_money(row["refund"]),
        kept=_money(row["kept"]),
        fee=_money(row["fee"]),
        owed=_money(row["owed"]),
        late_action=None if late_action is None else LateAction(late_action),
        blocked_until=None if until is None else datetime.fromisoformat(until),
    )


_SILENT = {name: plain(getattr(NOTHING_SAID, name)) for name in NOTHING_SAID.__dataclass_fields__}


def _length(value: float) -> timedelta:
    return timedelta(seconds=value)


def _length_or_none(value: float | None) -> timedelta | None:
    return None if value is None else _length(value)


def _money(row: Mapping[str, Any]) -> Money:
    return Money(amount_minor=row["amount_minor"], currency=row["currency"])


def _delay(row: Mapping[str, Any]) -> Delay:
    return Delay(after=_length_or_none(row["after"]))


def _check_in(row: Mapping[str, Any]) -> CheckInWindow:
    return CheckInWindow(
        opens_before=_length(row["opens_before"]),
        closes_after=_length_or_none(row["closes_after"]),
    )


def _cancellation(row: Mapping[str, Any]) -> CancellationPolicy:
    tiers = tuple(
        Tier(before=_length(tier["before"]), percent=tier["percent"]) for tier in row["tiers"]
    )
    return CancellationPolicy(
        is_allowed=row["is_allowed"],
        cutoff=_length(row["cutoff"]),
        tiers=tiers,
        customer_may_cancel_late=row["customer_may_cancel_late"],
        late_action=LateAction(row["late_action"]),
        block_days=row["block_days"],
        business_percent=row["business_percent"],
    )


def _no_show(row: Mapping[str, Any]) -> NoShowPolicy:
    return NoShowPolicy(
        is_automatic=row["is_automatic"],
        grace=_length(row["grace"]),
        fee=None if row["fee"] is None else _money(row["fee"]),
        fee_percent=row["fee_percent"],
        returns_rest=row["returns_rest"],
        strikes_max=row["strikes_max"],
        strikes_within=_length_or_none(row["strikes_within"]),
        block_days=row["block_days"],
    )


def _active_limits(rows: list[Mapping[str, Any]]) -> tuple[ActiveLimit, ...]:
    return tuple(ActiveLimit(scope=LimitScope(row["scope"]), most=row["most"]) for row in rows)


def _lengths(values: list[float]) -> tuple[timedelta, ...]:
    return tuple(map(_length, values))


def _creation_limits(rows: list[Mapping[str, Any]]) -> tuple[CreationLimit, ...]:
    return tuple(CreationLimit(most=row["most"], window=_length(row["window"])) for row in rows)


_READERS: Mapping[str, Callable[[Any], object]] = MappingProxyType(
    {
        "notice": _length,
        "buffer_before": _length,
        "buffer_after": _length,
        "active_limits": _active_limits,
        "creation_limits": _creation_limits,
        "approval_above": _money,
        "confirms": _delay,
        "pending_expires": _delay,
        "check_in": _check_in,
        "reminder_before": _lengths,
        "completion": Completion,
        "on_host_conflict": HostConflict,
        "cancellation": _cancellation,
        "no_show": _no_show,
        "caps": frozenset,
    }
)
