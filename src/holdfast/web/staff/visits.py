"""Staff's visits: a request of somebody who is signed in, at home or in one of their businesses.

A sign-in is a random secret in a cookie that scripts cannot read; the books hold its digest. What a
form sends is believed when it comes from this site and says the sign-in's token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from hmac import compare_digest
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from holdfast.domain.access import SYSTEM, Actor, Member, Scope
from holdfast.domain.accounts import HOUSE, SignIn
from holdfast.domain.errors import (
    AccessDenied,
    HoldfastError,
    InputInvalid,
    InputTooLarge,
    InputUnsupported,
    RecordNotFound,
    Unauthenticated,
)
from holdfast.domain.tenants import Tenant
from holdfast.engine.accounts import UseSignIn
from holdfast.engine.facade import TenantEngine
from holdfast.engine.facade.accounts import Person
from holdfast.engine.use_cases import Envelope
from holdfast.web.staff.rail import Counts, rail_of
from holdfast.web.visits import FORM_BYTES_MAX, Form, House, Visit

R = TypeVar("R")

STAFF = "staff"
SIGN_IN_COOKIE = "holdfast_staff"
TOKEN_FIELD = "token"
TOKEN_HEADER = "x-holdfast-token"
_SECRET_LENGTH_MAX = 100


class PersonVisit(Visit):
    """One request of somebody who is signed in, wherever they work."""

    def __init__(self, request: Request, house: House, person: Person) -> None:
        super().__init__(request, house)
        self.person = person
        self.account = person.account

    @property
    def token(self) -> str:
        """What a form says so that it is believed: nobody else can know it."""
        secret = secret_in(self.request)
        return hashlib.sha256(b"holdfast form token\0" + secret.encode()).hexdigest()

    def absolute(self, *parts: str) -> str:
        """Return a whole address of ours, to be sent to somebody."""
        where = self.request.url
        return f"{where.scheme}://{where.netloc}{self.url(*parts)}"

    async def form(self) -> Form:
        """Read the form that was sent.

        Raises:
            AccessDenied: Another site sent it, or it was made for another sign-in.
            InputTooLarge: It is larger than any form of ours.
            InputUnsupported: It is no form.
        """
        form = await super().form()
        self._require_token(form.text(TOKEN_FIELD))
        return form

    async def json(self) -> Mapping[str, object]:
        """Read the JSON object that a script of ours sent, its token in a header.

        Raises:
            AccessDenied: Another site sent it, or it was made for another sign-in.
            InputInvalid: It is no JSON object.
            InputTooLarge: It is larger than any form of ours.
            InputUnsupported: It does not say that it is JSON.
        """
        self.require_same_site()
        self._require_token(self.request.headers.get(TOKEN_HEADER, ""))
        media = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise InputUnsupported("This address takes JSON.")
        body = bytearray()
        async for part in self.request.stream():
            body.extend(part)
            if len(body) > FORM_BYTES_MAX:
                raise InputTooLarge("This is more than can be said here.", limit=FORM_BYTES_MAX)
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise InputInvalid.at("", "not_an_object", "Send a JSON object.")
        return said

    def _require_token(self, said: str) -> None:
        if not compare_digest(said.encode(), self.token.encode()):
            raise AccessDenied("This form was made for another sign-in. Open the page again.")


class StaffVisit(PersonVisit):
    """One request of a member, in a business.

    Attributes:
        tenant: The business.
        member: Whom the person is there.
        tenants: All the businesses that the person works for.
        counts: What waits for them.
    """

    def __init__(
        self,
        request: Request,
        house: House,
        person: Person,
        *,
        tenant: Tenant,
        member: Member,
        tenants: list[Tenant],
        counts: Counts,
        scopes_by_path: Mapping[str, Scope],
    ) -> None:
        super().__init__(request, house, person)
        self.tenant = tenant
        self.member = member
        self.tenants = tenants
        self.counts = counts
        self._scopes_by_path = scopes_by_path

    @property
    def actor(self) -> Actor:
        """The member as an actor."""
        return self.member.actor

    def may(self, scope: Scope | str) -> bool:
        """Tell whether the member may do something."""
        return Scope(scope) in self.actor.scopes

    def may_open(self, path: str) -> bool:
        """Tell whether there is a page below the business, and the member may look at it."""
        scope = self._scopes_by_path.get(path)
        return scope is not None and self.may(scope)

    @property
    def below(self) -> str:
        """Where this page is below the business's own; empty for the day."""
        path = str(self.request.scope["path"])
        return path.partition(f"/{STAFF}/{self.tenant.slug}")[2].strip("/")

    def engine_desk(self) -> TenantEngine:
        """Return the business as the member sees it; to be used within `read`."""
        return self.house.gateway.engine.at(self.tenant.tenant_id, actor=self.actor)

    async def run(self, command: object, kind: type[R]) -> R:
        """Run a command as the member, in the commit lane.

        Raises:
            HoldfastError: It was refused.
        """
        outcome = await self.house.gateway.write(
            self.tenant.tenant_id, Envelope(command=command, actor=self.actor, source=STAFF)
        )
        if outcome.error is not None:
            raise outcome.error from outcome.bug
        assert isinstance(outcome.result, kind)
        return outcome.result

    def here(self, *parts: str, **query: object) -> str:
        """Return a path below this business's own."""
        return self.url(STAFF, self.tenant.slug, *parts, **query)

    def page(self, template: str, context: Mapping[str, object], *, status: int = 200) -> Response:
        """Answer a page in the shell."""
        rail = rail_of(
            self.below, may_open=self.may_open, counts=self.counts, say=self.language.gettext
        )
        shown = {"tenant": self.tenant, "rail": rail, **context}
        return super().page(template, shown, status=status)

    def say(self, value: object, *, status: int = 200) -> Response:
        """Answer JSON to a script of ours."""
        return JSONResponse(value, status)


def secret_in(request: Request) -> str:
    """Return the secret of the sign-in that a request comes with; empty if it has none."""
    secret = request.cookies.get(SIGN_IN_COOKIE, "")
    return secret if secret.isascii() and len(secret) <= _SECRET_LENGTH_MAX else ""


async def person_of(visit: Visit) -> Person | None:
    """Return who is signed in, and note now and then that they still are."""
    secret = secret_in(visit.request)
    if not secret:
        return None
    accounts = visit.house.gateway.engine.accounts
    person = await visit.read(lambda: accounts.person_of(secret, now=visit.now))
    if person is not None and person.is_to_be_noted:
        with suppress(HoldfastError):  # it is noted an hour late, or with the next request
            await run_in_house(visit, UseSignIn(sign_in_id=person.sign_in.sign_in_id), SignIn)
    return person


async def run_in_house(visit: Visit, command: object, kind: type[R]) -> R:
    """Run a command about accounts, in the commit lane.

    Raises:
        HoldfastError: It was refused.
    """
    outcome = await visit.house.gateway.write(
        HOUSE, Envelope(command=command, actor=SYSTEM, source=STAFF)
    )
    if outcome.error is not None:
        raise outcome.error from outcome.bug
    assert isinstance(outcome.result, kind)
    return outcome.result


async def enter(visit: Visit) -> PersonVisit:
    """Return the visit of who is signed in.

    Raises:
        Unauthenticated: Nobody is.
    """
    person = await person_of(visit)
    if person is None:
        raise Unauthenticated("Sign in first.")
    return PersonVisit(visit.request, visit.house, person)


async def enter_business(visit: Visit, scopes_by_path: Mapping[str, Scope]) -> StaffVisit:
    """Return the visit of a member of the business in the path.

    Raises:
        Unauthenticated: Nobody is signed in.
        RecordNotFound: There is no such business, or the person does not work for it.
    """
    person = await person_of(visit)
    if person is None:
        raise Unauthenticated("Sign in first.")
    return await visit.read(lambda: _seat(visit, person, scopes_by_path))


def _seat(visit: Visit, person: Person, scopes_by_path: Mapping[str, Scope]) -> StaffVisit:
    engine = visit.house.gateway.engine
    tenant = visit.find_tenant()
    account_id = person.account.account_id
    member = engine.accounts.member_of(tenant.tenant_id, account_id)
    if member is None:
        raise RecordNotFound(kind="business", key=tenant.slug)
    desk = engine.at(tenant.tenant_id, actor=member.actor)
    return StaffVisit(
        visit.request,
        visit.house,
        person,
        tenant=tenant,
        member=member,
        tenants=engine.accounts.tenants_of(account_id),
        counts=Counts(approvals=desk.reports.awaiting()),
        scopes_by_path=scopes_by_path,
    )
