"""How a feature of the facade runs commands and reads, for one tenant and one actor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from datetime import datetime
from typing import TypeVar, cast

from holdfast.domain.access import Actor
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import TenantId
from holdfast.domain.intervals import utc
from holdfast.engine.asking import Asking, Streams, led
from holdfast.engine.ports import Answer, IdempotencyKey, Ids, Quiescence, ReadStore, ReadStores
from holdfast.engine.reading import get
from holdfast.engine.records import (
    KINDS,
    canonical_json,
    field_names,
    id_of,
    plain,
    record_of,
)
from holdfast.engine.unit_of_work import UnitOfWork
from holdfast.engine.use_cases import Envelope, Outcome

T = TypeVar("T")
C = TypeVar("C")

OUTLIVE_SECONDS = 10.0
"""How long we wait for those who are writing; PostgreSQL ends a paused one after 5 s."""

_KIND_BY_NAME = {kind.name: record for record, kind in KINDS.items()}


class Port:
    """Runs commands and reads of one tenant as one actor. A command is a batch of one."""

    def __init__(
        self,
        *,
        unit_of_work: UnitOfWork,
        reads: ReadStores,
        quiescence: Quiescence,
        ids: Ids,
        tenant_id: TenantId,
        actor: Actor,
        asking: Asking | None = None,
        streams: Streams | None = None,
    ) -> None:
        self.asking = asking
        self.streams = streams
        self._unit_of_work = unit_of_work
        self._reads = reads
        self._quiescence = quiescence
        self.ids = ids
        self.tenant_id = tenant_id
        self.actor = actor

    def run(
        self, command: object, idempotency_key: str | None = None, *, asked: object = None
    ) -> object:
        """Run a command and return its result.

        `asked` is what the caller said, where the command has more in it that may be otherwise
        the next time.

        With an idempotency key the same call again has no second effect and returns the record
        as it is now.

        Raises:
            HoldfastError: It was refused, or could not be done.
        """
        key = None
        if idempotency_key is not None:
            key = IdempotencyKey(
                caller=f"library:{self.actor.actor_id}",
                route=type(command).__name__,
                key=idempotency_key,
                fingerprint=_fingerprint(command if asked is None else asked),
            )
        envelope = Envelope(
            command=in_utc(command),
            actor=self.actor,
            render=_reference if key else None,
            idempotency=key,
            source="library",
        )
        return self._result(self._run(envelope))

    def _run(self, envelope: Envelope) -> Outcome:
        asking = self.asking
        if asking is None or not asking.concerns(envelope.command):
            return self._run_now(envelope)
        passage = asking.passage(envelope)
        return led(passage, run=self._run_now, threads=asking.threads)

    def _run_now(self, envelope: Envelope) -> Outcome:
        return self._unit_of_work.run(self.tenant_id, [envelope])[0]

    def read(self, question: Callable[[ReadStore], T]) -> T:
        """Answer a question from one state of the database."""
        with self._reads.read(self.tenant_id) as store:
            return question(store)

    def outlive(self, *, seconds: float) -> bool:
        """Wait until everybody has ended who is writing now; False if that took too long."""
        return self._quiescence.outlive(self.tenant_id, seconds=seconds)

    def _result(self, outcome: Outcome) -> object:
        if outcome.error is not None:
            raise outcome.error from outcome.bug
        if outcome.is_replayed and outcome.answer is not None:
            said = json.loads(outcome.answer.body)
            return self.read(lambda store: get(store, _KIND_BY_NAME[said["kind"]], said["id"]))
        return outcome.result


def in_utc(command: C) -> C:
    """Return a command whose instants are in UTC, whatever zone the caller wrote them in.

    Raises:
        InputInvalid: An instant has no zone, so that nobody can tell when it is.
    """
    given: object = command
    assert is_dataclass(given)
    assert not isinstance(given, type)
    changes: dict[str, object] = {}
    for name in field_names(type(given)):
        value = getattr(given, name)
        if isinstance(value, datetime):
            changes[name] = instant_in_utc(f"/{name}", value)
        elif is_dataclass(value) and not isinstance(value, type):
            changes[name] = in_utc(value)
    return cast("C", replace(given, **changes)) if changes else command


def instant_in_utc(pointer: str, value: datetime) -> datetime:
    """Return an instant in UTC.

    Raises:
        InputInvalid: It has no zone, or lies outside the calendar.
    """
    try:
        return utc(value)
    except (ValueError, OverflowError):
        message = "An instant needs its zone: datetime(…, tzinfo=UTC), from 1970 to 2200."
        raise InputInvalid.at(pointer, "not_an_instant", message) from None


def _reference(result: object) -> Answer:
    """Render a result as a reference to its record, for a library call's replay."""
    record = record_of(result)
    body = canonical_json({"kind": KINDS[type(record)].name, "id": id_of(record)})
    return Answer(status=200, headers=(), body=body.encode())


def _fingerprint(command: object) -> str:
    return hashlib.sha256(canonical_json(plain(command)).encode()).hexdigest()


def result_of(kind: type[T], result: object) -> T:
    """Say which kind of record a command returns."""
    assert isinstance(result, kind)
    return result
