"""Problems: every code as RFC 9457 says, with its status, its page and its fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

import pytest
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from holdfast.api.app import create_app
from holdfast.api.problems import MEANINGS
from holdfast.domain.errors import (
    STATUS_BY_CODE,
    CancellationClosed,
    ClockBehind,
    HoldfastError,
    HookFailed,
    HookRefused,
    RateLimited,
    RequestFailed,
    RequestInProgress,
    ServerBusy,
)
from holdfast.domain.ids import TenantId
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.workers.invite import invite_waiting
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client, Reply
from tests.api.gateway_for_tests import InlineGateway

T = TypeVar("T")

AT_TEN = datetime(2026, 6, 2, 8, tzinfo=UTC)


class RefusingGateway(InlineGateway):
    """Refuses every command in the same way."""

    def __init__(self, place: Place, error: HoldfastError, bug: Exception | None = None) -> None:
        super().__init__(place.engine)
        self._outcome = Outcome(error=error, bug=bug)

    async def write(self, tenant_id: TenantId, envelope: Envelope) -> Outcome:
        """Refuse."""
        return self._outcome


def hold(client: Client, place: Place, **more: object) -> Reply:
    """Ask for a hold at ten on Tuesday."""
    return client.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN, **more})


def held(place: Place) -> str:
    """Place a hold at ten on Tuesday, and return its path."""
    return f"/v1/holds/{hold(place.staff, place).json['hold_id']}"


def refused_by_lane(error: HoldfastError) -> Callable[[Place], Reply]:
    """Return what asks for a hold where the lane refuses it so."""

    def ask(place: Place) -> Reply:
        app = create_app(RefusingGateway(place, error))
        return hold(Client(app, key=place.staff.key, runner=place.staff.runner), place)

    return ask


def _not_open(place: Place) -> Reply:
    return hold(place.staff, place, starts_at="2026-06-01T10:00:00Z")  # a Monday


def _taken(place: Place) -> Reply:
    hold(place.staff, place)
    return hold(place.staff, place)


def _expired(place: Place) -> Reply:
    path = held(place)
    place.clock.advance(minutes=30)
    return place.staff.post(f"{path}/extend")


def _limit(place: Place) -> Reply:
    made = hold(place.page, place).json["hold_id"]
    place.page.post(f"/v1/holds/{made}/extend")
    return place.page.post(f"/v1/holds/{made}/extend")


def _soon(place: Place) -> Reply:
    place.clock.set(AT_TEN - timedelta(hours=3))
    return hold(place.staff, place)


def _exists(place: Place) -> Reply:
    return place.owner.post(
        "/v1/offerings", {"slug": "cut", "name": "Again", "duration_minutes": 30}
    )


def _in_use(place: Place) -> Reply:
    hold(place.staff, place)
    return place.owner.delete(f"/v1/resources/{place.chair}")


def _reused(place: Place) -> Reply:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    place.staff.post("/v1/holds", body, Idempotency_Key="k")
    return place.staff.post("/v1/holds", {**body, "client_key": "x"}, Idempotency_Key="k")


def _transition(place: Place) -> Reply:
    path = held(place)
    place.staff.post(f"{path}/release")
    return place.staff.post(f"{path}/extend")


def _too_long(place: Place) -> Reply:
    body = {"slug": "safari", "name": "Safari", "shape": "days", "dates_max": 1}
    offering = place.owner.post("/v1/offerings", body).json["offering_id"]
    two_days = {"first_on": "2026-06-02", "last_on": "2026-06-03"}
    return place.staff.post("/v1/holds", {"offering_id": offering, **two_days})


def _series_taken(place: Place) -> Reply:
    place.owner.patch(f"/v1/offerings/{place.cut}", {"series_max": 3})
    hold(place.staff, place)
    body = {
        "offering_id": place.cut,
        "first_on": "2026-06-02",
        "starts_at": "10:00",
        "rule": "FREQ=WEEKLY;COUNT=2",
        "contact": {"name": "Ada"},
    }
    return place.staff.post("/v1/series", body)


def _invitation_over(place: Place) -> Reply:
    place.owner.patch(f"/v1/offerings/{place.cut}", {"has_waitlist": True})
    body = {"offering_id": place.cut, "contact": {"name": "Ada"}}
    entry = place.staff.post("/v1/waitlist", body).json["entry_id"]
    invite_waiting(place.engine)
    place.clock.advance(minutes=30)
    return place.staff.post(f"/v1/waitlist/{entry}/accept", {})


def _blocked(place: Place) -> Reply:
    ada = {"name": "Ada", "email": "ada@b.example"}
    customer = place.owner.post("/v1/customers", ada).json["customer_id"]
    place.owner.post(
        f"/v1/customers/{customer}/block",
        {"reason": "paid nothing", "until": "2026-07-01T00:00:00Z"},
    )
    return place.page.post(
        "/v1/bookings", {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": ada}
    )


def _booked(place: Place) -> str:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "Ada"}}
    return f"/v1/bookings/{place.staff.post('/v1/bookings', body).json['booking_id']}"


def _too_late(place: Place) -> Reply:
    path = _booked(place)
    place.clock.set(AT_TEN + timedelta(days=2))
    return place.staff.post(f"{path}/check-in")


def _promo(place: Place) -> Reply:
    return hold(place.staff, place, promo_codes=["NOBODY-KNOWS"])


BY_CODE: dict[str, Callable[[Place], Reply]] = {
    "access.denied": lambda p: p.viewer.post("/v1/resources", {"name": "x"}),
    "access.unauthenticated": lambda p: p.nobody.get("/v1/tenant"),
    "availability.closed": _not_open,
    "capacity.exceeded": _taken,
    "clock.behind": refused_by_lane(ClockBehind("behind", retry_after_seconds=60)),
    "hold.expired": _expired,
    "hook.failed": refused_by_lane(HookFailed("no answer", action="reserve")),
    "hook.refused": refused_by_lane(HookRefused("not today", action="reserve")),
    "input.invalid": lambda p: hold(p.staff, p, party_size="one"),
    "input.too_large": lambda p: hold(p.staff, p, client_key="x" * 300_000),
    "input.unsupported": lambda p: p.staff.post("/v1/holds", b"{}", Content_Type="text/plain"),
    "invitation.expired": _invitation_over,
    "policy.beyond_horizon": lambda p: hold(p.staff, p, starts_at="2026-08-04T08:00:00Z"),
    "policy.cancellation_closed": refused_by_lane(CancellationClosed("late", limit=1, actual=0)),
    "policy.customer_blocked": _blocked,
    "policy.length": _too_long,
    "policy.limit_reached": _limit,
    "policy.notice_too_short": _soon,
    "policy.party_size": lambda p: hold(p.staff, p, party_size=2),
    "policy.too_early": lambda p: p.staff.post(f"{_booked(p)}/check-in"),
    "policy.too_late": _too_late,
    "promo.refused": _promo,
    "rate.limited": refused_by_lane(RateLimited("slowly", retry_after_seconds=7)),
    "record.already_exists": _exists,
    "record.changed": lambda p: p.owner.patch("/v1/tenant", {"name": "x"}, If_Match='"v9"'),
    "record.in_use": _in_use,
    "record.not_found": lambda p: p.staff.get(f"/v1/holds/hld_{'0' * 26}"),
    "request.failed": refused_by_lane(RequestFailed("a bug")),
    "request.in_progress": refused_by_lane(RequestInProgress("now", retry_after_seconds=1)),
    "request.key_reused": _reused,
    "request.method_not_allowed": lambda p: p.owner.put("/v1/holds", {}),
    "series.refused": _series_taken,
    "server.busy": refused_by_lane(ServerBusy()),
    "state.transition_not_allowed": _transition,
}


def test_every_code_is_tried() -> None:
    assert sorted(BY_CODE) == sorted(STATUS_BY_CODE)


@pytest.mark.parametrize("code", BY_CODE)
def test_every_code_is_a_problem_with_its_status_and_a_page(place: Place, code: str) -> None:
    """AC-D21, C-39."""
    reply = BY_CODE[code](place)

    body = reply.json
    page = place.nobody.get(body["type"])
    members = ("code", "status", "title", "type", "instance")
    assert reply.headers["content-type"] == "application/problem+json"
    assert {name: body[name] for name in members} == {
        "code": code,
        "status": STATUS_BY_CODE[code],
        "title": MEANINGS[code][0],
        "type": f"/problems/{code}",
        "instance": body["instance"],
    }
    assert reply.status == STATUS_BY_CODE[code]
    assert body["instance"].startswith("/v1/")
    assert body["detail"]
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert code in page.body.decode()


def test_a_shortage_names_what_is_short_and_five_slots_that_would_do(place: Place) -> None:
    """AC-B13, AC-C10."""
    reply = _taken(place)

    body = reply.json
    starts = [slot["starts_at"] for slot in body["alternatives"]]
    assert (body["requested"], body["remaining"], body["limited_by"]) == (1, 0, place.chair)
    # 10:30 is taken by the buffer of ten o'clock.
    assert starts == [
        f"2026-06-02T{time}:00Z" for time in ("09:00", "09:30", "10:00", "10:30", "11:00")
    ]
    again = place.staff.post("/v1/holds", {"slot_id": body["alternatives"][0]["slot_id"]})
    assert again.status == 201


def test_a_closed_time_says_why_and_what_is_open(place: Place) -> None:
    body = _not_open(place).json

    assert body["reason"] == "outside_hours"
    assert body["alternatives"][0]["starts_at"] == "2026-06-02T08:00:00Z"


def test_a_booking_that_is_refused_has_alternatives_too(place: Place) -> None:
    choice = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": {"name": "A"}}
    place.staff.post("/v1/bookings", choice)

    reply = place.staff.post("/v1/bookings", choice)

    assert (reply.code, len(reply.json["alternatives"])) == ("capacity.exceeded", 5)


def test_when_alternatives_cannot_be_found_the_refusal_is_answered_without_them(
    place: Place,
) -> None:
    class HalfBroken(InlineGateway):
        async def read(self, question: Callable[[], T]) -> T:
            if self.write_count:
                raise ServerBusy
            return question()

    app = create_app(HalfBroken(place.engine))
    hold(place.staff, place)

    reply = hold(Client(app, key=place.staff.key, runner=place.staff.runner), place)

    assert (reply.status, reply.code, reply.json["alternatives"]) == (409, "capacity.exceeded", [])


def test_a_wait_is_in_the_header_and_in_the_body(place: Place) -> None:
    reply = BY_CODE["rate.limited"](place)

    assert (reply.headers["retry-after"], reply.json["retry_after_seconds"]) == ("7", 7)


def test_faults_of_input_are_named_one_by_one_with_pointers(place: Place) -> None:
    body = {
        "offering_id": "off_1",
        "party_size": 0,
        "contact": {"email": "@", "fax": "1"},
        "a/b~c": 1,
    }

    reply = place.staff.post("/v1/holds", body)

    faults = {(fault["pointer"], fault["code"]) for fault in reply.json["errors"]}
    assert reply.status == 422
    assert faults == {
        ("/offering_id", "bad_form"),
        ("/party_size", "out_of_range"),
        ("/contact/email", "not_an_email"),
        ("/contact/fax", "unknown_field"),
        ("/a~1b~0c", "unknown_field"),
    }


def test_faults_that_the_engine_finds_point_to_the_names_of_the_wire(place: Place) -> None:
    body = {
        "slug": "api",
        "name": "x",
        "duration_minutes": 60,
        "party_min": 2,
        "party_max": 1,
        "price": {"amount_minor": 10**15},
        "price_unit": "per_participant",
    }

    pointers = [f["pointer"] for f in place.owner.post("/v1/offerings", body).json["errors"]]

    assert pointers == ["/slug", "/party_max"]
    assert _price_fault(place) == ["/price/amount_minor"]


def _price_fault(place: Place) -> list[str]:
    body = {
        "slug": "dear",
        "name": "x",
        "duration_minutes": 60,
        "price": {"amount_minor": 10**15},
        "price_unit": "per_participant",
    }
    reply = place.owner.post("/v1/offerings", body)
    return [fault["pointer"] for fault in reply.json["errors"]]


class Broken:
    """An endpoint with a bug, before its answer or in the middle of it."""

    def __init__(self, *, is_begun: bool) -> None:
        self._is_begun = is_begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Fail."""
        if self._is_begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        message = "the password is hfs_secret"
        raise RuntimeError(message)


def broken_client(place: Place, *, is_begun: bool) -> Client:
    """Return a client of an app that has a bug at /broken."""
    app = create_app(place.gateway)
    app.router.routes.append(Route("/broken", Broken(is_begun=is_begun)))
    return Client(app, key=None, runner=place.staff.runner)


def test_a_bug_is_answered_without_its_words(place: Place) -> None:
    client = broken_client(place, is_begun=False)

    reply = client.get("/broken")

    assert (reply.status, reply.code) == (500, "request.failed")
    assert b"password" not in reply.body
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_bug_in_the_middle_of_an_answer_is_left_to_the_server(place: Place) -> None:
    client = broken_client(place, is_begun=True)

    with pytest.raises(RuntimeError):
        client.get("/broken")


def test_unknown_problems_have_no_page(place: Place) -> None:
    listed = place.nobody.get("/problems").body.decode()

    assert place.nobody.get("/problems/no.such").status == 404
    assert place.nobody.get("/problems/%3Cscript%3E").status == 404
    assert all(f"/problems/{code}" in listed for code in STATUS_BY_CODE)


def test_a_long_path_is_named_as_a_valid_reference(place: Place) -> None:
    for length in range(60, 64):
        reply = place.owner.get(f"/v1/holds/{'x' * (length % 3)}{quote('ä' * length)}")

        assert re.fullmatch(r"/(?:[\w/.~:@-]|%[0-9A-F]{2})+", reply.json["instance"])
