"""Schedule rules as they are asked for and as they are kept, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from holdfast.domain.ids import OfferingId, ResourceId, RuleId
from holdfast.domain.recurrence import parse_recurrence
from holdfast.domain.rule_kinds import (
    DatesRule,
    Effect,
    RangeRule,
    RecurrenceRule,
    Rule,
    WeeklyRule,
)
from holdfast.domain.zones import MINUTES_PER_DAY

RULES_PER_OWNER_MAX = 200

OwnerId = ResourceId | OfferingId


class RuleStatus(StrEnum):
    """Whether a rule still opens or closes anything."""

    ACTIVE = "active"
    REMOVED = "removed"


class RuleKind(StrEnum):
    """How a rule names its dates.

    WEEKLY: by weekday. RECURRENCE: by a rule of RFC 5545. RANGE: from a first to a last date.
    DATES: one by one.
    """

    WEEKLY = "weekly"
    RECURRENCE = "recurrence"
    RANGE = "range"
    DATES = "dates"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """A rule as it is asked for. What its kind has no use for stays empty.

    Attributes:
        weekdays: ISO: Monday 1 to Sunday 7. For WEEKLY.
        recurrence: The text of an RRULE. For RECURRENCE, whose DTSTART is `valid_from`.
        dates: The dates of DATES; of RECURRENCE those named besides (RDATE).
        dates_left_out: Of RECURRENCE, the dates not named at all (EXDATE).
        opens_minute, closes_minute: Minutes of the local day; closing may pass 1440, and is then
            on the next day. Neither means the whole day, for RANGE, DATES and what closes.
        valid_from, valid_until: The first and last date, both included. RANGE needs them.
        zone: None means the owner's, else the tenant's.
        reason: Why, for those who read it: "Bastille Day".
        is_repeated_hour_used: Whether slots start at both showings of a label that the clock
            shows twice, rather than at the first only.
    """

    kind: RuleKind = RuleKind.WEEKLY
    effect: Effect = Effect.OPENS
    weekdays: tuple[int, ...] = ()
    recurrence: str | None = None
    dates: tuple[date, ...] = ()
    dates_left_out: tuple[date, ...] = ()
    opens_minute: int | None = None
    closes_minute: int | None = None
    slot_step: timedelta | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    zone: str | None = None
    reason: str = ""
    is_repeated_hour_used: bool = False

    def rule(self, zone: str) -> Rule:
        """Return the rule as the schedule functions read it; `zone` is for want of its own.

        Raises:
            ValueError: The draft is not a rule of its kind.
        """
        return _rule_of(self, self.zone or zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRule:
    """One rule of one owner. `RuleDraft` says what its fields mean."""

    rule_id: RuleId
    owner_id: str
    weekdays: tuple[int, ...]
    opens_minute: int
    closes_minute: int
    slot_step: timedelta | None
    valid_from: date | None
    valid_until: date | None
    zone: str
    status: RuleStatus
    created_at: datetime
    version: int
    kind: RuleKind = RuleKind.WEEKLY
    effect: Effect = Effect.OPENS
    recurrence: str | None = None
    dates: tuple[date, ...] = ()
    dates_left_out: tuple[date, ...] = ()
    reason: str = ""
    is_repeated_hour_used: bool = False

    @property
    def rule(self) -> Rule:
        """The rule as the schedule functions read it."""
        return _rule_of(self, self.zone)

    @property
    def weekly(self) -> Rule:
        """The same as `rule`, by the name it had when all rules were weekly."""
        return self.rule


def _rule_of(kept: ScheduleRule | RuleDraft, zone: str) -> Rule:
    """Return a rule as the schedule functions read it."""
    opens = 0 if kept.opens_minute is None else kept.opens_minute
    closes = MINUTES_PER_DAY if kept.closes_minute is None else kept.closes_minute
    match kept.kind:
        case RuleKind.WEEKLY:
            return WeeklyRule(
                weekdays=frozenset(kept.weekdays),
                opens_minute=opens,
                closes_minute=closes,
                zone=zone,
                slot_step=kept.slot_step,
                valid_from=kept.valid_from,
                valid_until=kept.valid_until,
                effect=kept.effect,
                reason=kept.reason,
                is_repeated_hour_used=kept.is_repeated_hour_used,
            )
        case RuleKind.RECURRENCE:
            if kept.recurrence is None or kept.valid_from is None:
                raise ValueError("A recurrence needs its rule and its first date.")
            return RecurrenceRule(
                recurrence=parse_recurrence(
                    kept.recurrence,
                    kept.valid_from,
                    frozenset(kept.dates),
                    frozenset(kept.dates_left_out),
                ),
                opens_minute=opens,
                closes_minute=closes,
                zone=zone,
                slot_step=kept.slot_step,
                effect=kept.effect,
                reason=kept.reason,
                is_repeated_hour_used=kept.is_repeated_hour_used,
            )
        case RuleKind.RANGE:
            if kept.valid_from is None or kept.valid_until is None:
                raise ValueError("A range needs its first and its last date.")
            return RangeRule(
                valid_from=kept.valid_from,
                valid_until=kept.valid_until,
                zone=zone,
                effect=kept.effect,
                opens_minute=opens,
                closes_minute=closes,
                slot_step=kept.slot_step,
                reason=kept.reason,
                is_repeated_hour_used=kept.is_repeated_hour_used,
            )
        case RuleKind.DATES:
            return DatesRule(
                dates=frozenset(kept.dates),
                zone=zone,
                effect=kept.effect,
                opens_minute=opens,
                closes_minute=closes,
                slot_step=kept.slot_step,
                reason=kept.reason,
                is_repeated_hour_used=kept.is_repeated_hour_used,
            )
