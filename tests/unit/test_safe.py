"""The safe way to call: every outcome is a result, and nothing is ever raised."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from holdfast import safely
from holdfast.domain.errors import AvailabilityClosed, CapacityExceeded, HoldfastError
from holdfast.engine.ports import StorageUnavailable
from holdfast.safe import SafeResult

SHORT = CapacityExceeded("Nothing is left.", requested=2, remaining=0, limited_by="res_1")


def failing(error: Exception) -> int:
    """Fail."""
    raise error


def test_what_is_done_is_a_success_with_its_result() -> None:
    """AC-D21."""
    assert safely(lambda: 42) == SafeResult(success=True, result=42)


@pytest.mark.parametrize("refusal", [SHORT, AvailabilityClosed("Closed.", reason="blocked")])
def test_a_refusal_is_its_code_its_message_and_its_fields(refusal: HoldfastError) -> None:
    """AC-D21 (D-11, D-13, D-14)."""
    result = safely(lambda: failing(refusal))

    assert result == SafeResult(
        success=False, error=refusal.code, message=refusal.detail, context=refusal.fields
    )


@pytest.mark.parametrize(
    ("error", "code", "event"),
    [
        (StorageUnavailable("no connection"), "server.busy", "safe.storage_fault"),
        (ZeroDivisionError("a bug"), "request.failed", "safe.failed"),
    ],
)
def test_a_fault_is_not_raised_either_but_logged(error: Exception, code: str, event: str) -> None:
    with capture_logs() as logs:
        result = safely(lambda: failing(error))

    assert (result.success, result.result, result.error) == (False, None, code)
    assert "a bug" not in result.message
    assert [line["event"] for line in logs] == [event]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_whoever_stops_the_program_stops_it(stop: type[BaseException]) -> None:
    def stopped() -> int:
        raise stop

    with pytest.raises(stop):
        safely(stopped)
