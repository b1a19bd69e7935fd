"""Links: where a booking is managed by whoever has the link."""

from __future__ import annotations

from datetime import timedelta

from holdfast.domain.bookings import Booking
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.ids import BookingId, WaitlistEntryId
from holdfast.domain.links import Link
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import InLine, WaitlistEntry
from holdfast.web.visits import Visit, bearer_of

KEPT = timedelta(days=30)
"""A link works until so long after the booking's end."""

VISIT = timedelta(minutes=30)
"""Whoever gave number and e-mail address may look for so long."""


def link_to(visit: Visit, tenant: Tenant, booking: Booking, **query: object) -> str:
    """Return the link of a booking, to be kept."""
    expires_at = max(booking.ends_at, visit.now) + KEPT
    word = visit.house.signer.sign(
        tenant.tenant_id, Link(subject_id=booking.booking_id, expires_at=expires_at)
    )
    return visit.url(tenant.slug, "bookings", word, **query)


def find_booking(visit: Visit, tenant: Tenant, word: str) -> Booking:
    """Return the booking that a link is about; to be used within `read`.

    Raises:
        RecordNotFound: The link is not ours, was changed or has run out.
    """
    link = visit.house.signer.read(tenant.tenant_id, word, now=visit.now)
    if link is None:
        raise RecordNotFound(kind="link", key="")
    booking_id = BookingId(link.subject_id)
    return visit.desk(tenant.tenant_id, bearer_of(booking_id)).bookings.get(booking_id)


def short_link_to(visit: Visit, tenant: Tenant, booking: Booking) -> str:
    """Return a link of a booking for one visit."""
    link = Link(subject_id=booking.booking_id, expires_at=visit.now + VISIT)
    return visit.url(tenant.slug, "bookings", visit.house.signer.sign(tenant.tenant_id, link))


def link_after(visit: Visit, tenant: Tenant, booking: Booking, word: str, **query: object) -> str:
    """Return the link of a booking that has just moved, to whoever came with another one.

    Who has looked for it by its number gets no link that lasts: the visit ends when it was to.
    """
    link = visit.house.signer.read(tenant.tenant_id, word, now=visit.now)
    if link is not None and link.expires_at > visit.now + VISIT:
        return link_to(visit, tenant, booking, **query)
    return visit.url(tenant.slug, "bookings", word, **query)


def link_to_entry(visit: Visit, tenant: Tenant, entry: WaitlistEntry, **query: object) -> str:
    """Return the link of a place in a waitlist, to be kept for as long as anybody waits."""
    ends = entry.wishes.until or visit.now
    link = Link(subject_id=entry.entry_id, expires_at=max(ends, visit.now) + KEPT)
    word = visit.house.signer.sign(tenant.tenant_id, link)
    return visit.url(tenant.slug, "waitlist", word, **query)


def find_entry(visit: Visit, tenant: Tenant, word: str) -> InLine:
    """Return the place in a waitlist that a link is about; to be used within `read`.

    Raises:
        RecordNotFound: The link is not ours, was changed or has run out.
    """
    link = visit.house.signer.read(tenant.tenant_id, word, now=visit.now, kind="wle")
    if link is None:
        raise RecordNotFound(kind="link", key="")
    entry_id = WaitlistEntryId(link.subject_id)
    return visit.desk(tenant.tenant_id, bearer_of(entry_id)).waitlist.get(entry_id)
