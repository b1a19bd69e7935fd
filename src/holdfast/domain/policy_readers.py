"""Readers of policies as other systems write them: every name and unit in one table.

The five seed documents have eight names for two durations. Each is read into the one value that
Holdfast knows; a name that is not in the table is refused, so that no limit is lost unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from holdfast.domain import checks
from holdfast.domain.cancellation_policies import (
    CUTOFF_MAX,
    EVERYTHING,
    WHOLE_PERCENT,
    CancellationPolicy,
    LateAction,
    Tier,
)
from holdfast.domain.checks import Fault
from holdfast.domain.errors import InputInvalid
from holdfast.domain.policies import ActiveLimit, Delay, HostConflict, LimitScope, Policy

_NO_TIME = timedelta(0)
_MILLISECOND = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# What is read at all; what may be saved is said by the limits of a policy.
_LENGTH_MAX = timedelta(days=36_500)
_COUNT_MAX = 1_000_000

_Word = TypeVar("_Word")


class _Misread(Exception):
    """A value cannot be read."""

    def __init__(self, code: str, detail: str, *, at: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.at = at


_Reader = Callable[[Policy, object], Policy]


def policy_in(
    written: Mapping[str, object], *, pointer: str = "/policy"
) -> tuple[Policy, list[Fault]]:
    """Read a policy by any of the known names; None says nothing, as does a name left out.

    Only `autoConfirmAfterMs` is told apart: None is "not by itself" (C-57).

    Where two names say the same thing, such as `maxBookingAdvanceDays` beside `maxAdvanceDays`,
    they have to agree.

    >>> policy_in({"minNoticeMs": 86_400_000, "maxAdvanceDays": 30})[0] == Policy(
    ...     notice=timedelta(days=1), horizon_days=30
    ... )
    True
    """
    policy = Policy()
    faults: list[Fault] = []
    for name, value in written.items():
        reader = READERS.get(name)
        if reader is None:
            shown = name[:80].encode("ascii", "backslashreplace").decode()
            there = f"{pointer}/{shown.replace('~', '~0').replace('/', '~1')}"
            faults.append(checks.fault(there, "unknown_name", "No policy has this name."))
        elif value is not None or name in _NULL_SPEAKS:
            try:
                policy = reader(policy, value)
            except _Misread as misread:
                there = f"{pointer}/{name}{misread.at}"
                faults.append(checks.fault(there, misread.code, misread.detail))
    return policy, faults


def _whole(value: object, *, least: int = 0, most: int = _COUNT_MAX, at: str = "") -> int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not isinstance(value, int | float) or value % 1:
        raise _Misread("wrong_type", "Give a whole number.", at=at)
    if not least <= value <= most:
        raise _Misread("out_of_range", f"It has to be from {least} to {most}.", at=at)
    return int(value)


def _flag(value: object, *, at: str = "") -> bool:
    if not isinstance(value, bool):
        raise _Misread("wrong_type", "Give true or false.", at=at)
    return value


def _word(value: object, words: Mapping[str, _Word], *, at: str = "") -> _Word:
    """Return what a word stands for; case does not count, nor which stroke joins its parts."""
    found = words.get(value.casefold().replace("-", "_")) if isinstance(value, str) else None
    if found is None:
        raise _Misread("unknown_word", f"Give one of {', '.join(words)}.", at=at)
    return found


def _group(value: object, names: frozenset[str]) -> Mapping[str, object]:
    """Return a group of values, if it has no name but those that it may have."""
    if not isinstance(value, Mapping):
        raise _Misread("wrong_type", "Give an object.")
    for name in value:
        if name not in names:
            raise _Misread("unknown_name", f"Only {', '.join(sorted(names))} can be said here.")
    return value


def _set(policy: Policy, name: str, value: object) -> Policy:
    """Return the policy with one more thing said, unless something else was said before."""
    said = getattr(policy, name)
    if said not in (None, ()) and said != value:
        raise _Misread("contradicts", "Another name says something else about the same.")
    change: dict[str, Any] = {name: value}
    return replace(policy, **change)


def _length(name: str, unit: timedelta) -> _Reader:
    """Return the reader of a length of time in a unit."""
    most = _LENGTH_MAX // unit
    return lambda policy, value: _set(policy, name, _whole(value, most=most) * unit)


def _days(unit: timedelta) -> _Reader:
    """Return the reader of a horizon: whole local days, where a part of one counts as one."""
    most = _LENGTH_MAX // unit
    return lambda policy, value: _set(
        policy, "horizon_days", -(-_whole(value, most=most) * unit // _DAY)
    )


def _confirms(policy: Policy, value: object) -> Policy:
    """Read seed 000's delay, without which it is a payment or the business that confirms."""
    if value is None:
        return _set(_set(policy, "needs_payment", value=True), "confirms", Delay(after=None))
    after = _whole(value, most=_LENGTH_MAX // _MILLISECOND) * _MILLISECOND
    return _set(policy, "confirms", Delay(after=after))


def _per_user(policy: Policy, value: object) -> Policy:
    most = _whole(value, least=1)
    limit = ActiveLimit(scope=LimitScope.RESOURCE, most=most)
    return _set(policy, "active_limits", (limit,))


def _by_hand(policy: Policy, value: object) -> Policy:
    return _set(policy, "is_approved_by_hand", _flag(value))


_HOST_CONFLICTS = MappingProxyType({word.value: word for word in HostConflict})


def _host_conflict(policy: Policy, value: object) -> Policy:
    return _set(policy, "on_host_conflict", _word(value, _HOST_CONFLICTS))


def _booking_window(policy: Policy, value: object) -> Policy:
    for name, part in _group(value, frozenset({"minAdvanceHours", "maxAdvanceDays"})).items():
        try:
            policy = policy if part is None else READERS[name](policy, part)
        except _Misread as misread:
            raise _Misread(misread.code, misread.detail, at=f"/{name}") from misread
    return policy


_LATE_ACTIONS = MappingProxyType(
    {
        "forfeit_payment": LateAction.FORFEIT,
        "log_warning": LateAction.WARN,
        "block_future": LateAction.BLOCK_FUTURE,
    }
)


def _cancellation_window(policy: Policy, value: object) -> Policy:
    """Read seed 000's window: free until some time before, then allowed with a consequence.

    Without a consequence it is that the payment is lost: after the free time it is not free.
    """
    window = _group(value, frozenset({"freeUntilMs", "lateAction"}))
    most = CUTOFF_MAX // _MILLISECOND
    cutoff = _whole(window.get("freeUntilMs"), most=most, at="/freeUntilMs") * _MILLISECOND
    late = window.get("lateAction")
    is_said = late is not None
    action = _word(late, _LATE_ACTIONS, at="/lateAction") if is_said else LateAction.FORFEIT
    found = CancellationPolicy(cutoff=cutoff, customer_may_cancel_late=True, late_action=action)
    return _set(policy, "cancellation", found)


_REFUND_WORDS = MappingProxyType({"full": "full", "partial": "partial", "none": "none"})
_CANCELLATION_NAMES = frozenset(
    {"allowCancellation", "cutoffHours", "refundPolicy", "refundPercentage"}
)


def _cancellation_policy(policy: Policy, value: object) -> Policy:
    return _set(policy, "cancellation", _cancellation(value))


def cancellation_in(
    written: Mapping[str, object], *, pointer: str = "/cancellationPolicy"
) -> CancellationPolicy:
    """Read seed 003's `cancellationPolicy`: after its cutoff a customer cannot cancel (U-19).

    >>> cancellation_in({"cutoffHours": 24, "refundPolicy": "full"}).cutoff
    datetime.timedelta(days=1)

    Raises:
        InputInvalid: A value cannot be read, or a partial refund has no percentage.
    """
    try:
        return _cancellation(written)
    except _Misread as misread:
        raise InputInvalid.at(f"{pointer}{misread.at}", misread.code, misread.detail) from misread


def _cancellation(value: object) -> CancellationPolicy:
    said = {
        name: part for name, part in _group(value, _CANCELLATION_NAMES).items() if part is not None
    }
    is_allowed = _flag(said.get("allowCancellation", True), at="/allowCancellation")
    most = CUTOFF_MAX // _HOUR
    cutoff = _whole(said.get("cutoffHours", 0), most=most, at="/cutoffHours") * _HOUR
    word = _word(said.get("refundPolicy", "full"), _REFUND_WORDS, at="/refundPolicy")
    if word == "partial" and "refundPercentage" not in said:
        message = "A partial refund needs its percentage."
        raise _Misread("required", message, at="/refundPercentage")
    share = said.get("refundPercentage", WHOLE_PERCENT)
    percent = _whole(share, most=WHOLE_PERCENT, at="/refundPercentage")
    match word:
        case "full":
            tiers: tuple[Tier, ...] = EVERYTHING
        case "partial":
            tiers = (Tier(before=_NO_TIME, percent=percent),)
        case _:
            tiers = ()
    return CancellationPolicy(is_allowed=is_allowed, cutoff=cutoff, tiers=tiers)


def _is_cancellable(policy: Policy, value: object) -> Policy:
    before = policy.cancellation or CancellationPolicy()
    return replace(policy, cancellation=replace(before, is_allowed=_flag(value)))


def _deadline(policy: Policy, value: object) -> Policy:
    before = policy.cancellation or CancellationPolicy()
    cutoff = _whole(value, most=CUTOFF_MAX // _HOUR) * _HOUR
    return replace(policy, cancellation=replace(before, cutoff=cutoff))


# Where null says something else than nothing.
_NULL_SPEAKS = frozenset({"autoConfirmAfterMs"})

READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "minNoticeMs": _length("notice", _MILLISECOND),
        "minAdvanceTime": _length("notice", _MINUTE),
        "minNoticeHours": _length("notice", _HOUR),
        "minAdvanceHours": _length("notice", _HOUR),
        "maxHorizonMs": _days(_MILLISECOND),
        "advanceBookingDays": _days(_DAY),
        "maxAdvanceDays": _days(_DAY),
        "maxBookingAdvanceDays": _days(_DAY),
        "bookingWindow": _booking_window,
        "bufferBeforeMs": _length("buffer_before", _MILLISECOND),
        "bufferAfterMs": _length("buffer_after", _MILLISECOND),
        # One buffer, where there are not two, is the time to clean up.
        "bufferMinutes": _length("buffer_after", _MINUTE),
        "maxPerUser": _per_user,
        "requireApproval": _by_hand,
        "autoConfirmAfterMs": _confirms,
        "onHostConflict": _host_conflict,
        "cancellationWindow": _cancellation_window,
        "cancellationPolicy": _cancellation_policy,
        "allowCancellation": _is_cancellable,
        "cancellationDeadlineHours": _deadline,
    }
)
