"""Hooks that an operator names in `HOLDFAST_HOOKS`: a till on disk, and one that dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from holdfast import HookCall, Hooks, Reject

TILL = "HOLDFAST_TEST_TILL"


def charge(call: HookCall) -> Reject | None:
    """Note a charge under the attempt's id, and die the first time if told to."""
    till = Path(os.environ[TILL])
    if call.booking.party_size > 3:
        return Reject("Too many for one card.")
    (till / call.attempt_id).touch()
    death = till / "die"
    if death.exists():
        death.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return None


hooks = Hooks(before_reserve=[charge])
not_hooks = charge
