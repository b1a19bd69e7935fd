"""Policies on the wire: what a business, a resource or an offering says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from holdfast.api.models import (
    Body,
    MoneyIn,
    MoneyOut,
    Out,
    Patch,
    Units,
    Word,
    minutes,
    minutes_of,
    seconds,
    seconds_of,
)
from holdfast.api.turns import Turn, pointers, read_fields, show_fields
from holdfast.domain.cancellation_policies import (
    BLOCK_DAYS_MAX,
    CUTOFF_MAX,
    TIERS_MAX,
    CancellationPolicy,
    LateAction,
    Tier,
)
from holdfast.domain.checks import YEAR
from holdfast.domain.no_shows import (
    GRACE_MAX,
    STRIKES_MAX,
    STRIKES_WITHIN_MAX_DAYS,
    NoShowPolicy,
)
from holdfast.domain.policies import (
    ACTIVE_MAX,
    BUFFER_MAX,
    CAPPABLE,
    CHECK_IN_MAX,
    CREATION_LIMITS_MAX,
    CREATION_WINDOW_MAX,
    CREATIONS_MAX,
    DELAY_MAX,
    HORIZON_DAYS_MAX,
    REMINDER_MAX,
    REMINDERS_MAX,
    ActiveLimit,
    CheckInWindow,
    Completion,
    CreationLimit,
    Delay,
    HostConflict,
    LimitScope,
    Policy,
)

T = TypeVar("T")

Percent = Annotated[int, Field(ge=0, le=100)]
BlockDays = Annotated[int, Field(ge=1, le=BLOCK_DAYS_MAX)]
Before = Annotated[int, Field(ge=0, le=minutes_of(CUTOFF_MAX))]
ReminderMinutes = Annotated[int, Field(ge=1, le=minutes_of(REMINDER_MAX))]
DelaySeconds = Annotated[int, Field(ge=0, le=seconds_of(DELAY_MAX))]
_Turns = Mapping[str, Turn]


def _made(make: Callable[..., T], body: Body, turns: _Turns) -> T:
    fields: Any = read_fields(body, type(body).model_fields, turns)
    return make(**fields)


def _listed(read: Callable[[Any], object]) -> Callable[[Iterable[Any]], object]:
    return lambda items: tuple(read(item) for item in items)


def _shown(show: Callable[[Any], object]) -> Callable[[Iterable[Any]], object]:
    return lambda items: [show(item) for item in items]


class ActiveLimitIn(Body):
    """How many bookings a customer may have ahead, of an offering, on a resource or in all."""

    scope: Word[LimitScope] = LimitScope.RESOURCE
    most: Annotated[int, Field(ge=1, le=ACTIVE_MAX)]

    def limit(self) -> ActiveLimit:
        """Return it as the engine takes it."""
        return ActiveLimit(scope=self.scope, most=self.most)


class ActiveLimitOut(Out):
    """How many bookings a customer may have ahead."""

    scope: LimitScope
    most: int

    @classmethod
    def of(cls, limit: ActiveLimit) -> ActiveLimitOut:
        """Show a limit."""
        return cls(scope=limit.scope, most=limit.most)


class CreationLimitIn(Body):
    """At most so many bookings are made by one customer within any window of this length."""

    most: Annotated[int, Field(ge=1, le=CREATIONS_MAX)]
    window_seconds: Annotated[int, Field(ge=60, le=seconds_of(CREATION_WINDOW_MAX))]

    def limit(self) -> CreationLimit:
        """Return it as the engine takes it."""
        return CreationLimit(most=self.most, window=seconds(self.window_seconds))


class CreationLimitOut(Out):
    """At most so many bookings are made by one customer within any window of this length."""

    most: int
    window_seconds: int

    @classmethod
    def of(cls, limit: CreationLimit) -> CreationLimitOut:
        """Show a limit."""
        return cls(most=limit.most, window_seconds=seconds_of(limit.window))


class DelayIn(Body):
    """After how long something happens by itself; null is never."""

    after_seconds: DelaySeconds | None

    def delay(self) -> Delay:
        """Return it as the engine takes it."""
        after = self.after_seconds
        return Delay(after=None if after is None else seconds(after))


class DelayOut(Out):
    """After how long something happens by itself; null is never."""

    after_seconds: int | None

    @classmethod
    def of(cls, delay: Delay) -> DelayOut:
        """Show a delay."""
        return cls(after_seconds=None if delay.after is None else seconds_of(delay.after))


_CHECK_IN = MappingProxyType(
    {
        "opens_before_minutes": Turn("opens_before", minutes, minutes_of),
        "closes_after_minutes": Turn("closes_after", minutes, minutes_of),
    }
)


class CheckInWindowIn(Body):
    """From how long before the start until how long after it one may check in; null: its end."""

    opens_before_minutes: Annotated[int, Field(ge=0, le=minutes_of(CHECK_IN_MAX))] = 30
    closes_after_minutes: Annotated[int, Field(ge=1, le=minutes_of(CHECK_IN_MAX))] | None = None

    def window(self) -> CheckInWindow:
        """Return it as the engine takes it."""
        return _made(CheckInWindow, self, _CHECK_IN)


class CheckInWindowOut(Out):
    """From how long before the start until how long after it one may check in; null: its end."""

    opens_before_minutes: int
    closes_after_minutes: int | None

    @classmethod
    def of(cls, window: CheckInWindow) -> CheckInWindowOut:
        """Show a window."""
        return cls(**show_fields(window, cls.model_fields, _CHECK_IN))


class TierIn(Body):
    """The share that goes back when at least so much time is left until the start."""

    before_minutes: Before
    percent: Percent

    def tier(self) -> Tier:
        """Return it as the engine takes it."""
        return Tier(before=minutes(self.before_minutes), percent=self.percent)


class TierOut(Out):
    """The share that goes back when at least so much time is left until the start."""

    before_minutes: int
    percent: int

    @classmethod
    def of(cls, tier: Tier) -> TierOut:
        """Show a tier."""
        return cls(before_minutes=minutes_of(tier.before), percent=tier.percent)


_CANCELLATION = MappingProxyType(
    {
        "cutoff_minutes": Turn("cutoff", minutes, minutes_of),
        "tiers": Turn("tiers", _listed(TierIn.tier), _shown(TierOut.of)),
    }
)


class CancellationPolicyIn(Body):
    """Until when customers may cancel, what goes back, and what follows from cancelling late.

    Exactly at the cutoff, and exactly at a tier's limit, is in time.
    """

    is_allowed: bool = True
    cutoff_minutes: Before = 0
    tiers: Annotated[list[TierIn], Field(max_length=TIERS_MAX)] = Field(
        default_factory=lambda: [TierIn(before_minutes=0, percent=100)]
    )
    customer_may_cancel_late: bool = False
    late_action: Word[LateAction] = LateAction.FORFEIT
    block_days: BlockDays = 30
    business_percent: Percent = 100

    def policy(self) -> CancellationPolicy:
        """Return it as the engine takes it."""
        return _made(CancellationPolicy, self, _CANCELLATION)


class CancellationPolicyOut(Out):
    """Until when customers may cancel, what goes back, and what follows from cancelling late."""

    is_allowed: bool
    cutoff_minutes: int
    tiers: list[TierOut]
    customer_may_cancel_late: bool
    late_action: LateAction
    block_days: int
    business_percent: int

    @classmethod
    def of(cls, policy: CancellationPolicy) -> CancellationPolicyOut:
        """Show a policy."""
        return cls(**show_fields(policy, cls.model_fields, _CANCELLATION))


def _days(count: int) -> timedelta:
    return timedelta(days=count)


def _days_of(length: timedelta) -> int:
    return -(-length // timedelta(days=1))


_NO_SHOW = MappingProxyType(
    {
        "grace_minutes": Turn("grace", minutes, minutes_of),
        "fee": Turn("fee", MoneyIn.money, MoneyOut.of),
        "strikes_within_days": Turn("strikes_within", _days, _days_of),
    }
)


class NoShowPolicyIn(Body):
    """What follows when nobody comes: by itself or not, a fee, and a block after some strikes."""

    is_automatic: bool = False
    grace_minutes: Annotated[int, Field(ge=0, le=minutes_of(GRACE_MAX))] = 15
    fee: MoneyIn | None = None
    fee_percent: Percent | None = None
    returns_rest: bool = False
    strikes_max: Annotated[int, Field(ge=1, le=STRIKES_MAX)] | None = None
    strikes_within_days: Annotated[int, Field(ge=1, le=STRIKES_WITHIN_MAX_DAYS)] | None = (
        YEAR // timedelta(days=1)
    )
    block_days: BlockDays = 30

    def policy(self) -> NoShowPolicy:
        """Return it as the engine takes it."""
        return _made(NoShowPolicy, self, _NO_SHOW)


class NoShowPolicyOut(Out):
    """What follows when nobody comes."""

    is_automatic: bool
    grace_minutes: int
    fee: MoneyOut | None
    fee_percent: int | None
    returns_rest: bool
    strikes_max: int | None
    strikes_within_days: int | None
    block_days: int

    @classmethod
    def of(cls, policy: NoShowPolicy) -> NoShowPolicyOut:
        """Show a policy."""
        return cls(**show_fields(policy, cls.model_fields, _NO_SHOW))


_LENGTHS: dict[str, Turn] = {
    "notice_minutes": Turn("notice", minutes, minutes_of),
    "buffer_before_minutes": Turn("buffer_before", minutes, minutes_of),
    "buffer_after_minutes": Turn("buffer_after", minutes, minutes_of),
}
_INSIDE = {name: turn.inside for name, turn in _LENGTHS.items()}
_OUTSIDE = {inside: name for name, inside in _INSIDE.items()}
CAP_NAMES = tuple(sorted(_OUTSIDE.get(name, name) for name in CAPPABLE))
Cap = Annotated[str, Field(pattern=f"^({'|'.join(CAP_NAMES)})$")]


def _caps(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_INSIDE.get(name, name) for name in names)


def _caps_out(names: Iterable[str]) -> list[str]:
    return sorted(_OUTSIDE.get(name, name) for name in names)


def _reminders(said: int | Iterable[int]) -> tuple[timedelta, ...]:
    return tuple(map(minutes, (said,) if isinstance(said, int) else said))


_TURNS: _Turns = MappingProxyType(
    {
        **_LENGTHS,
        "active_limits": Turn(
            "active_limits", _listed(ActiveLimitIn.limit), _shown(ActiveLimitOut.of)
        ),
        "creation_limits": Turn(
            "creation_limits", _listed(CreationLimitIn.limit), _shown(CreationLimitOut.of)
        ),
        "approval_above": Turn("approval_above", MoneyIn.money, MoneyOut.of),
        "confirms": Turn("confirms", DelayIn.delay, DelayOut.of),
        "pending_expires": Turn("pending_expires", DelayIn.delay, DelayOut.of),
        "reminder_before_minutes": Turn("reminder_before", _reminders, _shown(minutes_of)),
        "check_in": Turn("check_in", CheckInWindowIn.window, CheckInWindowOut.of),
        "cancellation": Turn("cancellation", CancellationPolicyIn.policy, CancellationPolicyOut.of),
        "no_show": Turn("no_show", NoShowPolicyIn.policy, NoShowPolicyOut.of),
        "caps": Turn("caps", _caps, _caps_out),
    }
)


class PolicyIn(Patch):
    """What one level says; null says nothing of a name any more.

    What an offering says counts before its resources' word, and theirs before the business's.
    `caps` of the business names limits that nobody below may loosen. `confirms` after null is
    never by itself, `pending_expires` after null never. One reminder, or a list of several;
    an empty list says that nobody is reminded.
    """

    turns: ClassVar = _TURNS

    notice_minutes: Annotated[int, Field(ge=0, le=minutes_of(YEAR))] | None = None
    horizon_days: Annotated[int, Field(ge=0, le=HORIZON_DAYS_MAX)] | None = None
    buffer_before_minutes: Annotated[int, Field(ge=0, le=minutes_of(BUFFER_MAX))] | None = None
    buffer_after_minutes: Annotated[int, Field(ge=0, le=minutes_of(BUFFER_MAX))] | None = None
    party_min: Units | None = None
    party_max: Units | None = None
    active_limits: Annotated[list[ActiveLimitIn], Field(max_length=len(LimitScope))] | None = None
    creation_limits: (
        Annotated[list[CreationLimitIn], Field(max_length=CREATION_LIMITS_MAX)] | None
    ) = None
    approval_above: MoneyIn | None = None
    is_approved_by_hand: bool | None = None
    needs_payment: bool | None = None
    confirms: DelayIn | None = None
    pending_expires: DelayIn | None = None
    check_in: CheckInWindowIn | None = None
    reminder_before_minutes: (
        ReminderMinutes | Annotated[list[ReminderMinutes], Field(max_length=REMINDERS_MAX)] | None
    ) = None
    completion: Word[Completion] | None = None
    on_host_conflict: Word[HostConflict] | None = None
    cancellation: CancellationPolicyIn | None = None
    no_show: NoShowPolicyIn | None = None
    caps: Annotated[list[Cap], Field(max_length=len(CAP_NAMES))] | None = None


class PolicyOut(Out):
    """What one level says, or what was in force; null and empty is nothing."""

    notice_minutes: int | None
    horizon_days: int | None
    buffer_before_minutes: int | None
    buffer_after_minutes: int | None
    party_min: int | None
    party_max: int | None
    active_limits: list[ActiveLimitOut]
    creation_limits: list[CreationLimitOut]
    approval_above: MoneyOut | None
    is_approved_by_hand: bool | None
    needs_payment: bool | None
    confirms: DelayOut | None
    pending_expires: DelayOut | None
    check_in: CheckInWindowOut | None
    reminder_before_minutes: list[int] | None
    completion: Completion | None
    on_host_conflict: HostConflict | None
    cancellation: CancellationPolicyOut | None
    no_show: NoShowPolicyOut | None
    caps: list[str]

    @classmethod
    def of(cls, policy: Policy) -> PolicyOut:
        """Show a policy."""
        return cls(**show_fields(policy, cls.model_fields, _TURNS))


POLICY = Turn("policy", PolicyIn.changes, PolicyOut.of)
"""How the policy of a record is read and shown."""

POLICY_NAMES = MappingProxyType(
    {
        **pointers({**_LENGTHS, **_CHECK_IN, **_CANCELLATION, **_NO_SHOW}),
        "/after": "/after_seconds",
        "/before": "/before_minutes",
        "/reminder_before": "/reminder_before_minutes",
        "/window": "/window_seconds",
    }
)
"""Parts of a policy by the pointers of the engine's checks, where the wire's differ."""
