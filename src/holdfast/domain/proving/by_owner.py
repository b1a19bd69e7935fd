"""Proving an owner: a hold, booking, block or slot has the claims that its record asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from holdfast.domain.bookings import LIVE, Booking, BookingStatus, PendingReason
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.proving.findings import CLAIMS_SHOWN_MAX, Finding
from holdfast.domain.proving.taking import ClaimShape, shapes_of
from holdfast.domain.series import SeriesOccurrence


class Duty(Enum):
    """What an owner has to do with its claims."""

    KEEP = "keep"
    KEEP_UNLESS_LAPSED = "keep_unless_lapsed"
    KEEP_ALL_OR_NONE = "keep_all_or_none"
    GIVE_BACK = "give_back"
    HAVE_NONE = "have_none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What a hold, booking, block or slot says of its claims.

    Attributes:
        name: The record's id.
        kind: What it is.
        duty: What it has to do with its claims, by its status.
        options: What its claims take; any of these will do, if its offering changed just then.
        is_served: Whether the resources that serve it are those that its offering asked for.
        counts_until: Until when its unreleased claims count by themselves.
    """

    name: str
    kind: ClaimOwner
    duty: Duty
    options: Sequence[Counter[ClaimShape]] = (Counter(),)
    is_served: bool = True
    counts_until: datetime | None = None


def owner_faults(owner: Owner, claims: Sequence[Claim]) -> Iterator[Finding]:
    """Find where an owner and its claims disagree. `claims` are all that it has, and had."""
    for claim in claims:
        if claim.owner_kind is not owner.kind:
            yield Finding(
                "claim.wrong_owner",
                claim.claim_id,
                f"It says that it belongs to a {claim.owner_kind}; {owner.name} is a {owner.kind}.",
            )
    kept = [claim for claim in claims if claim.released_at is None]
    if owner.duty in {Duty.GIVE_BACK, Duty.HAVE_NONE} and kept:
        yield Finding(
            "owner.still_claims",
            owner.name,
            f"This {owner.kind} is over, and {len(kept)} claim(s) of it are not released:"
            f" {', '.join(claim.claim_id for claim in kept[:CLAIMS_SHOWN_MAX])}.",
        )
        return
    if owner.duty is Duty.HAVE_NONE:
        return  # what it gave back before is nobody's: taken anew over the limit, for one
    if not owner.options:
        detail = f"Nobody knows what this {owner.kind} takes: its definition has no history."
        yield Finding("owner.no_definition", owner.name, detail)
        return
    for claim in kept:
        if claim.counts_until != owner.counts_until:
            yield Finding(
                "claim.counts_until",
                claim.claim_id,
                f"It counts until {_instant(claim.counts_until)}, and its {owner.kind}"
                f" {owner.name} until {_instant(owner.counts_until)}.",
            )
    if not owner.is_served:
        detail = f"What this {owner.kind} has taken is not what its offering asked for then."
        yield Finding("owner.not_served", owner.name, detail)
        return
    found = shapes_of(kept_to(owner, claims))
    if owner.duty is Duty.KEEP_ALL_OR_NONE and not found:
        return
    is_right = found in owner.options
    if owner.duty is Duty.GIVE_BACK:  # it may have had others before
        is_right = any(_has_had(found, option) for option in owner.options)
    if not is_right:
        yield Finding(
            "owner.claims",
            owner.name,
            f"By its history this {owner.kind} takes {_shapes(owner.options[0])}; its claims take"
            f" {_shapes(found)}.",
        )


def waiting_faults(booking: Booking, *, now: datetime) -> Iterator[Finding]:
    """Find where a booking waits for something else than it says, or than is still to be paid."""
    before = booking.policy.reminder_before or ()
    if booking.remind_at not in {None, *(booking.starts_at - length for length in before)}:
        detail = (
            f"A reminder is due at {_instant(booking.remind_at)}, and its policy has none then."
        )
        yield Finding("booking.reminder", booking.booking_id, detail)
    reasons = set(booking.pending_reasons)
    said = ", ".join(booking.pending_reasons) or "nothing"
    if (booking.status is BookingStatus.PENDING) is not bool(reasons):
        detail = f"It is {booking.status}, and waits for {said}."
        yield Finding("booking.waiting", booking.booking_id, detail)
        return
    is_over = booking.expires_at is not None and booking.expires_at <= now
    if not reasons or is_over:  # what is paid when its time is over confirms nothing
        return
    is_owing = bool(booking.policy.needs_payment) and not booking.is_covered
    if is_owing is not (PendingReason.PAYMENT in reasons):
        paid, price = booking.paid_minor - booking.refunded_minor, booking.price.amount_minor
        detail = f"{paid} of {price} is paid, and it waits for {said}."
        yield Finding("booking.waiting", booking.booking_id, detail)


def series_faults(booking: Booking, occurrence: SeriesOccurrence | None) -> Iterator[Finding]:
    """Find where a booking of a series is not where its occurrence is, or stands beside another."""
    if occurrence is None:
        detail = f"There is no occurrence {booking.series_index} of {booking.series_id}."
    elif occurrence.booking_id != booking.booking_id:
        if booking.status not in LIVE:
            return  # it was called off, and booked anew
        detail = f"{occurrence.occurrence_id} is booked by {occurrence.booking_id}, and by this."
    elif (occurrence.starts_at, occurrence.ends_at) != (booking.starts_at, booking.ends_at):
        detail = f"{occurrence.occurrence_id} is at {_instant(occurrence.starts_at)}."
    else:
        return
    yield Finding("series.elsewhere", booking.booking_id, detail)


def _has_had(found: Counter[ClaimShape], option: Counter[ClaimShape]) -> bool:
    """Whether all of an option is among what was claimed. Of a slot's places it may be more."""
    missing = option - found
    most = {(key, *times): units for key, units, *times in found if key.startswith("slot:")}
    return all(
        units <= most.get((key, *times), 0) and count == 1
        for (key, units, *times), count in missing.items()
    )


def kept_to(owner: Owner, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims that have to be what the owner says."""
    if owner.duty is Duty.GIVE_BACK:
        return list(claims)
    until = owner.counts_until if owner.duty is Duty.KEEP_UNLESS_LAPSED else None
    return [
        claim
        for claim in claims
        if claim.released_at is None or (until is not None and claim.released_at >= until)
    ]


def _instant(instant: datetime | None) -> str:
    return "ever" if instant is None else instant.isoformat()


def _shapes(shapes: Counter[ClaimShape]) -> str:
    said = [
        f"{units} of {key} from {starts_at.isoformat()} to {ends_at.isoformat()}"
        for key, units, starts_at, ends_at in sorted(shapes.elements())
    ]
    more = f" and {len(said) - CLAIMS_SHOWN_MAX} more" if len(said) > CLAIMS_SHOWN_MAX else ""
    return "; ".join(said[:CLAIMS_SHOWN_MAX]) + more if said else "no claims"
