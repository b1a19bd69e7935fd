"""Members: who may act for the business, and how they are invited."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Body, Email, InstantOut, Line, Out, Patch, Word, Words
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import AccessStatus, Member, Role, Scope
from holdfast.domain.ids import MemberId
from holdfast.engine.members import (
    AddMember,
    ChangeMember,
    Invitation,
    InviteMember,
    RenewInvitation,
)
from holdfast.engine.reading import Page


class AddMemberIn(Body):
    """A person who may act for the business."""

    email: Email
    name: Line
    role: Word[Role]


class InviteMemberIn(Body):
    """A person to be asked to act for the business. Their name may be left to them."""

    email: Email
    role: Word[Role]
    name: Line = ""


class ChangeMemberIn(Patch):
    """What to change. Status `inactive` takes the access away."""

    name: Line = ""
    role: Word[Role] = Role.VIEWER
    status: Word[AccessStatus] = AccessStatus.ACTIVE


class MemberQuery(PageQuery):
    """Which members to list; by default the active ones."""

    status: Words[AccessStatus] = ()


class MemberOut(Out):
    """A person who may act for the business."""

    member_id: str
    email: str
    name: str
    role: Role
    status: AccessStatus
    created_at: InstantOut
    version: int

    @classmethod
    def of(cls, member: Member) -> MemberOut:
        """Show a member."""
        return cls(
            member_id=member.member_id,
            email=member.email,
            name=member.name,
            role=member.role,
            status=member.status,
            created_at=member.created_at,
            version=member.version,
        )


class MemberInvitationOut(MemberOut):
    """An invited member, with the token of their link, which is never shown again.

    The link is `/staff/invitation/{token}` of the pages.
    """

    token: str
    invited_until: InstantOut

    @classmethod
    def of_new(cls, invitation: Invitation) -> MemberInvitationOut:
        """Show a new invitation."""
        member = invitation.member
        assert member.invited_until is not None, "who has just been invited is"
        return cls(
            **MemberOut.of(member).model_dump(),
            token=invitation.token,
            invited_until=member.invited_until,
        )


class MemberPage(PageOut):
    """A page of members, by their e-mail."""

    items: list[MemberOut]


def _member_id(call: Call) -> MemberId:
    return MemberId(call.path_id("member_id", "mbr", kind="member"))


async def add(call: Call) -> Response:
    """Add a member."""
    body = await call.body(AddMemberIn)
    command = AddMember(email=body.email, name=body.name, role=body.role)
    return await call.write(command, MemberOut.of, location="/v1/members")


async def invite(call: Call) -> Response:
    """Invite a person."""
    body = await call.body(InviteMemberIn)
    command = InviteMember(email=body.email, role=body.role, name=body.name)
    return await call.write(command, MemberInvitationOut.of_new)


async def renew(call: Call) -> Response:
    """Make a new link for somebody who has not accepted."""
    member_id = _member_id(call)
    await call.no_body()
    return await call.write(RenewInvitation(member_id=member_id), MemberInvitationOut.of_new)


async def list_(call: Call) -> Response:
    """List members."""
    query = call.query(MemberQuery)
    request = call.page_request(query)
    statuses = query.status or (AccessStatus.ACTIVE,)
    page: Page[Member] = await call.read(lambda desk: desk.members.list(request, statuses=statuses))
    cursor = call.next_cursor(page)
    items = [MemberOut.of(member) for member in page.items]
    return call.page(MemberPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a member."""
    member_id = _member_id(call)
    member = await call.read(lambda desk: desk.members.get(member_id))
    return call.record(MemberOut.of(member), version=member.version)


async def change(call: Call) -> Response:
    """Change a member."""
    member_id = _member_id(call)
    body = await call.body(ChangeMemberIn)
    command = ChangeMember(member_id=member_id, changes=body.changes(), if_version=call.if_version)
    return await call.write(command, MemberOut.of)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/members",
        name="addMember",
        summary="Let a person act for the business",
        scopes=(Scope.ACCESS_WRITE,),
        run=add,
        body=AddMemberIn,
        answer=MemberOut,
        status=201,
        codes=("record.already_exists",),
    ),
    Endpoint(
        method="POST",
        path="/v1/members/invitations",
        name="inviteMember",
        summary="Invite a person; the token of their link is in this answer and never again",
        scopes=(Scope.ACCESS_WRITE,),
        run=invite,
        body=InviteMemberIn,
        answer=MemberInvitationOut,
        status=201,
        codes=("record.already_exists",),
        takes_idempotency_key=False,
    ),
    Endpoint(
        method="POST",
        path="/v1/members/{member_id}/invitation",
        name="renewMemberInvitation",
        summary="Make a new link for somebody who has not accepted; the one before stops working",
        scopes=(Scope.ACCESS_WRITE,),
        run=renew,
        answer=MemberInvitationOut,
        codes=("record.not_found", "state.transition_not_allowed"),
        takes_idempotency_key=False,
    ),
    Endpoint(
        method="GET",
        path="/v1/members",
        name="listMembers",
        summary="List members, by their e-mail",
        scopes=(Scope.ACCESS_WRITE,),
        run=list_,
        query=MemberQuery,
        answer=MemberPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/members/{member_id}",
        name="getMember",
        summary="Show a member",
        scopes=(Scope.ACCESS_WRITE,),
        run=get,
        answer=MemberOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/members/{member_id}",
        name="changeMember",
        summary="Change a member's name, role or status",
        scopes=(Scope.ACCESS_WRITE,),
        run=change,
        body=ChangeMemberIn,
        answer=MemberOut,
        codes=("record.changed", "record.in_use", "record.not_found"),
        takes_version=True,
    ),
)
