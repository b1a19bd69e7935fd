"""Showing: which days of the calendar somebody looks at, in which view, and what of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.domain.bookings import BookingStatus
from holdfast.domain.ids import CategoryId, OfferingId, ResourceId, looks_like_id
from holdfast.engine.agenda import FIRST_DAY, LAST_DAY, AgendaQuery
from holdfast.web.languages import Language
from holdfast.web.visits import Form

DAY, LIST = "day", "list"
VIEWS = ("timeline", DAY, "week", "month", LIST)
RESOURCES_MAX = 20
_WEEK = timedelta(days=7)
_A_DAY = timedelta(days=1)
_MONTH_WEEKS = 6
_MARGIN = timedelta(days=62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What somebody looks at.

    Attributes:
        on: A day within it.
        first_on, last_on: The days that are shown.
        is_listed: Whether a list is wanted instead of a picture: where no script runs.
    """

    view: str
    on: date
    first_on: date
    last_on: date
    resource_ids: tuple[ResourceId, ...]
    category_id: CategoryId | None
    offering_id: OfferingId | None
    statuses: tuple[BookingStatus, ...]
    is_listed: bool

    @property
    def query(self) -> AgendaQuery:
        """What is asked of the engine."""
        return AgendaQuery(
            first_on=self.first_on,
            last_on=self.last_on,
            resource_ids=self.resource_ids,
            category_id=self.category_id,
            offering_id=self.offering_id,
            statuses=self.statuses,
        )

    @property
    def filters(self) -> dict[str, object]:
        """What is left out and what not, and how it is shown, as an address says it."""
        return {
            "resource": list(self.resource_ids),
            "category": self.category_id,
            "offering": self.offering_id,
            "status": [one.value for one in self.statuses],
            "listed": "yes" if self.is_listed else "",
        }

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        said = (self.resource_ids, self.category_id, self.offering_id, self.statuses)
        return any(said)

    @property
    def is_picture(self) -> bool:
        """Whether a script is to draw it."""
        return self.view != LIST and not self.is_listed

    @property
    def before(self) -> date:
        """A day of what comes before."""
        if self.view == "month":
            return bounded(self.on.replace(day=1) - _A_DAY)
        return bounded(self.on - (_WEEK if self.view == "week" else _A_DAY))

    @property
    def after(self) -> date:
        """A day of what comes after."""
        if self.view == "month":
            return bounded((self.on.replace(day=28) + 4 * _A_DAY).replace(day=1))
        return bounded(self.on + (_WEEK if self.view == "week" else _A_DAY))


def showing_of(query: Form, *, today: date, language: Language) -> Showing:
    """Read from an address what is to be shown; what makes no sense there counts as not said."""
    view = query.text("view")
    view = view if view in VIEWS else DAY
    on = bounded(day_in(query.text("on")) or today)
    first, last = _days(view, on, first_weekday=language.first_weekday)
    return Showing(
        view=view,
        on=on,
        first_on=first,
        last_on=last,
        resource_ids=tuple(ResourceId(one) for one in _ids(query.texts("resource"), "res")),
        category_id=next(map(CategoryId, _ids([query.text("category")], "cat")), None),
        offering_id=next(map(OfferingId, _ids([query.text("offering")], "off")), None),
        statuses=tuple(one for one in BookingStatus if one.value in query.texts("status")),
        is_listed=query.text("listed") == "yes",
    )


def day_in(text: str) -> date | None:
    """Return the date that a text says, if it is one."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-06-01") else None
    except ValueError:
        return None


def bounded(day: date) -> date:
    """Return a day around which there are other days on all sides."""
    return max(FIRST_DAY + _MARGIN, min(day, LAST_DAY - _MARGIN))


def _days(view: str, on: date, *, first_weekday: int) -> tuple[date, date]:
    if view not in {"week", "month"}:
        return on, on
    start = on.replace(day=1) if view == "month" else on
    monday = start - timedelta(days=(start.weekday() - first_weekday) % 7)
    weeks = _MONTH_WEEKS if view == "month" else 1
    return monday, monday + weeks * _WEEK - _A_DAY


def _ids(texts: Iterable[str], prefix: str) -> list[str]:
    return [one for one in texts if looks_like_id(one, prefix)][:RESOURCES_MAX]
