"""NASTY: every value of the corpus on every field, parameter and path of every route.

No answer is a 5xx, and whatever is refused has changed nothing: not one row was committed.
"""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from holdfast.api.app import ENDPOINTS
from holdfast.api.calls import Endpoint
from holdfast.domain.access import ApiKey, Member
from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.categories import Category
from holdfast.domain.customers import Customer
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.domain.pools import Pool
from holdfast.domain.resources import Resource
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.slots import Slot
from holdfast.domain.tenants import Tenant
from tests.api.conftest import Place
from tests.api.driver import Reply
from tests.api.nasty import FAR_SECONDS, JSON_TEXTS, URL_TEXTS
from tests.api.subjects import SUBJECTS, Asked, Bazaar, query_of

MARK = "\x00mark\x00"
# Free text takes most of the corpus. All of it goes through the API, into every such field; of the
# texts that pass, each field lets another share through to the database.
FREE_TEXT = frozenset(
    {"name", "note", "internal_note", "description", "reason", "source", "kind", "label", "icon"}
    | {"label_plural", "short_name", "owner_id", "account_id", "client_key", "skills", "metadata"}
    | {"external_order_id", "external_line_id", "location", "address", "contact"}
    | {"role", "help", "field_values"}
)
SHARES = 12
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}
RECORDS = (
    *(Tenant, Member, ApiKey, Customer, Category, Resource, Pool),
    *(Offering, ScheduleRule, Block, Slot, Hold, Booking),
)
COLUMNS = sorted({item.name for record in RECORDS for item in fields(record)})


@pytest.fixture
def bazaar(place: Place) -> Bazaar:
    """One of everything."""
    return Bazaar(place)


class Watch:
    """Tells whether anything at all was committed since it was asked last."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._seen = self._version()

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def is_changed(self) -> bool:
        """Look again."""
        seen, self._seen = self._seen, self._version()
        return seen != self._seen

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@pytest.fixture
def watch(place: Place) -> Iterator[Watch]:
    """A watch over the app's database."""
    backend: Any = place.engine.database._backend
    watching = Watch(backend._path)
    yield watching
    watching.close()


def places_in(value: object, parts: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value in a body, the body itself last."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places_in(item, (*parts, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from places_in(item, (*parts, i))
    yield parts


def template_of(body: object, parts: tuple[str | int, ...]) -> tuple[str, str]:
    """Return what stands in a body before and after one of its values."""
    if not parts:
        return "", ""
    marked: Any = copy.deepcopy(body)
    inner = marked
    for part in parts[:-1]:
        inner = inner[part]
    inner[parts[-1]] = MARK
    before, after = json.dumps(marked).split(json.dumps(MARK))
    return before, after


def fault_in(reply: Reply, watch: Watch) -> str | None:
    """Say what is wrong with an answer to something nasty, if anything is."""
    is_changed = watch.is_changed()
    if reply.status >= 500:
        return f"{reply.status}"
    if reply.status >= 400:
        if is_changed:
            return f"{reply.status}, and yet something was changed"
        if reply.headers["content-type"] != "application/problem+json":
            return f"{reply.status} is no problem"
        if reply.json["status"] != reply.status:
            return "the statuses differ"
    return None


def texts_of(bazaar: Bazaar) -> list[str]:
    """Return ids that exist here or next door, and slots of an offering at the ends of time."""
    place = bazaar.place
    offering = bazaar.fair.removeprefix("off_")
    known = [
        *bazaar.ids.values(),
        *(place.concert.ticket.offering_id, place.concert.hall.resource_id),
        *(place.concert.evening.slot_id, place.concert.tenant.tenant_id),
        *(f"slt_{offering}{tail}" for tail in ("0000000", "6r7gzzz", FAR_SECONDS)),
    ]
    return [json.dumps(text) for text in known]


def faults_of_field(
    bazaar: Bazaar, watch: Watch, endpoint: Endpoint, name: str, parts: tuple[str | int, ...]
) -> Iterator[str]:
    """Try all values in one place of a body."""
    gateway = bazaar.place.gateway
    is_free = bool(FREE_TEXT.intersection(parts))
    share = len(repr(parts)) + len(name)
    asked = SUBJECTS[name](bazaar)
    before, after = template_of(asked.body, parts)
    for i, text in enumerate((*JSON_TEXTS, *texts_of(bazaar))):
        gateway.is_muted = is_free and text.startswith('"') and (i + share) % SHARES > 0
        body = f"{before}{text}{after}".encode("utf-8", "surrogatepass")
        watch.is_changed()
        reply = bazaar.owner.send(endpoint.method, asked.path, body=body)
        gateway.is_muted = False
        fault = fault_in(reply, watch)
        if fault:
            yield f"{name} {parts} {text[:60]}: {fault}"
        if reply.status < 400:
            asked = SUBJECTS[name](bazaar)
            before, after = template_of(asked.body, parts)


def test_every_body_has_a_subject_and_every_subject_is_accepted(bazaar: Bazaar) -> None:
    asked = {name: SUBJECTS[name](bazaar) for name in SUBJECTS}

    replies = {
        name: bazaar.owner.send(BY_NAME[name.partition("/")[0]].method, one.path, body=one.body)
        for name, one in asked.items()
    }

    assert {n: r.body for n, r in replies.items() if r.status >= 300} == {}
    assert {n.partition("/")[0] for n in SUBJECTS} == {e.name for e in ENDPOINTS if e.body}


def test_the_subjects_fill_every_field(bazaar: Bazaar) -> None:
    filled: dict[str, set[str]] = {}
    for name, make in SUBJECTS.items():
        filled.setdefault(name.partition("/")[0], set()).update(make(bazaar).body)

    empty = {
        endpoint.name: sorted(set(endpoint.body.model_fields) - filled[endpoint.name])
        for endpoint in ENDPOINTS
        if endpoint.body
    }

    left_out = {name: missing for name, missing in empty.items() if missing}
    assert left_out == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", SUBJECTS)
def test_no_nasty_value_in_a_body_breaks_anything(name: str, bazaar: Bazaar, watch: Watch) -> None:
    endpoint = BY_NAME[name.partition("/")[0]]
    ways = list(places_in(SUBJECTS[name](bazaar).body))

    faults = [
        fault for parts in ways for fault in faults_of_field(bazaar, watch, endpoint, name, parts)
    ]

    assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [endpoint.name for endpoint in ENDPOINTS if endpoint.query])
def test_no_nasty_value_in_a_query_breaks_anything(name: str, bazaar: Bazaar, watch: Watch) -> None:
    endpoint = BY_NAME[name]
    assert endpoint.query is not None
    path = endpoint.path.format_map(bazaar.ids)
    base = query_of(name, bazaar)
    watch.is_changed()
    parameters = [field.alias or name for name, field in endpoint.query.model_fields.items()]
    faults = []

    for parameter in [*parameters, "unknown"]:
        for text in URL_TEXTS:
            query = f"{'' if parameter == 'offering_id' else base}{parameter}={text}"
            reply = bazaar.owner.send(endpoint.method, path, query=query)
            fault = fault_in(reply, watch)
            if fault and not (endpoint.is_write and reply.status < 400):
                faults.append(f"{parameter}={text[:60]}: {fault}")

    assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [endpoint.name for endpoint in ENDPOINTS if "{" in endpoint.path])
def test_no_nasty_value_in_a_path_breaks_anything(name: str, bazaar: Bazaar, watch: Watch) -> None:
    endpoint = BY_NAME[name]
    ids = bazaar.ids
    body = SUBJECTS[name](bazaar).body if name in SUBJECTS else None
    faults = []

    for parameter in [part for part in ids if f"{{{part}}}" in endpoint.path]:
        for text in URL_TEXTS:
            path = endpoint.path.format_map({**ids, parameter: text or "%20"})
            watch.is_changed()
            reply = bazaar.owner.send(endpoint.method, path, body=body)
            fault = fault_in(reply, watch)
            if fault or reply.status < 400:
                faults.append(f"{parameter}={text[:60]}: {fault or reply.status}")

    assert faults == []


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_column_that_is_not_a_field_can_be_set(name: str, bazaar: Bazaar, watch: Watch) -> None:
    """I9: mass assignment."""
    endpoint = BY_NAME[name.partition("/")[0]]
    assert endpoint.body is not None
    foreign = [column for column in COLUMNS if column not in endpoint.body.model_fields]
    asked: Asked = SUBJECTS[name](bazaar)
    watch.is_changed()

    replies = {
        column: bazaar.owner.send(
            endpoint.method, asked.path, body={**asked.body, column: "tnt_other"}
        )
        for column in foreign
    }

    assert {column: r.status for column, r in replies.items() if r.status != 422} == {}
    assert not watch.is_changed()
