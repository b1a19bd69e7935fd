"""The facade's features of people: members, API keys, customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from holdfast.domain.access import AccessStatus, ApiKey, KeyKind, Member, Role, Scope
from holdfast.domain.customers import Customer, CustomerStatus, email_key, phone_key
from holdfast.domain.ids import CustomerId, KeyId, MemberId
from holdfast.engine.customers import (
    AddCustomer,
    BlockCustomer,
    ChangeCustomer,
    LiftCustomerBlock,
)
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.keys import AddKey, NewKey, RevokeKey
from holdfast.engine.members import (
    AddMember,
    ChangeMember,
    Invitation,
    InviteMember,
    RenewInvitation,
)
from holdfast.engine.ports import ById, Comparison, Filter
from holdfast.engine.reading import Page, PageRequest, get, page

_FIRST_PAGE = PageRequest()


class Members:
    """Who may act for the business."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddMember, *, idempotency_key: str | None = None) -> Member:
        """Add a member. See `AddMember`."""
        return result_of(Member, self._port.run(command, idempotency_key))

    def invite(self, command: InviteMember) -> Invitation:
        """Invite a person by a link, whose secret is in the answer. See `InviteMember`."""
        return result_of(Invitation, self._port.run(command))

    def renew_invitation(self, member_id: MemberId) -> Invitation:
        """Make a new link for somebody who has not accepted. See `RenewInvitation`."""
        return result_of(Invitation, self._port.run(RenewInvitation(member_id=member_id)))

    def change(
        self,
        member_id: MemberId,
        changes: Mapping[str, object],
        *,
        if_version: int | None = None,
    ) -> Member:
        """Change a member's name, role or status. See `ChangeMember`."""
        command = ChangeMember(member_id=member_id, changes=changes, if_version=if_version)
        return result_of(Member, self._port.run(command))

    def get(self, member_id: MemberId) -> Member:
        """Return a member.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.ACCESS_WRITE)
        return self._port.read(lambda store: get(store, Member, member_id))

    def names(self, actor_ids: Collection[str]) -> dict[str, str]:
        """Return what members and keys are called that a history names, by their ids."""
        self._port.actor.require(Scope.AUDIT_READ)
        reads = [
            ById(Member if actor_id.startswith("mbr_") else ApiKey, actor_id)
            for actor_id in actor_ids
            if actor_id.startswith(("mbr_", "key_"))
        ]
        found = self._port.read(lambda store: store.load(reads))
        return {
            read.record_id: row.name
            for read in reads
            for row in cast("tuple[Member | ApiKey, ...]", found[read])
        }

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        statuses: Sequence[AccessStatus] = (AccessStatus.ACTIVE,),
    ) -> Page[Member]:
        """Return a page of members, by their e-mail."""
        self._port.actor.require(Scope.ACCESS_WRITE)
        filters = [Filter("status", Comparison.ONE_OF, tuple(statuses))]
        return self._port.read(
            lambda store: page(store, Member, request, order_by="email_key", filters=filters)
        )


class Keys:
    """The API keys of the business."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, name: str, *, kind: KeyKind, role: Role | None = None) -> NewKey:
        """Make a key. Its secret is in the answer and never again. See `AddKey`."""
        return result_of(NewKey, self._port.run(AddKey(name=name, kind=kind, role=role)))

    def revoke(self, key_id: KeyId) -> ApiKey:
        """Take a key's access away for good."""
        return result_of(ApiKey, self._port.run(RevokeKey(key_id=key_id)))

    def get(self, key_id: KeyId) -> ApiKey:
        """Return a key, without its secret.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.ACCESS_WRITE)
        return self._port.read(lambda store: get(store, ApiKey, key_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        statuses: Sequence[AccessStatus] = (AccessStatus.ACTIVE,),
    ) -> Page[ApiKey]:
        """Return a page of keys, oldest first."""
        self._port.actor.require(Scope.ACCESS_WRITE)
        filters = [Filter("status", Comparison.ONE_OF, tuple(statuses))]
        return self._port.read(
            lambda store: page(store, ApiKey, request, order_by="created_at", filters=filters)
        )


class Customers:
    """Who books."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddCustomer, *, idempotency_key: str | None = None) -> Customer:
        """Add a customer. See `AddCustomer`."""
        return result_of(Customer, self._port.run(command, idempotency_key))

    def change(
        self,
        customer_id: CustomerId,
        changes: Mapping[str, object],
        *,
        if_version: int | None = None,
    ) -> Customer:
        """Change a customer's fields. See `ChangeCustomer`."""
        command = ChangeCustomer(customer_id=customer_id, changes=changes, if_version=if_version)
        return result_of(Customer, self._port.run(command))

    def block(
        self,
        customer_id: CustomerId,
        *,
        until: datetime,
        reason: str,
        if_version: int | None = None,
    ) -> Customer:
        """Keep a customer from booking until an instant. See `BlockCustomer`."""
        command = BlockCustomer(
            customer_id=customer_id, until=until, reason=reason, if_version=if_version
        )
        return result_of(Customer, self._port.run(command))

    def lift_block(self, customer_id: CustomerId, *, if_version: int | None = None) -> Customer:
        """Let a customer book again. See `LiftCustomerBlock`."""
        command = LiftCustomerBlock(customer_id=customer_id, if_version=if_version)
        return result_of(Customer, self._port.run(command))

    def get(self, customer_id: CustomerId) -> Customer:
        """Return a customer.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.CUSTOMERS_READ)
        return self._port.read(lambda store: get(store, Customer, customer_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        email: str | None = None,
        phone: str | None = None,
        statuses: Sequence[CustomerStatus] = (CustomerStatus.ACTIVE,),
    ) -> Page[Customer]:
        """Return a page of customers, newest first; e-mail and phone are looked up normalised."""
        self._port.actor.require(Scope.CUSTOMERS_READ)
        filters = [Filter("status", Comparison.ONE_OF, tuple(statuses))]
        if email is not None:
            filters.append(Filter("email_key", Comparison.EQUAL, email_key(email)))
        if phone is not None:
            filters.append(Filter("phone_key", Comparison.EQUAL, phone_key(phone)))
        return self._port.read(
            lambda store: page(
                store,
                Customer,
                request,
                order_by="created_at",
                is_descending=True,
                filters=filters,
            )
        )
