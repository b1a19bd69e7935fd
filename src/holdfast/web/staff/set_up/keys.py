"""API keys: make one, whose secret is shown once; list them; take one's access away."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.domain.access import AccessStatus, ApiKey, KeyKind, Role
from holdfast.domain.ids import KeyId, looks_like_id
from holdfast.engine.keys import AddKey, NewKey, RevokeKey
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.staff.set_up.editing import UNPROCESSABLE, sent
from holdfast.web.staff.set_up.sheets import Entry, Kind, Say, Sheet, read_sheet, shown_sheet
from holdfast.web.staff.visits import StaffVisit

PART = "keys"


async def show(visit: StaffVisit) -> Response:
    """List the keys, and ask for a new one."""
    values = {"kind": "secret:staff"}
    return await _page(visit, shown_sheet(_entries(visit.language.gettext), values))


async def change(visit: StaffVisit) -> Response:
    """Make a key, or take one's access away."""
    form = await visit.form()
    key_id = form.text("revoke")
    if looks_like_id(key_id, "key"):
        await visit.run(RevokeKey(key_id=KeyId(key_id)), ApiKey)
        return visit.go(visit.here("set-up", PART))
    sheet = read_sheet(_entries(visit.language.gettext), form, visit.language)
    if not sheet.is_right:
        return await _page(visit, sheet, status=UNPROCESSABLE)
    kind, _, role = str(sheet.values["kind"]).partition(":")
    command = AddKey(
        name=str(sheet.values["name"]), kind=KeyKind(kind), role=Role(role) if role else None
    )
    made = await sent(visit, sheet, command, NewKey)
    if made is None:
        return await _page(visit, sheet, status=UNPROCESSABLE)
    # Shown here and never again: an address to come back to would be a second time.
    fresh = shown_sheet(_entries(visit.language.gettext), {"kind": "secret:staff"})
    return await _page(visit, fresh, made=made)


async def _page(
    visit: StaffVisit, sheet: Sheet, *, made: NewKey | None = None, status: int = 200
) -> Response:
    request = PageRequest(limit=PAGE_MAX)
    desk = visit.engine_desk()
    found = await visit.read(lambda: desk.keys.list(request))
    kinds = dict(_kinds(visit.language.gettext))
    keys = [
        (one, kinds[f"{one.kind.value}:{one.role.value}" if one.role else one.kind.value])
        for one in found.items
        if one.status is AccessStatus.ACTIVE
    ]
    return visit.page(
        "staff/set_up/keys.html",
        {
            "set_up_part": PART,
            "keys": keys,
            "sheet": sheet,
            "entries": sheet.entries,
            "made": made,
            "zone": visit.tenant.zone,
        },
        status=status,
    )


def _kinds(say: Say) -> tuple[tuple[str, str], ...]:
    return (
        ("secret:owner", say("secret, may do everything")),
        ("secret:manager", say("secret, may set up and book")),
        ("secret:staff", say("secret, may book and change bookings")),
        ("secret:viewer", say("secret, may look")),
        ("publishable", say("public, for pages: looks for free times and books for itself")),
    )


def _entries(say: Say) -> tuple[Entry, ...]:
    return (
        Entry(
            name="name",
            label=say("What the key is for"),
            help=say("Web site, till …"),
            is_needed=True,
        ),
        Entry(name="kind", label=say("What it may do"), kind=Kind.CHOICE, choices=_kinds(say)),
    )
