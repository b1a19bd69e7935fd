"""What people write is checked before anything is looked up by it, whoever asks."""

from __future__ import annotations

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.customers import Contact
from holdfast.domain.errors import HoldfastError
from holdfast.engine.making import Details
from tests.engine.businesses import ADA, add_offering, add_room, at, hold, open_desk, refusal_of

NUL = "a\x00b"


@pytest.mark.parametrize(
    ("details", "pointer"),
    [
        (Details(contact=Contact(name=NUL)), "/contact/name"),
        (Details(contact=Contact(email=f"{NUL}@b.example")), "/contact/email"),
        (Details(contact=Contact(phone="12345\x00")), "/contact/phone"),
        (Details(contact=ADA, source=""), "/source"),
        (Details(contact=ADA, note=NUL), "/note"),
        (Details(contact=ADA, internal_note="x" * 5_001), "/internal_note"),
        (Details(contact=ADA, external_order_id="\ud800"), "/external_order_id"),
        (Details(contact=ADA, external_line_id="two\nlines"), "/external_line_id"),
        (Details(contact=ADA, metadata={"a": float("nan")}), "/metadata"),
    ],
)
def test_a_booking_of_words_that_cannot_be_kept_is_refused(
    engine: Engine, details: Details, pointer: str
) -> None:
    desk = open_desk(engine)
    cut = add_offering(desk, "cut", add_room(desk))
    kept = hold(desk, cut, at("12:00"))

    refusals = [
        refusal_of(
            lambda: desk.bookings.place(
                offering_id=cut.offering_id, starts_at=at("10:00"), details=details
            )
        ),
        refusal_of(lambda: desk.bookings.convert(kept.hold_id, details=details)),
    ]

    assert [pointers_of(refusal) for refusal in refusals] == [[pointer], [pointer]]


def pointers_of(refusal: HoldfastError) -> list[str]:
    """Return where the input is malformed."""
    errors = refusal.fields["errors"]
    assert isinstance(errors, tuple)
    return [fault.pointer for fault in errors]


def test_a_hold_of_words_that_cannot_be_kept_is_refused(engine: Engine) -> None:
    desk = open_desk(engine)
    cut = add_offering(desk, "cut", add_room(desk))

    refusals = [
        refusal_of(lambda: hold(desk, cut, at("10:00"), contact=Contact(email=NUL))),
        refusal_of(lambda: hold(desk, cut, at("10:00"), client_key="")),
    ]

    assert [pointers_of(r) for r in refusals] == [["/contact/email"], ["/client_key"]]


def test_a_reason_that_cannot_be_kept_cancels_nothing(engine: Engine) -> None:
    desk = open_desk(engine)
    cut = add_offering(desk, "cut", add_room(desk))
    booking = desk.bookings.place(
        offering_id=cut.offering_id, starts_at=at("10:00"), details=Details(contact=ADA)
    )

    refusal = refusal_of(lambda: desk.bookings.cancel(booking.booking_id, reason=NUL))

    assert pointers_of(refusal) == ["/reason"]
    assert desk.bookings.get(booking.booking_id) == booking
