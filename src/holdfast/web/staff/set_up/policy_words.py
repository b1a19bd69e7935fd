"""Policies in words: every value of one as people say it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from holdfast.domain.cancellation_policies import CancellationPolicy
from holdfast.domain.money import Money
from holdfast.domain.policies import (
    ActiveLimit,
    CheckInWindow,
    Completion,
    CreationLimit,
    Delay,
    HostConflict,
    Policy,
)
from holdfast.web.languages import Language
from holdfast.web.staff.set_up.sheets import Say


def policy_labels(say: Say) -> tuple[tuple[str, str], ...]:
    """Return what each value of a policy is about, in the order in which they are shown."""
    return (
        ("notice", say("Notice before")),
        ("horizon_days", say("Days ahead")),
        ("buffer_before", say("Kept free before")),
        ("buffer_after", say("Kept free after")),
        ("party_min", say("Fewest people")),
        ("party_max", say("Most people")),
        ("active_limits", say("Bookings ahead of one customer")),
        ("creation_limits", say("Bookings made by one customer")),
        ("approval_above", say("What costs more waits for your yes")),
        ("is_approved_by_hand", say("Every booking waits for your yes")),
        ("needs_payment", say("A booking waits until it is paid")),
        ("confirms", say("A booking confirms")),
        ("pending_expires", say("It waits at most")),
        ("check_in", say("Check-in")),
        ("completion", say("Bookings complete")),
        ("reminder_before", say("Reminders before")),
        ("on_host_conflict", say("If who serves is busy elsewhere")),
        ("cancellation", say("Cancelling")),
        ("no_show", say("Not coming")),
    )


def words_of_policy(policy: Policy, language: Language) -> Iterator[tuple[str, str, str]]:
    """Yield every value that is said: its name, what it is about, and its words."""
    for name, label in policy_labels(language.gettext):
        value = getattr(policy, name)
        if value not in (None, ()):
            yield name, label, _words(value, language)


def _words(value: object, language: Language) -> str:
    say = language.gettext
    match value:
        case bool():
            return say("yes") if value else say("no")
        case timedelta():
            return language.length(value) if value else say("none")
        case int():
            return language.number(value)
        case Delay(after=None):
            return say("by hand")
        case Delay(after=after) if after is not None:
            return language.length(after) if after else say("at once")
        case CheckInWindow():
            return say("from %(length)s before") % {"length": language.length(value.opens_before)}
        case CancellationPolicy():
            return _cancellation(value, language)
        case Completion() | HostConflict():
            return _named(say)[value.value]
        case tuple():
            return ", ".join(_listed(one, language) for one in value)
        case Money():
            return language.money(value)
        case _:
            return say("yes")


def _listed(value: object, language: Language) -> str:
    match value:
        case timedelta():
            return language.length(value)
        case ActiveLimit() | CreationLimit():
            return language.number(value.most)
        case _:
            return str(value)


def _named(say: Say) -> dict[str, str]:
    return {
        "by_hand": say("by hand"),
        "checked_in": say("those who came, at the end"),
        "all": say("all, at the end"),
        "reject": say("it is refused"),
        "warn": say("you are warned"),
        "allow_overlap": say("it is allowed"),
    }


def _cancellation(policy: CancellationPolicy, language: Language) -> str:
    say = language.gettext
    if not policy.is_allowed:
        return say("customers may not cancel")
    parts = []
    if policy.cutoff:
        words = say("until %(length)s before")
        parts.append(words % {"length": language.length(policy.cutoff)})
    for tier in policy.tiers:
        words = say("%(percent)s %% back from %(length)s before")
        length = language.length(tier.before)
        parts.append(words % {"percent": language.number(tier.percent), "length": length})
    return ", ".join(parts) or say("customers may cancel")
