"""The workers on real databases: what time brings about, and removing old rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.closures import CALLED_OFF_MAX, WhenBooked
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import HoldId
from holdfast.domain.slots import SlotStatus
from holdfast.engine.accounts import AddAccount
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import PlaceHold
from holdfast.engine.reading import PageRequest
from holdfast.engine.slot_changes import CancelSlot
from holdfast.engine.use_cases import Envelope
from holdfast.storage.housekeeping import SqlHousekeeping
from holdfast.storage.schema import capacity as ledger_schema
from holdfast.storage.schema import history
from holdfast.testing.clocks import ManualClock
from holdfast.testing.samples import Concert, open_concert
from holdfast.workers.approve import confirm_due_bookings
from holdfast.workers.expire import expire_due, expire_holds
from holdfast.workers.past import mark_slots_past
from holdfast.workers.purge import purge_old_rows
from holdfast.workers.settle import settle_closures
from tests.engine.businesses import (
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    open_desk,
)

DAY = timedelta(days=1)


def open_evening(engine: Engine, clock: ManualClock, *, slug: str = "odeon") -> Concert:
    return open_concert(engine, starts_at=clock.now() + 30 * DAY, places=2_000, slug=slug)


def place_many(engine: Engine, concert: Concert, count: int) -> list[HoldId]:
    """Place holds of one guest each, in batches."""
    place = PlaceHold(choice=Choice(slot_id=concert.evening.slot_id))
    placed: list[HoldId] = []
    while len(placed) < count:
        wanted = min(64, count - len(placed))
        envelopes = [Envelope(command=place, actor=SYSTEM) for _ in range(wanted)]
        for outcome in engine.unit_of_work.run(concert.tenant.tenant_id, envelopes):
            assert isinstance(outcome.result, Hold)
            placed.append(outcome.result.hold_id)
    return placed


def places_used(engine: Engine, concert: Concert) -> int:
    """Return what the evening's counter has in use, as it stands in the database."""
    table = ledger_schema.capacity.columns
    with engine.database.read(concert.tenant.tenant_id) as transaction:
        statement = select(func.sum(table.used)).where(
            table.tenant_id == concert.tenant.tenant_id, table.cap.is_not(None)
        )
        return int(transaction.connection.execute(statement).scalar_one())


def count_statuses(concert: Concert) -> dict[HoldStatus, int]:
    """Count the business's holds by status."""
    counts: dict[HoldStatus, int] = {}
    request = PageRequest(limit=200)
    while True:
        page = concert.desk.holds.list(request)
        for hold in page.items:
            counts[hold.status] = counts.get(hold.status, 0) + 1
        if page.next_after is None:
            break
        request = PageRequest(limit=200, after=page.next_after)
    return counts


def test_a_thousand_due_holds_are_expired_and_their_places_come_back(
    engine: Engine, clock: ManualClock
) -> None:
    concert = open_evening(engine, clock)
    other = open_evening(engine, clock, slug="other")
    place_many(engine, concert, 1_000)
    place_many(engine, other, 3)
    clock.advance(hours=2)
    still_good = place_many(engine, concert, 5)
    before = engine.database.statistics.commits

    released = expire_holds(engine)

    assert released == {"released": 1_003}
    # Two pages of at most 500 holds, and one of the other business.
    assert engine.database.statistics.commits - before == 3
    assert count_statuses(concert) == {HoldStatus.EXPIRED: 1_000, HoldStatus.ACTIVE: 5}
    assert count_statuses(other) == {HoldStatus.EXPIRED: 3}
    assert places_used(engine, concert) == 5
    assert concert.desk.holds.get(still_good[0]).status is HoldStatus.ACTIVE
    assert expire_holds(engine) == {"released": 0}


def test_a_hold_is_due_at_the_instant_of_its_expiry_and_not_before(
    engine: Engine, clock: ManualClock
) -> None:
    concert = open_evening(engine, clock)
    hold = concert.desk.holds.place(slot_id=concert.evening.slot_id)

    clock.set(hold.expires_at - timedelta(microseconds=1))
    too_early = expire_holds(engine)
    clock.set(hold.expires_at)

    assert too_early == {"released": 0}
    assert expire_holds(engine) == {"released": 1}


def test_whoever_is_asked_to_stop_stops_between_two_batches(
    engine: Engine, clock: ManualClock
) -> None:
    concert = open_evening(engine, clock)
    place_many(engine, concert, 510)
    clock.advance(hours=2)
    answers = iter([False, True])

    released = expire_holds(engine, should_stop=lambda: next(answers, True))

    assert released == {"released": 500}
    assert expire_holds(engine) == {"released": 10}


def test_two_workers_at_once_expire_each_hold_once(engine: Engine, clock: ManualClock) -> None:
    concert = open_evening(engine, clock)
    place_many(engine, concert, 300)
    clock.advance(hours=2)

    with ThreadPoolExecutor() as workers:
        running = [workers.submit(expire_holds, engine) for _ in range(2)]
        for worker in running:
            worker.result()

    expiries = [
        event.subject_id
        for event in concert.desk.history.list(PageRequest(limit=200)).items
        if event.action == "hold.expire"
    ]
    assert count_statuses(concert) == {HoldStatus.EXPIRED: 300}
    assert places_used(engine, concert) == 0
    assert len(expiries) == len(set(expiries))


@pytest.mark.parametrize("rows_max", [1_000, 7])
def test_only_rows_older_than_asked_are_removed(
    engine: Engine, clock: ManualClock, rows_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.workers.purge.ROWS_MAX", rows_max)
    concert = open_evening(engine, clock)
    for number in range(10):
        concert.desk.holds.place(slot_id=concert.evening.slot_id, idempotency_key=str(number))
    old = _rows(engine)
    clock.advance(days=8)
    concert.desk.holds.place(slot_id=concert.evening.slot_id, idempotency_key="new")
    housekeeping = SqlHousekeeping(engine.database)

    def purge(batch_days: int, answer_days: int) -> dict[str, int]:
        return purge_old_rows(
            housekeeping,
            now=clock.now(),
            batch_age=batch_days * DAY,
            answer_age=answer_days * DAY,
            should_stop=lambda: False,
        )

    assert old == (14, 10)  # the business, its hall, its ticket, its evening; and the holds
    assert purge(9, 30) == {"removed": 0}
    assert purge(7, 30) == {"removed": 14}
    assert _rows(engine) == (1, 11)
    assert purge(7, 7) == {"removed": 10}
    assert _rows(engine) == (1, 1)
    assert purge(7, 7) == {"removed": 0}


def test_the_books_of_the_house_are_cleared_too(engine: Engine, clock: ManualClock) -> None:
    engine.accounts.add(AddAccount(email="a@example.com", name="A", password_hash="x"))
    clock.advance(days=8)

    removed = purge_old_rows(
        SqlHousekeeping(engine.database),
        now=clock.now(),
        batch_age=7 * DAY,
        answer_age=30 * DAY,
        should_stop=lambda: False,
    )

    assert removed == {"removed": 1}
    assert engine.accounts.find("a@example.com") is not None


def test_a_retry_is_recognised_until_its_answer_is_removed(
    engine: Engine, clock: ManualClock
) -> None:
    concert = open_evening(engine, clock)

    first = concert.desk.holds.place(slot_id=concert.evening.slot_id, idempotency_key="once")
    purge_old_rows(
        SqlHousekeeping(engine.database),
        now=clock.now(),
        batch_age=7 * DAY,
        answer_age=30 * DAY,
        should_stop=lambda: False,
    )
    second = concert.desk.holds.place(slot_id=concert.evening.slot_id, idempotency_key="once")

    assert second.hold_id == first.hold_id


def _rows(engine: Engine) -> tuple[int, int]:
    """Count the batch marks and the kept answers of all businesses."""
    with engine.database.read() as transaction:
        counts = [
            transaction.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (ledger_schema.batch, history.answer)
        ]
    return counts[0], counts[1]


# Pending bookings, slots that are over, closures


def test_delays_that_are_over_confirm_and_pendings_that_are_over_expire(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-D04, AC-D19, AC-S12."""
    desk = open_desk(engine)
    delayed = add_class(desk, "delayed", places=200, confirm_delay=timedelta(minutes=10))
    asked = add_class(
        desk, "asked", places=200, is_approved_by_hand=True, pending_ttl=timedelta(minutes=20)
    )
    for _ in range(70):
        book(desk, delayed, at("12:00"))
    waiting = [book(desk, asked, at("12:00")) for _ in range(3)]
    too_early = confirm_due_bookings(engine), expire_due(engine)

    clock.advance(minutes=10)
    confirmed = confirm_due_bookings(engine), confirm_due_bookings(engine)
    desk.bookings.confirm(waiting[0].booking_id)
    clock.advance(minutes=10)
    expired = expire_due(engine), expire_due(engine)

    nothing = {"confirmed": 0, "refused": 0}
    assert too_early == (nothing, {"released": 0, "expired": 0, "given_up": 0})
    assert confirmed == ({"confirmed": 70, "refused": 0}, nothing)
    assert [done["expired"] for done in expired] == [2, 0]
    assert desk.bookings.get(waiting[0].booking_id).status is BookingStatus.CONFIRMED
    assert desk.bookings.get(waiting[1].booking_id).status is BookingStatus.EXPIRED


def test_a_delay_that_is_over_in_a_cancelled_slot_is_refused_and_said(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    delayed = add_class(desk, "delayed", places=5, confirm_delay=timedelta(minutes=10))
    waiting = book(desk, delayed, at("12:00"))
    assert waiting.slot_id is not None
    desk.slots.cancel(waiting.slot_id, when_booked=WhenBooked.LIST)

    clock.advance(minutes=10)

    assert confirm_due_bookings(engine) == {"confirmed": 0, "refused": 1}
    assert desk.bookings.get(waiting.booking_id).status is BookingStatus.PENDING


def test_slots_that_are_over_become_past_in_batches(engine: Engine, clock: ManualClock) -> None:
    """AC-B17, M-68."""
    desk, other = open_desk(engine), open_desk(engine, slug="other")
    yoga, swim = add_class(desk, "yoga", places=5), add_class(other, "swim", places=5)
    desk.slots.generate(yoga.offering_id, starts_from=at("09:00"), starts_before=at("09:00", day=4))
    last = add_slot(other, swim, at("10:00"))
    before = engine.database.statistics.commits

    clock.set(at("08:00", day=4))
    marked = mark_slots_past(engine), mark_slots_past(engine)

    # Of the 96, one is not over yet; two pages of at most 64, and one of the other business.
    assert marked == ({"past": 96}, {"past": 0})
    assert engine.database.statistics.commits - before == 3
    assert other.slots.get(last.slot_id).status is SlotStatus.PAST
    assert len(desk.slots.list().items) == 1


def test_what_a_caller_that_is_gone_left_booked_is_called_off(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-B09: the slot and the block were closed, and then the power failed."""
    desk = open_desk(engine)
    yoga = add_class(desk, "yoga", places=500)
    room = add_room(desk, capacity=10)
    cut = add_offering(desk, "cut", room)
    slot = add_slot(desk, yoga, at("12:00"))
    for _ in range(CALLED_OFF_MAX + 1):
        desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)
    under = book(desk, cut, at("12:00"))
    desk.run(CancelSlot(slot_id=slot.slot_id, when_booked=WhenBooked.CANCEL))
    desk.run(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at("12:00"),
            ends_at=at("13:00"),
            when_booked=WhenBooked.CANCEL,
        )
    )

    settled = settle_closures(engine), settle_closures(engine)

    assert settled == ({"called_off": CALLED_OFF_MAX + 2}, {"called_off": 0})
    assert desk.bookings.get(under.booking_id).status is BookingStatus.CANCELLED
    assert desk.slots.get(slot.slot_id).is_settling is False
