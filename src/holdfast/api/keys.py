"""Keys of the API. A secret is shown once, when its key is made.

Making a key takes no Idempotency-Key. The answer holds the secret; to repeat it, byte for byte, it
would have to be kept in clear, beside the digest that takes such care not to be the secret. When
the answer is lost, the key is found in the list, revoked, and another one made.
"""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Body, InstantOut, Line, Out, Word, Words
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import AccessStatus, ApiKey, KeyKind, Role, Scope
from holdfast.domain.ids import KeyId
from holdfast.engine.keys import AddKey, NewKey, RevokeKey
from holdfast.engine.reading import Page


class AddKeyIn(Body):
    """A key: `secret` with a role, or `publishable`, without one, to be shown in a page."""

    name: Line
    kind: Word[KeyKind]
    role: Word[Role] | None = None


class KeyQuery(PageQuery):
    """Which keys to list; by default the active ones."""

    status: Words[AccessStatus] = ()


class KeyOut(Out):
    """A key, without its secret; `hint` is how that ends."""

    key_id: str
    name: str
    kind: KeyKind
    role: Role | None
    hint: str
    status: AccessStatus
    created_at: InstantOut
    revoked_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, key: ApiKey) -> KeyOut:
        """Show a key."""
        return cls(
            key_id=key.key_id,
            name=key.name,
            kind=key.kind,
            role=key.role,
            hint=key.hint,
            status=key.status,
            created_at=key.created_at,
            revoked_at=key.revoked_at,
            version=key.version,
        )


class NewKeyOut(KeyOut):
    """A new key with its secret, which is never shown again."""

    secret: str

    @classmethod
    def of_new(cls, new: NewKey) -> NewKeyOut:
        """Show a new key."""
        return cls(**KeyOut.of(new.key).model_dump(), secret=new.secret)


class KeyPage(PageOut):
    """A page of keys, oldest first."""

    items: list[KeyOut]


def _key_id(call: Call) -> KeyId:
    return KeyId(call.path_id("key_id", "key", kind="key"))


async def add(call: Call) -> Response:
    """Make a key."""
    body = await call.body(AddKeyIn)
    command = AddKey(name=body.name, kind=body.kind, role=body.role)
    return await call.write(command, NewKeyOut.of_new)


async def list_(call: Call) -> Response:
    """List keys."""
    query = call.query(KeyQuery)
    request = call.page_request(query)
    statuses = query.status or (AccessStatus.ACTIVE,)
    page: Page[ApiKey] = await call.read(lambda desk: desk.keys.list(request, statuses=statuses))
    cursor = call.next_cursor(page)
    items = [KeyOut.of(key) for key in page.items]
    return call.page(KeyPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a key."""
    key_id = _key_id(call)
    key = await call.read(lambda desk: desk.keys.get(key_id))
    return call.record(KeyOut.of(key), version=key.version)


async def revoke(call: Call) -> Response:
    """Take a key's access away."""
    key_id = _key_id(call)
    await call.no_body()
    return await call.write(RevokeKey(key_id=key_id), KeyOut.of)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/keys",
        name="addKey",
        summary="Make a key; its secret is in this answer and never again",
        scopes=(Scope.ACCESS_WRITE,),
        run=add,
        body=AddKeyIn,
        answer=NewKeyOut,
        status=201,
        takes_idempotency_key=False,
    ),
    Endpoint(
        method="GET",
        path="/v1/keys",
        name="listKeys",
        summary="List keys, oldest first",
        scopes=(Scope.ACCESS_WRITE,),
        run=list_,
        query=KeyQuery,
        answer=KeyPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/keys/{key_id}",
        name="getKey",
        summary="Show a key, without its secret",
        scopes=(Scope.ACCESS_WRITE,),
        run=get,
        answer=KeyOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/keys/{key_id}",
        name="revokeKey",
        summary="Take a key's access away for good, within 5 seconds",
        scopes=(Scope.ACCESS_WRITE,),
        run=revoke,
        answer=KeyOut,
        codes=("record.not_found",),
    ),
)
