"""Series that have to be paid for: each booking of one is settled by itself."""

from __future__ import annotations

from datetime import date

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import BookingStatus, PendingReason
from holdfast.domain.policies import Delay, Policy
from holdfast.domain.price_units import PriceUnit
from holdfast.engine.approvals import ConfirmDueBooking
from holdfast.engine.moving import Move
from holdfast.engine.recurring import SeriesRequest
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import FOR_ADA, HOUR, add_class, at, open_desk

PRICE = 4_000
PENDING, CONFIRMED = BookingStatus.PENDING, BookingStatus.CONFIRMED
PAYMENT, DELAY = PendingReason.PAYMENT, PendingReason.DELAY


def test_an_occurrence_that_is_moved_is_settled_with_what_was_paid(
    engine: Engine, database: Database, clock: ManualClock
) -> None:
    """M-54: none of a series is confirmed by its delay at a price that nobody has paid."""
    desk = open_desk(engine)
    policy = Policy(needs_payment=True, confirms=Delay(after=HOUR))
    yoga = add_class(desk, "yoga", places=9, price_minor=PRICE, policy=policy)
    changes: dict[str, object] = {"price_unit": PriceUnit.PARTICIPANT, "series_max": 9}
    desk.offerings.change(yoga.offering_id, changes)
    made = desk.series.place(
        SeriesRequest(
            offering_id=yoga.offering_id,
            rule="FREQ=DAILY;COUNT=2",
            starts_on=date(2026, 6, 8),
            minute=600,
            party_size=2,
            details=FOR_ADA,
        )
    )
    series_id = made.series.series_id
    ids = [one.booking_id for one in made.occurrences if one.booking_id is not None]
    for booking_id, paid_minor in zip(ids, [PRICE, 2 * PRICE], strict=True):
        desk.bookings.record_paid(booking_id, paid_minor=paid_minor)

    desk.series.move(series_id, 0, Move(starts_at=at("14:00", day=7), party_size=1))
    desk.series.move(series_id, 1, Move(starts_at=at("14:00", day=8), party_size=3))
    moved = [desk.bookings.get(one) for one in ids]
    clock.advance(hours=1)
    for booking_id in ids:
        desk.run(ConfirmDueBooking(booking_id=booking_id))

    after = [desk.bookings.get(one) for one in ids]
    assert [(one.status, one.pending_reasons) for one in (*moved, *after)] == [
        (PENDING, (DELAY,)),
        (PENDING, (PAYMENT, DELAY)),
        (CONFIRMED, ()),
        (PENDING, (PAYMENT,)),
    ]
    assert prove(database).violations == ()
