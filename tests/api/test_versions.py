"""Versions: ETags, changes on what was seen (If-Match), and 304 for what is known."""

from __future__ import annotations

import pytest

from holdfast.api.app import ENDPOINTS
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.subjects import SUBJECTS, Bazaar

VERSIONED = [e.name for e in ENDPOINTS if e.takes_version]
UNVERSIONED = [e.name for e in ENDPOINTS if e.is_write and not e.takes_version]
# They show more than a record: names and numbers of resources, and what an order has.
MORE = {"getCategory", "getOrder", "getPool"}
RECORDS = [
    e for e in ENDPOINTS if e.method == "GET" and e.path.endswith("_id}") and e.name not in MORE
]


@pytest.mark.parametrize("name", VERSIONED)
def test_a_change_on_an_older_state_is_refused(place: Place, name: str) -> None:
    endpoint = next(e for e in ENDPOINTS if e.name == name)
    bazaar = Bazaar(place)
    asked = SUBJECTS[name](bazaar) if name in SUBJECTS else None
    path = asked.path if asked else bazaar.path_of(endpoint)
    body = asked.body if asked else None
    record = path.rpartition("/")[0] if name in SUBJECTS and "_id}/" in endpoint.path else path
    seen = place.owner.get(record).headers["etag"]

    stale = place.owner.send(endpoint.method, path, body=body, headers={"If-Match": '"v999"'})
    foreign = place.owner.send(endpoint.method, path, body=body, headers={"If-Match": '"abc"'})
    weak = place.owner.send(endpoint.method, path, body=body, headers={"If-Match": f"W/{seen}"})
    right = place.owner.send(endpoint.method, path, body=body, headers={"If-Match": seen})

    assert [r.code for r in (stale, foreign, weak)] == ["record.changed"] * 3
    assert [r.status for r in (stale, foreign, weak)] == [412] * 3
    assert right.status == 200
    if name != "limitSlot":  # which goes on after its answer, until everybody is counted
        assert right.headers["etag"] == place.owner.get(record).headers["etag"]


@pytest.mark.parametrize("name", UNVERSIONED)
def test_if_match_is_refused_where_it_would_not_be_looked_at(place: Place, name: str) -> None:
    endpoint = next(e for e in ENDPOINTS if e.name == name)
    bazaar = Bazaar(place)
    path = endpoint.path.format_map(bazaar.ids)

    reply = place.owner.send(endpoint.method, path, headers={"If-Match": '"v1"'})

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/If-Match")


@pytest.mark.parametrize("tag", ["v1", '"v1', "v1, v2", '"v1", "v2"', "''", '"\x01"', ""])
def test_what_is_not_one_entity_tag_is_refused(place: Place, tag: str) -> None:
    reply = place.owner.patch("/v1/tenant", {"name": "x"}, If_Match=tag)

    assert (reply.status, reply.json["errors"][0]["code"]) == (422, "not_an_etag")


def test_a_star_matches_any_version(place: Place) -> None:
    reply = place.owner.patch("/v1/tenant", {"name": "New"}, If_Match="*")

    assert (reply.status, reply.headers["etag"]) == (200, '"v2"')


# Their answers say more than their version: what is taken, the place in the line, the uses of a
# code, and the occurrences of a series.
ALWAYS_SENT = {"getSlot", "getWaitlistEntry", "getPromoCode", "getSeries"}


@pytest.mark.parametrize(
    "endpoint",
    [e for e in RECORDS if e.name not in ALWAYS_SENT],
    ids=lambda endpoint: endpoint.name,
)
def test_a_version_that_is_known_is_not_sent_again(place: Place, endpoint: object) -> None:
    named = next(e for e in RECORDS if e is endpoint)
    bazaar = Bazaar(place)
    place.owner.post(f"/v1/holds/{bazaar.ids['hold_id']}/release")
    path = named.path.format_map(bazaar.ids)
    tag = place.owner.get(path).headers["etag"]

    known = [place.owner.get(path, If_None_Match=t) for t in (tag, f'W/{tag}, "v77"', "*")]
    other = place.owner.get(path, If_None_Match='"v77"')

    assert [(r.status, r.body, r.headers["etag"]) for r in known] == [(304, b"", tag)] * 3
    assert (other.status, other.headers["etag"]) == (200, tag)


def test_an_active_hold_is_always_sent_since_its_time_runs(place: Place) -> None:
    made = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN})
    place.clock.advance(seconds=1)

    reply = place.staff.get(made.headers["location"], If_None_Match=made.headers["etag"])

    assert (reply.status, reply.json["time_left_seconds"]) == (200, 1_799)


def test_what_shows_more_than_a_record_is_always_sent(place: Place) -> None:
    bazaar = Bazaar(place)
    paths = [e.path.format_map(bazaar.ids) for e in ENDPOINTS if e.name in MORE]

    replies = [place.owner.get(path, If_None_Match="*") for path in paths]

    assert [reply.status for reply in replies] == [200] * len(MORE)
