"""Random requests made from the OpenAPI document: no server errors, and answers as it says.

Few in every run; `make fuzz` and `make proof` send many.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.api.conftest import Place

EXAMPLES = int(os.environ.get("HOLDFAST_TEST_FUZZ", "3"))
PROOF_EXAMPLES = 200
CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance]
SEED = 20_261_121


def faults_of(place: Place, *, examples: int) -> list[str]:
    """Send so many requests to every operation; return what was wrong with an answer."""
    document = place.nobody.get("/openapi.json").json
    schema = schemathesis.openapi.from_dict(document)
    schema.app = place.app
    headers = {"Authorization": f"Bearer {place.owner.key}"}
    faults: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @seed(SEED)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def send(case: Case[Any]) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                send()
        except (Failure, FailureGroup) as fault:
            faults.append(f"{operation.label}: {fault}")
    return faults


@pytest.mark.slow
def test_random_requests_are_answered_as_the_document_says(place: Place) -> None:
    assert faults_of(place, examples=EXAMPLES) == []


@pytest.mark.proof
@pytest.mark.timeout(7_200)
def test_very_many_random_requests_are_answered_as_the_document_says(place: Place) -> None:
    assert faults_of(place, examples=PROOF_EXAMPLES) == []
