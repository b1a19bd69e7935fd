"""Presets: eight kinds of business as values, to begin with and to change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from holdfast.domain.cancellation_policies import CancellationPolicy
from holdfast.domain.offerings import Counting
from holdfast.domain.policies import NOTHING_SAID, Policy
from holdfast.domain.policy_presets import PolicyPreset
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.resources import Scheme
from holdfast.domain.shapes import Shape

Say = Callable[[str], str]

_NOTHING = timedelta(0)
_MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)
_TUESDAY_TO_SATURDAY = (2, 3, 4, 5, 6)
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
KEYS = ("salon", "clinic", "restaurant", "room", "class", "event", "rental", "pool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """Resources that stand in for one another, by the names that a business has for them.

    Attributes:
        kind: What they are, in the books.
        pool: What they are called together.
        question: How the wizard asks for their names.
        names: What stands there until somebody says otherwise.
    """

    kind: str
    pool: str
    question: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something to sell; the price in whole units of the business's currency."""

    name: str
    price: int
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A kind of business.

    Attributes:
        things: What is booked; each offering needs one of each.
        hours: Weekdays, opening and closing minute; none where it is always open.
        hours_question: How the wizard asks for them; None where it does not.
        opens_offerings: Whether the hours are those of the offerings, not of the things.
        places: How many places a slot has, where places are counted.
        has_moment: Whether it takes place once, on a day and at a time.
    """

    key: str
    title: str
    about: str
    offers_question: str
    things: tuple[Things, ...]
    offers: tuple[Offer, ...]
    kind: str
    hours: tuple[tuple[tuple[int, ...], int, int], ...] = ()
    hours_question: str | None = None
    opens_offerings: bool = False
    scheme: Scheme = Scheme.INTERVAL
    shape: Shape = Shape.SLOTS
    price_unit: PriceUnit = PriceUnit.BOOKING
    places: int | None = None
    places_question: str = ""
    has_moment: bool = False
    slot_step: timedelta | None = None
    buffer_after: timedelta = _NOTHING
    notice: timedelta | None = None
    length_max: timedelta | None = None
    dates_max: int | None = None
    is_scattered: bool = True
    party_max: int | None = None
    is_approved_by_hand: bool = False
    policy: Policy = NOTHING_SAID
    policy_preset: PolicyPreset | None = None

    @property
    def counting(self) -> Counting:
        """What limits its slots."""
        return Counting.RESOURCES if self.places is None else Counting.PLACES

    @property
    def has_minutes(self) -> bool:
        """Whether an offer says how long it takes."""
        return self.offers[0].minutes is not None


def presets(say: Say) -> Mapping[str, Preset]:
    """Return all presets by their keys, in the words of a language."""
    made = [
        _salon(say),
        _clinic(say),
        _restaurant(say),
        _room(say),
        _class(say),
        _event(say),
        _rental(say),
        _pool(say),
    ]
    return {one.key: one for one in made}


def _salon(say: Say) -> Preset:
    return Preset(
        key="salon",
        title=say("Salon"),
        about=say("Hair, nails, massage: people who serve one customer at a time."),
        things=(
            Things(
                kind="person",
                pool=say("Team"),
                question=say("Who serves your customers?"),
                names=(say("Chair 1"),),
            ),
        ),
        hours=((_TUESDAY_TO_SATURDAY, 600, 1_140),),
        hours_question=say("When are you open?"),
        offers_question=say("What do you offer?"),
        offers=(
            Offer(name=say("Haircut"), minutes=30, price=25),
            Offer(name=say("Wash, cut and dry"), minutes=60, price=45),
            Offer(name=say("Colour"), minutes=90, price=70),
        ),
        kind="appointment",
        slot_step=timedelta(minutes=30),
        notice=timedelta(hours=2),
        party_max=1,
        policy_preset=PolicyPreset.BEAUTY,
    )


def _clinic(say: Say) -> Preset:
    return Preset(
        key="clinic",
        title=say("Clinic"),
        about=say("Doctors, therapists, advisers: consultations with time to prepare."),
        things=(
            Things(
                kind="practitioner",
                pool=say("Practitioners"),
                question=say("Who sees your patients?"),
                names=(say("Dr Martin"),),
            ),
        ),
        hours=((_MONDAY_TO_FRIDAY, 540, 750), (_MONDAY_TO_FRIDAY, 840, 1_080)),
        hours_question=say("When are your consulting hours?"),
        offers_question=say("What do you offer?"),
        offers=(
            Offer(name=say("Consultation"), minutes=15, price=30),
            Offer(name=say("First visit"), minutes=45, price=60),
        ),
        kind="appointment",
        slot_step=timedelta(minutes=15),
        party_max=1,
        policy_preset=PolicyPreset.MEDICAL,
    )


def _restaurant(say: Say) -> Preset:
    return Preset(
        key="restaurant",
        title=say("Restaurant"),
        about=say("Sittings with so many covers; parties book their seats."),
        things=(
            Things(
                kind="dining-room",
                pool=say("Rooms"),
                question=say("Where do your guests sit?"),
                names=(say("Dining room"),),
            ),
        ),
        hours=((_EVERY_DAY, 720, 840), (_EVERY_DAY, 1_140, 1_260)),
        hours_question=say("When are your sittings?"),
        opens_offerings=True,
        offers_question=say("What do guests book?"),
        offers=(Offer(name=say("A table"), minutes=120, price=0),),
        kind="table",
        places=30,
        places_question=say("How many covers does a sitting have?"),
        party_max=12,
        policy=Policy(cancellation=CancellationPolicy(cutoff=timedelta(hours=2))),
    )


def _room(say: Say) -> Preset:
    return Preset(
        key="room",
        title=say("Room"),
        about=say("Meeting rooms, studios, courts: any start, by the hour."),
        things=(
            Things(
                kind="room",
                pool=say("Rooms"),
                question=say("Which rooms do you let?"),
                names=(say("Meeting room"),),
            ),
        ),
        hours=((_MONDAY_TO_FRIDAY, 480, 1_200),),
        hours_question=say("When can they be used?"),
        offers_question=say("What do you let, and for how much an hour?"),
        offers=(Offer(name=say("Meeting room"), minutes=60, price=40),),
        kind="room",
        shape=Shape.FREE,
        price_unit=PriceUnit.HOUR,
        slot_step=timedelta(minutes=30),
        length_max=timedelta(hours=8),
        party_max=12,
    )


def _class(say: Say) -> Preset:
    return Preset(
        key="class",
        title=say("Class"),
        about=say("Yoga, lessons, workshops: a group at the same time every week."),
        things=(
            Things(
                kind="teacher",
                pool=say("Teachers"),
                question=say("Who teaches?"),
                names=(say("Teacher"),),
            ),
        ),
        hours=(((1, 3), 1_080, 1_140), ((6,), 600, 660)),
        hours_question=say("When do classes take place?"),
        opens_offerings=True,
        offers_question=say("Which classes do you give, and for how much a place?"),
        offers=(Offer(name=say("Yoga class"), minutes=60, price=15),),
        kind="course",
        price_unit=PriceUnit.PARTICIPANT,
        places=12,
        places_question=say("How many places does a class have?"),
        party_max=4,
        policy_preset=PolicyPreset.LIVE_CLASS,
    )


def _event(say: Say) -> Preset:
    return Preset(
        key="event",
        title=say("Event"),
        about=say("Concerts, talks, tastings: tickets for one day and time."),
        things=(
            Things(
                kind="hall",
                pool=say("Halls"),
                question=say("Where does it take place?"),
                names=(say("Great hall"),),
            ),
        ),
        offers_question=say("What takes place, and for how much a ticket?"),
        offers=(Offer(name=say("Concert"), minutes=120, price=35),),
        kind="event",
        price_unit=PriceUnit.PARTICIPANT,
        places=100,
        places_question=say("How many tickets are there?"),
        has_moment=True,
        party_max=10,
    )


def _rental(say: Say) -> Preset:
    return Preset(
        key="rental",
        title=say("Rental"),
        about=say("Cars, boats, tools: things that are let by the day."),
        things=(
            Things(
                kind="vehicle",
                pool=say("Fleet"),
                question=say("What do you hire out? One thing on each line."),
                names=(say("Van 1"), say("Van 2")),
            ),
        ),
        offers_question=say("What do you call it, and for how much a day?"),
        offers=(Offer(name=say("Van hire"), price=90),),
        kind="rental",
        scheme=Scheme.DATED,
        shape=Shape.DAYS,
        price_unit=PriceUnit.UNIT,
        dates_max=31,
        is_scattered=False,
        party_max=1,
    )


def _pool(say: Say) -> Preset:
    return Preset(
        key="pool",
        title=say("Pool"),
        about=say("Equipment with people who operate it: any of each, day by day."),
        things=(
            Things(
                kind="setup",
                pool=say("Equipment"),
                question=say("Which sets of equipment do you have?"),
                names=(say("Set 1"), say("Set 2"), say("Set 3")),
            ),
            Things(
                kind="operator",
                pool=say("Operators"),
                question=say("Who operates them?"),
                names=(say("Operator 1"), say("Operator 2")),
            ),
        ),
        offers_question=say("What do customers book, and for how much a day?"),
        offers=(Offer(name=say("Training day"), price=900),),
        kind="course",
        scheme=Scheme.DATED,
        shape=Shape.DAYS,
        price_unit=PriceUnit.UNIT,
        dates_max=1,
        is_approved_by_hand=True,
    )
