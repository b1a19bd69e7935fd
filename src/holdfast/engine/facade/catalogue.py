"""The facade's features of what a business offers: categories, resources, offerings, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from holdfast.domain.access import Scope
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.ids import (
    BlockId,
    CategoryId,
    OfferingId,
    ResourceId,
    RuleId,
    SlotId,
)
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.resources import Resource, ResourceAction, ResourceStatus
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.engine.blocks import AddBlock, RemoveBlock
from holdfast.engine.categories import AddCategory, ChangeCategory
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.offerings import AddOffering, ChangeOffering
from holdfast.engine.ports import Comparison, Filter
from holdfast.engine.reading import Page, PageRequest, find, get, page, where
from holdfast.engine.resources import ActOnResource, AddResource, ChangeResource
from holdfast.engine.schedules import AddRules, NewRule, RemoveRule, SetSchedule
from holdfast.engine.slots import AddSlot

_FIRST_PAGE = PageRequest()


class Categories:
    """Kinds of resources."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddCategory, *, idempotency_key: str | None = None) -> Category:
        """Add a category. See `AddCategory`."""
        return result_of(Category, self._port.run(command, idempotency_key))

    def change(
        self,
        category_id: CategoryId,
        changes: Mapping[str, object],
        *,
        if_version: int | None = None,
    ) -> Category:
        """Change a category's fields. See `ChangeCategory`."""
        command = ChangeCategory(category_id=category_id, changes=changes, if_version=if_version)
        return result_of(Category, self._port.run(command))

    def get(self, category_id: CategoryId) -> Category:
        """Return a category.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: get(store, Category, category_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        kind: str | None = None,
        statuses: Sequence[CategoryStatus] = (CategoryStatus.ACTIVE,),
    ) -> Page[Category]:
        """Return a page of categories, by their sort order."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        filters = [Filter("status", Comparison.ONE_OF, tuple(statuses))]
        if kind is not None:
            filters.append(Filter("kind", Comparison.EQUAL, kind))
        return self._port.read(
            lambda store: page(store, Category, request, order_by="sort_order", filters=filters)
        )


class Resources:
    """Things and people that time is booked on."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddResource, *, idempotency_key: str | None = None) -> Resource:
        """Add a resource. See `AddResource`."""
        return result_of(Resource, self._port.run(command, idempotency_key))

    def change(
        self,
        resource_id: ResourceId,
        changes: Mapping[str, object],
        *,
        if_version: int | None = None,
    ) -> Resource:
        """Change a resource's fields. See `ChangeResource`."""
        command = ChangeResource(resource_id=resource_id, changes=changes, if_version=if_version)
        return result_of(Resource, self._port.run(command))

    def act(
        self,
        resource_id: ResourceId,
        action: ResourceAction,
        *,
        is_forced: bool = False,
        if_version: int | None = None,
    ) -> Resource:
        """Activate, deactivate, delete or restore a resource. See `ActOnResource`."""
        command = ActOnResource(
            resource_id=resource_id, action=action, is_forced=is_forced, if_version=if_version
        )
        return result_of(Resource, self._port.run(command))

    def get(self, resource_id: ResourceId) -> Resource:
        """Return a resource, deleted ones included.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: get(store, Resource, resource_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        kind: str | None = None,
        category_id: CategoryId | None = None,
        statuses: Sequence[ResourceStatus] = (ResourceStatus.ACTIVE, ResourceStatus.INACTIVE),
    ) -> Page[Resource]:
        """Return a page of resources, by their sort order."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        filters = [Filter("status", Comparison.ONE_OF, tuple(statuses))]
        if kind is not None:
            filters.append(Filter("kind", Comparison.EQUAL, kind))
        if category_id is not None:
            filters.append(Filter("category_id", Comparison.EQUAL, category_id))
        return self._port.read(
            lambda store: page(store, Resource, request, order_by="sort_order", filters=filters)
        )


class Offerings:
    """What customers can book."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddOffering, *, idempotency_key: str | None = None) -> Offering:
        """Add an offering. See `AddOffering`."""
        return result_of(Offering, self._port.run(command, idempotency_key))

    def change(
        self,
        offering_id: OfferingId,
        changes: Mapping[str, object],
        *,
        if_version: int | None = None,
    ) -> Offering:
        """Change an offering's fields. See `ChangeOffering`."""
        command = ChangeOffering(offering_id=offering_id, changes=changes, if_version=if_version)
        return result_of(Offering, self._port.run(command))

    def get(self, offering_id: OfferingId) -> Offering:
        """Return an offering.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: get(store, Offering, offering_id))

    def find_by_slug(self, slug: str) -> Offering | None:
        """Return the offering of that slug, or None."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        found = self._port.read(lambda store: where(store, Offering, "slug", slug))
        return found[0] if found else None

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        kind: str | None = None,
        statuses: Sequence[OfferingStatus] = (OfferingStatus.ACTIVE, OfferingStatus.INACTIVE),
    ) -> Page[Offering]:
        """Return a page of offerings, by their sort order. The public sees active ones only."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        seen = (OfferingStatus.ACTIVE,) if self._port.actor.is_public else tuple(statuses)
        filters = [Filter("status", Comparison.ONE_OF, seen)]
        if kind is not None:
            filters.append(Filter("kind", Comparison.EQUAL, kind))
        return self._port.read(
            lambda store: page(store, Offering, request, order_by="sort_order", filters=filters)
        )


class Schedules:
    """When resources and offerings are open: weekly rules, recurrences and exceptions."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def set(
        self, owner_id: ResourceId | OfferingId, openings: Sequence[NewRule]
    ) -> tuple[ScheduleRule, ...]:
        """Replace all rules of a resource or offering. See `SetSchedule`."""
        command = SetSchedule(owner_id=owner_id, openings=tuple(openings))
        rules = self._port.run(command)
        assert isinstance(rules, tuple)
        return rules

    def add(
        self, owner_id: ResourceId | OfferingId, *new_rules: NewRule
    ) -> tuple[ScheduleRule, ...]:
        """Add rules to those of a resource or offering, or return those it has already.

        See `AddRules`.
        """
        rules = self._port.run(AddRules(owner_id=owner_id, rules=new_rules))
        assert isinstance(rules, tuple)
        return rules

    def remove(self, rule_id: RuleId) -> ScheduleRule:
        """Take one rule away."""
        return result_of(ScheduleRule, self._port.run(RemoveRule(rule_id=rule_id)))

    def list(self, owner_id: ResourceId | OfferingId) -> tuple[ScheduleRule, ...]:
        """Return the rules of a resource or offering, in the order they were made.

        Raises:
            RecordNotFound: There is no such resource or offering.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        if owner_id.startswith("off_"):
            self._port.read(lambda store: get(store, Offering, owner_id))
        else:
            self._port.read(lambda store: get(store, Resource, owner_id))
        return self._port.read(lambda store: where(store, ScheduleRule, "owner_id", owner_id))


class Blocks:
    """Time taken away from resources."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddBlock, *, idempotency_key: str | None = None) -> Block:
        """Take time away. See `AddBlock`."""
        return result_of(Block, self._port.run(command, idempotency_key))

    def remove(self, block_id: BlockId) -> Block:
        """Give time back. See `RemoveBlock`."""
        return result_of(Block, self._port.run(RemoveBlock(block_id=block_id)))

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


class Slots:
    """Slots made by hand, and those of a schedule in which places are counted."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddSlot, *, idempotency_key: str | None = None) -> Slot:
        """Make a slot by hand. See `AddSlot`; `new_id` gives the id it needs."""
        return result_of(Slot, self._port.run(command, idempotency_key))

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
        statuses: Sequence[SlotStatus] = (SlotStatus.OPEN, SlotStatus.BLOCKED),
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
