"""Opening hours: the check of the evaluator that asks whether a wish is within them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from holdfast.domain.cases import Case
from holdfast.domain.errors import AvailabilityClosed, HoldfastError
from holdfast.domain.intervals import Interval
from holdfast.domain.scenes import Scene, Wish
from holdfast.domain.schedules import Rule, opens_anything
from holdfast.domain.shapes import DATED, Shape
from holdfast.domain.slots import SlotOrigin
from holdfast.domain.zones import day_interval, zone

_A_DAY = timedelta(days=1)


def hours(case: Case) -> HoldfastError | None:
    """Refuse what is not open then, and leave out who has other hours."""
    scene, wish = case.scene, case.wish
    if wish.slot is not None and wish.slot.origin is SlotOrigin.MANUAL:
        return None
    owners = grid_owners(scene)
    refusal = _own_hours(case, owners)
    if refusal is not None:
        return refusal
    is_own = owners == (scene.offering.offering_id,)
    if not is_own and not _is_open_for(scene, wish, scene.offering.offering_id):
        # Rules of its own that only close, while the grid is that of its resources.
        return _outside_hours(f"'{scene.offering.name}'")
    alone = owners[0] if len(owners) == 1 and not is_own else None
    needs = [need for need in case.needs if [one.resource_id for one in need.candidates] != [alone]]
    # Many have the same hours: each is asked once.
    known = {id(rules): rules for need in needs for rules in need.group.hours}
    shut = {key for key, rules in known.items() if not _is_open_by(scene, wish, rules)}
    if not shut:
        return None
    return case.leave_out(
        lambda one: one.resource_id == alone or id(scene.hours_of(one)) not in shut,
        lambda _, one: _outside_hours(one.name),
        needs=needs,
    )


def _own_hours(case: Case, owners: Sequence[str]) -> HoldfastError | None:
    """Refuse what the hours of the offering, or of those who make its grid, do not have."""
    scene, wish = case.scene, case.wish
    offering = scene.offering
    if not owners:
        if offering.is_always_open or offering.shape in DATED:
            return None
        message = f"'{offering.name}' has no opening hours; book one of its slots."
        return closed(message, "no_schedule")
    if offering.shape is not Shape.SLOTS:
        if any(_is_open_for(scene, wish, owner) for owner in owners):
            return None
        return _outside_hours(f"'{offering.name}'")
    if any(_is_on_grid(scene, wish, owner) for owner in owners):
        return None
    is_inside = any(scene.timetables.covers(scene.rules[owner], wish.interval) for owner in owners)
    reason = "not_on_grid" if is_inside else "outside_hours"
    return closed("There is no slot that starts then. Choose a start that is listed.", reason)


def _is_on_grid(scene: Scene, wish: Wish, owner: str) -> bool:
    offering = scene.offering
    return scene.timetables.is_start(
        scene.rules[owner], wish.starts_at, duration=offering.duration, step=scene.grid_step(owner)
    )


def _is_open_for(scene: Scene, wish: Wish, owner: str) -> bool:
    """Whether an owner's hours, if it has any, cover the wish; of dates, whether each has some."""
    return _is_open_by(scene, wish, scene.rules.get(owner, ()))


def _is_open_by(scene: Scene, wish: Wish, rules: Sequence[Rule]) -> bool:
    if not rules:
        return True
    if not wish.stay.dates:
        covers, starts_at = scene.timetables.covers, wish.starts_at
        if wish.ends_at - starts_at > _A_DAY:
            # Most that is too long is closed within a day: no need to look at all of it.
            first = Interval(starts_at=starts_at, ends_at=starts_at + _A_DAY)
            return covers(rules, first) and covers(rules, wish.interval)
        return covers(rules, wish.interval)
    here = zone(scene.zone_name)
    opens = scene.timetables.opens_during
    return all(opens(rules, day_interval(day, here)) for day in wish.stay.dates)


def grid_owners(scene: Scene) -> tuple[str, ...]:
    """Return whose rules make the grid: the offering's, else those of the first requirement.

    A requirement that any of several resources serves has the grids of all of them.
    """
    if scene.found.grid_owners is None:
        scene.found.grid_owners = _grid_owners(scene)
    return scene.found.grid_owners


def _grid_owners(scene: Scene) -> tuple[str, ...]:
    if opens_anything(scene.rules.get(scene.offering.offering_id, ())):
        return (scene.offering.offering_id,)
    for requirement in scene.offering.requirements:
        owners = tuple(
            one.resource_id
            for one in scene.candidates(requirement)
            if opens_anything(scene.rules.get(one.resource_id, ()))
        )
        if owners:
            return owners
    return ()


def closed(message: str, reason: str) -> AvailabilityClosed:
    """Return the refusal of what is not open, with its reason as a word."""
    return AvailabilityClosed(message, reason=reason)


def _outside_hours(name: str) -> AvailabilityClosed:
    return closed(f"{name} is not open then. Choose another time.", "outside_hours")
