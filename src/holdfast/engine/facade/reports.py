"""The facade's reports."""

from __future__ import annotations

from datetime import date

from holdfast.domain.ids import ResourceId
from holdfast.engine.awaiting import count_awaiting
from holdfast.engine.facade.port import Port
from holdfast.engine.finding import Found, find_bookings
from holdfast.engine.outlook import OUTLOOK_DAYS, Outlook, outlook_of
from holdfast.engine.reports import CapacityReport, report_capacity


class Reports:
    """What staff want to know of a stretch of time."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def awaiting(self) -> int:
        """Count the bookings that wait for a person's yes or no. See `count_awaiting`."""
        port = self._port
        return port.read(lambda store: count_awaiting(store, actor=port.actor))

    def outlook(self, *, days: int = OUTLOOK_DAYS) -> Outlook:
        """Count today and the next days: bookings, people, revenue. See `outlook_of`."""
        port = self._port
        return port.read(
            lambda store: outlook_of(store, tenant_id=port.tenant_id, actor=port.actor, days=days)
        )

    def find(self, words: str) -> Found:
        """Find bookings by a number, reference, name, e-mail or phone. See `find_bookings`."""
        port = self._port
        return port.read(lambda store: find_bookings(store, actor=port.actor, words=words))

    def capacity(
        self,
        resource_id: ResourceId | None = None,
        *,
        first_on: date | None = None,
        last_on: date | None = None,
    ) -> CapacityReport:
        """Report how much of each resource, or of one, is taken on which day.

        See `report_capacity`.
        """
        port = self._port
        return port.read(
            lambda store: report_capacity(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                resource_id=resource_id,
                first_on=first_on,
                last_on=last_on,
            )
        )
