"""People who work in the street: their accounts, and browsers in which they are signed in."""

from __future__ import annotations

from functools import cache

from holdfast.domain.access import Role
from holdfast.domain.accounts import Account
from holdfast.engine.accounts import AddAccount
from holdfast.engine.facade import TenantEngine
from holdfast.engine.members import InviteMember
from holdfast.web.passwords import hash_of
from tests.web.conftest import Town
from tests.web.visitors import Visitor

PASSWORD = "correct horse battery"
SLUG = "sarah"


@cache
def kept_password() -> str:
    """Return the hash of everybody's password, made once."""
    return hash_of(PASSWORD)


def account_of(town: Town, email: str) -> Account:
    """Return the account of an address; a new one if there is none."""
    accounts = town.engine.accounts
    known = accounts.find(email)
    name = email.partition("@")[0].title()
    return known or accounts.add(AddAccount(email=email, name=name, password_hash=kept_password()))


def employ(town: Town, desk: TenantEngine, email: str, role: Role) -> Account:
    """Let a person with an account work for a business."""
    account = account_of(town, email)
    invitation = desk.members.invite(InviteMember(email=email, role=role))
    town.engine.accounts.accept(invitation.token, account_id=account.account_id, name=account.name)
    return account


class Worker(Visitor):
    """Somebody who works for a business, with a browser without scripts.

    Attributes:
        slug: The business.
        email: With which address they sign in.
    """

    slug = SLUG
    email = ""

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in by the page."""
        self.email = email
        self.open("/staff/sign-in")
        self.fill(email=email, password=password)
        self.press(self.page.buttons[-1])

    def at(self, path: str = "", **query: object) -> None:
        """Open a page below the business."""
        self.open(f"/staff/{self.slug}{path}", **query)

    def send(self, path: str, **fields: str) -> None:
        """Send a form of one's own below the business, with the present page's token."""
        self.post(f"/staff/{self.slug}{path}", {"token": self.token, **fields})

    @property
    def token(self) -> str:
        """The token in the forms of the present page."""
        return next(
            value for form in self.page.forms for name, value in form.fields if name == "token"
        )


def worker_of(
    town: Town, role: Role, *, slug: str = SLUG, email: str = "", language: str = "en-GB"
) -> Worker:
    """Employ somebody, and return them signed in."""
    address = email or f"{role.value}@example.com"
    employ(town, town.engine.tenant(slug), address, role)
    worker = Worker(town.pages, language=language)
    worker.slug = slug
    worker.sign_in(address)
    return worker
