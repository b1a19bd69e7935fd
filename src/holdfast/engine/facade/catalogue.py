"""The facade's features of what a business offers: categories, resources, offerings, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from holdfast.domain.access import Scope
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.ids import (
    CategoryId,
    OfferingId,
    ResourceId,
    RuleId,
)
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.resources import Resource, ResourceAction, ResourceStatus
from holdfast.domain.rules import ScheduleRule
from holdfast.engine.categories import AddCategory, ChangeCategory
from holdfast.engine.facade.port import OUTLIVE_SECONDS, Port, result_of
from holdfast.engine.limiting import SettleResource, require_deleted
from holdfast.engine.offerings import AddOffering, ChangeOffering
from holdfast.engine.ordering import ReorderCategories, ReorderResources
from holdfast.engine.ports import Comparison, Filter
from holdfast.engine.reading import Page, PageRequest, get, page, where
from holdfast.engine.resources import ActOnResource, AddResource, ChangeResource
from holdfast.engine.schedules import AddRules, NewRule, RemoveRule, SetSchedule

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

    def counts(self, category_ids: Sequence[CategoryId]) -> dict[CategoryId, int]:
        """Return how many resources, active and inactive ones, each of some categories has."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        kept = (ResourceStatus.ACTIVE, ResourceStatus.INACTIVE)
        filters = [
            Filter("category_id", Comparison.ONE_OF, tuple(category_ids)),
            Filter("status", Comparison.ONE_OF, kept),
        ]
        found = self._port.read(lambda store: store.counts(Resource, "category_id", filters))
        return {category_id: found.get(category_id, 0) for category_id in category_ids}

    def reorder(self, category_ids: Sequence[CategoryId]) -> tuple[Category, ...]:
        """Put all categories in an order, in one go. See `ReorderCategories`."""
        ordered = self._port.run(ReorderCategories(category_ids=tuple(category_ids)))
        assert isinstance(ordered, tuple)
        return ordered


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
        may_be_over: bool = False,
        reason: str = "",
    ) -> Resource:
        """Change a resource's fields. See `ChangeResource`.

        What was unlimited and gets a capacity is settled at once, as far as that can be waited
        for: see `settle`.
        """
        command = ChangeResource(
            resource_id=resource_id,
            changes=changes,
            if_version=if_version,
            may_be_over=may_be_over,
            reason=reason,
        )
        changed = result_of(Resource, self._port.run(command))
        return self.settle(resource_id) if changed.is_settling else changed

    def settle(self, resource_id: ResourceId, *, seconds: float = OUTLIVE_SECONDS) -> Resource:
        """Open a resource whose capacity is being limited, once nobody can be booking it unlimited.

        If that took longer it is settling still, and a worker sees to it.
        """
        since = self.outlived(resource_id, seconds=seconds)
        if since is None:
            return self.get(resource_id)
        command = SettleResource(resource_id=resource_id, since=since)
        return result_of(Resource, self._port.run(command))

    def outlived(
        self, resource_id: ResourceId, *, seconds: float = OUTLIVE_SECONDS
    ) -> datetime | None:
        """Wait until nobody can be booking a settling resource unlimited; return when that was.

        None if the resource is not settling, or if the wait took longer than that.
        """
        if not self.get(resource_id).is_settling or not self._port.outlive(seconds=seconds):
            return None
        return self._port.read(lambda store: store.now())

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
        changed = result_of(Resource, self._port.run(command))
        if action is not ResourceAction.DELETE or not changed.is_settling:
            return changed
        settled = self.settle(resource_id)
        require_deleted(settled)
        return settled

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

    def reorder(self, resource_ids: Sequence[ResourceId]) -> tuple[Resource, ...]:
        """Put all resources in an order, in one go. See `ReorderResources`."""
        ordered = self._port.run(ReorderResources(resource_ids=tuple(resource_ids)))
        assert isinstance(ordered, tuple)
        return ordered


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
        self,
        owner_id: ResourceId | OfferingId,
        openings: Sequence[NewRule],
        *,
        if_rules: Sequence[RuleId] | None = None,
    ) -> tuple[ScheduleRule, ...]:
        """Replace all rules of a resource or offering. See `SetSchedule`.

        Raises:
            RecordChanged: Other rules than those of `if_rules` stand now.
        """
        seen = None if if_rules is None else tuple(if_rules)
        command = SetSchedule(owner_id=owner_id, openings=tuple(openings), if_rules=seen)
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
