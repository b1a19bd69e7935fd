"""What operators look at: health, readiness, metrics."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.api.app import Ready, create_app
from holdfast.domain.errors import ServerBusy
from tests.api.conftest import Place
from tests.api.driver import Client, Reply


def readiness(place: Place, ready: Ready) -> Reply:
    """Ask an app whether it is ready."""
    app = create_app(place.gateway, ready=ready)
    return Client(app, key=None, runner=place.staff.runner).get("/readyz")


def test_health_is_of_the_process_and_asks_nobody(place: Place) -> None:
    """AC-S08."""
    reads_before = place.gateway.read_count

    reply = place.nobody.get("/healthz")

    assert (reply.status, reply.json) == (200, {"status": "ok"})
    assert place.gateway.read_count == reads_before


def test_readiness_is_what_the_server_says(place: Place) -> None:
    async def well() -> Mapping[str, object]:
        return {"workers": {"expire": {"failure_count": 0}}}

    async def busy() -> Mapping[str, object]:
        raise ServerBusy("The database does not answer.", retry_after_seconds=3)

    async def broken() -> Mapping[str, object]:
        message = "postgresql://user:password@host"
        raise OSError(message)

    replies = [readiness(place, ready) for ready in (well, busy, broken)]

    assert [reply.status for reply in replies] == [200, 503, 503]
    assert replies[0].json["workers"] == {"expire": {"failure_count": 0}}
    assert (replies[1].code, replies[1].headers["retry-after"]) == ("server.busy", "3")
    assert b"password" not in replies[2].body
    assert place.nobody.get("/readyz").json == {"status": "ready"}


def test_metrics_are_answered_as_they_come_and_nowhere_else(place: Place) -> None:
    app = create_app(
        place.gateway, metrics=lambda: (b"holds_total 1\n", "text/plain; version=0.0.4")
    )
    measured = Client(app, key=None, runner=place.staff.runner).get("/metrics")

    assert (measured.status, measured.body) == (200, b"holds_total 1\n")
    assert measured.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert place.nobody.get("/metrics").status == 404
