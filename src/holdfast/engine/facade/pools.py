"""The facade's pools: regions, teams and whatever else stands in for one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.domain.access import Scope
from holdfast.domain.ids import PoolId
from holdfast.domain.pools import Pool, PoolAction, PoolStatus
from holdfast.domain.resources import Resource
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.pools import ActOnPool, AddPool, ChangePool
from holdfast.engine.ports import ById, Comparison, Filter, ReadStore
from holdfast.engine.reading import Page, PageRequest, get, page

_FIRST_PAGE = PageRequest()


class Pools:
    """Resources that stand in for one another, as places of their own."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddPool, *, idempotency_key: str | None = None) -> Pool:
        """Add a pool. See `AddPool`."""
        return result_of(Pool, self._port.run(command, idempotency_key))

    def change(
        self, pool_id: PoolId, changes: Mapping[str, object], *, if_version: int | None = None
    ) -> Pool:
        """Change a pool's fields, its members among them. See `ChangePool`."""
        command = ChangePool(pool_id=pool_id, changes=changes, if_version=if_version)
        return result_of(Pool, self._port.run(command))

    def delete(
        self, pool_id: PoolId, *, is_forced: bool = False, if_version: int | None = None
    ) -> Pool:
        """Delete a pool softly; its resources stay. See `ActOnPool`."""
        command = ActOnPool(
            pool_id=pool_id, action=PoolAction.DELETE, is_forced=is_forced, if_version=if_version
        )
        return result_of(Pool, self._port.run(command))

    def restore(self, pool_id: PoolId, *, if_version: int | None = None) -> Pool:
        """Undo the deletion of a pool."""
        command = ActOnPool(pool_id=pool_id, action=PoolAction.RESTORE, if_version=if_version)
        return result_of(Pool, self._port.run(command))

    def get(self, pool_id: PoolId) -> Pool:
        """Return a pool, deleted ones included.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        return self.get_with_resources(pool_id)[0]

    def get_with_resources(self, pool_id: PoolId) -> tuple[Pool, tuple[Resource, ...]]:
        """Return a pool and its resources, in the order in which they are tried.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.CATALOGUE_READ)
        return self._port.read(lambda store: _with_resources(store, pool_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        kind: str | None = None,
        statuses: Sequence[PoolStatus] = (PoolStatus.ACTIVE,),
    ) -> Page[Pool]:
        """Return a page of pools, by their sort order; of one kind, such as "region"."""
        self._port.actor.require(Scope.CATALOGUE_READ)
        filters = [Filter("status", Comparison.ONE_OF, tuple(statuses))]
        if kind is not None:
            filters.append(Filter("kind", Comparison.EQUAL, kind))
        return self._port.read(
            lambda store: page(store, Pool, request, order_by="sort_order", filters=filters)
        )


def _with_resources(store: ReadStore, pool_id: PoolId) -> tuple[Pool, tuple[Resource, ...]]:
    pool = get(store, Pool, pool_id)
    reads = [ById(Resource, resource_id) for resource_id in pool.resource_ids]
    loaded = store.load(reads)
    found = [resource for read in reads for resource in loaded[read]]
    return pool, tuple(resource for resource in found if isinstance(resource, Resource))
