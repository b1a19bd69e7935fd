"""Details: the hold with its time left, who books, and the button that books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from starlette.responses import Response

from holdfast.domain.access import SYSTEM, Actor
from holdfast.domain.bookings import Booking, PendingReason
from holdfast.domain.customers import Contact
from holdfast.domain.errors import (
    HoldExpired,
    HoldfastError,
    InputInvalid,
    PromoRefused,
    RecordNotFound,
    TransitionNotAllowed,
)
from holdfast.domain.fields import Field
from holdfast.domain.guests import Guest
from holdfast.domain.holds import PUBLIC_EXTENSIONS_MAX, Hold, HoldStatus, time_left
from holdfast.domain.ids import HoldId, looks_like_id
from holdfast.domain.offerings import Offering
from holdfast.domain.policies_in_force import policy_in_force
from holdfast.domain.tenants import Tenant
from holdfast.domain.verdicts import Verdict
from holdfast.engine.bookings import ConvertHold
from holdfast.engine.choosing import choice_of
from holdfast.engine.holds import ExtendHold, PlaceHold, ReleaseHold
from holdfast.engine.making import Details, waiting_of
from holdfast.engine.reading import PageRequest
from holdfast.web import asking
from holdfast.web.contacts import contact_faults
from holdfast.web.languages import Language
from holdfast.web.limiting import ASKING, BOOKING, HOLDING
from holdfast.web.links import link_to
from holdfast.web.offers import Kept, kept_words, readable
from holdfast.web.prices import bill_of
from holdfast.web.refusals import refused
from holdfast.web.stays import Stay, stay_of_record
from holdfast.web.visits import Form, Visit

SOURCE = "page"
GUESTS_SHOWN_MAX = 20
PROMO_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the form, right or wrong."""

    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    guests: tuple[str, ...] = ()
    answers: asking.Typed = field(default_factory=dict)

    @property
    def contact(self) -> Contact:
        """Who books."""
        return Contact(name=self.name, email=self.email or None, phone=self.phone or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    tenant: Tenant
    offering: Offering
    hold: Hold
    booking: Booking | None
    asked: tuple[Field, ...]
    needs_approval: bool
    takes_promo: bool

    @property
    def typed_before(self) -> Typed:
        """What the visitor typed before they had to choose again."""
        hold = self.hold
        note, guests = hold.metadata.get("note", ""), hold.metadata.get("guests", [])
        return Typed(
            name=hold.contact.name,
            email=hold.contact.email or "",
            phone=hold.contact.phone or "",
            note=note if isinstance(note, str) else "",
            guests=tuple(str(one) for one in guests) if isinstance(guests, list) else (),
            answers=asking.typed_before(self.asked, {**hold.answers, **hold.private_answers}),
        )

    @property
    def others_max(self) -> int:
        """How many guests besides whoever books may be named."""
        return min(self.hold.party_size - 1, GUESTS_SHOWN_MAX)


async def show(visit: Visit) -> Response:
    """Show what is kept, for how long, and ask who books."""
    visit.count(ASKING)
    found = await visit.read(lambda: _find(visit))
    if found.booking is not None:
        return visit.go(link_to(visit, found.tenant, found.booking))
    return await _page(visit, found, found.typed_before)


async def confirm(visit: Visit) -> Response:
    """Book what is kept; what was typed stays, whatever happens."""
    form = await visit.form()
    visit.count(BOOKING)
    found = await visit.read(lambda: _find(visit))
    if found.booking is not None:  # the button was pressed twice
        return visit.go(link_to(visit, found.tenant, found.booking))
    if found.takes_promo and _code_in(form) != _code_of(found.hold):
        # Whoever presses Enter in the field of the code wants it to count before they book.
        return await use_promo(visit, form)
    typed = _typed(form, found)
    faults = {
        **contact_faults(typed.contact, typed.note, visit.language),
        **asking.answer_faults(found.asked, typed.answers, visit.language),
    }
    if faults:
        return await _page(visit, found, typed, faults=faults, status=422)
    command = ConvertHold(
        hold_id=found.hold.hold_id,
        details=Details(
            contact=typed.contact,
            note=typed.note,
            source=SOURCE,
            guests=tuple(Guest(name=name) for name in typed.guests),
            answers=asking.answers_of(found.asked, typed.answers),
        ),
    )
    try:
        booking = await visit.write(found.tenant.tenant_id, _actor(visit), command, Booking)
    except HoldExpired:
        return await _page(visit, found, typed, status=409)
    except TransitionNotAllowed:  # booked or let go in another window
        again = await visit.read(lambda: _find(visit))
        if again.booking is not None:
            return visit.go(link_to(visit, again.tenant, again.booking))
        return await _page(visit, again, typed, status=409)
    except HoldfastError as error:
        said = faults_said(error, found.asked, visit.language)
        return await _page(
            visit, found, typed, faults=said, refusal=None if said else error, status=error.status
        )
    return visit.go(link_to(visit, found.tenant, booking, just="booked"))


async def extend(visit: Visit) -> Response:
    """Give more time; or, when a script says that it is over, only show how things stand."""
    form = await visit.form()
    found = await visit.read(lambda: _find(visit))
    if form.text("over"):
        return await _page(visit, found, _typed(form, found))
    command = ExtendHold(hold_id=found.hold.hold_id)
    try:
        await visit.write(found.tenant.tenant_id, _actor(visit), command, Hold)
    except HoldfastError as error:
        return await _page(visit, found, _typed(form, found), refusal=error, status=error.status)
    again = await visit.read(lambda: _find(visit))
    return await _page(visit, again, _typed(form, found))


async def ask_promo(visit: Visit) -> Response:
    """Quote anew with another promo code, or without one."""
    return await use_promo(visit, await visit.form())


async def use_promo(visit: Visit, form: Form) -> Response:
    """Keep the same time with another promo code, or without one, instead.

    Where the code is refused, what is kept stays as it is.
    """
    visit.count(HOLDING)
    found = await visit.read(lambda: _find(visit))
    typed = _typed(form, found)
    hold, code = found.hold, _code_in(form)
    left = time_left(hold, now=visit.now)
    if hold.status is not HoldStatus.ACTIVE or not left:
        return await _page(visit, found, typed, status=409)
    command = PlaceHold(
        choice=choice_of(hold),
        party_size=hold.party_size,
        ttl=left,
        client_key=hold.client_key,
        contact=readable(typed.contact),
        metadata=kept_words(note=typed.note, guests=typed.guests),
        answers=asking.sound_answers(found.asked, typed.answers),
        terms=replace(hold.terms, promo_codes=(code,) if code else ()),
        instead_of=hold.hold_id,
    )
    try:
        anew = await visit.write(found.tenant.tenant_id, _actor(visit), command, Hold)
    except PromoRefused as error:
        faults = {"promo": refused(error, visit.language).sentence}
        return await _page(visit, found, typed, faults=faults, promo=code, status=error.status)
    except HoldfastError as error:
        return await _page(visit, found, typed, refusal=error, promo=code, status=error.status)
    return visit.go(visit.url(found.tenant.slug, "holds", anew.hold_id))


async def let_go(visit: Visit) -> Response:
    """Give the places back and choose again."""
    await visit.form()
    found = await visit.read(lambda: _find(visit))
    command = ReleaseHold(hold_id=found.hold.hold_id)
    await visit.write(found.tenant.tenant_id, _actor(visit), command, Hold)
    return visit.go(visit.url(found.tenant.slug, found.offering.slug))


def faults_said(
    error: HoldfastError, asked: Sequence[Field], language: Language
) -> Mapping[str, str]:
    """Say beside its field what the engine found wrong with what was typed."""
    if not isinstance(error, InputInvalid):
        return {}
    said = error.fields["errors"]
    faults = said if isinstance(said, tuple) else ()
    found, say = dict[str, str](), language.gettext
    for fault in faults:
        parts = str(fault.pointer).split("/")
        if parts[-1] in {"name", "email", "phone", "note"} and parts[1] in {"contact", "note"}:
            found[parts[-1]] = say("This cannot be read. Check it.")
        elif parts[1] == "guests":
            found["guests"] = say("This name is too long, or has signs that cannot be read.")
    return {**found, **asking.said_of(faults, asked, language)}


async def _page(
    visit: Visit,
    found: _Found,
    typed: Typed,
    *,
    faults: Mapping[str, str] | None = None,
    refusal: HoldfastError | None = None,
    promo: str | None = None,
    status: int = 200,
) -> Response:
    now, hold = visit.now, found.hold
    left = time_left(hold, now=now)
    is_over = hold.status is not HoldStatus.ACTIVE or not left
    verdict = await visit.read(lambda: _again(visit, found)) if is_over else None
    return visit.page(
        "hold.html",
        {
            "tenant": found.tenant,
            "offering": found.offering,
            "hold": hold,
            "stay": _stay(visit, found),
            "questions": asking.questions(found.asked, typed.answers),
            "kept": _kept(hold, typed),
            "others_max": found.others_max,
            "needs_approval": found.needs_approval,
            "promo": _code_of(hold) if promo is None else promo,
            "takes_promo": found.takes_promo,
            "has_promo": bool(hold.terms.promo_codes),
            "bill": bill_of(hold.price_lines, hold.price.currency, visit.language),
            "typed": typed,
            "faults": faults or {},
            "refusal": refused(refusal, visit.language) if refusal and not is_over else None,
            "is_over": is_over,
            "left_seconds": int(left.total_seconds()),
            "may_extend": hold.extension_count < PUBLIC_EXTENSIONS_MAX,
            "verdict": verdict,
            "zone": visit.zone_name(found.offering.zone or found.tenant.zone),
        },
        status=status,
    )


def _again(visit: Visit, found: _Found) -> Verdict | None:
    """Look whether what was kept is still free, and what else is."""
    desk = visit.desk(found.tenant.tenant_id)
    try:
        return desk.availability.check(choice_of(found.hold), party_size=found.hold.party_size)
    except HoldfastError:
        # It has been taken off the shelves meanwhile: there is nothing to offer.
        return None


def _stay(visit: Visit, found: _Found) -> Stay:
    zone_name = found.offering.zone or found.tenant.zone
    return stay_of_record(
        found.hold, found.offering, zone_name=zone_name, shown_zone=visit.zone_name(zone_name)
    )


def _find(visit: Visit) -> _Found:
    """Find the visitor's own hold.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    tenant = visit.find_tenant()
    text = visit.path("hold_id")
    if visit.visitor is None or not looks_like_id(text, "hld"):
        raise RecordNotFound(kind="hold", key=text)
    desk = visit.desk(tenant.tenant_id)
    hold = desk.holds.get(HoldId(text))
    if hold.offering_id is None:
        raise RecordNotFound(kind="hold", key=text)
    offering = desk.offerings.get(hold.offering_id)
    booking = desk.bookings.get(hold.booking_id) if hold.booking_id is not None else None
    serving = [desk.resources.get(one.resource_id) for one in hold.assigned]
    policy = policy_in_force(tenant, offering, serving)
    waiting = waiting_of(policy, total=hold.price, now=visit.now)
    return _Found(
        tenant=tenant,
        offering=offering,
        hold=hold,
        booking=booking,
        asked=tuple(asking.asked_by(offering)),
        needs_approval=PendingReason.APPROVAL in waiting.reasons,
        takes_promo=bool(hold.terms.promo_codes)
        or (hold.price.amount_minor > 0 and _has_codes(visit, tenant)),
    )


def _has_codes(visit: Visit, tenant: Tenant) -> bool:
    """Tell whether a business has any promo code, so that asking for one makes sense."""
    codes = visit.desk(tenant.tenant_id, SYSTEM).promo_codes
    return bool(codes.list(PageRequest(limit=1)).items)


def _actor(visit: Visit) -> Actor:
    assert visit.visitor is not None, "their hold was found"
    return visit.visitor


def _typed(form: Form, found: _Found) -> Typed:
    return Typed(
        name=form.text("name"),
        email=form.text("email"),
        phone=form.text("phone"),
        note=form.text("note").replace("\r\n", "\n"),
        guests=form.texts("guest")[: max(found.others_max, 0)],
        answers=asking.typed_in(form, found.asked),
    )


def _code_in(form: Form) -> str:
    return "" if form.text("without") else form.text("promo")[:PROMO_MAX]


def _code_of(hold: Hold) -> str:
    return next(iter(hold.terms.promo_codes), "")


def _kept(hold: Hold, typed: Typed) -> Kept:
    """Return what goes along when a time has to be chosen again."""
    return Kept(
        people=hold.party_size,
        picks=hold.picks,
        components=hold.components,
        tickets=hold.terms.tickets,
        promo=_code_of(hold),
        contact=typed.contact,
        note=typed.note,
        guests=typed.guests,
        answers=asking.pairs_of(typed.answers),
    )
