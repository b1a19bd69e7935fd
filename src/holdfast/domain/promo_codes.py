"""Promo codes: whether one may be used now, and what it takes off.

The verdict is a list of small policies over plain values. How often a code has been used is
counted by the caller, in the transaction that writes the use.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from holdfast.domain import checks
from holdfast.domain.errors import InputFault
from holdfast.domain.ids import PromoId
from holdfast.domain.money import AMOUNT_MAX, Money, is_currency
from holdfast.domain.price_units import BASIS_POINTS_WHOLE, whole_minor

PROMOS_MAX = 5
"""Promo codes of one booking."""

USES_MAX = 10**9
CODE_LENGTH_MAX = 40

_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9_-]{0,38}[A-Z0-9])?\Z")


class PromoKind(StrEnum):
    """What a code takes off: a part of the price, or an amount."""

    PERCENT = "percent"
    FIXED = "fixed"


class PromoReason(StrEnum):
    """Why a code cannot be used."""

    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OTHER_OFFERING = "other_offering"
    OTHER_CURRENCY = "other_currency"
    BELOW_MINIMUM = "below_minimum"
    USED_UP = "used_up"
    CUSTOMER_NEEDED = "customer_needed"
    USED_UP_BY_CUSTOMER = "used_up_by_customer"
    GIVEN_TWICE = "given_twice"
    NOT_COMBINABLE = "not_combinable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoCode:
    """A code that lowers a price.

    Attributes:
        code: As `promo_key` writes it.
        basis_points: Of PERCENT: hundredths of a percent, 2000 for 20 % off.
        amount_minor: Of FIXED: what it takes off, in `currency`.
        currency: Of the amounts; None only for a PERCENT without any.
        discount_max_minor: The most that it takes off.
        minimum_minor: The least price that it is for, before any code.
        valid_from, valid_until: When it may be used; the second instant not any more.
        uses_max, uses_per_customer_max: How often; None is without limit.
        offering_ids: What it is for; empty is everything.
        is_combinable: Whether it goes together with other combinable codes.
        is_active: Whether the business has not taken it back.
    """

    promo_id: PromoId
    code: str
    kind: PromoKind
    description: str = ""
    basis_points: int = 0
    amount_minor: int = 0
    currency: str | None = None
    discount_max_minor: int | None = None
    minimum_minor: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    uses_max: int | None = None
    uses_per_customer_max: int | None = None
    offering_ids: frozenset[str] = frozenset()
    is_combinable: bool = False
    is_active: bool = True
    created_at: datetime
    version: int = 1

    @property
    def cap(self) -> int:
        """How many uses its counter allows: every use is counted, limited or not."""
        return USES_MAX if self.uses_max is None else self.uses_max


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoUse:
    """A code that a customer gives, and how often it has been used.

    Attributes:
        customer_uses_count: By this customer; None if nobody knows who they are.
    """

    promo: PromoCode
    uses_count: int = 0
    customer_uses_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoCase:
    """What a code is judged by.

    Attributes:
        price: Before any code.
        other_promos: The codes given beside this one.
    """

    now: datetime
    price: Money
    offering_id: str
    other_promos: tuple[PromoCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoRefusal:
    """Why a code cannot be used, for a program and for the customer."""

    code: str
    reason: PromoReason
    detail: str


def promo_key(text: str) -> str:
    """Return the form of a code under which it is kept and found.

    >>> promo_key(" summer-26 ")
    'SUMMER-26'
    """
    return unicodedata.normalize("NFKC", text).strip().upper()


# ------------------------------------------------------------------------------------- policies


def _is_inactive(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the business has taken the code back."""
    del case
    return not use.promo.is_active


def _is_too_early(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the code is not valid yet."""
    return use.promo.valid_from is not None and case.now < use.promo.valid_from


def _is_too_late(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the code is not valid any more; its last instant already is too late."""
    return use.promo.valid_until is not None and case.now >= use.promo.valid_until


def _is_for_others(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the code is for other offerings."""
    return bool(use.promo.offering_ids) and case.offering_id not in use.promo.offering_ids


def _is_other_currency(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the code's amounts are in another currency."""
    return use.promo.currency is not None and use.promo.currency != case.price.currency


def _is_below_minimum(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the price is less than the code asks for."""
    return case.price.amount_minor < use.promo.minimum_minor


def _is_used_up(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the code has been used as often as it may."""
    del case
    return use.promo.uses_max is not None and use.uses_count >= use.promo.uses_max


def _needs_customer(use: PromoUse, case: PromoCase) -> bool:
    """Say whether uses have to be counted for a customer whom nobody knows."""
    del case
    return use.promo.uses_per_customer_max is not None and use.customer_uses_count is None


def _is_used_up_by_customer(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the customer has used the code as often as they may."""
    del case
    limit = use.promo.uses_per_customer_max
    return limit is not None and (use.customer_uses_count or 0) >= limit


def _is_given_twice(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the same code is given again."""
    return any(use.promo.promo_id == other.promo_id for other in case.other_promos)


def _is_not_combinable(use: PromoUse, case: PromoCase) -> bool:
    """Say whether the codes do not go together."""
    codes = (use.promo, *case.other_promos)
    return len(codes) > 1 and not all(code.is_combinable for code in codes)


_POLICIES: tuple[tuple[PromoReason, Callable[[PromoUse, PromoCase], bool], str], ...] = (
    (PromoReason.INACTIVE, _is_inactive, "is not in use"),
    (PromoReason.NOT_YET_VALID, _is_too_early, "cannot be used yet"),
    (PromoReason.EXPIRED, _is_too_late, "has expired"),
    (PromoReason.OTHER_OFFERING, _is_for_others, "is not for this offering"),
    (PromoReason.OTHER_CURRENCY, _is_other_currency, "is for another currency"),
    (PromoReason.BELOW_MINIMUM, _is_below_minimum, "is for a higher price"),
    (PromoReason.USED_UP, _is_used_up, "has been used up"),
    (PromoReason.CUSTOMER_NEEDED, _needs_customer, "needs to know who you are; give an e-mail"),
    (PromoReason.USED_UP_BY_CUSTOMER, _is_used_up_by_customer, "was used by you already"),
    (PromoReason.GIVEN_TWICE, _is_given_twice, "is given twice"),
    (PromoReason.NOT_COMBINABLE, _is_not_combinable, "does not go together with another code"),
)


def promo_refusal(use: PromoUse, case: PromoCase) -> PromoRefusal | None:
    """Return why a code cannot be used, by the first policy that says so, or None.

    >>> from datetime import UTC
    >>> begun = datetime(2026, 1, 1, tzinfo=UTC)
    >>> promo = PromoCode(
    ...     promo_id="p", code="ONCE", kind=PromoKind.PERCENT, uses_max=1, created_at=begun
    ... )
    >>> case = PromoCase(
    ...     now=datetime(2026, 6, 1, tzinfo=UTC), offering_id="off_1",
    ...     price=Money(amount_minor=1_000, currency="EUR"),
    ... )
    >>> promo_refusal(PromoUse(promo=promo, uses_count=1), case).detail
    'The code ONCE has been used up.'
    """
    for reason, says_no, sentence in _POLICIES:
        if says_no(use, case):
            detail = f"The code {use.promo.code} {sentence}."
            return PromoRefusal(code=use.promo.code, reason=reason, detail=detail)
    return None


def unknown_promo(code: str) -> PromoRefusal:
    """Return the refusal of a code that the business does not have."""
    return PromoRefusal(
        code=code, reason=PromoReason.UNKNOWN, detail=f"There is no code {code} here."
    )


def discount_minor(promo: PromoCode, price_minor: int) -> int:
    """Return what a code takes off a price: whole minor units, never more than the price.

    >>> tenth = PromoCode(
    ...     promo_id="p",
    ...     code="TENTH",
    ...     kind=PromoKind.PERCENT,
    ...     basis_points=1_000,
    ...     created_at=datetime(2026, 1, 1),
    ... )
    >>> discount_minor(tenth, 1_005)
    101
    """
    match promo.kind:
        case PromoKind.PERCENT:
            discount = whole_minor(Fraction(price_minor * promo.basis_points, BASIS_POINTS_WHOLE))
        case PromoKind.FIXED:
            discount = promo.amount_minor
    if promo.discount_max_minor is not None:
        discount = min(discount, promo.discount_max_minor)
    return max(0, min(discount, price_minor))


# --------------------------------------------------------------------------------------- saving


def promo_faults(promo: PromoCode, pointer: str = "") -> tuple[InputFault, ...]:
    """Return everything that is wrong with a code, with JSON pointers below `pointer`."""
    is_percent = promo.kind is PromoKind.PERCENT
    most_points = BASIS_POINTS_WHOLE if is_percent else 0
    least_amount, most_amount = (0, 0) if is_percent else (1, AMOUNT_MAX)
    found = [
        _code_fault(promo.code, f"{pointer}/code"),
        checks.text(f"{pointer}/description", promo.description),
        checks.whole(
            f"{pointer}/basis_points",
            promo.basis_points,
            least=1 if is_percent else 0,
            most=most_points,
        ),
        checks.whole(
            f"{pointer}/amount_minor", promo.amount_minor, least=least_amount, most=most_amount
        ),
        checks.whole(
            f"{pointer}/discount_max_minor", promo.discount_max_minor, least=1, most=AMOUNT_MAX
        ),
        checks.whole(f"{pointer}/minimum_minor", promo.minimum_minor, least=0, most=AMOUNT_MAX),
        checks.whole(f"{pointer}/uses_max", promo.uses_max, least=0, most=USES_MAX),
        checks.whole(
            f"{pointer}/uses_per_customer_max", promo.uses_per_customer_max, least=1, most=USES_MAX
        ),
        _currency_fault(promo, f"{pointer}/currency"),
        _validity_fault(promo, f"{pointer}/valid_until"),
    ]
    return tuple(fault for fault in found if fault is not None)


def _code_fault(code: str, pointer: str) -> InputFault | None:
    """Return what is wrong with how the code is written."""
    if _CODE.match(code):
        return None
    message = (
        f"A code has 1 to {CODE_LENGTH_MAX} letters A to Z and digits, with - and _ between them."
    )
    return checks.fault(pointer, "bad_code", message)


def _currency_fault(promo: PromoCode, pointer: str) -> InputFault | None:
    """Return what is wrong with the currency of the amounts."""
    if promo.currency is not None:
        message = "A currency is a code such as EUR."
        return None if is_currency(promo.currency) else checks.fault(pointer, "unknown", message)
    has_amounts = promo.kind is PromoKind.FIXED or promo.minimum_minor > 0
    if has_amounts or promo.discount_max_minor is not None:
        return checks.fault(pointer, "missing", "Say in which currency the amounts are.")
    return None


def _validity_fault(promo: PromoCode, pointer: str) -> InputFault | None:
    """Return what is wrong with the time in which the code may be used."""
    if promo.valid_from is None or promo.valid_until is None:
        return None
    if promo.valid_from < promo.valid_until:
        return None
    return checks.fault(pointer, "out_of_range", "A code has to end after it begins.")
