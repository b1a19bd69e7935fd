"""Routing: the endpoints of one path, by method; who asks is settled before anything is read."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from holdfast.api.access import Access
from holdfast.api.calls import Call, Endpoint
from holdfast.api.gateway import Gateway
from holdfast.api.problems import renamed
from holdfast.domain.errors import InputInvalid, MethodNotAllowed


class PathEndpoint:
    """The endpoints of one path, as an ASGI app.

    Attributes:
        path: The template of the path, such as `/v1/holds/{hold_id}`; found as `scope["endpoint"]`
            by whoever measures.
    """

    def __init__(
        self, path: str, endpoints: Iterable[Endpoint], *, gateway: Gateway, access: Access
    ) -> None:
        self.path = path
        self._by_method = {endpoint.method: endpoint for endpoint in endpoints}
        if "GET" in self._by_method:
            self._by_method["HEAD"] = self._by_method["GET"]
        self._gateway = gateway
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        response = await self._answer(request)
        await response(scope, receive, _bodiless(send) if request.method == "HEAD" else send)

    async def _answer(self, request: Request) -> Response:
        endpoint = self._by_method.get(request.method)
        if endpoint is None:
            message = f"{request.method[:20]} is not possible here."
            raise MethodNotAllowed(message, allow=sorted(self._by_method))
        caller = await self._access.caller_of(request.headers)
        caller.actor.require(*endpoint.scopes)
        call = Call(request, endpoint=endpoint, gateway=self._gateway, caller=caller)
        call.check_headers()
        if endpoint.query is None:
            call.require_no_query()
        try:
            return await endpoint.run(call)
        except InputInvalid as refusal:
            raise renamed(refusal, endpoint.names) from None


def routes_of(endpoints: Iterable[Endpoint], *, gateway: Gateway, access: Access) -> list[Route]:
    """Return one route a path, in the order in which the paths first appear."""
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    return [
        Route(
            _pattern(path, group),
            PathEndpoint(path, group, gateway=gateway, access=access),
            name=path,
        )
        for path, group in by_path.items()
    ]


def _pattern(path: str, group: Iterable[Endpoint]) -> str:
    """Return a path as Starlette writes it."""
    if not any(endpoint.takes_slashes for endpoint in group):
        return path
    return f"{path.removesuffix('}')}:path}}"


def _bodiless(send: Send) -> Send:
    """Send what GET would, without its body."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
