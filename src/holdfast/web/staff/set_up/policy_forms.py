"""The form of a policy: its entries, what they come to, and every value of one in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction, Tier
from holdfast.domain.money import Money
from holdfast.domain.no_shows import NoShowPolicy
from holdfast.domain.policies import (
    CAPPABLE,
    ActiveLimit,
    CheckInWindow,
    Completion,
    CreationLimit,
    Delay,
    HostConflict,
    LimitScope,
    Policy,
)
from holdfast.web.staff.set_up.policy_words import policy_labels
from holdfast.web.staff.set_up.sheets import (
    Entry,
    Group,
    Kind,
    Say,
    Sheet,
    amount_of,
    length_units,
)

TIERS = 3
_TIER_ROWS = tuple(range(1, TIERS + 1))
_REMINDER_ROWS = (1, 2)
POLICY_NAMED = {
    "policy.approval_above": "approval_above",
    "policy.cancellation.cutoff": "cutoff",
    "policy.cancellation.tiers": "tier1_percent",
    "policy.cancellation.business_percent": "business_percent",
    "policy.cancellation.block_days": "block_days",
    "policy.check_in.opens_before": "check_in_before",
    "policy.check_in.closes_after": "check_in_after",
    "policy.pending_expires.after": "pending_expires",
    "policy.confirms.after": "confirm_delay",
    "policy.no_show.grace": "no_show_grace",
    "policy.no_show.fee_percent": "no_show_percent",
    "policy.no_show.strikes_max": "strikes_max",
    "policy.active_limits": "active_resource",
    "policy.creation_limits": "creation_most",
    "policy.caps": "caps",
    "policy.reminder_before": "reminder1",
}


def policy_groups(say: Say, currency: str, *, is_business: bool) -> tuple[Group, ...]:
    """Return what is asked of a policy; of a business also what nobody may loosen."""
    groups = [
        _cancelling(say),
        _not_coming(say),
        _limits(say),
        _deciding(say, currency),
    ]
    if is_business:
        groups.append(_caps(say))
    return tuple(groups)


def policy_entries(say: Say, currency: str, *, is_business: bool) -> list[Entry]:
    """Return all entries of a policy's form."""
    groups = policy_groups(say, currency, is_business=is_business)
    return [entry for group in groups for entry in group.entries]


def _cancelling(say: Say) -> Group:
    units = length_units(say)
    said = (
        ("", say("nothing is said here")),
        ("yes", say("customers may cancel")),
        ("no", say("customers may not cancel")),
    )
    late = (
        (LateAction.FORFEIT, say("nothing of what was paid goes back")),
        (LateAction.WARN, say("the shares count as ever, and you are told")),
        (
            LateAction.BLOCK_FUTURE,
            say("the shares count as ever, and they cannot book for a while"),
        ),
    )
    tiers = []
    for row in _TIER_ROWS:
        tiers += [
            Entry(
                name=f"tier{row}_before",
                label=say("Cancelled so long before"),
                kind=Kind.LENGTH,
                units=units,
            ),
            Entry(
                name=f"tier{row}_percent",
                label=say("goes back"),
                kind=Kind.WHOLE,
                suffix="%",
            ),
        ]
    return Group(
        title=say("Cancelling"),
        entries=(
            Entry(name="cancelling", label=say("Cancelling"), kind=Kind.CHOICE, choices=said),
            Entry(name="cutoff", label=say("Until so long before"), kind=Kind.LENGTH, units=units),
            *tiers,
            Entry(name="may_cancel_late", label=say("They may still cancel later"), kind=Kind.FLAG),
            Entry(name="late_action", label=say("Then"), kind=Kind.CHOICE, choices=late),
            Entry(
                name="block_days",
                label=say("They cannot book for"),
                kind=Kind.WHOLE,
                suffix=say("days"),
            ),
            Entry(
                name="business_percent",
                label=say("When you cancel, goes back"),
                kind=Kind.WHOLE,
                suffix="%",
            ),
        ),
    )


def _not_coming(say: Say) -> Group:
    units = length_units(say)
    said = (
        ("", say("nothing is said here")),
        ("by_hand", say("you say when somebody did not come")),
        ("automatic", say("it is noted by itself once the wait is over")),
    )
    return Group(
        title=say("Not coming"),
        entries=(
            Entry(name="no_show", label=say("Not coming"), kind=Kind.CHOICE, choices=said),
            Entry(
                name="no_show_grace", label=say("You wait for"), kind=Kind.LENGTH, units=units[:2]
            ),
            Entry(
                name="no_show_percent",
                label=say("It costs of the price"),
                kind=Kind.WHOLE,
                suffix="%",
            ),
            Entry(
                name="strikes_max",
                label=say("So many times, and they cannot book"),
                kind=Kind.WHOLE,
                help=say("Empty is never."),
            ),
        ),
    )


def _limits(say: Say) -> Group:
    units = length_units(say)
    scopes = (
        (LimitScope.OFFERING, say("Bookings ahead of this offering")),
        (LimitScope.RESOURCE, say("Bookings ahead of one resource")),
        (LimitScope.TENANT, say("Bookings ahead in all")),
    )
    return Group(
        title=say("How much one customer may book"),
        help=say("Empty is without limit."),
        entries=(
            *(
                Entry(name=f"active_{scope}", label=label, kind=Kind.WHOLE)
                for scope, label in scopes
            ),
            Entry(name="creation_most", label=say("Bookings made"), kind=Kind.WHOLE),
            Entry(name="creation_window", label=say("within"), kind=Kind.LENGTH, units=units[1:]),
        ),
    )


def _deciding(say: Say, currency: str) -> Group:
    units = length_units(say)
    confirming = (
        ("", say("nothing is said here")),
        ("after", say("by itself, after the time below")),
        ("never", say("by hand")),
    )
    return Group(
        title=say("Deciding and coming"),
        entries=(
            Entry(
                name="approval_above",
                label=say("What costs more waits for your yes"),
                kind=Kind.MONEY,
                suffix=currency,
            ),
            Entry(
                name="needs_payment",
                label=say("A booking waits until it is paid"),
                kind=Kind.CHOICE,
                choices=_yes_or_no(say),
            ),
            Entry(
                name="confirming",
                label=say("A booking confirms"),
                kind=Kind.CHOICE,
                choices=confirming,
            ),
            Entry(name="confirm_delay", label=say("After"), kind=Kind.LENGTH, units=units),
            Entry(
                name="pending_expires", label=say("It waits at most"), kind=Kind.LENGTH, units=units
            ),
            *_coming(say),
        ),
    )


def _coming(say: Say) -> tuple[Entry, ...]:
    """Return the entries of what happens around the booking itself."""
    units = length_units(say)
    completing = (
        ("", say("nothing is said here")),
        (Completion.BY_HAND, say("by hand")),
        (Completion.CHECKED_IN, say("those who came, at the end")),
        (Completion.ALL, say("all, at the end")),
    )
    return (
        Entry(
            name="check_in_before",
            label=say("Check-in begins before"),
            kind=Kind.LENGTH,
            units=units,
        ),
        Entry(
            name="check_in_after",
            label=say("Check-in ends after"),
            kind=Kind.LENGTH,
            units=units,
        ),
        *(
            Entry(name=f"reminder{row}", label=label, kind=Kind.LENGTH, units=units)
            for row, label in zip(
                _REMINDER_ROWS, (say("Reminder before"), say("Another reminder")), strict=True
            )
        ),
        Entry(
            name="on_host_conflict",
            label=say("If who serves is busy elsewhere"),
            kind=Kind.CHOICE,
            choices=(
                ("", say("nothing is said here")),
                (HostConflict.REJECT, say("it is refused")),
                (HostConflict.WARN, say("you are warned")),
                (HostConflict.ALLOW_OVERLAP, say("it is allowed")),
            ),
        ),
        Entry(
            name="completion",
            label=say("Bookings complete"),
            kind=Kind.CHOICE,
            choices=completing,
        ),
    )


def _yes_or_no(say: Say) -> tuple[tuple[str, str], ...]:
    return (("", say("nothing is said here")), ("yes", say("yes")), ("no", say("no")))


def _caps(say: Say) -> Group:
    names = dict(policy_labels(say))
    choices = tuple((name, names[name]) for name in names if name in CAPPABLE)
    return Group(
        title=say("What nobody may loosen"),
        entries=(
            Entry(
                name="caps",
                label=say("Resources and offerings may be stricter here, never laxer"),
                kind=Kind.SEVERAL,
                choices=choices,
            ),
        ),
    )


# ---------------------------------------------------------------------------------------- reading


def policy_said(sheet: Sheet, before: Policy, *, currency: str, say: Say) -> Policy:
    """Return what a sheet says, and of what it does not ask for what was said before."""
    values: dict[str, Any] = sheet.values
    above = values.get("approval_above")
    caps = values.get("caps")
    return replace(
        before,
        cancellation=_cancellation(sheet, before.cancellation, say),
        no_show=_no_show(values, before.no_show),
        active_limits=tuple(
            ActiveLimit(scope=scope, most=values[f"active_{scope}"])
            for scope in sorted(LimitScope)
            if values.get(f"active_{scope}") is not None
        ),
        creation_limits=_creation_limits(sheet, before.creation_limits, say),
        approval_above=(None if above is None else Money(amount_minor=above, currency=currency)),
        needs_payment=_flag(values.get("needs_payment")),
        reminder_before=_reminders(values, before.reminder_before),
        on_host_conflict=_conflict(values.get("on_host_conflict")),
        confirms=_confirms(values),
        pending_expires=_delay(values.get("pending_expires")),
        check_in=_check_in(values),
        completion=Completion(values["completion"]) if values.get("completion") else None,
        caps=before.caps if caps is None else frozenset(caps),
    )


def _cancellation(
    sheet: Sheet, before: CancellationPolicy | None, say: Say
) -> CancellationPolicy | None:
    values: dict[str, Any] = sheet.values
    if not values.get("cancelling"):
        return None
    usual = before or CancellationPolicy()
    tiers = []
    for row in _TIER_ROWS:
        ahead, percent = values.get(f"tier{row}_before"), values.get(f"tier{row}_percent")
        if percent is not None:
            tiers.append(Tier(before=ahead or timedelta(0), percent=percent))
        elif ahead is not None:
            sheet.faults[f"tier{row}_percent"] = say("This is needed.")
    days, own = values.get("block_days"), values.get("business_percent")
    late = values.get("late_action") or usual.late_action.value
    # More steps than the form shows are kept.
    kept = usual.tiers[TIERS:] if before is not None else ()
    return CancellationPolicy(
        is_allowed=values["cancelling"] == "yes",
        cutoff=values.get("cutoff") or timedelta(0),
        tiers=(*tiers, *kept),
        customer_may_cancel_late=bool(values.get("may_cancel_late")),
        late_action=LateAction(late),
        block_days=usual.block_days if days is None else days,
        business_percent=usual.business_percent if own is None else own,
    )


def _no_show(values: dict[str, Any], before: NoShowPolicy | None) -> NoShowPolicy | None:
    if not values.get("no_show"):
        return None
    usual = before or NoShowPolicy()
    grace = values.get("no_show_grace")
    return replace(
        usual,
        is_automatic=values["no_show"] == "automatic",
        grace=usual.grace if grace is None else grace,
        fee_percent=values.get("no_show_percent"),
        strikes_max=values.get("strikes_max"),
    )


def _creation_limits(
    sheet: Sheet, before: tuple[CreationLimit, ...], say: Say
) -> tuple[CreationLimit, ...]:
    most, window = sheet.values.get("creation_most"), sheet.values.get("creation_window")
    rest = before[1:]
    if most is None and window is None:
        return rest
    if not isinstance(most, int) or not isinstance(window, timedelta):
        name = "creation_window" if isinstance(most, int) else "creation_most"
        sheet.faults[name] = say("This is needed.")
        return before
    return (CreationLimit(most=most, window=window), *rest)


def _flag(said: str | None) -> bool | None:
    return said == "yes" if said else None


def _conflict(said: str | None) -> HostConflict | None:
    return HostConflict(said) if said else None


def _reminders(
    values: dict[str, Any], before: tuple[timedelta, ...] | None
) -> tuple[timedelta, ...] | None:
    """Return when one is reminded; more of them than the form shows are kept."""
    named = [values.get(f"reminder{row}") for row in _REMINDER_ROWS]
    kept = (before or ())[len(_REMINDER_ROWS) :]
    said = tuple(dict.fromkeys(one for one in named if one is not None))
    if not said and before == ():
        return before  # somebody has said that there is none
    return (*said, *kept) or None


def _confirms(values: dict[str, Any]) -> Delay | None:
    match values.get("confirming"):
        case "after":
            return Delay(after=values.get("confirm_delay") or timedelta(0))
        case "never":
            return Delay(after=None)
        case _:
            return None


def _delay(after: timedelta | None) -> Delay | None:
    return None if after is None else Delay(after=after)


def _check_in(values: dict[str, Any]) -> CheckInWindow | None:
    ahead, after = values.get("check_in_before"), values.get("check_in_after")
    if ahead is None and after is None:
        return None
    usual = CheckInWindow()
    return CheckInWindow(
        opens_before=usual.opens_before if ahead is None else ahead, closes_after=after
    )


def policy_values(policy: Policy) -> dict[str, object]:
    """Return what stands in the form of a policy."""
    values: dict[str, object] = {
        f"active_{limit.scope}": limit.most for limit in policy.active_limits
    }
    if policy.creation_limits:
        values["creation_most"] = policy.creation_limits[0].most
        values["creation_window"] = policy.creation_limits[0].window
    if policy.approval_above is not None:
        above = policy.approval_above
        values["approval_above"] = amount_of(above.amount_minor, above.currency)
    if policy.needs_payment is not None:
        values["needs_payment"] = "yes" if policy.needs_payment else "no"
    for row, length in zip(_REMINDER_ROWS, policy.reminder_before or (), strict=False):
        values[f"reminder{row}"] = length
    if policy.on_host_conflict is not None:
        values["on_host_conflict"] = policy.on_host_conflict.value
    if policy.confirms is not None:
        values["confirming"] = "never" if policy.confirms.after is None else "after"
        values["confirm_delay"] = policy.confirms.after or None
    if policy.pending_expires is not None:
        values["pending_expires"] = policy.pending_expires.after
    if policy.check_in is not None:
        values["check_in_before"] = policy.check_in.opens_before
        values["check_in_after"] = policy.check_in.closes_after
    if policy.completion is not None:
        values["completion"] = policy.completion.value
    values["caps"] = tuple(sorted(policy.caps))
    return {**values, **_cancellation_values(policy), **_no_show_values(policy)}


def _cancellation_values(policy: Policy) -> dict[str, object]:
    said = policy.cancellation
    if said is None:
        return {"late_action": LateAction.FORFEIT.value}
    values: dict[str, object] = {
        "cancelling": "yes" if said.is_allowed else "no",
        "cutoff": said.cutoff or None,
        "may_cancel_late": said.customer_may_cancel_late,
        "late_action": said.late_action.value,
        "block_days": said.block_days,
        "business_percent": said.business_percent,
    }
    for row, tier in zip(_TIER_ROWS, said.tiers, strict=False):
        values[f"tier{row}_before"] = tier.before
        values[f"tier{row}_percent"] = tier.percent
    return values


def _no_show_values(policy: Policy) -> dict[str, object]:
    said = policy.no_show
    if said is None:
        return {}
    return {
        "no_show": "automatic" if said.is_automatic else "by_hand",
        "no_show_grace": said.grace,
        "no_show_percent": said.fee_percent,
        "strikes_max": said.strikes_max,
    }
