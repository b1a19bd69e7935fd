"""Link keys: the secrets that sign the links of bookings, made for this run if none were given."""

from __future__ import annotations

import secrets

import structlog

from holdfast.settings import Settings

log = structlog.get_logger("holdfast.server")


def with_link_keys(settings: Settings) -> Settings:
    """Return the settings with a secret that signs links, made here if the operator gave none."""
    if settings.link_keys or not settings.has_pages:
        return settings
    log.warning(
        "pages.links_end_with_the_server",
        advice="Set HOLDFAST_LINK_KEYS, so that links of bookings outlive a restart.",
    )
    return settings.model_copy(update={"link_keys": (secrets.token_urlsafe(48),)})
