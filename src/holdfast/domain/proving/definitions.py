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
class BuffersThen:
    """What a level said of buffers at one time; None is nothing.

    Attributes:
        is_before_capped, is_after_capped: Whether nobody below may say less.
    """

    before: timedelta | None = None
    after: timedelta | None = None
    is_before_capped: bool = False
    is_after_capped: bool = False

    @classmethod
    def of(cls, state: Mapping[str, object], *, has_usual: bool = False) -> BuffersThen:
        """Read it from the plain form of a business, a resource or an offering.

        Of an offering's own fields, which always have a length, none is what they usually say.

        Raises:
            KeyError, TypeError: It is not such a form.
        """
        said = state.get("policy", {})
        if not isinstance(said, Mapping):
            raise TypeError("a policy is an object")
        caps = _texts(said.get("caps", []))
        found: list[timedelta | None] = []
        for name in ("buffer_before", "buffer_after"):
            own = state[name] if has_usual else state.get(name)
            length = None if own is None or (has_usual and not own) else _length(own)
            if length is None and said.get(name) is not None:
                length = _length(said[name])
            found.append(length)
        return cls(
            before=found[0],
            after=found[1],
            is_before_capped="buffer_before" in caps,
            is_after_capped="buffer_after" in caps,
        )

    def within(self, above: BuffersThen) -> BuffersThen:
        """Return what counts of this and of what the level above said."""
        return BuffersThen(
            before=_word(self.before, above.before, is_capped=above.is_before_capped),
            after=_word(self.after, above.after, is_capped=above.is_after_capped),
        )


def _word(mine: timedelta | None, theirs: timedelta | None, *, is_capped: bool) -> timedelta | None:
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    return max(mine, theirs) if is_capped else mine


NO_BUFFERS = BuffersThen()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceThen:
    """What a resource was at one time."""

    resource_id: str
    capacity: int | None
    is_dated: bool
    zone: str | None
    category_id: str | None
    skills: frozenset[str]
    buffers: BuffersThen = NO_BUFFERS

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
            buffers=BuffersThen.of(state),
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
    buffers: BuffersThen = NO_BUFFERS
    requirements: tuple[Requirement, ...] = ()
    components: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    is_taken_on_approval: bool = False

    @classmethod
    def of(cls, state: Mapping[str, object]) -> OfferingThen:
        """Read it from its plain form. What is not there was written before there was such a thing.

        Raises:
            KeyError, TypeError, ValueError: It is not the plain form of an offering.
        """
        waits = state.get("pending_takes", True) is False
        return cls(
            counting=Counting(str(state["counting"])),
            shape=Shape(str(state.get("shape", Shape.SLOTS))),
            zone=_text(state["zone"]),
            buffers=BuffersThen.of(state, has_usual=True),
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
