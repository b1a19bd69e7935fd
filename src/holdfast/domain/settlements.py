"""Settlements: what a cancellation or a no-show came to, kept with the booking.

Money moves elsewhere. Here stands how much is to move, by which rule, and what else followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdfast.domain.cancellation_policies import LateAction
from holdfast.domain.money import Money


class SettlementKind(StrEnum):
    """What was settled."""

    CANCELLATION = "cancellation"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a cancellation or a no-show came to.

    Attributes:
        reason: Which rule decided it: of a cancellation by whom and whether in time.
        percent: Which share of what was paid goes back; None of a no-show.
        refund: What goes back, over and above what had gone back before.
        kept: What was paid and stays with the business.
        fee: What a no-show costs.
        owed: What of the fee is still to be paid.
        late_action: What followed from cancelling late.
        blocked_until: Until when the customer cannot book, because of this.
    """

    kind: SettlementKind
    reason: str
    percent: int | None
    refund: Money
    kept: Money
    fee: Money
    owed: Money
    late_action: LateAction | None = None
    blocked_until: datetime | None = None
