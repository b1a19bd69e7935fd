"""`expire`: holds whose time is over, ended by the worker while customers go on booking."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

import psycopg

from holdfast.bench.copies import anew, copy_rows
from holdfast.bench.measuring import Result, measure
from holdfast.bench.options import Options
from holdfast.bench.places import Place, placed, warm_up
from holdfast.bench.shops import STAY, add_rooms, first_instant, stays
from holdfast.domain.holds import Hold
from holdfast.domain.ids import ResourceId
from holdfast.engine.choosing import Choice
from holdfast.engine.sweeping import SWEEP_MAX
from holdfast.workers.expire import expire_holds

ROOMS, CUSTOMERS = 1_000, 4
BARE_PART = 5
"""Each of the two measurements of the limit ends a fifth as many holds as Holdfast."""
_FIRST_STAY = 2_000
"""Customers book later than what has expired: they look at none of it."""
_HOLDS_PER_SECOND_MAX = 1_000
_TTL = timedelta(seconds=1)
_MICROSECONDS = 1_000_000
# The same rows as Holdfast's, a page in one statement: locks, hold, claim, history and fact.
_BARE = """
WITH due AS (
  SELECT hold_id FROM hold WHERE tenant_id = %(tenant)s AND hold_id = ANY(%(ids)s::text[])
  AND status = 'active'
), locked AS (
  INSERT INTO capacity (tenant_id, key, kind, used, over_commit, seq)
  SELECT DISTINCT tenant_id, key, 'guard', 0, 0, 1 FROM claim JOIN due ON owner_id = hold_id
  WHERE tenant_id = %(tenant)s AND released_at IS NULL ORDER BY key
  ON CONFLICT (tenant_id, key) DO UPDATE SET seq = capacity.seq + 1 RETURNING 1
), released AS (
  UPDATE claim SET released_at = %(now)s, reason = 'expired' FROM due
  WHERE tenant_id = %(tenant)s AND owner_id = due.hold_id AND released_at IS NULL RETURNING 1
), ended AS (
  UPDATE hold SET status = 'expired', ended_at = %(now)s, version = version + 1 FROM due
  WHERE tenant_id = %(tenant)s AND hold.hold_id = due.hold_id RETURNING hold.hold_id, version
), told AS (
  INSERT INTO outbox (tenant_id, event_id, type, subject_kind, subject_id, subject_version,
  payload, at) SELECT %(tenant)s, 'evt' || substr(hold_id, 4), 'hold.expired', 'hold', hold_id,
  version, '{}', %(now)s FROM ended RETURNING 1
), kept AS (
  INSERT INTO audit (tenant_id, audit_id, batch_id, action, actor_kind, actor_id, subject_kind,
  subject_id, subject_version, changes, at, source) SELECT %(tenant)s, 'aud' || substr(hold_id, 4),
  %(batch)s, 'hold.expire', 'system', 'system', 'hold', hold_id, version,
  '{"ended_at":[null,"2026-01-01T00:00:00.000000+00:00"],"status":["active","expired"]}',
  %(now)s, 'worker' FROM ended RETURNING 1
)
SELECT (SELECT count(*) FROM ended) + 0 * ((SELECT count(*) FROM locked)
 + (SELECT count(*) FROM released) + (SELECT count(*) FROM told) + (SELECT count(*) FROM kept))
"""


def expire(options: Options) -> Result:
    """End holds that have expired, first beside customers who hold and then alone (AC-U02)."""
    with placed(options) as place:
        rooms, bare = add_rooms(place.shop, ROOMS), options.expired // BARE_PART
        hold = _one_hold(place, rooms[0])
        limit_before = _bare(place, _store(place, rooms, hold, first=0, count=bare))
        _store(place, rooms, hold, first=bare, count=options.expired)
        journeys = (
            (place.shop.post("/v1/holds", body),)
            for body in stays(add_rooms(place.shop, ROOMS), since=_FIRST_STAY)
        )
        warm_up(place, journeys, connections=CUSTOMERS)
        sent = list(islice(journeys, round(options.seconds * _HOLDS_PER_SECOND_MAX)))
        beside, alone = _Expiry(place), _Expiry(place)
        with beside:
            found = measure(
                place.ground,
                place.servers,
                sent,
                connections=CUSTOMERS,
                seconds=options.seconds,
            )
        expire_holds(place.engine)
        stored = bare + options.expired
        _store(place, rooms, hold, first=stored, count=bare)
        alone.run()
        limit_after = _bare(place, _store(place, rooms, hold, first=stored + bare, count=bare))
        limit = max(limit_before, limit_after)
        return {
            "released_per_second": beside.per_second,
            "alone_per_second": alone.per_second,
            "limit_per_second": limit,
            "limit_before_per_second": limit_before,
            "limit_after_per_second": limit_after,
            "ratio": round(alone.per_second / limit, 3),
            "released": beside.count + alone.count,
            "left": len(_due_ids(place)),
            "holds_per_second_meanwhile": round(found.per_second, 1),
            **found.waits(),
            **found.used(),
            "page": SWEEP_MAX,
            "connections": CUSTOMERS,
            "settings": place.ground.settings(),
        }


@dataclass
class _Expiry:
    """The worker at work, in a thread of this process, until it is stopped or has done all."""

    place: Place
    count: int = 0
    seconds: float = 0.0
    _should_stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        started = time.perf_counter()
        done = expire_holds(self.place.engine, should_stop=self._should_stop.is_set)
        self.seconds = time.perf_counter() - started
        self.count = done["released"]

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self.run)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._should_stop.set()
        self._thread.join()

    @property
    def per_second(self) -> float:
        return round(self.count / self.seconds, 1) if self.count else 0.0


def _one_hold(place: Place, room: str) -> Hold:
    """Place a real hold and wait until its time is over."""
    starts_at = first_instant()
    choice = Choice(resource_id=ResourceId(room), starts_at=starts_at, ends_at=starts_at + STAY)
    hold = place.shop.desk.holds.place(choice=choice, ttl=_TTL)
    time.sleep(2 * _TTL.total_seconds())
    return hold


def _store(place: Place, rooms: list[str], hold: Hold, *, first: int, count: int) -> list[str]:
    """Store copies of an expired hold and its claim, in all rooms in turn; return their ids."""
    listed = ", ".join(f"'{room}'" for room in rooms)
    room, was = f"(ARRAY[{listed}])[new.room + 1]", f"'{rooms[0]}'"
    stay = round(STAY.total_seconds() * _MICROSECONDS)
    source = (
        f"SELECT n AS number, n % {ROOMS} AS room, n / {ROOMS} * {stay} AS later"
        f" FROM generate_series({first + 1}::bigint, {first + count}) AS n"
    )
    tenant = f"was.tenant_id = '{place.shop.desk.tenant_id}'"
    changes = {
        "starts_at": "was.starts_at + new.later",
        "ends_at": "was.ends_at + new.later",
        "resource_id": room,
    }
    copy_rows(
        place.ground,
        "hold",
        f"{tenant} AND was.hold_id = '{hold.hold_id}'",
        source=source,
        changes={
            **changes,
            "hold_id": anew("hold_id"),
            "assigned": f"replace(was.assigned, {was}, {room})",
            "status": "'active'",
            "ended_at": "NULL::bigint",
            "version": "1",
            # Each is due a microsecond after the one before.
            "expires_at": f"was.expires_at - {_MICROSECONDS} + new.number",
        },
    )
    copy_rows(
        place.ground,
        "claim",
        f"{tenant} AND was.owner_id = '{hold.hold_id}'",
        source=source,
        changes={
            **changes,
            "claim_id": anew("claim_id"),
            "owner_id": anew("owner_id"),
            "key": f"replace(was.key, {was}, {room})",
            "counts_until": f"was.counts_until - {_MICROSECONDS} + new.number",
            "released_at": "NULL::bigint",
            "reason": "NULL",
        },
    )
    place.ground.settle()
    return _due_ids(place)


def _due_ids(place: Place) -> list[str]:
    """Return the copies that nobody has ended, the first due first."""
    query = (
        "SELECT hold_id FROM hold WHERE tenant_id = %s AND status = 'active' AND version = 1"
        " AND expires_at <= (SELECT extract(epoch FROM clock_timestamp()) * 1000000)"
        " ORDER BY expires_at, hold_id"
    )
    return [str(row[0]) for row in place.ground.ask(query, place.shop.desk.tenant_id)]


def _bare(place: Place, ids: list[str]) -> float:
    """End holds by one statement a page, each in a transaction, and return how many a second."""
    tenant_id, ended = place.shop.desk.tenant_id, 0
    with psycopg.connect(place.ground.url, autocommit=True) as connection:
        started = time.perf_counter()
        for first in range(0, len(ids), SWEEP_MAX):
            values = {
                "tenant": tenant_id,
                "ids": ids[first : first + SWEEP_MAX],
                "now": time.time_ns() // 1_000,
                "batch": f"bat_{first}",
            }
            (count,) = connection.execute(_BARE, values).fetchone() or (0,)
            ended += int(count)
        seconds = time.perf_counter() - started
    return round(ended / seconds, 1)
