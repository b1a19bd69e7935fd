"""Identifiers: sortable, prefixed, unguessable; and the reversible ids of generated slots.

An id is a prefix, an underscore and a UUIDv7 (RFC 9562) in Crockford's base 32, 26 characters.
It is stored as it is shown, so that a person reading the database sees the id of the API.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NewType

TenantId = NewType("TenantId", str)
MemberId = NewType("MemberId", str)
AccountId = NewType("AccountId", str)
SignInId = NewType("SignInId", str)
KeyId = NewType("KeyId", str)
CustomerId = NewType("CustomerId", str)
CategoryId = NewType("CategoryId", str)
ResourceId = NewType("ResourceId", str)
PoolId = NewType("PoolId", str)
PromoId = NewType("PromoId", str)
OfferingId = NewType("OfferingId", str)
RuleId = NewType("RuleId", str)
BlockId = NewType("BlockId", str)
SlotId = NewType("SlotId", str)
HoldId = NewType("HoldId", str)
BookingId = NewType("BookingId", str)
ClaimId = NewType("ClaimId", str)
EventId = NewType("EventId", str)
AuditId = NewType("AuditId", str)
BatchId = NewType("BatchId", str)
WaitlistEntryId = NewType("WaitlistEntryId", str)
SeriesId = NewType("SeriesId", str)
AttemptId = NewType("AttemptId", str)

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
BODY_LENGTH = 26
SECONDS_LENGTH = 7
BOOKING_NUMBER_LENGTH = 8
RANDOM_BITS = 74
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}


def base32(number: int, length: int) -> str:
    """Write a non-negative number in Crockford's base 32, padded to a length.

    >>> base32(33, 3)
    '011'
    """
    letters = []
    for _ in range(length):
        letters.append(ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(letters))


def number_of(text: str) -> int:
    """Read Crockford's base 32 back.

    Raises:
        ValueError: A character is not of the alphabet.

    >>> number_of("011")
    33
    """
    number = 0
    for letter in text:
        value = _VALUE.get(letter)
        if value is None:
            message = f"{letter!r} is not a character of an id."
            raise ValueError(message)
        number = number << 5 | value
    return number


def uuid7(now: datetime, randomness: int) -> int:
    """Return a UUIDv7 as a number, from an instant and 74 random bits (RFC 9562, 5.7)."""
    milliseconds = (now - EPOCH) // timedelta(milliseconds=1)
    high, low = randomness >> 62 & 0xFFF, randomness & (1 << 62) - 1
    return milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low


def make_id(prefix: str, *, now: datetime, randomness: int) -> str:
    """Return a new id of a kind, sortable by the time it was made.

    >>> make_id("hld", now=EPOCH, randomness=0)
    'hld_0000000000e008000000000000'
    """
    return f"{prefix}_{base32(uuid7(now, randomness), BODY_LENGTH)}"


def looks_like_id(text: str, prefix: str) -> bool:
    """Tell whether a text has the form of an id of that kind.

    >>> looks_like_id("hld_0000000000e008000000000000", "hld")
    True
    >>> looks_like_id("hld_x", "hld")
    False
    """
    body = text.removeprefix(f"{prefix}_")
    return (
        len(text) == len(prefix) + 1 + BODY_LENGTH
        and len(body) == BODY_LENGTH
        and all(letter in _VALUE for letter in body)
    )


def generated_slot_id(offering_id: OfferingId, starts_at: datetime) -> SlotId:
    """Return the id of the slot that an offering's schedule generates at an instant.

    The id says all there is to say: whoever has it can find the slot without looking it up, and
    two processes that materialise it make the same row.
    """
    seconds = (starts_at - EPOCH) // timedelta(seconds=1)
    body = offering_id.removeprefix("off_")
    return SlotId(f"slt_{body}{base32(seconds, SECONDS_LENGTH)}")


def read_generated_slot_id(slot_id: str) -> tuple[OfferingId, datetime] | None:
    """Return the offering and the start that a generated slot's id says; None for other ids.

    >>> slot = generated_slot_id(OfferingId("off_" + "0" * 26), EPOCH)
    >>> read_generated_slot_id(slot) == (OfferingId("off_" + "0" * 26), EPOCH)
    True
    """
    body = slot_id.removeprefix("slt_")
    if not slot_id.startswith("slt_") or len(body) != BODY_LENGTH + SECONDS_LENGTH:
        return None
    if not all(letter in _VALUE for letter in body):
        return None
    starts_at = EPOCH + timedelta(seconds=number_of(body[BODY_LENGTH:]))
    return OfferingId(f"off_{body[:BODY_LENGTH]}"), starts_at


def make_booking_number(randomness: int) -> str:
    """Return a short public name of a booking: random, never sequential, easy to read aloud.

    >>> make_booking_number(0)
    '0000-0000'
    """
    text = base32(randomness, BOOKING_NUMBER_LENGTH).upper()
    return f"{text[:4]}-{text[4:]}"


def normal_booking_number(text: str) -> str:
    """Return a booking number as it is stored, from what a person typed.

    >>> normal_booking_number(" k7qm 2fxo")
    'K7QM-2FX0'
    """
    letters = text.strip().upper().replace("-", "").replace(" ", "")
    letters = letters.replace("O", "0").replace("I", "1").replace("L", "1")
    return f"{letters[:4]}-{letters[4:]}"
