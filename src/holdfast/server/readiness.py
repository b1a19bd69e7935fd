"""Whether this process may be sent requests, and how its parts are doing."""

from __future__ import annotations

from holdfast.domain.errors import ServerBusy
from holdfast.engine.ports import StorageFault
from holdfast.server.lane import CommitLane
from holdfast.server.skew import SkewGuard
from holdfast.storage.database import Database, DatabaseMisconfigured
from holdfast.storage.migrating import require_current
from holdfast.workers.clockwork import Clockwork, Pulse


class Readiness:
    """Looks at the database, the clock, the lane and the workers."""

    def __init__(
        self, database: Database, *, skew: SkewGuard, lane: CommitLane, clockwork: Clockwork
    ) -> None:
        """Look at these."""
        self._database = database
        self._skew = skew
        self._lane = lane
        self._clockwork = clockwork

    def report(self) -> dict[str, object]:
        """Say how the parts are doing; asks the database, so it blocks.

        Workers that fail are shown and do not make a server unready: what they do can wait, since
        the places of holds that are over stop counting by themselves.

        Raises:
            ServerBusy: This process can serve nobody; the message says why.
        """
        try:
            require_current(self._database)
        except DatabaseMisconfigured as fault:
            raise ServerBusy(str(fault)) from fault
        except StorageFault as fault:
            # Without its message, which may name hosts: this page is public.
            raise ServerBusy("The database does not answer.") from fault
        self._skew.check()
        if self._skew.is_too_large:
            raise self._skew.refusal()
        if self._lane.is_closed:
            raise ServerBusy("This server is being stopped.")
        return {"workers": {pulse.name: _shown(pulse) for pulse in self._clockwork.pulses()}}


def _shown(pulse: Pulse) -> dict[str, object]:
    last = pulse.last_done_at
    return {
        "last_done_at": None if last is None else last.isoformat(),
        "last_error": pulse.last_error,
        "failure_count": pulse.failure_count,
    }
