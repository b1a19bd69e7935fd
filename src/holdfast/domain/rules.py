"""Schedule rules as they are kept: which weekly opening belongs to which resource or offering."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from holdfast.domain.ids import OfferingId, ResourceId, RuleId
from holdfast.domain.schedules import WeeklyRule

RULES_PER_OWNER_MAX = 200

OwnerId = ResourceId | OfferingId


class RuleStatus(StrEnum):
    """Whether a rule still opens anything."""

    ACTIVE = "active"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRule:
    """One weekly rule of one owner. `weekdays` are ISO: Monday 1 to Sunday 7."""

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

    @property
    def weekly(self) -> WeeklyRule:
        """The rule as the schedule functions read it."""
        return WeeklyRule(
            weekdays=frozenset(self.weekdays),
            opens_minute=self.opens_minute,
            closes_minute=self.closes_minute,
            slot_step=self.slot_step,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            zone=self.zone,
        )
