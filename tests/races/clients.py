"""Many clients on warm connections, released together.

As much of HTTP/1.1 as it takes and no more: the machine's time is for the servers.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.races.servers import Server

LATEST_SECONDS = 60.0

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a client was told, and when; by the monotonic clock."""

    status: int
    head: bytes
    body: bytes
    server: Server
    asked_at: float
    told_at: float

    @property
    def said(self) -> dict[str, Any]:
        """The body, read."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def is_replayed(self) -> bool:
        """Whether it is an earlier answer, given once more."""
        return b"\r\nidempotency-replayed: true\r\n" in self.head.lower()


class Client:
    """One connection to one server, on which one request follows another."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> Reply:
        """Send a request and return the reply.

        Raises:
            OSError, EOFError: The connection broke; nobody knows what became of it.
            TimeoutError: No reply came in time; nobody knows either.
        """
        async with asyncio.timeout(LATEST_SECONDS):
            asked_at = time.monotonic()
            self._writer.write(request)
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await self._reader.readexactly(int(length[1]) if length else 0)
            told_at = time.monotonic()
        return Reply(
            status=int(head[9:12]),
            head=head,
            body=body,
            server=self.server,
            asked_at=asked_at,
            told_at=told_at,
        )

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Writes requests under one API key."""

    secret: str = field(repr=False)

    def get(self, path: str) -> bytes:
        """Return a GET."""
        return self._request(f"GET {path}")

    def post(self, path: str, body: object, *, key: str | None = None) -> bytes:
        """Return a POST of JSON, under an idempotency key if given."""
        more = "" if key is None else f"Idempotency-Key: {key}\r\n"
        return self._request(f"POST {path}", json.dumps(body).encode(), more)

    def _request(self, line: str, body: bytes = b"", more: str = "") -> bytes:
        head = (
            f"{line} HTTP/1.1\r\nHost: holdfast\r\nAuthorization: Bearer {self.secret}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        )
        return head.encode() + body


@asynccontextmanager
async def crowd(
    servers: Sequence[Server], requests: Requests, *, count: int
) -> AsyncIterator[list[Client]]:
    """Connect so many clients to the servers in turn, each known to its server already."""
    clients: list[Client] = []
    try:
        for number in range(count):
            server = servers[number % len(servers)]
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            clients.append(Client(server, reader, writer))
        await asyncio.gather(*(client.ask(requests.get("/healthz")) for client in clients))
        for client in clients[: len(servers)]:
            assert (await client.ask(requests.get("/v1/tenant"))).status == 200
        yield clients
    finally:
        for client in clients:
            client.close()


async def together(clients: Sequence[Client], requests: Iterable[bytes]) -> list[Reply]:
    """Let each client send its request at the same moment, and return the replies."""
    start = asyncio.Event()

    async def one(client: Client, request: bytes) -> Reply:
        await start.wait()
        return await client.ask(request)

    tasks = [
        asyncio.create_task(one(client, request))
        for client, request in zip(clients, requests, strict=True)
    ]
    await asyncio.sleep(0)
    start.set()
    return await asyncio.gather(*tasks)


def counts(replies: Iterable[Reply]) -> dict[str, int]:
    """Count replies by status, and refusals by their code."""
    return dict(
        Counter(
            str(reply.status) if reply.status < 400 else f"{reply.status} {reply.said['code']}"
            for reply in replies
        )
    )


def wire_instant(instant: datetime) -> str:
    """Return an instant as it is written on the wire."""
    return instant.isoformat().replace("+00:00", "Z")
