"""The server as an ASGI app: served, mounted, busy, measured."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from holdfast.bootstrap import Engine
from holdfast.server import create_asgi_app
from holdfast.server.app import HoldfastApp
from holdfast.server.lane import LaneOptions
from holdfast.server.readers import ReaderOptions
from holdfast.settings import Settings
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.server.houses import House, all_hold_ids, open_house
from tests.server.tills import SECONDS_MAX, Gate, wait_for


@pytest.fixture
def house(engine: Engine, clock: ManualClock) -> House:
    """A house to sell, at the hour of the clock that stands still."""
    return open_house(engine, now=clock.now())


@pytest.fixture
def app(engine: Engine) -> HoldfastApp:
    """A server over the engine, with its workers."""
    return create_asgi_app(engine, Settings(expire_seconds=0.01))


@pytest.fixture
def client(app: HoldfastApp) -> Iterator[TestClient]:
    """A client of the server, which runs its lifespan."""
    with TestClient(app) as opened:
        yield opened


def test_a_hold_is_placed_over_http_and_found_again(client: TestClient, house: House) -> None:
    placed = client.post("/v1/holds", json=house.order, headers=house.headers)
    found = client.get(f"/v1/holds/{placed.json()['hold_id']}", headers=house.headers)

    assert placed.status_code == 201
    assert found.json() == placed.json()
    assert all_hold_ids(house.desk) == {placed.json()["hold_id"]}


def test_a_mounted_app_works_without_its_lifespan(app: HoldfastApp, house: House) -> None:
    host = Starlette(routes=[Mount("/booking", app)])
    client = TestClient(host)  # not in a `with` block: nobody's lifespan runs

    placed = client.post("/booking/v1/holds", json=house.order, headers=house.headers)

    assert placed.status_code == 201
    assert client.get("/booking/healthz").status_code == 200
    assert client.get("/booking/readyz").json()["status"] == "ready"


def test_an_app_made_from_a_url_opens_and_closes_its_own_engine(url: str) -> None:
    app = create_asgi_app(url, Settings())

    with TestClient(app) as client:
        ready = client.get("/readyz")

    assert ready.status_code == 200


def test_a_stopped_app_refuses_and_can_be_started_again(app: HoldfastApp, house: House) -> None:
    statuses = []
    with TestClient(app) as client:
        statuses.append(client.post("/v1/holds", json=house.order, headers=house.headers))
    stopped = TestClient(app)
    statuses.append(stopped.post("/v1/holds", json=house.order, headers=house.headers))
    ready = stopped.get("/readyz")
    with TestClient(app) as client:
        statuses.append(client.post("/v1/holds", json=house.order, headers=house.headers))

    assert [answer.status_code for answer in statuses] == [201, 503, 201]
    assert statuses[1].json()["code"] == "server.busy"
    assert ready.status_code == 503


def test_no_free_reader_in_time_is_a_503(engine: Engine, house: House) -> None:
    app = create_asgi_app(engine, Settings(readers=1))
    app.gateway._readers._options = ReaderOptions(threads=1, wait_seconds=0.05)
    gate = threading.Event()
    path = f"/v1/slots/{house.slot_id}"

    with TestClient(app) as client:
        seen = client.get(path, headers=house.headers)
        assert client.portal is not None
        occupying = client.portal.start_task_soon(app.gateway.read, lambda: gate.wait(SECONDS_MAX))
        busy = client.get(path, headers=house.headers)
        gate.set()
        occupying.result(SECONDS_MAX)
        after = client.get(path, headers=house.headers)

    assert [answer.status_code for answer in (seen, busy, after)] == [200, 503, 200]
    assert busy.json()["code"] == "server.busy"
    assert busy.headers["Retry-After"] == "1"


def test_requests_that_come_together_are_one_commit(
    client: TestClient, app: HoldfastApp, house: House
) -> None:
    lane = app.gateway._lane
    gate = Gate(lane._runner)
    lane._runner = gate
    client.post("/v1/holds", json=house.order, headers=house.headers)

    def order(number: int) -> int:
        headers = {**house.headers, "Idempotency-Key": f"order-{number}"}
        return client.post("/v1/holds", json=house.order, headers=headers).status_code

    with ThreadPoolExecutor(max_workers=21) as customers:
        gate.close()
        first = customers.submit(order, 0)
        assert gate.wait_for_somebody()
        others = [customers.submit(order, number) for number in range(1, 21)]
        wait_for(lambda: lane.depth == 20)
        before = app.engine.database.statistics.commits
        gate.open()
        statuses = [customer.result(SECONDS_MAX) for customer in (first, *others)]

    assert statuses == [201] * 21
    assert app.engine.database.statistics.commits - before == 2


def test_metrics_count_requests_by_template_batches_and_refusals(
    client: TestClient, house: House
) -> None:
    too_many = {**house.order, "party_size": 9_999}
    client.post("/v1/holds", json=house.order, headers=house.headers)
    refused = client.post("/v1/holds", json=too_many, headers=house.headers)
    client.get("/v1/holds/hld_unknown", headers=house.headers)
    client.get("/v1/nowhere")
    client.get("/no-such-shop/at-all")

    answer = client.get("/metrics")

    lines = set(answer.text.splitlines())
    status, code = refused.status_code, refused.json()["code"]
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert {
        'holdfast_requests_total{method="POST",route="/v1/holds",status="201"} 1.0',
        f'holdfast_requests_total{{method="POST",route="/v1/holds",status="{status}"}} 1.0',
        'holdfast_requests_total{method="GET",route="/{tenant}/{offering}",status="404"} 1.0',
        'holdfast_requests_total{method="GET",route="/v1/holds/{hold_id}",status="404"} 1.0',
        'holdfast_requests_total{method="GET",route="none",status="404"} 1.0',
        f'holdfast_refusals_total{{code="{code}"}} 1.0',
        "holdfast_batch_size_count 2.0",
        "holdfast_batch_size_sum 2.0",
        "holdfast_batch_seconds_count 2.0",
        "holdfast_lane_queue_depth 0.0",
    } <= lines


def test_the_workers_pulse_is_seen_by_operators(client: TestClient) -> None:
    wait_for(lambda: client.get("/readyz").json()["workers"]["expire"]["last_done_at"] is not None)

    workers = client.get("/readyz").json()["workers"]
    metrics = client.get("/metrics").text

    assert workers["expire"]["last_error"] is None
    assert set(workers) == {
        "approve",
        "complete",
        "remind",
        "expire",
        "invite",
        "limit",
        "missing",
        "past",
        "purge",
        "settle",
    }
    assert 'holdfast_worker_heartbeat_seconds{worker="expire"}' in metrics
    assert 'holdfast_worker_runs_total{outcome="done",worker="expire"}' in metrics


def test_the_inside_workers_expire_holds(
    client: TestClient, house: House, clock: ManualClock
) -> None:
    placed = client.post("/v1/holds", json=house.order, headers=house.headers).json()

    clock.advance(hours=3)

    path = f"/v1/holds/{placed['hold_id']}"
    wait_for(lambda: client.get(path, headers=house.headers).json()["status"] == "expired")


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_clock_that_differs_from_the_databases_refuses_writes_only(url: str) -> None:
    database = Database.open(url)
    engine = Engine.over(database, clock=ManualClock(), ids=SeededIds())
    house = open_house(engine)

    with TestClient(create_asgi_app(engine, Settings())) as client:
        refused = client.post("/v1/holds", json=house.order, headers=house.headers)
        read = client.get(f"/v1/slots/{house.slot_id}", headers=house.headers)
        ready = client.get("/readyz")
    database.dispose()

    assert refused.status_code == 503
    assert "clock differs" in refused.json()["detail"]
    assert read.status_code == 200
    assert ready.status_code == 503


def test_lanes_are_one_on_sqlite_and_two_on_postgresql(engine: Engine) -> None:
    lane = create_asgi_app(engine, Settings()).gateway._lane

    is_sqlite = engine.database.dialect_name == "sqlite"
    assert lane._options == LaneOptions(threads=1 if is_sqlite else 2)
