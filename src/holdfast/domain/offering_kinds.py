"""Kinds of offerings: what is usual for an appointment, a table, a room, an event and so on.

A kind is a free word. For those that are known here it says how they are usually counted, timed
and priced; everything can be said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from holdfast.domain.offerings import Counting
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.shapes import Shape

_HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What is usual for a kind of offering.

    Attributes:
        slot_step: The distance of starts; None leaves it to the rule, or the duration.
    """

    counting: Counting = Counting.RESOURCES
    shape: Shape = Shape.SLOTS
    price_unit: PriceUnit = PriceUnit.BOOKING
    slot_step: timedelta | None = None


CUSTOM = Preset()
_SHARED = Preset(counting=Counting.PLACES, price_unit=PriceUnit.PARTICIPANT)
_BY_THE_HOUR = Preset(shape=Shape.FREE, price_unit=PriceUnit.HOUR, slot_step=_HALF_AN_HOUR)
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "appointment": CUSTOM,
        "table": replace(CUSTOM, slot_step=_HALF_AN_HOUR),
        "room": _BY_THE_HOUR,
        "event": _SHARED,
        "rental": _BY_THE_HOUR,
        "course": _SHARED,
        "subscription": CUSTOM,
        "custom": CUSTOM,
    }
)


def preset_of(kind: str, *, shape: Shape | None = None) -> Preset:
    """Return what is usual for a kind of offering; for a shape of its own, what goes with that.

    Places are counted in slots only, a night is priced by the night, and a day as a unit.

    >>> preset_of("Course").counting.value, preset_of("bootcamp") == CUSTOM
    ('places', True)
    >>> preset_of("room", shape=Shape.NIGHTS).price_unit.value
    'per_night'
    """
    found = PRESETS.get(kind.strip().lower(), CUSTOM)
    if shape is None or shape is found.shape:
        return found
    changed = replace(found, shape=shape)
    if shape is not Shape.SLOTS:
        changed = replace(changed, counting=Counting.RESOURCES)
    if shape is Shape.NIGHTS:
        return replace(changed, price_unit=PriceUnit.NIGHT, slot_step=None)
    if shape is Shape.DAYS:
        return replace(changed, price_unit=PriceUnit.UNIT, slot_step=None)
    return changed
