"""Changing one's mind: promo codes on what is kept, another time for it, and what a move costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from holdfast.domain.holds import HoldStatus
from holdfast.domain.policies import Policy
from holdfast.domain.promo_codes import PromoKind
from holdfast.engine.facade import TenantEngine
from holdfast.engine.promo_codes import AddPromoCode
from tests.web.conftest import Town
from tests.web.visitors import Visitor


@pytest.fixture
def desk(town: Town) -> TenantEngine:
    """The salon, which has a code for one use."""
    desk = town.street.salon.desk
    desk.promo_codes.add(
        AddPromoCode(code="SUMMER", kind=PromoKind.PERCENT, basis_points=2_000, uses_max=1)
    )
    return desk


def keep(visitor: Visitor, number: int = 0) -> None:
    """Keep a haircut."""
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[number])


def type_in(visitor: Visitor, **fields: str) -> dict[str, str]:
    """Return what stands in the details, with some of it typed anew."""
    return {**dict(visitor.page.form("details").fields), **fields}


def use(visitor: Visitor, **fields: str) -> None:
    """Press the button beside the promo code."""
    url = visitor.url.partition("?")[0].removesuffix("/promo") + "/promo"
    visitor.post(url, type_in(visitor, **fields), Sec_Fetch_Site="same-origin")


def test_a_promo_code_is_used_on_what_is_kept_and_may_be_left_out_again(
    desk: TenantEngine, visitor: Visitor
) -> None:
    keep(visitor)
    first = visitor.url

    use(visitor, promo="summer", name="Ada", note="By bike")
    coded, second = visitor.page, visitor.url
    use(visitor, promo="summer", without="yes")
    plain = visitor.page

    assert second != first
    for words in ("SUMMER Promo code \N{MINUS SIGN}€5.00", "Total €20.00", "Book for €20.00"):
        assert words in coded.text
    kept = dict(coded.form("details").fields)
    assert (kept["name"], kept["note"]) == ("Ada", "By bike")
    assert "Total €25.00" in plain.text
    assert sorted(one.status for one in desk.holds.list().items) == [
        HoldStatus.ACTIVE,
        HoldStatus.RELEASED,
        HoldStatus.RELEASED,
    ]


def test_enter_in_the_field_of_the_code_uses_it_and_does_not_book(
    desk: TenantEngine, visitor: Visitor
) -> None:
    keep(visitor)
    typed = type_in(visitor, promo="SUMMER", name="Ada", email="ada@example.com")

    visitor.post(visitor.url, typed, Sec_Fetch_Site="same-origin")
    unbooked = desk.bookings.list().items
    again = type_in(visitor, promo="SUMMER")
    visitor.post(visitor.url, again, Sec_Fetch_Site="same-origin")

    assert unbooked == ()
    [booking] = desk.bookings.list().items
    assert booking.price.amount_minor == 2_000
    assert "SUMMER Promo code" in visitor.page.text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("WINTER", "We do not know this code."),
        ("OLD", "This code is not valid any more."),
        ("EARLY", "This code is not valid yet."),
        ("BIG", "This code is for a larger amount than this."),
        ("USED", "This code has been used as often as it may be."),
        ("ONCE", "Fill in your e-mail address first"),
    ],
)
def test_a_code_that_cannot_be_used_says_why_and_the_time_stays_kept(
    town: Town, desk: TenantEngine, visitor: Visitor, code: str, said: str
) -> None:
    now, day = town.clock.now(), timedelta(days=1)
    percent = PromoKind.PERCENT
    for promo in (
        AddPromoCode(code="OLD", kind=percent, basis_points=1_000, valid_until=now - day),
        AddPromoCode(code="EARLY", kind=percent, basis_points=1_000, valid_from=now + day),
        AddPromoCode(
            code="BIG", kind=percent, basis_points=1_000, minimum_minor=9_900, currency="EUR"
        ),
        AddPromoCode(code="USED", kind=percent, basis_points=1_000, uses_max=1),
        AddPromoCode(code="ONCE", kind=percent, basis_points=1_000, uses_per_customer_max=1),
    ):
        desk.promo_codes.add(promo)
    rival = town.visitor(address="192.0.2.3")
    keep(rival, 3)
    use(rival, promo="USED")
    keep(visitor)
    before = visitor.url

    use(visitor, promo=code, name="Ada")

    assert visitor.status == 409
    assert said in visitor.page.text
    assert visitor.page.link(said) == "#promo"
    assert dict(visitor.page.form("details").fields)["name"] == "Ada"
    assert "Kept for you until" in visitor.open(before).text


def test_a_code_that_has_run_out_with_the_time_does_not_stand_in_the_way(
    town: Town, desk: TenantEngine, visitor: Visitor
) -> None:
    keep(visitor)
    use(visitor, promo="SUMMER")
    town.clock.advance(minutes=16)
    rival = town.visitor(address="192.0.2.3")
    keep(rival, 3)
    use(rival, promo="SUMMER")
    visitor.open(visitor.url)

    visitor.press("Keep it again")
    refused = visitor.page.text
    visitor.press(visitor.page.buttons_named("slot")[0])

    assert "This code has been used as often as it may be." in refused
    assert "Total €25.00" in visitor.page.text
    assert len(desk.promo_codes.list().items) == 1


def test_where_there_are_no_codes_none_is_asked_for(town: Town, visitor: Visitor) -> None:
    keep(visitor)

    assert "Promo code" not in visitor.page.text
    assert town.street.salon.desk.promo_codes.list().items == ()


def test_who_chooses_another_time_keeps_the_first_until_the_other_is_had(
    town: Town, visitor: Visitor
) -> None:
    rival = town.visitor(address="192.0.2.4")
    page = visitor.open("/sarah/cut")
    first, second = page.buttons_named("slot")[:2]
    visitor.press(first)
    kept = visitor.url
    rival.open("/sarah/cut")
    third = rival.page.buttons_named("slot")[1]
    rival.press(third)

    visitor.post("/sarah/cut", {"slot": third.value}, Sec_Fetch_Site="same-origin")
    refused = visitor.status
    still = visitor.open(kept).text
    visitor.post("/sarah/cut", {"slot": second.value}, Sec_Fetch_Site="same-origin")

    assert refused == 409
    assert "Kept for you until" in still
    assert second.value != third.value
    assert [one.status for one in town.street.salon.desk.holds.list().items].count(
        HoldStatus.ACTIVE
    ) == 2


def test_a_move_is_quoted_on_the_terms_that_were_agreed(
    desk: TenantEngine, visitor: Visitor
) -> None:
    keep(visitor)
    use(visitor, promo="SUMMER", name="Ada", email="ada@example.com")
    visitor.post(visitor.url, type_in(visitor, promo="SUMMER"), Sec_Fetch_Site="same-origin")

    visitor.follow("Change the time")
    visitor.follow("Thursday 4 June")
    asked = visitor.press("11:00")
    visitor.press("Yes, move it")

    assert "The price stays the same." in asked.text
    [booking] = desk.bookings.list().items
    assert (booking.price.amount_minor, booking.local_start) == (2_000, "2026-06-04T11:00")


def test_who_looked_by_number_gets_no_link_that_lasts_by_moving(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    booked()
    [booking] = town.street.salon.desk.bookings.list().items
    guest = town.visitor(address="192.0.2.5")
    guest.open("/sarah/bookings")
    guest.post(
        "/sarah/bookings",
        {"number": booking.number, "email": "ada@example.com"},
        Sec_Fetch_Site="same-origin",
    )
    before = guest.url

    guest.follow("Change the time")
    guest.follow("Thursday 4 June")
    guest.press("11:00")
    guest.press("Yes, move it")
    after = guest.url.partition("?")[0]
    town.clock.advance(minutes=31)
    late = guest.open(after)

    assert after == before
    assert "This link no longer works" in late.text
    assert "Kept for you" not in visitor.page.text


def test_without_scripts_a_move_stays_a_move_whatever_else_is_chosen(
    town: Town, visitor: Visitor
) -> None:
    visitor.open("/occitanie/training-day", part="module-x", days="2026-06-04")
    visitor.press("Keep this day")
    visitor.fill(name="Ada", email="ada@example.com")
    visitor.submit("details")
    moving = visitor.follow("Change the time")

    visitor.fill(people="3")
    page = visitor.press("Update")
    visitor.follow("Friday 5 June")
    visitor.press("Keep this day")
    visitor.press("Yes, move it")

    assert "it stays as it is: Thursday 4 June. Keep it so" in moving.text
    assert "Module X" not in moving.text
    assert "A new time for" in page.text
    [booking] = town.street.region.desk.bookings.list().items
    assert (booking.dates, booking.party_size) == ((date(2026, 6, 5),), 3)
    assert booking.components == ("module-x",)


def test_of_nights_a_move_says_from_when_to_when_they_are(visitor: Visitor) -> None:
    visitor.open("/les-tilleuls/garden-room", check_in="2026-06-03", check_out="2026-06-06")
    visitor.press("Keep these nights")
    visitor.fill(name="Ada", email="ada@example.com")
    visitor.submit("details")

    page = visitor.follow("Change the time")

    assert "it stays as it is: Wednesday 3 June – Saturday 6 June. Keep it so" in page.text


def test_without_scripts_the_zone_leaves_what_is_chosen(visitor: Visitor) -> None:
    visitor.open("/odeon/concert", people=3)

    visitor.fill(zone="America/New_York")
    page = visitor.press("Show")

    assert "Take 3 places" in page.text


def test_on_a_day_that_is_full_the_next_time_is_after_it(town: Town, visitor: Visitor) -> None:
    page = visitor.open("/sarah/cut", day="2026-06-07")

    assert "Nothing is free on this day." in page.text
    assert "Next: Tue 9 Jun, 10:00" in page.text
    assert town.street.salon.cut.slug == "cut"


def test_whether_somebody_answers_first_is_asked_of_the_policy_in_force(
    town: Town, visitor: Visitor
) -> None:
    salon = town.street.salon
    policy = Policy(is_approved_by_hand=True)
    salon.desk.resources.change(salon.chair.resource_id, {"policy": policy})

    keep(visitor)

    assert "Ask for this booking" in {one.words for one in visitor.page.buttons}
