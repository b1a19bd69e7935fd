"""Access: who a request is, by its key, and through which business it looks.

A key names its business (`hfs_<tenant>_<random>`), so that its digest is looked up within that one
tenant. What was found is believed for a few seconds: a revoked key works on for at most
`TRUST_SECONDS` in a process that had just seen it. Whatever goes wrong on the way, nobody gets in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers

from holdfast.api.gateway import Gateway
from holdfast.domain.access import AccessStatus, Actor, ApiKey
from holdfast.domain.digests import digest_of
from holdfast.domain.errors import Unauthenticated
from holdfast.domain.ids import TenantId
from holdfast.engine.keys import tenant_of
from holdfast.engine.reading import where

TRUST_SECONDS = 5.0
REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, in which business."""

    tenant_id: TenantId
    actor: Actor


class Access:
    """Finds the caller of a request. One event loop at a time uses it."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        trust_seconds: float = TRUST_SECONDS,
    ) -> None:
        self._gateway = gateway
        self._monotonic = monotonic
        self._trust_seconds = min(trust_seconds, TRUST_SECONDS)
        self._seen: dict[str, tuple[float, Caller]] = {}

    async def caller_of(self, headers: Headers) -> Caller:
        """Return who sends a request.

        Raises:
            Unauthenticated: The key is missing, malformed, unknown or revoked.
            ServerBusy: It could not be looked up in time.
        """
        secret = _bearer(headers)
        digest = digest_of(secret)
        now = self._monotonic()
        seen = self._seen.get(digest)
        if seen is not None and now < seen[0]:
            return seen[1]
        self._seen.pop(digest, None)
        tenant_id = tenant_of(secret)
        if tenant_id is None:
            raise Unauthenticated("This is not a key of Holdfast. Keys begin with hfs_ or hfp_.")
        key = await self._gateway.read(lambda: self._find(tenant_id, digest))
        if key is None or key.status is not AccessStatus.ACTIVE:
            raise Unauthenticated("This key is not known here, or it has been revoked.")
        caller = Caller(tenant_id=tenant_id, actor=key.actor)
        self._remember(digest, now + self._trust_seconds, caller)
        return caller

    def _find(self, tenant_id: TenantId, digest: str) -> ApiKey | None:
        with self._gateway.engine.reads.read(tenant_id) as store:
            found = where(store, ApiKey, "digest", digest)
        return found[0] if found else None

    def _remember(self, digest: str, until: float, caller: Caller) -> None:
        while len(self._seen) >= REMEMBERED_MAX:
            del self._seen[next(iter(self._seen))]
        self._seen[digest] = (until, caller)


def _bearer(headers: Headers) -> str:
    given = headers.getlist("authorization")
    if len(given) > 1:
        raise Unauthenticated("Send one Authorization header, not several.")
    scheme, _, secret = (given[0] if given else "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated("Send your key as 'Authorization: Bearer hfs_…'.")
    return secret.strip()
