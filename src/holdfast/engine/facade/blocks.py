"""The facade's feature of blocks: time taken away from resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from holdfast.domain.access import Scope
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.closures import Closure
from holdfast.domain.ids import BlockId, ResourceId
from holdfast.domain.slots import Slot
from holdfast.engine.blocks import AddBlock, RemoveBlock, RemoveBlockAt, SettleBlock
from holdfast.engine.facade.port import OUTLIVE_SECONDS, Port, result_of
from holdfast.engine.facade.settling import settle
from holdfast.engine.facade.slots import Slots
from holdfast.engine.ports import Comparison, Filter
from holdfast.engine.reading import Page, PageRequest, get, page, where

_FIRST_PAGE = PageRequest()


class Blocks:
    """Time taken away from resources."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddBlock, *, idempotency_key: str | None = None) -> Block:
        """Take time away. See `AddBlock` and, for time that is booked, `close`."""
        return self.close(command, idempotency_key=idempotency_key).record

    def close(self, command: AddBlock, *, idempotency_key: str | None = None) -> Closure[Block]:
        """Take time away, also over bookings, and say whom it concerns.

        Bookings and holds that are to be called off are so when this returns. Should it not return,
        a worker does the rest.

        Raises:
            RecordInUse: Somebody counts on the time, and `when_booked` is to refuse it then.
        """
        found = self._port.run(command, idempotency_key)
        closure = found if isinstance(found, Closure) else Closure(record=result_of(Block, found))
        if not closure.record.is_settling and not closure.affected:
            return closure
        called_off = self.settle(closure.record.block_id)
        return replace(closure, record=self.get(closure.record.block_id), called_off=called_off)

    def settle(self, block_id: BlockId) -> int:
        """Call off what is left under a block that is settling, and in the slots it has blocked.

        Returns:
            How many bookings and holds that were.
        """
        command = SettleBlock(block_id=block_id)
        called_off = settle(self._port, command, lambda: self.outlived_version(block_id))
        slots = Slots(self._port)
        for slot in self.blocked_slots(block_id):
            if slot.is_settling:
                called_off += slots.settle(slot.slot_id)
        return called_off

    def outlived_version(
        self, block_id: BlockId, *, seconds: float = OUTLIVE_SECONDS
    ) -> int | None:
        """Wait until nobody can be booking what is blocked, and return which version the block is.

        None if the block is not settling, or the wait took longer than that.
        """
        block = self.get(block_id)
        is_alone = block.is_settling and self._port.outlive(seconds=seconds)
        return block.version if is_alone else None

    def blocked_slots(self, block_id: BlockId) -> tuple[Slot, ...]:
        """Return the slots that a block keeps from being booked."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: where(store, Slot, "blocked_by", block_id))

    def remove(self, block_id: BlockId) -> Block:
        """Give time back. See `RemoveBlock`."""
        return result_of(Block, self._port.run(RemoveBlock(block_id=block_id)))

    def remove_at(self, resource_id: ResourceId, starts_at: datetime) -> Block:
        """Give back the blocked time of a resource that begins at an instant.

        Raises:
            RecordNotFound: No block of the resource begins then.
        """
        command = RemoveBlockAt(resource_id=resource_id, starts_at=starts_at)
        return result_of(Block, self._port.run(command))

    def get(self, block_id: BlockId) -> Block:
        """Return a block.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: get(store, Block, block_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        resource_id: ResourceId | None = None,
        ends_after: datetime | None = None,
        statuses: Sequence[BlockStatus] = (BlockStatus.ACTIVE,),
    ) -> Page[Block]:
        """Return a page of blocks, by their start."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        filters = [Filter("status", Comparison.ONE_OF, tuple(statuses))]
        if resource_id is not None:
            filters.append(Filter("resource_id", Comparison.EQUAL, resource_id))
        if ends_after is not None:
            filters.append(Filter("ends_at", Comparison.AT_LEAST, ends_after))
        return self._port.read(
            lambda store: page(store, Block, request, order_by="starts_at", filters=filters)
        )
