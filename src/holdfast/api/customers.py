"""Customers: who books. Bookings add them by themselves."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    Body,
    Email,
    Instant,
    InstantOut,
    Line,
    MaybeEmptyLine,
    Metadata,
    Out,
    Patch,
    Phone,
    Word,
    Words,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Scope
from holdfast.domain.customers import Customer, CustomerStatus
from holdfast.domain.ids import CustomerId
from holdfast.engine.customers import (
    AddCustomer,
    BlockCustomer,
    ChangeCustomer,
    LiftCustomerBlock,
)
from holdfast.engine.reading import Page


class AddCustomerIn(Body):
    """A person who books: a name, an e-mail address or a phone is needed."""

    name: MaybeEmptyLine = ""
    email: Email | None = None
    phone: Phone | None = None
    account_id: MaybeEmptyLine | None = None
    metadata: Metadata = Field(default_factory=dict)


class ChangeCustomerIn(Patch):
    """What to change."""

    name: MaybeEmptyLine = ""
    email: Email | None = None
    phone: Phone | None = None
    account_id: MaybeEmptyLine | None = None
    status: Word[CustomerStatus] = CustomerStatus.ACTIVE
    metadata: Metadata = Field(default_factory=dict)


class BlockCustomerIn(Body):
    """Until when, and why; the reason is for staff."""

    until: Instant
    reason: Line


class LiftBlockIn(Body):
    """Nothing has to be said for it."""


class CustomerQuery(PageQuery):
    """Which customers to list; addresses and numbers are found however they are written."""

    email: MaybeEmptyLine | None = None
    phone: MaybeEmptyLine | None = None
    status: Words[CustomerStatus] = ()


class CustomerOut(Out):
    """A person who books."""

    customer_id: str
    name: str
    email: str | None
    phone: str | None
    account_id: str | None
    status: CustomerStatus
    metadata: dict[str, Any]
    created_at: InstantOut
    version: int
    blocked_until: InstantOut | None
    block_reason: str | None
    no_shows: list[InstantOut]

    @classmethod
    def of(cls, customer: Customer) -> CustomerOut:
        """Show a customer."""
        return cls(
            customer_id=customer.customer_id,
            name=customer.name,
            email=customer.email,
            phone=customer.phone,
            account_id=customer.account_id,
            status=customer.status,
            metadata=customer.metadata,
            created_at=customer.created_at,
            version=customer.version,
            blocked_until=customer.blocked_until,
            block_reason=customer.block_reason,
            no_shows=list(customer.no_shows),
        )


class CustomerPage(PageOut):
    """A page of customers, newest first."""

    items: list[CustomerOut]


def _customer_id(call: Call) -> CustomerId:
    return CustomerId(call.path_id("customer_id", "cus", kind="customer"))


async def add(call: Call) -> Response:
    """Add a customer."""
    body = await call.body(AddCustomerIn)
    command = AddCustomer(
        name=body.name,
        email=body.email,
        phone=body.phone,
        account_id=body.account_id,
        metadata=body.metadata,
    )
    return await call.write(command, CustomerOut.of, location="/v1/customers")


async def list_(call: Call) -> Response:
    """List customers."""
    query = call.query(CustomerQuery)
    request = call.page_request(query)
    statuses = query.status or (CustomerStatus.ACTIVE,)
    page: Page[Customer] = await call.read(
        lambda desk: desk.customers.list(
            request, email=query.email, phone=query.phone, statuses=statuses
        )
    )
    cursor = call.next_cursor(page)
    items = [CustomerOut.of(customer) for customer in page.items]
    return call.page(CustomerPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a customer."""
    customer_id = _customer_id(call)
    customer = await call.read(lambda desk: desk.customers.get(customer_id))
    return call.record(CustomerOut.of(customer), version=customer.version)


async def change(call: Call) -> Response:
    """Change a customer."""
    customer_id = _customer_id(call)
    body = await call.body(ChangeCustomerIn)
    command = ChangeCustomer(
        customer_id=customer_id, changes=body.changes(), if_version=call.if_version
    )
    return await call.write(command, CustomerOut.of)


async def block(call: Call) -> Response:
    """Keep a customer from booking."""
    customer_id = _customer_id(call)
    body = await call.body(BlockCustomerIn)
    command = BlockCustomer(
        customer_id=customer_id, until=body.until, reason=body.reason, if_version=call.if_version
    )
    return await call.write(command, CustomerOut.of)


async def lift_block(call: Call) -> Response:
    """Let a customer book again."""
    customer_id = _customer_id(call)
    await call.body(LiftBlockIn)
    command = LiftCustomerBlock(customer_id=customer_id, if_version=call.if_version)
    return await call.write(command, CustomerOut.of)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/customers",
        name="addCustomer",
        summary="Add a person who books",
        scopes=(Scope.CUSTOMERS_WRITE,),
        run=add,
        body=AddCustomerIn,
        answer=CustomerOut,
        status=201,
        codes=("policy.limit_reached", "record.already_exists"),
    ),
    Endpoint(
        method="GET",
        path="/v1/customers",
        name="listCustomers",
        summary="List customers, newest first",
        scopes=(Scope.CUSTOMERS_READ,),
        run=list_,
        query=CustomerQuery,
        answer=CustomerPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/customers/{customer_id}",
        name="getCustomer",
        summary="Show a customer",
        scopes=(Scope.CUSTOMERS_READ,),
        run=get,
        answer=CustomerOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/customers/{customer_id}",
        name="changeCustomer",
        summary="Change a customer",
        scopes=(Scope.CUSTOMERS_WRITE,),
        run=change,
        body=ChangeCustomerIn,
        answer=CustomerOut,
        codes=(
            "policy.limit_reached",
            "record.already_exists",
            "record.changed",
            "record.not_found",
        ),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/customers/{customer_id}/block",
        name="blockCustomer",
        summary="Keep a customer from booking until an instant",
        scopes=(Scope.CUSTOMERS_WRITE,),
        run=block,
        body=BlockCustomerIn,
        answer=CustomerOut,
        codes=("record.changed", "record.not_found"),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/customers/{customer_id}/lift-block",
        name="liftCustomerBlock",
        summary="Let a customer book again, and forget their no-shows",
        scopes=(Scope.CUSTOMERS_WRITE,),
        run=lift_block,
        body=LiftBlockIn,
        is_body_optional=True,
        answer=CustomerOut,
        codes=("record.changed", "record.not_found"),
        takes_version=True,
    ),
)
