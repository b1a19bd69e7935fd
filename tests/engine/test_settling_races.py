"""Races to limit what is unlimited: those who began before are waited for and counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from holdfast.domain.access import SYSTEM
from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim
from holdfast.domain.closures import Closure, WhenBooked
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import generated_slot_id
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import ResourceAction, ResourceStatus
from holdfast.domain.slots import Slot
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import Engine as AnyEngine
from holdfast.storage.database.postgresql import PostgresBackend
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    open_desk,
)
from tests.engine.limits import Impatient, limited, places_of, proof
from tests.engine.races import Pause, Racers
from tests.engine.tables import records

pytestmark = pytest.mark.race

ON_POSTGRESQL = pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def let_go(pause: Pause, changing: Future[Any], *, is_waited_for: bool) -> None:
    """Let the late one write: in a while if it is waited for, else when all has been done."""
    if is_waited_for:
        threading.Timer(0.5, pause.go.set).start()
        return
    changing.result(20.0)
    pause.go.set()


def race_to_limit(
    racers: Racers, manager: AnyEngine, step: str, *, is_waited_for: bool = True
) -> tuple[int, list[str]]:
    """Limit to 2 what three book: one has looked, and writes when it has been limited nearly.

    Returns:
        How much is claimed at once that nobody wrote down as over the limit, and what the last
        customer was told.
    """
    desk = open_desk(racers.first())
    room = add_room(desk, capacity=None)
    talk = add_offering(
        desk, "talk", Requirement(resource_id=room.resource_id, per=Per.PARTICIPANT)
    )
    pause = Pause(step=step)
    late = racers.engine(interfere=pause).at(desk.tenant_id, actor=SYSTEM)
    changing = manager.at(desk.tenant_id, actor=SYSTEM)
    book(desk, talk, at("12:00"))

    with ThreadPoolExecutor(max_workers=2) as crowd:
        writing = crowd.submit(book, late, talk, at("12:00"), 2)
        assert pause.reached.wait(10.0)
        changed = crowd.submit(partial(limited, changing, room, 2))
        let_go(pause, changed, is_waited_for=is_waited_for)
        writing.result(20.0)
        assert not changed.result(20.0).is_settling
    told = []
    for _ in range(2):
        try:
            book(desk, talk, at("12:00"))
            told.append("booked")
        except HoldfastError as refusal:
            told.append(refusal.code)
    claims = [claim for claim in records(racers.databases[0], Claim) if claim.released_at is None]
    return sum(claim.units for claim in claims if not claim.is_over), told


@ON_POSTGRESQL
@pytest.mark.parametrize("step", ["flush", "commit"])
def test_a_booking_that_began_before_it_was_limited_is_waited_for_and_counted(
    racers: Racers, step: str
) -> None:
    """AC-C01: also one that had only read, and had not written anything yet."""
    not_over, told = race_to_limit(racers, racers.engine(), step)

    assert told == ["capacity.exceeded"] * 2
    assert not_over <= 2
    assert proof(racers.databases[0]) == []


@ON_POSTGRESQL
def test_without_waiting_a_booking_would_slip_through_uncounted(racers: Racers) -> None:
    """The negative control: more is claimed than there is, and nobody has said that it may be."""
    manager = racers.engine()
    manager.quiescence = Impatient()

    not_over, _ = race_to_limit(racers, manager, "flush", is_waited_for=False)

    assert not_over > 2


def race_for_a_slot(racers: Racers, manager: AnyEngine) -> tuple[int, int]:
    """Limit an unlimited slot while somebody has decided to book it, and writes a little later.

    Returns:
        How many places its counter says are taken, and how many are.
    """
    desk = open_desk(racers.first())
    show = add_class(desk, "show", places=2, openings=())
    slot = add_slot(desk, show, at("19:00"), is_capacity_own=True)
    pause = Pause(step="flush")
    late = racers.engine(interfere=pause).at(desk.tenant_id, actor=SYSTEM)
    changing = manager.at(desk.tenant_id, actor=SYSTEM)
    book(desk, show, at("19:00"))

    with ThreadPoolExecutor(max_workers=2) as crowd:
        writing = crowd.submit(book, late, show, at("19:00"), 2)
        assert pause.reached.wait(10.0)
        changed = crowd.submit(changing.slots.limit, slot.slot_id, 5)
        let_go(pause, changed, is_waited_for=not isinstance(manager.quiescence, Impatient))
        writing.result(20.0)
        assert changed.result(20.0).limit_to is None
    database = racers.databases[0]
    claims = [claim for claim in records(database, Claim) if claim.released_at is None]
    return places_of(database)[0][0], sum(claim.units for claim in claims)


@ON_POSTGRESQL
def test_places_booked_by_one_that_began_before_a_slot_was_limited_are_counted(
    racers: Racers,
) -> None:
    """AC-C01."""
    assert race_for_a_slot(racers, racers.engine()) == (3, 3)
    assert proof(racers.databases[0]) == []


@ON_POSTGRESQL
def test_without_waiting_places_would_be_taken_that_no_counter_knows(racers: Racers) -> None:
    """The negative control: they would be sold once more."""
    manager = racers.engine()
    manager.quiescence = Impatient()

    assert race_for_a_slot(racers, manager) == (1, 3)


def race_to_delete(racers: Racers, manager: AnyEngine) -> tuple[str, ResourceStatus]:
    """Delete what is unlimited while somebody has decided to book it, and writes a little later.

    Returns:
        What became of the deletion, and what the resource is in the end.
    """
    desk = open_desk(racers.first())
    room = add_room(desk, capacity=None)
    talk = add_offering(desk, "talk", room)
    pause = Pause(step="flush")
    late = racers.engine(interfere=pause).at(desk.tenant_id, actor=SYSTEM)
    resources = manager.at(desk.tenant_id, actor=SYSTEM).resources

    def delete() -> str:
        try:
            resources.act(room.resource_id, ResourceAction.DELETE)
        except HoldfastError as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(max_workers=2) as crowd:
        writing = crowd.submit(book, late, talk, at("12:00"))
        assert pause.reached.wait(10.0)
        deleted = crowd.submit(delete)
        let_go(pause, deleted, is_waited_for=not isinstance(manager.quiescence, Impatient))
        writing.result(20.0)
        told = deleted.result(20.0)
    return told, desk.resources.get(room.resource_id).status


@ON_POSTGRESQL
def test_what_is_booked_while_it_is_deleted_is_not_deleted_after_all(racers: Racers) -> None:
    """AC-C01: the refusal comes a little later, and nobody has booked what is gone."""
    told = race_to_delete(racers, racers.engine())

    assert told == ("record.in_use", ResourceStatus.ACTIVE)
    assert proof(racers.databases[0]) == []


@ON_POSTGRESQL
def test_without_waiting_somebody_would_have_booked_what_is_gone(racers: Racers) -> None:
    """The negative control."""
    manager = racers.engine()
    manager.quiescence = Impatient()

    assert race_to_delete(racers, manager) == ("done", ResourceStatus.DELETED)


def race_to_close(racers: Racers, manager: AnyEngine, closing: str) -> tuple[list[str], bool]:
    """Cancel an unlimited slot, or block an unlimited room, while somebody has decided to book.

    Returns:
        What became of the bookings, and whether what is closed is settling still.
    """
    desk = open_desk(racers.first())
    room = add_room(desk, capacity=None)
    talk = (
        add_class(desk, "talk", places=None)
        if closing == "slot"
        else add_offering(desk, "talk", room)
    )
    pause = Pause(step="flush")
    late = racers.engine(interfere=pause).at(desk.tenant_id, actor=SYSTEM)
    changing = manager.at(desk.tenant_id, actor=SYSTEM)

    def close() -> Closure[Slot] | Closure[Block]:
        if closing == "slot":
            slot_id = generated_slot_id(talk.offering_id, at("12:00"))
            return changing.slots.cancel(slot_id, when_booked=WhenBooked.CANCEL)
        command = AddBlock(
            resource_id=room.resource_id,
            starts_at=at("12:00"),
            ends_at=at("13:00"),
            when_booked=WhenBooked.CANCEL,
        )
        return changing.blocks.close(command)

    book(desk, talk, at("12:00"))
    with ThreadPoolExecutor(max_workers=2) as crowd:
        writing = crowd.submit(book, late, talk, at("12:00"))
        assert pause.reached.wait(10.0)
        closed = crowd.submit(close)
        let_go(pause, closed, is_waited_for=not isinstance(manager.quiescence, Impatient))
        writing.result(20.0)
        is_settling = closed.result(20.0).record.is_settling
    bookings = records(racers.databases[0], Booking)
    return sorted(one.status for one in bookings), is_settling


@ON_POSTGRESQL
@pytest.mark.parametrize("closing", ["slot", "block"])
def test_a_booking_that_began_before_it_was_closed_is_waited_for_and_called_off(
    racers: Racers, closing: str
) -> None:
    """AC-B09: what is unlimited shares no lock with whoever closes it."""
    assert race_to_close(racers, racers.engine(), closing) == (["cancelled", "cancelled"], False)
    assert proof(racers.databases[0]) == []


@ON_POSTGRESQL
@pytest.mark.parametrize("closing", ["slot", "block"])
def test_without_waiting_somebody_would_be_booked_in_what_is_closed(
    racers: Racers, closing: str
) -> None:
    """The negative control."""
    manager = racers.engine()
    manager.quiescence = Impatient()

    assert race_to_close(racers, manager, closing) == (["cancelled", "confirmed"], False)


@ON_POSTGRESQL
def test_one_that_has_no_number_before_it_writes_would_not_be_waited_for(
    racers: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other control: PostgreSQL gives numbers to who writes, unless they are asked for."""

    def begin_without_a_number(self: PostgresBackend, connection: Connection) -> None:
        numbered = self._begin_write
        self._begin_write = numbered.replace(b";SELECT pg_current_xact_id()", b"")
        begin(self, connection)
        self._begin_write = numbered

    begin = PostgresBackend.begin_write
    monkeypatch.setattr(PostgresBackend, "begin_write", begin_without_a_number)

    not_over, _ = race_to_limit(racers, racers.engine(), "flush", is_waited_for=False)

    assert not_over > 2


@ON_POSTGRESQL
def test_who_began_before_is_outlived_and_who_began_after_is_not_waited_for(
    racers: Racers,
) -> None:
    """`Quiescence`: a reader with no number of its own yet counts as well, for as long as it is."""
    desk = open_desk(racers.first())
    database = racers.databases[0]
    with database.write(desk.tenant_id) as older:
        assert older.connection is not None
        early = database.outlive(tenant_id=desk.tenant_id, seconds=0.2)
    late = database.outlive(tenant_id=desk.tenant_id, seconds=0.2)

    assert (early, late) == (False, True)
