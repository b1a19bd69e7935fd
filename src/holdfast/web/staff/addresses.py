"""All of staff's addresses as the pages' table takes them: entering comes before answering."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from holdfast.domain.access import Scope
from holdfast.domain.errors import HoldfastError, Unauthenticated
from holdfast.web.addresses import Address, Answer
from holdfast.web.staff import accounts, sign_in
from holdfast.web.staff.refusals import refused_here
from holdfast.web.staff.set_up import opening
from holdfast.web.staff.table import SCOPES_BY_PATH, STAFF_ADDRESSES, StaffAddress, StaffAnswer
from holdfast.web.staff.visits import STAFF, StaffVisit, enter_business
from holdfast.web.visits import Visit


def entered(answer: StaffAnswer | None, scope: Scope) -> Answer | None:
    """Return what lets members in, to what answers them; who is not signed in signs in first."""
    if answer is None:
        return None
    inside = answer

    async def answer_after_entering(visit: Visit) -> Response:
        try:
            staff_visit = await enter_business(visit, SCOPES_BY_PATH)
        except Unauthenticated:
            return visit.go(sign_in.way_in(visit))
        try:
            staff_visit.actor.require(scope)
            return await inside(staff_visit)
        except HoldfastError as refusal:
            return _refusal(staff_visit, refusal)

    return answer_after_entering


def _refusal(visit: StaffVisit, refusal: HoldfastError) -> Response:
    """Say no within the shell, so that nobody loses their place."""
    context = {"refusal": refused_here(refusal, visit.language), "status": refusal.status}
    return visit.page("staff/refusal.html", context, status=refusal.status)


def _of_business(rows: Iterable[StaffAddress]) -> Iterable[Address]:
    for row in rows:
        yield Address(
            path=f"/{STAFF}/{{tenant}}{row.path}",
            get=entered(row.get, row.scope),
            post=entered(row.post, row.post_scope or row.scope),
        )


ADDRESSES: tuple[Address, ...] = (
    Address(path=f"/{STAFF}", get=accounts.choose),
    Address(path=f"/{STAFF}/sign-in", get=sign_in.ask, post=sign_in.sign_in),
    Address(path=f"/{STAFF}/start", get=opening.ask, post=opening.begin),
    Address(path=f"/{STAFF}/start/address", get=opening.look),
    Address(path=f"/{STAFF}/sign-out", post=sign_in.sign_out),
    Address(path=f"/{STAFF}/account", get=accounts.show, post=accounts.change),
    Address(
        path=f"/{STAFF}/invitation/{{invitation}}", get=accounts.ask_accept, post=accounts.accept
    ),
    *_of_business(STAFF_ADDRESSES),
)
