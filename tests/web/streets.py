"""A street of businesses, one for every form in which time is booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from holdfast.bootstrap import Engine
from holdfast.domain.ids import PoolId
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Scheme
from holdfast.domain.shapes import Shape
from holdfast.engine.calendars import InitialiseDays
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.pools import AddPool
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.slots import AddSlot
from holdfast.engine.tenants import AddTenant
from holdfast.testing.samples import Concert, Region, Salon, open_concert, open_region, open_salon

CONCERT_AT = datetime(2026, 7, 14, 18, tzinfo=UTC)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
PURPLE = "#7a3e9d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inn:
    """A house with a room by the night, massages by any of three people, and five bicycles."""

    desk: TenantEngine
    room: Offering
    massage: Offering
    bicycle: Offering


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """Portraits, with questions and a waitlist, and evenings with tickets by price level."""

    desk: TenantEngine
    portrait: Offering
    evening: Offering


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """All of them."""

    salon: Salon
    concert: Concert
    region: Region
    inn: Inn


def open_street(engine: Engine) -> Street:
    """Open a salon, a concert hall, a region and an inn."""
    return Street(
        salon=open_salon(engine),
        concert=open_concert(engine, starts_at=CONCERT_AT, places=5),
        region=open_region(engine, setups=2, operators=2),
        inn=open_inn(engine),
    )


STUDIO_FIELDS: tuple[dict[str, object], ...] = (
    {
        "key": "occasion",
        "label": "What is it for?",
        "type": "select",
        "options": ["A portrait", "An application", "A present"],
        "required": True,
    },
    {"key": "prints", "label": "How many prints?", "type": "number", "min": 0, "max": 40},
    {
        "key": "wishes",
        "label": "What would you like?",
        "type": "multiselect",
        "options": ["Black and white", "In the garden", "With my dog"],
    },
    {
        "key": "publish",
        "label": "You may show the pictures on your site.",
        "type": "checkbox",
        "help": "We ask again before we do.",
    },
)


def open_studio(engine: Engine) -> Studio:
    """Open a studio: portraits with questions, and evenings sold by price level."""
    slug = "atelier"
    engine.add_tenant(
        AddTenant(slug=slug, name="Atelier Lumière", zone="Europe/Paris", currency="EUR")
    )
    desk = engine.tenant(slug)
    place: dict[str, object] = {
        "name": "Atelier Lumière",
        "address": "4 quai de la Daurade, 31000 Toulouse",
    }
    room = desk.resources.add(AddResource(name="The studio", kind="room"))
    hours = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=9 * 60, closes_minute=12 * 60)
    desk.schedules.set(room.resource_id, [hours])
    portrait = desk.offerings.add(
        AddOffering(
            slug="portrait",
            name="A portrait",
            description="An hour before the camera, by daylight.",
            duration=timedelta(hours=1),
            party_max=4,
            price_minor=12_000,
            location=place,
            has_waitlist=True,
            fields=STUDIO_FIELDS,
            requirements=(Requirement(resource_id=room.resource_id),),
        )
    )
    evening = desk.offerings.add(
        AddOffering(
            slug="darkroom",
            name="An evening in the darkroom",
            description="Develop a film of your own. Paper and a glass of wine are included.",
            kind="event",
            counting=Counting.PLACES,
            slot_capacity=12,
            duration=timedelta(hours=2, minutes=30),
            party_max=6,
            price_minor=4_500,
            location=place,
            ticket_tiers=(
                TicketTier(key="adult", label="Adult", price_minor=4_500),
                TicketTier(key="student", label="Student", price_minor=3_000, quota=4),
            ),
        )
    )
    for day in (12, 19):
        slot_id, at = desk.slots.new_id(), datetime(2026, 6, day, 17, tzinfo=UTC)
        desk.slots.add(AddSlot(slot_id=slot_id, offering_id=evening.offering_id, starts_at=at))
    desk.promo_codes.add(AddPromoCode(code="SUMMER", kind=PromoKind.PERCENT, basis_points=1_500))
    return Studio(desk=desk, portrait=portrait, evening=evening)


def open_inn(engine: Engine, *, slug: str = "les-tilleuls", first_on: date | None = None) -> Inn:
    """Open the inn, from a day on for two months."""
    engine.add_tenant(
        AddTenant(
            slug=slug,
            name="Les Tilleuls",
            zone="Europe/Paris",
            currency="EUR",
            metadata={"pages": {"accent": PURPLE, "about": "A house at the edge of the forest."}},
        )
    )
    desk = engine.tenant(slug)
    return Inn(
        desk=desk,
        room=_room(desk, first_on or date(2026, 6, 1)),
        massage=_massage(desk),
        bicycle=_bicycle(desk),
    )


def _room(desk: TenantEngine, first_on: date) -> Offering:
    room = desk.resources.add(AddResource(name="Garden room", kind="room", scheme=Scheme.DATED))
    last_on = first_on + timedelta(days=60)
    desk.calendars.initialise(
        InitialiseDays(resource_id=room.resource_id, first_on=first_on, last_on=last_on, capacity=1)
    )
    return desk.offerings.add(
        AddOffering(
            slug="garden-room",
            name="The garden room",
            description="A double bed, a bath, breakfast, and the garden door.",
            kind="room",
            duration=timedelta(days=1),
            shape=Shape.NIGHTS,
            dates_min=2,
            dates_max=7,
            party_max=2,
            price_minor=11_900,
            price_unit=PriceUnit.NIGHT,
            location={"name": "Les Tilleuls", "address": "12 rue des Tilleuls, 31000 Toulouse"},
            requirements=(Requirement(resource_id=room.resource_id),),
        )
    )


def _massage(desk: TenantEngine) -> Offering:
    pool = _pool(desk, "Therapists", ("Amélie", "Bastien", "Chloé"), opens=9 * 60, closes=19 * 60)
    return desk.offerings.add(
        AddOffering(
            slug="massage",
            name="Massage",
            duration=timedelta(hours=1),
            party_max=1,
            price_minor=7_000,
            requirements=(Requirement(pool_id=pool, choosing=Choosing.ANY_OF, role="therapist"),),
        )
    )


def _bicycle(desk: TenantEngine) -> Offering:
    names = tuple(f"Bicycle {number}" for number in range(1, 6))
    pool = _pool(desk, "Bicycles", names, opens=8 * 60, closes=20 * 60)
    return desk.offerings.add(
        AddOffering(
            slug="bicycle",
            name="A bicycle",
            kind="rental",
            duration=timedelta(hours=1),
            shape=Shape.FREE,
            length_min=timedelta(hours=1),
            length_max=timedelta(hours=8),
            slot_step=timedelta(minutes=30),
            party_max=5,
            price_minor=600,
            price_unit=PriceUnit.HOUR,
            requirements=(
                Requirement(pool_id=pool, choosing=Choosing.ANY_OF, members_per=Per.PARTICIPANT),
            ),
        )
    )


def _pool(
    desk: TenantEngine, name: str, members: tuple[str, ...], *, opens: int, closes: int
) -> PoolId:
    found = [desk.resources.add(AddResource(name=one, kind=name.lower())) for one in members]
    hours = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=opens, closes_minute=closes)
    for one in found:
        desk.schedules.set(one.resource_id, [hours])
    ids = tuple(one.resource_id for one in found)
    return desk.pools.add(AddPool(name=name, kind="staff", resource_ids=ids)).pool_id
