"""Finding: bookings by what somebody at a desk is told: a number, a name, an e-mail, a phone.

Everything is looked up by an index: numbers, references, addresses as a whole, names by how they
begin, with the given or with the family name first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Customer, CustomerStatus, email_key, name_key, phone_key
from holdfast.domain.ids import normal_booking_number
from holdfast.engine.ports import Comparison, Filter, Listing, ReadStore, Where

FOUND_MAX = 50
"""So many bookings are found at once, those that begin last before the others."""

CUSTOMERS_MAX = 20
WORDS_MAX = 254
_DIGITS_MIN = 3
# Nothing that is written comes after it.
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found.

    Attributes:
        is_cut: Whether there may be more.
    """

    bookings: tuple[Booking, ...] = ()
    customers: tuple[Customer, ...] = ()
    is_cut: bool = False


def find_bookings(store: ReadStore, *, actor: Actor, words: str) -> Found:
    """Find bookings by a number, a reference, or a customer's name, e-mail or phone.

    Raises:
        AccessDenied: The actor may not see bookings and customers.
    """
    actor.require(Scope.BOOKINGS_READ)
    actor.require(Scope.CUSTOMERS_READ)
    said = words.strip()[:WORDS_MAX]
    if not said:
        return Found()
    named = _named(store, said)
    customers = _customers(store, said)
    theirs = _of_customers(store, customers)
    bookings = {one.booking_id: one for one in (*named, *theirs)}
    return Found(
        bookings=tuple(bookings.values())[:FOUND_MAX],
        customers=tuple(customers[:CUSTOMERS_MAX]),
        is_cut=len(bookings) > FOUND_MAX or len(customers) > CUSTOMERS_MAX,
    )


def _named(store: ReadStore, said: str) -> Iterable[Booking]:
    by_number = Where(Booking, "number", normal_booking_number(said))
    numbered = cast("tuple[Booking, ...]", store.load([by_number])[by_number])
    # Many may have one reference: what a group, or an agency, is called.
    fields = ("reference", "external_order_id")
    referred = [_latest(store, Filter(one, Comparison.EQUAL, said)) for one in fields]
    return [*numbered, *(row for rows in referred for row in rows)]


def _customers(store: ReadStore, said: str) -> list[Customer]:
    if "@" in said:
        return _where(store, "email_key", email_key(said))
    phone = phone_key(said)
    if len(phone.lstrip("+")) >= _DIGITS_MIN and not any(letter.isalpha() for letter in said):
        return _where(store, "phone_key", phone)
    return [*_beginning(store, "name_key", said), *_beginning(store, "last_name_key", said)]


def _where(store: ReadStore, field: str, value: str) -> list[Customer]:
    read = Where(Customer, field, value)
    return list(cast("tuple[Customer, ...]", store.load([read])[read]))


def _beginning(store: ReadStore, field: str, said: str) -> list[Customer]:
    key = name_key(said)
    if not key:
        return []
    listing = Listing(
        kind=Customer,
        filters=(
            Filter(field, Comparison.AT_LEAST, key),
            Filter(field, Comparison.BELOW, key + _LAST),
            Filter("status", Comparison.ONE_OF, tuple(CustomerStatus)),
        ),
        order_by=field,
        limit=CUSTOMERS_MAX + 1,
    )
    return cast("list[Customer]", store.page(listing))


def _of_customers(store: ReadStore, customers: Iterable[Customer]) -> list[Booking]:
    ids = tuple(dict.fromkeys(one.customer_id for one in customers))
    if not ids:
        return []
    return _latest(store, Filter("customer_id", Comparison.ONE_OF, ids))


def _latest(store: ReadStore, wanted: Filter) -> list[Booking]:
    listing = Listing(
        kind=Booking,
        filters=(wanted,),
        order_by="starts_at",
        is_descending=True,
        limit=FOUND_MAX + 1,
    )
    return cast("list[Booking]", store.page(listing))
