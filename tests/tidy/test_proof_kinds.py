"""What the proof may find is documented, all of it, and nothing else."""

from __future__ import annotations

import ast
import re

from tests.tidy.house import DOCS, SRC, text_of, tree_of

FILES = (
    "domain/proving/by_key.py",
    "domain/proving/by_owner.py",
    "domain/replaying.py",
    "engine/proving/books.py",
    "engine/proving/keys.py",
    "engine/proving/subjects.py",
)
KIND = re.compile(r"[a-z]+\.[a-z_]+")


def kinds_in_code() -> set[str]:
    """Collect the first words of every `Finding(…)` and `wrong(…)`."""
    found = set()
    for name in FILES:
        for node in ast.walk(tree_of(SRC / "holdfast" / name)):
            match node:
                case ast.Call(
                    func=ast.Name(id="Finding" | "wrong"), args=[ast.Constant(value=str(kind)), *_]
                ):
                    found.add(kind)
                case _:
                    pass
    return found


def test_every_kind_of_violation_is_documented() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", text_of(DOCS / "reference/proof.md"), re.MULTILINE)

    assert sorted(rows) == sorted(kinds_in_code())
    assert len(rows) > 25
    assert [kind for kind in rows if not KIND.fullmatch(kind)] == []
