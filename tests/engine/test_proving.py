"""The proof of the books: clean after any history, and blind to no corruption."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from copy import copy
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import text

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.holds import Hold
from holdfast.domain.proving import Violation
from holdfast.engine.proving import Progress
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.types import microseconds
from holdfast.testing.clocks import ManualClock, SeededIds
from holdfast.testing.postgres import PostgresServer
from holdfast.testing.samples import open_concert, open_salon
from tests.engine.random_history import ADA, RandomHistory

STEPS = 60


class Shop:
    """A salon and a concert, with one of each thing in them."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.database = engine.database
        self.clock = clock
        salon = open_salon(engine)
        concert = open_concert(engine, starts_at=clock.now() + timedelta(days=30), places=9)
        self.salon, self.concert = salon.desk, concert.desk
        self.chair, self.cut, self.evening = salon.chair, salon.cut, concert.evening
        slots = self.salon.availability.list(self.cut.offering_id).slots
        self.booked: Booking = self.salon.bookings.place(slot_id=slots[0].slot_id, details=ADA)
        self.called_off = self.salon.bookings.place(slot_id=slots[7].slot_id, details=ADA)
        self.held: Hold = self.salon.holds.place(slot_id=slots[14].slot_id)
        self.lapsing = self.concert.holds.place(slot_id=self.evening.slot_id, party_size=2)
        self.converted = self.concert.holds.place(slot_id=self.evening.slot_id, party_size=3)
        clock.advance(minutes=1)
        self.seats = self.concert.bookings.convert(self.converted.hold_id, details=ADA)
        self.salon.bookings.cancel(self.called_off.booking_id)
        self.counter = f"slot:{self.evening.slot_id}"
        self.later = microseconds(clock.now() + timedelta(hours=1))

    def copied(self, database: Database, clock: ManualClock) -> Shop:
        """Return the same shop in a copy of its database."""
        engine = Engine.over(database, clock=clock, ids=SeededIds(seed=1))
        shop = copy(self)
        shop.database, shop.clock = database, clock
        shop.salon = engine.tenant("sarah")
        shop.concert = engine.tenant("odeon")
        return shop

    def write(self, statement: str, **values: object) -> None:
        """Change rows behind the engine's back."""
        with self.database.write("tnt_test") as transaction:
            found = transaction.connection.execute(text(statement), values)
            assert found.rowcount != 0, "nothing was corrupted"
            transaction.commit()

    def kinds(self) -> list[str]:
        """What the proof finds, by kind."""
        return sorted({violation.kind for violation in prove(self.database).violations})


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def template(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shop, Callable[[], str]]]:
    """A shop on each database in turn, made once, and what copies its database."""
    folder, numbers = tmp_path_factory.mktemp("shops"), count(1)
    server: PostgresServer | None = None
    url = f"sqlite:///{folder / 'shop.sqlite'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("server")
        assert server is not None
        url = server.create_database("holdfast_shop")
    clock = ManualClock()
    engine = Engine.open(url, clock=clock, ids=SeededIds())
    shop = Shop(engine, clock)
    engine.close()

    def copied() -> str:
        number = next(numbers)
        if server is not None:
            return server.create_database(f"holdfast_shop_{number}", template="holdfast_shop")
        shutil.copyfile(folder / "shop.sqlite", folder / f"{number}.sqlite")
        return f"sqlite:///{folder / f'{number}.sqlite'}"

    yield shop, copied
    if server is not None:
        for number in range(1, next(numbers)):
            server.drop_database(f"holdfast_shop_{number}")
        server.drop_database("holdfast_shop")


@pytest.fixture
def shop(template: tuple[Shop, Callable[[], str]]) -> Iterator[Shop]:
    """A salon and a concert, with one of each thing in them, on each database in turn."""
    made, copied = template
    clock = ManualClock(made.clock.now())
    database = Database.open(copied(), clock=clock)
    yield made.copied(database, clock)
    database.dispose()


def copy_claim(shop: Shop, owner_id: str, *, key: str | None = None, released: bool) -> None:
    """Claim the booked half hour once more, for somebody else."""
    if shop.database.dialect_name == "postgresql":
        with shop.database.write("tnt_test") as transaction:
            drop = "ALTER TABLE claim DROP CONSTRAINT IF EXISTS ex_claim_exclusive"
            transaction.connection.execute(text(drop))
            transaction.commit()
    shop.write(
        "INSERT INTO claim SELECT tenant_id, 'clm_copy', key, resource_id, owner_kind,"
        " :owner, units, starts_at, ends_at, counts_until, is_exclusive, is_over, actor_id,"
        " reason, acquired_at, converted_at, "
        + ("acquired_at + 60000000" if released else "released_at")
        + " FROM claim WHERE owner_id = :booked",
        owner=owner_id,
        booked=shop.booked.booking_id,
    )


def resurrect_a_claim(shop: Shop) -> None:
    shop.write(
        "UPDATE claim SET released_at = NULL WHERE owner_id = :owner",
        owner=shop.called_off.booking_id,
    )


def sell_twice(shop: Shop) -> None:
    copy_claim(shop, shop.called_off.booking_id, released=False)


def sell_twice_and_give_back(shop: Shop) -> None:
    copy_claim(shop, shop.called_off.booking_id, released=True)


def delete_a_claim(shop: Shop) -> None:
    shop.write("DELETE FROM claim WHERE owner_id = :owner", owner=shop.booked.booking_id)


def delete_a_released_claim(shop: Shop) -> None:
    shop.write("DELETE FROM claim WHERE owner_id = :owner", owner=shop.called_off.booking_id)


def prolong_a_claim(shop: Shop) -> None:
    month = 31 * 24 * 3_600_000_000
    shop.write(
        f"UPDATE claim SET ends_at = ends_at + {month} WHERE owner_id = :owner",
        owner=shop.seats.booking_id,
    )


def move_a_claim(shop: Shop) -> None:
    shop.write(
        "UPDATE claim SET key = 'res:other' WHERE owner_id = :owner", owner=shop.booked.booking_id
    )


def turn_a_claim_around(shop: Shop) -> None:
    shop.write(
        "UPDATE claim SET released_at = acquired_at - 1 WHERE owner_id = :owner",
        owner=shop.called_off.booking_id,
    )


def claim_for_ever(shop: Shop) -> None:
    shop.write(
        "UPDATE claim SET counts_until = NULL WHERE owner_id = :owner", owner=shop.held.hold_id
    )


def claim_in_the_future(shop: Shop) -> None:
    shop.write(
        "UPDATE claim SET acquired_at = :later WHERE owner_id = :owner",
        owner=shop.held.hold_id,
        later=shop.later,
    )


def share_the_exclusive(shop: Shop) -> None:
    shop.write(
        "UPDATE claim SET is_exclusive = false WHERE owner_id = :owner",
        owner=shop.booked.booking_id,
    )


def give_a_claim_away(shop: Shop) -> None:
    shop.write(
        "UPDATE claim SET owner_id = 'bkg_nobody' WHERE owner_id = :owner",
        owner=shop.booked.booking_id,
    )


def count_one_less(shop: Shop) -> None:
    shop.write("UPDATE capacity SET used = used - 1 WHERE key = :key", key=shop.counter)


def raise_a_cap(shop: Shop) -> None:
    shop.write("UPDATE capacity SET cap = 100 WHERE key = :key", key=shop.counter)


def remove_a_cap(shop: Shop) -> None:
    shop.write("UPDATE capacity SET cap = NULL WHERE key = :key", key=shop.counter)


def delete_a_counter(shop: Shop) -> None:
    shop.write("DELETE FROM capacity WHERE key = :key", key=shop.counter)


def count_on_a_guard(shop: Shop) -> None:
    key = f"res:{shop.chair.resource_id}"
    shop.write("UPDATE capacity SET used = 1 WHERE key = :key", key=key)


def decide_in_the_future(shop: Shop) -> None:
    shop.write("UPDATE capacity SET decided_at = :later WHERE used > 0", later=shop.later)


def shrink_the_hall_afterwards(shop: Shop) -> None:
    shop.write("UPDATE slot SET capacity = 4")
    shop.write("UPDATE capacity SET cap = 4, over_commit = 1 WHERE key = :key", key=shop.counter)
    with shop.database.read() as transaction:
        statement = text("SELECT changes FROM audit WHERE subject_id = :slot")
        values = {"slot": shop.evening.slot_id}
        said = json.loads(transaction.connection.execute(statement, values).scalar_one())
    changes = json.dumps({**said, "capacity": 4})
    shop.write(
        "UPDATE audit SET changes = :changes WHERE subject_id = :slot",
        changes=changes,
        slot=shop.evening.slot_id,
    )


def close_the_rooms(shop: Shop) -> None:
    shop.write("UPDATE claim SET released_at = acquired_at WHERE owner_kind = 'slot'")


def release_a_hold(shop: Shop) -> None:
    shop.write("UPDATE hold SET status = 'released' WHERE hold_id = :id", id=shop.held.hold_id)


def cancel_a_booking(shop: Shop) -> None:
    shop.write(
        "UPDATE booking SET status = 'cancelled' WHERE booking_id = :id", id=shop.booked.booking_id
    )


def write_nonsense(shop: Shop) -> None:
    with shop.database.write("tnt_test") as transaction:
        allow = "PRAGMA ignore_check_constraints = on"
        if shop.database.dialect_name == "postgresql":
            allow = "ALTER TABLE hold DROP CONSTRAINT ck_hold_status_values"
        transaction.connection.execute(text(allow))
        nonsense = text("UPDATE hold SET status = 'sort of' WHERE hold_id = :id")
        transaction.connection.execute(nonsense, {"id": shop.held.hold_id})
        transaction.commit()


def revive_a_booking(shop: Shop) -> None:
    """With history and all: only the table of statuses is against it."""
    shop.write(
        "UPDATE booking SET status = 'confirmed', version = 3 WHERE booking_id = :id",
        id=shop.called_off.booking_id,
    )
    resurrect_a_claim(shop)
    shop.write(
        "INSERT INTO audit SELECT tenant_id, 'aud_new', batch_id, action, actor_kind, actor_id,"
        " subject_kind, subject_id, 3, :changes, at, source, reason FROM audit"
        " WHERE subject_id = :id AND subject_version = 2",
        id=shop.called_off.booking_id,
        changes='{"status":["cancelled","confirmed"]}',
    )
    shop.write(
        "INSERT INTO outbox SELECT tenant_id, 'evt_new', type, subject_kind, subject_id, 3,"
        " payload, at, NULL, 0, NULL FROM outbox WHERE subject_id = :id AND subject_version = 2",
        id=shop.called_off.booking_id,
    )


def convert_too_late(shop: Shop) -> None:
    expired = microseconds(shop.converted.expires_at)
    shop.write(
        "UPDATE audit SET at = :at WHERE subject_id = :id AND subject_version = 2",
        at=expired,
        id=shop.converted.hold_id,
    )


def delete_a_booking(shop: Shop) -> None:
    shop.write("DELETE FROM booking WHERE booking_id = :id", id=shop.seats.booking_id)


def remove_an_audit_row(shop: Shop) -> None:
    shop.write(
        "DELETE FROM audit WHERE subject_id = :id AND subject_version = 2",
        id=shop.called_off.booking_id,
    )


def remove_all_audit_rows(shop: Shop) -> None:
    shop.write("DELETE FROM audit WHERE subject_id = :id", id=shop.chair.resource_id)


def skip_a_version(shop: Shop) -> None:
    shop.write(
        "UPDATE audit SET subject_version = 3 WHERE subject_id = :id AND subject_version = 2",
        id=shop.called_off.booking_id,
    )


def forge_history(shop: Shop) -> None:
    shop.write(
        "UPDATE audit SET changes = :changes WHERE subject_id = :id AND subject_version = 2",
        changes='{"note":["never so","said"]}',
        id=shop.converted.hold_id,
    )


def rename_quietly(shop: Shop) -> None:
    shop.write(
        "UPDATE offering SET price_minor = 1 WHERE offering_id = :id", id=shop.cut.offering_id
    )


def keep_silent(shop: Shop) -> None:
    shop.write("DELETE FROM outbox WHERE subject_id = :id", id=shop.booked.booking_id)


def tell_tales(shop: Shop) -> None:
    shop.write(
        "UPDATE outbox SET subject_version = 9 WHERE subject_id = :id", id=shop.booked.booking_id
    )


def void_a_batch(shop: Shop) -> None:
    shop.write(
        "UPDATE batch SET is_void = true WHERE batch_id IN"
        " (SELECT batch_id FROM audit WHERE subject_id = :id)",
        id=shop.booked.booking_id,
    )


CORRUPTIONS: dict[Callable[[Shop], None], list[str]] = {
    resurrect_a_claim: ["owner.still_claims"],
    sell_twice: ["capacity.oversold", "owner.still_claims"],
    sell_twice_and_give_back: ["capacity.oversold"],
    delete_a_claim: ["owner.claims"],
    delete_a_released_claim: ["owner.claims"],
    prolong_a_claim: ["claim.too_long", "owner.claims"],
    move_a_claim: ["claim.exclusiveness", "claim.wrong_key", "key.unknown", "owner.claims"],
    turn_a_claim_around: ["claim.reversed"],
    claim_for_ever: ["claim.counts_until"],
    claim_in_the_future: ["claim.in_the_future"],
    share_the_exclusive: ["claim.exclusiveness"],
    give_a_claim_away: ["owner.claims", "record.missing"],
    count_one_less: ["counter.used"],
    raise_a_cap: ["counter.cap"],
    remove_a_cap: ["counter.cap"],
    delete_a_counter: ["counter.missing"],
    count_on_a_guard: ["counter.of_guard"],
    decide_in_the_future: ["clock.ahead"],
    shrink_the_hall_afterwards: ["capacity.oversold"],
    close_the_rooms: ["owner.not_served", "slot.without_rooms"],
    release_a_hold: ["audit.replay", "owner.still_claims"],
    cancel_a_booking: ["audit.replay", "owner.still_claims"],
    write_nonsense: ["record.missing", "record.unreadable"],
    revive_a_booking: ["status.not_allowed"],
    convert_too_late: ["status.kept_late"],
    delete_a_booking: ["record.missing"],
    remove_an_audit_row: ["audit.replay", "event.orphan"],
    remove_all_audit_rows: [
        "audit.missing",
        "claim.exclusiveness",
        "key.unknown",
        "owner.no_definition",
    ],
    skip_a_version: ["audit.gap", "event.missing", "event.orphan"],
    forge_history: ["audit.broken"],
    rename_quietly: ["audit.replay"],
    keep_silent: ["event.missing"],
    tell_tales: ["event.missing", "event.orphan"],
    void_a_batch: ["batch.void"],
}


@pytest.mark.parametrize("seed", [3, 7])
def test_the_books_are_clean_after_a_random_history(
    engine: Engine, clock: ManualClock, seed: int
) -> None:
    histories = [
        RandomHistory(engine, clock, seed=seed, slug="first"),
        RandomHistory(engine, clock, seed=seed + 100, slug="second"),
    ]
    for history in histories:
        history.run(STEPS)

    report = prove(engine.database)

    assert report.violations == ()
    assert report.is_clean
    assert report.tenants == 2
    assert min(report.keys, report.claims, report.records) > 20
    assert report.changes > report.records


def test_the_books_of_a_busy_shop_are_clean(shop: Shop) -> None:
    assert prove(shop.database).violations == ()

    shop.clock.advance(days=1)

    assert prove(shop.database).violations == (), "holds lapse, and that is no fault"


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda corrupt: corrupt.__name__)
def test_a_corruption_is_found(shop: Shop, corrupt: Callable[[Shop], None]) -> None:
    corrupt(shop)

    assert shop.kinds() == CORRUPTIONS[corrupt]


def test_a_violation_says_what_is_wrong_and_whose_it_is(shop: Shop) -> None:
    count_one_less(shop)

    report = prove(shop.database)

    assert report.violations == (
        Violation(
            kind="counter.used",
            tenant_id=shop.concert.tenant_id,
            key=shop.counter,
            detail="It says 4 in use; the claims that are not released are 5.",
        ),
    )
    assert (report.violation_count, report.is_clean) == (1, False)


def test_one_business_is_proved_without_the_others(shop: Shop) -> None:
    count_one_less(shop)

    report = prove(shop.database, tenant_id=shop.salon.tenant_id)

    assert report.violations == ()
    assert report.tenants == 1
    assert prove(shop.database, tenant_id=shop.concert.tenant_id).violation_count == 1


def test_a_business_whose_own_row_is_gone_is_proved_all_the_same(shop: Shop) -> None:
    shop.write("DELETE FROM tenant WHERE tenant_id = :id", id=shop.concert.tenant_id)

    found = [(item.kind, item.key) for item in prove(shop.database).violations]

    assert found == [("record.missing", shop.concert.tenant_id)]


def test_progress_is_told_up_to_the_end(shop: Shop) -> None:
    told: list[Progress] = []

    prove(shop.database, progress=told.append)

    assert [(item.tenant_id, item.done == item.total > 0) for item in told] == [
        (tenant_id, True) for tenant_id in sorted([shop.salon.tenant_id, shop.concert.tenant_id])
    ]


def test_an_offering_changed_after_a_booking_does_not_make_it_wrong(shop: Shop) -> None:
    shop.clock.advance(minutes=1)
    shop.salon.offerings.change(
        shop.cut.offering_id, {"buffer_before": timedelta(hours=1), "requirements": ()}
    )

    assert prove(shop.database).violations == ()


def test_the_statements_grow_with_hundreds_of_records_and_not_with_each(
    engine: Engine, clock: ManualClock
) -> None:
    history = RandomHistory(engine, clock, seed=5, slug="first")

    def statements() -> int:
        before = engine.database.statistics.statements
        prove(engine.database)
        return engine.database.statistics.statements - before

    first = statements()
    history.run(STEPS)

    assert statements() <= first + 10
