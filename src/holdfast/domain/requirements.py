"""Requirements: which resources an offering needs, how many of them, and how they are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from holdfast.domain.ids import CategoryId, PoolId, ResourceId

REQUIREMENTS_MAX = 50
CANDIDATES_MAX = 500
"""How many resources one requirement may choose among."""


class Per(StrEnum):
    """What a quantity is multiplied by."""

    BOOKING = "booking"
    PARTICIPANT = "participant"


class Choosing(StrEnum):
    """Which of the resources named are needed.

    ALL_OF: every one of them. ANY_OF: as many as `members` says, no matter which.
    """

    ALL_OF = "all_of"
    ANY_OF = "any_of"


class Strategy(StrEnum):
    """In which order the resources of a requirement are tried, where any of several serve.

    FIRST_AVAILABLE: in the order in which they are listed, sorted or named. ROUND_ROBIN: who was
    chosen longest ago. LEAST_LOADED: who has the least to do. PRIORITY: by their `sort_order`.
    RANDOM: by lot, the same for the same seed and time. MANUAL: only who is asked for by name.
    """

    FIRST_AVAILABLE = "first_available"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    PRIORITY = "priority"
    RANDOM = "random"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Resources that an offering needs.

    Exactly one of `resource_id`, `resource_ids`, `pool_id` and `category_id` says which.

    Attributes:
        skills: Only resources that have all of these serve.
        choosing: Every one of the resources, or any `members` of them. One resource serves one
            requirement of a booking.
        members: How many resources are chosen, times the party if `members_per` says so.
        quantity: Units taken of each resource, times the party if `per` says so.
        strategy, seed: In which order they are tried; the seed is that of RANDOM.
        is_required: Whether the booking is refused without it; else it is left out.
        role: What the resource is to the booking, such as "therapist"; kept with the booking.
    """

    resource_id: ResourceId | None = None
    resource_ids: tuple[ResourceId, ...] = ()
    pool_id: PoolId | None = None
    category_id: CategoryId | None = None
    skills: tuple[str, ...] = ()
    choosing: Choosing = Choosing.ALL_OF
    members: int = 1
    members_per: Per = Per.BOOKING
    quantity: int = 1
    per: Per = Per.BOOKING
    is_required: bool = True
    strategy: Strategy = Strategy.FIRST_AVAILABLE
    role: str = ""
    seed: str = ""

    @property
    def named_ids(self) -> tuple[ResourceId, ...]:
        """The resources that are named one by one."""
        return self.resource_ids if self.resource_id is None else (self.resource_id,)

    @property
    def is_single(self) -> bool:
        """Whether it is one resource, by name."""
        return self.resource_id is not None

    def units(self, party_size: int) -> int:
        """How many units a party takes of each resource.

        >>> Requirement(resource_id=ResourceId("r"), quantity=2, per=Per.PARTICIPANT).units(3)
        6
        """
        return self.quantity * (party_size if self.per is Per.PARTICIPANT else 1)

    def members_for(self, party_size: int) -> int:
        """How many resources any of which serve a party.

        >>> bikes = Requirement(pool_id=PoolId("bikes"), members_per=Per.PARTICIPANT)
        >>> bikes.members_for(4)
        4
        """
        return self.members * (party_size if self.members_per is Per.PARTICIPANT else 1)
