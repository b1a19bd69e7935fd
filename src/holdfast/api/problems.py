"""Refusals on the wire: RFC 9457 problems, and what each code means, in words that we serve."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from holdfast.api.models import show_instant, shown
from holdfast.domain.errors import (
    STATUS_BY_CODE,
    Alternative,
    HoldfastError,
    InputFault,
    InputInvalid,
    InputTooLarge,
    InputUnsupported,
    MethodNotAllowed,
    RecordNotFound,
    RequestFailed,
)

MEDIA_TYPE = "application/problem+json"
INSTANCE_LENGTH_MAX = 300
_HALF_ESCAPE = re.compile("%[0-9A-F]?$")

# What each code says in a few words, and what to do about it.
MEANINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "access.denied": (
            "Not allowed",
            (
                "We know who asks, and they may not do this. Use a key or role that may, or ask an"
                " owner of the business."
            ),
        ),
        "access.unauthenticated": (
            "Who are you?",
            "The key is missing, wrong or revoked. Send it as 'Authorization: Bearer hfs_…'.",
        ),
        "availability.closed": (
            "Not open then",
            (
                "The offering, or something it needs, is not open at that time. 'reason' says why;"
                " 'alternatives' lists slots that would be accepted."
            ),
        ),
        "capacity.exceeded": (
            "Too little is left",
            (
                "Less is left than was asked for. 'remaining' says how much, 'limited_by' what"
                " limits it, and 'alternatives' lists slots that would be accepted."
            ),
        ),
        "clock.behind": (
            "The clock is behind",
            (
                "The clock of record is behind what was already decided. Nothing was changed; an"
                " operator has to look."
            ),
        ),
        "hold.expired": (
            "The hold has expired",
            "Its places are free again. Place a new hold.",
        ),
        "hook.failed": (
            "The business could not be asked",
            (
                "Whoever runs this business has its own check before this, and it did not answer."
                " Nothing was changed; try again after 'retry_after_seconds'."
            ),
        ),
        "hook.refused": (
            "The business said no",
            (
                "Whoever runs this business has its own check before this, and it refused; the"
                " detail is its reason. 'action' says what it was asked about."
            ),
        ),
        "input.invalid": (
            "Malformed input",
            (
                "'errors' says what is wrong and where, by JSON pointers. Correct it and send it"
                " again."
            ),
        ),
        "input.too_large": ("Too large", "The request is larger than its limit. Send less."),
        "input.unsupported": (
            "Unsupported media type",
            "Send the body as uncompressed application/json in UTF-8.",
        ),
        "invitation.expired": (
            "The invitation has expired",
            "Its places go to the next in line. Join the waitlist again, or book what is free.",
        ),
        "policy.beyond_horizon": (
            "Too far ahead",
            "Bookings are not open that far ahead yet. 'limit' is the number of days.",
        ),
        "policy.cancellation_closed": (
            "Too late to cancel",
            (
                "The start is closer than the business lets bookings be cancelled. 'limit' is in"
                " seconds."
            ),
        ),
        "policy.customer_blocked": (
            "No bookings for a while",
            (
                "The customer cannot book until the instant in 'until', because of cancellations or"
                " no-shows. The business may lift that."
            ),
        ),
        "policy.length": (
            "Too short or too long",
            (
                "The stay is shorter or longer than the offering takes. 'limit' and 'actual' are in"
                " days or nights, or in seconds where start and end are free."
            ),
        ),
        "policy.limit_reached": (
            "A limit is reached",
            "A counted limit is used up: 'limit' allowed, 'actual' used.",
        ),
        "policy.notice_too_short": (
            "Too close to the start",
            "Bookings are no longer taken so close to the start. 'limit' is in seconds.",
        ),
        "policy.party_size": (
            "Too many or too few guests",
            "One booking brings more or fewer guests than the offering allows.",
        ),
        "policy.too_early": (
            "Too early",
            "It cannot be done yet. From 'opens_at' on it can; staff may do it now with a reason.",
        ),
        "policy.too_late": (
            "Too late",
            "It can no longer be done: it could until 'closed_at'. The detail says what can be.",
        ),
        "promo.refused": (
            "The promo code cannot be used",
            (
                "'reason' says why 'promo_code' cannot be used. Correct it or leave it out; a quote"
                " says the same without booking anything."
            ),
        ),
        "rate.limited": (
            "Too many requests",
            "Wait as long as 'Retry-After' says, then go on more slowly.",
        ),
        "record.already_exists": (
            "The name is taken",
            "There is a record with a name that has to be unique. Choose another name.",
        ),
        "record.changed": (
            "Changed in the meantime",
            (
                "The record has changed since you read it. Read it again and repeat the change with"
                " its new ETag."
            ),
        ),
        "record.in_use": (
            "Still in use",
            "Something depends on the record. The detail says what; cancel or move it first.",
        ),
        "record.not_found": (
            "Not found",
            "There is no such record here. What belongs to another business is not here either.",
        ),
        "request.failed": (
            "Our mistake",
            "Something went wrong on our side. Nothing was changed, and it has been logged.",
        ),
        "request.in_progress": (
            "Being worked on",
            "The same Idempotency-Key is being worked on right now. Try again in a moment.",
        ),
        "request.key_reused": (
            "The key was used before",
            "This Idempotency-Key belongs to another request. Use a new key for a new request.",
        ),
        "request.method_not_allowed": (
            "Method not allowed",
            "The address is right, the method is not. 'Allow' lists those that are.",
        ),
        "series.refused": (
            "Nothing of the series was booked",
            (
                "'occurrences' says which could not be booked, and why. Leave those out, let"
                " clashes be skipped or shifted, or choose another time."
            ),
        ),
        "server.busy": (
            "Busy",
            "Nothing was done. Try again in a moment, with the same Idempotency-Key.",
        ),
        "state.transition_not_allowed": (
            "Not in this status",
            "The record's status ('record_status') does not allow the action.",
        ),
    }
)

# Members that RFC 9457 keeps for itself.
_RENAMED = {"status": "record_status", "type": "record_type", "title": "record_title"}


def problem(error: HoldfastError, scope: Scope, **headers: str) -> Response:
    """Return a refusal as application/problem+json."""
    body = problem_members(error, root=str(scope.get("root_path", "")))
    body = {**body, "instance": _shown_path(str(scope.get("path", "")))}
    retry_after = error.fields.get("retry_after_seconds")
    if isinstance(retry_after, int):
        headers["Retry-After"] = str(retry_after)
    allowed = error.fields.get("allow")
    if isinstance(allowed, (list, tuple)):
        headers["Allow"] = ", ".join(allowed)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="holdfast"'
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        status_code=error.status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def _shown_path(path: str) -> str:
    """Return a path as a URI reference that is not too long; it is not cut within an escape."""
    shown = quote(path, safe="/-._~:@")[:INSTANCE_LENGTH_MAX]
    return _HALF_ESCAPE.sub("", shown)


def problem_members(error: HoldfastError, *, root: str = "") -> dict[str, object]:
    """Return what a refusal says, as a problem that is a part of another answer."""
    members: dict[str, object] = {
        "type": f"{root}/problems/{error.code}",
        "title": MEANINGS[error.code][0],
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    for name, value in error.fields.items():
        members[_RENAMED.get(name, name)] = _plain(value)
    return members


async def refused(request: Request, error: Exception) -> Response:
    """Answer a refusal that a route raised."""
    assert isinstance(error, HoldfastError)
    return problem(error, request.scope)


async def refused_by_server(request: Request, error: Exception) -> Response:
    """Answer what the HTTP layer itself refuses: unknown routes, methods, sizes."""
    assert isinstance(error, HTTPException)
    path = request.scope.get("path", "")
    refusal: HoldfastError
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            refusal = RecordNotFound(kind="route", key=shown(str(path), longest=100))
        case HTTPStatus.METHOD_NOT_ALLOWED:
            refusal = MethodNotAllowed(f"{request.method} is not possible here.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            refusal = InputTooLarge("The request is larger than its limit.")
        case HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            refusal = InputUnsupported("The body has to be application/json.")
        case _:
            refusal = InputInvalid.at("", "bad_request", "The request is malformed.")
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
    return problem(refusal, request.scope, **headers)


def failed(scope: Scope) -> Response:
    """Answer a bug of ours, without leaking anything of it."""
    message = "Something went wrong on our side. It has been logged."
    return problem(RequestFailed(message), scope)


def renamed(refusal: InputInvalid, names: Mapping[str, str]) -> InputInvalid:
    """Return a refusal whose pointers name the fields of the wire instead of the records'."""
    faults = refusal.fields["errors"]
    assert isinstance(faults, tuple)
    return InputInvalid(
        [
            InputFault(pointer=_renamed(fault.pointer, names), code=fault.code, detail=fault.detail)
            for fault in faults
        ]
    )


def _renamed(pointer: str, names: Mapping[str, str]) -> str:
    """Rename the last part of a pointer, wherever it stands, unless it is the wire's already.

    Of a value in a list it is the list's name.
    """
    head, slash, last = pointer.rpartition("/")
    if head and last.isdigit():
        return _renamed(head, names) + slash + last
    name = names.get(slash + last, slash + last)
    return pointer if pointer.endswith(name) else head + name


def _plain(value: object) -> object:
    """Return a field of a refusal as JSON."""
    if isinstance(value, InputFault):
        return {"pointer": value.pointer, "code": value.code, "detail": value.detail}
    if isinstance(value, Alternative):
        return {
            "slot_id": value.slot_id,
            "starts_at": show_instant(value.starts_at),
            "ends_at": show_instant(value.ends_at),
            "remaining": value.remaining,
            "dates": [day.isoformat() for day in value.dates],
        }
    if isinstance(value, datetime):
        return show_instant(value)
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return str(value)


assert MEANINGS.keys() == STATUS_BY_CODE.keys(), "every code has a meaning"
