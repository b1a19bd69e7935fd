"""Contacts: who books or waits, as it is typed, and what is wrong with it in words."""

from __future__ import annotations

from holdfast.domain import checks
from holdfast.domain.customers import Contact
from holdfast.web.languages import Language
from holdfast.web.visits import Form


def contact_in(form: Form) -> Contact:
    """Read how somebody is reached, right or wrong."""
    return Contact(
        name=form.text("name"),
        email=form.text("email") or None,
        phone=form.text("phone") or None,
    )


def contact_faults(contact: Contact, note: str, language: Language) -> dict[str, str]:
    """Say what is wrong with a contact and a note, by field."""
    say = language.gettext
    faults = {}
    if not contact.name:
        faults["name"] = say("Tell us your name.")
    elif checks.line("/name", contact.name) is not None:
        faults["name"] = say("This name is too long, or has signs that cannot be read.")
    if not contact.email:
        faults["email"] = say("Give an e-mail address, so that we can reach you.")
    elif checks.email("/email", contact.email) is not None:
        faults["email"] = say("This is not an e-mail address. One looks like ada@example.com.")
    if contact.phone and checks.phone("/phone", contact.phone) is not None:
        faults["phone"] = say("This is not a telephone number. One looks like +33 6 12 34 56 78.")
    if checks.text("/note", note) is not None:
        faults["note"] = say("This is longer than can be kept. Shorten it.")
    return faults
