"""The edge: the outermost layer, which guards every answer and lets no bug out unanswered."""

from __future__ import annotations

import traceback

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.api.problems import failed

log = structlog.get_logger("holdfast.api")

_GUARDS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
)


class Edge:
    """Pure ASGI middleware: security headers on every answer; a bug is logged and answered 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_begun = False

        async def guarded(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                _guard(message)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except ClientDisconnect:
            log.info("request.abandoned", method=scope["method"], path=scope["path"])
        except Exception as bug:  # the last resort: logged, and answered without its words
            _log(scope, bug)
            if is_begun:
                raise
            await failed(scope)(scope, receive, guarded)


def _guard(message: Message) -> None:
    headers = message["headers"] = list(message.get("headers", ()))
    present = {name.lower() for name, _ in headers}
    headers.extend(header for header in _GUARDS if header[0] not in present)


def _log(scope: Scope, bug: Exception) -> None:
    # As text: a log that shows local values would show keys.
    trace = "".join(traceback.format_exception(bug))
    log.error("request.failed", method=scope["method"], path=scope["path"], trace=trace)
