"""A person's own pages: which business, the password, signing out everywhere, an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from starlette.responses import Response

from holdfast.domain import checks
from holdfast.domain.access import SYSTEM, Member
from holdfast.domain.accounts import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, Account
from holdfast.domain.errors import RecordExists, RecordNotFound, Unauthenticated
from holdfast.domain.tenants import Tenant
from holdfast.engine.accounts import AddAccount, ChangePassword, EndAllSignIns
from holdfast.engine.members import AcceptInvitation, invitation_of
from holdfast.engine.use_cases import Envelope
from holdfast.web.languages import Language
from holdfast.web.limiting import ASKING
from holdfast.web.passwords import hash_of
from holdfast.web.staff.sign_in import checked, count_try, let_in, way_in
from holdfast.web.staff.visits import (
    SIGN_IN_COOKIE,
    STAFF,
    PersonVisit,
    enter,
    person_of,
    run_in_house,
)
from holdfast.web.visits import Form, Visit

# ---------------------------------------------------------------------------------- own account


async def choose(visit: Visit) -> Response:
    """Go to the one business, or show them all."""
    try:
        own = await enter(visit)
    except Unauthenticated:
        return visit.go(visit.url(STAFF, "sign-in"))
    accounts = visit.house.gateway.engine.accounts
    tenants = await own.read(lambda: accounts.tenants_of(own.account.account_id))
    if len(tenants) == 1:
        return visit.go(visit.url(STAFF, tenants[0].slug))
    return own.page("staff/choose.html", {"tenants": tenants})


async def show(visit: Visit) -> Response:
    """Show the person's account."""
    try:
        own = await enter(visit)
    except Unauthenticated:
        return visit.go(way_in(visit))
    return _account_page(own, {})


async def change(visit: Visit) -> Response:
    """Exchange the password, or sign out everywhere."""
    try:
        own = await enter(visit)
    except Unauthenticated:
        return visit.go(way_in(visit))
    form = await own.form()
    account_id = own.account.account_id
    if form.text("act") == "sign-out":
        await run_in_house(own, EndAllSignIns(account_id=account_id), Account)
        own.remember(SIGN_IN_COOKIE, "", 0)
        return own.go(own.url(STAFF, "sign-in"))
    count_try(own, own.account.email)
    before = await own.read(lambda: checked(own, own.account.email, form.raw("before")))
    password = form.raw("password")
    faults = password_faults(password, own.language)
    if before is None:
        faults["before"] = own.language.gettext("This is not your present password.")
    if before is None or faults:
        return _account_page(own, faults, status=422)
    kept = await own.read(lambda: hash_of(password))
    command = ChangePassword(
        account_id=account_id, password_hash=kept, generation=before.generation
    )
    await let_in(own, await run_in_house(own, command, Account))
    return own.go(own.url(STAFF, "account", just="changed"))


def _account_page(own: PersonVisit, faults: Mapping[str, str], *, status: int = 200) -> Response:
    is_changed = own.query.text("just") == "changed"
    context = {"faults": faults, "is_changed": is_changed, "shortest": PASSWORD_LENGTH_MIN}
    return own.page("staff/account.html", context, status=status)


def password_faults(password: str, language: Language) -> dict[str, str]:
    """Say what is wrong with a new password."""
    if len(password) < PASSWORD_LENGTH_MIN:
        least = language.number(PASSWORD_LENGTH_MIN)
        sentence = language.gettext("Take at least %(least)s characters; a few words do well.")
        return {"password": sentence % {"least": least}}
    if len(password) > PASSWORD_LENGTH_MAX:
        return {"password": language.gettext("This is longer than can be kept. Shorten it.")}
    return {}


# ----------------------------------------------------------------------------------- invitations


async def ask_accept(visit: Visit) -> Response:
    """Show who invites, and ask for a name and a password."""
    visit.count(ASKING)
    return await _invitation_page(visit, await _invited(visit), Form([]), {})


async def accept(visit: Visit) -> Response:
    """Let the invited person in: with the account they have, or with a new one."""
    tenant, member = await _invited(visit)
    person = await person_of(visit)
    own = PersonVisit(visit.request, visit.house, person) if person is not None else visit
    form = await own.form()
    if isinstance(own, PersonVisit):
        account: Account | None = own.account
    else:
        count_try(visit, member.email)
        account, faults = await _account_of(visit, member, form)
        if account is None:
            return await _invitation_page(visit, (tenant, member), form, faults, status=422)
    assert account is not None
    with suppress(RecordExists):  # they work here already, and only opened one more link
        await _bind(visit, tenant, account, name=form.text("name") or account.name)
    if not isinstance(own, PersonVisit):
        await let_in(visit, account)
    return visit.go(visit.url(STAFF, tenant.slug))


async def _account_of(
    visit: Visit, member: Member, form: Form
) -> tuple[Account | None, Mapping[str, str]]:
    """Return the account that somebody has or makes now; or what is wrong with what they typed."""
    say, password = visit.language.gettext, form.raw("password")
    if await visit.read(lambda: visit.house.gateway.engine.accounts.find(member.email)):
        known = await visit.read(lambda: checked(visit, member.email, password))
        return known, {} if known else {"password": say("This is not the password you chose.")}
    faults = password_faults(password, visit.language)
    name = form.text("name")
    if not name:
        faults["name"] = say("Tell us your name.")
    elif checks.line("/name", name) is not None:
        faults["name"] = say("This name is too long, or has signs that cannot be read.")
    if faults:
        return None, faults
    kept = await visit.read(lambda: hash_of(password))
    command = AddAccount(email=member.email, name=name, password_hash=kept)
    return await run_in_house(visit, command, Account), {}


async def _bind(visit: Visit, tenant: Tenant, account: Account, *, name: str) -> None:
    said = invitation_of(visit.path("invitation"))
    assert said is not None, "the member was found by it"
    command = AcceptInvitation(digest=said[1], account_id=account.account_id, name=name)
    outcome = await visit.house.gateway.write(
        tenant.tenant_id, Envelope(command=command, actor=SYSTEM, source=STAFF)
    )
    if outcome.error is not None:
        raise outcome.error from outcome.bug


async def _invited(visit: Visit) -> tuple[Tenant, Member]:
    """Return whom the link in the path invites.

    Raises:
        RecordNotFound: It does not work, or not any more.
    """
    token, accounts = visit.path("invitation"), visit.house.gateway.engine.accounts
    found = await visit.read(lambda: accounts.invited_by(token, now=visit.now))
    if found is None:
        raise RecordNotFound(kind="invitation", key="")
    return found


async def _invitation_page(
    visit: Visit,
    invited: tuple[Tenant, Member],
    form: Form,
    faults: Mapping[str, str],
    *,
    status: int = 200,
) -> Response:
    tenant, member = invited
    person = await person_of(visit)
    own = PersonVisit(visit.request, visit.house, person) if person is not None else visit
    known = await visit.read(lambda: visit.house.gateway.engine.accounts.find(member.email))
    is_named = member.name != member.email
    context = {
        "business": tenant,
        "member": member,
        "account": person.account if person is not None else None,
        "has_account": known is not None,
        "name": form.text("name") or (member.name if is_named else ""),
        "faults": faults,
        "shortest": PASSWORD_LENGTH_MIN,
    }
    return own.page("staff/invitation.html", context, status=status)
