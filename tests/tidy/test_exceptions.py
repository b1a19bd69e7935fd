"""Every exception to a gate carries a code and a reason, and they are counted."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tidy.house import ROOT, admitted, comments_of, python_files, shown, text_of, tree_of

RUFF_EXCEPTIONS_MAX = 25

# What silences a gate, and the one form in which it may: with a code and a reason after it.
REASON = r"\s+[#:-]\s*\w.*\w"
SILENCERS = {
    "type_ignore": (r"#\s*type:\s*ignore", r"# type: ignore\[[a-z, -]+\]" + REASON),
    "noqa": (r"#\s*noqa|ruff:\s*noqa", r"# noqa: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*" + REASON),
    "no_cover": (r"#\s*pragma:\s*no (cover|branch)", r"# pragma: no (cover|branch)" + REASON),
}
WHOLESALE = r"#\s*(mypy:|ruff:|flake8:|fmt:\s*off|isort:\s*skip)"

LATE_IMPORT_REASON = re.compile(r"\b(slow|optional)\b", re.IGNORECASE)


def silencers(kind: str) -> Iterator[tuple[Path, int, str]]:
    """Yield (file, line, comment) for everything that silences a gate of one kind."""
    for path in python_files("src", "tests", "scripts", "benchmarks"):
        for line, comment in comments_of(path).items():
            if re.search(SILENCERS[kind][0], comment):
                yield path, line, comment


def late_imports(path: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that stand inside a function."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield inner


@pytest.mark.parametrize("kind", sorted(SILENCERS))
def test_whatever_silences_a_gate_has_a_code_and_a_reason(kind: str) -> None:
    faults = [
        f"{shown(path)}:{line}: {comment}"
        for path, line, comment in silencers(kind)
        if not re.search(SILENCERS[kind][1], comment)
    ]

    assert faults == []


@pytest.mark.parametrize("kind", sorted(SILENCERS))
def test_the_number_of_silenced_gates_only_falls(kind: str) -> None:
    allowed = tomllib.loads(text_of(ROOT / "tests/tidy/counts.toml"))[kind]

    found = [f"{shown(path)}:{line}" for path, line, _ in silencers(kind)]

    assert len(found) <= allowed, f"repair one of these instead: {found}"
    assert len(found) == allowed, f"well done; now write {kind} = {len(found)} into counts.toml"


def test_no_gate_is_silenced_wholesale() -> None:
    faults = [
        f"{shown(path)}:{line}: {comment}"
        for path in python_files("src", "tests", "scripts", "benchmarks")
        for line, comment in comments_of(path).items()
        if re.match(WHOLESALE, comment)
    ]

    assert faults == []


def test_late_imports_say_that_they_are_slow_or_optional() -> None:
    faults = [
        f"{shown(path)}:{node.lineno}"
        for path in python_files("src", "tests", "scripts", "benchmarks")
        for node in late_imports(path)
        if not any(
            LATE_IMPORT_REASON.search(comments_of(path).get(line, ""))
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        )
    ]

    assert sorted(set(faults)) == []


def test_ruff_has_few_exceptions_and_each_has_a_reason() -> None:
    pyproject = text_of(ROOT / "pyproject.toml")
    lint = tomllib.loads(pyproject)["tool"]["ruff"]["lint"]
    listed = [
        *lint["ignore"],
        *(code for codes in lint["per-file-ignores"].values() for code in codes),
    ]

    unreasoned = [code for code in listed if not re.search(rf'"{code}"[^#\n]*# \S+', pyproject)]

    assert len(lint["ignore"]) <= RUFF_EXCEPTIONS_MAX
    assert unreasoned == []


@pytest.mark.parametrize("kind", ["words", "sizes"])
def test_every_admitted_exception_has_a_reason(kind: str) -> None:
    assert [entry for entry in admitted(kind) if len(entry.reason.split()) < 3] == []
