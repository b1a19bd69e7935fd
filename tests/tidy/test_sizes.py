"""A function fits on a screen, a file in a head (house rule 23)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.tidy.house import admitted, functions, python_files, shown, text_of, tree_of

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500


def oversized() -> Iterator[tuple[Path, str, int]]:
    """Yield (file, function or nothing, lines) for what is larger than its limit."""
    for path in python_files("src", "tests", "scripts", "benchmarks"):
        length = text_of(path).count("\n")
        if length > FILE_LINES_MAX:
            yield path, "", length
        for name, node in functions(tree_of(path)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield path, name, length


def test_functions_and_files_keep_to_their_sizes() -> None:
    allowed = admitted("sizes")

    faults = [
        f"{shown(path)}: {name or 'the file'} has {length} lines"
        for path, name, length in oversized()
        if not any(entry.covers(path, name) and length <= entry.lines for entry in allowed)
    ]

    assert faults == []


def test_no_size_exception_is_left_over() -> None:
    large = list(oversized())

    unused = [
        f"{entry.path}: {entry.name or 'the file'}"
        for entry in admitted("sizes")
        if not any(entry.covers(path, name) for path, name, _ in large)
    ]

    assert unused == []
