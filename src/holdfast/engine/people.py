"""Finding the customer that a contact means, or adding one."""

from __future__ import annotations

from holdfast.domain import checks
from holdfast.domain.customers import Contact, Customer, CustomerStatus, email_key, phone_key
from holdfast.domain.ids import CustomerId
from holdfast.engine.ports import ById, Read, Where
from holdfast.engine.use_cases import Look, View


def contact_faults(contact: Contact) -> list[checks.Fault | None]:
    """Say what is wrong with a contact."""
    return [
        checks.line("/contact/name", contact.name),
        checks.email("/contact/email", contact.email),
        checks.phone("/contact/phone", contact.phone),
    ]


def find_customer_reads(contact: Contact, customer_id: CustomerId | None) -> list[Read]:
    """Return what has to be read to find the customer that a contact means."""
    if customer_id is not None:
        return [ById(Customer, customer_id)]
    if contact.email:
        return [Where(Customer, "email_key", email_key(contact.email))]
    if contact.phone:
        return [Where(Customer, "phone_key", phone_key(contact.phone))]
    return []


def find_or_add_customer(
    view: View, contact: Contact, customer_id: CustomerId | None
) -> Customer | None:
    """Return the customer that a contact means, adding one where there is none.

    What a caller writes never changes a customer who is already there: the booking keeps the
    contact as it was given. Without any contact there is no customer.

    Raises:
        RecordNotFound: The customer named by id does not exist.
    """
    if customer_id is None and contact == Contact():
        return None
    found = find_customer(view, contact, customer_id)
    if found is not None:
        return found
    customer = Customer(
        customer_id=CustomerId(view.new_id("cus")),
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        email_key=email_key(contact.email) if contact.email else None,
        phone_key=phone_key(contact.phone) if contact.phone else None,
        account_id=None,
        status=CustomerStatus.ACTIVE,
        created_at=view.now,
        version=1,
    )
    view.insert(customer)
    view.fact("customer.added", customer)
    return customer


def find_customer(look: Look, contact: Contact, customer_id: CustomerId | None) -> Customer | None:
    """Return the customer that is named or that a contact means, or None.

    Raises:
        RecordNotFound: The customer named by id does not exist.
    """
    if customer_id is not None:
        return look.get(Customer, customer_id)
    if contact.email:
        matches = look.where(Customer, "email_key", email_key(contact.email))
    elif contact.phone:
        matches = look.where(Customer, "phone_key", phone_key(contact.phone))
    else:
        matches = ()
    live = [customer for customer in matches if customer.status is CustomerStatus.ACTIVE]
    return live[0] if live else None
