"""The facade's feature of listeners: how far the hooks that are told of facts have come."""

from __future__ import annotations

from holdfast.domain.access import Scope
from holdfast.engine.asking import ListenerState
from holdfast.engine.facade.port import Port


class Listeners:
    """The hooks that are told what has happened, and what they were not told."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def list(self) -> list[ListenerState]:
        """Return how far each of them is at this business, by name; those never told are not there.

        Raises:
            AccessDenied: Only staff may look.
        """
        port = self._port
        port.actor.require(Scope.AUDIT_READ)
        return port.streams.states(port.tenant_id) if port.streams is not None else []
