"""Told: the history of a booking in words: who did what, when, why, from what and to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from holdfast.domain.access import ActorKind
from holdfast.domain.bookings import Booking
from holdfast.domain.history import AuditEntry
from holdfast.domain.money import Money
from holdfast.domain.zones import zone
from holdfast.web.languages import Language

Say = Callable[[str], str]

VALUE_MAX = 200
_INSTANTS = frozenset({"starts_at", "ends_at", "expires_at", "confirms_at", "freed_at"})
_AMOUNTS = frozenset({"paid_minor", "refunded_minor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that was different afterwards."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry of the history.

    Attributes:
        statuses: The status before and after, where it changed; of a new booking only after.
    """

    at: datetime
    what: str
    who: str
    reason: str
    statuses: tuple[str, ...]
    changes: tuple[Change, ...]


def told(
    entries: Iterable[AuditEntry],
    booking: Booking,
    names: Mapping[str, str],
    language: Language,
) -> list[Told]:
    """Put a history into words, the latest first."""
    found = [_told(entry, booking, names, language) for entry in entries]
    return list(reversed(found))


def _told(
    entry: AuditEntry, booking: Booking, names: Mapping[str, str], language: Language
) -> Told:
    is_new = entry.subject_version == 1
    status = entry.changes.get("status")
    statuses: Sequence[object] = (
        status if isinstance(status, list) else [status] if status is not None else []
    )
    changes = () if is_new else tuple(_changes(entry.changes, booking, language))
    say = language.gettext
    return Told(
        at=entry.at,
        what=_actions(say).get(entry.action) or entry.action,
        who=_who(entry, names, say),
        reason=entry.reason or "",
        statuses=tuple(str(one) for one in statuses),
        changes=changes,
    )


def _who(entry: AuditEntry, names: Mapping[str, str], say: Say) -> str:
    match entry.actor_kind:
        case ActorKind.SYSTEM:
            return say("by itself") if entry.source == "worker" else say("the operator")
        case ActorKind.CUSTOMER_LINK | ActorKind.PUBLISHABLE_KEY:
            return say("the customer")
        case _:
            return names.get(entry.actor_id) or entry.actor_id


def _actions(say: Say) -> Mapping[str, str]:
    booked = say("Booked")
    return MappingProxyType(
        {
            "booking.place": booked,
            "booking.convert": booked,
            "booking.walk_in": say("Came without a booking"),
            "series.place": booked,
            "series.add": booked,
            "waitlist.accept": booked,
            "booking.confirm": say("Confirmed"),
            "booking.confirm_due": say("Confirmed"),
            "booking.decline": say("Declined"),
            "booking.expire": say("Expired"),
            "booking.cancel": say("Cancelled"),
            "slot.cancel": say("Cancelled"),
            "slot.cancel_many": say("Cancelled"),
            "slot.settle": say("Cancelled"),
            "block.add": say("Cancelled"),
            "block.settle": say("Cancelled"),
            "series.cancel": say("Cancelled"),
            "booking.check_in": say("Checked in"),
            "booking.check_out": say("Checked out"),
            "booking.complete": say("Completed"),
            "booking.complete_due": say("Completed"),
            "booking.mark_no_show": say("Did not come"),
            "booking.mark_due_no_show": say("Did not come"),
            "booking.undo": say("Undone"),
            "booking.change": say("Changed"),
            "booking.rate": say("Rated"),
            "booking.reschedule": say("Moved"),
            "series.move": say("Moved"),
            "booking.reassign": say("Given to others"),
            "booking.record_paid": say("Payment recorded"),
            "booking.remind": say("Reminded"),
        }
    )


def _changes(
    changes: Mapping[str, object], booking: Booking, language: Language
) -> Iterable[Change]:
    labels = _labels(language.gettext)
    for name, pair in changes.items():
        label = labels.get(name)
        if label is None or not isinstance(pair, list):
            continue
        before, after = (_value(name, one, booking, language) for one in pair)
        if before != after:
            yield Change(label=label, before=before, after=after)


def _labels(say: Say) -> Mapping[str, str]:
    return {
        "starts_at": say("Start"),
        "ends_at": say("End"),
        "dates": say("Dates"),
        "party_size": say("People"),
        "price": say("Price"),
        "assigned": say("Served by"),
        "contact": say("Contact"),
        "note": say("Note of the customer"),
        "internal_note": say("Note for staff"),
        "reference": say("Reference"),
        "cancel_reason": say("Reason"),
        "paid_minor": say("Paid"),
        "refunded_minor": say("Paid back"),
        "rating": say("Rating"),
        "feedback": say("What was said of it"),
        "freed_at": say("Places given back"),
        "guests": say("Guests"),
    }


def _value(name: str, value: object, booking: Booking, language: Language) -> str:
    """Write what a field had; `–` for nothing."""
    if value is None or value in ("", [], {}):
        return "–"
    currency = booking.price.currency
    if name in _INSTANTS:
        at = datetime.fromisoformat(str(value))
        day = language.short_day(at.astimezone(zone(booking.zone)).date())
        return f"{day}, {language.clock(at, booking.zone)}"
    if name in _AMOUNTS and isinstance(value, int):
        return language.money(Money(amount_minor=value, currency=currency))
    if name == "price" and isinstance(value, Mapping):
        amount = int(str(value.get("amount_minor", 0)))
        return language.money(Money(amount_minor=amount, currency=currency))
    if isinstance(value, Mapping):
        return ", ".join(str(one) for one in value.values() if one)[:VALUE_MAX]
    if isinstance(value, list):
        return language.listed([_name_of(one) for one in value])[:VALUE_MAX]
    return str(value)[:VALUE_MAX]


def _name_of(one: object) -> str:
    return str(one.get("name", one)) if isinstance(one, Mapping) else str(one)
