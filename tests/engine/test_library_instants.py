"""The library takes instants in any zone, and none without one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.errors import InputInvalid
from holdfast.engine.blocks import AddBlock
from holdfast.engine.slots import AddSlot
from holdfast.testing.samples import open_salon

PARIS = ZoneInfo("Europe/Paris")
TUESDAY_AT_TEN = datetime(2026, 6, 2, 10, tzinfo=PARIS)
HOUR = timedelta(hours=1)


def test_an_instant_may_be_written_in_any_zone(engine: Engine) -> None:
    salon = open_salon(engine)

    block = salon.desk.blocks.add(
        AddBlock(
            resource_id=salon.chair.resource_id,
            starts_at=TUESDAY_AT_TEN + 2 * HOUR,
            ends_at=TUESDAY_AT_TEN + 3 * HOUR,
        )
    )
    hold = salon.desk.holds.place(
        offering_id=salon.cut.offering_id, starts_at=TUESDAY_AT_TEN + HOUR
    )
    found = salon.desk.availability.list(
        salon.cut.offering_id, starts_at=TUESDAY_AT_TEN, ends_at=TUESDAY_AT_TEN + HOUR
    )

    assert (block.starts_at, hold.starts_at) == (TUESDAY_AT_TEN + 2 * HOUR, TUESDAY_AT_TEN + HOUR)
    assert {str(at.tzinfo) for at in (block.starts_at, hold.starts_at)} == {"UTC"}
    assert found.window.starts_at == TUESDAY_AT_TEN


def test_an_instant_without_a_zone_is_refused_everywhere(engine: Engine) -> None:
    """T6."""
    salon = open_salon(engine)
    desk, naive = salon.desk, TUESDAY_AT_TEN.replace(tzinfo=None)
    calls: list[Callable[[], object]] = [
        lambda: desk.holds.place(offering_id=salon.cut.offering_id, starts_at=naive),
        lambda: desk.availability.list(salon.cut.offering_id, starts_at=naive),
        lambda: desk.blocks.add(
            AddBlock(resource_id=salon.chair.resource_id, starts_at=naive, ends_at=naive + HOUR)
        ),
        lambda: desk.slots.add(
            AddSlot(slot_id=desk.slots.new_id(), offering_id=salon.cut.offering_id, starts_at=naive)
        ),
    ]

    for call in calls:
        with pytest.raises(InputInvalid) as refused:
            call()

        assert refused.value.detail.startswith("An instant needs its zone")
