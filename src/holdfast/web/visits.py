"""Visits: one request of a visitor on its way through a page.

A visitor has no account. What is theirs is known by a cookie with a random secret, of which only a
digest is ever written down: it is the actor that placed their holds. A link makes its bearer the
actor of one booking.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from holdfast.domain.access import Actor, ActorKind
from holdfast.domain.errors import (
    AccessDenied,
    InputTooLarge,
    InputUnsupported,
    RecordNotFound,
)
from holdfast.domain.ids import BookingId, TenantId, WaitlistEntryId
from holdfast.domain.links import LinkSigner
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.rules import RuleDraft
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import zone_names
from holdfast.engine.facade import TenantEngine
from holdfast.engine.use_cases import Envelope
from holdfast.web.gateway import Gateway
from holdfast.web.languages import LANGUAGES, Language, chosen_language
from holdfast.web.limiting import Limiter, Rate, network_of
from holdfast.web.multipart import MEDIA, read_multipart
from holdfast.web.rendering import render, static_version

T = TypeVar("T")
R = TypeVar("R")

FORM_BYTES_MAX = 65_536
FIELDS_MAX = 200
DIGITS_MAX = 9
EMBED = "embed"
"""The part of the path below which pages are shown inside other sites."""

EMBEDDED = "holdfast.embedded"
"""The key of the scope under which it stands that we are shown inside another site."""

VISITOR_COOKIE = "holdfast_visitor"
LANGUAGE_COOKIE = "holdfast_language"
ZONE_COOKIE = "holdfast_zone"
_A_YEAR_SECONDS = 365 * 24 * 3_600
_A_DAY_SECONDS = 24 * 3_600
_SECRET_LENGTH = 43  # of 256 bits in URL-safe letters


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all pages of a server share.

    Attributes:
        holidays: Returns the public holidays of a country in some years, as rules that close.
    """

    gateway: Gateway
    signer: LinkSigner
    limiter: Limiter = field(default_factory=Limiter)
    lists_businesses: bool = False
    has_open_sign_up: bool = False
    holidays: Callable[[str, Sequence[int]], tuple[RuleDraft, ...]] | None = None


class Form:
    """What a form or a query says: texts by name, repeated or not. Nothing in it is believed."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for name, value in pairs:
            self._by_name.setdefault(name, []).append(value.replace("\x00", ""))

    def pairs(self) -> list[tuple[str, str]]:
        """Return everything that was said."""
        return [(name, value) for name, values in self._by_name.items() for value in values]

    def text(self, name: str) -> str:
        """Return the first value of a name without spaces around it; empty if there is none."""
        return self._by_name.get(name, [""])[0].strip()

    def raw(self, name: str) -> str:
        """Return the first value of a name as it was typed: spaces are a part of passwords."""
        return self._by_name.get(name, [""])[0]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all values of a name."""
        return tuple(value.strip() for value in self._by_name.get(name, ()) if value.strip())

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number within limits; the default where it is none."""
        said = self.text(name)
        is_number = said.isascii() and said.isdecimal() and len(said) <= DIGITS_MAX
        number = int(said) if is_number else default
        return max(least, min(number, most))


class Visit:
    """One request of a visitor."""

    def __init__(self, request: Request, house: House) -> None:
        self.request = request
        self.house = house
        self.query = Form(_pairs(bytes(request.scope.get("query_string", b""))))
        self._cookies: list[tuple[str, str, int, bool]] = []

    # ------------------------------------------------------------------------------ where and who

    @property
    def root(self) -> str:
        """Where we are mounted, without a slash at the end."""
        return str(self.request.scope.get("root_path", "")).rstrip("/")

    @property
    def is_embedded(self) -> bool:
        """Whether we are shown inside another site."""
        return bool(self.request.scope.get(EMBEDDED))

    @property
    def now(self) -> datetime:
        """The present instant, for display; decisions take the engine's own."""
        return self.house.gateway.engine.clock.now()

    @property
    def address(self) -> str:
        """Whose tries are counted together: an address, or a network of IPv6."""
        client = self.request.client
        return network_of(client.host if client else "")

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def url(self, *parts: str, **query: object) -> str:
        """Return a path of ours, wherever we are mounted; empty values are left out."""
        path = "".join(f"/{quote(part, safe='')}" for part in parts)
        pairs: list[tuple[str, str]] = []
        for name, value in query.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            pairs += [(name, str(one)) for one in values if one not in (None, "", False)]
        return f"{self.root}{path or '/'}" + (f"?{urlencode(pairs)}" if pairs else "")

    def outside(self, *parts: str) -> str:
        """Return a path of ours as a page of its own, not inside another site."""
        inside = self.url(*parts)
        return self.root.removesuffix(f"/{EMBED}") + inside[len(self.root) :]

    def static(self, name: str) -> str:
        """Return where a static file is."""
        return f"{self.root}/static/{static_version()}/{name}"

    @cached_property
    def language(self) -> Language:
        """The language to answer in: as chosen, or as the browser says."""
        wished = self.query.text("lang")
        if wished in LANGUAGES:
            self.remember(LANGUAGE_COOKIE, wished, _A_YEAR_SECONDS)
        else:
            wished = self.request.cookies.get(LANGUAGE_COOKIE, "")
        return chosen_language(wished or None, self.request.headers.get("accept-language", ""))

    def zone_name(self, business_zone: str) -> str:
        """Return the zone to show times in: the visitor's as far as it is known."""
        said = self.query.text("zone")
        if said in zone_names():
            self.remember(ZONE_COOKIE, said, _A_YEAR_SECONDS, is_for_scripts=True)
            return said
        kept = self.request.cookies.get(ZONE_COOKIE, "")
        return kept if kept in zone_names() else business_zone

    @cached_property
    def visitor(self) -> Actor | None:
        """The visitor as an actor, if they have been here before."""
        secret = self.request.cookies.get(VISITOR_COOKIE, "")
        if len(secret) != _SECRET_LENGTH or not secret.isascii():
            return None
        return _visitor(secret)

    def make_visitor(self) -> Actor:
        """Return the visitor as an actor, known from now on."""
        if self.visitor is not None:
            return self.visitor
        secret = secrets.token_urlsafe(32)
        self.remember(VISITOR_COOKIE, secret, _A_DAY_SECONDS)
        return _visitor(secret)

    def remember(
        self, name: str, value: str, seconds: int, *, is_for_scripts: bool = False
    ) -> None:
        """Set a cookie with the answer."""
        self._cookies.append((name, value, seconds, is_for_scripts))

    # --------------------------------------------------------------------------------- what is said

    async def form(self) -> Form:
        """Read the form that was sent.

        Raises:
            AccessDenied: Another site sent it.
            InputTooLarge: It is larger than any form of ours.
            InputUnsupported: It is no form.
        """
        self.require_same_site()
        content_type = self.request.headers.get("content-type", "")
        media = content_type.partition(";")[0].strip().lower()
        if media not in {"application/x-www-form-urlencoded", MEDIA}:
            raise InputUnsupported("This page takes what its own form sends.")
        body = bytearray()
        async for part in self.request.stream():
            body.extend(part)
            if len(body) > FORM_BYTES_MAX:
                raise InputTooLarge("This is more than a form may say.", limit=FORM_BYTES_MAX)
        if media == MEDIA:
            return Form(read_multipart(bytes(body), content_type, fields_max=FIELDS_MAX))
        return Form(_pairs(bytes(body)))

    def require_same_site(self) -> None:
        """Refuse a form that another site sent in the visitor's name.

        Browsers say where a request comes from: in `Sec-Fetch-Site`, older ones in `Origin`.

        Raises:
            AccessDenied: It comes from elsewhere.
        """
        headers = self.request.headers
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        if site is not None:
            is_ours = site in {"same-origin", "none"}
        else:
            is_ours = origin is None or urlsplit(origin).netloc == headers.get("host", "")
        if not is_ours:
            raise AccessDenied("This form was sent from another site. Open the page here instead.")

    def count(self, rate: Rate, *whos: str) -> None:
        """Count a try of this address, and of whatever else it concerns.

        Raises:
            RateLimited: There were too many.
        """
        self.house.limiter.count(rate, self.address, *whos)

    # ---------------------------------------------------------------------------------- the engine

    async def read(self, question: Callable[[], T]) -> T:
        """Ask the engine something in the pool of readers."""
        return await self.house.gateway.read(question)

    def desk(self, tenant_id: TenantId, actor: Actor | None = None) -> TenantEngine:
        """Return a business as a visitor sees it; to be used within `read`."""
        return self.house.gateway.engine.at(tenant_id, actor=actor or self.visitor or NOBODY)

    async def write(self, tenant_id: TenantId, actor: Actor, command: object, kind: type[R]) -> R:
        """Run a command as a visitor, in the commit lane.

        Raises:
            HoldfastError: It was refused.
        """
        outcome = await self.house.gateway.write(
            tenant_id, Envelope(command=command, actor=actor, source="pages")
        )
        if outcome.error is not None:
            raise outcome.error from outcome.bug
        assert isinstance(outcome.result, kind)
        return outcome.result

    def find_tenant(self) -> Tenant:
        """Return the business of the path; to be used within `read`.

        Raises:
            RecordNotFound: There is none.
        """
        slug = self.path("tenant")
        tenant = self.house.gateway.engine.register.find_by_slug(slug)
        if tenant is None:
            raise RecordNotFound(kind="business", key=slug)
        return tenant

    def find_offering(self) -> tuple[Tenant, Offering]:
        """Return the offering of the path, with its business; to be used within `read`.

        Raises:
            RecordNotFound: There is none that a customer may see.
        """
        tenant = self.find_tenant()
        slug = self.path("offering")
        offering = self.desk(tenant.tenant_id, NOBODY).offerings.find_by_slug(slug)
        if offering is None or offering.status is OfferingStatus.DELETED:
            raise RecordNotFound(kind="offering", key=slug)
        return tenant, offering

    # -------------------------------------------------------------------------------- the answer

    def page(self, template: str, context: Mapping[str, object], *, status: int = 200) -> Response:
        """Answer a page."""
        shown = {"visit": self, "tenant": None, **context}
        return self._with_cookies(HTMLResponse(render(template, self.language, shown), status))

    def go(self, url: str) -> Response:
        """Send the visitor on, after a form (303)."""
        return self._with_cookies(RedirectResponse(url, 303))

    def _with_cookies(self, response: Response) -> Response:
        for name, value, seconds, is_for_scripts in self._cookies:
            response.set_cookie(
                name,
                value,
                max_age=seconds,
                path=f"{self.root}/",
                secure=self.is_embedded or self.request.url.scheme == "https",
                httponly=not is_for_scripts,
                samesite="none" if self.is_embedded else "lax",
            )
            if self.is_embedded:
                # Of this visitor on that one site (CHIPS): nobody is followed from site to site.
                name_of_it, kept = response.raw_headers[-1]
                response.raw_headers[-1] = (name_of_it, kept + b"; Partitioned")
        return response

    def language_links(self) -> list[tuple[str, str, str]]:
        """List the other languages: code, own name and where this page is in it."""
        pairs = [(name, value) for name, value in self.request.query_params.multi_items()]
        kept = [(name, value) for name, value in pairs if name != "lang"]
        path = str(self.request.scope["path"])
        here = path if path.startswith(self.root) else self.root + path
        names = {"en": "English", "fr": "Français"}
        return [
            (code, name, f"{quote(here)}?{urlencode([*kept, ('lang', code)])}")
            for code, name in names.items()
            if code != self.language.code
        ]


def _visitor(secret: str) -> Actor:
    # The digest is what the books show; nobody who reads them can pass for the visitor.
    digest = hashlib.sha256(secret.encode()).hexdigest()[:32]
    return Actor(kind=ActorKind.CUSTOMER_LINK, actor_id=f"vis_{digest}")


def bearer_of(subject_id: BookingId | WaitlistEntryId) -> Actor:
    """Return who comes with the link of a booking, or of an entry in a waitlist."""
    return Actor(kind=ActorKind.CUSTOMER_LINK, actor_id=subject_id)


NOBODY = Actor(kind=ActorKind.CUSTOMER_LINK, actor_id="vis_nobody")
"""A visitor who has not placed anything."""


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            raw.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=FIELDS_MAX
        )
    except ValueError:
        return []
