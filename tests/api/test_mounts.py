"""Mounts: the app inside another app, at another path, with links that lead back to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from holdfast.api.app import create_app
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client


def in_fastapi(place: Place) -> ASGIApp:
    """Mount it as users of FastAPI do."""
    host = FastAPI()
    host.mount("/booking", place.app)
    return host


def in_starlette(place: Place) -> ASGIApp:
    """Mount it as users of Starlette do."""
    return Starlette(routes=[Mount("/booking", app=place.app)])


@pytest.mark.parametrize("mounted", [in_fastapi, in_starlette])
def test_a_mounted_app_answers_with_links_that_lead_back_to_it(
    place: Place, mounted: Callable[[Place], ASGIApp]
) -> None:
    host = TestClient(mounted(place))  # never entered: our lifespan does not run
    headers = {"Authorization": f"Bearer {place.staff.key}"}
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}

    made = host.post("/booking/v1/holds", json=body, headers=headers)
    refused = host.post("/booking/v1/holds", json=body, headers=headers)
    again = {**body, "starts_at": "2026-06-02T10:00:00Z"}
    host.post("/booking/v1/holds", json=again, headers=headers)
    page = host.get("/booking/v1/holds?limit=1", headers=headers)

    assert made.status_code == 201
    location = made.headers["location"]
    assert location == f"/booking/v1/holds/{made.json()['hold_id']}"
    assert host.get(location, headers=headers).json()["hold_id"] == made.json()["hold_id"]
    assert refused.json()["type"] == "/booking/problems/capacity.exceeded"
    assert refused.json()["instance"] == "/booking/v1/holds"
    assert host.get(refused.json()["type"]).status_code == 200
    following = page.links["next"]["url"]
    assert following.startswith("/booking/v1/holds?limit=1&cursor=")
    assert host.get(following, headers=headers).status_code == 200


@pytest.mark.parametrize("mounted", [in_fastapi, in_starlette])
def test_a_mounted_app_has_its_own_problems_and_pages(
    place: Place, mounted: Callable[[Place], ASGIApp]
) -> None:
    host = TestClient(mounted(place))

    unknown = host.get("/booking/v1/nothing")
    docs = host.get("/booking/docs")
    document = host.get("/booking/openapi.json").json()

    assert unknown.json()["type"] == "/booking/problems/record.not_found"
    assert 'href="/booking/docs.css"' in docs.text
    assert document["servers"] == [{"url": "/booking"}]
    assert host.get("/v1/tenant").status_code == 404


def test_behind_a_proxy_that_removes_a_prefix_the_prefix_is_given(place: Place) -> None:
    app = create_app(place.gateway, root_path="/shop")
    client = Client(app, key=place.staff.key, runner=place.staff.runner)

    made = client.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN})
    lost = client.get("/v1/nothing")

    assert made.headers["location"] == f"/shop/v1/holds/{made.json['hold_id']}"
    assert lost.json["type"] == "/shop/problems/record.not_found"
