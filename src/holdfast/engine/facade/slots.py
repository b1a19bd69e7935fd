"""The facade's feature of slots: made by hand, generated, changed, cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from holdfast.domain.access import Scope
from holdfast.domain.claims import tickets_key
from holdfast.domain.closures import Closure, WhenBooked
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import OfferingId, SlotId
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.engine.facade.port import OUTLIVE_SECONDS, Port, in_utc, instant_in_utc, result_of
from holdfast.engine.facade.settling import settle
from holdfast.engine.limiting import LimitSlot, SettleSlotLimit
from holdfast.engine.ports import ById, Comparison, Filter, Listing, ReadStore
from holdfast.engine.reading import Page, PageRequest, find, get, page
from holdfast.engine.slot_changes import (
    SLOTS_CANCELLED_MAX,
    CancelSlot,
    CancelSlots,
    ChangeSlot,
    SettleSlot,
)
from holdfast.engine.slot_generating import Generated, GenerateSlots
from holdfast.engine.slots import AddSlot, AddSlots
from holdfast.engine.striping import StripeSlot

_FIRST_PAGE = PageRequest()
_STANDING = (SlotStatus.OPEN, SlotStatus.BLOCKED)
DELETED = "deleted"


class Slots:
    """Slots made by hand, and those of a schedule in which places are counted."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddSlot, *, idempotency_key: str | None = None) -> Slot:
        """Make a slot by hand. See `AddSlot`; `new_id` gives the id it needs."""
        return result_of(Slot, self._port.run(command, idempotency_key))

    def add_many(self, commands: Sequence[AddSlot]) -> tuple[Slot, ...]:
        """Make several slots by hand, all or none. See `AddSlots`."""
        added = self._port.run(AddSlots(slots=tuple(map(in_utc, commands))))
        return cast("tuple[Slot, ...]", added)

    def generate(
        self, offering_id: OfferingId, *, starts_from: datetime, starts_before: datetime
    ) -> Generated:
        """Store the slots of an offering's schedules that start in a window. See `GenerateSlots`.

        Raises:
            InputInvalid: There are too many, or the window is malformed.
        """
        command = GenerateSlots(
            offering_id=offering_id, starts_from=starts_from, starts_before=starts_before
        )
        return result_of(Generated, self._port.run(command))

    def change(
        self,
        slot_id: SlotId,
        changes: Mapping[str, object],
        *,
        may_be_over: bool = False,
        reason: str = "",
        if_version: int | None = None,
    ) -> Slot:
        """Change a stored slot's price, capacity or metadata. See `ChangeSlot`.

        Raises:
            CapacityExceeded: More places are taken, and it may not be over.
        """
        command = ChangeSlot(
            slot_id=slot_id,
            changes=changes,
            may_be_over=may_be_over,
            reason=reason,
            if_version=if_version,
        )
        return result_of(Slot, self._port.run(command))

    def cancel(
        self,
        slot_id: SlotId,
        *,
        when_booked: WhenBooked = WhenBooked.REFUSE,
        reason: str | None = None,
        if_version: int | None = None,
    ) -> Closure[Slot]:
        """Cancel a slot and say whom it concerns. See `CancelSlots`.

        Bookings and holds that are to be called off are so when this returns. Should it not return,
        a worker does the rest.

        Raises:
            RecordInUse: It is booked, and `when_booked` is to refuse it then.
        """
        command = CancelSlot(
            slot_id=slot_id, when_booked=when_booked, reason=reason, if_version=if_version
        )
        return self._settled(cast("Closure[Slot]", self._port.run(command)))

    def delete(
        self,
        offering_id: OfferingId,
        *,
        starts_from: datetime,
        starts_before: datetime,
        when_booked: WhenBooked = WhenBooked.REFUSE,
        reason: str = DELETED,
    ) -> tuple[Closure[Slot], ...]:
        """Cancel the stored slots of an offering that start in a window and are not over.

        All of them or, if one is booked and `when_booked` is to refuse it then, none.

        Raises:
            InputInvalid: There are too many.
            RecordInUse: One is booked.
        """
        ids = self.standing_ids(offering_id, starts_from=starts_from, starts_before=starts_before)
        command = CancelSlots(slot_ids=ids, when_booked=when_booked, reason=reason)
        closures = cast("tuple[Closure[Slot], ...]", self._port.run(command))
        return tuple(map(self._settled, closures))

    def standing_ids(
        self, offering_id: OfferingId, *, starts_from: datetime, starts_before: datetime
    ) -> tuple[SlotId, ...]:
        """Return the stored slots of an offering in a window that can be cancelled.

        Raises:
            InputInvalid: There are too many.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        starts_from = instant_in_utc("/starts_from", starts_from)
        starts_before = instant_in_utc("/starts_before", starts_before)
        listing = Listing(
            kind=Slot,
            filters=(
                Filter("offering_id", Comparison.EQUAL, offering_id),
                Filter("status", Comparison.ONE_OF, _STANDING),
                Filter("starts_at", Comparison.AT_LEAST, starts_from),
                Filter("starts_at", Comparison.BELOW, starts_before),
            ),
            order_by="starts_at",
            limit=SLOTS_CANCELLED_MAX + 1,
        )
        found, now = self._port.read(lambda store: (store.page(listing), store.now()))
        slots = cast("list[Slot]", found)
        if len(slots) > SLOTS_CANCELLED_MAX:
            message = f"These are more than {SLOTS_CANCELLED_MAX} slots; take a shorter window."
            raise InputInvalid.at("/starts_before", "too_many", message)
        return tuple(slot.slot_id for slot in slots if slot.ends_at > now)

    def settle(self, slot_id: SlotId) -> int:
        """Call off what is left in a slot that is settling; return how many that were."""
        command = SettleSlot(slot_id=slot_id)
        return settle(self._port, command, lambda: self.outlived_version(slot_id))

    def outlived_version(self, slot_id: SlotId, *, seconds: float = OUTLIVE_SECONDS) -> int | None:
        """Wait until nobody can be booking a slot that is settling, and return which version it is.

        None if it is not settling, or the wait took longer than that.
        """
        slot = self.get(slot_id)
        is_alone = slot.is_settling and self._port.outlive(seconds=seconds)
        return slot.version if is_alone else None

    def _settled(self, closure: Closure[Slot]) -> Closure[Slot]:
        slot = closure.record
        if not slot.is_settling:
            return closure
        called_off = self.settle(slot.slot_id)
        return replace(closure, record=self.get(slot.slot_id), called_off=called_off)

    def stripe(self, slot_id: SlotId, stripes: int, *, if_version: int | None = None) -> Slot:
        """Spread a slot's places over so many counters. See `StripeSlot`."""
        command = StripeSlot(slot_id=slot_id, stripes=stripes, if_version=if_version)
        return result_of(Slot, self._port.run(command))

    def limit(
        self,
        slot_id: SlotId,
        capacity: int,
        *,
        may_be_over: bool = False,
        reason: str = "",
        if_version: int | None = None,
    ) -> Slot:
        """Give a slot a capacity whose places were unlimited. See `LimitSlot`.

        It is open again when this returns, unless that could not be waited for: then `limit_to`
        says so still, and a worker sees to it.
        """
        command = LimitSlot(
            slot_id=slot_id,
            capacity=capacity,
            may_be_over=may_be_over,
            reason=reason,
            if_version=if_version,
        )
        self._port.run(command)
        return self.settle_limit(slot_id)

    def settle_limit(self, slot_id: SlotId, *, seconds: float = OUTLIVE_SECONDS) -> Slot:
        """Open a slot that is being limited, once nobody can be booking it unlimited."""
        if not self.is_outlived(slot_id, seconds=seconds):
            return self.get(slot_id)
        return result_of(Slot, self._port.run(SettleSlotLimit(slot_id=slot_id)))

    def is_outlived(self, slot_id: SlotId, *, seconds: float = OUTLIVE_SECONDS) -> bool:
        """Wait until nobody can be booking a slot unlimited that is being limited.

        False if it is not being limited, or the wait took longer than that.
        """
        return self.get(slot_id).limit_to is not None and self._port.outlive(seconds=seconds)

    def new_id(self) -> SlotId:
        """Return a new id for a slot made by hand."""
        now = self._port.read(lambda store: store.now())
        return SlotId(self._port.ids.new("slt", now=now))

    def get(self, slot_id: SlotId) -> Slot:
        """Return a stored slot. Slots of a schedule are stored once places in them are taken.

        Raises:
            RecordNotFound: It is not stored.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: get(store, Slot, slot_id))

    def taken(self, slots: Sequence[Slot]) -> dict[SlotId, int | None]:
        """Return how many places of stored slots are taken or held; None where nobody counts them.

        Places are counted in slots that have a capacity, of an offering that counts places.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: _taken(store, slots))

    def tickets_left(self, slots: Sequence[Slot]) -> dict[SlotId, dict[str, int]]:
        """Return how many tickets are left in stored slots, by the key of their tier.

        Only tiers with a quota are named: of the others there is no number.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: _tickets_left(store, slots))

    def find(self, slot_id: SlotId) -> Slot | None:
        """Return a stored slot or None."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: find(store, Slot, slot_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        offering_id: OfferingId | None = None,
        starts_from: datetime | None = None,
        starts_before: datetime | None = None,
        statuses: Sequence[SlotStatus] = _STANDING,
    ) -> Page[Slot]:
        """Return a page of stored slots, by their start."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        filters = [Filter("status", Comparison.ONE_OF, tuple(statuses))]
        if offering_id is not None:
            filters.append(Filter("offering_id", Comparison.EQUAL, offering_id))
        if starts_from is not None:
            filters.append(Filter("starts_at", Comparison.AT_LEAST, starts_from))
        if starts_before is not None:
            filters.append(Filter("starts_at", Comparison.BELOW, starts_before))
        return self._port.read(
            lambda store: page(store, Slot, request, order_by="starts_at", filters=filters)
        )


def _by_places(store: ReadStore, slots: Sequence[Slot]) -> dict[OfferingId, Offering]:
    """Return those of the slots' offerings that count places."""
    offerings = store.load([ById(Offering, slot.offering_id) for slot in slots])
    return {
        offering.offering_id: offering
        for rows in offerings.values()
        for offering in cast("tuple[Offering, ...]", rows)
        if offering.counting is Counting.PLACES
    }


def _taken(store: ReadStore, slots: Sequence[Slot]) -> dict[SlotId, int | None]:
    by_places = _by_places(store, slots)
    taken: dict[SlotId, int | None] = dict.fromkeys(slot.slot_id for slot in slots)
    counted = [s for s in slots if s.capacity is not None and s.offering_id in by_places]
    used = store.used([key for slot in counted for key in slot.counter_keys], now=store.now())
    for slot in counted:
        taken[slot.slot_id] = sum(used.get(key, 0) for key in slot.counter_keys)
    return taken


def _tickets_left(store: ReadStore, slots: Sequence[Slot]) -> dict[SlotId, dict[str, int]]:
    quotas = {
        offering_id: {t.key: t.quota for t in offering.ticket_tiers if t.quota is not None}
        for offering_id, offering in _by_places(store, slots).items()
    }
    keys = {
        (slot.slot_id, tier): tickets_key(slot.slot_id, tier)
        for slot in slots
        for tier in quotas.get(slot.offering_id, ())
    }
    used = store.used(list(keys.values()), now=store.now()) if keys else {}
    return {
        slot.slot_id: {
            tier: max(0, quota - used.get(keys[slot.slot_id, tier], 0))
            for tier, quota in quotas.get(slot.offering_id, {}).items()
        }
        for slot in slots
    }
