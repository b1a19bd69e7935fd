"""The OpenAPI document is complete and true, and its page asks no other host for anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from schemathesis.core.result import Ok

from holdfast.api.app import ENDPOINTS
from holdfast.domain.errors import STATUS_BY_CODE
from tests.api.conftest import Place
from tests.api.subjects import SUBJECTS, Bazaar, query_of

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(place: Place) -> dict[str, Any]:
    """The document as it is served, without a key."""
    return place.nobody.get("/openapi.json").json


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (path, method, operation)."""
    for path, found in document["paths"].items():
        for method, operation in found.items():
            yield path, method, operation


def references(value: object) -> Iterator[str]:
    """Yield every reference in a part of the document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_it_says_what_every_endpoint_is(document: dict[str, Any]) -> None:
    """AC-S10."""
    shown = {(m.upper(), path, o["operationId"]) for path, m, o in operations(document)}

    assert document["openapi"] == "3.1.0"
    assert shown == {(e.method, e.path, e.name) for e in ENDPOINTS}


def test_every_operation_has_its_parameters_bodies_answers_and_problems(
    document: dict[str, Any],
) -> None:
    by_name = {o["operationId"]: o for _, _, o in operations(document)}

    for endpoint in ENDPOINTS:
        operation = by_name[endpoint.name]
        parameters = {(p["in"], p["name"]) for p in operation["parameters"]}
        in_path = {("path", name) for name in re.findall(r"{(\w+)}", endpoint.path)}
        fields = endpoint.query.model_fields if endpoint.query else {}
        in_query = {("query", field.alias or name) for name, field in fields.items()}
        is_kept = endpoint.is_write and endpoint.takes_idempotency_key
        headers = {("header", "Idempotency-Key")} if is_kept else set()
        headers |= {("header", "If-Match")} if endpoint.takes_version else set()
        assert parameters == in_path | in_query | headers
        assert ("requestBody" in operation) == (endpoint.body is not None)
        answers = operation["responses"]
        assert set(answers) >= {str(endpoint.status), "401", "403", "422", "503"}
        assert set(answers) >= {str(STATUS_BY_CODE[code]) for code in endpoint.codes}
        problems = [a for status, a in answers.items() if int(status) >= 400]
        assert {tuple(problem["content"]) for problem in problems} == {
            ("application/problem+json",)
        }


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert set(references(document)) <= schemas
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document["security"] == [{"key": []}]


def test_the_document_is_the_app_s_own(place: Place, document: dict[str, Any]) -> None:
    assert place.app.openapi()["paths"] == document["paths"]


@pytest.mark.slow
def test_other_programs_can_read_it(document: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(document)

    results = list(schema.get_all_operations())

    found = {result.ok().label for result in results if isinstance(result, Ok)}
    assert found == {f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS}


def test_answers_have_the_form_that_the_document_says(
    place: Place, document: dict[str, Any]
) -> None:
    """Every write that is accepted, and every read."""
    bazaar = Bazaar(place)
    faults = []

    for endpoint in sorted(ENDPOINTS, key=lambda endpoint: endpoint.method == "DELETE"):
        asked = SUBJECTS[endpoint.name](bazaar) if endpoint.name in SUBJECTS else None
        path = asked.path if asked else bazaar.path_of(endpoint)
        query = query_of(endpoint.name, bazaar)
        body = asked.body if asked else None
        reply = place.owner.send(endpoint.method, path, query=query, body=body)
        is_known = endpoint.name != "getBookingByNumber"
        name = endpoint.answer.__name__ if is_known else "Problem"
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        faults += [f"{endpoint.name}: {error}" for error in validator.iter_errors(reply.json)]
        assert reply.status == (endpoint.status if is_known else 404), reply.body

    assert faults == []


def test_the_document_knows_every_member_of_a_record(document: dict[str, Any]) -> None:
    """A negative control of the test above: a member that is missing is found."""
    schema = {"$ref": "#/components/schemas/TenantOut", "components": document["components"]}

    assert not jsonschema_rs.Draft202012Validator(schema).is_valid({"tenant_id": "tnt_1"})


def test_the_reference_page_is_self_contained(place: Place) -> None:
    reply = place.nobody.get("/docs")

    page = reply.body.decode()
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<script" not in page
    assert re.findall(r"(?:src|href|action)=\"(?![/#])", page) == []
    assert all(f'id="{endpoint.name}"' in page for endpoint in ENDPOINTS)
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert place.nobody.get("/docs.css").headers["content-type"].startswith("text/css")


def test_every_form_that_the_page_links_to_is_on_it(place: Place) -> None:
    page = place.nobody.get("/docs").body.decode()

    linked = set(re.findall(r'href="#(form-\w+)"', page))

    assert linked
    assert {name for name in linked if f'id="{name}"' not in page} == set()


def test_defaults_of_patches_are_not_shown_since_they_are_never_used(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]

    patches = {name: schemas[name] for name in schemas if name.startswith("Change")}

    assert len(patches) == sum(endpoint.method == "PATCH" for endpoint in ENDPOINTS)
    assert [
        n for n, s in patches.items() if any("default" in p for p in s["properties"].values())
    ] == []
