"""Overrides: what staff set aside for one request, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What staff set aside for one request, and why. The hold or booking remembers it.

    Attributes:
        closed: Opening hours and blocks.
        notice: Notice and horizon.
        capacity: Capacity: what is taken is taken over the limit, and each claim says so.
        limits: How much a customer may book, and whether they may at all.
    """

    reason: str
    closed: bool = False
    notice: bool = False
    capacity: bool = False
    limits: bool = False
