"""Somebody who works at the inn, signed in in a browser."""

from __future__ import annotations

from playwright.sync_api import Page

from holdfast.domain.access import Role
from holdfast.engine.accounts import AddAccount
from holdfast.engine.members import InviteMember
from holdfast.web.staff.visits import SIGN_IN_COOKIE
from tests.browser.sites import Site
from tests.web.staff.workers import PASSWORD, kept_password

SLUG = "les-tilleuls"
EMAIL = "olive@example.com"


def employ(site: Site) -> None:
    """Let Olive own the inn."""
    account = site.engine.accounts.add(
        AddAccount(email=EMAIL, name="Olive", password_hash=kept_password())
    )
    invitation = site.street.inn.desk.members.invite(InviteMember(email=EMAIL, role=Role.OWNER))
    site.engine.accounts.accept(invitation.token, account_id=account.account_id, name=account.name)


_PASSES: dict[str, list[tuple[str, str]]] = {}


def be_olive(page: Page, url: str) -> None:
    """Be signed in as Olive, whose sign-in at a server is kept: tries are limited."""
    if url not in _PASSES:
        sign_in(page)
        _PASSES[url] = [
            (one.get("name", ""), one.get("value", ""))
            for one in page.context.cookies()
            if one.get("name") == SIGN_IN_COOKIE
        ]
    page.context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in _PASSES[url]]
    )


def sign_in(page: Page) -> None:
    """Sign Olive in."""
    page.goto("/staff/sign-in")
    page.locator("[name=email]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff/{SLUG}**")
