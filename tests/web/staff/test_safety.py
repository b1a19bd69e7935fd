"""Safety: what customers and staff write is shown as it was written, and never runs."""

from __future__ import annotations

import pytest

from holdfast.domain.customers import Contact
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.making import Details
from tests.web.conftest import Town
from tests.web.staff.workers import SLUG, Worker
from tests.web.visitors import Page

CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "%(count)s %s {0}",
    "<!--",
    "&lt;script&gt;",
    "\u202ereversed",
)


def foreign_parts(page: Page) -> list[str]:
    """Return what of a page could run: scripts, handlers, links that are code."""
    found = list(page.inline)
    for tag, fields in page.elements:
        found += [f"{tag} {name}" for name in fields if name.startswith("on")]
        found += [
            f"{tag} {value}"
            for name, value in fields.items()
            if name in {"href", "src", "action", "formaction"}
            and value.strip().lower().startswith(("javascript:", "data:", "vbscript:"))
        ]
        if tag == "script" and not fields.get("src", "").startswith("/static/"):
            found.append(f"script {fields}")
        if tag in {"iframe", "object", "embed", "base"} or fields.get("src") == "x":
            found.append(tag)
    return found


@pytest.mark.parametrize("words", CORPUS)
def test_what_was_written_never_becomes_a_part_of_a_page(
    town: Town, staff: Worker, words: str
) -> None:
    desk, salon = town.street.salon.desk, town.street.salon
    plain = words.replace("\u202e", "")
    slot = desk.availability.answer(AvailabilityQuery(offering_id=salon.cut.offering_id)).slots[0]
    booking = desk.bookings.place(
        slot_id=slot.slot_id, details=Details(contact=Contact(name=plain), note=plain)
    )
    desk.bookings.change(booking.booking_id, {"internal_note": plain, "reference": plain})
    desk.resources.change(salon.chair.resource_id, {"name": plain})
    desk.offerings.change(salon.cut.offering_id, {"name": plain})
    desk.change({"name": plain})
    where = f"/staff/{SLUG}/bookings/{booking.booking_id}"

    found = {}
    for path in (
        f"/staff/{SLUG}",
        where,
        f"{where}/move",
        f"/staff/{SLUG}/approvals",
        f"/staff/{SLUG}/bookings",
        f"/staff/{SLUG}/set-up/people",
    ):
        found[path] = foreign_parts(staff.open(path))
        assert staff.status == 200
    found["search"] = foreign_parts(staff.open(f"/staff/{SLUG}/bookings", q=words))
    found["sign-in"] = foreign_parts(Worker(town.pages).open("/staff/sign-in", next=words))
    staff.open(where)
    shown = staff.page.text
    staff.fill(paid=words)
    found["refused"] = foreign_parts(staff.press("Record"))

    assert {path: parts for path, parts in found.items() if parts} == {}
    assert " ".join(plain.split()) in shown
