"""The guide to hooks says what is so: its examples run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

from holdfast.bootstrap import Engine

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "hooks.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_every_example_of_the_guide_runs() -> None:
    names: dict[str, object] = {}

    for block in BLOCKS:
        exec(compile(block, str(GUIDE), "exec"), names)
    engine = names["engine"]
    assert isinstance(engine, Engine)
    engine.close()

    assert len(BLOCKS) == 4
    assert {"booking", "allowed"} <= names.keys()
