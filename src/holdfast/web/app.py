"""The app of the pages: one table of addresses, and the edge that guards every answer."""

from __future__ import annotations

import traceback
from collections.abc import Iterable

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from holdfast.domain.errors import (
    HoldfastError,
    MethodNotAllowed,
    RecordNotFound,
    RequestFailed,
)
from holdfast.domain.tenants import is_slug
from holdfast.web import bookings, choosing, details, front, staff, waiting
from holdfast.web.addresses import Address
from holdfast.web.refusals import refused
from holdfast.web.rendering import MEDIA_TYPES, static_files, static_version
from holdfast.web.visits import House, Visit

log = structlog.get_logger("holdfast.web")

STATIC = "static"
_FOREVER = "public, max-age=31536000, immutable"
_CONTENT = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    b" form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_GUARDS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        _CONTENT,
    ),
)

ADDRESSES = (
    Address(path="/", get=front.door),
    *staff.ADDRESSES,
    Address(path="/{tenant}", get=front.show),
    Address(path="/{tenant}/theme.css", get=front.theme),
    Address(path="/{tenant}/logo.img", get=front.logo),
    Address(path="/{tenant}/bookings", get=bookings.ask_find, post=bookings.find),
    Address(path="/{tenant}/{offering}", get=choosing.choose, post=choosing.place),
    Address(path="/{tenant}/{offering}/waitlist", get=waiting.ask_join, post=waiting.join),
    Address(path="/{tenant}/waitlist/{link}", get=waiting.show, post=waiting.accept),
    Address(path="/{tenant}/waitlist/{link}/decline", get=waiting.show, post=waiting.decline),
    Address(path="/{tenant}/waitlist/{link}/leave", get=waiting.show, post=waiting.leave),
    Address(path="/{tenant}/holds/{hold_id}", get=details.show, post=details.confirm),
    Address(path="/{tenant}/holds/{hold_id}/more", get=details.show, post=details.extend),
    Address(path="/{tenant}/holds/{hold_id}/promo", get=details.show, post=details.ask_promo),
    Address(path="/{tenant}/holds/{hold_id}/release", post=details.let_go),
    Address(path="/{tenant}/bookings/{link}", get=bookings.show),
    Address(path="/{tenant}/bookings/{link}/cancel", get=bookings.ask_cancel, post=bookings.cancel),
    Address(path="/{tenant}/bookings/{link}/calendar.ics", get=bookings.calendar),
)


class PageEndpoint:
    """What answers at one address, as an ASGI app.

    Attributes:
        path: The template of the path, found as `scope["endpoint"]` by whoever measures.
    """

    def __init__(self, address: Address, house: House) -> None:
        self.path = address.path
        self._address = address
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        visit = Visit(request, self._house)
        try:
            response = await self._answer(visit, request.method)
        except HoldfastError as refusal:
            response = _refusal_page(visit, refusal)
        await response(scope, receive, _bodiless(send) if request.method == "HEAD" else send)

    async def _answer(self, visit: Visit, method: str) -> Response:
        answer = {
            "GET": self._address.get,
            "HEAD": self._address.get,
            "POST": self._address.post,
        }.get(method)
        if answer is None:
            raise MethodNotAllowed("This is not possible here.")
        if method == "POST":
            visit.require_same_site()
        return await answer(visit)


class Pages:
    """All pages as an ASGI app. `answers` says which paths are theirs."""

    def __init__(self, house: House) -> None:
        self._house = house
        lost = Address(path="none", get=_lost, post=_lost)
        self._router = Router(
            [
                Route(f"/{STATIC}/{{version}}/{{name}}", _static),
                *_routes(ADDRESSES, house),
            ],
            default=PageEndpoint(lost, house),
            redirect_slashes=False,
        )

    def answers(self, scope: Scope) -> bool:
        """Tell whether a request is for a page: the door, a static file, staff or a business."""
        path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
        if root and path.startswith(f"{root}/"):
            path = path[len(root) :]
        first = path.strip("/").partition("/")[0]
        return not first or first in {STATIC, staff.STAFF} or is_slug(first)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_begun = False

        async def guarded(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                headers = message["headers"] = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers.extend(guard for guard in _GUARDS if guard[0] not in present)
            await send(message)

        try:
            await self._router(scope, receive, guarded)
        except ClientDisconnect:
            log.info("request.abandoned", method=scope["method"], path=_endpoint(scope))
        except Exception as bug:  # the last resort: logged, and answered without its words
            _log(scope, bug)
            if is_begun:
                raise
            visit = Visit(Request(scope, receive), self._house)
            failed = _refusal_page(visit, RequestFailed("It has been logged."))
            await failed(scope, receive, guarded)


def _routes(addresses: Iterable[Address], house: House) -> list[Route]:
    return [Route(one.path, PageEndpoint(one, house), name=one.path) for one in addresses]


async def _lost(_visit: Visit) -> Response:
    raise RecordNotFound(kind="page", key="")


async def _static(request: Request) -> Response:
    name = str(request.path_params["name"])
    content = static_files().get(name)
    if content is None:
        return Response("Not found.", 404, media_type="text/plain")
    is_current = request.path_params["version"] == static_version()
    return Response(
        content,
        media_type=MEDIA_TYPES[name.rpartition(".")[2]],
        headers={"Cache-Control": _FOREVER if is_current else "no-store"},
    )


def _refusal_page(visit: Visit, refusal: HoldfastError) -> Response:
    slug = str(visit.request.path_params.get("tenant", ""))
    response = visit.page(
        "refusal.html",
        {
            "status": refusal.status,
            "refusal": refused(refusal, visit.language),
            "is_link": refusal.fields.get("kind") == "link",
            "slug": slug if is_slug(slug) and refusal.fields.get("kind") != "business" else None,
        },
        status=refusal.status,
    )
    wait = refusal.fields.get("retry_after_seconds")
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _log(scope: Scope, bug: Exception) -> None:
    # As text: a log that shows local values would show people's addresses.
    trace = "".join(traceback.format_exception(bug))
    log.error("page.failed", method=scope["method"], path=_endpoint(scope), trace=trace)


def _endpoint(scope: Scope) -> str:
    """Return the template of the address: the path itself may hold a link."""
    return str(getattr(scope.get("endpoint"), "path", "none"))


def _bodiless(send: Send) -> Send:
    """Send what GET would, without its body."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
