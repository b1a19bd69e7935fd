"""The OpenAPI 3.1 document, made from the endpoints' table and the models it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from holdfast.api.calls import JSON, Endpoint
from holdfast.api.models import Query
from holdfast.api.problems import MEANINGS, MEDIA_TYPE
from holdfast.domain.errors import STATUS_BY_CODE

_REF = "#/components/schemas/{model}"
_PATH_PARAMETER = re.compile(r"{([a-z_]+)}")
_DESCRIPTION = """\
Holdfast sells time and places, and never sells one place twice.

Send your key as `Authorization: Bearer hfs_…` (or `hfp_…` from a page). Errors are
`application/problem+json` with a stable `code`. Whatever creates or changes takes an
`Idempotency-Key`: the same request again gets the same answer, byte for byte.
"""
_EVERYWHERE = (
    "access.denied",
    "access.unauthenticated",
    "input.invalid",
    "request.failed",
    "server.busy",
)
_ON_WRITES = ("clock.behind", "request.key_reused")
_ON_BODIES = ("input.too_large", "input.unsupported")

_PROBLEM: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "title": "Problem",
        "description": "An RFC 9457 problem. Decide by `code`; texts may change at any time.",
        "required": ["type", "title", "status", "detail", "instance", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string", "format": "uri-reference"},
            "code": {"type": "string", "enum": sorted(STATUS_BY_CODE)},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": {"type": "string"},
                        "code": {"type": "string"},
                        "detail": {"type": "string"},
                    },
                },
            },
        },
        "additionalProperties": True,
    }
)


def document(endpoints: Sequence[Endpoint], *, title: str, version: str) -> dict[str, Any]:
    """Return the document."""
    schemas = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, schemas)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    components = {
        "schemas": {**schemas, "Problem": dict(_PROBLEM)},
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "A secret key (hfs_…) or a publishable key (hfp_…).",
            }
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": _DESCRIPTION},
        "paths": paths,
        "components": components,
        "security": [{"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(e.feature for e in endpoints)],
    }


def _schemas(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    inputs = [endpoint.body for endpoint in endpoints if endpoint.body is not None]
    queries = [endpoint.query for endpoint in endpoints if endpoint.query is not None]
    answers = [endpoint.answer for endpoint in endpoints]
    models: dict[tuple[type[BaseModel], str], None] = {}
    models.update(((model, "validation"), None) for model in (*inputs, *queries))
    models.update(((model, "serialization"), None) for model in answers)
    _, schema = models_json_schema(cast("Any", list(models)), by_alias=True, ref_template=_REF)
    return dict(schema["$defs"])


def _operation(endpoint: Endpoint, schemas: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": "Needs " + " or ".join(f"`{s.value}`" for s in endpoint.scopes) + ".",
        "tags": [endpoint.feature],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint.query, schemas)],
        "responses": _responses(endpoint),
    }
    operation["parameters"] += _header_parameters(endpoint)
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": not endpoint.is_body_optional,
            "content": {JSON: {"schema": {"$ref": _REF.format(model=endpoint.body.__name__)}}},
        }
    return operation


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAMETER.findall(endpoint.path)
    ]


def _query_parameters(
    query: type[Query] | None, schemas: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if query is None:
        return []
    schema = schemas[query.__name__]
    required = schema.get("required", [])
    found = []
    for name, field in schema["properties"].items():
        shown = {key: value for key, value in field.items() if key != "title"}
        if shown.get("default", 0) is None:
            del shown["default"]
        parameter = {"name": name, "in": "query", "required": name in required, "schema": shown}
        if shown.get("type") == "array":
            parameter["description"] = "One or many: repeated, or with commas."
        found.append(parameter)
    return found


def _header_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = []
    if endpoint.is_write and endpoint.takes_idempotency_key:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same request again with this key gets the same answer.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        )
    if endpoint.takes_version:
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "description": "The ETag that you saw; refused (412) when it has changed.",
                "schema": {"type": "string", "examples": ['"v3"']},
            }
        )
    return found


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=endpoint.answer.__name__)}
    found: dict[str, Any] = {
        str(endpoint.status): {
            "description": endpoint.summary,
            "content": {JSON: {"schema": schema}},
        }
    }
    codes = {*_EVERYWHERE, *endpoint.codes}
    if endpoint.is_write:
        codes |= {*_ON_WRITES}
    if endpoint.body is not None:
        codes |= {*_ON_BODIES}
    by_status: dict[int, list[str]] = {}
    for code in sorted(codes):
        by_status.setdefault(STATUS_BY_CODE[code], []).append(code)
    for status, group in sorted(by_status.items()):
        found[str(status)] = {
            "description": "; ".join(f"`{code}`: {MEANINGS[code][0]}" for code in group),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
        }
    return found
