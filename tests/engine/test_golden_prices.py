"""The golden tests 11 to 14 and 17 of the acceptance table, and what a frozen quote is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.domain.money import Money
from holdfast.domain.price_rules import OccupancyBand, PriceMode, PriceRule
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.quotes import LineKind, Reason
from holdfast.domain.shapes import Shape
from holdfast.domain.terms import Terms
from holdfast.engine.choosing import Choice
from holdfast.engine.customers import AddCustomer
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.quoting import QuoteQuery
from holdfast.engine.slots import AddSlot
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    ADA,
    FOR_ADA,
    HOUR,
    acting_as,
    add_class,
    at,
    book,
    hold,
    open_desk,
    pointers,
    refusal_of,
    shop_window,
)
from tests.engine.priced import (
    CASES,
    COURIER,
    COURT,
    OFFERS,
    PREMIUM,
    RENTAL,
    SEED_CONDITIONS,
    Case,
    add_offer,
    choice_of,
)
from tests.unit.pricing import seed_rules

BUSY = PriceRule(
    rule_id="busy",
    label="Nearly full",
    mode=PriceMode.PERCENT,
    basis_points=5_000,
    occupancy=OccupancyBand(from_percent=50),
)


def test_golden_11_to_14_and_17_the_price_is_the_same_quoted_held_converted_and_booked(
    engine: Engine,
) -> None:
    """AC-F01, AC-F02, AC-F03, AC-F06, AC-F09 (B-098..109, C-12..C-16)."""
    desk = open_desk(engine, zone="Europe/Paris")
    ids = {offer.slug: add_offer(desk, offer) for offer in OFFERS}
    totals = {}

    for case in CASES:
        choice = choice_of(case, ids[case.offer.slug])
        query = QuoteQuery(choice=choice, party_size=case.party_size, terms=case.terms)
        quoted = desk.quotes.of(query)
        held = desk.holds.place(choice=choice, party_size=case.party_size, terms=case.terms)
        converted = desk.bookings.convert(held.hold_id, details=FOR_ADA)
        booked = desk.bookings.place(
            choice=choice, party_size=case.party_size, terms=case.terms, details=FOR_ADA
        )
        totals[case.name] = quoted.total
        assert {held.price, converted.price, booked.price} == {quoted.total}
        assert sum(line.amount_minor for line in quoted.lines) == quoted.total_minor
        assert held.price_lines == converted.price_lines == booked.price_lines == quoted.lines
        assert held.terms == converted.terms == booked.terms == case.terms
        assert desk.bookings.get(booked.booking_id) == booked

    assert totals == {
        case.name: Money(amount_minor=case.expected, currency="EUR") for case in CASES
    }


def test_the_seeds_twelve_conditions_are_saved_as_they_are_written(engine: Engine) -> None:
    """AC-F02."""
    desk = open_desk(engine)
    tiers = [(condition, 1_000) for condition in SEED_CONDITIONS]

    offering_id = add_offer(desk, replace(COURT, tiers=tiers))

    kept = desk.offerings.get(offering_id).price_rules
    assert len(tiers) == 12
    assert kept == seed_rules(tiers)


def test_a_bad_condition_is_refused_when_it_is_saved_with_its_place(engine: Engine) -> None:
    """AC-F02."""
    desk = open_desk(engine)
    offering_id = add_offer(desk, COURT)

    for bad in ("participants >", "guests > 3", "participants", "__import__('os')", "(" * 30):
        rule = PriceRule(rule_id="bad", label="Bad", mode=PriceMode.UNIT_OVERRIDE, condition=bad)
        changes = {"price_rules": (rule,)}
        refusal = refusal_of(partial(desk.offerings.change, offering_id, changes))
        assert pointers(refusal) == [("/price_rules/0/condition", "bad_expression")]
        assert "Line 1, column " in str(refusal.fields["errors"])

    assert desk.offerings.get(offering_id).price_rules == seed_rules(list(COURT.tiers))


def test_a_held_price_stays_whatever_becomes_of_the_offering_and_the_clock(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-F06."""
    desk = open_desk(engine, zone="Europe/Paris")
    case = Case(name="car", offer=RENTAL, length=8 * HOUR, expected=8_000)
    choice = choice_of(case, offering_id := add_offer(desk, RENTAL))
    held = desk.holds.place(choice=choice)
    dearer = {"price": Money(amount_minor=9_900, currency="EUR"), "price_rules": ()}
    desk.offerings.change(offering_id, dearer)
    clock.set(clock.now() + timedelta(minutes=5))

    booked = desk.bookings.convert(held.hold_id, details=FOR_ADA)

    assert (booked.price, booked.price_lines) == (held.price, held.price_lines)
    assert desk.quotes.of(QuoteQuery(choice=choice)).total_minor == 8 * 9_900
    assert [(line.kind, line.reason, line.condition) for line in booked.price_lines] == [
        (LineKind.BLOCK, Reason.RULE, "duration >= 480")
    ]


def test_only_staff_may_say_what_a_customer_is_unless_the_offering_believes_its_customers(
    engine: Engine,
) -> None:
    desk = open_desk(engine, zone="Europe/Paris")
    page = shop_window(engine, desk)
    closed, open_ = add_offer(desk, COURT), add_offer(desk, COURIER, believes_customers=True)
    member = Case(name="member", offer=COURT, terms=PREMIUM, expected=2_000)
    choice, order = choice_of(member, closed), Terms(order_total_minor=5_000)

    refusals = [
        refusal_of(lambda: page.quotes.of(QuoteQuery(choice=choice, terms=PREMIUM))),
        refusal_of(lambda: page.quotes.of(QuoteQuery(choice=choice, terms=order))),
        refusal_of(lambda: page.holds.place(choice=choice, terms=PREMIUM)),
        refusal_of(lambda: page.bookings.place(choice=choice, terms=PREMIUM, details=FOR_ADA)),
    ]
    believed = page.holds.place(choice=choice_of(member, open_), terms=order)
    by_staff = acting_as(engine, desk, Role.STAFF).holds.place(choice=choice, terms=PREMIUM)

    assert {refusal.code for refusal in refusals} == {"access.denied"}
    assert (believed.price.amount_minor, by_staff.price.amount_minor) == (0, 2_000)


def test_a_customer_whom_staff_name_pays_by_what_is_known_of_them_and_an_address_proves_nothing(
    engine: Engine,
) -> None:
    desk = open_desk(engine, zone="Europe/Paris")
    member = desk.customers.add(
        AddCustomer(name="Ada", email=ADA.email, metadata={"membership": "premium"})
    )
    choice = choice_of(Case(name="member", offer=COURT, expected=2_000), add_offer(desk, COURT))
    page = shop_window(engine, desk)

    named = desk.bookings.place(choice=choice, details=Details(customer_id=member.customer_id))
    written = page.bookings.place(choice=choice, details=FOR_ADA)

    assert named.price.amount_minor == 2_000
    assert written.price.amount_minor == 3_000
    assert written.customer_id == member.customer_id


def test_what_a_customer_writes_into_metadata_changes_no_price_unless_it_is_believed(
    engine: Engine,
) -> None:
    desk = open_desk(engine)
    page = shop_window(engine, desk)
    offer = replace(COURIER, tiers=[("metadata.coupon == 'FREE'", 0)])
    choice = choice_of(Case(name="coupon", offer=offer, expected=500), add_offer(desk, offer))

    by_page = page.holds.place(choice=choice, metadata={"coupon": "FREE"})
    by_staff = desk.holds.place(choice=choice, metadata={"coupon": "FREE"})

    assert (by_page.price.amount_minor, by_staff.price.amount_minor) == (500, 0)


def test_ac_f04_a_slots_own_price_and_a_nearly_full_slot_change_what_it_costs(
    engine: Engine,
) -> None:
    """AC-F04: per slot, and by how many places are taken before."""
    desk = open_desk(engine)
    lesson = add_class(desk, "lesson", places=4, price_minor=1_000)
    desk.offerings.change(lesson.offering_id, {"price_rules": (BUSY,)})
    special = desk.slots.add(
        AddSlot(
            slot_id=desk.slots.new_id(),
            offering_id=lesson.offering_id,
            starts_at=at("15:00", day=1),
            price_minor=700,
        )
    )

    usual = [book(desk, lesson, at("10:00", day=1)).price.amount_minor for _ in range(4)]
    own = [
        desk.bookings.place(slot_id=special.slot_id, details=FOR_ADA).price.amount_minor
        for _ in range(4)
    ]

    assert usual == [1_000, 1_000, 1_500, 1_500]
    assert own == [700, 700, 1_050, 1_050]


def test_ac_f04_the_quote_of_a_slot_counts_what_is_held_and_no_more_what_has_lapsed(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    lesson = add_class(desk, "lesson", places=4, price_minor=1_000)
    desk.offerings.change(lesson.offering_id, {"price_rules": (BUSY,)})
    starts_at = at("10:00", day=1)
    query = QuoteQuery(choice=Choice(offering_id=lesson.offering_id, starts_at=starts_at))
    hold(desk, lesson, starts_at, 2, ttl=timedelta(minutes=5))

    full = desk.quotes.of(query).total_minor
    clock.set(clock.now() + timedelta(minutes=5))
    lapsed = desk.quotes.of(query).total_minor

    assert (full, lapsed) == (1_500, 1_000)


def test_ac_f01_nights_days_and_slots_have_units_of_their_own(engine: Engine) -> None:
    desk = open_desk(engine)
    prices = {}
    for unit, shape in (
        (PriceUnit.NIGHT, Shape.NIGHTS),
        (PriceUnit.UNIT, Shape.DAYS),
        (PriceUnit.SLOT, Shape.DAYS),
    ):
        added = desk.offerings.add(
            AddOffering(
                slug=f"stay-{unit.name.lower()}",
                name="Stay",
                duration=24 * HOUR,
                shape=shape,
                is_always_open=True,
                price_minor=1_000,
                price_unit=unit,
            )
        )
        dates = tuple(at("00:00", day=day).date() for day in (3, 4, 5))
        choice = Choice(offering_id=added.offering_id, dates=dates)
        prices[unit] = desk.holds.place(choice=choice, party_size=2).price.amount_minor

    assert prices == {PriceUnit.NIGHT: 3_000, PriceUnit.UNIT: 6_000, PriceUnit.SLOT: 1_000}


def test_ac_f07_an_amount_has_the_decimals_of_its_currency(engine: Engine) -> None:
    """AC-F07, C-51."""
    desk = open_desk(engine)
    starts_at = at("10:00", day=1)
    booked = {}

    for currency in ("EUR", "JPY", "TND"):
        added = desk.offerings.add(
            AddOffering(
                slug=f"court-{currency.lower()}",
                name="Court",
                duration=HOUR,
                shape=Shape.FREE,
                is_always_open=True,
                length_max=2 * HOUR,
                price_minor=1_000,
                currency=currency,
                price_unit=PriceUnit.HOUR,
            )
        )
        choice = Choice(
            offering_id=added.offering_id, starts_at=starts_at, ends_at=starts_at + 1.5 * HOUR
        )
        booking = desk.bookings.place(choice=choice, details=FOR_ADA)
        booked[str(booking.price)] = [str(line.quantity) for line in booking.price_lines]

    assert booked == {"15.00 EUR": ["3/2"], "1500 JPY": ["3/2"], "1.500 TND": ["3/2"]}


def test_a_price_beyond_what_can_be_said_is_refused_and_nothing_is_taken(engine: Engine) -> None:
    desk = open_desk(engine)
    lesson = add_class(desk, "lesson", places=10)
    dear = PriceRule(
        rule_id="dear",
        label="Dear",
        mode=PriceMode.SURCHARGE,
        amount_minor=10**15,
        unit=PriceUnit.PARTICIPANT,
    )
    desk.offerings.change(lesson.offering_id, {"price_rules": (dear,)})

    refusal = refusal_of(lambda: hold(desk, lesson, at("10:00", day=1), 5))

    assert pointers(refusal) == [("/party_size", "price_too_large")]
    assert hold(desk, lesson, at("10:00", day=1), 1).price.amount_minor == 10**15
