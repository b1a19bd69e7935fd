"""People: who works for the business, in which role, and who is invited."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.domain.access import AccessStatus, Member, Role
from holdfast.domain.errors import HoldfastError, InputInvalid
from holdfast.domain.ids import MemberId
from holdfast.engine.members import (
    ChangeMember,
    Invitation,
    InviteMember,
    RenewInvitation,
    is_open,
)
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.staff.refusals import refused_here
from holdfast.web.staff.visits import STAFF, StaffVisit
from holdfast.web.visits import Form

_NOTHING_TYPED = Form([])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A member as the page shows them."""

    member: Member
    is_self: bool
    is_invited: bool


async def show(visit: StaffVisit) -> Response:
    """Show everybody, and a form to invite one more."""
    return await _page(visit)


async def change(visit: StaffVisit) -> Response:
    """Invite somebody, make a new link, change a role, take access away or give it back."""
    form = await visit.form()
    try:
        invitation = await _act(visit, form)
    except HoldfastError as refusal:
        return await _page(visit, typed=form, refusal=refusal, status=refusal.status)
    if invitation is None:
        return visit.go(visit.here("set-up", "people"))
    return await _page(visit, invitation=invitation)


async def _act(visit: StaffVisit, form: Form) -> Invitation | None:
    """Do what a form asks for; an invitation is shown at once, since its link is kept nowhere."""
    act, member_id = form.text("act"), MemberId(form.text("member"))
    match act:
        case "invite":
            invite = InviteMember(
                email=form.text("email"), name=form.text("name"), role=_role(form.text("role"))
            )
            return await visit.run(invite, Invitation)
        case "renew":
            return await visit.run(RenewInvitation(member_id=member_id), Invitation)
        case "role":
            changes: dict[str, object] = {"role": _role(form.text("role"))}
        case "remove":
            changes = {"status": AccessStatus.INACTIVE}
        case "restore":
            changes = {"status": AccessStatus.ACTIVE}
        case _:
            raise InputInvalid.at("/act", "unknown", "This page has no such button.")
    await visit.run(ChangeMember(member_id=member_id, changes=changes), Member)
    return None


def _role(text: str) -> Role:
    if text not in {role.value for role in Role}:
        raise InputInvalid.at("/role", "unknown", "Choose one of the roles.")
    return Role(text)


async def _page(
    visit: StaffVisit,
    *,
    typed: Form = _NOTHING_TYPED,
    invitation: Invitation | None = None,
    refusal: HoldfastError | None = None,
    status: int = 200,
) -> Response:
    request = PageRequest(limit=PAGE_MAX)
    members = await visit.read(
        lambda: visit.engine_desk().members.list(request, statuses=tuple(AccessStatus)).items
    )
    link = invitation and visit.absolute(STAFF, "invitation", invitation.token)
    shown = [
        Shown(
            member=member,
            is_self=member.member_id == visit.member.member_id,
            is_invited=is_open(member, now=visit.now),
        )
        for member in members
    ]
    context = {
        "people": sorted(shown, key=lambda one: one.member.status is AccessStatus.INACTIVE),
        "roles": tuple(Role),
        "typed": typed,
        "invitation": invitation,
        "link": link,
        "refusal": refused_here(refusal, visit.language) if refusal is not None else None,
    }
    return visit.page("staff/people.html", context, status=status)
