"""`holdfast member`: invite people, list them, and give one a new password."""

from __future__ import annotations

import secrets

from holdfast.cli import output
from holdfast.cli.faults import Refused
from holdfast.cli.opening import engine_at, tenant_at
from holdfast.domain.access import AccessStatus, Member, Role
from holdfast.domain.customers import email_key
from holdfast.engine.accounts import ChangePassword
from holdfast.engine.facade import TenantEngine
from holdfast.engine.members import Invitation, InviteMember
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.records import plain

PASSWORD_BYTES = 15
_UNSHOWN = frozenset({"invite_digest"})


def invite(url: str, *, tenant: str | None, email: str, role: Role, pages_url: str) -> None:
    """Invite a person and print the link, once; who is invited already gets a new one.

    Raises:
        InputInvalid: This is no e-mail address.
        TransitionNotAllowed: They have accepted already.
    """
    with engine_at(url) as engine:
        business = tenant_at(engine, tenant)
        invitation = _invitation(business, email, role)
        slug = business.get().slug
    member = invitation.member
    output.say(f"The link for {member.email}, {member.role} of '{slug}', shown this once:")
    output.result(f"{pages_url.rstrip('/')}/staff/invitation/{invitation.token}")


def _invitation(business: TenantEngine, email: str, role: Role) -> Invitation:
    key = email_key(email)
    known = next((one for one in _all(business) if one.email_key == key), None)
    if known is None:
        return business.members.invite(InviteMember(email=email, role=role))
    return business.members.renew_invitation(known.member_id)


def show(url: str, *, tenant: str | None, is_json: bool) -> None:
    """List the members, by their e-mail."""
    with engine_at(url) as engine:
        members = _all(tenant_at(engine, tenant))
    if is_json:
        output.as_json([_shown(member) for member in members])
        return
    output.listing(
        ["email", "name", "role", "status", "has accepted", "id"],
        [
            [one.email, one.name, one.role, one.status, _accepted(one), one.member_id]
            for one in members
        ],
        none="Nobody works here yet. Invite somebody with: holdfast member invite EMAIL",
    )


def renew_password(url: str, *, email: str) -> None:
    """Give an account a new password and print it, once.

    Raises:
        Refused: There is no such account.
    """
    from holdfast.web.passwords import hash_of  # optional: comes with holdfast[server]

    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with engine_at(url) as engine:
        account = engine.accounts.find(email)
        if account is None:
            raise Refused(f"There is no account of {email}. An invitation makes one.")
        engine.accounts.change_password(
            ChangePassword(account_id=account.account_id, password_hash=hash_of(password))
        )
    output.say(f"The new password of {account.email}, who is signed out everywhere:")
    output.result(password)


def _accepted(member: Member) -> str:
    return "no" if member.account_id is None else "yes"


def _all(business: TenantEngine) -> list[Member]:
    found, after = list[Member](), None
    while True:
        request = PageRequest(limit=PAGE_MAX, after=after)
        page = business.members.list(request, statuses=tuple(AccessStatus))
        found += page.items
        after = page.next_after
        if after is None:
            return found


def _shown(member: Member) -> dict[str, object]:
    said = plain(member)
    assert isinstance(said, dict)
    return {name: value for name, value in said.items() if name not in _UNSHOWN}
