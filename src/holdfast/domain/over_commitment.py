"""Over-commitment of pools: what some members are over is made good before more is sold.

Resources that stand in for one another have what they have together. When one of them is over its
capacity, and another one becomes free, that place is owed to whoever is too many: it is not sold
again. So what is left of a pool at an instant is the sum over its members of what each has left
or is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.scenes import Scene, Wish, is_blocked_on, taken_stretches
from holdfast.domain.shapes import dates_of
from holdfast.domain.zones import day_interval, local_day

_LeftAt = Callable[[datetime], int]


def units_left(
    scene: Scene, wish: Wish, *, everybody: Sequence[Resource], serving: Sequence[Resource]
) -> int | None:
    """Return how many units a pool has left for a wish, where one of its members is over.

    What the wish had at its own time already is left to it, however much the others are over.

    Args:
        scene: What is known.
        wish: What is asked for.
        everybody: The members, whether or not they can serve: what they are over is owed too.
        serving: Those who can serve.

    Returns:
        None where nobody is over, so that each member's own capacity says it all, or where
        somebody who can serve is unlimited.
    """
    if any(one.capacity is None for one in serving):
        return None
    limited = [one for one in everybody if one.capacity is not None]
    if not any(_is_over(scene, wish, one) for one in limited):
        return None
    able = {one.resource_id for one in serving}
    members = [(one.resource_id in able, _left_at(scene, wish, one)) for one in limited]
    ids = {one.resource_id for one in limited}
    had = [claim for claim in wish.had if claim.resource_id in ids]

    def left(at: datetime) -> int:
        owed = sum(value(at) if is_able else min(0, value(at)) for is_able, value in members)
        own = sum(claim.units for claim in had if claim.starts_at <= at < claim.ends_at)
        return max(0, owed, own)

    return min(left(at) for one in limited for at in _instants(scene, wish, one))


def _is_over(scene: Scene, wish: Wish, resource: Resource) -> bool:
    left = _left_at(scene, wish, resource)
    return any(left(at) < 0 for at in _instants(scene, wish, resource))


def _left_at(scene: Scene, wish: Wish, resource: Resource) -> _LeftAt:
    """Return what says how much a resource has left at an instant, or is over: then less than 0."""
    capacity, resource_id = resource.capacity, resource.resource_id
    assert capacity is not None, "who is unlimited is never over"
    if resource.scheme is Scheme.INTERVAL:
        index = scene.claims.get(resource_id)
        without = wish.ignores if wish.slot_id is None else wish.ignores | {wish.slot_id}
        if index is None:
            return lambda _: capacity
        return lambda at: capacity - index.units_at(at, without=without)
    here = scene.zone_of(resource)
    values = {}
    for day in dates_of(wish.stay, here):
        use = scene.days[resource_id, day]
        values[day] = -use.used if is_blocked_on(scene, resource, day) else use.cap - use.used
    least = min(values.values())
    return lambda at: values.get(local_day(at, here), least)


def _instants(scene: Scene, wish: Wish, resource: Resource) -> Iterator[datetime]:
    """Yield the instants at which a resource may have less left than just before."""
    if resource.scheme is Scheme.DATED:
        here = scene.zone_of(resource)
        yield from (day_interval(day, here).starts_at for day in dates_of(wish.stay, here))
        return
    index = scene.claims.get(resource.resource_id)
    for stretch in taken_stretches(scene, wish.stay, resource):
        yield stretch.starts_at
        if index is not None:
            yield from index.starts_within(stretch)
