"""The wizard: from one of eight presets to a page that can be booked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from starlette.responses import Response

from holdfast.domain import checks
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import OfferingId, looks_like_id
from holdfast.domain.intervals import utc
from holdfast.domain.money import AMOUNT_MAX
from holdfast.domain.offerings import DURATION_MAX
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.domain.shapes import DATED
from holdfast.domain.zones import instant_of, local_day, zone
from holdfast.engine.ports import Answer, IdempotencyKey
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.records import canonical_json, id_of, plain, record_of
from holdfast.engine.use_cases import Envelope
from holdfast.web.languages import Language
from holdfast.web.refusals import refused
from holdfast.web.staff.set_up.openings import (
    read_week,
    week_entries,
    week_values,
    weekday_rows,
)
from holdfast.web.staff.set_up.plans import Plan, Sold, carry_out, slug_of
from holdfast.web.staff.set_up.presets import KEYS, Preset, presets
from holdfast.web.staff.set_up.sheets import (
    Entry,
    Kind,
    Say,
    Sheet,
    add_refusal,
    read_sheet,
    row_numbers,
    shown_sheet,
)
from holdfast.web.staff.visits import STAFF, StaffVisit

THINGS_MAX = 50
SOLD_MAX = 20
_RUN_LENGTH = 32
_SATURDAY = 5
_EVENING = 20 * 60
_MINUTE = timedelta(minutes=1)
# For the largest party it is still an amount that can be kept.
PRICE_MAX = AMOUNT_MAX // CAPACITY_MAX


async def show(visit: StaffVisit) -> Response:
    """Show the eight presets, or the questions of the one that was chosen."""
    words = presets(visit.language.gettext)
    chosen = visit.query.text("kind")
    if chosen not in words:
        is_empty = await visit.read(lambda: _is_empty(visit))
        cards = [words[key] for key in KEYS]
        return visit.page(
            "staff/set_up/presets.html",
            {"set_up_part": "start", "presets": cards, "is_empty": is_empty},
        )
    preset = words[chosen]
    values = _usual(visit, preset)
    entries = _entries(preset, visit, range(len(preset.offers)))
    return _page(visit, preset, shown_sheet(entries, values), run=secrets.token_hex(16))


async def begin(visit: StaffVisit) -> Response:
    """Make everything that was said; what was typed stays if something is wrong with it."""
    form = await visit.form()
    words = presets(visit.language.gettext)
    preset = words.get(form.text("kind"))
    if preset is None:
        return visit.go(visit.here("set-up", "start"))
    run = form.text("run")[:_RUN_LENGTH]
    rows = row_numbers(form, "sold")
    if form.text("more") and len(rows) < SOLD_MAX:
        rows = [*rows, max(rows, default=-1) + 1]
    entries = _entries(preset, visit, rows)
    currency = visit.tenant.currency
    sheet = read_sheet(entries, form, visit.language, currency=currency)
    if form.text("more"):
        return _page(visit, preset, replace(sheet, faults={}), run=run)
    taken = await visit.read(lambda: _slugs(visit))
    plan = await visit.read(lambda: _plan(visit, preset, sheet, rows, taken))
    if plan is None:
        return _page(visit, preset, sheet, run=run, status=422)
    try:
        made = await carry_out(plan, lambda step, command: _once(visit, run, step, command))
    except HoldfastError as refusal:
        sentence = refused(refusal, visit.language).sentence
        add_refusal(sheet, refusal, visit.language, sentence=sentence)
        return _page(visit, preset, sheet, run=run, status=refusal.status)
    return visit.go(visit.here("set-up", "start", "done", offer=made[0]))


async def done(visit: StaffVisit) -> Response:
    """Show the public link, and where to go from here."""
    said, desk = visit.query.text("offer"), visit.engine_desk()
    offering = None
    if looks_like_id(said, "off"):
        offering = await visit.read(lambda: desk.offerings.get(OfferingId(said)))
    return visit.page(
        "staff/set_up/done.html",
        {
            "set_up_part": "start",
            "offering": offering,
            "link": absolute(visit, visit.tenant.slug),
        },
    )


def absolute(visit: StaffVisit, *parts: str) -> str:
    """Return a whole address, for others: as this server was asked for."""
    base = visit.request.url
    return f"{base.scheme}://{base.netloc}{visit.url(*parts)}"


def _page(
    visit: StaffVisit, preset: Preset, sheet: Sheet, *, run: str, status: int = 200
) -> Response:
    return visit.page(
        "staff/set_up/wizard.html",
        {
            "set_up_part": "start",
            "preset": preset,
            "sheet": sheet,
            "run": run,
            "rows": weekday_rows(visit.language),
            "things": [one for one in sheet.entries if one.name.startswith("things.")],
            "sold": _sold_rows(sheet),
            "one": {one.name: one for one in sheet.entries},
        },
        status=status,
    )


def _sold_rows(sheet: Sheet) -> list[list[Entry]]:
    by_row: dict[str, list[Entry]] = {}
    for entry in sheet.entries:
        if entry.name.startswith("sold."):
            by_row.setdefault(entry.name.split(".")[1], []).append(entry)
    return list(by_row.values())


def _entries(preset: Preset, visit: StaffVisit, rows: range | list[int]) -> list[Entry]:
    say = visit.language.gettext
    help_text = say("One on each line.")
    entries = [
        Entry(
            name=f"things.{i}", label=one.question, kind=Kind.TEXT, help=help_text, is_needed=True
        )
        for i, one in enumerate(preset.things)
    ]
    if preset.hours_question is not None:
        entries += week_entries(visit.language)
    if preset.has_moment:
        label = say("When does it begin?")
        entries.append(Entry(name="starts_at", label=label, kind=Kind.MOMENT, is_needed=True))
    if preset.places is not None:
        label = preset.places_question
        entries.append(Entry(name="places", label=label, kind=Kind.WHOLE, is_needed=True))
    for row in rows:
        entries.append(Entry(name=f"sold.{row}.name", label=say("Name")))
        if preset.has_minutes:
            suffix = say("minutes")
            minutes = Entry(
                name=f"sold.{row}.minutes", label=say("Length"), kind=Kind.WHOLE, suffix=suffix
            )
            entries.append(minutes)
        entries.append(
            Entry(
                name=f"sold.{row}.price",
                label=say("Price"),
                kind=Kind.MONEY,
                suffix=visit.tenant.currency,
            )
        )
    return entries


def _usual(visit: StaffVisit, preset: Preset) -> dict[str, object]:
    """Return what stands in the form at first."""
    values: dict[str, object] = dict(week_values(preset.hours))
    for i, things in enumerate(preset.things):
        values[f"things.{i}"] = "\n".join(things.names)
    if preset.has_moment:
        today = local_day(utc(visit.now), zone(visit.tenant.zone))
        day = today + timedelta(days=(_SATURDAY - today.weekday()) % 7 + 7)
        values["starts_at"] = (day, _EVENING)
    values["places"] = preset.places
    for i, offer in enumerate(preset.offers):
        values[f"sold.{i}.name"] = offer.name
        values[f"sold.{i}.minutes"] = offer.minutes
        values[f"sold.{i}.price"] = offer.price
    return values


# ---------------------------------------------------------------------------------------- the plan


def _plan(
    visit: StaffVisit, preset: Preset, sheet: Sheet, rows: list[int], taken: list[str]
) -> Plan | None:
    """Return what was said as a plan; None if something is wrong with it."""
    say = visit.language.gettext
    things = tuple(_names(sheet, f"things.{i}", say) for i in range(len(preset.things)))
    openings = read_week(sheet, say) if preset.hours_question else ()
    has_hours = any(name.startswith("hours.") for name in sheet.faults)
    if preset.hours_question and not openings and not has_hours:
        sheet.faults["hours.1.opens"] = say("Say when it is open on one day at least.")
    sold = _sold(sheet, preset, rows, taken, visit.language)
    if not sold and not sheet.faults:
        sheet.faults[f"sold.{rows[0] if rows else 0}.name"] = say("Say what can be booked.")
    places = sheet.values.get("places")
    if isinstance(places, int) and not 1 <= places <= CAPACITY_MAX:
        sheet.faults["places"] = say("This is more or less than is possible here.")
    starts_at = _starts_at(visit, sheet)
    if not sheet.is_right:
        return None
    slots = visit.engine_desk().slots
    return Plan(
        preset=preset,
        things=things,
        sold=tuple(sold),
        openings=openings,
        places=places if isinstance(places, int) else None,
        starts_at=starts_at,
        slot_ids=() if starts_at is None else tuple(slots.new_id() for _ in sold),
    )


def _names(sheet: Sheet, name: str, say: Say) -> tuple[str, ...]:
    """Return the names of things, one from each line, each once."""
    text = str(sheet.values.get(name) or "")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    names = tuple(dict.fromkeys(line for line in lines if line))
    if len(names) > THINGS_MAX:
        sheet.faults[name] = say("These are too many. Take some away.")
    elif any(checks.line(f"/{name}", one, shortest=1) is not None for one in names):
        sheet.faults[name] = say("This is too long, or has signs that cannot be kept.")
    return names


def _sold(
    sheet: Sheet, preset: Preset, rows: list[int], taken: list[str], language: Language
) -> list[Sold]:
    say, found, slugs = language.gettext, [], list(taken)
    for row in rows:
        place = f"sold.{row}"
        name = str(sheet.values.get(f"{place}.name") or "")
        if not name:  # an empty row: what stands beside it does not count
            for part in ("minutes", "price"):
                sheet.faults.pop(f"{place}.{part}", None)
            continue
        if checks.line("/name", name) is not None:
            sheet.faults[f"{place}.name"] = say(
                "This is too long, or has signs that cannot be kept."
            )
        minutes = sheet.values.get(f"{place}.minutes")
        length = timedelta(minutes=minutes) if isinstance(minutes, int) else timedelta(0)
        if preset.shape in DATED:
            length = timedelta(days=1)
        elif f"{place}.minutes" not in sheet.faults and not _MINUTE <= length <= DURATION_MAX:
            sheet.faults[f"{place}.minutes"] = say("Say how many minutes it takes.")
        price = sheet.values.get(f"{place}.price")
        if isinstance(price, int) and not 0 <= price <= PRICE_MAX:
            sheet.faults[f"{place}.price"] = say("This is more or less than is possible here.")
        slugs.append(slug_of(name, slugs))
        found.append(
            Sold(
                name=name,
                slug=slugs[-1],
                price_minor=price if isinstance(price, int) else 0,
                duration=length,
            )
        )
    return found


def _starts_at(visit: StaffVisit, sheet: Sheet) -> datetime | None:
    wall = sheet.values.get("starts_at")
    if not isinstance(wall, tuple):
        return None
    day, minute = wall
    say = visit.language.gettext
    try:
        found = instant_of(day, minute, zone(visit.tenant.zone), gap="forward")
    except ValueError:
        sheet.faults["starts_at"] = say("Give a day and a time.")
        return None
    if found <= visit.now:
        sheet.faults["starts_at"] = say("This is over. Give a time that is to come.")
    return found


def _is_empty(visit: StaffVisit) -> bool:
    return not visit.engine_desk().offerings.list(PageRequest(limit=1)).items


def _slugs(visit: StaffVisit) -> list[str]:
    """Return which addresses of offerings are taken, as far as one page of them goes."""
    listed = visit.engine_desk().offerings.list(PageRequest(limit=PAGE_MAX))
    return [one.slug for one in listed.items]


async def _once(visit: StaffVisit, run: str, step: str, command: object) -> str:
    """Run one step, or find what it made when it was run before; returns its id.

    Raises:
        HoldfastError: It was refused.
    """
    said = plain(command)
    if isinstance(said, dict):
        # Made anew for each try: the address of an offering is another one once it is taken.
        said.pop("slot_id", None)
        said.pop("slug", None)
    digest = hashlib.sha256(canonical_json(said).encode()).hexdigest()
    envelope = Envelope(
        command=command,
        actor=visit.actor,
        source=STAFF,
        render=_id_answer,
        idempotency=IdempotencyKey(
            caller=visit.actor.actor_id,
            route="set-up/start",
            key=f"{run}:{step}:{digest}",
            fingerprint=digest,
        ),
    )
    outcome = await visit.house.gateway.write(visit.tenant.tenant_id, envelope)
    if outcome.error is not None:
        raise outcome.error from outcome.bug
    assert outcome.answer is not None, "an accepted command is rendered"
    return outcome.answer.body.decode()


def _id_answer(result: object) -> Answer:
    made = "" if isinstance(result, tuple) else id_of(record_of(result))
    return Answer(status=200, headers=(), body=made.encode())
