"""The safe way to call: an answer for everything, and never an exception.

For callers that would rather look at a result than catch: `safely(lambda: desk.holds.place(...))`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

from holdfast.domain.errors import HoldfastError, RequestFailed, ServerBusy
from holdfast.engine.ports import StorageFault

log = structlog.get_logger("holdfast.safe")

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeResult(Generic[R]):
    """What became of a call.

    Attributes:
        success: Whether it was done.
        result: What the call returned; None if it was not done.
        error: The refusal's stable code, such as `capacity.exceeded`; None if it was done.
        message: What happened and what to do next, for a person; empty if it was done.
        context: The fields of the refusal, such as `remaining` and `alternatives`.
    """

    success: bool
    result: R | None = None
    error: str | None = None
    message: str = ""
    context: Mapping[str, object] = field(default_factory=dict)


def safely(call: Callable[[], R]) -> SafeResult[R]:
    """Run a call and return what became of it; nothing is ever raised for a refusal or a fault.

    A fault of the database is `server.busy`, a bug of ours or of the call's `request.failed`; both
    are logged with their cause.

    >>> safely(lambda: 1 + 1).result
    2
    """
    try:
        return SafeResult(success=True, result=call())
    except HoldfastError as refusal:
        return _refused(refusal)
    except StorageFault:
        log.warning("safe.storage_fault", exc_info=True)
        return _refused(ServerBusy())
    except Exception:  # never to raise is what this function is for; the log has the cause
        log.exception("safe.failed")
        return _refused(RequestFailed("Something went wrong. It has been logged."))


def _refused(refusal: HoldfastError) -> SafeResult[R]:
    return SafeResult(
        success=False,
        error=refusal.code,
        message=refusal.detail,
        context=dict(refusal.fields),
    )
