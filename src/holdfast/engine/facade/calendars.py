"""The facade's daily calendars of dated resources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from holdfast.domain.calendars import DayState
from holdfast.domain.ids import ResourceId
from holdfast.engine.calendars import (
    AdjustDays,
    DaysChanged,
    InitialiseDays,
    SetDays,
    dates_from,
    list_days,
)
from holdfast.engine.facade.port import Port, result_of


class Calendars:
    """How many units of a dated resource there are on which local date."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def initialise(self, command: InitialiseDays) -> DaysChanged:
        """Give a stretch of days a capacity of their own, a year in one call."""
        return result_of(DaysChanged, self._port.run(command))

    def set(
        self,
        resource_id: ResourceId,
        dates: Iterable[date],
        capacity: int,
        *,
        reason: str = "",
        may_be_over: bool = False,
    ) -> DaysChanged:
        """Give some days a capacity. See `SetDays`."""
        command = SetDays(
            resource_id=resource_id,
            dates=tuple(dates),
            capacity=capacity,
            reason=reason,
            may_be_over=may_be_over,
        )
        return result_of(DaysChanged, self._port.run(command))

    def adjust(
        self,
        resource_id: ResourceId,
        dates: Iterable[date],
        delta: int,
        *,
        reason: str = "",
        may_be_over: bool = False,
    ) -> DaysChanged:
        """Change the capacity of some days by so many units. See `AdjustDays`.

        Raises:
            CapacityExceeded: Some days would fall below 0 or what is taken; `dates` says which.
        """
        command = AdjustDays(
            resource_id=resource_id,
            dates=tuple(dates),
            delta=delta,
            reason=reason,
            may_be_over=may_be_over,
        )
        return result_of(DaysChanged, self._port.run(command))

    def adjust_range(
        self,
        resource_id: ResourceId,
        first_on: date,
        last_on: date,
        delta: int,
        *,
        reason: str = "",
        may_be_over: bool = False,
    ) -> DaysChanged:
        """Change the capacity of all days from the first to the last, both included."""
        dates = dates_from(first_on, last_on)
        return self.adjust(resource_id, dates, delta, reason=reason, may_be_over=may_be_over)

    def list(
        self, resource_id: ResourceId, first_on: date | None = None, last_on: date | None = None
    ) -> Sequence[DayState]:
        """List the days from the first to the last, both included. See `list_days`."""
        port = self._port
        return port.read(
            lambda store: list_days(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                resource_id=resource_id,
                first_on=first_on,
                last_on=last_on,
            )
        )
