"""Progress bars, for whatever may take longer than a second. Shown on a terminal only."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from holdfast.cli import output


class Bars:
    """Bars that are there while the block of a `with` runs, one for each thing that is done."""

    def __init__(self, unit: str) -> None:
        """Make them; `unit` is what they count."""
        console = output.stderr()
        self._tasks: dict[str, TaskID] = {}
        self._rich = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._rich.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._rich.stop()

    def show(self, what: str, *, done: int, total: int) -> None:
        """Show how far something has come."""
        task = self._tasks.get(what)
        if task is None:
            task = self._tasks[what] = self._rich.add_task(what)
        self._rich.update(task, completed=done, total=max(total, done))

    def teller(self, what: str) -> Callable[[int, int], None]:
        """Return a function that takes what is done, and of how much, of one thing."""
        return lambda done, total: self.show(what, done=done, total=total)
