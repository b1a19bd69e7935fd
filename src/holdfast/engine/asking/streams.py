"""The stream of a business's facts, as listeners are told of it; what is asked of the storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from holdfast.domain.history import Event
from holdfast.domain.ids import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A listener's turn at one business: nobody else tells it meanwhile.

    Attributes:
        token: By what the turn is known again; somebody else's is another one.
        position: The last fact that it was told of, or that was passed over.
        tries: How often the next one was tried.
    """

    tenant_id: TenantId
    name: str
    token: str
    position: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerState:
    """How far a listener is at one business.

    Attributes:
        position: The last fact that it was told of.
        last_position: The last fact there is, as far as they are numbered.
        tries, error: How often the next fact was tried in vain, and what came of it.
        given_up_count: How many facts it was never told of.
        given_up_event_id: The latest of these.
    """

    tenant_id: TenantId
    name: str
    position: int
    last_position: int
    tries: int
    error: str | None
    given_up_count: int
    given_up_event_id: str | None


class Streams(Protocol):
    """Numbered facts, and who was told of them so far."""

    def unnumbered(self, *, limit: int) -> list[TenantId]:
        """Return businesses with facts that have no number yet."""
        ...

    def number(self, tenant_id: TenantId, *, limit: int) -> int:
        """Give the next facts of a business their numbers; returns how many were given."""
        ...

    def behind(self, name: str, *, limit: int) -> list[TenantId]:
        """Return businesses that have facts a listener was not told of, if it may be tried now."""
        ...

    def begin(self, tenant_id: TenantId, name: str, *, token: str, seconds: float) -> Turn | None:
        """Take a listener's turn for so long; None while somebody else has it."""
        ...

    def facts(self, tenant_id: TenantId, *, after: int, limit: int) -> Sequence[tuple[int, Event]]:
        """Return the next facts of a business with their numbers, in order."""
        ...

    def told(self, turn: Turn, *, position: int, seconds: float) -> bool:
        """Record how far a listener is, and keep its turn; False if that is somebody else's now."""
        ...

    def failed(self, turn: Turn, *, error: str, wait_seconds: float) -> bool:
        """Record a try in vain, and end the turn; False if it is somebody else's now."""
        ...

    def gave_up(self, turn: Turn, *, position: int, event_id: str, error: str) -> bool:
        """Record that a fact is passed over for good; False if the turn is somebody else's now."""
        ...

    def end(self, turn: Turn) -> None:
        """End a turn."""
        ...

    def states(self, tenant_id: TenantId) -> list[ListenerState]:
        """Return how far each listener is at one business, by name."""
        ...

    def now(self) -> datetime:
        """Read the clock of record."""
        ...
