"""The table of errors is total: every code has one status, in the program and in the docs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus

from holdfast.domain.errors import STATUS_BY_CODE
from tests.tidy.house import DOCS, SRC, python_files, shown, text_of, tree_of

CODE = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)*")
DOCUMENTED = re.compile(r"^\| `([a-z._]+)` \| (\d{3}) \|", re.MULTILINE)


def error_classes() -> dict[str, ast.ClassDef]:
    """Return every class of src that descends from HoldfastError, by name."""
    classes = {
        node.name: node
        for path in python_files("src")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    }
    found = {"HoldfastError"}
    while True:
        grown = found | {
            name
            for name, node in classes.items()
            if any(getattr(base, "id", getattr(base, "attr", "")) in found for base in node.bases)
        }
        if grown == found:
            return {name: node for name, node in classes.items() if name in found}
        found = grown


def class_codes(node: ast.ClassDef) -> Iterator[str]:
    """Yield the code that a class statement gives to its error, if it gives one."""
    for statement in node.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code)))
                | ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant(value=str(code)))
            ):
                yield code
            case _:
                pass


def used_codes() -> Iterator[tuple[str, str]]:
    """Yield (code, where) for every code that an error class or the making of an error names."""
    errors = error_classes()
    for name, node in errors.items():
        yield from ((code, f"class {name}") for code in class_codes(node))
    for path in python_files("src"):
        for call in ast.walk(tree_of(path)):
            if not isinstance(call, ast.Call):
                continue
            if getattr(call.func, "id", getattr(call.func, "attr", "")) not in errors:
                continue
            for keyword in call.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value), f"{shown(path)}:{call.lineno}"


def test_every_code_in_use_has_a_status() -> None:
    faults = [f"{code} ({where})" for code, where in used_codes() if code not in STATUS_BY_CODE]

    assert faults == []


def test_every_status_belongs_to_a_code_in_use() -> None:
    used = {code for code, _ in used_codes()}

    assert sorted(set(STATUS_BY_CODE) - used) == []


def test_no_two_error_classes_share_a_code() -> None:
    counts = Counter(code for node in error_classes().values() for code in class_codes(node))

    assert [code for code, count in counts.items() if count > 1] == []


def test_no_code_stands_twice_in_the_table() -> None:
    tree = tree_of(SRC / "holdfast/domain/errors.py")
    tables = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]

    keys = Counter(
        key.value for table in tables for key in table.keys if isinstance(key, ast.Constant)
    )

    assert [key for key, count in keys.items() if count > 1] == []


def test_codes_are_dotted_and_statuses_are_errors_of_http() -> None:
    faults = [
        f"{code}: {status}"
        for code, status in STATUS_BY_CODE.items()
        if not CODE.fullmatch(code) or HTTPStatus(status) < HTTPStatus.BAD_REQUEST
    ]

    assert faults == []


def test_the_reference_lists_exactly_the_codes_and_their_statuses() -> None:
    page = text_of(DOCS / "reference/errors.md")

    documented = [(code, int(status)) for code, status in DOCUMENTED.findall(page)]

    assert sorted(documented) == sorted(STATUS_BY_CODE.items())
