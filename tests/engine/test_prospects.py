"""Checks on terms: codes, tickets and limits are foretold as a booking is answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.errors import Alternative, HoldfastError
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import ActiveLimit, CreationLimit, LimitScope, Policy
from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.terms import Terms, Tickets
from holdfast.engine.availability import Prospect
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.promo_codes import AddPromoCode
from tests.engine.businesses import (
    ADA,
    HOUR,
    add_class,
    add_offering,
    add_room,
    at,
    open_desk,
    pointers,
    refusal_of,
)

CHILD, ADULT = Tickets(tier="child"), Tickets(tier="adult")
TIERS = (
    TicketTier(key="child", label="Child", price_minor=1, quota=1),
    TicketTier(key="adult", label="Adult", price_minor=2),
)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


@pytest.fixture
def show(desk: TenantEngine) -> Offering:
    """A show with one ticket for a child, and some for adults."""
    offering = add_class(desk, "show", places=9, price_minor=10)
    return desk.offerings.change(offering.offering_id, {"ticket_tiers": TIERS})


def _at(offering: Offering, starts_at: datetime) -> Choice:
    return Choice(offering_id=offering.offering_id, starts_at=starts_at)


def _outcome(desk: TenantEngine, choice: Choice, prospect: Prospect) -> object:
    """Book it and call it off again; say what became of it."""
    details = Details(contact=prospect.contact, customer_id=prospect.customer_id)
    try:
        booked = desk.bookings.place(choice=choice, details=details, terms=prospect.terms)
    except HoldfastError as refusal:
        return _told(refusal)
    desk.bookings.cancel(booked.booking_id, reason="only tried")
    return "accepted"


def _foretold(desk: TenantEngine, choice: Choice, prospect: Prospect) -> object:
    verdict = desk.availability.check(choice, prospect=prospect)
    assert verdict.can_book is (verdict.refusal is None)
    assert not verdict.reasons or verdict.refusal is verdict.reasons[0]
    return "accepted" if verdict.refusal is None else _told(verdict.refusal)


def _told(refusal: HoldfastError) -> object:
    fields = {name: value for name, value in refusal.fields.items() if name != "alternatives"}
    return refusal.code, refusal.detail, str(fields)


def test_a_check_knows_which_tickets_are_left(desk: TenantEngine, show: Offering) -> None:
    """AC-B12: what a booking takes, a check takes, and answers the same."""
    sold = Terms(tickets=(CHILD,))
    desk.bookings.place(choice=_at(show, at("10:00")), details=Details(contact=ADA), terms=sold)
    prospects = [
        (at(clock_time), Prospect(terms=Terms(tickets=(ticket,)), contact=ADA))
        for clock_time in ("10:00", "11:00")
        for ticket in (CHILD, ADULT)
    ]

    foretold = [_foretold(desk, _at(show, when), one) for when, one in prospects]

    outcomes = [_outcome(desk, _at(show, when), one) for when, one in prospects]
    assert foretold == outcomes
    assert outcomes[1:] == ["accepted"] * 3
    assert desk.availability.check(_at(show, at("10:00"))).can_book


def test_what_is_offered_instead_has_the_tickets_that_are_asked_for(
    desk: TenantEngine, show: Offering
) -> None:
    """AC-B13: neither the slot that is refused, nor another one whose tier is sold out."""
    terms = Terms(tickets=(CHILD,))
    for clock_time in ("10:00", "12:00"):
        desk.holds.place(choice=_at(show, at(clock_time)), terms=terms, contact=ADA)

    refusal = refusal_of(
        lambda: desk.holds.place(choice=_at(show, at("10:00")), terms=terms, contact=ADA)
    )
    verdict = desk.availability.check(_at(show, at("10:00")), prospect=Prospect(terms=terms))

    found = refusal.fields["alternatives"]
    assert isinstance(found, tuple)
    others = [one.starts_at for one in found if isinstance(one, Alternative)]
    assert len(others) == 5
    assert not {at("10:00"), at("12:00")} & set(others)
    assert [one.starts_at for one in verdict.alternatives] == others
    holds = [
        desk.holds.place(choice=_at(show, starts_at), terms=terms, contact=ADA)
        for starts_at in others
    ]
    assert [one.starts_at for one in holds] == others


def test_a_check_knows_the_limits_of_whoever_asks(desk: TenantEngine) -> None:
    limited = Policy(active_limits=(ActiveLimit(scope=LimitScope.OFFERING, most=1),))
    visit = add_offering(desk, "visit", add_room(desk), policy=limited)
    desk.bookings.place(choice=_at(visit, at("10:00")), details=Details(contact=ADA))
    known = Prospect(contact=ADA)
    stranger = Prospect(contact=replace(ADA, email="eve@example.com"))

    foretold = [_foretold(desk, _at(visit, at("12:00")), one) for one in (known, stranger)]

    assert foretold == [_outcome(desk, _at(visit, at("12:00")), one) for one in (known, stranger)]
    assert foretold[1] == "accepted"
    assert desk.availability.check(_at(visit, at("12:00"))).can_book


def test_a_check_knows_a_limit_on_a_resource_and_on_what_is_made(desk: TenantEngine) -> None:
    rooms = [add_room(desk), add_room(desk, "Other")]
    by_resource = Policy(active_limits=(ActiveLimit(scope=LimitScope.RESOURCE, most=1),))
    by_time = Policy(creation_limits=(CreationLimit(most=2, window=HOUR),))
    visit = add_offering(desk, "visit", rooms[0], policy=by_resource)
    other = add_offering(desk, "other", rooms[1], policy=by_time)
    for choice in (_at(visit, at("10:00")), _at(other, at("10:00"))):
        desk.bookings.place(choice=choice, details=Details(contact=ADA))
    known = Prospect(contact=ADA)

    foretold = [_foretold(desk, _at(one, at("12:00")), known) for one in (visit, other)]

    assert foretold == [_outcome(desk, _at(one, at("12:00")), known) for one in (visit, other)]
    assert foretold != ["accepted"] * 2


def test_a_check_knows_promo_codes_and_says_every_reason(desk: TenantEngine) -> None:
    visit = add_offering(desk, "visit", add_room(desk), price_minor=100)
    desk.promo_codes.add(
        AddPromoCode(code="ONCE", kind=PromoKind.PERCENT, basis_points=1_000, uses_max=1)
    )
    once = Prospect(terms=Terms(promo_codes=("ONCE",)), contact=ADA)
    first = _foretold(desk, _at(visit, at("10:00")), once)
    desk.bookings.place(
        choice=_at(visit, at("10:00")), details=Details(contact=ADA), terms=once.terms
    )

    unknown = Prospect(terms=Terms(promo_codes=("NEVER",)), contact=ADA)
    foretold = [_foretold(desk, _at(visit, at("12:00")), one) for one in (once, unknown)]
    taken = desk.availability.check(_at(visit, at("10:00")), prospect=once)

    assert first == "accepted"
    assert foretold == [_outcome(desk, _at(visit, at("12:00")), one) for one in (once, unknown)]
    assert [one.code for one in taken.reasons] == ["promo.refused", "capacity.exceeded"]


def test_what_a_check_is_told_is_refused_where_a_booking_would_be_malformed(
    desk: TenantEngine, show: Offering
) -> None:
    none = refusal_of(
        lambda: desk.availability.check(_at(show, at("10:00")), prospect=Prospect(contact=ADA))
    )
    unknown = refusal_of(
        lambda: desk.availability.check(
            _at(show, at("10:00")), prospect=Prospect(terms=Terms(tickets=(Tickets(tier="dog"),)))
        )
    )

    assert pointers(none) == [("/tickets", "wrong_count")]
    assert pointers(unknown) == [("/tickets/0/tier", "unknown_tier")]
