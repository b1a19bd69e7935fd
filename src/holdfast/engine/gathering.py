"""Gathering: the needs of many things at once, which look in the same rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from holdfast.domain.errors import HoldfastError
from holdfast.engine.ports import Read
from holdfast.engine.snapshots import UndeclaredRead
from holdfast.engine.use_cases import Needs


def gathered(parts: Iterable[Callable[[], Needs]]) -> Needs:
    """Return what all parts need together.

    What one part has not looked at yet does not keep the others from looking. A part that is
    refused needs nothing: `decide` refuses it again.

    Raises:
        UndeclaredRead: Something has to be loaded first, of any of the parts.
    """
    guards, counters, reads = set[str](), set[str](), set[Read]()
    missing: list[Read] = []
    for part in parts:
        try:
            needs = part()
        except UndeclaredRead as undeclared:
            missing.extend(undeclared.reads)
            continue
        except HoldfastError:
            continue
        guards |= needs.guards
        counters |= needs.counters
        reads |= needs.reads
    if missing:
        raise UndeclaredRead(missing)
    return Needs.of(guards=guards, counters=counters, reads=reads)
