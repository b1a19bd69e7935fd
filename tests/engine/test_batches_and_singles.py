"""Random commands in batches and one by one: the same answers, the same tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.domain.requirements import Per, Requirement
from holdfast.engine.approvals import ConfirmBooking
from holdfast.engine.bookings import CancelBooking, ConvertHold, PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import ExpireHold, ExtendHold, PlaceHold, ReleaseHold
from holdfast.engine.making import Details
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.storage.database import Database
from holdfast.testing.clocks import DEFAULT_START, ManualClock, SeededIds
from tests.engine.businesses import add_class, add_offering, add_room, at, open_desk
from tests.engine.invariants import faults_in
from tests.engine.scenes import command, said
from tests.engine.tables import names_in, story_of
from tests.lending import Lending

Wanted = tuple[str, int, int, int]

VERBS = ("hold", "hold", "book", "release", "extend", "convert", "cancel", "confirm", "expire")
COMMANDS = st.tuples(
    st.sampled_from(VERBS), st.integers(0, 99), st.integers(0, 3), st.integers(1, 3)
)
BATCHES = st.lists(
    st.tuples(st.lists(COMMANDS, min_size=1, max_size=8), st.sampled_from((0, 1, 15, 30))),
    min_size=1,
    max_size=6,
)


class Day:
    """One day of a business whose commands come in batches.

    Places are counted in no room here: who is moved to the next batch, because a slot has opened
    in its way, is decided after those behind it, and the days could differ.
    """

    def __init__(self, database: Database, clock: ManualClock) -> None:
        clock.set(DEFAULT_START)
        self.database, self.clock = database, clock
        self.engine = Engine.over(database, clock=clock, ids=SeededIds())
        self.desk: TenantEngine = open_desk(self.engine)
        chair, table = add_room(self.desk, "Chair"), add_room(self.desk, "Table", 3)
        seats = Requirement(resource_id=table.resource_id, per=Per.PARTICIPANT)
        self.offerings: list[Offering] = [
            add_offering(self.desk, "cut", chair, buffer_after=timedelta(minutes=30)),
            add_offering(self.desk, "sit", seats),
            add_offering(self.desk, "both", chair, seats, is_approved_by_hand=True),
            add_class(self.desk, "yoga", places=3),
            add_class(self.desk, "stream", places=None),
        ]
        self.placed: list[Hold | Booking] = []
        self.outcomes: list[Outcome] = []

    def envelope(self, wanted: Wanted, number: int) -> Envelope | None:
        """Return a command; None if there is nothing yet for it to speak of."""
        verb, first, second, third = wanted
        offering = self.offerings[first % len(self.offerings)]
        start = at("09:00") + second * timedelta(hours=1)
        choice = Choice(offering_id=offering.offering_id, starts_at=start)
        order = Details(external_order_id=f"order {number}")
        if verb == "hold":
            return command(PlaceHold(choice=choice, party_size=third, client_key=f"c {number}"))
        if verb == "book":
            return command(PlaceBooking(choice=choice, party_size=third, details=order))
        kind = Booking if verb in {"cancel", "confirm"} else Hold
        found = [record for record in self.placed if isinstance(record, kind)]
        if not found:
            return None
        record = found[first % len(found)]
        if isinstance(record, Booking):
            if verb == "confirm":
                return command(ConfirmBooking(booking_id=record.booking_id))
            only = BookingStatus.CONFIRMED if second == 0 else None
            return command(CancelBooking(booking_id=record.booking_id, only_if_status=only))
        match verb:
            case "release":
                return command(ReleaseHold(hold_id=record.hold_id))
            case "extend":
                return command(ExtendHold(hold_id=record.hold_id))
            case "convert":
                return command(ConvertHold(hold_id=record.hold_id, details=order))
            case _:
                return command(ExpireHold(hold_id=record.hold_id))

    def run(self, batch: Sequence[Wanted], *, is_together: bool) -> None:
        """Run commands as one batch, or one by one; they speak of what was placed before."""
        base = 100 * len(self.outcomes)
        found = [self.envelope(wanted, base + number) for number, wanted in enumerate(batch)]
        envelopes = [envelope for envelope in found if envelope is not None]
        parts = [envelopes] if is_together else [[envelope] for envelope in envelopes]
        for part in parts:
            outcomes = self.engine.unit_of_work.run(self.desk.tenant_id, part)
            self.outcomes += outcomes
            self.placed += [
                outcome.result for outcome in outcomes if isinstance(outcome.result, Hold | Booking)
            ]

    @property
    def said(self) -> list[str]:
        """All answers, with names in the place of ids."""
        return said(self.outcomes, names_in(self.database))


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(batches=BATCHES)
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
def test_a_batch_is_as_good_as_its_commands_one_by_one(
    lending: Lending, batches: list[tuple[list[Wanted], int]]
) -> None:
    days = []
    with lending.lent("sqlite") as first, lending.lent("sqlite") as second:
        for database, is_together in ((first, True), (second, False)):
            day = Day(database, lending.clock)
            for batch, minutes in batches:
                day.run(batch, is_together=is_together)
                lending.clock.advance(minutes=minutes)
                assert faults_in(database, lending.clock.now()) == []
            now = lending.clock.now()
            days.append((day.said, story_of(database, lapsed_by=now)))

    together, one_by_one = days
    assert together == one_by_one
