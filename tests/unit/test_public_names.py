"""The library's public names: there, lazy, and as the module's own example uses them."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

import holdfast
from holdfast.domain.errors import HoldfastError


def names_for_type_checkers() -> set[str]:
    """Return what a type checker believes to be in the module."""
    tree = ast.parse(Path(holdfast.__file__).read_text(encoding="utf-8"))
    return {
        alias.asname
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
        if alias.asname
    }


def descendants(kind: type) -> set[type]:
    """Return all classes that descend from a class."""
    children: list[type] = kind.__subclasses__()
    return {kind}.union(*(descendants(child) for child in children))


def test_every_public_name_is_there() -> None:
    missing = [name for name in holdfast.__all__ if getattr(holdfast, name, None) is None]

    assert missing == []


def test_type_checkers_and_users_see_the_same_names() -> None:
    assert names_for_type_checkers() == set(holdfast.__all__)


def test_a_name_that_is_not_there_is_not_there() -> None:
    name = "Nonsense"

    with pytest.raises(AttributeError, match="module 'holdfast' has no attribute 'Nonsense'"):
        getattr(holdfast, name)


def test_every_refusal_is_public() -> None:
    refusals = {
        kind.__name__
        for kind in descendants(HoldfastError)
        if kind.__module__.startswith("holdfast.domain")
    }

    assert refusals - set(holdfast.__all__) == set()


def test_the_example_of_the_module_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = holdfast.__doc__ or ""
    example = text[text.index("    from datetime") : text.index("These names,")]
    monkeypatch.chdir(tmp_path)

    exec(compile(textwrap.dedent(example), "example", "exec"), {})  # the program of a page

    assert " is confirmed, from 20" in capsys.readouterr().out
