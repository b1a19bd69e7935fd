"""A client without sockets: requests go straight into the ASGI app, answers come straight out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

Message = MutableMapping[str, Any]
App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[Message]],
        Callable[[Message], Awaitable[None]],
    ],
    Awaitable[None],
]
Query = Mapping[str, object] | list[tuple[str, str]] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: its status, its headers by lower-case names, and its bytes."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, which is a JSON object."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.json["code"])


class Client:
    """Sends requests with one key. `at` is where the app is mounted, as far as it can know."""

    def __init__(
        self, app: App, *, key: str | None, runner: asyncio.Runner, root_path: str = ""
    ) -> None:
        self.app = app
        self.key = key
        self.runner = runner
        self.root_path = root_path

    def with_key(self, key: str | None) -> Client:
        """Return the same client with another key."""
        return Client(self.app, key=key, runner=self.runner, root_path=self.root_path)

    def get(self, path: str, query: Query = "", **headers: str) -> Reply:
        """Send a GET."""
        return self.send("GET", path, query=query, headers=headers)

    def post(self, path: str, body: object = None, **headers: str) -> Reply:
        """Send a POST."""
        return self.send("POST", path, body=body, headers=headers)

    def put(self, path: str, body: object = None, **headers: str) -> Reply:
        """Send a PUT."""
        return self.send("PUT", path, body=body, headers=headers)

    def patch(self, path: str, body: object = None, **headers: str) -> Reply:
        """Send a PATCH."""
        return self.send("PATCH", path, body=body, headers=headers)

    def delete(self, path: str, query: Query = "", **headers: str) -> Reply:
        """Send a DELETE."""
        return self.send("DELETE", path, query=query, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = "",
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request. Underscores in the names of headers mean hyphens."""
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        raw = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            raw = json.dumps(body).encode()
        if body is not None:
            named.setdefault("Content-Type", "application/json")
        if self.key is not None:
            named.setdefault("Authorization", f"Bearer {self.key}")
        query_string = query if isinstance(query, str) else urlencode(query, doseq=True)
        # `run` would set up what Ctrl-C does anew each time, which costs as much as many an answer.
        asking = self._send(method, path, query_string, raw, named)
        return self.runner.get_loop().run_until_complete(asking)

    def raw_header(self, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> Reply:
        """Send a request with exactly these headers."""
        scope = scope_of(method, path, headers=headers, root_path=self.root_path)
        return self.runner.get_loop().run_until_complete(ask(self.app, scope))

    async def _send(
        self, method: str, path: str, query: str, raw: bytes, headers: Mapping[str, str]
    ) -> Reply:
        pairs = [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in headers.items()
        ]
        scope = scope_of(method, path, query=query, headers=pairs, root_path=self.root_path)
        return await ask(self.app, scope, [raw])


def scope_of(
    method: str,
    path: str,
    *,
    query: str = "",
    headers: list[tuple[bytes, bytes]] | None = None,
    root_path: str = "",
) -> MutableMapping[str, Any]:
    """Return a request's scope, as a server makes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": quote(path, safe="/%").encode(),
        "query_string": query.encode("utf-8", "surrogatepass"),
        "root_path": root_path,
        "headers": headers or [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


async def ask(app: App, scope: MutableMapping[str, Any], parts: list[bytes] | None = None) -> Reply:
    """Put one request through the app, its body in parts."""
    waiting = [
        {"type": "http.request", "body": part, "more_body": i < len(parts or []) - 1}
        for i, part in enumerate(parts or [b""])
    ]
    status, headers, body = 0, dict[str, str](), bytearray()

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Reply(status=status, headers=headers, body=bytes(body))
