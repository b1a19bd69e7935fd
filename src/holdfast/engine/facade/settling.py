"""Settling: calling off, step by step, what counted on something that is closed now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from holdfast.domain.closures import Settled
from holdfast.engine.blocks import SettleBlock
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.slot_changes import SettleSlot


def settle(
    port: Port, command: SettleSlot | SettleBlock, outlived_version: Callable[[], int | None]
) -> int:
    """Run a step again and again until nothing is left; return how many were called off.

    Whoever shares no lock with what was closed is outlived, and then it is looked at once more. If
    that takes too long, a worker does so.
    """
    settled = _steps(port, command)
    version = outlived_version() if settled.is_settling else None
    if version is None:
        return settled.called_off
    last = _steps(port, replace(command, outlived_version=version))
    return settled.called_off + last.called_off


def _steps(port: Port, command: SettleSlot | SettleBlock) -> Settled:
    called_off = 0
    while True:
        settled = result_of(Settled, port.run(command))
        called_off += settled.called_off
        if settled.is_done or not settled.called_off:
            return replace(settled, called_off=called_off)
