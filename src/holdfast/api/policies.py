"""Presets: the policies of some kinds of business, to begin with."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Out
from holdfast.api.policy_forms import PolicyOut
from holdfast.domain.access import Scope
from holdfast.domain.policy_presets import PRESETS, PolicyPreset


class PresetOut(Out):
    """The policy of a kind of business, to begin with and to change."""

    preset: PolicyPreset
    policy: PolicyOut


class PresetList(Out):
    """All presets."""

    items: list[PresetOut]


async def list_presets(call: Call) -> Response:
    """List the presets."""
    items = [PresetOut(preset=name, policy=PolicyOut.of(one)) for name, one in PRESETS.items()]
    return call.answer(PresetList(items=items))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/policy-presets",
        name="listPolicyPresets",
        summary="List the policies of six kinds of business, to begin with",
        scopes=(Scope.CATALOGUE_READ,),
        run=list_presets,
        answer=PresetList,
    ),
)
