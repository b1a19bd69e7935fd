"""The business itself: its name, zone, currency and defaults."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    Currency,
    InstantOut,
    Line,
    Metadata,
    Out,
    Patch,
    Slug,
    Word,
    ZoneName,
    minutes,
    minutes_of,
)
from holdfast.api.policy_forms import POLICY, POLICY_NAMES, PolicyIn, PolicyOut
from holdfast.api.turns import Turn, show_fields
from holdfast.domain.access import Scope
from holdfast.domain.checks import YEAR
from holdfast.domain.policies import HORIZON_DAYS_MAX
from holdfast.domain.tenants import EMBED_ORIGINS_MAX, Tenant, TenantStatus
from holdfast.engine.tenants import ChangeTenant

_TURNS = MappingProxyType(
    {
        "notice_minutes": Turn("notice", minutes, minutes_of),
        "policy": POLICY,
        "embed_origins": Turn("embed_origins", tuple, list),
    }
)


class ChangeTenantIn(Patch):
    """What to change. `embed_origins` are the sites in which its pages may be shown."""

    turns: ClassVar = _TURNS

    slug: Slug = ""
    name: Line = ""
    zone: ZoneName = ""
    currency: Currency = ""
    notice_minutes: Annotated[int, Field(ge=0, le=minutes_of(YEAR))] = 0
    horizon_days: Annotated[int, Field(ge=0, le=HORIZON_DAYS_MAX)] = 0
    status: Word[TenantStatus] = TenantStatus.ACTIVE
    metadata: Metadata = Field(default_factory=dict)
    policy: PolicyIn = PolicyIn()
    embed_origins: Annotated[list[Line], Field(max_length=EMBED_ORIGINS_MAX)] = Field(
        default_factory=list
    )


class TenantOut(Out):
    """A business. What it says applies where neither offering nor resource says something."""

    tenant_id: str
    slug: str
    name: str
    zone: str
    currency: str
    notice_minutes: int
    horizon_days: int
    status: TenantStatus
    metadata: dict[str, Any]
    created_at: InstantOut
    version: int
    policy: PolicyOut
    embed_origins: list[str]

    @classmethod
    def of(cls, tenant: Tenant) -> TenantOut:
        """Show a business."""
        return cls(**show_fields(tenant, cls.model_fields, _TURNS))


async def get(call: Call) -> Response:
    """Show the business of the key."""
    tenant = await call.read(lambda desk: desk.get())
    return call.record(TenantOut.of(tenant), version=tenant.version)


async def change(call: Call) -> Response:
    """Change the business of the key."""
    body = await call.body(ChangeTenantIn)
    command = ChangeTenant(changes=body.changes(), if_version=call.if_version)
    return await call.write(command, TenantOut.of)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/tenant",
        name="getTenant",
        summary="Show the business that the key belongs to",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=TenantOut,
    ),
    Endpoint(
        method="PATCH",
        path="/v1/tenant",
        name="changeTenant",
        summary="Change the business's name, zone or defaults",
        scopes=(Scope.ACCESS_WRITE,),
        run=change,
        body=ChangeTenantIn,
        answer=TenantOut,
        codes=("record.already_exists", "record.changed"),
        takes_version=True,
        names=POLICY_NAMES,
    ),
)
