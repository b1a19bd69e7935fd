"""Strictness of requests: sizes, media types, encodings, queries and instants."""

from __future__ import annotations

import gzip
import json

import pytest

from holdfast.api.strict_json import BODY_BYTES_MAX
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Message, Reply, ask, scope_of


def auth(place: Place, **more: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a JSON request of the staff's."""
    headers = {
        "authorization": f"Bearer {place.staff.key}",
        "content-type": "application/json",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def in_parts(place: Place, parts: list[bytes], **more: str) -> Reply:
    """Send a body in parts, without saying how long it is."""
    scope = scope_of("POST", "/v1/holds/release", headers=auth(place, **more))
    return place.staff.runner.run(ask(place.app, scope, parts))


def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_read(place: Place) -> None:
    """O1."""
    for length in (str(BODY_BYTES_MAX + 1), "9" * 4_000):
        reply = in_parts(place, [b"{}"], content_length=length)

        assert (reply.status, reply.code) == (413, "input.too_large")


def test_a_body_in_parts_is_refused_once_it_is_too_long(place: Place) -> None:
    """O1: chunked, without a Content-Length."""
    within = json.dumps({"client_key": "x"}).encode()
    full = within + b" " * (BODY_BYTES_MAX - len(within))
    fits = in_parts(place, [full[i : i + 60_000] for i in range(0, len(full), 60_000)])
    too_long = in_parts(place, [b" " * 1_024] * 257 + [b"never read"])

    assert fits.status == 200
    assert (too_long.status, too_long.json["limit"]) == (413, BODY_BYTES_MAX)


@pytest.mark.parametrize("path", ["/v1/holds/release", "/v1/holds/{hold}/release"])
def test_a_compressed_body_is_refused(place: Place, path: str) -> None:
    """O1: nothing is ever decompressed."""
    hold = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN}).json
    body = gzip.compress(b'{"client_key":"x"}')

    replies = [
        place.staff.send(
            "POST",
            path.format(hold=hold["hold_id"]),
            body=body,
            headers={"Content-Encoding": encoding},
        )
        for encoding in ("gzip", "br", "deflate", "zstd", "identity, gzip")
    ]

    assert [(r.status, r.code) for r in replies] == [(415, "input.unsupported")] * 5


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/xml",
        "application/json-patch+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; boundary=x",
        "json",
    ],
)
def test_another_media_type_is_refused(place: Place, media_type: str) -> None:
    reply = place.staff.post("/v1/holds/release", {"client_key": "x"}, Content_Type=media_type)

    assert (reply.status, reply.code) == (415, "input.unsupported")


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=UTF-8",
        'application/json;charset="utf-8"',
    ],
)
def test_json_in_utf8_is_read_however_it_is_called(place: Place, media_type: str) -> None:
    reply = place.staff.post("/v1/holds/release", {"client_key": "x"}, Content_Type=media_type)

    assert reply.status == 200


def test_a_delete_takes_no_body(place: Place) -> None:
    """C-38."""
    hold = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN}).json
    path = f"/v1/holds/{hold['hold_id']}"

    reply = place.staff.send("DELETE", path, body={"why": "so"})

    assert (reply.status, reply.json["errors"][0]["code"]) == (422, "unexpected_body")
    assert place.staff.get(path).json["status"] == "active"
    assert place.staff.delete(path).json["status"] == "released"


def test_a_verb_needs_no_body(place: Place) -> None:
    hold = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN}).json
    path = f"/v1/holds/{hold['hold_id']}"

    replies = [place.staff.post(f"{path}/extend"), place.staff.post(f"{path}/extend", {})]

    assert [reply.json["extension_count"] for reply in replies] == [1, 2]


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1",
        "limit=1&limit=2",
        "limit",
        "limit=%ff",
        "kind=%00",
        "kind=a%0ab",
        "kind=%ed%a0%80",
        "kind=" + "x" * 201,
        "status=nothing",
        "&".join(f"a{i}=1" for i in range(60)),
        "cursor=%E2%80%AE",
        "Limit=1",
        "limit=1;kind=x",
        "é=1",
    ],
)
def test_a_query_that_is_not_understood_in_full_is_refused(place: Place, query: str) -> None:
    reply = place.staff.get("/v1/resources", query)

    assert (reply.status, reply.code) == (422, "input.invalid")


def test_a_query_that_is_too_long_is_refused(place: Place) -> None:
    reply = place.staff.get("/v1/resources", "kind=" + "x" * 9_000)

    assert (reply.status, reply.code) == (413, "input.too_large")


def test_parameters_are_refused_where_there_are_none(place: Place) -> None:
    replies = [
        place.staff.get("/v1/tenant", "verbose=1"),
        place.staff.send("POST", "/v1/holds/release", query="a=1", body={"client_key": "x"}),
    ]

    assert [r.json["errors"][0]["code"] for r in replies] == ["unknown_field"] * 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-07-06T09:00:00", "not_an_instant"),
        ("2026-07-06", "not_an_instant"),
        ("2026-02-30T09:00:00Z", "not_an_instant"),
        ("2026-07-06T24:00:00Z", "not_an_instant"),
        ("2026-07-06T23:59:60Z", "not_an_instant"),
        ("2026-07-06T09:00:00.1234567Z", "not_an_instant"),
        ("2026-07-06T09:00:00Z[Europe/Paris]", "not_an_instant"),
        ("1969-12-31T23:59:59Z", "out_of_range"),
        ("1970-01-01T00:00:00+01:00", "out_of_range"),
        ("2200-01-01T00:00:01Z", "out_of_range"),
        ("9999-12-31T23:59:59-14:00", "out_of_range"),
        (1_783_328_400, "wrong_type"),
        (True, "wrong_type"),
    ],
)
def test_an_instant_without_an_offset_or_beyond_the_calendar_is_refused(
    place: Place, text: object, code: str
) -> None:
    body = {"offering_id": place.cut, "starts_at": text}

    reply = place.staff.post("/v1/holds", body)

    assert [(f["pointer"], f["code"]) for f in reply.json["errors"]] == [("/starts_at", code)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-02T08:00:00Z",
        "2026-06-02T10:00:00+02:00",
        "2026-06-02t10:00+02:00",
        "2026-06-02 05:00:00.000-03:00",
    ],
)
def test_an_instant_may_have_any_offset_and_is_answered_in_utc(place: Place, text: str) -> None:
    reply = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": text})

    assert (reply.status, reply.json["starts_at"]) == (201, "2026-06-02T08:00:00Z")


def test_a_plus_that_was_not_escaped_in_a_query_is_still_an_offset(place: Place) -> None:
    window = "from=2026-06-02T10:00:00+02:00&to=2026-06-02T10:30:00%2B02:00"

    reply = place.staff.get("/v1/availability", f"offering_id={place.cut}&{window}")

    assert (reply.json["from"], len(reply.json["slots"])) == ("2026-06-02T08:00:00Z", 1)


@pytest.mark.parametrize("value", [True, False, 1.0, "1", "one", None, [], {}, 1e3, 0, -1, 10**7])
def test_a_whole_number_is_not_made_of_anything_else(place: Place, value: object) -> None:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "party_size": value}

    reply = place.staff.post("/v1/holds", body)

    assert [fault["pointer"] for fault in reply.json["errors"]] == ["/party_size"]


def test_a_caller_who_hangs_up_is_not_an_error(place: Place) -> None:
    scope = scope_of("POST", "/v1/holds/release", headers=auth(place))

    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await place.app(scope, receive, send)

    place.staff.runner.run(run())

    assert sent == []
