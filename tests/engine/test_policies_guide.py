"""The guide to policies says what is so: its example runs, and gives what it says."""

from __future__ import annotations

import re
from pathlib import Path

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.policies import NOTHING_SAID
from holdfast.domain.resources import Resource

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "fields-and-policies.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_of_the_guide_runs_and_gives_half_back() -> None:
    names: dict[str, object] = {}

    for block in BLOCKS:
        exec(compile(block, str(GUIDE), "exec"), names)
    engine, cancelled, coaching = (names[one] for one in ("engine", "cancelled", "coaching"))
    assert isinstance(engine, Engine)
    engine.close()

    assert len(BLOCKS) == 1
    assert isinstance(cancelled, Booking)
    assert cancelled.settlement is not None
    assert (cancelled.settlement.percent, cancelled.settlement.refund.amount_minor) == (50, 6_600)
    assert isinstance(coaching, Resource)
    assert coaching.policy != NOTHING_SAID
