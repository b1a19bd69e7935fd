"""Digests: what is kept of secrets."""

from __future__ import annotations

import hashlib


def digest_of(secret: str) -> str:
    """Return what is kept of a secret. It has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
