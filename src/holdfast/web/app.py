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
from holdfast.web.visits import EMBED, EMBEDDED, House, Visit

log = structlog.get_logger("holdfast.web")

STATIC = "static"
WIDGET = "widget.js"
_FOREVER = "public, max-age=31536000, immutable"
_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors {}"
)
_POLICY = b"content-security-policy"
_NO_FRAMES = (b"x-frame-options", b"DENY")
_GUARDS = (
    (b"x-content-type-options", b"nosniff"),
    _NO_FRAMES,
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
    (_POLICY, _CONTENT.format("'none'").encode()),
)

CUSTOMERS = (
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
    Address(path="/{tenant}/bookings/{link}/qr.png", get=bookings.code),
    Address(path="/{tenant}/bookings/{link}/booking.pdf", get=bookings.paper),
)
ADDRESSES = (Address(path="/", get=front.door), *staff.ADDRESSES, *CUSTOMERS)


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
        if visit.is_embedded:
            response.headers[_POLICY.decode()] = _CONTENT.format(await _hosts(visit))
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
        self._router = _router(ADDRESSES, house)
        self._embedded = _router(CUSTOMERS, house)

    def answers(self, scope: Scope) -> bool:
        """Tell whether a request is for a page: the door, a static file, staff or a business."""
        first = _path_of(scope).strip("/").partition("/")[0]
        return not first or first in {STATIC, staff.STAFF, EMBED, WIDGET} or is_slug(first)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_begun = False

        async def guarded(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                headers = message["headers"] = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                # Browsers of today go by the policy, which may name sites; older ones by this.
                is_framed = _POLICY in present and scope.get(EMBEDDED)
                guards = [one for one in _GUARDS if one != _NO_FRAMES or not is_framed]
                headers.extend(guard for guard in guards if guard[0] not in present)
            await send(message)

        router = self._router
        path, root = _path_of(scope), str(scope.get("root_path", "")).rstrip("/")
        if path.startswith(f"/{EMBED}/"):
            # The same pages, for customers, under another root: every address that they make
            # stays under it.
            router = self._embedded
            scope.update({"path": root + path, "root_path": f"{root}/{EMBED}", EMBEDDED: True})
        try:
            await router(scope, receive, guarded)
        except ClientDisconnect:
            log.info("request.abandoned", method=scope["method"], path=_endpoint(scope))
        except Exception as bug:  # the last resort: logged, and answered without its words
            _log(scope, bug)
            if is_begun:
                raise
            visit = Visit(Request(scope, receive), self._house)
            failed = _refusal_page(visit, RequestFailed("It has been logged."))
            await failed(scope, receive, guarded)


def _path_of(scope: Scope) -> str:
    """Return the path below where we are mounted, however the server says that."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def _router(addresses: Iterable[Address], house: House) -> Router:
    lost = Address(path="none", get=_lost, post=_lost)
    return Router(
        [
            Route(f"/{STATIC}/{{version}}/{{name}}", _static),
            Route(f"/{WIDGET}", _widget),
            *_routes(addresses, house),
        ],
        default=PageEndpoint(lost, house),
        redirect_slashes=False,
    )


async def _hosts(visit: Visit) -> str:
    """Return the sites in which a business lets its pages be shown, for the policy."""
    slug = str(visit.request.path_params.get("tenant", ""))
    register = visit.house.gateway.engine.register
    tenant = await visit.read(lambda: register.find_by_slug(slug)) if is_slug(slug) else None
    return " ".join(tenant.embed_origins) if tenant and tenant.embed_origins else "'none'"


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


async def _widget(_request: Request) -> Response:
    """Give the script that other sites take: under a name that stays, and for a short while."""
    return Response(
        static_files()[WIDGET],
        media_type=MEDIA_TYPES["js"],
        headers={
            "Cache-Control": "public, max-age=300",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
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
