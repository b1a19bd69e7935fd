"""Moving: giving a booking another time, other resources or another size, all at once or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.availability import CHECKS, IN_PLACE_CHECKS, SHRINKING_CHECKS
from holdfast.domain.bookings import Booking, BookingAction, BookingStatus, transition
from holdfast.domain.cancelling import require_movable
from holdfast.domain.claims import Claim, ClaimOwner, is_use_key
from holdfast.domain.customers import Customer
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    InputInvalid,
    NoticeTooShort,
    TransitionNotAllowed,
)
from holdfast.domain.ids import ResourceId, SlotId
from holdfast.domain.overrides import Override
from holdfast.domain.reminders import remind_at
from holdfast.domain.terms import Terms, Tickets, terms_faults
from holdfast.domain.zones import wall_time, zone
from holdfast.engine.choosing import Choice, Target, choice_of, choose
from holdfast.engine.customer_limits import (
    Buyer,
    Deal,
    require_within_resource_limits,
    resource_limit_needs,
)
from holdfast.engine.placing import Placed, Taker, judged, placing_needs, take
from holdfast.engine.ports import ById, Where
from holdfast.engine.pricing import Purchase, places_taken, quote_for
from holdfast.engine.releasing import close_emptied, give_back, keeping_needs
from holdfast.engine.snapshots import side_by_side
from holdfast.engine.staging import candidates_of
from holdfast.engine.use_cases import Look, Needs, View
from holdfast.engine.using import agreed_needs, agreed_promos, move_tickets


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What is to be different about a booking; what is not said stays.

    Attributes:
        slot_id: Another slot of its offering; or else:
        starts_at, ends_at: The start of another slot; of a free time both, its start alone, which
            keeps the length, or its end alone, which changes it; or else:
        dates: Other days or nights; of nights, `is_by_nights` if they were said by check-in.
        resource_id: Another resource, of a booking of a resource by itself.
        picks: Resources wished for by name; empty lets any that would do serve.
        party_size: How many come; with other tickets as many as there are of those.
        tickets: How many of which tier, all of them anew.
    """

    slot_id: SlotId | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    dates: tuple[date, ...] = ()
    is_by_nights: bool = False
    resource_id: ResourceId | None = None
    picks: tuple[ResourceId, ...] | None = None
    components: tuple[str, ...] | None = None
    party_size: int | None = None
    tickets: tuple[Tickets, ...] | None = None


def size_after(booking: Booking, move: Move) -> int:
    """Return how many come to a booking, if it is changed so."""
    if move.party_size is not None:
        return move.party_size
    return sum(one.quantity for one in move.tickets or ()) or booking.party_size


def terms_after(booking: Booking, move: Move) -> Terms:
    """Return on what terms a booking is, if it is changed so.

    Raises:
        InputInvalid: The tickets are malformed.
    """
    if move.tickets is None:
        return booking.terms
    checks.require(terms_faults(Terms(tickets=move.tickets)))
    return replace(booking.terms, tickets=move.tickets)


def choice_after(booking: Booking, move: Move) -> Choice:
    """Return what a booking would have been chosen by, if it is moved.

    Raises:
        InputInvalid: It names a time twice, or another resource where an offering is booked.
    """
    now = choice_of(booking)
    picks = now.picks if move.picks is None else move.picks
    components = now.components if move.components is None else move.components
    if move.resource_id is not None and booking.offering_id is not None:
        message = "This booking is of an offering. Say by 'resource_ids' who should serve it."
        raise InputInvalid.at("/resource_id", "wrong_form", message)
    is_timed = move.starts_at is not None or move.ends_at is not None
    if sum((move.slot_id is not None, is_timed, bool(move.dates))) > 1:
        message = "Say the new time in one way: a slot_id, starts_at and ends_at, or dates."
        raise InputInvalid.at("/slot_id", "two_forms", message)
    resource_id = move.resource_id or booking.resource_id
    whole = Choice(
        offering_id=booking.offering_id,
        resource_id=resource_id if booking.offering_id is None else None,
        picks=picks,
        components=components,
    )
    if move.slot_id is not None:
        return Choice(slot_id=move.slot_id, picks=picks, components=components)
    if move.dates:
        return replace(whole, dates=move.dates, is_by_nights=move.is_by_nights)
    if is_timed:
        starts_at = booking.starts_at if move.starts_at is None else move.starts_at
        ends_at = move.ends_at
        if ends_at is None and booking.slot_id is None and not booking.dates:
            ends_at = starts_at + (booking.ends_at - booking.starts_at)
        return replace(whole, starts_at=starts_at, ends_at=ends_at)
    if booking.slot_id is not None:
        return replace(now, picks=picks, components=components)
    return replace(now, resource_id=whole.resource_id, picks=picks, components=components)


def moving_needs(look: Look, booking: Booking, move: Move) -> Needs:
    """Find what moving a booking locks: what it has, and what it would have."""
    booking_id = booking.booking_id
    look.want(Where(Claim, "owner_id", booking_id))
    if booking.customer_id is not None:
        look.want(ById(Customer, booking.customer_id))
    choice = choice_after(booking, move)
    kept, placing = side_by_side(
        lambda: keeping_needs(look, booking, booking_id), lambda: placing_needs(look, choice)
    )
    target = choose(look, choice)
    needs = kept | placing | agreed_needs(look, booking, target, terms_after(booking, move))
    if move == Move():
        return needs  # Who serves instead of somebody else is the business's affair.
    serving = candidates_of(look, target, choice.components)
    return needs | resource_limit_needs(look, target, serving, _buyer(booking))


def moved(
    view: View,
    booking: Booking,
    move: Move,
    *,
    override: Override | None,
    keeps_price: bool,
) -> dict[str, object]:
    """Give a booking's places back and take others; return what changes about it.

    Its own claims are not in its way. Of what is refused nothing is written. Without a difference
    nothing changes.

    Raises:
        HoldfastError: The new request is refused.
        NeedsMore: It may yet be served by somebody whose key is not locked.
    """
    transition(booking.status, BookingAction.RESCHEDULE)
    _require_not_lapsed(booking, now=view.now)
    choice = choice_after(booking, move)
    target = _new_target(view, booking, choice)
    size, terms = size_after(booking, move), terms_after(booking, move)
    before = _terms(booking)
    resource_id = target.resource.resource_id if target.resource else None
    after = {
        "slot_id": target.slot_id,
        "starts_at": target.stay.starts_at,
        "ends_at": target.stay.ends_at,
        "dates": target.stay.dates,
        "party_size": size,
        "components": choice.components,
        "terms": terms,
    }
    if after == before and choice.picks == booking.picks and resource_id == booking.resource_id:
        return {}
    is_in_place = all(after[name] == before[name] for name in _TIMES)
    _require_may_touch(view, booking)
    if not is_in_place or _is_less(booking, choice, size=size):
        _require_may_leave(view, booking)
    claims = _places_of(view, booking)
    slot_ids = give_back(view, booking.booking_id, reason="rescheduled")
    taken_count = places_taken(view, target)
    placed = _take_anew(
        view,
        booking,
        choice,
        claims,
        size=size,
        is_in_place=is_in_place,
        keeps_start=target.stay.starts_at == booking.starts_at,
        over=override,
    )
    _require_within_limits(view, booking, choice, placed, over=override)
    close_emptied(view, slot_ids)
    changes: dict[str, object] = {
        **after,
        "resource_id": resource_id,
        "picks": choice.picks,
        "assigned": placed.assigned,
        **_of_its_time(view, booking, target),
        "override": override or booking.override,
        "freed_at": None,
        "reschedule_count": booking.reschedule_count + (0 if is_in_place else 1),
        "uses": move_tickets(view, booking, target, terms, _taker(booking), party_size=size),
    }
    if not keeps_price and after != before:
        changes |= _price(view, target, booking, terms, size=size, taken_count=taken_count)
    return changes


def _of_its_time(view: View, booking: Booking, target: Target) -> dict[str, object]:
    """Return what follows from a booking's time: a new start arms its reminders anew."""
    stay, due_at = target.stay, booking.remind_at
    if stay.starts_at != booking.starts_at:
        due_at = remind_at(booking.policy, starts_at=stay.starts_at, after=view.now)
    return {
        "zone": target.zone_name,
        "local_start": wall_time(stay.starts_at, zone(target.zone_name)),
        "remind_at": due_at,
        "completes_at": None if booking.completes_at is None else stay.ends_at,
    }


def served_by_others(
    view: View, booking: Booking, *, lost: frozenset[ResourceId], drops_wishes: bool
) -> dict[str, object]:
    """Let others serve in place of those that a booking has lost; return what changes about it.

    Who still serves goes on, if the others can be had beside them.

    Raises:
        HoldfastError: Nobody else can; nothing was changed.
        NeedsMore: It may yet be served by somebody whose key is not locked.
    """
    transition(booking.status, BookingAction.RESCHEDULE)
    _require_not_lapsed(booking, now=view.now)
    choice = choice_of(booking)
    if drops_wishes:
        choice = replace(choice, picks=tuple(one for one in choice.picks if one not in lost))
    claims = view.where(Claim, "owner_id", booking.booking_id)
    slot_ids = give_back(view, booking.booking_id, reason="reassigned")

    def taken(wished: Choice) -> Placed:
        return _take_anew(
            view,
            booking,
            wished,
            claims,
            size=booking.party_size,
            is_in_place=False,
            keeps_start=True,
            over=None,
        )

    kept = [one for one in _served_by(view, booking, choice) if one not in lost]
    try:
        placed = taken(replace(choice, picks=tuple(dict.fromkeys([*choice.picks, *kept]))))
    except (AvailabilityClosed, CapacityExceeded):
        placed = taken(choice)
    close_emptied(view, slot_ids)
    return {"assigned": placed.assigned, "picks": choice.picks}


def _price(
    view: View, target: Target, booking: Booking, terms: Terms, *, size: int, taken_count: int
) -> dict[str, object]:
    """Return what a booking costs at its new time, by the terms that were agreed.

    What becomes cheaper gives something up, whatever it was; of another currency nobody can say.
    """
    purchase = purchase_of(booking, target, terms, size=size)
    promos = agreed_promos(view, booking)
    quote = quote_for(view, purchase, now=view.now, taken_count=taken_count, promos=promos)
    is_other = quote.total.currency != booking.price.currency
    if is_other and (booking.paid_minor or booking.refunded_minor):
        # What was paid would be counted as money of another currency from now on.
        action = f"price in {quote.total.currency} what was paid in {booking.price.currency}"
        raise TransitionNotAllowed(kind="booking", status=booking.status, action=action)
    if is_other or quote.total.amount_minor < booking.price.amount_minor:
        _require_may_leave(view, booking)
    return {"price": quote.total, "price_lines": quote.lines}


def purchase_of(booking: Booking, target: Target, terms: Terms, *, size: int) -> Purchase:
    """Return what a booking buys at another time or with other tickets, else as agreed."""
    return Purchase(
        target=target,
        party_size=size,
        terms=terms,
        customer_id=booking.customer_id,
        metadata=booking.metadata,
        is_agreed=True,
    )


_TIMES = ("slot_id", "starts_at", "ends_at", "dates")


def _terms(booking: Booking) -> dict[str, object]:
    names = (*_TIMES, "party_size", "components", "terms")
    return {name: getattr(booking, name) for name in names}


def _take_anew(
    view: View,
    booking: Booking,
    choice: Choice,
    claims: Sequence[Claim],
    *,
    size: int,
    is_in_place: bool,
    keeps_start: bool,
    over: Override | None,
) -> Placed:
    """Take what a booking is to have, now that its claims are released."""
    is_shrinking = is_in_place and size < booking.party_size and choice == choice_of(booking)
    checks = CHECKS
    if is_shrinking:
        checks = SHRINKING_CHECKS
        over = over or _standing(view, booking, claims)
    elif keeps_start:
        checks = IN_PLACE_CHECKS
    if not claims and booking.status is BookingStatus.PENDING:
        return judged(view, choice, party_size=size, checks=checks)
    taker = _taker(booking)

    def taken(wished: Choice) -> Placed:
        return take(
            view,
            wished,
            party_size=size,
            taker=taker,
            override=over,
            had=claims,
            checks=checks,
        )

    return _by_the_same(view, booking, choice, taken) if is_in_place else taken(choice)


def _places_of(view: View, booking: Booking) -> list[Claim]:
    """Return what a booking has taken of time and places."""
    owned = view.where(Claim, "owner_id", booking.booking_id)
    return [claim for claim in owned if not is_use_key(claim.key)]


def _taker(booking: Booking) -> Taker:
    """Return for whom a booking's places are taken, and until when they count by themselves."""
    return Taker(
        owner_kind=ClaimOwner.BOOKING,
        owner_id=booking.booking_id,
        counts_until=booking.expires_at if booking.status is BookingStatus.PENDING else None,
    )


Taking = Callable[[Choice], Placed]


def _by_the_same(view: View, booking: Booking, choice: Choice, taken: Taking) -> Placed:
    """Let those serve who did, if they can and nobody else is wished for."""
    same = _served_by(view, booking, choice)
    if choice.picks == booking.picks and same and set(same) != set(choice.picks):
        try:
            return taken(replace(choice, picks=same))
        except (AvailabilityClosed, CapacityExceeded):
            return taken(choice)
    return taken(choice)


def _served_by(view: View, booking: Booking, choice: Choice) -> tuple[ResourceId, ...]:
    """Return who serves a booking, but for those whom its offering names no longer."""
    serving = candidates_of(view, choose(view, choice), choice.components)
    named = {one.resource_id for one in serving}
    own = (one.resource_id for one in booking.assigned if not one.is_by_slot)
    return tuple(dict.fromkeys(one for one in own if one in named))


def _standing(view: View, booking: Booking, claims: Sequence[Claim]) -> Override | None:
    """Return what allowed a booking to be over the limit, so that it may be less over it."""
    reasons = [claim.reason for claim in claims if claim.is_over and claim.reason]
    if not reasons or Scope.BOOKINGS_WRITE not in view.actor.scopes:
        return None
    return booking.override or Override(reason=reasons[0], capacity=True)


def _require_not_lapsed(booking: Booking, *, now: datetime) -> None:
    is_over = booking.expires_at is not None and booking.expires_at <= now
    if booking.status is BookingStatus.PENDING and is_over:
        raise TransitionNotAllowed(
            kind="booking", status=BookingStatus.EXPIRED, action=BookingAction.RESCHEDULE
        )


def _new_target(view: View, booking: Booking, choice: Choice) -> Target:
    """Return what a booking is to be about, which is the same offering."""
    target = choose(view, choice)
    if target.offering_id != booking.offering_id:
        message = "That is a slot of another offering. Cancel this booking and book that one."
        raise InputInvalid.at("/slot_id", "other_offering", message)
    return target


def _buyer(booking: Booking) -> Buyer:
    return Buyer(contact=booking.contact, customer_id=booking.customer_id)


def _require_within_limits(
    view: View, booking: Booking, choice: Choice, placed: Placed, *, over: Override | None
) -> None:
    """Refuse customers more bookings of a resource than they may have, if others serve now."""
    before = {one.resource_id for one in booking.assigned}
    others = tuple(one for one in placed.assigned if one.resource_id not in before)
    if not others:
        return
    deal = Deal(
        target=placed.target,
        candidates=candidates_of(view, placed.target, choice.components),
        assigned=others,
        buyer=_buyer(booking),
        override=over,
        booking_id=booking.booking_id,
    )
    require_within_resource_limits(view, deal, now=view.now)


def _is_less(booking: Booking, choice: Choice, *, size: int) -> bool:
    """Whether a booking gives up some of its places or components."""
    return size < booking.party_size or not set(booking.components) <= set(choice.components)


def _require_may_touch(view: View, booking: Booking) -> None:
    """Leave what has begun, or whose guest is there, to staff."""
    if not view.actor.is_public:
        return
    if booking.status is BookingStatus.CHECKED_IN:
        raise TransitionNotAllowed(
            kind="booking", status=booking.status, action=BookingAction.RESCHEDULE
        )
    left = booking.starts_at - view.now
    if left < timedelta(0):
        message = "It has begun already, so it cannot be moved any more. Ask the business."
        raise NoticeTooShort(message, limit=0, actual=left // timedelta(seconds=1))


def _require_may_leave(view: View, booking: Booking) -> None:
    """Refuse customers to give up within the notice, or at a loss; staff may always."""
    if not view.actor.is_public:
        return
    left, notice = booking.starts_at - view.now, booking.policy.notice
    if notice is not None and left < notice:
        message = "It is too close to its start to be moved. Ask the business."
        second = timedelta(seconds=1)
        raise NoticeTooShort(message, limit=notice // second, actual=left // second)
    if booking.policy.cancellation is not None and booking.status is not BookingStatus.PENDING:
        require_movable(booking.policy.cancellation, left=left)
