"""Routes of availability: list what can be booked, find what is next, check and explain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from holdfast.api.availability.forms import (
    AvailabilityAnswer,
    By,
    CheckIn,
    CheckOut,
    ExplainQuery,
    ExplanationOut,
    ListQuery,
    NextAnswer,
    NextQuery,
    answer_shown,
    explanation_shown,
    verdict_shown,
)
from holdfast.api.calls import JSON, Call, Endpoint
from holdfast.api.models import minutes
from holdfast.domain.access import Scope
from holdfast.domain.errors import AccessDenied
from holdfast.domain.verdicts import Verdict
from holdfast.engine.availability import Availability, DailyAvailability
from holdfast.engine.facade import TenantEngine


def _json(answers: list[dict[str, Any]]) -> bytes:
    """Write one answer by itself, several as a list."""
    shown = answers[0] if len(answers) == 1 else {"items": answers}
    return json.dumps(shown, separators=(",", ":")).encode()


async def list_(call: Call) -> Response:
    """List what is open, by slot or by day."""
    query = call.query(ListQuery)
    questions = query.questions()

    def answered(desk: TenantEngine) -> bytes:
        found: Sequence[Availability | DailyAvailability]
        if query.by is By.DAY:
            found = desk.availability.answers_by_day(questions)
        else:
            found = desk.availability.answers(questions)
        return _json([answer_shown(found[i], question) for i, question in enumerate(questions)])

    return Response(await call.read(answered), media_type=JSON)


async def next_(call: Call) -> Response:
    """Find what can be booked next."""
    query = call.query(NextQuery)
    questions = query.questions()
    wait = None if query.max_wait_minutes is None else minutes(query.max_wait_minutes)

    def answered(desk: TenantEngine) -> bytes:
        find = desk.availability.at_the_desk if query.at_the_desk else desk.availability.next
        return _json(
            [answer_shown(find(one, count=query.count, max_wait=wait), one) for one in questions]
        )

    return Response(await call.read(answered), media_type=JSON)


async def check(call: Call) -> Response:
    """Judge a request without booking it."""
    body = await call.body(CheckIn)
    choice, party_size, prospect = body.choice(), body.size, body.prospect()
    if call.actor.is_public and body.customer_id is not None:
        message = "A publishable key may not name a customer_id."
        raise AccessDenied(message, scopes=[Scope.BOOKINGS_WRITE.value])
    verdict: Verdict = await call.read(
        lambda desk: desk.availability.check(choice, party_size=party_size, prospect=prospect)
    )
    return call.answer(verdict_shown(verdict, root=call.root))


async def explain(call: Call) -> Response:
    """Say every reason for and against a request."""
    query = call.query(ExplainQuery)
    choice, party_size = query.choice(), query.size
    verdict: Verdict = await call.read(
        lambda desk: desk.availability.explain(choice, party_size=party_size)
    )
    return call.answer(explanation_shown(verdict, root=call.root))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/availability",
        name="listAvailability",
        summary="List what of offerings, resources or pools can be booked, by slot or by day",
        scopes=(Scope.AVAILABILITY_READ,),
        run=list_,
        query=ListQuery,
        answer=AvailabilityAnswer,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="GET",
        path="/v1/availability/next",
        name="nextAvailability",
        summary="Find the next things that can be booked",
        scopes=(Scope.AVAILABILITY_READ,),
        run=next_,
        query=NextQuery,
        answer=NextAnswer,
        codes=("access.denied", "record.not_found"),
    ),
    Endpoint(
        method="POST",
        path="/v1/availability/check",
        name="checkAvailability",
        summary="Say whether a request could be booked, and what else if not; nothing is booked",
        scopes=(Scope.AVAILABILITY_READ,),
        run=check,
        body=CheckIn,
        answer=CheckOut,
        codes=("access.denied", "record.not_found"),
        is_question=True,
    ),
    Endpoint(
        method="GET",
        path="/v1/availability/explain",
        name="explainAvailability",
        summary="Say every reason why a request could not be booked, resource by resource",
        scopes=(Scope.AVAILABILITY_READ,),
        run=explain,
        query=ExplainQuery,
        answer=ExplanationOut,
        codes=("record.not_found",),
    ),
)
