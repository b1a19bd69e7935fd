"""Sorted streams, group by group, and several of them side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Generic, TypeVar

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


class Groups(Generic[T]):
    """A sorted stream, one group at a time."""

    def __init__(self, rows: Iterable[T], name_of: Callable[[T], str]) -> None:
        self._groups = iter(groupby(rows, key=name_of))
        self._head = next(self._groups, None)

    @property
    def name(self) -> str | None:
        """The name of the group that comes next; None at the end."""
        return None if self._head is None else self._head[0]

    def take(self, name: str) -> Iterator[T]:
        """Yield the group of a name, if that is the one that comes next, and go on."""
        if self._head is not None and self._head[0] == name:
            yield from self._head[1]
            self._head = next(self._groups, None)


def side_by_side(
    first: Groups[A], second: Groups[B], third: Groups[C]
) -> Iterator[tuple[str, Iterator[A], Iterator[B], Iterator[C]]]:
    """Yield each name of any stream with its group of each, in order.

    A group has to be read to its end before the next name is asked for.
    """
    while True:
        names = [name for name in (first.name, second.name, third.name) if name is not None]
        if not names:
            return
        name = min(names)
        yield name, first.take(name), second.take(name), third.take(name)
        assert name not in {first.name, second.name, third.name}, "a group was not read to its end"
