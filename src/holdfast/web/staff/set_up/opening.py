"""Opening a business by its first owner, where the operator lets anybody do so."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from holdfast.domain import checks
from holdfast.domain.access import SYSTEM, Role
from holdfast.domain.accounts import PASSWORD_LENGTH_MIN, Account
from holdfast.domain.errors import HoldfastError, RecordNotFound
from holdfast.domain.ids import TenantId
from holdfast.domain.tenants import RESERVED_SLUGS, Tenant, is_slug
from holdfast.domain.zones import zone_names
from holdfast.engine.accounts import AddAccount
from holdfast.engine.tenants import AddTenant, FirstOwner
from holdfast.engine.use_cases import Envelope
from holdfast.web.limiting import ASKING, Rate
from holdfast.web.passwords import hash_of
from holdfast.web.refusals import refused
from holdfast.web.staff.accounts import password_faults
from holdfast.web.staff.set_up.currencies import currency_in, currency_options
from holdfast.web.staff.set_up.plans import slug_of
from holdfast.web.staff.set_up.sheets import (
    Entry,
    Kind,
    Sheet,
    add_refusal,
    read_sheet,
    shown_sheet,
)
from holdfast.web.staff.sign_in import checked, count_try, let_in
from holdfast.web.staff.visits import STAFF, PersonVisit, person_of, run_in_house
from holdfast.web.visits import Form, Visit
from holdfast.web.zones import zone_choices

SIGNING_UP = Rate(name="signing up", tries=5, seconds=60 * 60)
_USUAL_ZONE = "Europe/Paris"


async def ask(visit: Visit) -> Response:
    """Ask for the business, and for whoever opens it if nobody is signed in."""
    own = await _entered(visit)
    visit.count(ASKING)
    zone_name = visit.zone_name(_USUAL_ZONE)
    values: dict[str, object] = {"zone": zone_name, "currency": currency_in(zone_name)}
    return _page(own, shown_sheet(_entries(own), values))


async def begin(visit: Visit) -> Response:
    """Open the business, and go on to its presets."""
    own = await _entered(visit)
    form = await own.form()
    visit.count(ASKING)
    sheet = read_sheet(_entries(own), form, visit.language)
    if sheet.values.get("name") and not sheet.values["slug"]:
        sheet.values["slug"] = sheet.typed["slug"] = slug_of(str(sheet.values["name"]))
    slug = str(sheet.values["slug"])
    taken_by = await visit.read(lambda: _tenant_of(visit, slug))
    if taken_by is not None and await _is_own(own, taken_by):
        return visit.go(visit.url(STAFF, slug, "set-up", "start"))  # the button was pressed twice
    _check(own, sheet, is_taken=taken_by is not None)
    if not sheet.is_right:
        return _page(own, sheet, status=422)
    visit.count(SIGNING_UP)  # who only mistyped has not tried yet
    account = await _account(own, sheet, form)
    if account is None:
        return _page(own, sheet, status=422)
    try:
        tenant = await _open(visit, sheet, account)
    except HoldfastError as refusal:
        sentence = refused(refusal, visit.language).sentence
        add_refusal(sheet, refusal, visit.language, sentence=sentence)
        return _page(own, sheet, status=refusal.status)
    if not isinstance(own, PersonVisit):
        await let_in(visit, account)
    return visit.go(visit.url(STAFF, tenant.slug, "set-up", "start"))


async def look(visit: Visit) -> Response:
    """Say whether an address is free, or which one a name would have."""
    _require_open(visit)
    visit.count(ASKING)
    say = visit.language.gettext
    slug = visit.query.text("slug") or slug_of(visit.query.text("name")[: checks.NAME_MAX])
    tenant = await visit.read(lambda: _tenant_of(visit, slug))
    is_free = is_slug(slug) and tenant is None
    says = say("This address is free.") if is_free else _slug_fault(visit, slug, is_taken=True)
    return JSONResponse({"slug": slug, "free": is_free, "says": says})


def _slug_fault(visit: Visit, slug: str, *, is_taken: bool) -> str:
    say = visit.language.gettext
    if slug in RESERVED_SLUGS:
        return say("This name is kept for our own pages. Choose another one.")
    if not is_slug(slug):
        return say("3 to 40 letters a to z, digits and hyphens; no hyphen at either end.")
    return say("This is taken already. Choose another one.") if is_taken else ""


async def _entered(visit: Visit) -> Visit:
    """Return the visit, as that of whoever is signed in.

    Raises:
        RecordNotFound: The operator does not let anybody open a business.
    """
    _require_open(visit)
    person = await person_of(visit)
    return visit if person is None else PersonVisit(visit.request, visit.house, person)


def _require_open(visit: Visit) -> None:
    if not visit.house.has_open_sign_up:
        raise RecordNotFound(kind="page", key="")


def _page(own: Visit, sheet: Sheet, *, status: int = 200) -> Response:
    is_known = isinstance(own, PersonVisit)
    business = [one for one in sheet.entries if not one.name.startswith("your_")]
    context = {
        "sheet": sheet,
        "business": business,
        "person": [one for one in sheet.entries if one.name.startswith("your_")],
        "is_known": is_known,
        "account": own.account if isinstance(own, PersonVisit) else None,
        "shortest": PASSWORD_LENGTH_MIN,
    }
    return own.page("staff/set_up/opening.html", context, status=status)


def _entries(own: Visit) -> tuple[Entry, ...]:
    say = own.language.gettext
    zones = [name for name, _, _ in zone_choices(_USUAL_ZONE, _USUAL_ZONE, own.language)]
    every = [*zones, *sorted(zone_names() - set(zones))]
    business = (
        Entry(name="name", label=say("Name of the business"), is_needed=True),
        Entry(
            name="slug",
            label=say("Address"),
            help=say("The end of your public link. Empty takes it from the name."),
        ),
        Entry(
            name="zone",
            label=say("Time zone"),
            kind=Kind.CHOICE,
            is_needed=True,
            choices=tuple((name, name.replace("_", " ")) for name in every),
        ),
        Entry(
            name="currency",
            label=say("Currency"),
            kind=Kind.CHOICE,
            is_needed=True,
            choices=currency_options(own.language),
        ),
    )
    if isinstance(own, PersonVisit):
        return business
    return (
        *business,
        Entry(name="your_name", label=say("Your name"), is_needed=True),
        Entry(name="your_email", label=say("E-mail address"), is_needed=True),
    )


def _check(own: Visit, sheet: Sheet, *, is_taken: bool) -> None:
    """Say what is wrong, beside its entry."""
    say, values = own.language.gettext, sheet.values
    too_long = say("This is too long, or has signs that cannot be kept.")
    for name in ("name", "your_name"):
        if checks.line("", str(values.get(name) or "")) is not None:
            sheet.faults[name] = too_long
    email = str(values.get("your_email") or "")
    if email and checks.email("", email) is not None:
        sheet.faults["your_email"] = say(
            "This is not an e-mail address. One looks like ada@example.com."
        )
    slug = str(values["slug"])
    fault = _slug_fault(own, slug, is_taken=is_taken) if slug else ""
    if fault:
        sheet.faults["slug"] = fault


async def _account(own: Visit, sheet: Sheet, form: Form) -> Account | None:
    """Return whose business it will be: who is signed in, knows their password, or is new."""
    if isinstance(own, PersonVisit):
        return own.account
    email, password = str(sheet.values["your_email"]), form.raw("password")
    count_try(own, email)
    accounts = own.house.gateway.engine.accounts
    if await own.read(lambda: accounts.find(email)) is not None:
        known = await own.read(lambda: checked(own, email, password))
        if known is None:
            sheet.faults["password"] = own.language.gettext(
                "This e-mail address and password do not belong together. Check both."
            )
        return known
    wrong = password_faults(password, own.language)
    if wrong:
        sheet.faults |= wrong
        return None
    kept = await own.read(lambda: hash_of(password))
    command = AddAccount(email=email, name=str(sheet.values["your_name"]), password_hash=kept)
    return await run_in_house(own, command, Account)


async def _open(visit: Visit, sheet: Sheet, account: Account) -> Tenant:
    """Open the business with its owner, in one transaction.

    Raises:
        HoldfastError: It was refused.
    """
    engine, values = visit.house.gateway.engine, sheet.values
    tenant_id = TenantId(engine.ids.new("tnt", now=visit.now))
    owner = FirstOwner(account_id=account.account_id, email=account.email, name=account.name)
    command = AddTenant(
        slug=str(values["slug"]),
        name=str(values["name"]),
        zone=str(values["zone"]),
        currency=str(values["currency"]),
        owner=owner,
    )
    outcome = await visit.house.gateway.write(
        tenant_id, Envelope(command=command, actor=SYSTEM, source=STAFF)
    )
    if outcome.error is not None:
        raise outcome.error from outcome.bug
    assert isinstance(outcome.result, Tenant)
    return outcome.result


def _tenant_of(visit: Visit, slug: str) -> Tenant | None:
    return visit.house.gateway.engine.register.find_by_slug(slug)


async def _is_own(own: Visit, tenant: Tenant) -> bool:
    if not isinstance(own, PersonVisit):
        return False
    accounts, account_id = own.house.gateway.engine.accounts, own.account.account_id
    member = await own.read(lambda: accounts.member_of(tenant.tenant_id, account_id))
    return member is not None and member.role is Role.OWNER
