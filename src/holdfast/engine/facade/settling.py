"""Settling: calling off, step by step, what counted on something that is closed now."""

from __future__ import annotations

from holdfast.domain.closures import Settled
from holdfast.engine.facade.port import Port, result_of


def settle(port: Port, command: object) -> int:
    """Run a step again and again until nothing is left; return how many were called off."""
    called_off = 0
    while True:
        settled = result_of(Settled, port.run(command))
        called_off += settled.called_off
        if settled.is_done or not settled.called_off:
            return called_off
