"""Corruptions planted in a business that uses everything: the proof finds each, and names it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from holdfast.bootstrap import Engine
from holdfast.domain.ids import BookingId, ResourceId
from holdfast.engine.moving import Move
from holdfast.engine.records import canonical_json, plain
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import at
from tests.engine.lived_in import LivedIn

Found = set[tuple[str, str]]


@pytest.fixture
def house(engine: Engine, clock: ManualClock) -> LivedIn:
    """The business, on each database in turn."""
    return LivedIn(engine, clock)


def write(house: LivedIn, statement: str, **values: object) -> None:
    """Change rows behind the engine's back."""
    with house.engine.database.write("tnt_test") as transaction:
        found = transaction.connection.execute(text(statement), values)
        assert found.rowcount != 0, "nothing was corrupted"
        transaction.commit()


def found_in(house: LivedIn) -> Found:
    """What the proof finds: kinds and keys."""
    return {(one.kind, one.key) for one in prove(house.engine.database).violations}


def test_a_business_that_uses_everything_is_clean_now_and_later(house: LivedIn) -> None:
    now = prove(house.engine.database).violations
    house.clock.advance(days=60)
    later = prove(house.engine.database).violations

    assert (now, later) == ((), ())


def counter_of_kayaks(house: LivedIn, day: int) -> str:
    return f"day:{house.kayaks.resource_id}:2026-06-{day}"


def claims_of(house: LivedIn, owner_id: str) -> list[str]:
    """The ids of an owner's claims, by key."""
    with house.engine.database.read() as transaction:
        statement = text("SELECT claim_id FROM claim WHERE owner_id = :owner ORDER BY key")
        values = {"owner": owner_id}
        return list(transaction.connection.execute(statement, values).scalars())


# Ten corruptions, and what each is found as: what it is, and on which key or record


def delete_the_claim_of_a_date(house: LivedIn) -> Found:
    owner = house.paddled.booking_id
    write(house, "DELETE FROM claim WHERE claim_id = :id", id=claims_of(house, owner)[1])
    return {("owner.claims", owner), ("counter.used", counter_of_kayaks(house, 11))}


def take_more_units_on_a_shared_court(house: LivedIn) -> Found:
    owner = house.played.booking_id
    write(house, "UPDATE claim SET units = 3 WHERE owner_id = :owner", owner=owner)
    key = f"res:{house.court.resource_id}"
    return {("owner.claims", owner), ("capacity.oversold", key)}


def release_a_night_early(house: LivedIn) -> Found:
    owner = house.converted.booking_id
    first = claims_of(house, owner)[0]
    write(house, "UPDATE claim SET released_at = acquired_at + 1 WHERE claim_id = :id", id=first)
    suite = house.converted.assigned[0].resource_id
    return {("owner.claims", owner), ("counter.used", f"day:{suite}:2026-06-28")}


def move_a_claim_to_another_resource(house: LivedIn) -> Found:
    owner, other = house.met_north[0].booking_id, house.rooms[3].resource_id
    write(
        house,
        "UPDATE claim SET key = :key, resource_id = :resource WHERE owner_id = :owner",
        key=f"res:{other}",
        resource=other,
        owner=owner,
    )
    return {("owner.claims", owner)}


def count_one_less_on_a_date(house: LivedIn) -> Found:
    key = counter_of_kayaks(house, 11)
    write(house, "UPDATE capacity SET used = used - 1 WHERE key = :key", key=key)
    return {("counter.used", key)}


def raise_the_cap_of_a_date(house: LivedIn) -> Found:
    key = counter_of_kayaks(house, 12)
    write(house, "UPDATE capacity SET cap = cap + 1 WHERE key = :key", key=key)
    return {("counter.cap", key)}


def rewrite_the_calendar(house: LivedIn) -> Found:
    name = f"{house.kayaks.resource_id}@2026-06-12"
    write(house, "UPDATE day SET capacity = 9 WHERE day_id = :id", id=name)
    return {("audit.replay", name)}


def forget_the_calendar(house: LivedIn) -> Found:
    name = f"{house.kayaks.resource_id}@2026-06-12"
    write(house, "DELETE FROM day WHERE day_id = :id", id=name)
    write(house, "DELETE FROM audit WHERE subject_id = :id", id=name)
    return {("counter.cap", counter_of_kayaks(house, 12))}


def raise_the_over_commitment(house: LivedIn) -> Found:
    key = counter_of_kayaks(house, 10)
    write(house, "UPDATE capacity SET over_commit = over_commit + 1 WHERE key = :key", key=key)
    return {("counter.over_commit", key)}


def hide_the_over_commitment(house: LivedIn) -> Found:
    owner = house.squeezed_in.booking_id
    write(house, "UPDATE claim SET is_over = false WHERE owner_id = :owner", owner=owner)
    return {("capacity.oversold", f"slot:{house.evening.slot_id}")}


def excuse_nobody_for_the_over_commitment(house: LivedIn) -> Found:
    first = claims_of(house, house.overbooked.booking_id)[0]
    write(house, "UPDATE claim SET reason = ' ' WHERE claim_id = :id", id=first)
    return {("claim.over_unexplained", first)}


def send_somebody_else(house: LivedIn) -> Found:
    owner = house.met_south.booking_id
    picked, other = house.rooms[2], house.rooms[3]
    write(
        house,
        "UPDATE booking SET assigned = REPLACE(CAST(assigned AS text), :old, :new)"
        " WHERE booking_id = :id",
        old=picked.resource_id,
        new=other.resource_id,
        id=owner,
    )
    return {("audit.replay", owner), ("owner.claims", owner)}


def revive_a_hold(house: LivedIn) -> Found:
    owner = house.released.hold_id
    write(house, "UPDATE hold SET status = 'active', ended_at = NULL WHERE hold_id = :id", id=owner)
    return {("audit.replay", owner), ("owner.claims", owner)}


def give_a_revived_hold_its_places_again(house: LivedIn) -> Found:
    owner = house.released.hold_id
    revive_a_hold(house)
    write(
        house,
        "UPDATE claim SET released_at = NULL WHERE owner_id = :owner AND units = 5",
        owner=owner,
    )
    return {("audit.replay", owner), ("counter.used", counter_of_kayaks(house, 14))}


def give_the_studio_away(house: LivedIn) -> Found:
    slot_id = house.stretched.slot_id
    write(house, "UPDATE claim SET released_at = acquired_at WHERE owner_id = :slot", slot=slot_id)
    return {("slot.without_rooms", str(slot_id))}


def hold_the_class_in_the_hall(house: LivedIn) -> Found:
    slot_id, hall = str(house.stretched.slot_id), house.hall.resource_id
    write(
        house,
        "UPDATE claim SET key = :key, resource_id = :resource WHERE owner_id = :slot",
        key=f"res:{hall}",
        resource=ResourceId(hall),
        slot=slot_id,
    )
    return {("owner.not_served", slot_id)}


def forget_who_approved(house: LivedIn) -> Found:
    owner = house.approved.booking_id
    write(house, "DELETE FROM audit WHERE subject_id = :id AND subject_version = 2", id=owner)
    return {("event.orphan", owner), ("audit.replay", owner)}


def take_places_while_waiting_for_an_answer(house: LivedIn) -> Found:
    owner, other = house.waiting.booking_id, house.approved.booking_id
    write(house, "UPDATE claim SET owner_id = :other WHERE owner_id = :own", own=other, other=owner)
    return {("owner.not_served", owner), ("owner.claims", other)}


def open_a_block_at_its_end(house: LivedIn) -> Found:
    owner = house.blocks[0].block_id
    last = claims_of(house, owner)[-1]
    write(house, "UPDATE claim SET ends_at = ends_at - 1 WHERE claim_id = :id", id=last)
    return {("owner.claims", owner)}


def take_an_invitation_away(house: LivedIn) -> Found:
    owner = house.invited.entry_id
    first = claims_of(house, owner)[0]
    write(house, "DELETE FROM claim WHERE claim_id = :id", id=first)
    return {("owner.claims", owner), ("counter.used", f"slot:{house.invited.slot_id}")}


def let_an_invitation_run_for_ever(house: LivedIn) -> Found:
    owner = house.invited.entry_id
    first = claims_of(house, owner)[0]
    write(house, "UPDATE claim SET counts_until = NULL WHERE claim_id = :id", id=first)
    return {("claim.counts_until", first)}


def gather_more_than_was_said(house: LivedIn) -> Found:
    owner = house.gathering.entry_id
    write(
        house,
        "UPDATE claim SET units = 2 WHERE owner_id = :owner AND released_at IS NULL",
        owner=owner,
    )
    return {
        ("owner.claims", owner),
        ("counter.used", f"slot:{house.invited.slot_id}"),
        ("capacity.oversold", f"slot:{house.invited.slot_id}"),
    }


def keep_an_invitation_that_became_a_booking(house: LivedIn) -> Found:
    booking = house.sung
    write(
        house,
        "UPDATE claim SET owner_id = :entry, owner_kind = 'invitation' WHERE owner_id = :booking",
        entry=house.sung_by,
        booking=booking.booking_id,
    )
    return {("owner.still_claims", house.sung_by), ("owner.claims", booking.booking_id)}


def leave_and_keep_what_gathered(house: LivedIn) -> Found:
    owner = house.gathering.entry_id
    write(
        house,
        "UPDATE waitlist_entry SET status = 'left', kept_count = 0, ended_at = created_at"
        " WHERE entry_id = :id",
        id=owner,
    )
    return {("audit.replay", owner), ("owner.still_claims", owner)}


def forget_a_use_of_a_code(house: LivedIn) -> Found:
    owner, key = house.jammed.booking_id, f"promo:{house.promo.promo_id}"
    write(house, "DELETE FROM claim WHERE owner_id = :owner AND key = :key", owner=owner, key=key)
    return {("owner.claims", owner), ("counter.used", key)}


def count_one_use_less(house: LivedIn) -> Found:
    key = f"promo:{house.promo.promo_id}"
    write(house, "UPDATE capacity SET used = used - 1 WHERE key = :key", key=key)
    return {("counter.used", key)}


def let_the_counter_allow_more_uses(house: LivedIn) -> Found:
    key = f"promo:{house.promo.promo_id}"
    write(house, "UPDATE capacity SET cap = cap + 1 WHERE key = :key", key=key)
    return {("counter.cap", key)}


def let_one_customer_use_it_more_often(house: LivedIn) -> Found:
    key = house.jammed.uses[1].key
    write(house, "UPDATE claim SET units = 3 WHERE key = :key AND released_at IS NULL", key=key)
    found = found_in(house)
    assert ("capacity.oversold", key) in found
    return found


def sell_more_tickets_than_there_are(house: LivedIn) -> Found:
    key = house.jammed.uses[2].key
    owner = house.jammed.booking_id
    statement = "UPDATE claim SET units = 5 WHERE key = :key AND owner_id = :owner"
    write(house, statement, key=key, owner=owner)
    return {("owner.claims", owner), ("counter.used", key), ("capacity.oversold", key)}


def lower_a_price_without_a_use(house: LivedIn) -> Found:
    owner, uses = house.jammed.booking_id, house.jammed.uses
    kept = canonical_json(plain(uses[2:]))
    write(house, "UPDATE booking SET uses = :uses WHERE booking_id = :id", uses=kept, id=owner)
    return {("owner.claims", owner), ("audit.replay", owner), ("promo.not_used", owner)}


def let_what_is_confirmed_wait_for_money(house: LivedIn) -> Found:
    owner = house.paddled.booking_id
    values = {"owner": owner, "reasons": '["payment"]'}
    write(
        house, "UPDATE booking SET pending_reasons = :reasons WHERE booking_id = :owner", **values
    )
    return {("booking.waiting", owner), ("audit.replay", owner)}


def remind_at_the_start(house: LivedIn) -> Found:
    owner = house.paddled.booking_id
    write(house, "UPDATE booking SET remind_at = starts_at WHERE booking_id = :owner", owner=owner)
    return {("booking.reminder", owner), ("audit.replay", owner)}


CORRUPTIONS: tuple[Callable[[LivedIn], Found], ...] = (
    forget_a_use_of_a_code,
    count_one_use_less,
    let_the_counter_allow_more_uses,
    let_one_customer_use_it_more_often,
    sell_more_tickets_than_there_are,
    lower_a_price_without_a_use,
    let_what_is_confirmed_wait_for_money,
    remind_at_the_start,
    delete_the_claim_of_a_date,
    take_more_units_on_a_shared_court,
    release_a_night_early,
    move_a_claim_to_another_resource,
    count_one_less_on_a_date,
    raise_the_cap_of_a_date,
    rewrite_the_calendar,
    forget_the_calendar,
    raise_the_over_commitment,
    hide_the_over_commitment,
    excuse_nobody_for_the_over_commitment,
    send_somebody_else,
    revive_a_hold,
    give_a_revived_hold_its_places_again,
    give_the_studio_away,
    hold_the_class_in_the_hall,
    forget_who_approved,
    take_places_while_waiting_for_an_answer,
    open_a_block_at_its_end,
    take_an_invitation_away,
    let_an_invitation_run_for_ever,
    gather_more_than_was_said,
    keep_an_invitation_that_became_a_booking,
    leave_and_keep_what_gathered,
)


# On the day of a booking, and after it was moved: each begins with what really happens


def begun(house: LivedIn) -> BookingId:
    """Let the game on the court begin, and return its booking."""
    house.clock.set(house.played.starts_at)
    return house.played.booking_id


def take_away_what_took_place(house: LivedIn) -> Found:
    owner = begun(house)
    house.desk.bookings.complete(owner)
    write(house, "UPDATE claim SET released_at = acquired_at + 1 WHERE owner_id = :id", id=owner)
    return {("owner.claims", owner)}


def keep_what_a_no_show_gave_back(house: LivedIn) -> Found:
    owner = begun(house)
    house.desk.bookings.mark_no_show(owner, gives_back=True)
    write(house, "UPDATE claim SET released_at = NULL WHERE owner_id = :id", id=owner)
    return {("owner.still_claims", owner)}


def forget_that_it_was_given_back(house: LivedIn) -> Found:
    owner = begun(house)
    house.desk.bookings.complete(owner, gives_back=True)
    write(house, "UPDATE booking SET freed_at = NULL WHERE booking_id = :id", id=owner)
    return {("audit.replay", owner), ("owner.claims", owner)}


def keep_the_old_time_of_what_was_moved(house: LivedIn) -> Found:
    owner = house.played.booking_id
    house.desk.bookings.reschedule(owner, Move(starts_at=at("14:00", day=3)))
    write(house, "UPDATE claim SET released_at = NULL WHERE owner_id = :id", id=owner)
    return {("owner.claims", owner)}


CORRUPTIONS_OF_THE_DAY = (
    take_away_what_took_place,
    keep_what_a_no_show_gave_back,
    forget_that_it_was_given_back,
    keep_the_old_time_of_what_was_moved,
)


@pytest.mark.parametrize("corrupt", CORRUPTIONS_OF_THE_DAY, ids=lambda corrupt: corrupt.__name__)
def test_a_corruption_of_its_day_is_found_where_it_is(
    house: LivedIn, corrupt: Callable[[LivedIn], Found]
) -> None:
    expected = corrupt(house)

    assert found_in(house) == expected


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda corrupt: corrupt.__name__)
def test_a_corruption_is_found_where_it_is(
    house: LivedIn, corrupt: Callable[[LivedIn], Found]
) -> None:
    expected = corrupt(house)

    assert found_in(house) == expected


def spread(house: LivedIn, *, second_cap: int) -> str:
    """Spread the places of the concert over two counters, as those of a very hot sale are."""
    key = f"slot:{house.evening.slot_id}"
    for number, owner, cap, over in (
        (0, house.heard.booking_id, 3, 0),
        (1, house.squeezed_in.booking_id, second_cap, 3 - second_cap),
    ):
        write(
            house,
            "UPDATE claim SET key = :new WHERE owner_id = :owner",
            new=f"{key}#{number}",
            owner=owner,
        )
        write(
            house,
            "INSERT INTO capacity SELECT tenant_id, :new, kind, 3, :cap, :over, seq, decided_at"
            " FROM capacity WHERE key = :key",
            new=f"{key}#{number}",
            key=key,
            cap=cap,
            over=over,
        )
    write(house, "DELETE FROM capacity WHERE key = :key", key=key)
    return key


@pytest.mark.parametrize(("second_cap", "is_found"), [(2, False), (3, True)])
def test_the_counters_of_one_slot_are_proved_together(
    house: LivedIn, second_cap: int, *, is_found: bool
) -> None:
    key = spread(house, second_cap=second_cap)

    assert found_in(house) == ({("counter.cap", key)} if is_found else set())
