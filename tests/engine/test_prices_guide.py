"""The guide to prices says what is so: its examples run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

from holdfast.bootstrap import Engine
from tests.engine.businesses import add_offering, at, open_desk

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "prices.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_every_example_of_the_guide_runs(engine: Engine) -> None:
    desk = open_desk(engine)
    court = add_offering(desk, "court", price_minor=3_000).offering_id
    names: dict[str, object] = {"desk": desk, "court": court, "saturday": at("10:00", day=5)}

    for block in BLOCKS:
        exec(compile(block, str(GUIDE), "exec"), names)

    assert len(BLOCKS) == 2
