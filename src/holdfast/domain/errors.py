"""Refusals: every expected "no", its stable code and its HTTP status.

A refusal is not a bug: it says what happened and what to do next. `STATUS_BY_CODE` is the one
table of codes; a code is never renamed or reused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import ClassVar

STATUS_BY_CODE: Mapping[str, int] = MappingProxyType(
    {
        "access.denied": 403,
        "access.unauthenticated": 401,
        "availability.closed": 409,
        "capacity.exceeded": 409,
        "clock.behind": 503,
        "hold.expired": 409,
        "hook.failed": 503,
        "hook.refused": 409,
        "input.invalid": 422,
        "input.too_large": 413,
        "input.unsupported": 415,
        "invitation.expired": 409,
        "policy.beyond_horizon": 409,
        "policy.cancellation_closed": 409,
        "policy.customer_blocked": 409,
        "policy.length": 409,
        "policy.limit_reached": 409,
        "policy.notice_too_short": 409,
        "policy.party_size": 409,
        "policy.too_early": 409,
        "policy.too_late": 409,
        "promo.refused": 409,
        "rate.limited": 429,
        "record.already_exists": 409,
        "record.changed": 412,
        "record.in_use": 409,
        "record.not_found": 404,
        "request.failed": 500,
        "request.in_progress": 409,
        "request.key_reused": 422,
        "request.method_not_allowed": 405,
        "series.refused": 409,
        "server.busy": 503,
        "state.transition_not_allowed": 409,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another slot, stay or date that would be accepted for the same request."""

    slot_id: str | None
    starts_at: datetime
    ends_at: datetime
    remaining: int | None
    dates: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFault:
    """What is wrong with one field of the input. `pointer` is a JSON pointer (RFC 6901)."""

    pointer: str
    code: str
    detail: str


class HoldfastError(Exception):
    """A refusal with a stable code, a sentence for a person and fields for a program.

    Attributes:
        code: The dotted code, a key of `STATUS_BY_CODE`.
        detail: What happened and what to do next.
        fields: What the code carries, as JSON-ready values, instants and `Alternative`s.
    """

    code: ClassVar[str]

    def __init__(self, detail: str, **fields: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields: dict[str, object] = fields

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return STATUS_BY_CODE[self.code]


class CapacityExceeded(HoldfastError):
    """Too little is left of what the request needs."""

    code = "capacity.exceeded"

    def __init__(
        self,
        detail: str,
        *,
        requested: int,
        remaining: int,
        limited_by: str,
        alternatives: Sequence[Alternative] = (),
    ) -> None:
        super().__init__(
            detail,
            requested=requested,
            remaining=remaining,
            limited_by=limited_by,
            alternatives=tuple(alternatives),
        )


class AvailabilityClosed(HoldfastError):
    """The offering or something it needs is not open then."""

    code = "availability.closed"

    def __init__(
        self, detail: str, *, reason: str, alternatives: Sequence[Alternative] = ()
    ) -> None:
        super().__init__(detail, reason=reason, alternatives=tuple(alternatives))


class PolicyRefused(HoldfastError):
    """A limit of the business says no; `limit` and `actual` are in the unit the detail names."""

    def __init__(self, detail: str, *, limit: int | None, actual: int) -> None:
        super().__init__(detail, limit=limit, actual=actual)


class NoticeTooShort(PolicyRefused):
    """Too close to the start (seconds)."""

    code = "policy.notice_too_short"


class BeyondHorizon(PolicyRefused):
    """Too far ahead (days)."""

    code = "policy.beyond_horizon"


class PartySizeRefused(PolicyRefused):
    """More or fewer guests than one booking may bring."""

    code = "policy.party_size"


class LengthRefused(PolicyRefused):
    """The stay is shorter or longer than the offering takes."""

    code = "policy.length"


class LimitReached(PolicyRefused):
    """A counted limit is used up."""

    code = "policy.limit_reached"


class CustomerBlocked(HoldfastError):
    """The customer may not book for a while."""

    code = "policy.customer_blocked"

    def __init__(self, detail: str, *, until: datetime) -> None:
        super().__init__(detail, until=until)


class PromoRefused(HoldfastError):
    """A promo code cannot be used; `reason` says why."""

    code = "promo.refused"

    def __init__(self, detail: str, *, promo_code: str, reason: str) -> None:
        super().__init__(detail, promo_code=promo_code, reason=reason)


class CancellationClosed(PolicyRefused):
    """Too late to cancel (seconds)."""

    code = "policy.cancellation_closed"


class TooEarly(HoldfastError):
    """It cannot be done yet; from `opens_at` on it can."""

    code = "policy.too_early"

    def __init__(self, detail: str, *, opens_at: datetime) -> None:
        super().__init__(detail, opens_at=opens_at)


class TooLate(HoldfastError):
    """It can no longer be done; until `closed_at` it could."""

    code = "policy.too_late"

    def __init__(self, detail: str, *, closed_at: datetime) -> None:
        super().__init__(detail, closed_at=closed_at)


class TransitionNotAllowed(HoldfastError):
    """The record's status does not allow the action."""

    code = "state.transition_not_allowed"

    def __init__(self, *, kind: str, status: str, action: str) -> None:
        super().__init__(
            f"This {kind} is {status}, so it cannot be changed by '{action}'.",
            kind=kind,
            status=status,
            action=action,
        )


class HoldExpired(HoldfastError):
    """The hold's time is over; place a new one."""

    code = "hold.expired"

    def __init__(self, *, at: datetime) -> None:
        super().__init__("This hold has expired. Place a new one.", at=at)


class InvitationExpired(HoldfastError):
    """The invitation from a waitlist is over; its places went to the next in line."""

    code = "invitation.expired"

    def __init__(self, *, at: datetime) -> None:
        message = "This invitation has expired. Join the waitlist again, or book what is free."
        super().__init__(message, at=at)


class SeriesRefused(HoldfastError):
    """Nothing of a series was booked; `occurrences` says why, one by one."""

    code = "series.refused"

    def __init__(self, detail: str, *, occurrences: Sequence[Mapping[str, object]]) -> None:
        super().__init__(detail, occurrences=tuple(occurrences))


class RecordNotFound(HoldfastError):
    """There is no such record in this tenant."""

    code = "record.not_found"

    def __init__(self, *, kind: str, key: str) -> None:
        super().__init__(f"There is no {kind} '{key}' here.", kind=kind, key=key)


# What to do where a name that has to be unique is taken; of most things another name will do.
_INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "customer": "Change that one, or give another e-mail address.",
        "member": "Change that one, or give another e-mail address.",
        "slot": "Change that one, or choose another start.",
    }
)


class RecordExists(HoldfastError):
    """A unique name is taken."""

    code = "record.already_exists"

    def __init__(self, *, kind: str, key: str) -> None:
        article = "an" if kind[0] in "aeiou" else "a"
        instead = _INSTEAD.get(kind, "Choose another name.")
        super().__init__(
            f"There is {article} {kind} '{key}' already. {instead}", kind=kind, key=key
        )


class RecordInUse(HoldfastError):
    """Something still depends on the record."""

    code = "record.in_use"


class RecordChanged(HoldfastError):
    """The record has changed since the version that the caller saw."""

    code = "record.changed"

    def __init__(self, *, kind: str, key: str, expected: int, actual: int) -> None:
        super().__init__(
            f"This {kind} has changed since you read it (version {expected}, now {actual})."
            " Read it again and repeat the change.",
            kind=kind,
            key=key,
            expected=expected,
            actual=actual,
        )


class InputInvalid(HoldfastError):
    """The input is malformed; `errors` says where and how."""

    code = "input.invalid"

    def __init__(self, faults: Sequence[InputFault]) -> None:
        first = faults[0].detail if faults else "The input is malformed."
        super().__init__(first, errors=tuple(faults))

    @classmethod
    def at(cls, pointer: str, code: str, detail: str) -> InputInvalid:
        """Return the refusal of one field."""
        return cls([InputFault(pointer=pointer, code=code, detail=detail)])


class InputTooLarge(HoldfastError):
    """The request is larger than its limit."""

    code = "input.too_large"


class InputUnsupported(HoldfastError):
    """The request's media type is not one we read."""

    code = "input.unsupported"


class Unauthenticated(HoldfastError):
    """Nobody we know: the key is missing, wrong or revoked."""

    code = "access.unauthenticated"


class AccessDenied(HoldfastError):
    """We know who asks, and they may not."""

    code = "access.denied"


class HookRefused(HoldfastError):
    """A hook of the business said no; the detail is its reason."""

    code = "hook.refused"

    def __init__(self, detail: str, *, action: str) -> None:
        super().__init__(detail, action=action)


class HookFailed(HoldfastError):
    """A hook of the business did not answer: nothing was done."""

    code = "hook.failed"

    def __init__(self, detail: str, *, action: str, retry_after_seconds: int = 5) -> None:
        super().__init__(detail, action=action, retry_after_seconds=retry_after_seconds)


class RequestInProgress(HoldfastError):
    """The same request, or another change of the same thing, is being worked on right now."""

    code = "request.in_progress"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail, retry_after_seconds=retry_after_seconds)


class KeyReused(HoldfastError):
    """The idempotency key was used before for another request."""

    code = "request.key_reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request. Use a new key for a new request."
        )


class RateLimited(HoldfastError):
    """Too many requests; wait as long as it says."""

    code = "rate.limited"


class ServerBusy(HoldfastError):
    """Nothing was done; try again in a moment, with the same idempotency key."""

    code = "server.busy"

    def __init__(
        self,
        detail: str = "The server could not answer in time and nothing was changed. Try again.",
        *,
        retry_after_seconds: int = 1,
    ) -> None:
        super().__init__(detail, retry_after_seconds=retry_after_seconds)


class ClockBehind(HoldfastError):
    """The clock of record is behind what was already decided; an operator must look."""

    code = "clock.behind"


class RequestFailed(HoldfastError):
    """A bug of ours: nothing was changed, and it has been logged."""

    code = "request.failed"


class MethodNotAllowed(HoldfastError):
    """The route exists, the method does not."""

    code = "request.method_not_allowed"
