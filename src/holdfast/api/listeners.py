"""Listeners: how far the hooks that are told of facts have come."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Out
from holdfast.domain.access import Scope
from holdfast.engine.asking import ListenerState


class ListenerOut(Out):
    """One hook that is told of facts.

    `position` is the last fact it was told of, or that it does not care for, and `last_position`
    the last there is. `error` says what went wrong with the next one, which was tried `tries`
    times. Of `given_up_count` facts it was never told, of which `given_up_event_id` is the latest.
    """

    name: str
    position: int
    last_position: int
    tries: int
    error: str | None
    given_up_count: int
    given_up_event_id: str | None

    @classmethod
    def of(cls, state: ListenerState) -> ListenerOut:
        """Show how far a listener is."""
        return cls(
            name=state.name,
            position=state.position,
            last_position=state.last_position,
            tries=state.tries,
            error=state.error,
            given_up_count=state.given_up_count,
            given_up_event_id=state.given_up_event_id,
        )


class ListenersOut(Out):
    """All hooks that were ever told of facts, by name."""

    items: list[ListenerOut]


async def list_(call: Call) -> Response:
    """List the listeners."""
    states = await call.read(lambda desk: desk.listeners.list())
    return call.answer(ListenersOut(items=[ListenerOut.of(state) for state in states]))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/listeners",
        name="listListeners",
        summary="List how far the hooks that are told of facts have come",
        scopes=(Scope.AUDIT_READ,),
        run=list_,
        answer=ListenersOut,
    ),
)
