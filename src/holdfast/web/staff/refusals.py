"""Refusals as staff read them: what happened, and what somebody who works here can do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from holdfast.domain.errors import HoldfastError, InputInvalid
from holdfast.web.languages import Language
from holdfast.web.refusals import Refused, refused

Say = Callable[[str], str]


def refused_here(refusal: HoldfastError, language: Language) -> Refused:
    """Put a refusal into words for staff; what is no different for them is said as to customers."""
    said = refused(refusal, language)
    sentence = _fault(refusal, language.gettext) or _sentences(language.gettext).get(refusal.code)
    return said if sentence is None else replace(said, sentence=sentence)


def _fault(refusal: HoldfastError, say: Say) -> str:
    """Say what is wrong with what was typed, where there is one thing that everybody knows."""
    found = refusal.fields.get("errors") if isinstance(refusal, InputInvalid) else None
    first = found[0] if isinstance(found, tuple) and found else None
    if first is None:
        return ""
    if first.pointer.endswith("/reason"):
        return say("Say why: it takes a reason.")
    return {
        "not_an_amount": say("This is no amount. Write one such as 25.00."),
        "not_a_date": say("This is not a date. Choose one, or write it as 2026-12-31."),
        "not_a_time": say("There is no such time on this day. Write one such as 14:30."),
        "not_an_email": say("This is not an e-mail address. One looks like ada@example.com."),
    }.get(first.code, "")


def _sentences(say: Say) -> Mapping[str, str]:
    return {
        "access.denied": say(
            "Your role does not allow this, or the page is from an earlier sign-in. Open it again,"
            " or ask an owner."
        ),
        "input.invalid": say("Something that was typed is not right. Check it and try again."),
        "policy.cancellation_closed": say("The offering's policy does not allow cancelling now."),
        "policy.customer_blocked": say("This customer is kept from booking at the moment."),
        "policy.limit_reached": say("The customer has as many bookings as the policy allows."),
        "policy.too_early": say(
            "It is too early for that. With a reason it can be done all the same."
        ),
        "policy.too_late": say(
            "It is too late for that. With a reason it can be done all the same."
        ),
        "record.already_exists": say("There is one with this name or address already."),
        "record.in_use": say(
            "Something still depends on this. Of owners who can sign in, one has to stay."
        ),
    }
