"""What golden tests of prices book: the seed's offerings, and what each booking of them costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain.ids import OfferingId
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.shapes import Shape
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import AddOffering
from tests.engine.businesses import HOUR, at
from tests.unit.pricing import seed_rules

DAY = timedelta(days=1)
MENU = [("participants >= 6", 8_500)]  # B-098
TENNIS = [("user.membership === 'premium'", 2_000), ("dayOfWeek >= 6", 4_000)]  # B-099, B-100
CAR = [("duration >= 480", 8_000), ("duration >= 10080", 35_000)]  # B-101, B-102
ROOM = [("duration >= 240", 18_000), ("duration >= 480", 35_000)]  # B-103, B-104
JAZZ = [("user.student === true", 2_000), ("participants >= 10", 3_000)]  # B-105, B-106
TRAINING = [("participants >= 8", 49_900), ("booking_date < event_date - 30", 49_900)]  # B-107, 108
DELIVERY = [("order_total >= 5000", 0)]  # B-109
SEED_CONDITIONS = [
    condition
    for tiers in (MENU, TENNIS, CAR, ROOM, JAZZ, TRAINING, DELIVERY)
    for condition, _ in tiers
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offering of free start and end, with its price and the seed's tiers."""

    slug: str
    price_minor: int
    unit: PriceUnit
    tiers: Sequence[tuple[str, int]]


RESTAURANT = Offer(slug="table", price_minor=0, unit=PriceUnit.PARTICIPANT, tiers=MENU)
COURT = Offer(slug="court", price_minor=3_000, unit=PriceUnit.HOUR, tiers=TENNIS)
RENTAL = Offer(slug="car", price_minor=1_500, unit=PriceUnit.HOUR, tiers=CAR)
HALL = Offer(slug="hall", price_minor=5_000, unit=PriceUnit.HOUR, tiers=ROOM)
REACT = Offer(slug="react", price_minor=59_900, unit=PriceUnit.PARTICIPANT, tiers=TRAINING)
CONCERT = Offer(slug="jazz", price_minor=3_500, unit=PriceUnit.PARTICIPANT, tiers=JAZZ)
COURIER = Offer(slug="courier", price_minor=500, unit=PriceUnit.BOOKING, tiers=DELIVERY)
OFFERS = (RESTAURANT, COURT, RENTAL, HALL, REACT, CONCERT, COURIER)

STUDENT = Terms(attributes={"student": True})
PREMIUM = Terms(attributes={"membership": "premium"})
SATURDAY, SUNDAY, WEDNESDAY = at("10:00", day=5), at("10:00", day=6), at("10:00", day=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A booking and what it costs."""

    name: str
    offer: Offer
    expected: int
    starts_at: datetime = WEDNESDAY
    length: timedelta = HOUR
    party_size: int = 1
    terms: Terms = NO_TERMS


CASES = [
    Case(name="11 six guests", offer=RESTAURANT, party_size=6, expected=51_000),
    Case(name="11 five guests", offer=RESTAURANT, party_size=5, expected=0),
    Case(name="12 Saturday", offer=COURT, starts_at=SATURDAY, expected=4_000),
    Case(name="12 Sunday", offer=COURT, starts_at=SUNDAY, expected=4_000),
    Case(name="12 member", offer=COURT, terms=PREMIUM, expected=2_000),
    Case(name="12 no member", offer=COURT, expected=3_000),
    Case(name="13 car for 7 hours", offer=RENTAL, length=7 * HOUR, expected=10_500),
    Case(name="13 car for 8 hours", offer=RENTAL, length=8 * HOUR, expected=8_000),
    Case(name="13 car for 7 days", offer=RENTAL, length=7 * DAY, expected=35_000),
    Case(name="13 hall for 3 hours", offer=HALL, length=3 * HOUR, expected=15_000),
    Case(name="13 hall for 4 hours", offer=HALL, length=4 * HOUR, expected=18_000),
    Case(name="13 hall for 8 hours", offer=HALL, length=8 * HOUR, expected=35_000),
    Case(name="14 31 days ahead", offer=REACT, starts_at=at("10:00", day=31), expected=49_900),
    Case(name="14 30 days ahead", offer=REACT, starts_at=at("10:00", day=30), expected=59_900),
    Case(name="14 a group of 8", offer=REACT, party_size=8, expected=399_200),
    Case(name="a student", offer=CONCERT, terms=STUDENT, expected=2_000),
    Case(name="a group of 10", offer=CONCERT, party_size=10, expected=30_000),
    Case(name="17 5000", offer=COURIER, terms=Terms(order_total_minor=5_000), expected=0),
    Case(name="17 4999", offer=COURIER, terms=Terms(order_total_minor=4_999), expected=500),
    Case(name="17 no order", offer=COURIER, expected=500),
]


def add_offer(desk: TenantEngine, offer: Offer, *, believes_customers: bool = False) -> OfferingId:
    """Add an offering of the seed, open at any time."""
    added = desk.offerings.add(
        AddOffering(
            slug=offer.slug,
            name=offer.slug.capitalize(),
            duration=HOUR,
            shape=Shape.FREE,
            is_always_open=True,
            length_max=10 * DAY,
            price_minor=offer.price_minor,
            price_unit=offer.unit,
            price_rules=seed_rules(list(offer.tiers)),
            believes_customers=believes_customers,
        )
    )
    return added.offering_id


def choice_of(case: Case, offering_id: OfferingId) -> Choice:
    """Return what a case books."""
    return Choice(
        offering_id=offering_id,
        starts_at=case.starts_at,
        ends_at=case.starts_at + case.length,
    )
