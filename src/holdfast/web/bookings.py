"""Bookings: what a customer sees of one, takes into their calendar, and calls off."""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest

from starlette.responses import Response

from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import LIVE, Booking, BookingStatus, CancelledBy, PendingReason
from holdfast.domain.customers import Contact, email_key, phone_key
from holdfast.domain.errors import HoldfastError, RecordNotFound
from holdfast.domain.ids import normal_booking_number
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.tenants import Tenant
from holdfast.engine.bookings import CancelBooking
from holdfast.engine.settling import verdict_on_cancelling
from holdfast.web.asking import answered, asked_by
from holdfast.web.codes import picture_of
from holdfast.web.icalendar import calendar_of
from holdfast.web.limiting import ASKING, FINDING
from holdfast.web.links import find_booking, short_link_to
from holdfast.web.papers import has_papers, paper_of
from holdfast.web.prices import bill_of
from holdfast.web.refusals import refused
from holdfast.web.stays import place_lines, place_link, stay_of_record
from holdfast.web.visits import Form, Visit, bearer_of

TYPED_MAX = 200
REASON_MAX = 500
PHONE_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    tenant: Tenant
    booking: Booking
    offering: Offering | None


async def show(visit: Visit) -> Response:
    """Show a booking to whoever has its link."""
    visit.count(ASKING)
    found = await visit.read(lambda: _find(visit))
    return _page(visit, found, "booking.html")


async def ask_cancel(visit: Visit) -> Response:
    """Show what cancelling means, before it is done."""
    visit.count(ASKING)
    found = await visit.read(lambda: _find(visit))
    if found.booking.status not in LIVE:
        return visit.go(visit.url(found.tenant.slug, "bookings", visit.path("link")))
    return _page(visit, found, "cancel.html")


async def cancel(visit: Visit) -> Response:
    """Call a booking off. Doing it again changes nothing."""
    form = await visit.form()
    found = await visit.read(lambda: _find(visit))
    reason = form.text("reason").replace("\r\n", "\n")[:REASON_MAX]
    command = CancelBooking(booking_id=found.booking.booking_id, reason=reason or None)
    actor = bearer_of(found.booking.booking_id)
    try:
        await visit.write(found.tenant.tenant_id, actor, command, Booking)
    except HoldfastError as error:
        again = await visit.read(lambda: _find(visit))
        return _page(visit, again, "booking.html", refusal=error)
    word = visit.path("link")
    return visit.go(visit.url(found.tenant.slug, "bookings", word, just="cancelled"))


async def calendar(visit: Visit) -> Response:
    """Give the booking as a file for calendars (RFC 5545)."""
    visit.count(ASKING)
    found = await visit.read(lambda: _find(visit))
    file = calendar_of(
        found.booking,
        business=found.tenant.name,
        place=", ".join(place_lines(found.offering)),
        now=visit.now,
    )
    name = f"{found.tenant.slug}-{found.booking.number}.ics"
    return Response(
        file,
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def code(visit: Visit) -> Response:
    """Give the booking's number as a QR code, to be read at the door."""
    visit.count(ASKING)
    found = await visit.read(lambda: _find(visit))
    return Response(picture_of(found.booking.number), media_type="image/png")


async def paper(visit: Visit) -> Response:
    """Give the booking as a sheet to print, in PDF."""
    visit.count(ASKING)
    if not has_papers():
        raise RecordNotFound(kind="page", key="booking.pdf")
    found = await visit.read(lambda: _find(visit))
    booking, zone = found.booking, found.booking.zone
    stay = stay_of_record(booking, found.offering, zone_name=zone, shown_zone=zone)
    sheet = await visit.read(
        lambda: paper_of(
            booking,
            stay,
            business=found.tenant.name,
            place=tuple(place_lines(found.offering)),
            language=visit.language,
        )
    )
    name = f"{found.tenant.slug}-{booking.number}.pdf"
    return Response(
        sheet,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


async def ask_find(visit: Visit) -> Response:
    """Ask for number and e-mail address."""
    visit.count(ASKING)
    tenant = await visit.read(visit.find_tenant)
    return visit.page("find.html", {"tenant": tenant, "form": Form([]), "refusal": None})


async def find(visit: Visit) -> Response:
    """Find a booking by number and e-mail address or telephone.

    Whether a number is unknown or its address another makes no difference, in what is answered or
    in what is done for it.
    """
    form = await visit.form()
    tenant = await visit.read(visit.find_tenant)
    number = normal_booking_number(form.text("number")[:TYPED_MAX])
    shown = {"tenant": tenant, "form": form}
    try:
        visit.count(FINDING, f"{tenant.tenant_id} {number}")
    except HoldfastError as error:
        said = refused(error, visit.language).sentence
        return visit.page("find.html", {**shown, "refusal": said}, status=error.status)
    booking = await visit.read(lambda: _by_number(visit, tenant, number))
    is_theirs = _is_known_by(booking, form.text("email")[:TYPED_MAX])
    if booking is None or not is_theirs:
        say = visit.language.gettext
        said = say(
            "We have no booking with this number and e-mail address or telephone. Check both."
        )
        return visit.page("find.html", {**shown, "refusal": said}, status=422)
    return visit.go(short_link_to(visit, tenant, booking))


def _is_known_by(booking: Booking | None, typed: str) -> bool:
    """Tell whether somebody gives the address or telephone of a booking; as much work if not."""
    contact = Contact() if booking is None else booking.contact
    email, phone = email_key(typed).encode(), _last_digits(typed)
    is_email = compare_digest(email_key(contact.email or "-").encode(), email)
    is_phone = compare_digest(_last_digits(contact.phone or ""), phone)
    # Nothing is no address, and too few digits are no telephone.
    return (is_email and b"@" in email) or (is_phone and len(phone) == PHONE_DIGITS)


def _last_digits(phone: str) -> bytes:
    """Return what two ways to write a number have in common: a country is said or is not."""
    return phone_key(phone).encode()[-PHONE_DIGITS:]


def _by_number(visit: Visit, tenant: Tenant, number: str) -> Booking | None:
    try:
        return visit.desk(tenant.tenant_id, SYSTEM).bookings.get_by_number(number)
    except RecordNotFound:
        return None


def _find(visit: Visit) -> _Found:
    """Find the booking that the link of the path is about.

    Raises:
        RecordNotFound: The link is not ours, was changed or has run out.
    """
    tenant = visit.find_tenant()
    booking = find_booking(visit, tenant, visit.path("link"))
    desk = visit.desk(tenant.tenant_id, bearer_of(booking.booking_id))
    offering = desk.offerings.get(booking.offering_id) if booking.offering_id else None
    return _Found(tenant=tenant, booking=booking, offering=offering)


def _page(
    visit: Visit, found: _Found, template: str, *, refusal: HoldfastError | None = None
) -> Response:
    booking = found.booking
    just = visit.query.text("just")
    shown = {
        "tenant": found.tenant,
        "booking": booking,
        "offering": found.offering,
        "stay": stay_of_record(
            booking,
            found.offering,
            zone_name=booking.zone,
            shown_zone=visit.zone_name(booking.zone),
        ),
        "link": visit.path("link"),
        "answered": answered(
            asked_by(found.offering) if found.offering is not None else (),
            {**booking.answers, **booking.private_answers},
            visit.language,
        ),
        "bill": bill_of(booking.price_lines, booking.price.currency, visit.language),
        "is_new": just == "booked" and booking.status in LIVE,
        "is_moved": just == "moved" and booking.status in LIVE,
        "has_paper": has_papers(),
        "may_change": found.offering is not None
        and found.offering.status is OfferingStatus.ACTIVE
        and booking.status in {BookingStatus.PENDING, BookingStatus.CONFIRMED}
        and booking.starts_at > visit.now,
        "must_pay": booking.status is BookingStatus.PENDING
        and PendingReason.PAYMENT in booking.pending_reasons
        and PendingReason.APPROVAL not in booking.pending_reasons,
        "is_live": booking.status in LIVE,
        "verdict": verdict_on_cancelling(booking, by=CancelledBy.CUSTOMER, now=visit.now),
        "may_cancel": booking.status in {BookingStatus.PENDING, BookingStatus.CONFIRMED},
        "place_lines": place_lines(found.offering),
        "place_link": place_link(found.offering, booking.status),
        "refusal": refused(refusal, visit.language) if refusal is not None else None,
    }
    return visit.page(template, shown, status=refusal.status if refusal is not None else 200)
