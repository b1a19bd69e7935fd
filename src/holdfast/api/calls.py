"""Calls: one request on its way through a route, and what a route says of itself.

A route is an `Endpoint` in its feature's table: method, path, who may, forms of body, query and
answer, and the function that runs it with a `Call`. From the same table come the routes and the
OpenAPI document.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from holdfast.api.access import Caller
from holdfast.api.faults import validated
from holdfast.api.gateway import Gateway
from holdfast.api.models import Body, Patch, Query, is_id, shown
from holdfast.api.paging import PageQuery, read_cursor, write_cursor
from holdfast.api.strict_json import BODY_BYTES_MAX, has_bad_character, pointer, read_object
from holdfast.domain.access import Scope
from holdfast.domain.closures import Settled
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    InputInvalid,
    InputTooLarge,
    InputUnsupported,
    RecordNotFound,
)
from holdfast.domain.ids import BlockId, SlotId
from holdfast.engine.blocks import SettleBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.ports import Answer, IdempotencyKey
from holdfast.engine.reading import Page, PageRequest
from holdfast.engine.records import canonical_json, id_of, record_of
from holdfast.engine.slot_changes import SettleSlot
from holdfast.engine.use_cases import Envelope

T = TypeVar("T")
B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Query)

Explain = Callable[[TenantEngine, HoldfastError], HoldfastError]
"""What adds alternatives to a refusal."""

JSON = "application/json"
QUERY_BYTES_MAX = 8_192
QUERY_FIELDS_MAX = 50
LENGTH_DIGITS_MAX = 18
TAG_LENGTH = 32
# Two thousand bookings are called off before the caller gets the answer.
SETTLING_STEPS_MAX = 20
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_ENTITY_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"\Z')
_VERSION_TAG = re.compile(r"v([0-9]{1,18})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation of the API.

    Attributes:
        name: The stable operation id.
        scopes: The caller needs one of them. The engine asks again.
        codes: Refusals of its own, besides those that every operation has.
        names: Fields of records by the pointers of the engine's checks, where the wire's differ.
        is_question: Whether it takes a body and yet changes nothing.
        takes_slashes: Whether its path ends with an id of another system, which may hold slashes.
    """

    method: str
    path: str
    name: str
    summary: str
    scopes: tuple[Scope, ...]
    run: Callable[[Call], Awaitable[Response]]
    answer: type[BaseModel]
    status: int = 200
    body: type[Body] | None = None
    is_body_optional: bool = False
    query: type[Query] | None = None
    codes: tuple[str, ...] = ()
    takes_version: bool = False
    takes_idempotency_key: bool = True
    names: Mapping[str, str] = field(default_factory=dict)
    is_question: bool = False
    takes_slashes: bool = False

    @property
    def is_write(self) -> bool:
        """Whether it may change anything."""
        return self.method != "GET" and not self.is_question

    @property
    def feature(self) -> str:
        """The feature's word in the path."""
        return self.path.split("/")[2]


class Call:
    """One authenticated request to one endpoint."""

    def __init__(
        self, request: Request, *, endpoint: Endpoint, gateway: Gateway, caller: Caller
    ) -> None:
        self._request = request
        self._endpoint = endpoint
        self._sent: object = None
        self.gateway = gateway
        self.tenant_id = caller.tenant_id
        self.actor = caller.actor

    # ---------------------------------------------------------------------------- what was sent

    @property
    def root(self) -> str:
        """Where the app is mounted, without a slash at the end."""
        return str(self._request.scope.get("root_path", "")).rstrip("/")

    def path_text(self, name: str) -> str:
        """Return a part of the path as it was sent."""
        return str(self._request.path_params[name])

    def path_id(self, name: str, prefix: str, *, kind: str) -> str:
        """Return an id of the path.

        Raises:
            RecordNotFound: It does not even have the form of such an id.
        """
        text = self.path_text(name)
        if not is_id(text, prefix):
            raise RecordNotFound(kind=kind, key=shown(text))
        return text

    async def body(self, model: type[B]) -> B:
        """Read the body as a model.

        Raises:
            InputInvalid: It is malformed; every fault is named.
            InputTooLarge: It is larger than 256 KiB.
            InputUnsupported: It is not plain JSON.
        """
        assert model is self._endpoint.body
        raw = await self._raw_body()
        if not raw and self._endpoint.is_body_optional:
            return validated(model, {})
        self._require_json()
        self._sent = read_object(raw)
        fixed = self._endpoint.answer.model_fields if issubclass(model, Patch) else ()
        return validated(model, self._sent, fixed=fixed)

    async def no_body(self) -> None:
        """Make sure that there is no body, which would not be looked at.

        Raises:
            InputInvalid: There is one.
        """
        if await self._raw_body():
            message = "This operation takes no body. Leave it out."
            raise InputInvalid.at("", "unexpected_body", message)

    async def _raw_body(self) -> bytes:
        too_large = InputTooLarge(
            f"A request's body is at most {BODY_BYTES_MAX} bytes.", limit=BODY_BYTES_MAX
        )
        announced = self._request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced[:LENGTH_DIGITS_MAX]) > BODY_BYTES_MAX:
            raise too_large
        parts, size = [], 0
        async for part in self._request.stream():
            size += len(part)
            if size > BODY_BYTES_MAX:
                raise too_large
            parts.append(part)
        return b"".join(parts)

    def _require_json(self) -> None:
        headers = self._request.headers
        if headers.get("content-encoding", "identity").lower() not in {"identity", ""}:
            raise InputUnsupported("Send the body uncompressed.")
        media, _, parameters = headers.get("content-type", "").lower().partition(";")
        name, _, charset = parameters.strip().partition("=")
        is_utf8 = not name or (name == "charset" and charset.strip('"') in {"utf-8", "utf8"})
        if media.strip() != JSON or not is_utf8:
            raise InputUnsupported("Send the body as Content-Type: application/json, in UTF-8.")

    def query(self, model: type[Q]) -> Q:
        """Read the query as a model.

        Raises:
            InputInvalid: A parameter is unknown, stands twice or is malformed.
        """
        assert model is self._endpoint.query
        found: dict[str, object] = {}
        many = _many(model)
        for name, value in self._query_pairs:
            if name in many:
                found.setdefault(name, [])
                values = found[name]
                assert isinstance(values, list)
                values.append(value)
            elif name in found:
                message = "This parameter stands twice. Give it once."
                raise InputInvalid.at(pointer([shown(name)]), "duplicate_name", message)
            else:
                found[name] = value
        return validated(model, found)

    @cached_property
    def _query_pairs(self) -> list[tuple[str, str]]:
        raw = bytes(self._request.scope.get("query_string", b""))
        if len(raw) > QUERY_BYTES_MAX:
            raise InputTooLarge(f"A query is at most {QUERY_BYTES_MAX} bytes long.")
        try:
            pairs = parse_qsl(
                raw.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=QUERY_FIELDS_MAX,
            )
        except ValueError:
            message = "The query is not UTF-8 in percent-encoding, or has too many parameters."
            raise InputInvalid.at("", "not_a_query", message) from None
        for name, value in pairs:
            if has_bad_character(name) or has_bad_character(value):
                message = "A control character is not allowed."
                raise InputInvalid.at("", "bad_character", message)
        return pairs

    def require_no_query(self) -> None:
        """Refuse parameters where there are none.

        Raises:
            InputInvalid: There is one.
        """
        for name, _ in self._query_pairs:
            message = "There is no such parameter here. Leave it out."
            raise InputInvalid.at(pointer([shown(name)]), "unknown_field", message)

    @property
    def if_version(self) -> int | None:
        """The version that the caller saw, by If-Match; None when any will do.

        A tag that we did not make matches no version, so the change is refused (412).

        Raises:
            InputInvalid: It is not one entity tag.
        """
        tags = self._request.headers.getlist("if-match")
        if not tags or tags == ["*"]:
            return None
        found = _ENTITY_TAG.match(tags[0]) if len(tags) == 1 else None
        if found is None:
            message = 'Give the one ETag that you saw, such as "v3", or *.'
            raise InputInvalid.at("/If-Match", "not_an_etag", message)
        version = _VERSION_TAG.match(found[2])
        return int(version[1]) if version and not found[1] else 0

    def check_headers(self) -> None:
        """Refuse headers that would have a meaning elsewhere and would be ignored here.

        Raises:
            InputInvalid: One of them was sent.
        """
        headers = self._request.headers
        endpoint = self._endpoint
        if endpoint.is_write and "if-match" in headers and not endpoint.takes_version:
            message = "If-Match is not looked at here. Leave it out."
            raise InputInvalid.at("/If-Match", "not_supported", message)
        if not endpoint.takes_idempotency_key and "idempotency-key" in headers:
            message = (
                "An Idempotency-Key is not taken here: the answer holds a secret, and it would"
                " have to be kept in clear to be repeated. Leave the header out; should the answer"
                " get lost, revoke the new key and make another."
            )
            raise InputInvalid.at("/Idempotency-Key", "not_supported", message)

    def _idempotency(self) -> IdempotencyKey | None:
        keys = self._request.headers.getlist("idempotency-key")
        if not keys:
            return None
        if len(keys) > 1 or _IDEMPOTENCY_KEY.match(keys[0]) is None:
            message = "An Idempotency-Key is one text of 1 to 255 visible ASCII characters."
            raise InputInvalid.at("/Idempotency-Key", "bad_form", message)
        endpoint, request = self._endpoint, self._request
        said = [endpoint.method, endpoint.path, request.path_params, self._query_pairs, self._sent]
        words = canonical_json(said).encode("utf-8", "surrogatepass")
        return IdempotencyKey(
            caller=self.actor.actor_id,
            route=f"{endpoint.method} {endpoint.path}",
            key=keys[0],
            fingerprint=hashlib.sha256(words).hexdigest(),
        )

    # -------------------------------------------------------------------------- to the engine

    async def write(
        self,
        command: object,
        show: Callable[[Any], BaseModel],
        *,
        location: str | None = None,
        explain: Explain | None = None,
    ) -> Response:
        """Run a command and answer what it made, or what an earlier identical request made.

        Args:
            command: What to do.
            show: Renders the result; pure, since it runs inside the transaction.
            location: The path under which the result is found by its id.
            explain: Adds to a refusal for shortage what else would do.

        Raises:
            HoldfastError: It was refused.
        """
        root, status = self.root, self._endpoint.status

        def render(result: object) -> Answer:
            headers, record = [("Content-Type", JSON)], record_of(result)
            if hasattr(record, "version"):
                headers.append(("ETag", _tag(record.version)))
            if location is not None:
                headers.append(("Location", f"{root}{location}/{id_of(record)}"))
            body = show(result).model_dump_json().encode()
            return Answer(status=status, headers=tuple(headers), body=body)

        envelope = Envelope(
            command=command,
            actor=self.actor,
            source="api",
            render=render,
            idempotency=self._idempotency(),
        )
        outcome = await self.gateway.write(self.tenant_id, envelope)
        if outcome.error is not None:
            raise await self._explained(outcome.error, explain) from outcome.bug
        assert outcome.answer is not None, "an accepted command is rendered"
        response = Response(
            outcome.answer.body, outcome.answer.status, headers=dict(outcome.answer.headers)
        )
        if outcome.is_replayed:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    async def settle_slot(self, slot_id: SlotId) -> None:
        """Call off what was booked in a slot that is closed now, as far as that is soon done."""
        await self._settle(
            SettleSlot(slot_id=slot_id), lambda desk: desk.slots.outlived_version(slot_id)
        )

    async def settle_block(self, block_id: BlockId) -> None:
        """Call off what was booked in time that is blocked now, as far as that is soon done."""
        await self._settle(
            SettleBlock(block_id=block_id), lambda desk: desk.blocks.outlived_version(block_id)
        )

    async def _settle(
        self,
        command: SettleSlot | SettleBlock,
        outlived_version: Callable[[TenantEngine], int | None],
    ) -> None:
        # What is left after so many steps, or when one is refused, is a worker's to do.
        settled = await self._steps(command)
        if settled is None or not settled.is_settling:
            return
        with suppress(HoldfastError):
            version = await self.read(outlived_version)
            if version is not None:
                await self._steps(replace(command, outlived_version=version))

    async def _steps(self, command: SettleSlot | SettleBlock) -> Settled | None:
        """Run a step until nothing is left; None if it came to nothing before that."""
        for _ in range(SETTLING_STEPS_MAX):
            envelope = Envelope(command=command, actor=self.actor, source="api")
            settled = (await self.gateway.write(self.tenant_id, envelope)).result
            if not isinstance(settled, Settled):
                return None
            if settled.is_done:
                return settled
            if not settled.called_off:
                return None
        return None

    async def _explained(self, refusal: HoldfastError, explain: Explain | None) -> HoldfastError:
        if explain is None or not isinstance(refusal, (CapacityExceeded, AvailabilityClosed)):
            return refusal
        try:
            return await self.read(lambda desk: explain(desk, refusal))
        except HoldfastError:
            # Alternatives are a courtesy: the refusal itself is the answer.
            return refusal

    async def read(self, question: Callable[[TenantEngine], T]) -> T:
        """Ask the engine something, as this caller.

        Raises:
            HoldfastError: It was refused.
        """
        engine = self.gateway.engine
        desk = engine.at(self.tenant_id, actor=self.actor)
        return await self.gateway.read(lambda: question(desk))

    def page_request(self, query: PageQuery) -> PageRequest:
        """Return which page is asked for.

        Raises:
            InputInvalid: The cursor is not ours.
        """
        if query.cursor is None:
            return PageRequest(limit=query.limit)
        listing = self._endpoint.name
        after = read_cursor(query.cursor, listing=listing, tenant_id=self.tenant_id)
        return PageRequest(limit=query.limit, after=after)

    # ----------------------------------------------------------------------------- to the caller

    def answer(self, out: BaseModel) -> Response:
        """Answer something that has no version."""
        return Response(out.model_dump_json().encode(), media_type=JSON)

    def record(self, out: BaseModel, *, version: int, is_settled: bool = True) -> Response:
        """Answer one record, or 304 when the caller has this version of it.

        `is_settled` is False when the answer says more than the version, such as time left.
        """
        tag = _tag(version)
        if is_settled and self._has_seen(tag):
            return Response(status_code=304, headers={"ETag": tag})
        return Response(out.model_dump_json().encode(), headers={"ETag": tag}, media_type=JSON)

    def tagged(self, body: bytes) -> Response:
        """Answer what is made of many records under a tag of its words, or 304 when it is known."""
        tag = f'"{hashlib.sha256(body).hexdigest()[:TAG_LENGTH]}"'
        if self._has_seen(tag):
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, headers={"ETag": tag}, media_type=JSON)

    def _has_seen(self, tag: str) -> bool:
        seen = ",".join(self._request.headers.getlist("if-none-match"))
        known = {part.strip().removeprefix("W/") for part in seen.split(",")}
        return tag in known or "*" in known

    def next_cursor(self, page: Page[Any]) -> str | None:
        """Return where the next page begins."""
        if page.next_after is None:
            return None
        return write_cursor(page.next_after, listing=self._endpoint.name, tenant_id=self.tenant_id)

    def page(self, out: BaseModel, cursor: str | None) -> Response:
        """Answer a page, with a link to the next one."""
        response = self.answer(out)
        if cursor is not None:
            pairs = [(name, value) for name, value in self._query_pairs if name != "cursor"]
            query = urlencode([*pairs, ("cursor", cursor)])
            parts = {name: quote(str(v), safe="") for name, v in self._request.path_params.items()}
            path = self._endpoint.path.format_map(parts)
            response.headers["Link"] = f'<{self.root}{path}?{query}>; rel="next"'
        return response


def _tag(version: int) -> str:
    return f'"v{version}"'


def _many(model: type[Query]) -> set[str]:
    """The parameters that may be repeated."""
    return {
        found.alias or name
        for name, found in model.model_fields.items()
        if any(
            get_origin(part) is tuple for part in (found.annotation, *get_args(found.annotation))
        )
    }
