"""The facade's orders of a shop: what was booked and held for them."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.engine.facade.port import Port
from holdfast.engine.ports import ById, Comparison, Filter, ReadStore
from holdfast.engine.reading import Page, PageRequest, page

_FIRST_PAGE = PageRequest()
_KIND = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The bookings of one order of a shop, and the holds that they came from.

    Attributes:
        bookings: A page of them, by their start.
        holds: Those that the bookings of this page came from.
        booking_counts: How many bookings the whole order has in each status it has any in.
        hold_counts: How many of the `holds` are in each status.
    """

    external_order_id: str
    bookings: Page[Booking]
    holds: tuple[Hold, ...]
    booking_counts: dict[BookingStatus, int]
    hold_counts: dict[HoldStatus, int]

    @property
    def booking_count(self) -> int:
        """How many bookings the whole order has."""
        return sum(self.booking_counts.values())


class Orders:
    """Orders of a shop, by the shop's own ids. Nothing of them is stored but the ids."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def get(self, external_order_id: str, request: PageRequest = _FIRST_PAGE) -> Order:
        """Return what was booked and held for an order.

        Raises:
            RecordNotFound: No booking has this order.
        """
        self._port.actor.require(Scope.BOOKINGS_READ)
        if checks.line("", external_order_id, shortest=1) is not None:
            # No booking is kept with such an id, and no database need be asked for it.
            raise RecordNotFound(kind=_KIND, key="")
        return self._port.read(lambda store: _order(store, external_order_id, request))


def _order(store: ReadStore, external_order_id: str, request: PageRequest) -> Order:
    filters = [Filter("external_order_id", Comparison.EQUAL, external_order_id)]
    counts = store.counts(Booking, "status", filters)
    if not counts:
        raise RecordNotFound(kind=_KIND, key=external_order_id)
    bookings = page(store, Booking, request, order_by="starts_at", filters=filters)
    ids = [one.hold_id for one in bookings.items if one.hold_id is not None]
    reads = [ById(Hold, hold_id) for hold_id in dict.fromkeys(ids)]
    loaded = store.load(reads)
    found = [hold for read in reads for hold in loaded[read]]
    holds = tuple(hold for hold in found if isinstance(hold, Hold))
    hold_counts = dict[HoldStatus, int]()
    for hold in holds:
        hold_counts[hold.status] = hold_counts.get(hold.status, 0) + 1
    return Order(
        external_order_id=external_order_id,
        bookings=bookings,
        holds=holds,
        booking_counts={BookingStatus(status): count for status, count in counts.items()},
        hold_counts=hold_counts,
    )
