"""Customers: who books, and the normalised keys by which they are found again."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from holdfast.domain.ids import CustomerId


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
    """A person who books. An account is optional; the e-mail key finds them again."""

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


def email_key(email: str) -> str:
    """Return the form of an e-mail address under which it is looked up.

    >>> email_key("  Zoë@Example.COM ")
    'zoë@example.com'
    """
    return unicodedata.normalize("NFKC", email).strip().casefold()


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
