"""Cancelling: what follows is said beforehand, and what is not allowed has no button."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction, Tier
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Policy
from tests.web.conftest import Town
from tests.web.visitors import Visitor

DAY = timedelta(days=1)


def with_policy(town: Town, cancellation: CancellationPolicy) -> Offering:
    """Give the salon's haircut a policy of cancelling."""
    salon = town.street.salon
    policy = Policy(cancellation=cancellation)
    return salon.desk.offerings.change(salon.cut.offering_id, {"policy": policy})


def book(visitor: Visitor) -> None:
    """Book the first haircut, on Tuesday at 10."""
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    visitor.fill(name="Ada", email="ada@example.com")
    visitor.submit("details")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (CancellationPolicy(is_allowed=False), "Salon Sarah takes no cancellations of this."),
        (CancellationPolicy(cutoff=3 * DAY), "It is too late to cancel this online."),
    ],
)
def test_what_is_not_allowed_is_said_and_has_no_button(
    town: Town, visitor: Visitor, policy: CancellationPolicy, said: str
) -> None:
    with_policy(town, policy)
    book(visitor)
    url = visitor.url.partition("?")[0]

    page = visitor.follow("Cancel")
    words = {one.words for one in page.buttons}
    visitor.post(f"{url}/cancel", {}, Sec_Fetch_Site="same-origin")

    assert "This cannot be cancelled online" in page.text
    assert said in page.text
    assert words == set()
    assert visitor.status == 409
    [booking] = town.street.salon.desk.bookings.list().items
    assert booking.status == "confirmed"


def test_who_cancels_late_is_told_what_follows(town: Town, visitor: Visitor) -> None:
    policy = CancellationPolicy(
        cutoff=3 * DAY,
        tiers=(Tier(before=timedelta(0), percent=50),),
        customer_may_cancel_late=True,
        late_action=LateAction.BLOCK_FUTURE,
        block_days=10,
    )
    with_policy(town, policy)
    book(visitor)

    asked = visitor.follow("Cancel")
    done = visitor.press("Yes, cancel it")

    assert "You are cancelling late." in asked.text
    assert "You cannot book here again until Thursday 11 June." in asked.text
    assert "This booking is cancelled." in done.text


def test_in_time_nothing_is_said_of_money_that_was_not_paid(town: Town, visitor: Visitor) -> None:
    book(visitor)

    page = visitor.follow("Cancel")

    assert "You get" not in page.text
    assert "late" not in page.text
