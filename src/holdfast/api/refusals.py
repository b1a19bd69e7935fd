"""Refusals that several operations have in common, by their codes."""

from __future__ import annotations

CHANGED_CODES = ("record.changed", "record.not_found", "state.transition_not_allowed")
"""Refusals of whatever changes one record."""

HOOK_CODES = ("hook.failed", "hook.refused", "request.in_progress")
"""Refusals of whatever hooks are asked about."""

PLACING_CODES = (
    *HOOK_CODES,
    "availability.closed",
    "capacity.exceeded",
    "policy.beyond_horizon",
    "policy.customer_blocked",
    "policy.length",
    "policy.limit_reached",
    "policy.notice_too_short",
    "policy.party_size",
    "promo.refused",
    "record.not_found",
)
"""Refusals of whatever takes places that somebody chose."""
