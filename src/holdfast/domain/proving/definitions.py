"""Definitions as they were: read from the plain form that the audit keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from holdfast.domain.ids import CategoryId, PoolId, ResourceId
from holdfast.domain.offerings import Counting
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Scheme
from holdfast.domain.shapes import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceThen:
    """What a resource was at one time."""

    resource_id: str
    capacity: int | None
    is_dated: bool
    zone: str | None
    category_id: str | None
    skills: frozenset[str]

    @classmethod
    def of(cls, state: Mapping[str, object]) -> ResourceThen:
        """Read it from its plain form.

        Raises:
            KeyError, TypeError, ValueError: It is not the plain form of a resource.
        """
        capacity = state["capacity"]
        return cls(
            resource_id=str(state["resource_id"]),
            capacity=capacity if isinstance(capacity, int) else None,
            is_dated=Scheme(str(state["scheme"])) is Scheme.DATED,
            zone=_text(state["zone"]),
            category_id=_text(state["category_id"]),
            skills=frozenset(_texts(state["skills"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolThen:
    """Who was in a pool at one time."""

    resource_ids: frozenset[str]

    @classmethod
    def of(cls, state: Mapping[str, object]) -> PoolThen:
        """Read it from its plain form.

        Raises:
            KeyError, TypeError: It is not the plain form of a pool.
        """
        return cls(resource_ids=frozenset(_texts(state["resource_ids"])))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingThen:
    """What an offering asked for at one time.

    Attributes:
        is_taken_on_approval: Whether a booking may wait without its places.
    """

    counting: Counting
    shape: Shape = Shape.SLOTS
    zone: str | None = None
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    requirements: tuple[Requirement, ...] = ()
    components: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    is_taken_on_approval: bool = False

    @classmethod
    def of(cls, state: Mapping[str, object]) -> OfferingThen:
        """Read it from its plain form. What is not there was written before there was such a thing.

        Raises:
            KeyError, TypeError, ValueError: It is not the plain form of an offering.
        """
        waits = state["is_approved_by_hand"] is True and state.get("pending_takes", True) is False
        return cls(
            counting=Counting(str(state["counting"])),
            shape=Shape(str(state.get("shape", Shape.SLOTS))),
            zone=_text(state["zone"]),
            buffer_before=_length(state["buffer_before"]),
            buffer_after=_length(state["buffer_after"]),
            requirements=tuple(_requirement(row) for row in _rows(state["requirements"])),
            components={
                str(part["key"]): tuple(_requirement(row) for row in _rows(part["requirements"]))
                for part in _rows(state.get("components", []))
            },
            is_taken_on_approval=waits,
        )

    def of_slot(self) -> tuple[Requirement, ...]:
        """Return what an open slot itself takes: rooms and staff."""
        if self.counting is Counting.RESOURCES:
            return ()
        return tuple(
            item
            for item in self.requirements
            if item.per is Per.BOOKING and item.members_per is Per.BOOKING
        )

    def of_booking(self, components: Iterable[str], party_size: int) -> tuple[Requirement, ...]:
        """Return what each booking takes itself, as much of it as its party needs."""
        chosen = [self.components.get(key, ()) for key in components]
        needed = [*self.requirements, *(item for part in chosen for item in part)]
        return tuple(
            replace(
                item,
                quantity=item.units(party_size),
                members=item.members_for(party_size),
            )
            for item in needed
            if item not in self.of_slot()
        )

    def every_requirement(self) -> Iterator[Requirement]:
        """Yield all that it may ask for."""
        yield from self.requirements
        for requirements in self.components.values():
            yield from requirements


def implied_then(resource: ResourceThen) -> OfferingThen:
    """Return what a resource asked for that was booked without an offering: its days, or time."""
    return OfferingThen(
        counting=Counting.RESOURCES,
        shape=Shape.DAYS if resource.is_dated else Shape.FREE,
        zone=resource.zone,
    )


def _requirement(row: Mapping[str, object]) -> Requirement:
    resource_id, pool_id = _text(row["resource_id"]), _text(row.get("pool_id"))
    category_id = _text(row.get("category_id"))
    return Requirement(
        resource_id=None if resource_id is None else ResourceId(resource_id),
        resource_ids=tuple(map(ResourceId, _texts(row.get("resource_ids", [])))),
        pool_id=None if pool_id is None else PoolId(pool_id),
        category_id=None if category_id is None else CategoryId(category_id),
        skills=tuple(_texts(row.get("skills", []))),
        choosing=Choosing(str(row.get("choosing", Choosing.ALL_OF))),
        members=_count(row.get("members", 1)),
        members_per=Per(str(row.get("members_per", Per.BOOKING))),
        quantity=_count(row["quantity"]),
        per=Per(str(row["per"])),
        is_required=row.get("is_required", True) is True,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("several texts are a list")
    return [str(item) for item in value]


def _rows(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise TypeError("requirements are a list")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a count is a whole number")
    return value


def _length(seconds: object) -> timedelta:
    if not isinstance(seconds, int | float):
        raise TypeError("a length is a number of seconds")
    return timedelta(seconds=seconds)
