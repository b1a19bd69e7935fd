"""Refusals: what a "no" says to a customer, in their language: what happened, and what to do next.

The engine's own sentences are for whoever writes programs, in English. What is shown here is looked
up by the stable code, never by the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import cast

from holdfast.domain.errors import Alternative, HoldfastError
from holdfast.domain.promo_codes import PromoReason
from holdfast.web.languages import Language

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal as it is shown.

    Attributes:
        is_taken: Whether nothing at all is left of what was asked for.
    """

    code: str
    sentence: str
    is_taken: bool
    alternatives: tuple[Alternative, ...]


def refused(refusal: HoldfastError, language: Language) -> Refused:
    """Put a refusal into words."""
    sentence = _sentences(language.gettext).get(refusal.code)
    if refusal.code == "rate.limited":
        sentence = _wait(refusal, language)
    elif refusal.code == "hook.refused":
        sentence = refusal.detail  # the business's own words
    elif refusal.code == "capacity.exceeded":
        sentence = _left(refusal, language)
    elif refusal.code == "promo.refused":
        sentence = _promo(refusal, language)
    elif sentence is None:
        sentence = language.gettext(
            "This could not be done, and nothing was changed. Please try again in a moment."
        )
    found = refusal.fields.get("alternatives", ())
    return Refused(
        code=refusal.code,
        sentence=sentence,
        is_taken=refusal.code == "capacity.exceeded" and refusal.fields.get("remaining") == 0,
        alternatives=cast("tuple[Alternative, ...]", found),
    )


def _sentences(say: Say) -> Mapping[str, str]:
    changed = say("This has changed in the meantime. Here is how it stands now.")
    closed = say("This is not open for booking at that time. Choose another time.")
    form = say("Something in what was sent is not right. Go back and check it.")
    gone = say("We could not find that. It may have been moved or removed.")
    return {
        "access.denied": say(
            "This was sent from another site, so nothing was done. Open the page here instead."
        ),
        "availability.closed": closed,
        "hold.expired": say("The time for which we kept this for you is over."),
        "input.invalid": form,
        "input.too_large": form,
        "input.unsupported": form,
        "invitation.expired": say(
            "The time for this invitation is over, and somebody else was asked."
        ),
        "policy.beyond_horizon": say(
            "That is further ahead than bookings are taken. Choose an earlier date."
        ),
        "policy.cancellation_closed": say(
            "It is too late to cancel this online. Please get in touch with us."
        ),
        "policy.customer_blocked": say(
            "You cannot book online here at the moment. Please get in touch with us."
        ),
        "policy.length": say(
            "That is shorter or longer than can be booked. Choose another length."
        ),
        "policy.limit_reached": say("You have reached the most that one person may book here."),
        "policy.notice_too_short": say("That is too soon for us to be ready. Choose a later time."),
        "policy.party_size": say("This cannot be booked for that many people."),
        "record.changed": changed,
        "record.not_found": gone,
        "request.method_not_allowed": gone,
        "server.busy": say(
            "We could not answer in time, and nothing was changed. Please try again."
        ),
        "state.transition_not_allowed": changed,
    }


def _wait(refusal: HoldfastError, language: Language) -> str:
    seconds = refusal.fields.get("retry_after_seconds", 60)
    minutes = max(1, ceil(cast("int", seconds) / 60))
    return language.ngettext(
        "That were many tries in a short time. Please wait a minute and try again.",
        "That were many tries in a short time. Please wait %(num)s minutes and try again.",
        minutes,
    ) % {"num": language.number(minutes)}


def _promo(refusal: HoldfastError, language: Language) -> str:
    say = language.gettext
    reason = refusal.fields.get("reason")
    if reason in {PromoReason.EXPIRED, PromoReason.INACTIVE}:
        return say("This code is not valid any more.")
    if reason in {PromoReason.USED_UP, PromoReason.USED_UP_BY_CUSTOMER}:
        return say("This code has been used as often as it may be.")
    if reason is PromoReason.CUSTOMER_NEEDED:
        return say("Fill in your e-mail address first: this code counts once for each customer.")
    sentences = {
        PromoReason.NOT_YET_VALID: say("This code is not valid yet."),
        PromoReason.OTHER_OFFERING: say("This code is for something else."),
        PromoReason.BELOW_MINIMUM: say("This code is for a larger amount than this."),
    }
    found = sentences.get(cast("PromoReason", reason))
    return found or say("We do not know this code. Check how it is written.")


def _left(refusal: HoldfastError, language: Language) -> str:
    remaining = cast("int", refusal.fields.get("remaining", 0))
    if remaining <= 0:
        return language.gettext("Someone was quicker: this has just been taken.")
    return language.ngettext(
        "Only one place is left for this.",
        "Only %(num)s places are left for this.",
        remaining,
    ) % {"num": language.number(remaining)}
