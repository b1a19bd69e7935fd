"""The app: every feature's routes on one FastAPI application, to serve or to mount.

Routes stand on the application itself, the hot ones first and literals before patterns: a router
included in it would be searched through on every request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from holdfast.api import (
    agenda,
    availability,
    blocks,
    bookings,
    calendars,
    categories,
    customers,
    history,
    holds,
    keys,
    limits,
    listeners,
    members,
    offerings,
    orders,
    policies,
    pools,
    promo_codes,
    quotes,
    reports,
    resources,
    schedules,
    series,
    slots,
    tenants,
    waitlist,
)
from holdfast.api.access import TRUST_SECONDS, Access
from holdfast.api.calls import Endpoint
from holdfast.api.edge import Edge
from holdfast.api.gateway import Gateway
from holdfast.api.openapi import document
from holdfast.api.pages import docs_page, problem_page, problems_page, style_sheet
from holdfast.api.problems import problem, refused, refused_by_server
from holdfast.api.routing import routes_of
from holdfast.domain.errors import HoldfastError, ServerBusy

log = structlog.get_logger("holdfast.api")

TITLE = "Holdfast"
VERSION = "1.0.0"

Ready = Callable[[], Awaitable[Mapping[str, object] | None]]
"""Returns when the server can serve: the database is there and its schema is current; what it
returns is shown too. Otherwise it raises a `HoldfastError`, which is the answer, or anything else,
which is logged."""

Metrics = Callable[[], tuple[bytes, str]]
"""Returns what is measured, and its media type."""

ENDPOINTS: tuple[Endpoint, ...] = (
    *holds.ENDPOINTS,
    *bookings.ENDPOINTS,
    *availability.ENDPOINTS,
    *quotes.ENDPOINTS,
    *resources.ENDPOINTS,
    *calendars.ENDPOINTS,
    *pools.ENDPOINTS,
    *offerings.ENDPOINTS,
    *promo_codes.ENDPOINTS,
    *schedules.ENDPOINTS,
    *blocks.ENDPOINTS,
    *slots.ENDPOINTS,
    *limits.ENDPOINTS,
    *orders.ENDPOINTS,
    *series.ENDPOINTS,
    *waitlist.ENDPOINTS,
    *bookings.INVITATION_ENDPOINTS,
    *bookings.AFFECTED_ENDPOINTS,
    *categories.ENDPOINTS,
    *customers.ENDPOINTS,
    *members.ENDPOINTS,
    *keys.ENDPOINTS,
    *tenants.ENDPOINTS,
    *policies.ENDPOINTS,
    *history.ENDPOINTS,
    *listeners.ENDPOINTS,
    *reports.ENDPOINTS,
    *agenda.ENDPOINTS,
)


class HoldfastApi(FastAPI):
    """FastAPI with our own document: it is made from the endpoints' table."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document."""
        if self.openapi_schema is None:
            self.openapi_schema = document(ENDPOINTS, title=self.title, version=self.version)
        return self.openapi_schema


def create_app(
    gateway: Gateway,
    *,
    title: str = TITLE,
    root_path: str = "",
    ready: Ready | None = None,
    metrics: Metrics | None = None,
    trust_seconds: float = TRUST_SECONDS,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """Return the REST face as an application.

    Args:
        gateway: The way to the engine.
        title: What the document and the reference page are called.
        root_path: The public path before ours, where a proxy removes it; mounts find it out.
        ready: What `/readyz` asks.
        metrics: What `/metrics` answers; without it there is no such page.
        trust_seconds: How long a key that was found is believed, at most 5 seconds.
        lifespan: What runs around serving; not when the app is mounted in another.
    """
    app = HoldfastApi(
        title=title,
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[Middleware(Edge)],
        exception_handlers={HoldfastError: refused, HTTPException: refused_by_server},
    )
    app.root_path = root_path
    access = Access(gateway, trust_seconds=trust_seconds)
    app.router.routes.extend(routes_of(ENDPOINTS, gateway=gateway, access=access))
    app.router.routes.extend(_operations(ready, metrics))
    app.router.routes.extend(_pages(app))
    return app


def _operations(ready: Ready | None, metrics: Metrics | None) -> list[Route]:
    """What operators look at. It tells nothing of any business and asks for no key."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        try:
            more = None if ready is None else await ready()
        except HoldfastError as refusal:
            return problem(refusal, request.scope)
        except Exception:  # whatever it is, we are not ready, and the log says why
            log.warning("server.not_ready", exc_info=True)
            return problem(ServerBusy("The server is not ready."), request.scope)
        return JSONResponse({"status": "ready", **(more or {})})

    routes = [Route("/healthz", healthz), Route("/readyz", readyz)]
    if metrics is not None:
        measure = metrics

        async def measured(_request: Request) -> Response:
            body, media_type = measure()
            return Response(body, media_type=media_type)

        routes.append(Route("/metrics", measured))
    return routes


def _pages(app: FastAPI) -> list[Route]:
    """The document, the reference page and what problems mean: readable without a key."""

    async def openapi(request: Request) -> Response:
        root = str(request.scope.get("root_path", ""))
        return JSONResponse({**app.openapi(), "servers": [{"url": root or "/"}]})

    async def docs(request: Request) -> Response:
        return docs_page(app.openapi(), request)

    return [
        Route("/openapi.json", openapi),
        Route("/docs", docs),
        Route("/docs.css", style_sheet),
        Route("/problems", problems_page),
        Route("/problems/{code}", problem_page),
    ]
