"""The page of an offering: look at it, choose, and take a hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from starlette.responses import Response

from holdfast.domain.access import SYSTEM, Actor
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import Alternative, HoldfastError, InputInvalid, PromoRefused
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import HoldId, read_generated_slot_id
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.shapes import Shape
from holdfast.domain.tenants import Tenant, TenantStatus
from holdfast.domain.zones import local_day, zone
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import PlaceHold
from holdfast.engine.reading import PageRequest
from holdfast.engine.rescheduling import RescheduleBooking
from holdfast.web.asking import asked_by, sound_answers
from holdfast.web.choosing.dates import days_view, nights_view
from holdfast.web.choosing.moves import Moving, as_booked, move_of, moving_in
from holdfast.web.choosing.shop import Shop
from holdfast.web.choosing.tickets import sum_of, tiers_shown
from holdfast.web.choosing.times import Time, events_view, free_view, slots_view, time_of
from holdfast.web.choosing.wanted import Wanted, wanted_in
from holdfast.web.limiting import ASKING, HOLDING
from holdfast.web.links import find_booking, link_after
from holdfast.web.offers import kept_words, readable
from holdfast.web.refusals import Refused, refused
from holdfast.web.stays import stay_of_record
from holdfast.web.visits import NOBODY, Form, Visit, bearer_of
from holdfast.web.zones import zone_choices

STEPPED_MAX = 20
"""Up to so many people are counted by steps; more are typed."""

View = Callable[[Shop], dict[str, object]]
VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "slots": slots_view,
        "event": events_view,
        "free": free_view,
        "nights": nights_view,
        "days": days_view,
    }
)


def view_of(offering: Offering) -> str:
    """Return which view fits an offering: that of its shape, or the poster of an event.

    An event is announced by its dates, not looked up in a calendar.
    """
    if offering.shape is Shape.SLOTS and offering.kind.strip().lower() == "event":
        return "event"
    return offering.shape.value


async def choose(visit: Visit) -> Response:
    """Show what can be chosen."""
    visit.count(ASKING)
    shown = await visit.read(lambda: _shown(visit, visit.query, refusal=None))
    return visit.page("choose.html", shown)


async def place(visit: Visit) -> Response:
    """Keep what was chosen, and go on to the details; or say what else there is."""
    form = await visit.form()
    visit.count(HOLDING)
    tenant, offering = await visit.read(visit.find_offering)
    wanted = wanted_in(form, offering, is_bounded=False)
    choice = wanted.choice(offering)
    if choice is not None and wanted.change:
        wanted = await visit.read(lambda: as_booked(visit, tenant, wanted))
        return await move(visit, form, wanted, choice)
    if choice is None:
        shown = await visit.read(lambda: _shown(visit, form, refusal=_nothing_chosen()))
        return visit.page("choose.html", shown, status=422)
    actor = visit.make_visitor()
    try:
        hold = await _hold(visit, (tenant, offering), actor, wanted, choice)
    except HoldfastError as error:
        return await _refused(visit, form, wanted, choice, error)
    return visit.go(visit.url(tenant.slug, "holds", hold.hold_id))


async def _refused(
    visit: Visit, form: Form, wanted: Wanted, choice: Choice, refusal: HoldfastError
) -> Response:
    """Say that it cannot be, and what else can."""

    def show() -> dict[str, object]:
        tenant, _ = visit.find_offering()
        return _shown(visit, form, refusal=_explained(visit, tenant, choice, wanted, refusal))

    return visit.page("choose.html", await visit.read(show), status=refusal.status)


async def move(visit: Visit, form: Form, wanted: Wanted, choice: Choice) -> Response:
    """Move a booking: show what changes first, and do it when the customer is sure."""
    found = await visit.read(lambda: _find_moving(visit, wanted, choice))
    if not form.text("sure"):
        return visit.page("move.html", _shown_move(visit, form, found))
    command = RescheduleBooking(
        booking_id=found.booking.booking_id,
        move=move_of(choice, wanted),
        if_version=form.whole("version", 0, least=0, most=10**8) or None,
    )
    actor = bearer_of(found.booking.booking_id)
    try:
        moved = await visit.write(found.tenant.tenant_id, actor, command, Booking)
    except HoldfastError as error:
        return await _refused(visit, form, wanted, choice, error)
    return visit.go(link_after(visit, found.tenant, moved, wanted.change, just="moved"))


def _find_moving(visit: Visit, wanted: Wanted, choice: Choice) -> Moving:
    tenant, offering = visit.find_offering()
    return moving_in(visit, tenant, offering, wanted, choice)


def _shown_move(visit: Visit, form: Form, found: Moving) -> dict[str, object]:
    shown_zone = visit.zone_name(found.booking.zone)
    stays = [
        stay_of_record(one, found.offering, zone_name=found.booking.zone, shown_zone=shown_zone)
        for one in (found.booking, found.after)
    ]
    fields = [(name, value) for name, value in form.pairs() if name not in {"sure", "version"}]
    return {
        "tenant": found.tenant,
        "offering": found.offering,
        "booking": found.booking,
        "before": stays[0],
        "after": stays[1],
        "price": found.price,
        "change": form.text("change"),
        "fields": [*fields, ("sure", "yes"), ("version", str(found.booking.version))],
    }


def _nothing_chosen() -> InputInvalid:
    return InputInvalid.at("/slot", "missing", "Choose a time first.")


async def _hold(
    visit: Visit, shelf: tuple[Tenant, Offering], actor: Actor, wanted: Wanted, choice: Choice
) -> Hold:
    """Take the hold; what the visitor kept here before is given back for it, if it is had."""
    tenant, offering = shelf
    before = await visit.read(lambda: _held_before(visit, tenant))
    command = PlaceHold(
        choice=choice,
        party_size=wanted.people,
        terms=wanted.terms,
        client_key=actor.actor_id,
        contact=readable(wanted.contact),
        metadata=kept_words(note=wanted.note, guests=wanted.guests),
        answers=sound_answers(asked_by(offering), wanted.typed),
        instead_of=before,
    )
    return await visit.write(tenant.tenant_id, actor, command, Hold)


def _held_before(visit: Visit, tenant: Tenant) -> HoldId | None:
    """Return what the visitor keeps at a business now, if anything."""
    if visit.visitor is None:
        return None
    desk = visit.desk(tenant.tenant_id, SYSTEM)
    page = PageRequest(limit=1)
    key = visit.visitor.actor_id
    found = desk.holds.list(page, statuses=(HoldStatus.ACTIVE,), client_key=key).items
    return found[0].hold_id if found else None


def _explained(
    visit: Visit, tenant: Tenant, choice: Choice, wanted: Wanted, error: HoldfastError
) -> HoldfastError:
    desk = visit.desk(tenant.tenant_id)
    try:
        return desk.availability.explained(choice, wanted.people, error)
    except HoldfastError:
        # Alternatives are a courtesy: the refusal itself is the answer.
        return error


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Something else that would do: how it is said, and what its button sends."""

    time: Time
    alternative: Alternative


def _shown(visit: Visit, form: Form, *, refusal: HoldfastError | None) -> dict[str, object]:
    """Build the whole page, within one read."""
    tenant, offering = visit.find_offering()
    wanted = as_booked(visit, tenant, wanted_in(form, offering))
    if isinstance(refusal, PromoRefused):
        # Whatever is chosen next is to be had, if without the code.
        wanted = replace(wanted, promo="")
    desk = visit.desk(tenant.tenant_id, NOBODY)
    shop = Shop(
        visit=visit,
        tenant=tenant,
        desk=desk,
        offering=offering,
        wanted=wanted,
        now=visit.now,
    )
    is_open = tenant.status is TenantStatus.ACTIVE and offering.status is OfferingStatus.ACTIVE
    said = refused(refusal, visit.language) if refusal is not None else None
    view = view_of(offering)
    most = offering.party_max
    tiers = () if wanted.change else tiers_shown(shop, most, _kept(wanted))
    return {
        "tenant": tenant,
        "offering": offering,
        "shop": shop,
        "wanted": wanted,
        "view": view,
        "is_open": is_open,
        "open": VIEWS[view](shop) if is_open else {},
        "refusal": said,
        "others": _others(shop, said),
        "pickable": shop.pickable if is_open else (),
        "tiers": tiers,
        "tiers_sum": sum_of(tiers, offering.price.currency),
        "is_stepped": most is not None and most <= STEPPED_MAX,
        "fewer": shop.url(people=wanted.people - 1, **_kept(wanted))
        if wanted.people > offering.party_min
        else None,
        "more": shop.url(people=wanted.people + 1, **_kept(wanted))
        if most is None or wanted.people < most
        else None,
        "zones": zone_choices(shop.zone_name, shop.shown_zone, visit.language),
        **_moving(visit, tenant, offering, wanted),
        "waitlist": _waitlist(shop) if is_open and offering.has_waitlist else None,
        **_lost(shop, said),
    }


def _waitlist(shop: Shop) -> str | None:
    """Return where one may wait for what is taken; None for whoever has a booking already."""
    wanted = shop.wanted
    if wanted.change:
        return None
    day = wanted.day or wanted.check_in or next(iter(wanted.days), None)
    query = {**wanted.query(), "from": day}
    return shop.visit.url(shop.tenant.slug, shop.offering.slug, "waitlist", **query)


def _moving(visit: Visit, tenant: Tenant, offering: Offering, wanted: Wanted) -> dict[str, object]:
    """Say which booking is to be moved, if any, and of what has dates from when to when it is."""
    if not wanted.change:
        return {"moving": None, "moving_days": ()}
    booking = find_booking(visit, tenant, wanted.change)
    stay = stay_of_record(booking, offering, zone_name=booking.zone, shown_zone=booking.zone)
    days = ((stay.first, stay.last),) if stay.form == "nights" else stay.runs
    return {"moving": booking, "moving_days": days}


def _lost(shop: Shop, said: Refused | None) -> dict[str, object]:
    """Say which time was lost, and on which day the others are, where it is one day."""
    if said is None:
        return {"lost_at": None, "others_on": None}
    here = zone(shop.zone_name)
    days = {local_day(other.starts_at, here) for other in said.alternatives}
    is_timed = shop.offering.shape in {Shape.SLOTS, Shape.FREE}
    return {
        "lost_at": _start_of(shop) if said.is_taken else None,
        "others_on": days.pop() if len(days) == 1 and is_timed else None,
    }


def _start_of(shop: Shop) -> datetime | None:
    """Return when what was wanted would have begun, of slots and free starts."""
    wanted = shop.wanted
    if wanted.slot is None:
        return wanted.starts_at
    generated = read_generated_slot_id(wanted.slot)
    if generated is not None:
        return generated[1]
    slot = shop.desk.slots.find(wanted.slot)
    return None if slot is None else slot.starts_at


def _kept(wanted: Wanted) -> dict[str, object]:
    """Return what stays chosen when another number of people comes."""
    return {
        "month": f"{wanted.month:%Y-%m}" if wanted.month else None,
        "day": wanted.day,
        "check_in": wanted.check_in,
        "check_out": wanted.check_out,
        "days": ",".join(day.isoformat() for day in wanted.days),
    }


def _others(shop: Shop, said: Refused | None) -> tuple[Other, ...]:
    if said is None:
        return ()
    return tuple(
        Other(
            time=time_of(
                shop,
                OpenSlot(
                    slot_id=None,
                    starts_at=other.starts_at,
                    ends_at=other.ends_at,
                    remaining=other.remaining,
                    dates=other.dates,
                ),
            ),
            alternative=other,
        )
        for other in said.alternatives
    )
