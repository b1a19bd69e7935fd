"""Changing a policy: some of its names at a time, None to say nothing of one any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from holdfast.domain import checks
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import NOTHING_SAID, Policy
from holdfast.domain.policies_in_force import policy_faults_of
from holdfast.domain.resources import Resource
from holdfast.domain.tenants import Tenant

_NAMES = frozenset(field.name for field in fields(Policy))


def with_policy(changes: Mapping[str, object], before: Policy) -> dict[str, Any]:
    """Return the changes of a record, the policy among them as a whole.

    Args:
        changes: Of what a record says; its `policy` may be a whole one, or some names and values.
        before: The policy so far.

    Raises:
        InputInvalid: No policy has one of the names.
    """
    said = changes.get("policy")
    if said is None or isinstance(said, Policy):
        return dict(changes)
    assert isinstance(said, Mapping), "a policy is changed by a policy or by some names"
    checks.require(
        [
            checks.fault(f"/policy/{name}", "unknown_field", "No policy has this name.")
            for name in sorted(set(said) - _NAMES)
        ]
    )
    values: dict[str, Any] = {
        name: getattr(NOTHING_SAID, name) if value is None else value
        for name, value in said.items()
    }
    return {**changes, "policy": replace(before, **values)}


def require_policy(level: Tenant | Resource | Offering) -> None:
    """Refuse a level whose policy is malformed, or contradicts its own fields.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    checks.require(policy_faults_of(level))
