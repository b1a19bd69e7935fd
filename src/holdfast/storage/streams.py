"""Streams in the database: facts get their numbers after the commit, and listeners their turns.

A fact has its number in the order in which it is seen to be committed: by its instant, then by its
place in its batch, and facts of one record never out of the order of its versions. A transaction
that commits late gets later numbers, so nobody who has come as far as a number has missed one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, update

from holdfast.domain.accounts import HOUSE
from holdfast.domain.history import Event
from holdfast.domain.ids import TenantId
from holdfast.engine.asking.streams import ListenerState, Turn
from holdfast.engine.ports import CapacityKind, LockRequest
from holdfast.storage.database import Database, WriteTransaction
from holdfast.storage.database.steps import Insertion
from holdfast.storage.mapping import mapper_of
from holdfast.storage.schema import history

STREAM_KEY = "stream"
"""The guard of whoever numbers the facts of a business, or takes a listener's turn."""

_outbox = history.outbox.columns
_stream = history.stream.columns
_listener = history.listener.columns

_NUMBER = (
    update(history.outbox)
    .where(_outbox.tenant_id == bindparam("b_tenant"), _outbox.event_id == bindparam("b_id"))
    .values(position=bindparam("b_position"))
)


class SqlStreams:
    """Numbers facts, and remembers who was told of them."""

    def __init__(self, database: Database) -> None:
        """Work on a database."""
        self._database = database

    def unnumbered(self, *, limit: int) -> list[TenantId]:
        """Return businesses with facts that have no number yet."""
        statement = (
            select(_outbox.tenant_id)
            .where(_outbox.position.is_(None))
            .distinct()
            .order_by(_outbox.tenant_id)
            .limit(limit)
        )
        with self._database.read() as transaction:
            return [TenantId(row[0]) for row in transaction.connection.execute(statement)]

    def number(self, tenant_id: TenantId, *, limit: int) -> int:
        """Give the next facts of a business their numbers; returns how many were given."""
        with self._database.write(tenant_id) as transaction:
            last = _lock_stream(transaction)
            statement = (
                select(_outbox.event_id, _outbox.subject_id, _outbox.subject_version)
                .where(_outbox.tenant_id == tenant_id, _outbox.position.is_(None))
                .order_by(_outbox.at, _outbox.ordinal, _outbox.event_id)
                .limit(limit)
            )
            rows_found = transaction.connection.execute(statement).all()
            ids = _in_order([(row[0], row[1], row[2]) for row in rows_found])
            rows = [
                {"b_tenant": tenant_id, "b_id": event_id, "b_position": position}
                for position, event_id in enumerate(ids, last + 1)
            ]
            if rows:
                transaction.connection.execute(_NUMBER, rows)
                statement_end = update(history.stream).where(_stream.tenant_id == tenant_id)
                transaction.connection.execute(statement_end.values(last_position=last + len(rows)))
            transaction.commit()
        return len(rows)

    def behind(self, name: str, *, limit: int) -> list[TenantId]:
        """Return businesses that have facts a listener was not told of, if it may be tried now.

        Who signs in is the house's affair: of its books nobody is told.
        """
        is_this = and_(_listener.tenant_id == _stream.tenant_id, _listener.name == name)
        with self._database.read() as transaction:
            now = transaction.now()
            may_try = or_(_listener.retry_at.is_(None), _listener.retry_at <= now)
            is_free = or_(_listener.leased_until.is_(None), _listener.leased_until <= now)
            statement = (
                select(_stream.tenant_id)
                .select_from(history.stream.outerjoin(history.listener, is_this))
                .where(
                    _stream.tenant_id != HOUSE,
                    func.coalesce(_listener.position, 0) < _stream.last_position,
                    may_try,
                    is_free,
                )
                .order_by(_stream.tenant_id)
                .limit(limit)
            )
            return [TenantId(row[0]) for row in transaction.connection.execute(statement)]

    def begin(self, tenant_id: TenantId, name: str, *, token: str, seconds: float) -> Turn | None:
        """Take a listener's turn for so long; None while somebody else has it."""
        with self._database.write(tenant_id) as transaction:
            _lock_stream(transaction)
            now = transaction.now()
            here = and_(_listener.tenant_id == tenant_id, _listener.name == name)
            statement = select(_listener.position, _listener.tries, _listener.leased_until)
            found = transaction.connection.execute(statement.where(here)).one_or_none()
            if found is None:
                row = {"tenant_id": tenant_id, "name": name, "position": 0, "tries": 0}
                transaction.write([Insertion(history.listener, [{**row, "given_up_count": 0}])])
            elif found.leased_until is not None and found.leased_until > now:
                return None
            leased = {"leased_until": now + timedelta(seconds=seconds), "token": token}
            transaction.connection.execute(update(history.listener).where(here).values(**leased))
            transaction.commit()
        position, tries = (0, 0) if found is None else (found.position, found.tries)
        return Turn(tenant_id=tenant_id, name=name, token=token, position=position, tries=tries)

    def facts(self, tenant_id: TenantId, *, after: int, limit: int) -> Sequence[tuple[int, Event]]:
        """Return the next facts of a business with their numbers, in order."""
        mapper = mapper_of(Event)
        statement = (
            select(history.outbox)
            .where(_outbox.tenant_id == tenant_id, _outbox.position > after)
            .order_by(_outbox.position)
            .limit(limit)
        )
        with self._database.read(tenant_id) as transaction:
            rows = transaction.connection.execute(statement).mappings()
            return [(row["position"], mapper.from_row(row)) for row in rows]

    def told(self, turn: Turn, *, position: int, seconds: float) -> bool:
        """Record how far a listener is, and keep its turn; False if that is somebody else's now."""
        return self._note(turn, seconds, position=position, tries=0, error=None, retry_at=None)

    def failed(self, turn: Turn, *, error: str, wait_seconds: float) -> bool:
        """Record a try in vain, and end the turn; False if it is somebody else's now."""
        retry_at = self.now() + timedelta(seconds=wait_seconds)
        return self._note(turn, None, tries=turn.tries + 1, error=error, retry_at=retry_at)

    def gave_up(self, turn: Turn, *, position: int, event_id: str, error: str) -> bool:
        """Record that a fact is passed over for good; False if the turn is somebody else's now."""
        return self._note(
            turn,
            None,
            position=position,
            tries=0,
            error=error,
            retry_at=None,
            given_up_count=_listener.given_up_count + 1,
            given_up_event_id=event_id,
        )

    def end(self, turn: Turn) -> None:
        """End a turn."""
        self._note(turn, None)

    def states(self, tenant_id: TenantId) -> list[ListenerState]:
        """Return how far each listener is at one business, by name."""
        statement = (
            select(history.listener, _stream.last_position)
            .join(history.stream, _stream.tenant_id == _listener.tenant_id)
            .where(_listener.tenant_id == tenant_id)
            .order_by(_listener.name)
        )
        with self._database.read(tenant_id) as transaction:
            rows = transaction.connection.execute(statement).mappings().all()
        return [
            ListenerState(
                tenant_id=tenant_id,
                name=row["name"],
                position=row["position"],
                last_position=row["last_position"],
                tries=row["tries"],
                error=row["error"],
                given_up_count=row["given_up_count"],
                given_up_event_id=row["given_up_event_id"],
            )
            for row in rows
        ]

    def now(self) -> datetime:
        """Read the clock of record."""
        with self._database.read() as transaction:
            return transaction.now()

    def _note(self, turn: Turn, seconds: float | None, **values: object) -> bool:
        """Change a listener's row, if the turn is still its own; None seconds end the turn."""
        with self._database.write(turn.tenant_id) as transaction:
            until = None
            if seconds is not None:
                until = transaction.now() + timedelta(seconds=seconds)
            statement = (
                update(history.listener)
                .where(
                    _listener.tenant_id == turn.tenant_id,
                    _listener.name == turn.name,
                    _listener.token == turn.token,
                )
                .values(leased_until=until, **values)
            )
            count = transaction.connection.execute(statement).rowcount
            transaction.commit()
        return count == 1


def _lock_stream(transaction: WriteTransaction) -> int:
    """Lock a business's stream, making its row if there is none, and return its last number."""
    transaction.lock([LockRequest(key=STREAM_KEY, kind=CapacityKind.GUARD)])
    here = _stream.tenant_id == transaction.tenant_id
    found = transaction.connection.execute(select(_stream.last_position).where(here)).scalar()
    if found is None:
        row = {"tenant_id": transaction.tenant_id, "last_position": 0}
        transaction.write([Insertion(history.stream, [row])])
    return found or 0


def _in_order(rows: Sequence[tuple[str, str, int]]) -> list[str]:
    """Return event ids in order, of ids, subjects and versions as they were found.

    The facts of one record share out the places that they have together, by its versions.
    """
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row[1], []).append(place)
    ids = [event_id for event_id, _, _ in rows]
    for own in places.values():
        by_version = sorted(own, key=lambda place: rows[place][2])
        for place, source in zip(own, by_version, strict=True):
            ids[place] = rows[source][0]
    return ids
