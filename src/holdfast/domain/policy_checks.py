"""Policy checks: what the evaluator asks of the policy in force: party size, notice, horizon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from holdfast.domain.cases import Case
from holdfast.domain.errors import BeyondHorizon, HoldfastError, NoticeTooShort, PartySizeRefused
from holdfast.domain.policies import Policy
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Shape, in_words
from holdfast.domain.zones import local_day, zone

_DAYS_SPARE = 3


def party_size(case: Case) -> HoldfastError | None:
    """Refuse a party that is too small or too large, whoever serves."""
    offering, size = case.scene.offering, case.wish.party_size
    policy = case.scene.policy()
    least, most = policy.party_min or 1, policy.party_max
    if size < least:
        message = f"'{offering.name}' is booked for at least {least}."
        return PartySizeRefused(message, limit=least, actual=size)
    if most is not None and size > most:
        message = f"'{offering.name}' is booked for at most {most} at a time."
        return PartySizeRefused(message, limit=most, actual=size)
    return None


def _by_policy(
    case: Case, name: str, refuse: Callable[[Policy, Resource | None], HoldfastError | None]
) -> HoldfastError | None:
    """Ask the policy: the offering's own word, or where nobody has to serve, that of the business.

    Else it is asked of each who may serve, and those whose policy refuses are left out. Who says
    nothing has what the business says.
    """
    scene, offering = case.scene, case.scene.offering
    usual = scene.policy()
    is_said = getattr(offering, name) is not None or getattr(offering.policy, name) is not None
    if is_said or not case.is_served or scene.is_one_policy:
        return refuse(usual, None)
    by_policy = {id(usual): refuse(usual, None)}
    refusals = {}
    for need in case.needs:
        for one in need.candidates:
            policy = scene.policy(one)
            if id(policy) not in by_policy:
                by_policy[id(policy)] = refuse(policy, one)
            refusals[one.resource_id] = by_policy[id(policy)]
    if not any(refusals.values()):
        return None
    return case.leave_out(
        lambda one: refusals[one.resource_id] is None,
        lambda _, one: cast("HoldfastError", refusals[one.resource_id]),
    )


def notice(case: Case) -> HoldfastError | None:
    """Refuse what begins too soon."""
    left = case.wish.starts_at - case.now

    def refuse(policy: Policy, resource: Resource | None) -> HoldfastError | None:
        least = policy.notice or timedelta(0)
        if left >= least or (not least and _is_today(case)):
            return None
        seconds, limit = int(left.total_seconds()), int(least.total_seconds())
        if seconds < 0:
            message = _begun(case, least)
        else:
            which = "Bookings" if resource is None else f"Bookings of {resource.name}"
            message = f"{which} are taken until {in_words(least)} before the start."
        return NoticeTooShort(message, limit=limit, actual=seconds)

    return _by_policy(case, "notice", refuse)


def _begun(case: Case, least: timedelta) -> str:
    """Say that the start is over, in the words of what is booked."""
    dates = case.wish.stay.dates
    if not dates and case.scene.offering.shape is Shape.SLOTS:
        return "This slot has already begun. Choose a later one."
    if not dates:
        return "This start is over. Choose a later one."
    first = dates[0].isoformat()
    if not _is_today(case):
        return f"{first} is over. Choose a later date."
    return f"Bookings of {first} were taken until {in_words(least)} before. Choose a later date."


def _is_today(case: Case) -> bool:
    """Whether the first day or night of a stay is today: it may be booked until it is over."""
    dates = case.wish.stay.dates
    return bool(dates) and dates[0] == local_day(case.now, zone(case.scene.zone_name))


def horizon(case: Case) -> HoldfastError | None:
    """Refuse what is too far ahead, in local days."""
    stay, now = case.wish.stay, case.now
    last_at = stay.ends_at if stay.dates else stay.starts_at

    def refuse(policy: Policy, resource: Resource | None) -> HoldfastError | None:
        most = policy.horizon_days
        # Whatever the clocks do, so few days ahead are fewer on the calendar: most are settled so.
        if most is None or (last_at - now).days < most - _DAYS_SPARE:
            return None
        here = zone(case.scene.zone_name)
        last = stay.dates[-1] if stay.dates else local_day(stay.starts_at, here)
        days = (last - local_day(now, here)).days
        if days <= most:
            return None
        which = "Bookings" if resource is None else f"Bookings of {resource.name}"
        message = f"{which} open {most} days ahead; this is {days} days away."
        return BeyondHorizon(message, limit=most, actual=days)

    return _by_policy(case, "horizon_days", refuse)
