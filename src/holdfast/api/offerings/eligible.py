"""Who may serve an offering at a time, and why the others may not."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    DayOut,
    InstantOut,
    Line,
    LocalDay,
    Out,
    Query,
    QueryInstant,
    QueryWhole,
)
from holdfast.api.offerings.requirements import RequirementOut
from holdfast.domain.access import Scope
from holdfast.domain.eligibility import (
    Candidate,
    Eligibility,
    Exclusion,
    RequirementCandidates,
)
from holdfast.domain.ids import OfferingId
from holdfast.domain.offerings import COMPONENTS_MAX
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.domain.shapes import DATES_MAX
from holdfast.engine.choosing import Choice


def _split(value: object) -> object:
    if isinstance(value, list):
        return tuple(part for text in value for part in str(text).split(",") if part)
    return value


class EligibleQuery(Query):
    """When, for how many and with which components: as a booking would say it.

    A slot by its `starts_at`; free start and end by both; days and nights by `dates`, the
    parameter repeated or with commas.
    """

    starts_at: QueryInstant | None = None
    ends_at: QueryInstant | None = None
    dates: Annotated[
        tuple[LocalDay, ...], Field(max_length=DATES_MAX), BeforeValidator(_split)
    ] = ()
    party_size: Annotated[QueryWhole, Field(ge=1, le=CAPACITY_MAX)] = 1
    components: Annotated[
        tuple[Line, ...], Field(max_length=COMPONENTS_MAX), BeforeValidator(_split)
    ] = ()


class CandidateOut(Out):
    """A resource that a requirement names, itself or by its pool or category.

    `reason` says why it may not serve: `offering` when nobody may, since the offering itself cannot
    be booked so. `units_left` is null when nothing limits it or it was not looked at.
    """

    resource_id: str
    name: str
    is_eligible: bool
    reason: Exclusion | None
    units_left: int | None

    @classmethod
    def of(cls, candidate: Candidate) -> CandidateOut:
        """Show a candidate."""
        return cls(
            resource_id=candidate.resource.resource_id,
            name=candidate.resource.name,
            is_eligible=candidate.is_eligible,
            reason=candidate.reason,
            units_left=candidate.units_left,
        )


class RequirementCandidatesOut(Out):
    """Who may serve one requirement: `members` of the candidates, with `units` of each."""

    pointer: str
    requirement: RequirementOut
    members: int
    units: int
    is_met: bool
    candidates: list[CandidateOut]

    @classmethod
    def of(cls, found: RequirementCandidates) -> RequirementCandidatesOut:
        """Show who may serve a requirement."""
        return cls(
            pointer=found.pointer,
            requirement=RequirementOut.of(found.requirement),
            members=found.members,
            units=found.units,
            is_met=found.is_met,
            candidates=[CandidateOut.of(one) for one in found.candidates],
        )


class EligibleOut(Out):
    """Who may serve. `refusal` is the code that a booking would be refused with now, if any."""

    offering_id: str
    starts_at: InstantOut
    ends_at: InstantOut
    dates: list[DayOut]
    party_size: int
    refusal: str | None
    requirements: list[RequirementCandidatesOut]

    @classmethod
    def of(cls, offering_id: OfferingId, found: Eligibility) -> EligibleOut:
        """Show who may serve."""
        wish = found.wish
        return cls(
            offering_id=offering_id,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            dates=list(wish.stay.dates),
            party_size=wish.party_size,
            refusal=None if found.refusal is None else found.refusal.code,
            requirements=[RequirementCandidatesOut.of(one) for one in found.requirements],
        )


async def list_eligible(call: Call) -> Response:
    """List who may serve, and why the others may not."""
    offering_id = OfferingId(call.path_id("offering_id", "off", kind="offering"))
    query = call.query(EligibleQuery)
    choice = Choice(
        offering_id=offering_id,
        starts_at=query.starts_at,
        ends_at=query.ends_at,
        dates=query.dates,
        components=query.components,
    )
    found = await call.read(lambda desk: desk.eligibility.list(choice, party_size=query.party_size))
    return call.answer(EligibleOut.of(offering_id, found))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/offerings/{offering_id}/eligible-resources",
        name="listEligibleResources",
        summary="List who may serve an offering then, and why the others may not",
        scopes=(Scope.AVAILABILITY_READ,),
        run=list_eligible,
        query=EligibleQuery,
        answer=EligibleOut,
        codes=("record.not_found",),
    ),
)
