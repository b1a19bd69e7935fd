"""The hooks that an embedding program gives: which callable is asked of what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from holdfast.domain.hooks import FactSeen, HookAction, HookCall, TimeAsked
from holdfast.engine.asking.threads import name_of

Hook = Callable[[HookCall], object]
"""What is asked. It may be a coroutine function; it runs in a thread of its own.

None or True is a yes, a `Reject` or False a no.
"""

Listen = Callable[[FactSeen], object]
"""What is told of something that has happened. It may be a coroutine function, too."""

Available = Callable[[TimeAsked], object]
"""Says of one time whether the business is free then: False is a veto."""

Busy = Callable[[TimeAsked], object]
"""Says when the business is busy within a time: pairs of instants, each a veto."""

SECONDS_MAX = 60.0
_NOT_HOOKS = frozenset({"seconds", "fresh", "on_failure"})
_LISTS_OF_LISTENERS = frozenset(
    "on_event after_reserve after_confirm after_cancel after_attend after_payment undo".split()
)


class OnFailure(StrEnum):
    """What a hook that raises, hangs or answers nonsense comes to."""

    REFUSE = "refuse"
    ALLOW = "allow"


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What our engine asks of your code. Each list is asked in its order, until a no.

    Attributes:
        authorize: Whether somebody may hold, reserve or move at all. Asked before anything is
            written, and perhaps more than once: it must have no effect.
        busy, available: When the business is not free, whatever its schedules say: asked once for
            all of a listing, or for each time of it. They must have no effect.
        before_reserve: Asked while a hold keeps the places of what would be booked.
        before_confirm: Asked when somebody confirms a booking that waits.
        before_cancel: Asked when somebody calls a booking off.
        before_attend: Asked when somebody checks a booking in.
        on_event: Told of every fact of every business, in order.
        after_reserve, after_confirm, after_cancel, after_attend, after_payment: Told once it is
            so, with the booking. What was confirmed as it was made is told to both of the first.
        undo: Told when nothing comes of what `before_…` hooks said yes to, to take back what they
            have done under the attempt's id.
        seconds: How long all that are asked of one thing may take together, and telling one.
        fresh: What is older than that, `after_…` hooks are not told any more.
        on_failure: What a hook that raises, hangs or answers nonsense comes to.

    Raises:
        TypeError: Something that is to be asked cannot be called.
        ValueError: `seconds` is not above 0 and at most 60, or two that are told of the same have
            one name.
    """

    authorize: Sequence[Hook] = ()
    busy: Sequence[Busy] = ()
    available: Sequence[Available] = ()
    before_reserve: Sequence[Hook] = ()
    before_confirm: Sequence[Hook] = ()
    before_cancel: Sequence[Hook] = ()
    before_attend: Sequence[Hook] = ()
    on_event: Sequence[Listen] = ()
    after_reserve: Sequence[Listen] = ()
    after_confirm: Sequence[Listen] = ()
    after_cancel: Sequence[Listen] = ()
    after_attend: Sequence[Listen] = ()
    after_payment: Sequence[Listen] = ()
    undo: Sequence[Listen] = ()
    seconds: float = 10.0
    fresh: timedelta = timedelta(days=1)
    on_failure: OnFailure = OnFailure.REFUSE

    def __post_init__(self) -> None:
        """Refuse what could not be asked, now rather than at the first booking."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in _NOT_HOOKS:
                continue
            if callable(value) or not all(callable(hook) for hook in value):
                message = f"{field.name} is a list of callables, such as [my_hook]."
                raise TypeError(message)
            if field.name in _LISTS_OF_LISTENERS:
                _require_names(field.name, value)
            object.__setattr__(self, field.name, tuple(value))
        if not 0 < self.seconds <= SECONDS_MAX:
            message = f"seconds is above 0 and at most {SECONDS_MAX:.0f}."
            raise ValueError(message)
        object.__setattr__(self, "on_failure", OnFailure(self.on_failure))

    def before(self, action: HookAction) -> tuple[Hook, ...]:
        """Return the hooks that may have an effect, so that a trace of their asking is kept."""
        found = _BEFORE.get(action)
        return () if found is None else tuple(getattr(self, found))

    @property
    def has_vetoes(self) -> bool:
        """Whether anybody says when the business is not free."""
        return bool(self.busy or self.available)

    def vetoes(self, action: HookAction) -> tuple[Hook, ...]:
        """Return the hooks that have no effect."""
        return tuple(self.authorize) if action in TIMED else ()


def _require_names(listed: str, hooks: Sequence[Listen]) -> None:
    """Refuse two of one name: both would have one place in the stream, and one be told nothing."""
    counts = Counter(name_of(hook) for hook in hooks)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        message = (
            f"{listed} has two of the name {twice[0]!r}. What each was told is remembered under its"
            " name: give one of them another."
        )
        raise ValueError(message)


_BEFORE: Mapping[HookAction, str] = MappingProxyType(
    {
        HookAction.RESERVE: "before_reserve",
        HookAction.CONFIRM: "before_confirm",
        HookAction.CANCEL: "before_cancel",
        HookAction.ATTEND: "before_attend",
    }
)
TIMED = frozenset({HookAction.HOLD, HookAction.RESERVE, HookAction.MOVE})
"""What takes a time that somebody chose."""
