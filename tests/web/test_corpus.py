"""The corpus of nasty texts through what pages ask, sell and remember: it stays text everywhere."""

from __future__ import annotations

import pytest

from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoKind
from holdfast.engine.promo_codes import AddPromoCode
from tests.web.conftest import Town
from tests.web.test_safety import EVIL, is_harmless
from tests.web.visitors import Visitor


@pytest.mark.parametrize("evil", EVIL)
def test_questions_options_and_answers_stay_text(town: Town, visitor: Visitor, evil: str) -> None:
    """AC-O05."""
    salon = town.street.salon
    fields = (
        {"key": "a", "label": evil, "type": "text", "help": evil, "pattern": "^[0-9]$"},
        {"key": "b", "label": evil, "type": "select", "options": [evil, "plain"]},
        {"key": "c", "label": evil, "type": "multiselect", "options": [evil], "required": True},
        {"key": "d", "label": evil, "type": "checkbox", "help": evil},
        {"key": "e", "label": evil, "type": "text"},
    )
    salon.desk.offerings.change(salon.cut.offering_id, {"fields": fields, "party_max": 3})
    slot = visitor.open("/sarah/cut").buttons_named("slot")[0].value
    visitor.post("/sarah/cut", {"slot": slot, "people": "2"}, Sec_Fetch_Site="same-origin")
    url, asked = visitor.url, is_harmless(visitor)
    typed = {"name": evil, "email": "ada@example.com", "guest": evil, "answer.e": evil}
    chosen = {"answer.b": evil, "answer.c": evil, "answer.d": "yes"}

    visitor.post(url, {**typed, **chosen, "answer.a": evil}, Sec_Fetch_Site="same-origin")
    refused = (visitor.status, is_harmless(visitor))
    kept = dict(visitor.page.form("details").fields)
    visitor.post(url, {**typed, **chosen}, Sec_Fetch_Site="same-origin")

    assert asked
    assert refused == (422, True)
    assert (kept["answer.e"], kept["guest"]) == (evil, evil)
    assert "You are booked." in visitor.page.text
    assert is_harmless(visitor)


@pytest.mark.parametrize("evil", EVIL)
def test_tickets_codes_and_wishes_stay_text(town: Town, visitor: Visitor, evil: str) -> None:
    """AC-O05."""
    desk = town.street.concert.desk
    [offering] = desk.offerings.list().items
    tiers = (
        TicketTier(key=evil, label=evil, price_minor=100, quota=3),
        TicketTier(key="b", label=evil, price_minor=200),
    )
    desk.offerings.change(offering.offering_id, {"ticket_tiers": tiers})
    desk.promo_codes.add(
        AddPromoCode(code="HALF", kind=PromoKind.PERCENT, basis_points=5_000, description=evil)
    )
    shown = []

    visitor.open("/odeon/concert", **{f"ticket.{evil}": 2, "ticket.b": 1, "promo": evil})
    shown.append(is_harmless(visitor))
    visitor.press("Take 3 places")
    if visitor.status != 200:  # the code was no code: without it, then
        shown.append(is_harmless(visitor))
        visitor.open("/odeon/concert", **{f"ticket.{evil}": 2, "ticket.b": 1})
        visitor.press("Take 3 places")
    for code in (evil, "half"):
        fields = {**dict(visitor.page.form("details").fields), "promo": code}
        path = visitor.url.removesuffix("/promo") + "/promo"
        visitor.post(path, fields, Sec_Fetch_Site="same-origin")
        shown.append(is_harmless(visitor))
    desk.offerings.change(offering.offering_id, {"ticket_tiers": ()})
    desk.offerings.change(offering.offering_id, {"has_waitlist": True})
    wish = {"name": evil, "email": "ada@example.com", "note": evil, "part_of_day": evil}
    for more in ({"from": evil}, {"email": evil}, {"until": evil, "people": evil}):
        visitor.post("/odeon/concert/waitlist", {**wish, **more}, Sec_Fetch_Site="same-origin")
        shown.append(is_harmless(visitor))

    assert set(shown) == {True}
    assert len(desk.waitlist.list().items) == 2
