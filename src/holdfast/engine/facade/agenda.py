"""The facade's agenda: what stands in some days."""

from __future__ import annotations

from holdfast.engine.agenda import Agenda, AgendaQuery, agenda_of
from holdfast.engine.facade.port import Port

_TODAY = AgendaQuery()


class AgendaBook:
    """What stands in the days of a business, for its staff."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def show(self, query: AgendaQuery = _TODAY) -> Agenda:
        """Return what stands in some days, by default today. See `agenda_of`.

        Raises:
            AccessDenied: The actor may not look.
            InputInvalid: The days are reversed, too many, or outside the calendar.
        """
        port = self._port
        return port.read(
            lambda store: agenda_of(store, tenant_id=port.tenant_id, actor=port.actor, query=query)
        )
