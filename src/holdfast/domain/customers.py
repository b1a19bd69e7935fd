"""Customers: who books, and the normalised keys by which they are found again."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from holdfast.domain.ids import CustomerId

USE_MARK_LENGTH = 16


class CustomerStatus(StrEnum):
    """Whether the customer is still in the books."""

    ACTIVE = "active"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach a person, as they wrote it."""

    name: str = ""
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A person who books. An account is optional; the e-mail key finds them again.

    Attributes:
        blocked_until, block_reason: Until when they may not book, and why, for staff.
        no_shows: When they were expected and did not come, the latest ones.
        lifted_at: When staff last lifted what kept them from booking; what was before is forgiven.
        use_mark: By what their uses of promo codes are counted, once their address has changed.
    """

    customer_id: CustomerId
    name: str
    email: str | None
    phone: str | None
    email_key: str | None
    phone_key: str | None
    account_id: str | None
    status: CustomerStatus
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    version: int
    blocked_until: datetime | None = None
    block_reason: str | None = None
    no_shows: tuple[datetime, ...] = ()
    lifted_at: datetime | None = None
    use_mark: str | None = None

    @property
    def name_key(self) -> str:
        """Under what the beginning of the name is looked up."""
        return name_key(self.name)

    @property
    def last_name_key(self) -> str:
        """The same with the last word of the name first."""
        first, _, last = name_key(self.name).rpartition(" ")
        return f"{last} {first}".strip()


def use_mark_of(customer: Customer) -> str:
    """Return by what a customer's uses are counted: a digest of the first address that they had."""
    name = customer.email_key or customer.phone_key or customer.customer_id
    return customer.use_mark or use_mark(name)


def use_mark(address_key: str) -> str:
    """Return a digest of an address, so that it does not stand in the keys of counters.

    >>> use_mark("ada@example.com")
    'b5fc85e55755f9e0'
    """
    return sha256(address_key.encode()).hexdigest()[:USE_MARK_LENGTH]


def contact_key(contact: Contact) -> str | None:
    """Return by what a contact is told again, the e-mail before the phone; None by nothing.

    >>> contact_key(Contact(name="Ada", phone="0033 6")), contact_key(Contact(name="Ada"))
    ('tel:+336', None)
    """
    if contact.email:
        return f"mail:{email_key(contact.email)}"
    return f"tel:{phone_key(contact.phone)}" if contact.phone else None


def email_key(email: str) -> str:
    """Return the form of an e-mail address under which it is looked up.

    >>> email_key("  Zoë@Example.COM ")
    'zoë@example.com'
    """
    return unicodedata.normalize("NFKC", email).strip().casefold()


def name_key(name: str) -> str:
    """Return the form of a name under which it is looked up: any case, spaces counted once.

    >>> name_key("  Ada   LOVELACE ")
    'ada lovelace'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def phone_key(phone: str) -> str:
    """Return the form of a telephone number under which it is looked up: digits, a plus kept.

    >>> phone_key("+33 6 12-34"), phone_key("0033 6")
    ('+3361234', '+336')
    """
    plain = unicodedata.normalize("NFKC", phone).strip()
    digits = "".join(str(unicodedata.digit(letter)) for letter in plain if letter.isdigit())
    if plain.startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits
