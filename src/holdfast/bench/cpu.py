"""The CPU time of processes and their children, read from Linux's /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# After the name in brackets: the parent's number, then the ticks in the program and the kernel.
_PARENT, _USER, _KERNEL = 1, 11, 12


def cpu_seconds(roots: Iterable[int]) -> float:
    """Return the CPU seconds that some processes and everything below them have used so far.

    Of a child that has ended nothing is known any more, so measure while all are alive.
    """
    ticks: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        words = said.rpartition(")")[2].split()
        pid = int(folder.name)
        ticks[pid] = int(words[_USER]) + int(words[_KERNEL])
        children.setdefault(int(words[_PARENT]), []).append(pid)
    counted: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in counted:
            counted.add(pid)
            waiting += children.get(pid, [])
    return sum(ticks.get(pid, 0) for pid in counted) / _TICKS


def peak_memory_mb(pid: int) -> float:
    """Return the most memory that a process has had, in megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
