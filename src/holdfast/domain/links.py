"""Links: signed words in a URL that let somebody without an account act on one booking.

Or on one place in a waitlist, by a key of its own: no link of one kind is one of the other.

A link says which of them, until when, and which key signed it. It is signed with HMAC-SHA-256
(RFC 2104, cut to 128 bits) by a key of its business, which is made from a secret of the operator's.
The first secret signs; all of them are believed, so that a secret is exchanged by putting a new one
before it and, once the old links have run out, taking the old one away.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from holdfast.domain.ids import (
    ALPHABET,
    BODY_LENGTH,
    EPOCH,
    SECONDS_LENGTH,
    BookingId,
    TenantId,
    WaitlistEntryId,
    base32,
    number_of,
)

SECRET_LENGTH_MIN = 32
"""A secret has at least so many characters."""

_MAC_BYTES = 16
_MAC_LENGTH = 26
_LENGTH = BODY_LENGTH + SECONDS_LENGTH + _MAC_LENGTH
_LETTERS = frozenset(ALPHABET)
_PURPOSES: Mapping[str, bytes] = MappingProxyType(
    {"bkg": b"holdfast booking link 1", "wle": b"holdfast waitlist link 1"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link lets its bearer do: see and change one booking or entry, until an instant."""

    subject_id: BookingId | WaitlistEntryId
    expires_at: datetime


class LinkSigner:
    """Signs links and believes what it signed. Secrets are never shown."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Take the operator's secrets, the one that signs first.

        Raises:
            ValueError: There is none, or one is too short.
        """
        if not secrets or any(len(secret) < SECRET_LENGTH_MIN for secret in secrets):
            message = f"Give at least one secret of {SECRET_LENGTH_MIN} characters or more."
            raise ValueError(message)
        self._secrets = tuple(secret.encode() for secret in secrets)

    def sign(self, tenant_id: TenantId, link: Link) -> str:
        """Write a link as one word of a URL, whole seconds of its end kept."""
        seconds = (link.expires_at - EPOCH) // timedelta(seconds=1)
        kind, _, body = link.subject_id.partition("_")
        said = body + base32(seconds, SECONDS_LENGTH)
        return said + _mac(self._secrets[0], tenant_id, said, kind)

    def read(
        self, tenant_id: TenantId, word: str, *, now: datetime, kind: str = "bkg"
    ) -> Link | None:
        """Return what a link of a kind says; None if it is not ours, was changed or is over."""
        if len(word) != _LENGTH or not _LETTERS.issuperset(word):
            return None
        said, mac = word[:-_MAC_LENGTH], word[-_MAC_LENGTH:]
        # All of them are tried, so that the time taken does not tell which one fits.
        fits = [hmac.compare_digest(_mac(one, tenant_id, said, kind), mac) for one in self._secrets]
        expires_at = EPOCH + timedelta(seconds=number_of(said[BODY_LENGTH:]))
        if not any(fits) or now >= expires_at:
            return None
        subject_id = f"{kind}_{said[:BODY_LENGTH]}"
        named = WaitlistEntryId(subject_id) if kind == "wle" else BookingId(subject_id)
        return Link(subject_id=named, expires_at=expires_at)


def _mac(secret: bytes, tenant_id: TenantId, said: str, kind: str) -> str:
    key = hmac.digest(secret, _PURPOSES[kind] + b"\0" + tenant_id.encode(), "sha256")
    digest = hmac.new(key, said.encode(), hashlib.sha256).digest()[:_MAC_BYTES]
    return base32(int.from_bytes(digest), _MAC_LENGTH)
