"""Routes: every path is reached, hot ones first, and what is not a route is a problem."""

from __future__ import annotations

import pytest
from starlette.routing import Match, Route

from holdfast.api.app import ENDPOINTS
from holdfast.api.routing import PathEndpoint
from tests.api.conftest import Place
from tests.api.driver import scope_of
from tests.api.subjects import Bazaar, query_of

HOT = ("/v1/holds", "/v1/bookings", "/v1/availability")


def reached(place: Place, path: str) -> str | None:
    """Return the template of the route that a path leads to."""
    scope = scope_of("GET", path)
    for route in place.app.router.routes:
        assert isinstance(route, Route)
        match, child = route.matches(scope)
        if match is Match.FULL:
            endpoint = child["endpoint"]
            return endpoint.path if isinstance(endpoint, PathEndpoint) else route.path
    return None


def test_every_route_is_reached_by_its_own_path(place: Place) -> None:
    """C-37: a literal such as /v1/bookings/upcoming is not taken for an id."""
    ids = Bazaar(place).ids

    found = {e.path: reached(place, e.path.format_map(ids)) for e in ENDPOINTS}

    assert found == {path: path for path in found}


def test_every_literal_is_answered_as_itself_and_not_as_a_record(place: Place) -> None:
    upcoming = place.owner.get("/v1/bookings/upcoming")
    released = place.owner.post("/v1/holds/release", {"client_key": "nobody"})
    number = place.owner.get("/v1/bookings/number/K7QM-2FX0")

    assert (upcoming.status, upcoming.json["items"]) == (200, [])
    assert (released.status, released.json) == (200, {"items": []})
    assert (number.status, number.json["key"]) == (404, "K7QM-2FX0")


def test_operation_ids_are_unique_and_no_method_stands_twice_on_a_path() -> None:
    names = [endpoint.name for endpoint in ENDPOINTS]
    operations = [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS]

    assert len(set(names)) == len(names)
    assert len(set(operations)) == len(operations)


def test_hot_routes_stand_first_and_on_the_app_itself(place: Place) -> None:
    routes = place.app.router.routes

    paths = [route.path for route in routes if isinstance(route, Route)]

    hot = [path for path in paths if path.startswith(HOT) and not path.endswith("/history")]
    assert len(paths) == len(routes)
    assert paths[: len(hot)] == hot
    assert [paths.index(path) for path in HOT] == [0, 9, 28]


def test_an_unknown_path_is_a_problem_and_a_slash_at_the_end_is_not_redirected(
    place: Place,
) -> None:
    unknown = place.owner.get("/v1/nothing")
    slashed = place.owner.get("/v1/holds/")

    assert (unknown.status, unknown.code) == (404, "record.not_found")
    assert unknown.headers["content-type"] == "application/problem+json"
    assert unknown.json["kind"] == "route"
    assert slashed.status == 404


@pytest.mark.parametrize("path", sorted({endpoint.path for endpoint in ENDPOINTS}))
def test_a_method_that_a_path_does_not_have_is_405_and_says_which_it_has(
    place: Place, path: str
) -> None:
    methods = {endpoint.method for endpoint in ENDPOINTS if endpoint.path == path}
    expected = sorted(methods | ({"HEAD"} if "GET" in methods else set()))

    reply = place.owner.send("TRACE", path)

    assert (reply.status, reply.code) == (405, "request.method_not_allowed")
    assert reply.headers["allow"] == ", ".join(expected)


def test_pages_of_the_server_itself_have_no_other_methods(place: Place) -> None:
    reply = place.nobody.post("/healthz", {})

    assert (reply.status, reply.code) == (405, "request.method_not_allowed")
    assert "GET" in reply.headers["allow"]


def test_head_answers_what_get_would_without_its_body(place: Place) -> None:
    got = place.owner.get("/v1/tenant")

    head = place.owner.send("HEAD", "/v1/tenant")

    assert (head.status, head.body) == (200, b"")
    assert head.headers == got.headers


def test_every_answer_is_guarded_by_headers(place: Place) -> None:
    replies = [
        place.owner.get("/v1/tenant"),
        place.nobody.get("/v1/tenant"),
        place.owner.get("/nowhere"),
        place.nobody.get("/healthz"),
        place.nobody.get("/docs"),
    ]

    guards = ("x-content-type-options", "referrer-policy", "cache-control")
    assert [[reply.headers[name] for name in guards] for reply in replies] == [
        ["nosniff", "no-referrer", "no-store"]
    ] * len(replies)


def test_a_get_never_writes(place: Place) -> None:
    """A8."""
    bazaar = Bazaar(place)
    gets = [endpoint for endpoint in ENDPOINTS if endpoint.method == "GET"]
    writes_before = place.gateway.write_count

    replies = [place.owner.get(bazaar.path_of(e), query_of(e.name, bazaar)) for e in gets]

    assert {reply.status for reply in replies} == {200, 404}
    assert [reply.json["key"] for reply in replies if reply.status == 404] == ["K7QM-2FX0"]
    assert place.gateway.write_count == writes_before
