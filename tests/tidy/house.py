"""The tree as the tidy tests see it: files, syntax trees, comments and admitted exceptions."""

from __future__ import annotations

import ast
import io
import os
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
DOCS = ROOT / "docs"

NOT_OURS = frozenset({"build", "dist", "node_modules", "__pycache__"})
PYTHON_WITHOUT_SUFFIX = ("scripts/test",)


def shown(path: Path) -> str:
    """Return the path as people of this project write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def all_files() -> tuple[Path, ...]:
    """List every file of the project, without what tools and installers make."""
    found: list[Path] = []
    for folder, names, files in os.walk(ROOT):
        here = Path(folder)
        names[:] = sorted(
            name
            for name in names
            if name not in NOT_OURS and (not name.startswith(".") or name in {".ci", ".github"})
        )
        found += [here / name for name in sorted(files)]
    return tuple(found)


@cache
def python_files(*tops: str) -> tuple[Path, ...]:
    """List the Python files below the given folders, in order."""
    listed = [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]
    listed += [ROOT / name for name in PYTHON_WITHOUT_SUFFIX if name.split("/")[0] in tops]
    return tuple(path for path in listed if NOT_OURS.isdisjoint(path.relative_to(ROOT).parts))


@cache
def text_of(path: Path) -> str:
    """Read a file once."""
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(text_of(path), filename=shown(path))


@cache
def comments_of(path: Path) -> dict[int, str]:
    """Return the comments of a file by line number; strings that look like comments are none."""
    tokens = tokenize.generate_tokens(io.StringIO(text_of(path)).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """One admitted exception: where, for which name, up to how many lines, and why."""

    path: str
    name: str
    lines: int
    reason: str

    def covers(self, path: Path, name: str) -> bool:
        """Whether the exception speaks of this name in this file; both may be patterns."""
        return fnmatch(shown(path), self.path) and fnmatch(name, self.name)


@cache
def admitted(kind: str) -> tuple[Admitted, ...]:
    """Return the exceptions of one kind from exceptions.toml."""
    listed = tomllib.loads(text_of(ROOT / "tests/tidy/exceptions.toml"))[kind]
    return tuple(
        Admitted(
            path=entry["path"],
            name=entry.get("name", ""),
            lines=entry.get("lines", 0),
            reason=entry["reason"],
        )
        for entry in listed
    )


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every function with its qualified name."""
    stack: list[tuple[str, ast.AST]] = [("", tree)]
    while stack:
        prefix, node = stack.pop()
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield prefix + child.name, child
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{prefix}{child.name}."
            stack.append((inner, child))
