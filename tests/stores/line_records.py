"""An entry of a waitlist, a series and an attempt with every field filled, some nastily."""

from __future__ import annotations

from datetime import date

from holdfast.domain.hooks import Attempt, AttemptStatus, HookAction
from holdfast.domain.ids import AttemptId, SeriesId, WaitlistEntryId
from holdfast.domain.series import (
    ClashPolicy,
    OccurrenceOutcome,
    Series,
    SeriesOccurrence,
    SeriesStatus,
)
from holdfast.domain.waitlists import WaitlistEntry, WaitlistStatus, WishedDates, Wishes
from tests.stores.records import HOUR, NOW, WORDS, customer, hold, offering, resource, slot

entry = WaitlistEntry(
    entry_id=WaitlistEntryId("wle_1"),
    number="WAIT-0001",
    status=WaitlistStatus.INVITED,
    offering_id=offering.offering_id,
    party_size=2,
    wishes=Wishes(
        dates=(WishedDates(first=date(2026, 6, 1), last=date(2026, 6, 3)),),
        first_minute=600,
        last_minute=720,
        resources=(resource.resource_id,),
        date_count=2,
        length=HOUR,
        until=NOW + 2 * HOUR,
    ),
    components=("a",),
    priority=5,
    passed_count=1,
    customer_id=customer.customer_id,
    contact=hold.contact,
    note=WORDS,
    metadata={"a": [1, None]},
    placed_by="key_1",
    slot_id=slot.slot_id,
    starts_at=NOW,
    ends_at=NOW + HOUR,
    dates=(date(2026, 6, 1),),
    picks=(resource.resource_id,),
    assigned=hold.assigned,
    is_vouched=True,
    price=hold.price,
    price_lines=hold.price_lines,
    kept_count=2,
    kept_until=NOW + HOUR,
    invited_at=NOW,
    expires_at=NOW + HOUR,
    booking_id=None,
    created_at=NOW,
    ended_at=None,
    version=1,
)

series = Series(
    series_id=SeriesId("ser_1"),
    status=SeriesStatus.ACTIVE,
    offering_id=offering.offering_id,
    offering_name="Cut",
    rule="FREQ=WEEKLY;COUNT=2",
    starts_on=date(2026, 6, 1),
    minute=540,
    zone="Europe/Paris",
    clashes=ClashPolicy.SHIFT,
    party_size=2,
    date_count=3,
    picks=(resource.resource_id,),
    components=("a",),
    customer_id=customer.customer_id,
    contact=hold.contact,
    placed_by="key_1",
    cancel_reason=WORDS,
    created_at=NOW,
    ends_at=NOW + HOUR,
    ended_at=NOW,
    version=1,
)
occurrence = SeriesOccurrence(
    occurrence_id="ser_1@003",
    series_id=series.series_id,
    series_index=3,
    wanted_on=date(2026, 6, 1),
    wanted_minute=540,
    starts_at=NOW,
    ends_at=NOW + HOUR,
    outcome=OccurrenceOutcome.SKIPPED,
    reason_code="capacity.exceeded",
    reason=WORDS,
    alternatives=(NOW, NOW + HOUR),
    booking_id=None,
    created_at=NOW,
    version=1,
)
attempt = Attempt(
    attempt_id=AttemptId("att_1"),
    action=HookAction.RESERVE,
    status=AttemptStatus.ASKING,
    request="a" * 64,
    fingerprint="b" * 64,
    subject_id="att_1",
    hold_id=hold.hold_id,
    seen=WORDS,
    leased_until=NOW + HOUR,
    gives_up_at=NOW + 2 * HOUR,
    booking_id=None,
    reason=WORDS,
    created_at=NOW,
    ended_at=None,
    version=1,
)
ALL = (entry, series, occurrence, attempt)
