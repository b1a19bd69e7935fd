"""What an offering needs, as it is sent and shown: requirements, and components with their own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.api.models import (
    ACategoryId,
    APoolId,
    AResourceId,
    Body,
    Line,
    MaybeEmptyLine,
    Out,
    Units,
    Word,
)
from holdfast.domain.offerings import COMPONENTS_MAX, Component
from holdfast.domain.requirements import (
    CANDIDATES_MAX,
    REQUIREMENTS_MAX,
    Choosing,
    Per,
    Requirement,
    Strategy,
)
from holdfast.engine.offering_checks import REQUIRED_SKILLS_MAX


class RequirementIn(Body):
    """Resources that the offering needs: one, several by name, a pool's or a category's.

    `all_of` needs every one of them, `any_of` any `members`, times the party with `members_per`
    `participant`. `quantity` units are taken of each, times the party with `per` `participant`.
    """

    resource_id: AResourceId | None = None
    resource_ids: Annotated[list[AResourceId], Field(max_length=CANDIDATES_MAX)] = Field(
        default_factory=list
    )
    pool_id: APoolId | None = None
    category_id: ACategoryId | None = None
    skills: Annotated[list[Line], Field(max_length=REQUIRED_SKILLS_MAX)] = Field(
        default_factory=list
    )
    choosing: Word[Choosing] = Choosing.ALL_OF
    members: Annotated[int, Field(ge=1, le=CANDIDATES_MAX)] = 1
    members_per: Word[Per] = Per.BOOKING
    quantity: Units = 1
    per: Word[Per] = Per.BOOKING
    is_required: bool = True
    strategy: Word[Strategy] = Strategy.FIRST_AVAILABLE
    role: MaybeEmptyLine = ""
    seed: MaybeEmptyLine = ""

    def requirement(self) -> Requirement:
        """Return it as the engine takes it."""
        return Requirement(
            resource_id=self.resource_id,
            resource_ids=tuple(self.resource_ids),
            pool_id=self.pool_id,
            category_id=self.category_id,
            skills=tuple(self.skills),
            choosing=self.choosing,
            members=self.members,
            members_per=self.members_per,
            quantity=self.quantity,
            per=self.per,
            is_required=self.is_required,
            strategy=self.strategy,
            role=self.role,
            seed=self.seed,
        )


Requirements = Annotated[list[RequirementIn], Field(max_length=REQUIREMENTS_MAX)]


def requirements(given: list[RequirementIn]) -> tuple[Requirement, ...]:
    """Return what is needed as the engine takes it."""
    return tuple(one.requirement() for one in given)


class ComponentIn(Body):
    """A part of the offering that a booking may choose, with what it needs on top.

    A `capacity` of null is unlimited; else it is the largest party that the part serves.
    """

    key: Line
    name: Line
    capacity: Units | None = None
    requirements: Requirements = Field(default_factory=list)

    def component(self) -> Component:
        """Return it as the engine takes it."""
        return Component(
            key=self.key,
            name=self.name,
            capacity=self.capacity,
            requirements=requirements(self.requirements),
        )


Components = Annotated[list[ComponentIn], Field(max_length=COMPONENTS_MAX)]


def components(given: list[ComponentIn]) -> tuple[Component, ...]:
    """Return components as the engine takes them."""
    return tuple(one.component() for one in given)


class RequirementOut(Out):
    """Resources that the offering needs: one, several by name, a pool's or a category's."""

    resource_id: str | None
    resource_ids: list[str]
    pool_id: str | None
    category_id: str | None
    skills: list[str]
    choosing: Choosing
    members: int
    members_per: Per
    quantity: int
    per: Per
    is_required: bool
    strategy: Strategy
    role: str
    seed: str

    @classmethod
    def of(cls, requirement: Requirement) -> RequirementOut:
        """Show a requirement."""
        return cls(
            resource_id=requirement.resource_id,
            resource_ids=list(requirement.resource_ids),
            pool_id=requirement.pool_id,
            category_id=requirement.category_id,
            skills=list(requirement.skills),
            choosing=requirement.choosing,
            members=requirement.members,
            members_per=requirement.members_per,
            quantity=requirement.quantity,
            per=requirement.per,
            is_required=requirement.is_required,
            strategy=requirement.strategy,
            role=requirement.role,
            seed=requirement.seed,
        )


class ComponentOut(Out):
    """A part of the offering that a booking may choose, with what it needs on top."""

    key: str
    name: str
    capacity: int | None
    requirements: list[RequirementOut]

    @classmethod
    def of(cls, component: Component) -> ComponentOut:
        """Show a component."""
        return cls(
            key=component.key,
            name=component.name,
            capacity=component.capacity,
            requirements=[RequirementOut.of(one) for one in component.requirements],
        )
