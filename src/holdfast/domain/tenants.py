"""Tenants: one business each, the isolation boundary, with its zone, currency and defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.domain.ids import TenantId
from holdfast.domain.policies import NOTHING_SAID, Policy

DEFAULT_HOLD_TTL = timedelta(minutes=30)
SLUG_PATTERN = r"[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]"
_SLUG = re.compile(rf"{SLUG_PATTERN}\Z")

# First path segments that pages and routes use or may come to use.
RESERVED_SLUGS = frozenset(
    "about account admin api app assets auth book bookings demo docs embed events favicon"
    " healthz help hold holds hooks invitation links login logout manage metrics new openapi"
    " openapi-json pages pay pricing problems public readyz robots security settings setup"
    " sign-in sign-out signin signup staff start static status support system tenants v1 v2"
    " waitlist webhooks well-known widget www".split()
)


EMBED_ORIGINS_MAX = 20
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
_ORIGIN = re.compile(
    rf"(?:https://{_HOST}|https?://(?:localhost|127\.0\.0\.1))(?::[1-9][0-9]{{0,4}})?\Z"
)


def is_embed_origin(text: str) -> bool:
    """Tell whether a text is the origin of a site that pages may be embedded in (RFC 6454).

    Plain http is for the machine on which a site is made. What stands here goes into a header:
    nothing but letters, digits and the signs of a host passes.

    >>> is_embed_origin("https://www.example.com"), is_embed_origin("http://localhost:8000")
    (True, True)
    >>> is_embed_origin("https://example.com/page"), is_embed_origin("http://example.com")
    (False, False)
    """
    return _ORIGIN.match(text) is not None


def is_slug(text: str) -> bool:
    """Tell whether a text may be part of a URL as a name.

    >>> is_slug("salon-sarah"), is_slug("Salon"), is_slug("api")
    (True, False, False)
    """
    return _SLUG.match(text) is not None and text not in RESERVED_SLUGS


class TenantStatus(StrEnum):
    """Whether a business may be booked."""

    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One business. What it says applies where neither offering nor resource says something.

    Attributes:
        policy: What it says beyond its notice and horizon.
        embed_origins: The sites, by origin, in which its pages may be shown.
    """

    tenant_id: TenantId
    slug: str
    name: str
    zone: str
    currency: str
    notice: timedelta
    horizon_days: int
    status: TenantStatus
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    version: int
    policy: Policy = NOTHING_SAID
    embed_origins: tuple[str, ...] = ()
