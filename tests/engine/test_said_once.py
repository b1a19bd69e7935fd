"""What a business says in one place, and what nobody can have meant: refusals that say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import BookingId, HoldId, OfferingId, ResourceId, SeriesId
from holdfast.domain.policies import Policy
from holdfast.domain.prices import TicketTier
from holdfast.domain.resources import ResourceAction
from holdfast.domain.terms import Terms, Tickets
from holdfast.domain.waitlists import Wishes
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.tenants import AddTenant
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    open_desk,
    pointers,
    refusal_of,
)

STRANGE = ("bkg_\x00", "bkg_\ud800", "\x00", "", "x" * 5_000)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def said_of(desk: TenantEngine) -> tuple[timedelta, timedelta | None, int, int | None]:
    """Return what a business says of notice and horizon, in its fields and in its policy."""
    tenant = desk.get()
    policy = tenant.policy
    return tenant.notice, policy.notice, tenant.horizon_days, policy.horizon_days


def test_what_a_business_says_by_its_policy_alone_is_said(engine: Engine) -> None:
    """It contradicted the field's own default, which nobody had said."""
    policy = Policy(notice=HOUR, horizon_days=9)
    added = engine.add_tenant(
        AddTenant(slug="shop", name="Shop", zone="UTC", currency="EUR", policy=policy)
    )
    desk = open_desk(engine)

    desk.change({"policy": {"notice": 2 * HOUR}})
    by_policy = said_of(desk)
    desk.change({"notice": 3 * HOUR})
    by_field = said_of(desk)
    desk.change({"policy": {"notice": None, "horizon_days": 30}})
    after = said_of(desk)
    both = refusal_of(lambda: desk.change({"notice": HOUR, "policy": {"notice": 2 * HOUR}}))

    assert (added.notice, added.horizon_days) == (HOUR, 9)
    assert by_policy == (2 * HOUR, 2 * HOUR, 365, None)
    assert by_field == (3 * HOUR, 3 * HOUR, 365, None)
    assert after == (3 * HOUR, None, 30, 30)
    assert pointers(both) == [("/policy/notice", "contradicts")]
    assert said_of(desk) == after


def test_an_id_that_nothing_can_have_is_not_found(desk: TenantEngine) -> None:
    tries = [
        act
        for text in STRANGE
        for act in (
            partial(desk.bookings.get, BookingId(text)),
            partial(desk.bookings.cancel, BookingId(text)),
            partial(desk.bookings.change, BookingId(text), {"note": "x"}),
            partial(desk.holds.get, HoldId(text)),
            partial(desk.series.get, SeriesId(text)),
            partial(desk.offerings.get, OfferingId(text)),
            partial(desk.resources.get, ResourceId(text)),
        )
    ]

    assert {refusal_of(one).code for one in tries} == {"record.not_found"}
    assert desk.bookings.list(query=BookingQuery(reference="\x00")).items == ()
    assert desk.bookings.count(BookingQuery(reference="\ud800")) == {}


def test_a_rating_that_says_nothing_leaves_what_was_said(
    desk: TenantEngine, clock: ManualClock
) -> None:
    booking = book(desk, add_offering(desk, "cut", add_room(desk)), at("12:00"))
    clock.set(at("12:30"))
    desk.bookings.complete(booking.booking_id)
    rated = desk.bookings.rate(booking.booking_id, rating=5, feedback="lovely")

    refusal = refusal_of(partial(desk.bookings.rate, booking.booking_id))

    assert pointers(refusal) == [("/rating", "missing")]
    assert desk.bookings.get(booking.booking_id) == rated


def detail_of(refusal: HoldfastError) -> str:
    """Return what a refusal says, its first fault if it has some."""
    errors = refusal.fields.get("errors")
    if not isinstance(errors, tuple):
        return refusal.detail
    return str(errors[0].detail)


def test_refusals_say_what_can_be_done_here(desk: TenantEngine, clock: ManualClock) -> None:
    room = add_room(desk)
    cut = add_offering(desk, "cut", room)
    booked: Booking = book(desk, cut, at("12:00"))
    desk.offerings.change(cut.offering_id, {"has_waitlist": True})
    show = add_class(desk, "show", places=9)
    tiers = tuple(TicketTier(key=key, label=key, price_minor=1) for key in ("adult", "child"))
    desk.offerings.change(show.offering_id, {"ticket_tiers": tiers})
    clock.set(at("09:00"))
    late = Wishes(until=at("00:00", day=500))
    vip = Terms(tickets=(Tickets(tier="vip"),))
    noon = Choice(offering_id=show.offering_id, starts_at=at("12:00"))

    early = refusal_of(
        lambda: desk.bookings.walk_in(
            replace(noon, offering_id=cut.offering_id, starts_at=at("15:00")), details=FOR_ADA
        )
    )
    unlimited = refusal_of(lambda: desk.resources.change(room.resource_id, {"capacity": None}))
    deleted = refusal_of(lambda: desk.resources.act(room.resource_id, ResourceAction.DELETE))
    waiting = refusal_of(lambda: desk.waitlist.join(cut.offering_id, wishes=late, details=FOR_ADA))
    unknown = refusal_of(lambda: desk.bookings.place(choice=noon, terms=vip, details=FOR_ADA))

    assert booked.starts_at == at("12:00")
    assert "say why" not in early.detail
    assert "force" not in unlimited.detail
    assert "force" in deleted.detail
    assert detail_of(waiting) == "Say until when, within the next 400 days."
    assert detail_of(unknown).endswith("Choose among 'adult', 'child'.")
