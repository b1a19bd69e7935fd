"""Forms of availability: what is asked, and how slots, days and verdicts are shown."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, RootModel

from holdfast.api.choices import ChoiceIn, ChoiceQuery, PartyQuery, Several
from holdfast.api.models import (
    ACustomerId,
    AnOfferingId,
    APoolId,
    AResourceId,
    ContactIn,
    DayOut,
    InstantOut,
    LocalDay,
    Metadata,
    Out,
    QueryInstant,
    QueryWhole,
    Word,
    minutes,
    minutes_of,
    read_flag,
    show_instant,
)
from holdfast.api.pricing import TermsIn
from holdfast.api.problems import problem_members
from holdfast.domain.customers import Contact
from holdfast.domain.errors import Alternative, HoldfastError, InputInvalid
from holdfast.domain.listing import WINDOW_DAYS_MAX, OpenSlot
from holdfast.domain.open_days import OpenDay
from holdfast.domain.shapes import DATES_MAX
from holdfast.domain.verdicts import RequirementVerdict, Verdict
from holdfast.engine.availability import (
    ALTERNATIVES,
    NEXT_MAX,
    SUBJECTS_MAX,
    Availability,
    AvailabilityQuery,
    DailyAvailability,
    Prospect,
)

_LENGTH_MAX = minutes_of(timedelta(days=DATES_MAX))
_WAIT_MAX = minutes_of(timedelta(days=WINDOW_DAYS_MAX))


class SubjectQuery(PartyQuery):
    """Which offerings, resources or pools, when, for how many and how long.

    Of a pool it is asked when any one of its members is free.
    """

    subjects_max: ClassVar[int] = SUBJECTS_MAX

    offering_id: Annotated[Several[AnOfferingId], Field(max_length=SUBJECTS_MAX)] = ()
    resource_id: Annotated[Several[AResourceId], Field(max_length=SUBJECTS_MAX)] = ()
    pool_id: Annotated[Several[APoolId], Field(max_length=SUBJECTS_MAX)] = ()
    starts_at: Annotated[QueryInstant | None, Field(alias="from")] = None
    ends_at: Annotated[QueryInstant | None, Field(alias="to")] = None
    first_on: LocalDay | None = None
    last_on: LocalDay | None = None
    date_count: Annotated[QueryWhole | None, Field(ge=1, le=DATES_MAX)] = None
    length_minutes: Annotated[QueryWhole | None, Field(ge=1, le=_LENGTH_MAX)] = None

    def questions(self) -> list[AvailabilityQuery]:
        """Return one question for each offering, resource and pool, in the order they stand in.

        Raises:
            InputInvalid: There is none, or there are too many.
        """
        count = len(self.offering_id) + len(self.resource_id) + len(self.pool_id)
        most = self.subjects_max
        if not 1 <= count <= most:
            message = f"Say what to look at: 1 to {most} offering_id, resource_id or pool_id."
            code = "too_many" if count else "missing"
            raise InputInvalid.at("/offering_id", code, message)
        named: list[dict[str, Any]] = [{"offering_id": one} for one in self.offering_id]
        named += [{"resource_id": one} for one in self.resource_id]
        named += [{"pool_id": one} for one in self.pool_id]
        length = self.length_minutes
        return [
            AvailabilityQuery(
                **subject,
                starts_at=self.starts_at,
                ends_at=self.ends_at,
                first_on=self.first_on,
                last_on=self.last_on,
                party_size=self.size,
                date_count=self.date_count,
                length=None if length is None else minutes(length),
                picks=self.resource_ids,
                components=self.components,
            )
            for subject in named
        ]


class By(StrEnum):
    """What is listed: every slot, or every date with what is open on it."""

    SLOT = "slot"
    DAY = "day"


class ListQuery(SubjectQuery):
    """What to list: by slot or by day. The window is at most 400 days, by default the next 7.

    It is said by instants (`from`, `to`) or by local dates (`first_on`, `last_on`, both included).
    """

    by: Word[By] = By.SLOT


class NextQuery(SubjectQuery):
    """What to find next, from now or `from` on, at most so long after it.

    `at_the_desk` is for staff: notice is set aside, and what has begun is found too until it ends.
    """

    # Each is a search of its own.
    subjects_max: ClassVar[int] = 20

    max_wait_minutes: Annotated[QueryWhole | None, Field(ge=1, le=_WAIT_MAX)] = None
    count: Annotated[QueryWhole, Field(ge=1, le=NEXT_MAX)] = ALTERNATIVES
    at_the_desk: Annotated[bool, BeforeValidator(read_flag)] = False


class CheckIn(ChoiceIn, TermsIn):
    """The request that is to be judged: the same as for a hold or a booking.

    Where anything is said of who books or on which terms, promo codes, tickets and the customer's
    limits are asked as well. Only staff may name a `customer_id`.
    """

    metadata: Metadata | None = None
    customer_id: ACustomerId | None = None
    contact: ContactIn | None = None

    def prospect(self) -> Prospect | None:
        """Return who would book and on which terms, if anything is said of it."""
        said = {*TermsIn.model_fields, "metadata", "customer_id", "contact"}
        if not said & self.model_fields_set:
            return None
        return Prospect(
            terms=self.terms(),
            contact=Contact() if self.contact is None else self.contact.contact(),
            customer_id=self.customer_id,
            metadata=self.metadata or {},
        )


class ExplainQuery(ChoiceQuery):
    """The request that is to be explained: the same as for a hold or a booking."""


class OpenSlotOut(Out):
    """Something that can be booked. `remaining` is null when nothing limits it.

    A slot has a `slot_id`; days and nights have `dates`, those on which nights begin.
    """

    slot_id: str | None
    starts_at: InstantOut
    ends_at: InstantOut
    remaining: int | None
    dates: list[DayOut]


class OpenDayOut(Out):
    """What is open on a local date. `capacity` is told of things that are booked by dates."""

    date: DayOut
    is_available: bool
    open_count: int
    first_starts_at: InstantOut | None
    capacity: int | None
    remaining: int | None
    reason: str | None


class LookedAtOut(Out):
    """What was looked at: an offering, or a resource or pool by itself, and the window."""

    offering_id: str | None
    resource_id: str | None
    pool_id: str | None
    zone: str
    starts_from: Annotated[InstantOut, Field(alias="from")]
    starts_before: Annotated[InstantOut, Field(alias="to")]
    party_size: int


class AvailabilityOut(LookedAtOut):
    """What can be booked: the window that was looked at and what is open in it, in order."""

    slots: list[OpenSlotOut]


class DailyAvailabilityOut(LookedAtOut):
    """What can be booked, by local date. `unavailable_dates` are those with nothing open."""

    all_dates_available: bool
    unavailable_dates: list[DayOut]
    days: list[OpenDayOut]


class AvailabilitiesOut(Out):
    """An answer for each of several offerings, resources and pools, in their order."""

    items: list[AvailabilityOut | DailyAvailabilityOut]


class AvailabilityAnswer(RootModel[AvailabilityOut | DailyAvailabilityOut | AvailabilitiesOut]):
    """By slot or by day; of several of them a list of such answers."""


class NextAnswer(RootModel[AvailabilityOut | AvailabilitiesOut]):
    """The next things that can be booked; of several of them a list of answers."""


class CapacityVerdictOut(Out):
    """Whether a party of that size can be served at all. `limited_by` names what limits it."""

    is_valid: bool
    capacity_max: int | None
    requested: int
    limited_by: str | None
    message: str


class RequirementVerdictOut(Out):
    """How many resources serve a requirement, and how many are free then."""

    role: str
    target_id: str
    is_required: bool
    is_met: bool
    needed: int
    total: int
    free: int
    used: int
    reason: str | None


class CandidateOut(Out):
    """Whether a resource could serve then; `remaining` is null when nothing limits it.

    `is_host_busy` warns that its owner is busy on another resource at that time.
    """

    resource_id: str
    name: str
    is_free: bool
    capacity: int | None
    remaining: int | None
    reason: str | None
    is_host_busy: bool


class ExplainedRequirementOut(RequirementVerdictOut):
    """The same, with every resource that may serve it."""

    resources: list[CandidateOut]


class AvailabilityVerdictOut(Out):
    """Whether there is room then."""

    is_available: bool
    remaining: int | None
    requirements: list[RequirementVerdictOut]


class CheckOut(Out):
    """Whether a request could be booked now. `refusal` is the problem that a booking would get."""

    can_book: bool
    capacity: CapacityVerdictOut
    availability: AvailabilityVerdictOut
    refusal: dict[str, Any] | None
    alternatives: list[OpenSlotOut]


class ExplanationOut(Out):
    """Every reason why something could not be booked now, and who would serve it."""

    is_available: bool
    reasons: list[dict[str, Any]]
    requirements: list[ExplainedRequirementOut]


def slot_shown(slot: OpenSlot | Alternative) -> dict[str, Any]:
    """Return an open slot as it is shown."""
    return {
        "slot_id": slot.slot_id,
        "starts_at": show_instant(slot.starts_at),
        "ends_at": show_instant(slot.ends_at),
        "remaining": slot.remaining,
        "dates": [day.isoformat() for day in slot.dates],
    }


def answer_shown(
    found: Availability | DailyAvailability, question: AvailabilityQuery
) -> dict[str, Any]:
    """Return an answer as it is shown, by hand: there may be thousands of slots."""
    shown = {
        "offering_id": question.offering_id,
        "resource_id": question.resource_id,
        "pool_id": question.pool_id,
        "zone": found.zone,
        "from": show_instant(found.window.starts_at),
        "to": show_instant(found.window.ends_at),
        "party_size": question.party_size,
    }
    if isinstance(found, Availability):
        return {**shown, "slots": [slot_shown(slot) for slot in found.slots]}
    return {
        **shown,
        "all_dates_available": found.all_dates_available,
        "unavailable_dates": [day.on.isoformat() for day in found.days if not day.is_available],
        "days": [_day_shown(day) for day in found.days],
    }


def _day_shown(day: OpenDay) -> dict[str, Any]:
    first = day.first_starts_at
    return {
        "date": day.on.isoformat(),
        "is_available": day.is_available,
        "open_count": day.open_count,
        "first_starts_at": None if first is None else show_instant(first),
        "capacity": day.capacity,
        "remaining": day.remaining,
        "reason": day.reason,
    }


def verdict_shown(verdict: Verdict, *, root: str) -> CheckOut:
    """Return a verdict as it is shown."""
    capacity, availability = verdict.capacity, verdict.availability
    return CheckOut(
        can_book=verdict.can_book,
        capacity=CapacityVerdictOut(
            is_valid=capacity.is_valid,
            capacity_max=capacity.capacity_max,
            requested=capacity.requested,
            limited_by=capacity.limited_by,
            message=capacity.message,
        ),
        availability=AvailabilityVerdictOut(
            is_available=availability.is_available,
            remaining=availability.remaining,
            requirements=[
                RequirementVerdictOut(**_requirement(one)) for one in availability.requirements
            ],
        ),
        refusal=None if verdict.refusal is None else _refusal(verdict.refusal, root=root),
        alternatives=[
            OpenSlotOut(
                slot_id=other.slot_id,
                starts_at=other.starts_at,
                ends_at=other.ends_at,
                remaining=other.remaining,
                dates=list(other.dates),
            )
            for other in verdict.alternatives
        ],
    )


def explanation_shown(verdict: Verdict, *, root: str) -> ExplanationOut:
    """Return every reason as it is shown."""
    return ExplanationOut(
        is_available=verdict.can_book,
        reasons=[_refusal(reason, root=root) for reason in verdict.reasons],
        requirements=[
            ExplainedRequirementOut(
                **_requirement(one),
                resources=[
                    CandidateOut(
                        resource_id=candidate.resource_id,
                        name=candidate.name,
                        is_free=candidate.is_free,
                        capacity=candidate.total,
                        remaining=candidate.free,
                        reason=candidate.reason,
                        is_host_busy=candidate.is_host_busy,
                    )
                    for candidate in one.candidates
                ],
            )
            for one in verdict.availability.requirements
        ],
    )


def _requirement(verdict: RequirementVerdict) -> dict[str, Any]:
    return {
        "role": verdict.role,
        "target_id": verdict.target_id,
        "is_required": verdict.is_required,
        "is_met": verdict.is_met,
        "needed": verdict.needed,
        "total": verdict.total,
        "free": verdict.free,
        "used": verdict.total - verdict.free,
        "reason": verdict.reason,
    }


def _refusal(refusal: HoldfastError, *, root: str) -> dict[str, object]:
    """Show a refusal; its alternatives stand beside it."""
    members = problem_members(refusal, root=root)
    return {name: value for name, value in members.items() if name != "alternatives"}
