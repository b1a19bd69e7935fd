"""Looks: a business's own colour, logo and words, as its metadata says them."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from holdfast.domain.tenants import Tenant
from holdfast.web.colours import is_colour

LOGO_TYPES = frozenset({"image/png", "image/webp", "image/svg+xml", "image/jpeg"})
_LOGO = re.compile(r"data:(image/[a-z+]+);base64,([A-Za-z0-9+/=]+)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a business wants its pages: `metadata.pages` of the tenant, as far as it makes sense."""

    accent: str | None
    logo: tuple[str, bytes] | None
    about: str


def look_of(tenant: Tenant) -> Look:
    """Read how a business wants its pages; what is malformed counts as not said."""
    said = tenant.metadata.get("pages")
    pages = said if isinstance(said, dict) else {}
    accent, about = pages.get("accent"), pages.get("about")
    return Look(
        accent=accent if is_colour(accent) else None,
        logo=_logo(pages.get("logo")),
        about=about if isinstance(about, str) else "",
    )


def _logo(said: object) -> tuple[str, bytes] | None:
    found = _LOGO.match(said) if isinstance(said, str) else None
    if found is None or found[1] not in LOGO_TYPES:
        return None
    try:
        return found[1], base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return None
