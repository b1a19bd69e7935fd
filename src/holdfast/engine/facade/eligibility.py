"""The facade's answer to "who may serve?"."""

from __future__ import annotations

from holdfast.domain.eligibility import Eligibility
from holdfast.engine.choosing import Choice
from holdfast.engine.eligibility import eligible_resources
from holdfast.engine.facade.port import Port, in_utc


class EligibleResources:
    """Who may serve an offering at a time. An answer, never a stored thing."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def list(self, choice: Choice, *, party_size: int = 1) -> Eligibility:
        """Say for every requirement who may serve, and why the others may not.

        Raises:
            InputInvalid: The request is malformed, or the party is empty.
            RecordNotFound: There is no such offering, slot or resource.
        """
        choice, port = in_utc(choice), self._port
        return port.read(
            lambda store: eligible_resources(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                choice=choice,
                party_size=party_size,
            )
        )
