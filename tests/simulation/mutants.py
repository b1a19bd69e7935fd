"""Bugs that a booking engine may have, each put in by replacing a function of the real one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import FunctionType
from typing import Any

import pytest

from holdfast.domain import limits, policies_in_force, scenes
from holdfast.domain.assignment import Taken
from holdfast.domain.availability import slot_places_left
from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim, is_use_key
from holdfast.domain.errors import HoldfastError
from holdfast.domain.holds import Hold, HoldAction, HoldStatus, transition
from holdfast.domain.ids import BatchId, SlotId, TenantId
from holdfast.domain.intervals import Interval
from holdfast.domain.limits import Proposal
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Policy
from holdfast.domain.requirements import Choosing
from holdfast.domain.shapes import Stay
from holdfast.domain.zones import local_day, zone
from holdfast.engine import (
    approvals,
    bookings,
    placing,
    releasing,
    unit_of_work,
    using,
)
from holdfast.engine.batch_changes import changes_of
from holdfast.engine.choosing import Choice, choose
from holdfast.engine.ports import (
    Changes,
    Ids,
    KeptAnswer,
    LockedRow,
    Read,
    StorageFault,
    WriteStore,
    WriteStores,
)
from holdfast.engine.registry import USE_CASES
from holdfast.engine.releasing import give_back
from holdfast.engine.unit_of_work import UnitOfWork
from holdfast.engine.use_cases import Look, Needs, Outcome, View
from holdfast.engine.views import BatchView, CommandView

Patch = pytest.MonkeyPatch


def everywhere(patch: Patch, real: FunctionType, wrong: Callable[..., object]) -> None:
    """Replace a function in every module of ours that has it."""
    name = real.__name__
    modules = [module for key, module in sys.modules.items() if key.startswith("holdfast.")]
    found = [module for module in modules if vars(module).get(name) is real]
    assert found, name
    for module in found:
        patch.setattr(module, name, wrong)


def function(value: object) -> FunctionType:
    """Say that something is a function."""
    assert isinstance(value, FunctionType)
    return value


def no_capacity_check(patch: Patch) -> None:
    """Nobody counts what is taken."""
    patch.setattr(scenes.Room, "fits", lambda _room, _units: True)
    everywhere(patch, function(slot_places_left), lambda _scene, _wish: None)


def off_by_one(patch: Patch) -> None:
    """One more fits than there is."""

    def fits(room: scenes.Room, units: int) -> bool:
        return room.left is None or units <= room.left + 1

    patch.setattr(scenes.Room, "fits", fits)


def no_guard_on_confirm(patch: Patch) -> None:
    """Confirming and converting lock nothing."""
    real = releasing.keeping_needs

    def keeping_needs(look: Look, kept: Hold | Booking, owner_id: str) -> Needs:
        return Needs(reads=real(look, kept, owner_id).reads)

    everywhere(patch, function(real), keeping_needs)


def now_read_before_the_lock(patch: Patch) -> None:
    """The deciding instant is that at which the lock was asked for."""
    lock, view = UnitOfWork._lock, UnitOfWork._view
    early: list[datetime] = []

    def note_and_lock(
        self: UnitOfWork, store: WriteStore, items: list[Any]
    ) -> dict[str, LockedRow]:
        early[:] = [store.now()]
        return lock(self, store, items)

    def view_early(
        self: UnitOfWork,
        tenant_id: TenantId,
        store: WriteStore,
        reads: set[Read],
        locked: dict[str, LockedRow],
    ) -> BatchView:
        patch.setattr(store, "now", lambda: early[0])
        return view(self, tenant_id, store, reads, locked)

    patch.setattr(UnitOfWork, "_lock", note_and_lock)
    patch.setattr(UnitOfWork, "_view", view_early)


def pool_without_member_guard(patch: Patch) -> None:
    """Of a pool only the first candidate is locked."""
    real = placing.placing_needs

    def placing_needs(look: Look, choice: Choice) -> Needs:
        needs = real(look, choice)
        offering = choose(look, choice).offering
        members = {
            f"res:{resource_id}"
            for one in offering.requirements
            if one.choosing is Choosing.ANY_OF
            for resource_id in one.named_ids[1:]
        }
        return Needs(needs.guards - members, needs.counters, needs.reads)

    everywhere(patch, function(real), placing_needs)


def overlay_not_dropped(patch: Patch) -> None:
    """What a refused command has changed stays changed."""
    for case in USE_CASES.values():
        patch.setattr(case, "decide", _keeping(case.decide))


def _keeping(decide: Callable[[View, Any, datetime], object]) -> Callable[..., object]:
    def decide_and_keep(view: CommandView, command: object, now: datetime) -> object:
        try:
            return decide(view, command, now)
        except HoldfastError:
            view.fold()
            raise

    return decide_and_keep


def answer_before_commit(patch: Patch) -> None:
    """The caller is answered whatever becomes of the COMMIT."""
    real = unit_of_work.commit

    def commit(
        stores: WriteStores, tenant_id: TenantId, store: WriteStore, batch_id: BatchId
    ) -> None:
        with suppress(StorageFault):
            real(stores, tenant_id, store, batch_id)

    patch.setattr(unit_of_work, "commit", commit)


def freed_key_not_locked(patch: Patch) -> None:
    """Giving places back locks nothing."""
    real = releasing.release_needs

    def release_needs(look: Look, owner_id: str) -> Needs:
        return Needs(reads=real(look, owner_id).reads)

    everywhere(patch, function(real), release_needs)


def expired_hold_is_converted(patch: Patch) -> None:
    """Nobody looks at the clock when a hold becomes a booking."""

    def convert(hold: Hold, action: HoldAction, *, now: datetime) -> HoldStatus:
        return transition(hold, action, now=min(now, hold.created_at))

    patch.setattr(bookings, "hold_transition", convert)


def expired_booking_is_confirmed(patch: Patch) -> None:
    """Nobody looks at the clock when a booking is confirmed."""
    patch.setattr(approvals, "_require_in_time", lambda _booking, *, now: None)


def double_release(patch: Patch) -> None:
    """What has lapsed is given back once more by whoever ends it."""
    patch.setattr(BatchView, "is_reaped", lambda _view, _claim: False)


def lost_idempotency(patch: Patch) -> None:
    """Answers are not kept."""

    def without_answers(
        view: BatchView, *, batch_id: BatchId, answers: list[KeptAnswer], ids: Ids
    ) -> Changes:
        del answers
        return changes_of(view, batch_id=batch_id, answers=[], ids=ids)

    patch.setattr(unit_of_work, "changes_of", without_answers)


def stale_batch_view(patch: Patch) -> None:
    """A command does not see what those before it in the batch have taken."""
    patch.setattr(BatchView, "changed_ids", lambda _view, *_: frozenset())
    patch.setattr(BatchView, "used", lambda view, key: view.locked[key].used)


def neighbours_refusal_leaks(patch: Patch) -> None:
    """Whoever comes after a refused command in a batch is refused as well."""
    real = UnitOfWork._decide

    def decide(
        self: UnitOfWork, store: WriteStore, items: list[Any], view: BatchView
    ) -> tuple[list[tuple[Any, Outcome | None]], list[KeptAnswer]]:
        outcomes, new = real(self, store, items, view)
        leaking = None
        for place, (item, outcome) in enumerate(outcomes):
            if leaking is not None and outcome is not None:
                outcomes[place] = (item, Outcome(error=leaking))
            if outcome is not None and outcome.error is not None:
                leaking = outcome.error
        return outcomes, new

    patch.setattr(UnitOfWork, "_decide", decide)


def half_a_booking(patch: Patch) -> None:
    """Of several things that a booking needs, only the first is taken."""
    real = placing._Claims.acquire
    seen: list[object] = []

    def acquire(self: placing._Claims, taken: Taken, stay: Stay) -> None:
        if self not in seen:
            seen.append(self)
            real(self, taken, stay)

    patch.setattr(placing._Claims, "acquire", acquire)


def moved_booking_keeps_both(patch: Patch) -> None:
    """Who moves a booking does not give its old places back."""
    everywhere(patch, function(give_back), lambda _view, _owner_id, *, reason: set())


def limit_off_by_one(patch: Patch) -> None:
    """A customer may have one more ahead than the policy says."""
    real = limits.refusal_of

    def refusal_of(policy: Policy, proposal: Proposal, *, now: datetime) -> HoldfastError | None:
        return real(policy, replace(proposal, booking_count=0), now=now)

    everywhere(patch, function(real), refusal_of)


def buffer_ignored(patch: Patch) -> None:
    """The time around a booking is not kept free."""

    def padded(offering: Offering, interval: Interval) -> Interval:
        del offering
        return interval

    everywhere(patch, function(policies_in_force.padded), padded)


def code_used_for_good(patch: Patch) -> None:
    """What is called off has used its promotional code all the same."""
    patch.setattr(releasing, "give_back_some", _keeping_uses(releasing.give_back_some))


def _keeping_uses(real: Callable[..., list[SlotId]]) -> Callable[..., list[SlotId]]:
    def give_back_some(view: View, claims: Iterable[Claim], *, reason: str) -> list[SlotId]:
        return real(view, [one for one in claims if not is_use_key(one.key)], reason=reason)

    return give_back_some


def code_counted_once(patch: Patch) -> None:
    """A code is free for whoever books what somebody else holds."""
    everywhere(patch, function(using.carry_over), lambda _view, hold, *_: hold.uses)


def wrong_local_day(patch: Patch) -> None:
    """Days are counted in UTC, whatever the clock on the wall shows."""
    everywhere(patch, function(local_day), lambda at, _zone: local_day(at, zone("UTC")))


MUTANTS: Mapping[str, Callable[[Patch], None]] = {
    mutant.__name__: mutant
    for mutant in (
        no_capacity_check,
        off_by_one,
        no_guard_on_confirm,
        now_read_before_the_lock,
        pool_without_member_guard,
        overlay_not_dropped,
        answer_before_commit,
        freed_key_not_locked,
        expired_hold_is_converted,
        expired_booking_is_confirmed,
        double_release,
        lost_idempotency,
        stale_batch_view,
        neighbours_refusal_leaks,
        half_a_booking,
        moved_booking_keeps_both,
        limit_off_by_one,
        buffer_ignored,
        code_used_for_good,
        code_counted_once,
        wrong_local_day,
    )
}
