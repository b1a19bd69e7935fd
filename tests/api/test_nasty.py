"""NASTY: the values of the corpus on every field, parameter and path of every route.

Places where the same is read share them. No answer is a 5xx, and whatever is refused
has changed nothing: not one row was committed.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
import sqlite3
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from holdfast.api.app import ENDPOINTS
from holdfast.api.calls import Endpoint
from holdfast.bootstrap import Engine
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
from holdfast.storage.database import Database
from holdfast.storage.migrating import upgrade
from holdfast.testing.clocks import DEFAULT_START, ManualClock, SeededIds
from tests.api.conftest import Place, open_place
from tests.api.driver import Reply
from tests.api.nasty import FAR_SECONDS, JSON_TEXTS, URL_TEXTS
from tests.api.subjects import SUBJECTS, Asked, Bazaar, query_of

MARK = "\x00mark\x00"
NOTES = "__annotations__"
# Places of the same form (a policy stands in an offering, a resource and the business) share the
# corpus: each value goes into at least one of them, and each of them takes at least such a share.
# Free text takes most of the corpus; of the texts that pass, each field lets such a share through
# to the database.
FREE_TEXT = frozenset(
    {"name", "note", "internal_note", "description", "reason", "source", "kind", "label", "icon"}
    | {"label_plural", "short_name", "owner_id", "account_id", "client_key", "skills", "metadata"}
    | {"external_order_id", "external_line_id", "location", "address", "contact"}
    | {
        "role",
        "help",
        "field_values",
        "external_offer_id",
        "feedback",
        "referral_source",
        "reference",
    }
)
SHARES = 12
Way = tuple[str | int, ...]
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


def path_of(place: Place) -> Path:
    """Return where an app's database is."""
    backend: Any = place.engine.database._backend
    return Path(backend._path)


@pytest.fixture
def watch(place: Place) -> Iterator[Watch]:
    """A watch over the app's database."""
    watching = Watch(path_of(place))
    yield watching
    watching.close()


@pytest.fixture(scope="module")
def stall(runner: asyncio.Runner) -> Iterator[Bazaar]:
    """One of everything, for all who are refused whatever they ask."""
    clock = ManualClock()
    clock.set(DEFAULT_START)
    database = Database.open("sqlite:///:memory:", clock=clock)
    upgrade(database)
    engine = Engine.over(database, clock=clock, ids=SeededIds())
    yield Bazaar(open_place(engine, clock, runner))
    database.dispose()


@pytest.fixture(scope="module")
def over(stall: Bazaar) -> Iterator[Watch]:
    """A watch over the database of all who are refused."""
    watching = Watch(path_of(stall.place))
    yield watching
    watching.close()


def places_in(value: object, parts: Way = ()) -> Iterator[Way]:
    """Yield the way to every value in a body, the body itself last; of lists, to both ends."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places_in(item, (*parts, name))
    elif isinstance(value, list):
        for item, at in zip(value[:1] + value[1:][-1:], (0, -1), strict=False):
            yield from places_in(item, (*parts, at))
    yield parts


def forms_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the forms that a field's type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from forms_in(part)


def field_of(endpoint: Endpoint, parts: Way) -> tuple[object, ...]:
    """Name what a value is to whoever reads it: the same for places of one nested form."""
    forms: list[type[BaseModel]] = [endpoint.body] if endpoint.body else []
    found: tuple[object, ...] = (endpoint.name, *parts)
    for i, part in enumerate(parts):
        if isinstance(part, str):
            holder = next((form for form in forms if part in form.model_fields), None)
            if holder is None:
                break
            if i:
                owner = next(
                    one for one in reversed(holder.mro()) if part in vars(one).get(NOTES, ())
                )
                found = (owner.__qualname__, owner.__module__, *parts[i:])
            forms = list(forms_in(holder.model_fields[part].annotation))
    return found


class Sharing:
    """Who tries which values: places where the same is read share them."""

    def __init__(self, places: Iterable[tuple[Hashable, Hashable]]) -> None:
        self._mates: dict[Hashable, list[Hashable]] = {}
        self._kinds = dict[Hashable, Hashable]()
        for place, kind in places:
            self._kinds[place] = kind
            self._mates.setdefault(kind, []).append(place)

    def count(self, place: Hashable) -> int:
        """Into how many shares the values are divided."""
        return min(SHARES, len(self._mates[self._kinds[place]]))

    def share(self, place: Hashable, values: Sequence[str]) -> Sequence[str]:
        """Return the values that are tried in a place."""
        count = self.count(place)
        return values[self._mates[self._kinds[place]].index(place) % count :: count]


@pytest.fixture(scope="module")
def in_bodies(stall: Bazaar) -> Sharing:
    """How the places in bodies share the corpus."""
    return Sharing(
        ((name, parts), field_of(BY_NAME[name.partition("/")[0]], parts))
        for name, make in SUBJECTS.items()
        for parts in places_in(make(stall).body)
    )


def template_of(body: object, parts: Way) -> tuple[str, str]:
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
    bazaar: Bazaar, watch: Watch, sharing: Sharing, name: str, parts: Way
) -> Iterator[str]:
    """Try all values of one place of a body's share."""
    gateway = bazaar.place.gateway
    method = BY_NAME[name.partition("/")[0]].method
    is_free = bool(FREE_TEXT.intersection(parts))
    share = len(repr(parts)) + len(name)
    # What is shared already is let through in the same proportion as what is not.
    every = SHARES // sharing.count((name, parts))
    asked = SUBJECTS[name](bazaar)
    before, after = template_of(asked.body, parts)
    values = sharing.share((name, parts), (*JSON_TEXTS, *texts_of(bazaar)))
    for i, text in enumerate(values):
        gateway.is_muted = is_free and text.startswith('"') and (i + share) % every > 0
        body = f"{before}{text}{after}".encode("utf-8", "surrogatepass")
        watch.is_changed()
        reply = bazaar.owner.send(method, asked.path, body=body)
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
def test_no_nasty_value_in_a_body_breaks_anything(
    name: str, bazaar: Bazaar, watch: Watch, in_bodies: Sharing
) -> None:
    ways = list(places_in(SUBJECTS[name](bazaar).body))

    faults = [
        fault for parts in ways for fault in faults_of_field(bazaar, watch, in_bodies, name, parts)
    ]

    assert faults == []


def test_places_of_one_form_try_the_whole_corpus_together(
    stall: Bazaar, in_bodies: Sharing
) -> None:
    tried: dict[object, set[str]] = {}
    for name, make in SUBJECTS.items():
        for parts in places_in(make(stall).body):
            field = field_of(BY_NAME[name.partition("/")[0]], parts)
            share = in_bodies.share((name, parts), JSON_TEXTS)
            tried.setdefault(field, set()).update(share)

    missing = {field: set(JSON_TEXTS) - texts for field, texts in tried.items()}

    assert {field: texts for field, texts in missing.items() if texts} == {}


def parameters_of(endpoint: Endpoint) -> dict[str, str]:
    """Return the parameters of a query, and who reads each."""
    assert endpoint.query is not None
    found = {"unknown": "nobody"}
    for name, field in endpoint.query.model_fields.items():
        owner = next(
            one for one in reversed(endpoint.query.mro()) if name in vars(one).get(NOTES, ())
        )
        found[field.alias or name] = f"{owner.__module__}.{owner.__qualname__}"
    return found


ASKING = [endpoint.name for endpoint in ENDPOINTS if endpoint.query]
IN_QUERIES = Sharing(
    ((name, parameter), (owner, parameter))
    for name in ASKING
    for parameter, owner in parameters_of(BY_NAME[name]).items()
)
ADDRESSED = [endpoint.name for endpoint in ENDPOINTS if "{" in endpoint.path]
IN_PATHS = Sharing(
    ((name, parameter), parameter)
    for name in ADDRESSED
    for parameter in re.findall(r"{(\w+)[}:]", BY_NAME[name].path)
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKING)
def test_no_nasty_value_in_a_query_breaks_anything(name: str, stall: Bazaar, over: Watch) -> None:
    endpoint = BY_NAME[name]
    path = stall.path_of(endpoint)
    base = query_of(name, stall)
    over.is_changed()
    faults = []

    for parameter in parameters_of(endpoint):
        for text in IN_QUERIES.share((name, parameter), URL_TEXTS):
            query = f"{'' if parameter == 'offering_id' else base}{parameter}={text}"
            reply = stall.owner.send(endpoint.method, path, query=query)
            fault = fault_in(reply, over)
            if fault and not (endpoint.is_write and reply.status < 400):
                faults.append(f"{parameter}={text[:60]}: {fault}")

    assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDRESSED)
def test_no_nasty_value_in_a_path_breaks_anything(name: str, stall: Bazaar, over: Watch) -> None:
    endpoint = BY_NAME[name]
    ids = stall.ids
    body = SUBJECTS[name](stall).body if name in SUBJECTS else None
    faults = []

    for parameter in [part for part in ids if f"{{{part}}}" in endpoint.path]:
        for text in IN_PATHS.share((name, parameter), URL_TEXTS):
            if parameter == "series_index" and text in {"0", "1"}:
                continue  # the numbers that its occurrences have
            path = endpoint.path.format_map({**ids, parameter: text or "%20"})
            over.is_changed()
            reply = stall.owner.send(endpoint.method, path, body=body)
            fault = fault_in(reply, over)
            if fault or reply.status < 400:
                faults.append(f"{parameter}={text[:60]}: {fault or reply.status}")

    assert faults == []


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_column_that_is_not_a_field_can_be_set(name: str, stall: Bazaar, over: Watch) -> None:
    """I9: mass assignment."""
    endpoint = BY_NAME[name.partition("/")[0]]
    assert endpoint.body is not None
    foreign = [column for column in COLUMNS if column not in endpoint.body.model_fields]
    asked: Asked = SUBJECTS[name](stall)
    over.is_changed()

    replies = {
        column: stall.owner.send(
            endpoint.method, asked.path, body={**asked.body, column: "tnt_other"}
        )
        for column in foreign
    }

    assert {column: r.status for column, r in replies.items() if r.status != 422} == {}
    assert not over.is_changed()
