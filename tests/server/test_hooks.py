"""Hooks over HTTP (AC-Q01, AC-Q05): beside the lane, by a setting, with processes that die."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from holdfast.bootstrap import Engine
from holdfast.domain.access import KeyKind, Role
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.hooks import FactSeen, HookCall, Reject, TimeAsked
from holdfast.engine.asking import Hooks
from holdfast.server import create_asgi_app
from holdfast.server.app import worker_jobs
from holdfast.server.given_hooks import HooksNotFound, hooks_of
from holdfast.settings import Settings
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.businesses import add_offering, add_room, at, open_desk
from tests.engine.hooked import Left, left
from tests.server.hook_module import TILL, hooks
from tests.server.houses import House, open_house, serving

MODULE = "tests.server.hook_module"


@pytest.fixture
def house(engine: Engine, clock: ManualClock) -> House:
    """A house to sell, at the hour of the clock that stands still."""
    return open_house(engine, now=clock.now())


def client_with(engine: Engine, clock: ManualClock, asked: Hooks) -> TestClient:
    """A client of a server that asks hooks."""
    hooked = Engine.over(engine.database, clock=clock, ids=SeededIds(99), hooks=asked)
    return TestClient(create_asgi_app(hooked, Settings()))


def order_of(house: House, **more: object) -> dict[str, object]:
    """Return the body of a booking of one place."""
    return {**house.order, "contact": {"name": "Ada"}, **more}


def test_ac_q05_a_hook_refuses_over_http_with_its_reason(
    engine: Engine, clock: ManualClock, house: House
) -> None:
    asked = Hooks(before_reserve=[lambda _: Reject("Payment failed")])

    with client_with(engine, clock, asked) as client:
        refused = client.post("/v1/bookings", json=order_of(house), headers=house.headers)

    assert refused.status_code == 409
    assert {name: refused.json()[name] for name in ("code", "detail", "action")} == {
        "code": "hook.refused",
        "detail": "Payment failed",
        "action": "reserve",
    }
    assert left(engine) == Left(holds=["released"], bookings=[], attempts=["refused"])


def test_ac_q01_a_hook_that_hangs_is_a_503_and_others_are_served_meanwhile(
    engine: Engine, clock: ManualClock, house: House
) -> None:
    reached, gate = threading.Event(), threading.Event()

    def hang(call: HookCall) -> None:
        if call.booking.contact.name == "Ada":
            reached.set()
            gate.wait(30)

    asked = Hooks(before_reserve=[hang], seconds=1.0)
    eve = order_of(house, contact={"name": "Eve"})
    with client_with(engine, clock, asked) as client, ThreadPoolExecutor(1) as threads:
        hung = threads.submit(
            client.post, "/v1/bookings", json=order_of(house), headers=house.headers
        )
        reached.wait(30)
        served = client.post("/v1/bookings", json=eve, headers=house.headers)
        is_waiting = not hung.done()
        answer = hung.result(30)
        gate.set()

    assert (served.status_code, is_waiting) == (201, True)
    assert (answer.status_code, answer.json()["code"]) == (503, "hook.failed")
    assert answer.headers["Retry-After"] == "5"
    assert left(engine) == Left(
        holds=["converted", "released"], bookings=["confirmed"], attempts=["done", "lost"]
    )


def test_ac_q01_one_key_at_once_asks_once_and_everybody_gets_one_booking(
    engine: Engine, clock: ManualClock, house: House
) -> None:
    asked: list[HookCall] = []
    reached, gate = threading.Event(), threading.Event()

    def charge(call: HookCall) -> None:
        asked.append(call)
        reached.set()
        gate.wait(30)

    headers = {**house.headers, "Idempotency-Key": "once"}
    with (
        client_with(engine, clock, Hooks(before_reserve=[charge])) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        first = threads.submit(client.post, "/v1/bookings", json=order_of(house), headers=headers)
        reached.wait(30)
        second = client.post("/v1/bookings", json=order_of(house), headers=headers)
        gate.set()
        booked = first.result(30)
        third = client.post("/v1/bookings", json=order_of(house), headers=headers)

    assert (second.status_code, second.json()["code"]) == (409, "request.in_progress")
    assert (booked.status_code, third.status_code, third.content) == (201, 201, booked.content)
    assert third.headers["Idempotency-Replayed"] == "true"
    assert (len(asked), left(engine).bookings) == (1, ["confirmed"])


def test_ac_q01_hooks_refuse_cancelling_and_checking_in_over_http(
    engine: Engine, clock: ManualClock, house: House
) -> None:
    said = Hooks(
        before_cancel=[lambda _: Reject("Too late to cancel")],
        before_attend=[lambda _: Reject("Not on the list")],
    )
    with client_with(engine, clock, said) as client:
        booked = client.post("/v1/bookings", json=order_of(house), headers=house.headers).json()
        path = f"/v1/bookings/{booked['booking_id']}"
        cancelled = client.post(f"{path}/cancel", headers=house.headers)
        clock.set(datetime.fromisoformat(booked["starts_at"]))
        attended = client.post(f"{path}/check-in", headers=house.headers)
        after = client.get(path, headers=house.headers).json()

    assert [answer.json()["detail"] for answer in (cancelled, attended)] == [
        "Too late to cancel",
        "Not on the list",
    ]
    assert after == booked


def test_ac_q03_the_inside_workers_tell_what_was_booked_over_http(
    engine: Engine, clock: ManualClock, house: House
) -> None:
    told: list[FactSeen] = []
    heard = threading.Event()

    def hear(fact: FactSeen) -> None:
        told.append(fact)
        heard.set()

    hooked = Engine.over(
        engine.database, clock=clock, ids=SeededIds(99), hooks=Hooks(after_reserve=[hear])
    )
    with TestClient(create_asgi_app(hooked, Settings(tell_seconds=0.01))) as client:
        booked = client.post("/v1/bookings", json=order_of(house), headers=house.headers).json()
        assert heard.wait(30)
        for _ in range(600):
            (listener,) = client.get("/v1/listeners", headers=house.headers).json()["items"]
            if listener["position"] == listener["last_position"]:
                break
            threading.Event().wait(0.05)

    (fact,) = told
    assert listener["name"].startswith("after_reserve:")
    assert (listener["tries"], listener["error"], listener["given_up_count"]) == (0, None, 0)
    assert fact.booking is not None
    assert (fact.type, fact.slug, fact.booking.booking_id) == (
        "booking.confirmed",
        "odeon",
        booked["booking_id"],
    )


def test_only_where_somebody_listens_is_there_a_worker_that_tells(
    engine: Engine, clock: ManualClock
) -> None:
    def names(hooks: Hooks | None) -> list[str]:
        hooked = Engine.over(engine.database, clock=clock, ids=SeededIds(99), hooks=hooks)
        return [job.name for job in worker_jobs(hooked, Settings())]

    silent = names(Hooks(before_reserve=[lambda _: None]))

    assert names(None) == silent
    assert names(Hooks(on_event=[lambda _: None])) == [*silent, "tell"]


def test_a_vetoed_time_is_neither_listed_nor_booked_over_http(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    talk = add_offering(desk, "talk", add_room(desk))
    key = desk.keys.add("all", kind=KeyKind.SECRET, role=Role.OWNER).secret
    headers = {"Authorization": f"Bearer {key}"}

    def busy(_: TimeAsked) -> list[tuple[datetime, datetime]]:
        return [(at("10:00", day=1), at("11:00", day=1))]

    window = {
        "offering_id": talk.offering_id,
        "from": "2026-06-02T09:00Z",
        "to": "2026-06-02T12:00Z",
    }
    wanted = {
        "offering_id": talk.offering_id,
        "starts_at": "2026-06-02T10:00:00Z",
        "contact": {"name": "Ada"},
    }
    with client_with(engine, clock, Hooks(busy=[busy])) as client:
        listed = client.get("/v1/availability", params=window, headers=headers)
        refused = client.post("/v1/bookings", json=wanted, headers=headers)
        held = client.post("/v1/holds", json=wanted, headers=headers)

    assert [slot["starts_at"] for slot in listed.json()["slots"]] == [
        "2026-06-02T09:00:00Z",
        "2026-06-02T11:00:00Z",
    ]
    for answer in (refused, held):
        assert (answer.status_code, answer.json()["code"]) == (409, "availability.closed")
        assert answer.json()["reason"] == "vetoed"
        offered = {one["starts_at"] for one in answer.json()["alternatives"]}
        assert offered
        assert "2026-06-02T10:00:00Z" not in offered


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nonsense", "names a module and what is in it"),
        ("no.such.module:hooks", "no.such.module cannot be imported"),
        (f"{MODULE}:missing", "has no holdfast.Hooks of the name missing"),
        (f"{MODULE}:not_hooks", "has no holdfast.Hooks of the name not_hooks"),
    ],
)
def test_a_setting_that_names_no_hooks_is_refused_with_a_reason(named: str, said: str) -> None:
    with pytest.raises(HooksNotFound, match=said):
        hooks_of(Settings(hooks=named))


def test_a_setting_names_hooks_and_none_names_none() -> None:
    assert hooks_of(Settings(hooks=f"{MODULE}:hooks")) is hooks
    assert hooks_of(Settings()) is None


@pytest.mark.slow
def test_ac_q01_a_server_killed_while_its_hook_runs_has_charged_once_and_booked_once(
    fresh_url: Callable[[], str], tmp_path: Path
) -> None:
    """The server dies after the charge and before the second transaction; the retry comes."""
    url = fresh_url()
    engine = Engine.open(url)
    house = open_house(engine)
    till = tmp_path / "till"
    till.mkdir()
    (till / "die").touch()
    more = {"HOLDFAST_HOOKS": f"{MODULE}:hooks", TILL: str(till), "PYTHONPATH": str(Path.cwd())}
    headers = {**house.headers, "Idempotency-Key": "after-the-crash"}

    def send(base_url: str) -> httpx2.Response:
        return httpx2.post(f"{base_url}/v1/bookings", json=order_of(house), headers=headers)

    with serving(url, tmp_path, more=more) as server, pytest.raises(httpx2.HTTPError):
        send(server.base_url)
    died = left(engine)
    with serving(url, tmp_path, more=more) as server:
        early = send(server.base_url)
        _expire_the_lease(engine)
        answer = send(server.base_url)

    assert died == Left(holds=["active"], bookings=[], attempts=["asking"])
    assert (early.status_code, early.json()["code"]) == (409, "request.in_progress")
    assert answer.status_code == 201
    assert [path.name[:4] for path in till.iterdir()] == ["att_"]
    assert left(engine) == Left(holds=["converted"], bookings=["confirmed"], attempts=["done"])
    assert engine.tenant("odeon").bookings.get(answer.json()["booking_id"]).status is (
        BookingStatus.CONFIRMED
    )
    engine.close()


def _expire_the_lease(engine: Engine) -> None:
    """Let the time pass for which the dead server is waited for."""
    with engine.database.write(engine.tenant("odeon").tenant_id) as transaction:
        transaction.connection.execute(text("UPDATE attempt SET leased_until = created_at"))
        transaction.commit()
