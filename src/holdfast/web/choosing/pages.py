"""The page of an offering: look at it, choose, and take a hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.responses import Response

from holdfast.domain.access import Actor
from holdfast.domain.errors import Alternative, HoldfastError, InputInvalid, RecordNotFound
from holdfast.domain.holds import Hold
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.shapes import Shape
from holdfast.domain.tenants import Tenant, TenantStatus
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import PlaceHold, ReleaseHoldsOfClient
from holdfast.web.choosing.dates import days_view, nights_view
from holdfast.web.choosing.shop import Shop
from holdfast.web.choosing.times import Time, events_view, free_view, slots_view, time_of
from holdfast.web.choosing.wanted import Wanted, wanted_in
from holdfast.web.limiting import ASKING, HOLDING
from holdfast.web.refusals import Refused, refused
from holdfast.web.visits import NOBODY, Form, Visit
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
    tenant, offering = await visit.read(lambda: _found(visit))
    wanted = wanted_in(form, offering)
    choice = wanted.choice(offering)
    if choice is None:
        shown = await visit.read(lambda: _shown(visit, form, refusal=_nothing_chosen()))
        return visit.page("choose.html", shown, status=422)
    actor = visit.make_visitor()
    try:
        hold = await _hold(visit, tenant, actor, wanted, choice)
    except HoldfastError as error:
        refusal = error
        explained = await visit.read(lambda: _explained(visit, tenant, choice, wanted, refusal))
        shown = await visit.read(lambda: _shown(visit, form, refusal=explained))
        return visit.page("choose.html", shown, status=error.status)
    return visit.go(visit.url(tenant.slug, "holds", hold.hold_id))


def _nothing_chosen() -> InputInvalid:
    return InputInvalid.at("/slot", "missing", "Choose a time first.")


async def _hold(visit: Visit, tenant: Tenant, actor: Actor, wanted: Wanted, choice: Choice) -> Hold:
    """Take the hold; what the visitor kept here before is let go first."""
    key = actor.actor_id
    if visit.visitor is not None:
        await visit.write(tenant.tenant_id, actor, ReleaseHoldsOfClient(client_key=key), tuple)
    command = PlaceHold(
        choice=choice,
        party_size=wanted.people,
        client_key=key,
        contact=wanted.contact,
        metadata={"note": wanted.note} if wanted.note else {},
    )
    return await visit.write(tenant.tenant_id, actor, command, Hold)


def _explained(
    visit: Visit, tenant: Tenant, choice: Choice, wanted: Wanted, error: HoldfastError
) -> HoldfastError:
    desk = visit.desk(tenant.tenant_id)
    try:
        return desk.availability.explained(choice, wanted.people, error)
    except HoldfastError:
        # Alternatives are a courtesy: the refusal itself is the answer.
        return error


def _found(visit: Visit) -> tuple[Tenant, Offering]:
    """Find the offering of the path.

    Raises:
        RecordNotFound: There is none that a customer may see.
    """
    tenant = visit.find_tenant()
    slug = visit.path("offering")
    offering = visit.desk(tenant.tenant_id, NOBODY).offerings.find_by_slug(slug)
    if offering is None or offering.status is OfferingStatus.DELETED:
        raise RecordNotFound(kind="offering", key=slug)
    return tenant, offering


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Something else that would do: how it is said, and what its button sends."""

    time: Time
    alternative: Alternative


def _shown(visit: Visit, form: Form, *, refusal: HoldfastError | None) -> dict[str, object]:
    """Build the whole page, within one read."""
    tenant, offering = _found(visit)
    wanted = wanted_in(form, offering)
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
        "is_stepped": most is not None and most <= STEPPED_MAX,
        "fewer": shop.url(people=wanted.people - 1, **_kept(wanted))
        if wanted.people > offering.party_min
        else None,
        "more": shop.url(people=wanted.people + 1, **_kept(wanted))
        if most is None or wanted.people < most
        else None,
        "zones": zone_choices(shop.zone_name, shop.shown_zone, visit.language),
        "canonical": f"/{tenant.slug}/{offering.slug}",
    }


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
