"""Acts: what staff may do with a booking, and the command that each button of its page means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from holdfast.domain.bookings import (
    TRANSITIONS,
    Booking,
    BookingAction,
    BookingStatus,
    CancelledBy,
)
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import SlotId
from holdfast.domain.money import EXPONENT_BY_CURRENCY
from holdfast.domain.overrides import Override
from holdfast.domain.zones import instant_of, zone
from holdfast.engine.approvals import ConfirmBooking, DeclineBooking
from holdfast.engine.attending import (
    CheckInBooking,
    CheckOutBooking,
    CompleteBooking,
    MarkNoShow,
    UndoBooking,
)
from holdfast.engine.bookings import CancelBooking
from holdfast.engine.changing import ChangeBooking, RateBooking
from holdfast.engine.moving import Move
from holdfast.engine.paying import RecordPaid
from holdfast.engine.reassigning import ReassignBooking
from holdfast.engine.rescheduling import RescheduleBooking
from holdfast.web.visits import Form

NUMBER_MAX = 10**9
_LINE_BREAK = "\r\n"
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_AMOUNT = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,4}))?")

Make = Callable[[Form, Booking], object]


def allowed(booking: Booking) -> frozenset[str]:
    """Return what may be done with a booking in its status, where it would change something."""
    return frozenset(
        action.value
        for (status, action), after in TRANSITIONS.items()
        if status is booking.status and (after is not status or action in _STAYING)
    )


_STAYING = frozenset({BookingAction.CHANGE, BookingAction.RESCHEDULE, BookingAction.RATE})


def command_of(form: Form, booking: Booking) -> object:
    """Return the command that a form of the page asks for.

    Raises:
        InputInvalid: The page has no such button, or something typed cannot be read.
    """
    make = _COMMANDS.get(form.text("act"))
    if make is None:
        raise InputInvalid.at("/act", "unknown", "This page has no such button.")
    return make(form, booking)


def _confirm(form: Form, booking: Booking) -> object:
    return ConfirmBooking(booking_id=booking.booking_id, override=override_in(form))


def _decline(form: Form, booking: Booking) -> object:
    return DeclineBooking(booking_id=booking.booking_id, reason=reason_in(form))


def _cancel(form: Form, booking: Booking) -> object:
    by = CancelledBy.CUSTOMER if form.text("by") == "customer" else CancelledBy.BUSINESS
    return CancelBooking(booking_id=booking.booking_id, reason=reason_in(form), cancelled_by=by)


def _check_in(form: Form, booking: Booking) -> object:
    return CheckInBooking(booking_id=booking.booking_id, reason=reason_in(form))


def _check_out(form: Form, booking: Booking) -> object:
    return CheckOutBooking(
        booking_id=booking.booking_id, gives_back=bool(form.text("frees")), reason=reason_in(form)
    )


def _complete(form: Form, booking: Booking) -> object:
    return CompleteBooking(
        booking_id=booking.booking_id, gives_back=bool(form.text("frees")), reason=reason_in(form)
    )


def _no_show(form: Form, booking: Booking) -> object:
    return MarkNoShow(
        booking_id=booking.booking_id, gives_back=bool(form.text("frees")), reason=reason_in(form)
    )


def _undo(form: Form, booking: Booking) -> object:
    said = form.text("status")
    known = said in {status.value for status in BookingStatus}
    return UndoBooking(
        booking_id=booking.booking_id,
        only_if_status=BookingStatus(said) if known else booking.status,
        reason=reason_in(form),
    )


def _reassign(form: Form, booking: Booking) -> object:
    return ReassignBooking(
        booking_id=booking.booking_id,
        drops_wishes=bool(form.text("drops_wishes")),
        reason=reason_in(form),
    )


def _note(form: Form, booking: Booking) -> object:
    note = form.text("internal_note").replace(_LINE_BREAK, "\n")
    reference = form.text("reference") or None
    changes = {"internal_note": note, "reference": reference}
    return ChangeBooking(booking_id=booking.booking_id, changes=changes)


def _contact(form: Form, booking: Booking) -> object:
    contact = replace(
        booking.contact,
        name=form.text("name"),
        email=form.text("email") or None,
        phone=form.text("phone") or None,
    )
    return ChangeBooking(booking_id=booking.booking_id, changes={"contact": contact})


def _people(form: Form, booking: Booking) -> object:
    size = form.whole("people", booking.party_size, least=1, most=NUMBER_MAX)
    return ChangeBooking(
        booking_id=booking.booking_id,
        changes={"party_size": size},
        override=override_in(form),
    )


def _pay(form: Form, booking: Booking) -> object:
    currency = booking.price.currency
    return RecordPaid(
        booking_id=booking.booking_id,
        paid_minor=minor_in(form.text("paid"), currency, "/paid_minor"),
        refunded_minor=minor_in(form.text("refunded") or "0", currency, "/refunded_minor"),
    )


def _rate(form: Form, booking: Booking) -> object:
    rating = form.whole("rating", 0, least=0, most=5)
    return RateBooking(
        booking_id=booking.booking_id,
        rating=rating or None,
        feedback=form.text("feedback").replace(_LINE_BREAK, "\n"),
        referral_source=booking.referral_source,
    )


def _move(form: Form, booking: Booking) -> object:
    return RescheduleBooking(
        booking_id=booking.booking_id,
        move=move_in(form, booking),
        keeps_price=bool(form.text("keeps_price")),
        override=override_in(form),
        reason=reason_in(form),
        if_version=form.whole("version", booking.version, least=1, most=NUMBER_MAX),
    )


_COMMANDS: Mapping[str, Make] = MappingProxyType(
    {
        "confirm": _confirm,
        "decline": _decline,
        "cancel": _cancel,
        "check_in": _check_in,
        "check_out": _check_out,
        "complete": _complete,
        "mark_no_show": _no_show,
        "undo": _undo,
        "reassign": _reassign,
        "note": _note,
        "contact": _contact,
        "people": _people,
        "pay": _pay,
        "rate": _rate,
        "move": _move,
    }
)

# ------------------------------------------------------------------------------ what is typed


def reason_in(form: Form) -> str | None:
    """Return why somebody does something, as far as they say so."""
    return form.text("reason").replace(_LINE_BREAK, "\n") or None


def override_in(form: Form) -> Override | None:
    """Return what somebody sets aside, with their reason; None when they set nothing aside."""
    if not form.text("sets_aside"):
        return None
    reason = reason_in(form) or ""
    return Override(reason=reason, closed=True, notice=True, capacity=True, limits=True)


def move_in(form: Form, booking: Booking) -> Move:
    """Return where a booking is to go: a slot or start that was offered, or what was typed.

    Raises:
        InputInvalid: It is no time, or one that the clock on the wall never shows.
    """
    slot = form.text("slot")
    if slot.startswith("slt_"):
        return Move(slot_id=SlotId(slot))
    if slot:
        return Move(starts_at=_instant(slot))
    on = day_in(form.text("on"))
    if on is None:
        raise InputInvalid.at("/on", "not_a_date", "Choose a day.")
    if booking.dates:
        shift = on - booking.dates[0]
        return Move(dates=tuple(day + shift for day in booking.dates))
    at = minute_in(form.text("at"))
    starts_at = instant_of(on, at, zone(booking.zone)) if at is not None else None
    if starts_at is None:
        raise InputInvalid.at("/at", "not_a_time", "There is no such time on this day.")
    return Move(starts_at=starts_at)


def _instant(text: str) -> datetime:
    found = None
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
    if found is None or found.tzinfo is None:
        raise InputInvalid.at("/slot", "not_an_instant", "Choose one of the times.")
    return found


def day_in(text: str) -> date | None:
    """Return a date as an input of dates says it; None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def minute_in(text: str) -> int | None:
    """Return the minute of a day that `HH:MM` says; None where it is none.

    >>> minute_in("09:30"), minute_in("24:00"), minute_in("soon")
    (570, None, None)
    """
    found = _CLOCK.fullmatch(text)
    return int(found[1]) * 60 + int(found[2]) if found else None


def minor_in(text: str, currency: str, pointer: str) -> int:
    """Return an amount that was typed, in minor units; a comma or a point before the decimals.

    >>> minor_in("12,50", "EUR", "/paid_minor"), minor_in("1200", "JPY", "/paid_minor")
    (1250, 1200)

    Raises:
        InputInvalid: It is no amount of the currency.
    """
    exponent = EXPONENT_BY_CURRENCY.get(currency, 2)
    found = _AMOUNT.fullmatch(text)
    part = (found[2] or "") if found else ""
    if found is None or len(part) > exponent:
        raise InputInvalid.at(pointer, "not_an_amount", "Write an amount such as 25.00.")
    unit: int = 10**exponent
    return int(found[1]) * unit + int(part.ljust(exponent, "0") or "0")
