"""Plans of series: what would become of each occurrence now. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from holdfast.domain.access import Actor, Scope
from holdfast.domain.availability import CHECKS, LATER_CHECKS, judge
from holdfast.domain.errors import HoldfastError, InputInvalid, RecordNotFound
from holdfast.domain.ids import TenantId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.listing import Asked, wishes_in
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.schedules import TooManySlots
from holdfast.domain.series import SHIFT_MAX, ClashPolicy, SeriesPlan, plan_series
from holdfast.domain.tenants import Tenant
from holdfast.engine.choosing import choose
from holdfast.engine.looking import Company, load_company, load_scenes, require_known
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import get
from holdfast.engine.recurring import Pattern, SeriesRequest, own_clash, pattern_of
from holdfast.engine.snapshots import look_up

# So many other times are offered for one occurrence, of so many that are looked at.
OTHERS_MAX = 3
OTHERS_LOOKED_MAX = 100
_AN_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSeries:
    """A plan, and for wanted starts that are taken the nearest others that are free."""

    plan: SeriesPlan
    others: tuple[tuple[datetime, tuple[datetime, ...]], ...]


def plan_of(
    store: ReadStore, *, tenant_id: TenantId, actor: Actor, request: SeriesRequest
) -> PlannedSeries:
    """Say what would become of each occurrence of a series if it were booked now.

    Raises:
        AccessDenied: The actor may not look.
        AvailabilityClosed: The offering is not booked as a series.
        InputInvalid: The request is malformed, or names what the offering has not.
        LimitReached: There are more than may be booked together.
        RecordNotFound: There is no such offering.
    """
    actor.require(Scope.AVAILABILITY_READ)
    offering = get(store, Offering, request.offering_id)
    if offering.status is OfferingStatus.DELETED:
        raise RecordNotFound(kind="offering", key=request.offering_id)
    tenant = get(store, Tenant, tenant_id)
    pattern = pattern_of(request, offering, tenant)
    company = load_company(store, tenant=tenant, offerings=[offering])
    planner = _Planner(store, actor, pattern, company)
    plan = plan_series(
        pattern.starts,
        zone=pattern.zone,
        duration=pattern.duration,
        clashes=request.clashes,
        judge=planner.judge,
        alternatives=planner.others,
        occurrences_max=offering.series_max or 0,
    )
    found = []
    for occurrence in plan.occurrences:
        if occurrence.refusal is not None:
            wanted = pattern.interval(occurrence.wanted)
            starts = tuple(it.starts_at for it in planner.others(wanted))
            found.append((wanted.starts_at, starts))
    return PlannedSeries(plan=plan, others=tuple(found))


class _Planner:
    """Judges occurrences by what is seen without locks."""

    def __init__(self, store: ReadStore, actor: Actor, pattern: Pattern, company: Company) -> None:
        self._store, self._actor = store, actor
        self._pattern, self._company = pattern, company
        self._now = store.now()
        self._first = pattern.interval(pattern.starts[0])
        self._wanted = {pattern.interval(start) for start in pattern.starts}
        self._others: dict[Interval, list[Interval]] = {}

    def judge(self, interval: Interval, taken: Sequence[Interval]) -> HoldfastError | None:
        """Say why an occurrence would be refused."""
        clash = own_clash(interval, taken)
        if clash is not None:
            return clash
        pattern, request = self._pattern, self._pattern.request
        choice = pattern.choice(interval)
        try:
            target = look_up(
                self._store,
                lambda look: choose(look, choice),
                tenant_id=self._company.tenant.tenant_id,
                actor=self._actor,
            )
        except RecordNotFound as refusal:
            return refusal
        stay = target.stay
        window = Interval(starts_at=stay.starts_at, ends_at=stay.starts_at + _AN_INSTANT)
        scene = load_scenes(
            self._store,
            self._company,
            offerings=[pattern.offering],
            window=window,
            now=self._now,
            stay_days=pattern.duration.days + 1,
        )[0]
        require_known(scene, choice.picks, choice.components)
        wish = target.wish(choice, party_size=request.party_size, ignores=frozenset())
        asked = CHECKS if interval == self._first else LATER_CHECKS
        refusal_found = judge(scene, wish, now=self._now, checks=asked)
        if isinstance(refusal_found, InputInvalid):
            raise refusal_found
        return refusal_found

    def others(self, wanted: Interval) -> list[Interval]:
        """Return the nearest times that are free instead, never another occurrence's own."""
        if wanted not in self._others:
            self._others[wanted] = self._look_around(wanted)
        return self._others[wanted]

    def _look_around(self, wanted: Interval) -> list[Interval]:
        pattern, request = self._pattern, self._pattern.request
        first = max(wanted.starts_at - SHIFT_MAX, self._now, FIRST_INSTANT)
        last = min(wanted.starts_at + SHIFT_MAX, LAST_INSTANT)
        if first >= last:
            return []
        window = Interval(starts_at=first, ends_at=last)
        scene = load_scenes(
            self._store,
            self._company,
            offerings=[pattern.offering],
            window=window,
            now=self._now,
            stay_days=pattern.duration.days + 1,
        )[0]
        asked = Asked(
            party_size=request.party_size,
            picks=request.picks,
            components=request.components,
            date_count=request.date_count,
            length=request.length,
        )
        try:
            wishes = wishes_in(scene, window, asked=asked)
        except TooManySlots:
            return []
        wishes.sort(key=lambda it: (abs(it.starts_at - wanted.starts_at), it.starts_at))
        found: list[Interval] = []
        for wish in wishes[:OTHERS_LOOKED_MAX]:
            ends_at = wish.starts_at + pattern.duration
            interval = Interval(starts_at=wish.starts_at, ends_at=ends_at)
            if interval in self._wanted or judge(scene, wish, now=self._now) is not None:
                continue
            found.append(interval)
            if len(found) == OTHERS_MAX:
                break
        return found


def as_a_plan(request: SeriesRequest) -> SeriesRequest:
    """Return a request that only asks what could be booked."""
    return replace(request, clashes=ClashPolicy.PLAN_ONLY)
