"""Customers: add one and change one; bookings add them by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.cancellation_policies import BLOCK_DAYS_MAX
from holdfast.domain.customers import (
    Customer,
    CustomerStatus,
    email_key,
    phone_key,
    use_mark_of,
)
from holdfast.domain.errors import InputInvalid, LimitReached, RecordExists
from holdfast.domain.ids import CustomerId
from holdfast.engine.customer_limits import account_key
from holdfast.engine.patches import patched
from holdfast.engine.ports import Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

BLOCK_MAX = timedelta(days=BLOCK_DAYS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCustomer:
    """Add a person to the customers."""

    name: str
    email: str | None = None
    phone: str | None = None
    account_id: str | None = None
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCustomer:
    """Change a customer. Look-up keys follow the e-mail and the phone."""

    customer_id: CustomerId
    changes: Mapping[str, object]
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCustomer:
    """Keep a customer from booking until an instant, for a reason that only staff see."""

    customer_id: CustomerId
    until: datetime
    reason: str
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftCustomerBlock:
    """Let a customer book again: blocks end, and no-shows until now no longer count."""

    customer_id: CustomerId
    if_version: int | None = None


ACCOUNT_CUSTOMERS_MAX = 20
"""So many customers of one account at most: their bookings are counted together."""

CHANGEABLE = frozenset({"name", "email", "phone", "account_id", "status", "metadata"})
_DERIVED = frozenset({"email_key", "phone_key", "use_mark"})


def require_valid(customer: Customer) -> None:
    """Refuse a customer whose fields are malformed.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    reachable = customer.name.strip() or customer.email or customer.phone
    nobody = checks.fault("/name", "missing", "Give a name, an e-mail address or a phone.")
    checks.require(
        [
            None if reachable else nobody,
            checks.line("/name", customer.name),
            checks.email("/email", customer.email),
            checks.phone("/phone", customer.phone),
            checks.line("/account_id", customer.account_id),
            checks.metadata("/metadata", customer.metadata),
        ]
    )


def _email_reads(email: str | None) -> list[Where]:
    return [Where(Customer, "email_key", email_key(email))] if email else []


def _require_email_free(view: View, email: str | None, own_id: str | None) -> None:
    if not email:
        return
    for other in view.where(Customer, "email_key", email_key(email)):
        if other.customer_id != own_id and other.status is CustomerStatus.ACTIVE:
            raise RecordExists(kind="customer", key=email)


def _account_needs(account_id: object) -> Needs:
    """Return under what the customers of an account are counted."""
    if not isinstance(account_id, str) or not account_id:
        return Needs()
    checks.require([checks.line("/account_id", account_id)])
    reads = [Where(Customer, "account_id", account_id)]
    return Needs.of(guards=[account_key(account_id)], reads=reads)


def _require_room_in_account(view: View, account_id: object, own_id: str | None) -> None:
    if not isinstance(account_id, str) or not account_id:
        return
    found = view.where(Customer, "account_id", account_id)
    count = sum(one.customer_id != own_id and one.status is CustomerStatus.ACTIVE for one in found)
    if count >= ACCOUNT_CUSTOMERS_MAX:
        message = f"An account has at most {ACCOUNT_CUSTOMERS_MAX} customers."
        raise LimitReached(message, limit=ACCOUNT_CUSTOMERS_MAX, actual=count)


def _add_needs(command: AddCustomer, _look: Look) -> Needs:
    return Needs.of(reads=_email_reads(command.email)) | _account_needs(command.account_id)


def _add(view: View, command: AddCustomer, now: datetime) -> Customer:
    customer = Customer(
        customer_id=CustomerId(view.new_id("cus")),
        name=command.name,
        email=command.email,
        phone=command.phone,
        email_key=email_key(command.email) if command.email else None,
        phone_key=phone_key(command.phone) if command.phone else None,
        account_id=command.account_id,
        status=CustomerStatus.ACTIVE,
        metadata=command.metadata,
        created_at=now,
        version=1,
    )
    require_valid(customer)
    _require_email_free(view, command.email, None)
    _require_room_in_account(view, command.account_id, None)
    view.insert(customer)
    view.fact("customer.added", customer)
    return customer


def _change_needs(command: ChangeCustomer, look: Look) -> Needs:
    customer = look.get(Customer, command.customer_id)
    # The address it has counts too: another may have taken it since this one was deleted.
    email = command.changes.get("email", customer.email)
    reads = _email_reads(email if isinstance(email, str) else None)
    return Needs.of(reads=reads) | _account_needs(_new_account(command, customer))


def _new_account(command: ChangeCustomer, customer: Customer) -> object:
    """Return the account that a customer comes to be counted in, if they come to any."""
    after = {"account_id": customer.account_id, "status": customer.status, **command.changes}
    was = customer.status is CustomerStatus.ACTIVE
    is_there = was and after["account_id"] == customer.account_id
    return None if is_there or after["status"] != CustomerStatus.ACTIVE else after["account_id"]


def _change(view: View, command: ChangeCustomer, _now: datetime) -> Customer:
    customer = view.get(Customer, command.customer_id)
    require_version(customer, command.if_version)
    changes = {name: value for name, value in command.changes.items() if name not in _DERIVED}
    email, phone = changes.get("email", customer.email), changes.get("phone", customer.phone)
    if isinstance(email, str):
        _require_email_free(view, email, customer.customer_id)
    _require_room_in_account(view, _new_account(command, customer), customer.customer_id)
    changes["email_key"] = email_key(email) if isinstance(email, str) and email else None
    changes["phone_key"] = phone_key(phone) if isinstance(phone, str) and phone else None
    if (email, phone) != (customer.email, customer.phone):
        # What they have used of promo codes is not forgotten with the address.
        changes["use_mark"] = use_mark_of(customer)
    changed = patched(view, customer, changes, CHANGEABLE | _DERIVED, require_valid)
    view.fact("customer.changed", changed)
    return changed


def _block_needs(command: BlockCustomer | LiftCustomerBlock, look: Look) -> Needs:
    if isinstance(command, BlockCustomer):
        checks.require([checks.line("/reason", command.reason, shortest=1)])
    look.get(Customer, command.customer_id)
    return Needs()


def _block(view: View, command: BlockCustomer, now: datetime) -> Customer:
    customer = view.get(Customer, command.customer_id)
    require_version(customer, command.if_version)
    if not now < command.until <= now + BLOCK_MAX:
        message = f"A block ends after now, and within {BLOCK_MAX.days} days."
        raise InputInvalid.at("/until", "out_of_range", message)
    until, reason = command.until, command.reason
    if (until, reason) == (customer.blocked_until, customer.block_reason):
        return customer
    blocked = view.update(customer, blocked_until=until, block_reason=reason)
    view.fact("customer.blocked", blocked, until=until, reason=reason)
    return blocked


def _lift(view: View, command: LiftCustomerBlock, now: datetime) -> Customer:
    customer = view.get(Customer, command.customer_id)
    require_version(customer, command.if_version)
    if customer.blocked_until is None and not customer.no_shows:
        return customer
    lifted = view.update(
        customer, blocked_until=None, block_reason=None, no_shows=(), lifted_at=now
    )
    view.fact("customer.block_lifted", lifted)
    return lifted


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddCustomer: UseCase(
            "customer.add", scopes=(Scope.CUSTOMERS_WRITE,), needs=_add_needs, decide=_add
        ),
        ChangeCustomer: UseCase(
            "customer.change",
            scopes=(Scope.CUSTOMERS_WRITE,),
            needs=_change_needs,
            decide=_change,
        ),
        BlockCustomer: UseCase(
            "customer.block", scopes=(Scope.CUSTOMERS_WRITE,), needs=_block_needs, decide=_block
        ),
        LiftCustomerBlock: UseCase(
            "customer.lift_block",
            scopes=(Scope.CUSTOMERS_WRITE,),
            needs=_block_needs,
            decide=_lift,
        ),
    }
)
