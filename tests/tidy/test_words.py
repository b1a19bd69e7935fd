"""The glossary's words are the only words: no banned word in a name that we define."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.tidy.house import SRC, admitted, python_files, shown, tree_of

BANNED = frozenset(
    {"appointment", "canceled", "data", "helper", "info", "manager", "reservation", "service"}
    | {"session", "util"}
)
BANNED_PAIRS = frozenset({("event", "type")})
BANNED_VERBS = frozenset({"handle", "process"})

NAME_ARGUMENT_CALLS = frozenset({"Column", "Table"})


def words(name: str) -> list[str]:
    """Split snake_case and CamelCase into lower-case words."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def singular(word: str) -> str:
    """Return the word without a plural s, where that makes it a banned word."""
    return word[:-1] if word.endswith("s") and word[:-1] in BANNED else word


def banned_in(name: str, *, is_function: bool = False) -> list[str]:
    """List what the glossary bans in one name."""
    found = [word for word in words(name) if singular(word) in BANNED]
    parts = [word.removesuffix("s") for word in words(name)]
    found += [" ".join(pair) for pair in pairwise(parts) if pair in BANNED_PAIRS]
    if is_function and len(parts) > 1 and words(name)[0] in BANNED_VERBS:
        found.append(f"{words(name)[0]}_*")
    return found


def names_of(node: ast.AST) -> Iterator[str]:
    """Yield the names that one syntax node defines."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
            called = getattr(function, "id", getattr(function, "attr", ""))
            if called in NAME_ARGUMENT_CALLS or called.endswith("_column"):  # tables, columns
                yield name
        case _:
            pass


def findings(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield (name, line, banned words) for everything one file defines, itself included."""
    if found := banned_in(path.stem):
        yield path.stem, 1, ", ".join(found)
    for node in ast.walk(tree_of(path)):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for name in names_of(node):
            if found := banned_in(name, is_function=is_function):
                yield name, getattr(node, "lineno", 1), ", ".join(found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("place_hold", []),
        ("metadata", []),
        ("process_id", []),
        ("ReservationId", ["reservation"]),
        ("session_count", ["session"]),
        ("SERVICES", ["services"]),
        ("EventType", ["event type"]),
        ("event_types", ["event type"]),
        ("APIData", ["data"]),
    ],
)
def test_words_are_found_whole(name: str, expected: list[str]) -> None:
    assert banned_in(name) == expected


def test_a_function_may_not_handle_or_process() -> None:
    assert banned_in("process_refund", is_function=True) == ["process_*"]
    assert banned_in("process", is_function=True) == []


def test_no_name_we_define_has_a_banned_word() -> None:
    allowed = admitted("words")

    faults = [
        f"{shown(path)}:{line}: {name} ({found})"
        for path in python_files("src")
        for name, line, found in findings(path)
        if not any(entry.covers(path, name) for entry in allowed)
    ]

    assert faults == []


def test_no_package_has_a_banned_word() -> None:
    folders = {path.parent for path in python_files("src")} - {SRC}

    assert [shown(folder) for folder in sorted(folders) if banned_in(folder.name)] == []


def test_no_word_exception_is_left_over() -> None:
    found = [(path, name) for path in python_files("src") for name, _, _ in findings(path)]

    unused = [
        f"{entry.path}: {entry.name}"
        for entry in admitted("words")
        if not any(entry.covers(path, name) for path, name in found)
    ]

    assert unused == []
