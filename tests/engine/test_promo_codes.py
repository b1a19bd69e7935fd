"""Promo codes and tickets: what they take off, and that every use is counted and given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.customers import Contact
from holdfast.domain.errors import PromoRefused
from holdfast.domain.holds import Hold
from holdfast.domain.ids import PromoId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Offering
from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoCode, PromoKind
from holdfast.domain.quotes import LineKind
from holdfast.domain.terms import Terms, Tickets, Use
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import ExpireHold
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.quoting import QuoteQuery
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    ADA,
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    at,
    cause_of,
    open_desk,
    pointers,
    refusal_of,
)

NOON = at("12:00", day=1)
BOB = Contact(name="Bob", email="bob@example.com")
SUMMER = Terms(promo_codes=(" summer-26 ",))


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


@pytest.fixture
def show(desk: TenantEngine) -> Offering:
    """Something of which there is enough."""
    return add_class(desk, "show", places=100, price_minor=2_500)


def add_code(
    desk: TenantEngine,
    code: str = "summer-26",
    *,
    uses_max: int | None = None,
    uses_per_customer_max: int | None = None,
) -> PromoCode:
    return desk.promo_codes.add(
        AddPromoCode(
            code=code,
            kind=PromoKind.PERCENT,
            basis_points=2_000,
            uses_max=uses_max,
            uses_per_customer_max=uses_per_customer_max,
        )
    )


def hold_with(
    desk: TenantEngine, show: Offering, terms: Terms = SUMMER, contact: Contact = ADA
) -> Hold:
    choice = Choice(offering_id=show.offering_id, starts_at=NOON)
    ttl = timedelta(minutes=10)
    return desk.holds.place(choice=choice, terms=terms, contact=contact, ttl=ttl)


def uses(desk: TenantEngine, promo: PromoCode) -> int:
    return desk.promo_codes.uses([promo.promo_id])[promo.promo_id]


def violations(database: Database) -> list[str]:
    return [str(one) for one in prove(database).violations]


def test_ac_f05_a_code_lowers_the_price_and_is_kept_with_the_booking(
    desk: TenantEngine, database: Database, show: Offering
) -> None:
    """AC-F05."""
    promo = add_code(desk)

    held = hold_with(desk, show)
    booked = desk.bookings.convert(held.hold_id, details=FOR_ADA)

    assert booked.price == Money(amount_minor=2_000, currency="EUR")
    assert [(line.kind, line.label, line.amount_minor) for line in booked.price_lines] == [
        (LineKind.PRICE, "", 2_500),
        (LineKind.PROMO_CODE, "SUMMER-26", -500),
    ]
    assert booked.price_lines[1].promo_id == promo.promo_id
    assert booked.terms == SUMMER
    assert booked.uses[0] == Use(key=f"promo:{promo.promo_id}", units=1)
    assert uses(desk, promo) == 1
    assert violations(database) == []


def test_every_end_but_taking_place_gives_a_use_back(
    desk: TenantEngine, database: Database, show: Offering, clock: ManualClock
) -> None:
    promo = add_code(desk, uses_max=1)

    desk.holds.release(hold_with(desk, show).hold_id)
    released = uses(desk, promo)
    lapsed = hold_with(desk, show)
    clock.advance(minutes=10)
    unrecorded = uses(desk, promo)
    again = hold_with(desk, show)
    desk.run(ExpireHold(hold_id=lapsed.hold_id))
    desk.bookings.cancel(desk.bookings.convert(again.hold_id, details=FOR_ADA).booking_id)
    cancelled = uses(desk, promo)
    booked = desk.bookings.convert(hold_with(desk, show).hold_id, details=FOR_ADA)
    clock.set(NOON + timedelta(minutes=30))
    desk.bookings.complete(booked.booking_id, gives_back=True)

    assert (released, unrecorded, cancelled, uses(desk, promo)) == (0, 0, 0, 1)
    choice = Choice(offering_id=show.offering_id, starts_at=NOON + timedelta(hours=1))
    place = partial(desk.holds.place, choice=choice, terms=SUMMER)
    assert cause_of(place)["reason"] == "used_up"
    assert violations(database) == []


def test_a_code_is_refused_with_its_reason_and_nothing_is_taken(
    desk: TenantEngine, database: Database, show: Offering, clock: ManualClock
) -> None:
    once = add_code(desk, "ONCE", uses_max=1)
    each = add_code(desk, "EACH", uses_per_customer_max=1)
    gone, late = add_code(desk, "GONE"), add_code(desk, "LATE")
    desk.promo_codes.take_back(gone.promo_id)
    desk.promo_codes.change(late.promo_id, {"valid_until": clock.now()})
    hold_with(desk, show, Terms(promo_codes=("once",)))
    hold_with(desk, show, Terms(promo_codes=("each",)))
    wrong = {
        "ONCE": "used_up",
        "EACH": "used_up_by_customer",
        "GONE": "inactive",
        "LATE": "expired",
        "NONE": "unknown",
    }
    found, quoted = {}, {}

    for code in wrong:
        terms = Terms(promo_codes=(code,))
        refusal = refusal_of(partial(hold_with, desk, show, terms))
        assert isinstance(refusal, PromoRefused)
        found[code] = refusal.fields["reason"]
        query = QuoteQuery(
            choice=Choice(offering_id=show.offering_id, starts_at=NOON), terms=terms, contact=ADA
        )
        quote = desk.quotes.of(query)
        quoted[code] = quote.promo_refusals[0].reason
        assert quote.total_minor == 2_500

    nobody = refusal_of(
        partial(hold_with, desk, show, Terms(promo_codes=("EACH",)), contact=Contact())
    )
    assert found == quoted == wrong
    assert nobody.fields["reason"] == "customer_needed"
    assert (uses(desk, once), uses(desk, each)) == (1, 1)
    assert violations(database) == []


def test_a_customer_is_counted_by_their_address_before_and_after_they_have_a_record(
    desk: TenantEngine, database: Database, show: Offering
) -> None:
    add_code(desk, uses_per_customer_max=1)
    booked = desk.bookings.convert(hold_with(desk, show).hold_id, details=FOR_ADA)
    assert booked.customer_id is not None
    by_id = Details(customer_id=booked.customer_id)
    choice = Choice(offering_id=show.offering_id, starts_at=NOON)

    again = [
        cause_of(partial(hold_with, desk, show)),
        cause_of(partial(desk.bookings.place, choice=choice, terms=SUMMER, details=by_id)),
    ]
    other = desk.bookings.place(choice=choice, terms=SUMMER, details=Details(contact=BOB))

    assert {one["reason"] for one in again} == {"used_up_by_customer"}
    assert other.price.amount_minor == 2_000
    assert violations(database) == []


def test_what_a_customer_has_used_is_not_forgotten_with_their_address(
    desk: TenantEngine, database: Database, show: Offering
) -> None:
    add_code(desk, uses_per_customer_max=1)
    choice = Choice(offering_id=show.offering_id, starts_at=NOON)
    place = partial(desk.bookings.place, choice=choice, terms=SUMMER)
    booked = place(details=FOR_ADA)
    assert booked.customer_id is not None
    for address in ("ada@b.example", "ada@c.example"):
        desk.customers.change(booked.customer_id, {"email": address, "phone": "+33 6 11 11 11 11"})

    ways = (
        Details(customer_id=booked.customer_id),
        Details(contact=Contact(name="Ada", email="ada@c.example")),
        FOR_ADA,
    )
    again = [cause_of(partial(place, details=way)) for way in ways]
    desk.bookings.cancel(booked.booking_id)

    assert [one["reason"] for one in again] == ["used_up_by_customer"] * 3
    assert place(details=ways[1]).price.amount_minor == 2_000
    assert violations(database) == []


def test_whoever_books_in_the_end_is_the_one_who_is_counted(
    desk: TenantEngine, database: Database, show: Offering
) -> None:
    add_code(desk, uses_per_customer_max=1)
    desk.bookings.place(
        choice=Choice(offering_id=show.offering_id, starts_at=NOON),
        terms=SUMMER,
        details=Details(contact=BOB),
    )
    held = hold_with(desk, show, contact=ADA)

    as_bob = refusal_of(partial(desk.bookings.convert, held.hold_id, details=Details(contact=BOB)))
    carol = Contact(name="Carol", email="carol@example.com")
    as_carol = desk.bookings.convert(held.hold_id, details=Details(contact=carol))

    assert as_bob.fields["reason"] == "used_up_by_customer"
    assert as_carol.price == held.price
    assert as_carol.uses != held.uses
    assert hold_with(desk, show, contact=ADA).price.amount_minor == 2_000
    assert violations(database) == []


def test_a_limit_may_come_later_and_fall_below_what_is_used(
    desk: TenantEngine, database: Database, show: Offering
) -> None:
    promo = add_code(desk)
    for _ in range(3):
        hold_with(desk, show)

    desk.promo_codes.change(promo.promo_id, {"uses_max": 2, "uses_per_customer_max": 1})

    assert cause_of(partial(hold_with, desk, show))["reason"] == "used_up"
    assert uses(desk, promo) == 3
    desk.promo_codes.change(promo.promo_id, {"uses_max": None, "uses_per_customer_max": 4})
    hold_with(desk, show)
    assert cause_of(partial(hold_with, desk, show))["reason"] == "used_up_by_customer"
    assert violations(database) == []


def test_codes_have_names_of_their_own_and_are_checked_when_saved(desk: TenantEngine) -> None:
    promo = add_code(desk, " summer-26")

    twice = refusal_of(partial(add_code, desk, "Summer-26"))
    odd = refusal_of(partial(add_code, desk, "not a code"))
    strange = AddPromoCode(
        code="FAR", kind=PromoKind.FIXED, amount_minor=1, offering_ids=frozenset({"off_nowhere"})
    )
    far = refusal_of(partial(desk.promo_codes.add, strange))
    other = add_code(desk, "SUMMER26")
    fixed = desk.promo_codes.add(replace(strange, code="FIVE", offering_ids=frozenset()))

    assert promo.code == "SUMMER-26"
    assert (twice.code, pointers(odd)) == ("record.already_exists", [("/code", "bad_code")])
    assert pointers(far) == [("/offering_ids/0", "unknown_offering")]
    assert (other.code, fixed.currency) == ("SUMMER26", "EUR")
    assert refusal_of(partial(desk.promo_codes.get, PromoId("prm_0"))).code == "record.not_found"
    listed = [one.code for one in desk.promo_codes.list().items]
    assert sorted(listed) == ["FIVE", "SUMMER-26", "SUMMER26"]


def test_a_booking_that_waits_without_places_has_used_its_code_already(
    desk: TenantEngine, database: Database
) -> None:
    asked = add_offering(
        desk,
        "asked",
        add_room(desk),
        is_approved_by_hand=True,
        pending_takes=False,
        pending_ttl=timedelta(hours=1),
        price_minor=2_500,
    )
    promo = add_code(desk, uses_max=1)
    choice = Choice(offering_id=asked.offering_id, starts_at=NOON)
    booked = desk.bookings.place(choice=choice, terms=SUMMER, details=FOR_ADA)

    waiting = uses(desk, promo)
    confirmed = desk.bookings.confirm(booked.booking_id)

    assert (waiting, uses(desk, promo), confirmed.price.amount_minor) == (1, 1, 2_000)
    assert violations(database) == []
    desk.bookings.cancel(booked.booking_id)
    assert uses(desk, promo) == 0
    assert violations(database) == []


# --------------------------------------------------------------------------------------- tickets

ADULT = TicketTier(key="adult", label="Adult", price_minor=3_500)
CHILD = TicketTier(key="child", label="Child", price_minor=1_500, quota=3)


def family(adults: int, children: int) -> Terms:
    kinds = (Tickets(tier="adult", quantity=adults), Tickets(tier="child", quantity=children))
    return Terms(tickets=tuple(one for one in kinds if one.quantity))


def test_ac_f08_tickets_have_prices_and_quotas_of_their_own_in_each_slot(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-F08 (P-128, P-148)."""
    jazz = add_class(desk, "jazz", places=10)
    desk.offerings.change(jazz.offering_id, {"ticket_tiers": (ADULT, CHILD)})

    def ask(adults: int, children: int, day: int = 1) -> Hold:
        choice = Choice(offering_id=jazz.offering_id, starts_at=at("20:00", day=day))
        size = adults + children
        return desk.holds.place(choice=choice, party_size=size, terms=family(adults, children))

    first = ask(2, 2)
    refused = cause_of(partial(ask, 1, 2))
    other_day = ask(1, 3, day=2)
    desk.bookings.convert(first.hold_id, details=FOR_ADA)
    last = ask(1, 1)
    clock.advance(hours=1)  # the last hold lapses, and with it its ticket
    after = ask(0, 1)

    assert first.price.amount_minor == 2 * 3_500 + 2 * 1_500
    assert (other_day.price.amount_minor, last.price.amount_minor) == (8_000, 5_000)
    assert refused == {
        "code": "capacity.exceeded",
        "requested": 2,
        "remaining": 1,
        "limited_by": "child",
    }
    assert after.price.amount_minor == 1_500
    assert violations(database) == []


def test_another_quota_counts_at_once_and_never_falls_below_what_is_sold(
    desk: TenantEngine, database: Database
) -> None:
    jazz = add_class(desk, "jazz", places=10)
    desk.offerings.change(jazz.offering_id, {"ticket_tiers": (CHILD,)})
    choice = Choice(offering_id=jazz.offering_id, starts_at=NOON)

    def ask(count: int) -> Hold:
        terms = family(0, count)
        return desk.holds.place(choice=choice, party_size=count, terms=terms)

    ask(3)
    fewer = TicketTier(key="child", label="Child", price_minor=1_500, quota=2)
    more = TicketTier(key="child", label="Child", price_minor=1_500, quota=4)
    change = partial(desk.offerings.change, jazz.offering_id)

    assert cause_of(partial(change, {"ticket_tiers": (fewer,)})) == {
        "code": "capacity.exceeded",
        "requested": 3,
        "remaining": 2,
        "limited_by": "child",
    }
    change({"ticket_tiers": (more,)})
    ask(1)
    assert cause_of(partial(ask, 1))["code"] == "capacity.exceeded"
    assert violations(database) == []


def test_a_tier_that_was_away_comes_back_with_its_new_quota_and_refuses_moves_meanwhile(
    desk: TenantEngine, database: Database
) -> None:
    jazz = add_class(desk, "jazz", places=10)
    change = partial(desk.offerings.change, jazz.offering_id)
    change({"ticket_tiers": (ADULT, CHILD)})
    choice = Choice(offering_id=jazz.offering_id, starts_at=NOON)
    place = partial(desk.bookings.place, choice=choice, details=FOR_ADA)
    booked = place(party_size=2, terms=family(0, 2))
    move = partial(desk.bookings.reschedule, booked.booking_id)
    later = Move(starts_at=at("15:00", day=1))

    change({"ticket_tiers": (ADULT,)})
    away = [
        pointers(refusal_of(partial(move, later, keeps_price=keeps))) for keeps in (False, True)
    ]
    change({"ticket_tiers": (ADULT, replace(CHILD, quota=7))})
    place(party_size=5, terms=family(0, 5))
    larger = refusal_of(partial(move, Move(party_size=3), keeps_price=True))

    assert away == [[("/tickets/0/tier", "unknown_tier")]] * 2
    assert pointers(larger) == [("/tickets", "wrong_count")]
    assert move(later).starts_at == at("15:00", day=1)
    assert violations(database) == []


def test_tickets_are_for_as_many_as_come_and_of_tiers_that_there_are(desk: TenantEngine) -> None:
    jazz = add_class(desk, "jazz", places=10)
    choice = Choice(offering_id=jazz.offering_id, starts_at=NOON)

    def faults(terms: Terms, party_size: int = 2) -> list[tuple[str, str]]:
        place = partial(desk.holds.place, choice=choice, party_size=party_size, terms=terms)
        return pointers(refusal_of(place))

    assert faults(family(1, 1)) == [("/tickets", "not_offered")]
    desk.offerings.change(jazz.offering_id, {"ticket_tiers": (ADULT,)})
    assert faults(Terms()) == [("/tickets", "wrong_count")]
    assert faults(family(3, 0)) == [("/tickets", "wrong_count")]
    assert faults(family(1, 1)) == [("/tickets/1/tier", "unknown_tier")]
    assert faults(Terms(tickets=(Tickets(tier="adult"),) * 2)) == [("/tickets/1/tier", "twice")]
    alone = add_offering(desk, "alone", add_room(desk))
    limited = partial(desk.offerings.change, alone.offering_id, {"ticket_tiers": (CHILD,)})
    assert pointers(refusal_of(limited)) == [("/ticket_tiers/0/quota", "needs_places")]
