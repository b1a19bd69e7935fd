"""Sign in and out. An unknown address gets the same answer as a wrong password, after as long."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import Response

from holdfast.domain.accounts import ABSOLUTE, PASSWORD_LENGTH_MAX, Account, SignIn
from holdfast.domain.customers import email_key
from holdfast.domain.digests import digest_of
from holdfast.engine.accounts import EndSignIn, NewSignIn, StartSignIn
from holdfast.web.limiting import ASKING, Rate
from holdfast.web.passwords import is_right
from holdfast.web.staff.visits import (
    SIGN_IN_COOKIE,
    STAFF,
    PersonVisit,
    person_of,
    run_in_house,
    secret_in,
)
from holdfast.web.visits import Form, Visit

A_QUARTER_SECONDS = 15 * 60
# A house full of staff signs in from one address; nobody needs so many tries for one account.
FROM_ADDRESS = Rate(name="signing in from", tries=40, seconds=A_QUARTER_SECONDS)
TO_ACCOUNT = Rate(name="signing in to", tries=10, seconds=A_QUARTER_SECONDS)
_TYPED_MAX = 254


async def ask(visit: Visit) -> Response:
    """Ask who wants in."""
    visit.count(ASKING)
    if await person_of(visit) is not None:
        return visit.go(_onwards(visit, visit.query))
    return _page(visit, visit.query)


async def sign_in(visit: Visit) -> Response:
    """Let somebody in who knows their password."""
    form = await visit.form()
    typed, password = form.text("email")[:_TYPED_MAX], form.raw("password")
    count_try(visit, typed)
    account = await visit.read(lambda: checked(visit, typed, password))
    if account is None:
        wrong = visit.language.gettext(
            "This e-mail address and password do not belong together. Check both."
        )
        return _page(visit, form, fault=wrong, status=401)
    await let_in(visit, account)
    return visit.go(_onwards(visit, form))


def count_try(visit: Visit, email: str) -> None:
    """Count a try of a password, by the address it comes from and the account it is for.

    Raises:
        RateLimited: There were too many.
    """
    visit.count(FROM_ADDRESS)
    visit.house.limiter.count(TO_ACCOUNT, email_key(email))


def checked(visit: Visit, email: str, password: str) -> Account | None:
    """Return whose password it is; the same work whether there is such an account or not."""
    account = visit.house.gateway.engine.accounts.find(email)
    kept = account.password_hash if account is not None else None
    return account if is_right(password[:PASSWORD_LENGTH_MAX], kept) else None


async def let_in(visit: Visit, account: Account) -> None:
    """Sign somebody in whose password was checked; what this browser had before ends."""
    former = secret_in(visit.request)
    command = StartSignIn(
        account_id=account.account_id,
        generation=account.generation,
        instead_of=digest_of(former) if former else None,
    )
    started = await run_in_house(visit, command, NewSignIn)
    visit.remember(SIGN_IN_COOKIE, started.secret, int(ABSOLUTE.total_seconds()))


async def sign_out(visit: Visit) -> Response:
    """Sign out in this browser."""
    person = await person_of(visit)
    if person is not None:
        await PersonVisit(visit.request, visit.house, person).form()
        await run_in_house(visit, EndSignIn(sign_in_id=person.sign_in.sign_in_id), SignIn)
    visit.remember(SIGN_IN_COOKIE, "", 0)
    return visit.go(visit.url(STAFF, "sign-in"))


def way_in(visit: Visit) -> str:
    """Return where to sign in, and then go on to where somebody wanted to be."""
    is_look = visit.request.method in {"GET", "HEAD"}
    path = str(visit.request.scope["path"])
    wanted = path.removeprefix(visit.root) if is_look else ""
    query = str(visit.request.url.query)
    onwards = f"{wanted}?{query}" if wanted and query else wanted
    return visit.url(STAFF, "sign-in", next=onwards)


def _onwards(visit: Visit, said: Form) -> str:
    wanted = said.text("next")
    return f"{visit.root}{wanted}" if is_ours(wanted) else visit.url(STAFF)


def is_ours(path: str) -> bool:
    r"""Tell whether a path is one of staff's pages and no other site's address.

    >>> is_ours("/staff/salon/bookings"), is_ours("//evil.example/staff"), is_ours("/staff\x")
    (True, False, False)
    """
    parts = urlsplit(path)
    is_plain = path.isascii() and path.isprintable() and "\\" not in path and ".." not in path
    is_path = not parts.scheme and not parts.netloc
    return is_plain and is_path and (path == f"/{STAFF}" or path.startswith(f"/{STAFF}/"))


def _page(visit: Visit, said: Form, *, fault: str = "", status: int = 200) -> Response:
    wanted = said.text("next")
    context = {
        "email": said.text("email")[:_TYPED_MAX],
        "wanted": wanted if is_ours(wanted) else "",
        "fault": fault,
    }
    return visit.page("staff/sign_in.html", context, status=status)
