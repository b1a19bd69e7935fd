"""Pages for people: the reference of the API and what problems mean.

Made here from the document and the table of codes, without scripts and without a request to any
other host.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from holdfast.api.models import shown
from holdfast.api.problems import MEANINGS, problem
from holdfast.domain.errors import STATUS_BY_CODE, RecordNotFound

_STYLE = """\
:root { color-scheme: light dark;
        --ink: #1c2024; --quiet: #5b6470; --line: #dde1e6; --code: #f2f4f6;
        --surface: #fff; --accent: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --quiet: #a0a8b2; --line: #3a4048; --code: #24292f; --surface: #15181c;
          --accent: #8ab8f0; }
}
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 0 auto;
       padding: 24px 16px 48px; color: var(--ink); background: var(--surface);
       overflow-wrap: anywhere; }
h1 { font-size: 34px; line-height: 1.2; margin: 8px 0 16px; }
h2 { font-size: 26px; line-height: 1.2; margin: 48px 0 8px; padding-bottom: 4px;
     border-bottom: 1px solid var(--line); }
h3 { font-size: 17px; line-height: 1.2; margin: 32px 0 8px; }
p { max-width: 68ch; }
code, pre { font: 13px/1.5 ui-monospace, monospace; background: var(--code); border-radius: 6px; }
code { padding: 1px 4px; }
pre { padding: 12px; overflow-x: auto; overflow-wrap: normal; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0;
         border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 500; }
.method { font-weight: 700; }
a { color: var(--accent); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
@media (max-width: 600px) {
  td { display: block; padding: 2px 0; border: 0; }
  tr { display: block; padding: 6px 0; border-bottom: 1px solid var(--line); }
  tr:has(th) { display: none; }
}
"""


async def style_sheet(_request: Request) -> Response:
    """Answer the style of the pages."""
    return PlainTextResponse(_STYLE, media_type="text/css")


def _page(request: Request, title: str, content: str) -> Response:
    root = escape(str(request.scope.get("root_path", "")))
    return HTMLResponse(
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{root}/docs.css"></head>'
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>\n"
    )


async def problems_page(request: Request) -> Response:
    """List every code."""
    root = escape(str(request.scope.get("root_path", "")))
    rows = "".join(
        f'<tr><td><a href="{root}/problems/{code}"><code>{code}</code></a></td>'
        f"<td>{STATUS_BY_CODE[code]}</td><td>{escape(title)}</td></tr>"
        for code, (title, _) in sorted(MEANINGS.items())
    )
    head = "<tr><th>code</th><th>status</th><th>what it says</th></tr>"
    return _page(request, "Problems", f"<table>{head}{rows}</table>")


async def problem_page(request: Request) -> Response:
    """Say what one code means; this is where `type` of a problem leads."""
    code = str(request.path_params["code"])
    if code not in MEANINGS:
        return problem(RecordNotFound(kind="problem", key=shown(code)), request.scope)
    title, meaning = MEANINGS[code]
    status = STATUS_BY_CODE[code]
    content = (
        f"<p><code>{code}</code>, status {status}</p><p>{escape(meaning)}</p>"
        '<p><a href="../problems">All problems</a></p>'
    )
    return _page(request, title, content)


def docs_page(document: Mapping[str, Any], request: Request) -> Response:
    """Show the reference: every operation, its parameters, bodies and answers."""
    parts = [_paragraphs(document["info"]["description"])]
    root = escape(str(request.scope.get("root_path", "")))
    parts.append(
        f'<p><a href="{root}/openapi.json">OpenAPI 3.1</a> · '
        f'<a href="{root}/problems">Problems</a></p>'
    )
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            shown = _operation(method.upper(), path, operation)
            by_tag.setdefault(operation["tags"][0], []).append(shown)
    for tag, shown_operations in by_tag.items():
        parts.append(f"<h2>{escape(tag)}</h2>{''.join(shown_operations)}")
    schemas = document["components"]["schemas"]
    parts.append("<h2>Forms</h2>")
    parts += [_schema(name, schema) for name, schema in sorted(schemas.items())]
    return _page(request, document["info"]["title"], "".join(parts))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_marked(part)}</p>" for part in text.split("\n\n"))


def _marked(text: str) -> str:
    """Show text with `code` in it."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces))


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    name = escape(operation["operationId"])
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{p['in']}</td>"
        f"<td>{'needed' if p['required'] else ''}</td>"
        f"<td>{_marked(p.get('description', ''))} {_kind(p['schema'])}</td></tr>"
        for p in operation["parameters"]
    )
    answers = "".join(
        f"<tr><td>{status}</td><td>{_marked(answer['description'])}</td>"
        f"<td>{_content(answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    body = operation.get("requestBody")
    return (
        f'<h3 id="{name}"><span class="method">{method}</span> <code>{escape(path)}</code></h3>'
        f"<p>{escape(operation['summary'])}. {_marked(operation['description'])}</p>"
        + (f"<p>Body: {_content(body)}</p>" if body else "")
        + (f"<table>{rows}</table>" if rows else "")
        + f"<table>{answers}</table>"
    )


def _content(part: Mapping[str, Any]) -> str:
    return " ".join(_kind(form["schema"]) for form in part["content"].values())


def _kind(schema: Mapping[str, Any]) -> str:
    """Say in a word what a value looks like."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#form-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return f"<code>{escape(str(schema.get('format') or schema.get('type') or 'any'))}</code>"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    shown = json.dumps(schema, indent=2, ensure_ascii=False, default=str)
    return f'<h3 id="form-{escape(name)}">{escape(name)}</h3><pre>{escape(shown)}</pre>'
