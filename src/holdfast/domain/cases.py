"""Cases: one wish before the evaluator, with who may still serve each of its needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from holdfast.domain.assignment import Need, Taken, needs_of
from holdfast.domain.errors import HoldfastError
from holdfast.domain.overrides import Override
from holdfast.domain.resources import Resource
from holdfast.domain.scenes import Scene, Wish


class Case:
    """One wish before the evaluator, with who may still serve each of its needs."""

    __slots__ = ("is_served", "needs", "now", "override", "scene", "taken", "wish")

    def __init__(
        self, scene: Scene, wish: Wish, *, now: datetime, override: Override | None = None
    ) -> None:
        self.scene = scene
        self.wish = wish
        self.now = now
        self.override = override
        self.needs = needs_of(scene, wish)
        self.is_served = any(need.requirement.is_required for need in self.needs)
        self.taken: list[Taken] = []

    def leave_out(
        self,
        may_serve: Callable[[Resource], bool],
        refuse: Callable[[Need, Resource], HoldfastError],
        *,
        needs: Iterable[Need] | None = None,
    ) -> HoldfastError | None:
        """Leave out who cannot serve; refuse when a need that must be met is short of resources.

        So is the wish refused when somebody is left out who was asked for by name. It is about
        all needs, or about some.
        """
        for need in self.needs if needs is None else needs:
            lost = need.keep(may_serve)
            if lost and need.requirement.is_required and (need.is_short or not need.is_any):
                return refuse(need, lost[0])
            for one in lost:
                if one.resource_id in self.wish.picks:
                    return refuse(need, one)
        return None
