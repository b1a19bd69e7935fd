"""Vetoes: times at which a business is not free, as its own code says, for listings and bookings.

One evaluator serves both, so that what is listed is what can be booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from holdfast.domain.hooks import TimeAsked
from holdfast.domain.intervals import Interval, utc
from holdfast.engine.asking.hooks import Hooks
from holdfast.engine.asking.threads import answer_of


def vetoed(hooks: Hooks, subject: TimeAsked, times: Sequence[Interval]) -> frozenset[Interval]:
    """Ask which of some times are vetoed; of `subject` all but its times counts. Blocks.

    Raises:
        Exception: Whatever a hook raises; TypeError or ValueError where it answers nonsense.
    """
    if not times:
        return frozenset()
    wanted = set(times)
    window = replace(
        subject,
        starts_at=min(time.starts_at for time in wanted),
        ends_at=max(time.ends_at for time in wanted),
    )
    taken: set[Interval] = set()
    for busy in hooks.busy:
        stretches = _stretches(answer_of(busy(window)))
        taken |= {time for time in wanted if any(time.overlaps(one) for one in stretches)}
    for available in hooks.available:
        for time in sorted(wanted - taken, key=lambda one: (one.starts_at, one.ends_at)):
            asked = replace(subject, starts_at=time.starts_at, ends_at=time.ends_at)
            said = answer_of(available(asked))
            if said is not None and not isinstance(said, bool):
                message = f"True or False was expected, not {type(said).__name__}"
                raise TypeError(message)
            if said is False:
                taken.add(time)
    return frozenset(taken)


def _stretches(said: object) -> list[Interval]:
    """Read what a hook says is busy: pairs of instants, each of which ends after it begins."""
    if not isinstance(said, Iterable):
        message = f"pairs of instants were expected, not {type(said).__name__}"
        raise TypeError(message)
    found = []
    for pair in said:
        starts_at, ends_at = pair
        if not isinstance(starts_at, datetime) or not isinstance(ends_at, datetime):
            message = "an instant was expected"
            raise TypeError(message)
        found.append(Interval(starts_at=utc(starts_at), ends_at=utc(ends_at)))
    return found
