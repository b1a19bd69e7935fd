"""Daily calendars: how many units of a dated resource there are on which local date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, cast

from holdfast.domain import checks
from holdfast.domain.access import Actor, Scope
from holdfast.domain.calendars import CALENDAR_DAYS_MAX, DayCapacity, DayState, day_id_of
from holdfast.domain.claims import Claim, day_key, resource_key
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    InputInvalid,
    TransitionNotAllowed,
)
from holdfast.domain.ids import ResourceId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT
from holdfast.domain.resources import CAPACITY_MAX, Resource, ResourceStatus, Scheme
from holdfast.domain.shapes import dates_between
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import local_day
from holdfast.engine.capping import ALL_THE_SAME
from holdfast.engine.day_counts import around, blocked_among, day_states
from holdfast.engine.ports import ById, CounterOf, Over, ReadStore
from holdfast.engine.reading import get
from holdfast.engine.staging import claims_key, day_cap, zone_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View

DAYS_LISTED = 31
"""How many days are listed when nobody says until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialiseDays:
    """Give the days from the first to the last, both included, a capacity of their own.

    Days that have one already are left as they are and counted, unless `is_overwriting`.
    """

    resource_id: ResourceId
    first_on: date
    last_on: date
    capacity: int
    is_overwriting: bool = False
    reason: str = ""
    may_be_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDays:
    """Give some days a capacity, whatever they had. All of them, or none."""

    resource_id: ResourceId
    dates: tuple[date, ...]
    capacity: int
    reason: str = ""
    may_be_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustDays:
    """Change the capacity of some days by so many units, up or down. All of them, or none.

    No day may fall below 0, nor below what is taken on it, unless `may_be_over`: then what is
    taken beyond the capacity is recorded as over-commitment, and a reason is needed.
    """

    resource_id: ResourceId
    dates: tuple[date, ...]
    delta: int
    reason: str = ""
    may_be_over: bool = False


Command = InitialiseDays | SetDays | AdjustDays


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysChanged:
    """What became of a calendar.

    Attributes:
        added, changed, skipped: How many days have a capacity of their own now and had none; have
            another than before; and were left as they were.
        days: How the days stand that were added or changed, in order.
    """

    resource_id: ResourceId
    added: int
    changed: int
    skipped: int
    days: tuple[DayState, ...]


def dates_from(first_on: date, last_on: date) -> tuple[date, ...]:
    """Return the dates from the first to the last, both included.

    Raises:
        InputInvalid: They are reversed, or too many.
    """
    if last_on < first_on:
        raise InputInvalid.at("/to", "reversed", "The last day comes after the first, or is it.")
    count = (last_on - first_on).days + 1
    if count > CALENDAR_DAYS_MAX:
        message = f"At most {CALENDAR_DAYS_MAX} days at a time; these are {count}."
        raise InputInvalid.at("/to", "too_many", message)
    return dates_between(first_on, last_on)


def _dates(command: Command) -> tuple[date, ...]:
    if isinstance(command, InitialiseDays):
        dates = dates_from(command.first_on, command.last_on)
    else:
        dates = tuple(sorted(set(command.dates)))
    if not dates:
        raise InputInvalid.at("/dates", "missing", "Give at least one date.")
    if len(dates) > CALENDAR_DAYS_MAX:
        message = f"At most {CALENDAR_DAYS_MAX} days at a time; these are {len(dates)}."
        raise InputInvalid.at("/dates", "too_many", message)
    first, last = FIRST_INSTANT.year, LAST_INSTANT.year
    if dates[0].year < first or dates[-1].year >= last:
        message = f"Dates lie between {first} and {last}."
        raise InputInvalid.at("/dates", "out_of_range", message)
    return dates


def require_calendar(resource: Resource) -> None:
    """Refuse a resource that has no calendar.

    Raises:
        InputInvalid: It is counted by interval, or unlimited.
        TransitionNotAllowed: It is deleted.
        AvailabilityClosed: Its capacity is just being limited.
    """
    if resource.scheme is not Scheme.DATED:
        message = (
            f"{resource.name} is counted by the time that its bookings take, not by dates, so it"
            " has no calendar. Add a resource whose scheme is 'dated'."
        )
        raise InputInvalid.at("/resource_id", "not_dated", message)
    if resource.capacity is None:
        message = f"{resource.name} is unlimited, so no day of it is counted. Give it a capacity."
        raise InputInvalid.at("/resource_id", "unlimited", message)
    if resource.status is ResourceStatus.DELETED:
        raise TransitionNotAllowed(kind="resource", status=resource.status, action="change")
    if resource.is_settling:
        message = f"{resource.name} is being changed. Try again in a moment."
        raise AvailabilityClosed(message, reason="settling")


def _needs(command: Command, look: Look) -> Needs:
    resource = look.get(Resource, command.resource_id)
    require_calendar(resource)
    resource_id, dates = resource.resource_id, _dates(command)
    keys = [day_key(resource_id, day) for day in dates]
    look.want(
        ById(Tenant, look.tenant_id),
        _blocks_over(resource, dates),
        *(CounterOf(key) for key in keys),
        *(ById(DayCapacity, day_id_of(resource_id, day)) for day in dates),
    )
    # Whoever counts on a day for the first time holds the definition's lock, so that a day without
    # a counter needs no lock of its own: none can appear.
    existing = [key for key in keys if look.cap_of(key) is not None]
    return Needs.of(guards=[resource_key(resource_id)], counters=existing)


def _blocks_over(resource: Resource, dates: Sequence[date]) -> Over:
    """Where the blocks are that may take some dates away."""
    stretch = around(dates)
    return Over(claims_key(resource), stretch.starts_at, stretch.ends_at)


def _initialise(view: View, command: InitialiseDays, _now: datetime) -> DaysChanged:
    wanted = dict.fromkeys(_dates(command), command.capacity)
    if not command.is_overwriting:
        wanted = {
            day: capacity
            for day, capacity in wanted.items()
            if view.find(DayCapacity, day_id_of(command.resource_id, day)) is None
        }
    return _write(view, command, wanted)


def _set(view: View, command: SetDays, _now: datetime) -> DaysChanged:
    return _write(view, command, dict.fromkeys(_dates(command), command.capacity))


def _adjust(view: View, command: AdjustDays, _now: datetime) -> DaysChanged:
    resource = view.get(Resource, command.resource_id)
    wanted = {day: day_cap(view, resource, day) + command.delta for day in _dates(command)}
    return _write(view, command, wanted)


def _write(view: View, command: Command, wanted: Mapping[date, int]) -> DaysChanged:
    _require_valid(command)
    resource = view.get(Resource, command.resource_id)
    before = {state.falls_on: state for state in _states(view, resource, command, wanted)}
    _require_room(resource, before.values(), wanted, may_be_over=command.may_be_over)
    added, changed = [], []
    for day, capacity in wanted.items():
        own = view.find(DayCapacity, day_id_of(resource.resource_id, day))
        if own is None:
            view.insert(_new_day(view, command, day, capacity))
            added.append(day)
        elif own.capacity != capacity:
            view.update(own, capacity=capacity, reason=command.reason, actor_id=view.actor.actor_id)
            changed.append(day)
        else:
            continue
        key = day_key(resource.resource_id, day)
        if view.cap_of(key) is not None:
            view.set_cap(key, capacity, may_be_over=command.may_be_over)
    days = tuple(_states(view, resource, command, sorted([*added, *changed])))
    if days:
        view.fact(
            "resource.days_changed",
            resource,
            first_on=days[0].falls_on,
            last_on=days[-1].falls_on,
            count=len(days),
            over_committed=[day.falls_on for day in days if day.over_commit],
            reason=command.reason,
        )
    return DaysChanged(
        resource_id=resource.resource_id,
        added=len(added),
        changed=len(changed),
        skipped=len(_dates(command)) - len(days),
        days=days,
    )


def _require_valid(command: Command) -> None:
    faults = [checks.line("/reason", command.reason)]
    if isinstance(command, AdjustDays):
        faults.append(checks.whole("/delta", command.delta, least=-CAPACITY_MAX, most=CAPACITY_MAX))
    else:
        faults.append(checks.whole("/capacity", command.capacity, least=0, most=CAPACITY_MAX))
    if command.may_be_over and not command.reason.strip():
        message = "Say why: to go below what is taken needs a reason."
        faults.append(checks.fault("/reason", "missing", message))
    checks.require(faults)


def _states(
    view: View, resource: Resource, command: Command, dates: Iterable[date]
) -> Iterator[DayState]:
    """Yield how some days of the command stand."""
    wanted = _dates(command)
    here = zone_of(resource, view.get(Tenant, view.tenant_id))
    claims = view.claims_over(claims_key(resource), around(wanted))
    blocked = blocked_among(claims, wanted, here)
    for day in dates:
        key = day_key(resource.resource_id, day)
        yield DayState(
            falls_on=day,
            capacity=day_cap(view, resource, day),
            taken=view.counter(key).used if view.cap_of(key) is not None else 0,
            is_own=view.find(DayCapacity, day_id_of(resource.resource_id, day)) is not None,
            is_blocked=day in blocked,
        )


def _require_room(
    resource: Resource,
    before: Iterable[DayState],
    wanted: Mapping[date, int],
    *,
    may_be_over: bool,
) -> None:
    """Refuse when any day would fall below 0 or what is taken, and say which, all of them."""
    failing = []
    for state in before:
        capacity = wanted[state.falls_on]
        is_short = capacity < min(state.capacity, state.taken) and not may_be_over
        if is_short or not 0 <= capacity <= CAPACITY_MAX:
            failing.append(state)
    if not failing:
        return
    first = failing[0]
    message = (
        f"{len(failing)} of {len(wanted)} day(s) of {resource.name} would fall below what is taken"
        f" on them, or lie outside 0 to {CAPACITY_MAX}; the first is {first.falls_on.isoformat()}."
        f" No day was changed. {ALL_THE_SAME}"
    )
    refusal = CapacityExceeded(
        message,
        requested=first.taken,
        remaining=max(0, wanted[first.falls_on]),
        limited_by=resource.resource_id,
    )
    refusal.fields["dates"] = tuple(
        {
            "date": state.falls_on.isoformat(),
            "capacity": state.capacity,
            "taken": state.taken,
            "wanted": wanted[state.falls_on],
        }
        for state in failing
    )
    raise refusal


def _new_day(view: View, command: Command, day: date, capacity: int) -> DayCapacity:
    return DayCapacity(
        day_id=day_id_of(command.resource_id, day),
        resource_id=command.resource_id,
        falls_on=day,
        capacity=capacity,
        reason=command.reason,
        actor_id=view.actor.actor_id,
        created_at=view.now,
        version=1,
    )


def list_days(
    store: ReadStore,
    *,
    tenant_id: str,
    actor: Actor,
    resource_id: ResourceId,
    first_on: date | None,
    last_on: date | None,
) -> Sequence[DayState]:
    """List the days of a dated resource from the first to the last, both included.

    Without a first day it is today where the resource is; without a last one they are 31.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The days are reversed or too many, or the resource has no calendar.
        RecordNotFound: There is no such resource.
    """
    actor.require(Scope.BOOKINGS_READ)
    now = store.now()
    resource = get(store, Resource, resource_id)
    require_calendar(resource)
    here = zone_of(resource, get(store, Tenant, tenant_id))
    first = first_on or local_day(now, here)
    dates = dates_from(first, last_on or first + timedelta(days=DAYS_LISTED - 1))
    over = _blocks_over(resource, dates)
    claims = cast("tuple[Claim, ...]", store.load([over])[over])
    blocked = blocked_among(claims, dates, here)
    return list(day_states(store, [(resource, dates)], now=now, blocked=blocked).values())


def _use_case(name: str, decide: Callable[[View, Any, datetime], DaysChanged]) -> UseCase[Any, Any]:
    return UseCase(name, scopes=(Scope.CATALOGUE_WRITE,), needs=_needs, decide=decide)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        InitialiseDays: _use_case("days.initialise", _initialise),
        SetDays: _use_case("days.set", _set),
        AdjustDays: _use_case("days.adjust", _adjust),
    }
)
