"""Presets: the policies of six kinds of business, to begin with and to change.

They say what the table of policies in seed document 000 says of each, and nothing more: what a
preset does not say is left to the business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction
from holdfast.domain.policies import ActiveLimit, Delay, LimitScope, Policy

AT_ONCE = Delay(after=timedelta(0))
BY_PAYMENT_OR_HAND = Delay(after=None)

# A doctor: time to prepare, a short calendar, notes to be written, no payment ahead.
MEDICAL = Policy(
    notice=timedelta(hours=24),
    horizon_days=30,
    buffer_after=timedelta(minutes=15),
    confirms=AT_ONCE,
)
# A salon: time to prepare and to clean.
BEAUTY = Policy(notice=timedelta(hours=24), buffer_after=timedelta(minutes=15))
# A class that is streamed: one may come at the last minute.
LIVE_CLASS = Policy(notice=timedelta(0))
# A table: free until two hours before, then the deposit is lost.
RESTAURANT = Policy(
    cancellation=CancellationPolicy(
        cutoff=timedelta(hours=2),
        customer_may_cancel_late=True,
        late_action=LateAction.FORFEIT,
    ),
    needs_payment=True,
    confirms=BY_PAYMENT_OR_HAND,
)
# A concert: sold for a year ahead, confirmed by payment; by hand where nothing is to be paid.
EVENT = Policy(horizon_days=365, needs_payment=True, confirms=BY_PAYMENT_OR_HAND)
# A coach: one booking at a time.
COACHING = Policy(active_limits=(ActiveLimit(scope=LimitScope.RESOURCE, most=1),))


class PolicyPreset(StrEnum):
    """A kind of business whose usual policy is known."""

    MEDICAL = "medical"
    BEAUTY = "beauty"
    LIVE_CLASS = "live_class"
    RESTAURANT = "restaurant"
    EVENT = "event"
    COACHING = "coaching"


PRESETS: Mapping[PolicyPreset, Policy] = MappingProxyType(
    {
        PolicyPreset.MEDICAL: MEDICAL,
        PolicyPreset.BEAUTY: BEAUTY,
        PolicyPreset.LIVE_CLASS: LIVE_CLASS,
        PolicyPreset.RESTAURANT: RESTAURANT,
        PolicyPreset.EVENT: EVENT,
        PolicyPreset.COACHING: COACHING,
    }
)
