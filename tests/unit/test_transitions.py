"""The one table of what may happen to holds, bookings and resources: every pair."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdfast.domain import bookings, resources
from holdfast.domain.bookings import BookingAction, BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.errors import HoldExpired, TransitionNotAllowed
from holdfast.domain.holds import Hold, HoldAction, HoldStatus, time_left, transition
from holdfast.domain.ids import HoldId, OfferingId, SlotId
from holdfast.domain.money import Money
from holdfast.domain.resources import ResourceAction, ResourceStatus

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def hold(status: HoldStatus, *, expires_at: datetime) -> Hold:
    return Hold(
        hold_id=HoldId("hld_1"),
        status=status,
        offering_id=OfferingId("off_1"),
        slot_id=SlotId("slt_1"),
        starts_at=NOW,
        ends_at=NOW + 30 * MINUTE,
        party_size=1,
        assigned=(),
        price=Money(amount_minor=0, currency="EUR"),
        client_key=None,
        contact=Contact(),
        placed_by="system",
        is_public=False,
        expires_at=expires_at,
        ceiling_at=expires_at + 60 * MINUTE,
        extension_count=0,
        booking_id=None,
        created_at=NOW - 30 * MINUTE,
        ended_at=None,
        version=1,
    )


def outcome_of(status: HoldStatus, action: HoldAction, *, expires_at: datetime) -> str:
    try:
        return transition(hold(status, expires_at=expires_at), action, now=NOW).value
    except (HoldExpired, TransitionNotAllowed) as refusal:
        return refusal.code


EXPIRED, REFUSED = "hold.expired", "state.transition_not_allowed"
A, C, R, E = HoldStatus.ACTIVE, HoldStatus.CONVERTED, HoldStatus.RELEASED, HoldStatus.EXPIRED


@pytest.mark.parametrize(
    ("status", "action", "while_it_lasts", "at_its_end"),
    [
        (A, HoldAction.EXTEND, "active", EXPIRED),
        (A, HoldAction.CONVERT, "converted", EXPIRED),
        (A, HoldAction.RELEASE, "released", "expired"),
        (A, HoldAction.EXPIRE, REFUSED, "expired"),
        (C, HoldAction.EXTEND, REFUSED, REFUSED),
        (C, HoldAction.CONVERT, REFUSED, REFUSED),
        (C, HoldAction.RELEASE, REFUSED, REFUSED),
        (C, HoldAction.EXPIRE, REFUSED, REFUSED),
        (R, HoldAction.EXTEND, REFUSED, REFUSED),
        (R, HoldAction.CONVERT, REFUSED, REFUSED),
        (R, HoldAction.RELEASE, "released", "released"),
        (R, HoldAction.EXPIRE, REFUSED, REFUSED),
        (E, HoldAction.EXTEND, EXPIRED, EXPIRED),
        (E, HoldAction.CONVERT, EXPIRED, EXPIRED),
        (E, HoldAction.RELEASE, "expired", "expired"),
        (E, HoldAction.EXPIRE, "expired", "expired"),
    ],
)
def test_a_hold_does_what_its_table_says_and_ends_exactly_at_its_instant(
    status: HoldStatus, action: HoldAction, while_it_lasts: str, at_its_end: str
) -> None:
    before = outcome_of(status, action, expires_at=NOW + timedelta(microseconds=1))
    exactly = outcome_of(status, action, expires_at=NOW)

    assert (before, exactly) == (while_it_lasts, at_its_end)


def test_every_pair_of_a_hold_is_in_the_test_above() -> None:
    assert len(HoldStatus) * len(HoldAction) == 16


def test_time_left_is_never_negative_and_only_of_active_holds() -> None:
    lasting = hold(A, expires_at=NOW + MINUTE)

    found = [
        time_left(lasting, now=NOW),
        time_left(lasting, now=NOW + 2 * MINUTE),
        time_left(hold(C, expires_at=NOW + MINUTE), now=NOW),
    ]

    assert found == [MINUTE, timedelta(0), timedelta(0)]


# Every pair: a line for each status, in the order of the actions. '-' is refused.
BOOKING_ACTIONS = (
    "confirm decline cancel expire claim_again change reschedule check_in check_out complete"
    " mark_no_show undo resume rate"
).split()
BOOKING_TABLE = {
    BookingStatus.PENDING: ("confirmed declined cancelled expired - pending pending - - - - - - -"),
    BookingStatus.CONFIRMED: (
        "confirmed - cancelled - - confirmed confirmed checked_in - completed no_show - - -"
    ),
    BookingStatus.CHECKED_IN: (
        "- - - - - checked_in checked_in checked_in completed completed - confirmed - -"
    ),
    BookingStatus.COMPLETED: (
        "- - - - - completed - - completed completed - confirmed checked_in completed"
    ),
    BookingStatus.CANCELLED: "- - cancelled - - cancelled - - - - - - - -",
    BookingStatus.DECLINED: "- declined - - - declined - - - - - - - -",
    BookingStatus.EXPIRED: "- - - expired confirmed expired - - - - - - - -",
    BookingStatus.NO_SHOW: "- - - - - no_show - - - - no_show confirmed - -",
}


def test_every_status_and_action_of_a_booking_is_in_the_table_above() -> None:
    assert [action.value for action in BookingAction] == BOOKING_ACTIONS
    assert list(BOOKING_TABLE) == list(BookingStatus)


@pytest.mark.parametrize("status", BookingStatus)
@pytest.mark.parametrize("action", BookingAction)
def test_a_booking_does_what_its_table_says_ac_d01(
    status: BookingStatus, action: BookingAction
) -> None:
    said = BOOKING_TABLE[status].split()[BOOKING_ACTIONS.index(action.value)]
    expected = REFUSED if said == "-" else said

    try:
        found = bookings.transition(status, action).value
    except TransitionNotAllowed as refusal:
        found = refusal.code

    assert found == expected


RESOURCE_TABLE = {
    (ResourceStatus.ACTIVE, ResourceAction.ACTIVATE): "active",
    (ResourceStatus.INACTIVE, ResourceAction.ACTIVATE): "active",
    (ResourceStatus.ACTIVE, ResourceAction.DEACTIVATE): "inactive",
    (ResourceStatus.INACTIVE, ResourceAction.DEACTIVATE): "inactive",
    (ResourceStatus.ACTIVE, ResourceAction.DELETE): "deleted",
    (ResourceStatus.INACTIVE, ResourceAction.DELETE): "deleted",
    (ResourceStatus.DELETED, ResourceAction.DELETE): "deleted",
    (ResourceStatus.DELETED, ResourceAction.RESTORE): "active",
    (ResourceStatus.ACTIVE, ResourceAction.RESTORE): "active",
}


@pytest.mark.parametrize("status", ResourceStatus)
@pytest.mark.parametrize("action", ResourceAction)
def test_a_resource_does_what_its_table_says_ac_a01(
    status: ResourceStatus, action: ResourceAction
) -> None:
    expected = RESOURCE_TABLE.get((status, action), REFUSED)

    try:
        found = resources.transition(status, action).value
    except TransitionNotAllowed as refusal:
        found = refusal.code

    assert found == expected
