"""Series under limits: a new customer's series is counted as it is made, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from holdfast.bootstrap import Engine
from holdfast.domain.customers import Contact
from holdfast.domain.policies import ActiveLimit, CreationLimit, LimitScope, Policy
from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.series import ClashPolicy
from holdfast.domain.terms import Terms, Tickets
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.recurring import SeriesRequest
from tests.engine.businesses import (
    add_class,
    add_offering,
    add_room,
    at,
    cause_of,
    open_desk,
    refusal_of,
)

BEN = Details(contact=Contact(name="Ben", email="ben@b.example"))


def test_a_series_of_four_does_not_pass_a_limit_of_three(engine: Engine) -> None:
    """C4: nor when nobody has ever heard of the customer."""
    desk = open_desk(engine)
    limit = Policy(active_limits=(ActiveLimit(scope=LimitScope.TENANT, most=3),))
    added = add_offering(desk, "lesson", add_room(desk))
    changes = {"series_max": 9, "policy": limit}
    lesson = desk.offerings.change(added.offering_id, changes)
    asked = SeriesRequest(
        offering_id=lesson.offering_id,
        rule="FREQ=DAILY;COUNT=4",
        starts_on=date(2026, 6, 8),
        minute=600,
        details=BEN,
    )

    refused = cause_of(lambda: desk.series.place(asked))
    made = desk.series.place(replace(asked, clashes=ClashPolicy.SKIP))

    listed = refused["occurrences"]
    assert isinstance(listed, tuple)
    assert [(one["index"], one["code"]) for one in listed] == [(3, "policy.limit_reached")]
    assert [one.reason_code for one in made.occurrences] == [None] * 3 + ["policy.limit_reached"]


def test_a_series_is_one_thing_made_however_many_bookings_it_has(engine: Engine) -> None:
    """AC-D16: whoever makes it, known or not, and whatever was made before."""
    desk = open_desk(engine)
    limit = Policy(creation_limits=(CreationLimit(most=2, window=timedelta(hours=1)),))
    added = add_offering(desk, "lesson", add_room(desk, capacity=9))
    lesson = desk.offerings.change(added.offering_id, {"series_max": 99, "policy": limit})
    asked = SeriesRequest(
        offering_id=lesson.offering_id,
        rule="FREQ=DAILY;COUNT=80",
        starts_on=date(2026, 6, 8),
        minute=600,
        details=BEN,
    )

    first = desk.series.place(asked)
    second = desk.series.place(asked)
    third = cause_of(lambda: desk.series.place(asked))
    alone = cause_of(
        lambda: desk.bookings.place(
            choice=Choice(offering_id=lesson.offering_id, starts_at=at("12:00")), details=BEN
        )
    )

    assert [len(one.bookings) for one in (first, second)] == [80, 80]
    listed = third["occurrences"]
    assert isinstance(listed, tuple | list)
    assert {one["code"] for one in listed} == {"policy.limit_reached"}
    assert alone == {"code": "policy.limit_reached", "limit": 2, "actual": 2}


def test_where_a_code_is_used_up_nothing_is_booked_at_another_price(engine: Engine) -> None:
    desk = open_desk(engine)
    lesson = add_class(desk, "lesson", places=9, price_minor=1_000)
    desk.offerings.change(lesson.offering_id, {"series_max": 9})
    half = AddPromoCode(
        code="HALF", kind=PromoKind.PERCENT, basis_points=5_000, uses_per_customer_max=2
    )
    desk.promo_codes.add(half)
    asked = SeriesRequest(
        offering_id=lesson.offering_id,
        rule="FREQ=DAILY;COUNT=3",
        starts_on=date(2026, 6, 8),
        minute=600,
        details=BEN,
        terms=Terms(promo_codes=("HALF",)),
    )

    refused = cause_of(lambda: desk.series.place(asked))
    unknown = replace(asked, clashes=ClashPolicy.SKIP, terms=Terms(promo_codes=("NONE",)))
    wrong = refusal_of(lambda: desk.series.place(unknown))
    made = desk.series.place(replace(asked, clashes=ClashPolicy.SKIP))
    again = refusal_of(lambda: desk.series.add(made.series.series_id, 2))

    listed = refused["occurrences"]
    assert isinstance(listed, tuple)
    assert [(one["index"], one["code"]) for one in listed] == [(2, "promo.refused")]
    assert [one.reason_code for one in made.occurrences] == [None, None, "promo.refused"]
    assert {it.price.amount_minor for it in made.bookings.values()} == {500}
    assert (wrong.code, again.code) == ("promo.refused", "promo.refused")


def test_what_is_added_again_is_booked_on_the_terms_of_the_series(engine: Engine) -> None:
    """Also on terms that only staff may say."""
    desk = open_desk(engine)
    vip = TicketTier(key="vip", label="Vip", price_minor=5_000, quota=3)
    show = add_class(desk, "show", places=9, price_minor=2_500)
    desk.offerings.change(show.offering_id, {"ticket_tiers": (vip,), "series_max": 9})
    terms = Terms(tickets=(Tickets(tier="vip"),), order_total_minor=70)
    asked = SeriesRequest(
        offering_id=show.offering_id,
        rule="FREQ=DAILY;COUNT=3",
        starts_on=date(2026, 6, 8),
        minute=600,
        details=BEN,
        terms=terms,
    )
    series_id = desk.series.place(asked).series.series_id
    desk.series.skip(series_id, 1)
    desk.series.skip(series_id, 2)

    again = desk.series.add(series_id, 1)
    elsewhere = desk.series.move(series_id, 2, Move(starts_at=at("12:00", day=9)))

    after = desk.series.get(series_id)
    for one in (again, elsewhere):
        assert one.booking_id is not None
        booking = after.bookings[one.booking_id]
        assert (booking.price.amount_minor, booking.terms) == (5_000, terms)
