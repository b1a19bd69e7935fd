"""Wanted: what a visitor has chosen so far, as the address bar or a form says it.

Nothing here is believed, and nothing is refused either: what makes no sense is left out, and the
page shows what there is instead. The engine judges what is booked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from holdfast.domain.customers import Contact
from holdfast.domain.ids import BODY_LENGTH, ResourceId, SlotId, looks_like_id
from holdfast.domain.offerings import Offering
from holdfast.domain.shapes import DATES_MAX, Shape, dates_between
from holdfast.domain.terms import Terms, Tickets
from holdfast.engine.choosing import Choice
from holdfast.web.asking import Typed, asked_by, pairs_of, typed_in
from holdfast.web.offers import TICKET_PREFIX, Kept
from holdfast.web.visits import Form

PEOPLE_MAX = 1_000
MINUTES_MAX = 31 * 24 * 60
WORDS_MAX = 2_000
LINK_LENGTH_MAX = 100
PROMO_LENGTH_MAX = 100
NAME_MAX = 200
GUESTS_MAX = 50
_DAY = timedelta(days=1)
_NOBODY = Contact()
_FIRST_YEAR, _LAST_YEAR = 1971, 2198
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What has been chosen so far.

    Attributes:
        month: A day of the month to show.
        pick: A resource that is wished for by name.
        minutes: How long, of free start and end.
        check_in, check_out: Of nights.
        days: Of days, sorted.
        slot, starts_at, ends_at: What is to be held.
        tickets: How many of which tier, in the offering's order; people are their sum.
        promo: A promo code.
        change: The link of a booking that is to be moved, instead of a new one.
        contact, note, guests, typed: What was typed before a time had to be chosen again.
    """

    people: int
    month: date | None = None
    day: date | None = None
    pick: ResourceId | None = None
    components: tuple[str, ...] = ()
    minutes: int | None = None
    check_in: date | None = None
    check_out: date | None = None
    days: tuple[date, ...] = ()
    slot: SlotId | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    tickets: tuple[Tickets, ...] = ()
    promo: str = ""
    change: str = ""
    contact: Contact = _NOBODY
    note: str = ""
    guests: tuple[str, ...] = ()
    typed: Typed = field(default_factory=dict)

    @property
    def terms(self) -> Terms:
        """What changes the price."""
        codes = (self.promo,) if self.promo else ()
        return Terms(promo_codes=codes, tickets=self.tickets)

    @property
    def kept(self) -> Kept:
        """What goes along with whatever time is chosen."""
        return Kept(
            people=self.people,
            picks=self.picks,
            components=self.components,
            tickets=self.tickets,
            promo=self.promo,
            contact=self.contact,
            note=self.note,
            guests=self.guests,
            answers=pairs_of(self.typed),
            change=self.change,
        )

    @property
    def picks(self) -> tuple[ResourceId, ...]:
        """The resources that are wished for by name."""
        return () if self.pick is None else (self.pick,)

    @property
    def nights(self) -> tuple[date, ...]:
        """The dates on which the nights begin."""
        if self.check_in is None or self.check_out is None or self.check_out <= self.check_in:
            return ()
        return dates_between(self.check_in, self.check_out - _DAY)[:DATES_MAX]

    def query(self) -> dict[str, object]:
        """Return what every link of the page keeps."""
        return {
            "people": self.people if self.people > 1 and not self.tickets else None,
            **{TICKET_PREFIX + one.tier: one.quantity for one in self.tickets},
            "pick": self.pick,
            "part": self.components,
            "minutes": self.minutes,
            "change": self.change,
        }

    def choice(self, offering: Offering) -> Choice | None:
        """Return it as the engine takes it; None while nothing is chosen yet."""
        if offering.shape is Shape.SLOTS:
            if self.slot is None:
                return None
            return Choice(slot_id=self.slot, picks=self.picks, components=self.components)
        if offering.shape is Shape.FREE:
            if self.starts_at is None or self.ends_at is None:
                return None
            return Choice(
                offering_id=offering.offering_id,
                starts_at=self.starts_at,
                ends_at=self.ends_at,
                picks=self.picks,
                components=self.components,
            )
        dates = self.nights if offering.shape is Shape.NIGHTS else self.days
        if not dates:
            return None
        return Choice(
            offering_id=offering.offering_id,
            dates=dates,
            is_by_nights=offering.shape is Shape.NIGHTS,
            picks=self.picks,
            components=self.components,
        )


def wanted_in(form: Form, offering: Offering, *, is_bounded: bool = True) -> Wanted:
    """Read what a query or a form says.

    With `is_bounded` nobody wants more people than the offering takes: what is looked at makes
    sense. Of what is to be taken, the engine says no.
    """
    most = PEOPLE_MAX
    if is_bounded and offering.party_max is not None:
        most = min(offering.party_max, PEOPLE_MAX)
    tickets = _tickets(form, offering, most)
    people = form.whole("people", offering.party_min, least=offering.party_min, most=most)
    known = {component.key for component in offering.components}
    slot, pick = form.text("slot"), form.text("pick")
    minutes = form.whole("minutes", 0, least=0, most=MINUTES_MAX)
    return Wanted(
        people=sum(one.quantity for one in tickets) if offering.ticket_tiers else people,
        month=_day(f"{form.text('month')}-01"),
        day=_day(form.text("day")),
        pick=ResourceId(pick) if looks_like_id(pick, "res") else None,
        components=tuple(dict.fromkeys(key for key in form.texts("part") if key in known)),
        minutes=minutes or None,
        check_in=_day(form.text("check_in")),
        check_out=_day(form.text("check_out")),
        days=_days(form.text("days")),
        slot=SlotId(slot) if slot.startswith("slt_") and len(slot) <= 2 * BODY_LENGTH else None,
        starts_at=_instant(form.text("starts_at")),
        ends_at=_instant(form.text("ends_at")),
        tickets=tickets,
        promo=form.text("promo")[:PROMO_LENGTH_MAX],
        change=form.text("change")[:LINK_LENGTH_MAX],
        contact=Contact(
            name=form.text("name")[:WORDS_MAX],
            email=form.text("email")[:WORDS_MAX] or None,
            phone=form.text("phone")[:WORDS_MAX] or None,
        ),
        note=form.text("note")[:WORDS_MAX],
        guests=tuple(name[:NAME_MAX] for name in form.texts("guest")[:GUESTS_MAX]),
        typed=typed_in(form, asked_by(offering)),
    )


def _tickets(form: Form, offering: Offering, most: int) -> tuple[Tickets, ...]:
    """Read how many of which tier; of the first as few as may come, where nothing is said."""
    found, left = list[Tickets](), most
    for tier in offering.ticket_tiers:
        quantity = form.whole(TICKET_PREFIX + tier.key, 0, least=0, most=left)
        left -= quantity
        if quantity:
            found.append(Tickets(tier=tier.key, quantity=quantity))
    if offering.ticket_tiers and not found:
        return (Tickets(tier=offering.ticket_tiers[0].key, quantity=offering.party_min),)
    return tuple(found)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-11-26") else None
    except ValueError:
        return None
    is_near = found is not None and _FIRST_YEAR <= found.year <= _LAST_YEAR
    return found if is_near else None


def _days(text: str) -> tuple[date, ...]:
    parts = text.split(",")[:DATES_MAX]
    return tuple(sorted({day for part in parts if (day := _day(part)) is not None}))


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if _INSTANT.match(text) else None
    except ValueError:
        return None
