"""Hours: the week of a resource or offering with its picture, and the days that differ from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from starlette.responses import Response

from holdfast.domain.errors import HoldfastError, InputInvalid, RecordNotFound
from holdfast.domain.ids import OfferingId, ResourceId, RuleId, looks_like_id
from holdfast.domain.intervals import utc
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleDraft, RuleKind, ScheduleRule
from holdfast.domain.shapes import DATED
from holdfast.domain.zones import local_day, zone
from holdfast.engine.schedules import AddRules, NewRule, RemoveRule, SetSchedule
from holdfast.web.staff.set_up.editing import UNPROCESSABLE, Editor, sent, sentence_of
from holdfast.web.staff.set_up.offering_forms import editor_of
from holdfast.web.staff.set_up.openings import (
    draft_of,
    read_week,
    week_entries,
    week_rules,
    week_values,
    weekday_rows,
)
from holdfast.web.staff.set_up.resources import tabs_of_resource
from holdfast.web.staff.set_up.sheets import (
    Entry,
    Group,
    Kind,
    Say,
    Sheet,
    clock_of,
    fault_words,
    length_units,
    read_sheet,
    shown_sheet,
)
from holdfast.web.staff.set_up.weeks import week_of
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.visits import Form

TEMPLATE = "staff/set_up/hours.html"
_WEEK = timedelta(days=7)
_AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """Whose hours they are, and their rules."""

    owner: Resource | Offering
    rules: tuple[ScheduleRule, ...]

    @property
    def owner_id(self) -> ResourceId | OfferingId:
        """The id of the owner."""
        owner = self.owner
        return owner.resource_id if isinstance(owner, Resource) else owner.offering_id


async def show(visit: StaffVisit) -> Response:
    """Show the hours of one week, to be changed."""
    owned = await visit.read(lambda: owned_in(visit))
    return _page(visit, owned, _week_sheet(visit, owned), _other_sheet(visit))


async def change(visit: StaffVisit) -> Response:
    """Change the week, add what differs from it, or take that away."""
    form = await visit.form()
    owned = await visit.read(lambda: owned_in(visit))
    match form.text("what"):
        case "other":
            return await _add_other(visit, owned, form)
        case "remove":
            return await _remove(visit, owned, form)
        case _:
            return await _change_week(visit, owned, form)


async def _change_week(visit: StaffVisit, owned: Owned, form: Form) -> Response:
    say = visit.language.gettext
    sheet = read_sheet([*week_entries(visit.language), _step_entry(say)], form, visit.language)
    step = sheet.values.get("step")
    openings = read_week(sheet, say, step=step if isinstance(step, timedelta) else None)
    if form.text("seen") != _seen(owned.rules):
        sheet.general.append(
            say(
                "Somebody has changed this since you opened it. What you typed still stands here:"
                " compare the two, then save again."
            )
        )
    if sheet.is_right:
        shown, others = week_rules(owned.rules)
        zone_name = shown[0].zone if shown else None
        kept = [replace(opening, zone=zone_name) for opening in openings]
        rules: list[NewRule] = [*kept, *(draft_of(rule) for rule in others)]
        command = SetSchedule(
            owner_id=owned.owner_id,
            openings=tuple(rules),
            if_rules=tuple(rule.rule_id for rule in owned.rules),
        )
        if await sent(visit, sheet, command, tuple) is not None:
            return visit.go(visit.here("set-up", "hours", owned.owner_id, saved="1"))
    return _page(visit, owned, sheet, _other_sheet(visit), status=UNPROCESSABLE)


async def _add_other(visit: StaffVisit, owned: Owned, form: Form) -> Response:
    """Add a holiday, other hours on some days, or a recurrence."""
    say = visit.language.gettext
    sheet = read_sheet(_other_entries(say), form, visit.language)
    if sheet.is_right:
        draft = _draft(sheet, say)
        if draft is not None:
            command = AddRules(owner_id=owned.owner_id, rules=(draft,))
            try:
                await visit.run(command, tuple)
            except InputInvalid as refusal:
                _put_beside(sheet, refusal, visit)
            except HoldfastError as refusal:
                sheet.general.append(sentence_of(refusal, visit))
            else:
                return visit.go(visit.here("set-up", "hours", owned.owner_id, saved="1"))
    week = _week_sheet(visit, owned)
    return _page(visit, owned, week, sheet, status=UNPROCESSABLE)


def _put_beside(sheet: Sheet, refusal: InputInvalid, visit: StaffVisit) -> None:
    """Say beside which entry of a rule something is wrong: it is the only one that was sent."""
    names = {"valid_from": "first_on", "valid_until": "last_on", "closes": "until"}
    names |= {"opens": "since", "dates": "first_on"}
    errors = refusal.fields["errors"]
    for fault in errors if isinstance(errors, tuple) else ():
        part = fault.pointer.rpartition("/")[2]
        sheet.faults[names.get(part, part)] = fault_words(fault, visit.language)


async def _remove(visit: StaffVisit, owned: Owned, form: Form) -> Response:
    rule_id = form.text("rule")
    if any(rule.rule_id == rule_id for rule in owned.rules):
        await visit.run(RemoveRule(rule_id=RuleId(rule_id)), ScheduleRule)
    return visit.go(visit.here("set-up", "hours", owned.owner_id, saved="1"))


# ---------------------------------------------------------------------------------------- the page


def _page(
    visit: StaffVisit, owned: Owned, week: Sheet, other: Sheet, *, status: int = 200
) -> Response:
    say = visit.language.gettext
    here = zone(owned.owner.zone or visit.tenant.zone)
    monday = _monday(visit, owned)
    rules = [rule.rule for rule in owned.rules]
    duration, step = _slots_of(owned)
    picture = week_of(rules, monday, here, duration=duration, step=step)
    _, others = week_rules(owned.rules)
    editor = _editor(visit, owned)
    more = {
        "rows": weekday_rows(visit.language),
        "step": _step_entry(say),
        "other": other,
        "other_groups": (Group(title=say("Other days"), entries=_other_entries(say)),),
        "others": [(rule.rule_id, _words_of(rule, visit)) for rule in others],
        "seen": _seen(owned.rules),
        "picture": picture,
        "monday": monday,
        "before": visit.here("set-up", "hours", owned.owner_id, week=monday - _WEEK),
        "after": visit.here("set-up", "hours", owned.owner_id, week=monday + _WEEK),
        "zone": owned.owner.zone or visit.tenant.zone,
        "holidays": visit.here("set-up", "hours", owned.owner_id, "holidays")
        if visit.house.holidays is not None
        else "",
        "is_offering": isinstance(owned.owner, Offering),
    }
    return editor.show(visit, week, more, status=status)


def _editor(visit: StaffVisit, owned: Owned) -> Editor:
    say, owner = visit.language.gettext, owned.owner
    action = visit.here("set-up", "hours", owned.owner_id)
    if isinstance(owner, Offering):
        return replace(editor_of(visit, owner, "hours"), action=action, template=TEMPLATE)
    return Editor(
        part="resources",
        title=owner.name,
        back=visit.here("set-up", "resources"),
        back_words=say("Resources"),
        action=action,
        tabs=tabs_of_resource(visit, owner.resource_id, "hours"),
        template=TEMPLATE,
    )


def _monday(visit: StaffVisit, owned: Owned) -> date:
    """Return the Monday of the week that is shown: the one asked for, or the next to come."""
    today = local_day(utc(visit.now), zone(owned.owner.zone or visit.tenant.zone))
    try:
        day = date.fromisoformat(visit.query.text("week"))
        is_near = abs(day - today) < timedelta(days=3_660)
    except ValueError:
        is_near, day = False, today
    if not is_near:
        day = today + timedelta(days=(7 - today.weekday()) % 7)
    return day - timedelta(days=day.weekday())


def _slots_of(owned: Owned) -> tuple[timedelta | None, timedelta | None]:
    """Return how long slots are and how far apart, where the picture can show them."""
    owner = owned.owner
    if isinstance(owner, Offering):
        return (None, None) if owner.shape in DATED else (owner.duration, owner.grid_step)
    steps = [rule.slot_step for rule in owned.rules if rule.slot_step is not None]
    return (min(steps), None) if steps else (_AN_HOUR, None)


def _week_sheet(visit: StaffVisit, owned: Owned) -> Sheet:
    shown, _ = week_rules(owned.rules)
    spans = [(rule.weekdays, rule.opens_minute, rule.closes_minute) for rule in shown]
    values = week_values(spans)
    values["step"] = shown[0].slot_step if shown else None
    entries = [*week_entries(visit.language), _step_entry(visit.language.gettext)]
    return shown_sheet(entries, values)


def _step_entry(say: Say) -> Entry:
    return Entry(
        name="step",
        label=say("Starts every"),
        kind=Kind.LENGTH,
        units=length_units(say)[:2],
        help=say("Empty leaves it to the offering."),
    )


def _other_sheet(visit: StaffVisit) -> Sheet:
    return shown_sheet(_other_entries(visit.language.gettext), {"effect": "closes"})


def _other_entries(say: Say) -> tuple[Entry, ...]:
    effects = (
        ("closes", say("closed")),
        ("replaces", say("open at other times than usual")),
        ("opens", say("open besides the usual times")),
    )
    return (
        Entry(name="effect", label=say("On these days it is"), kind=Kind.CHOICE, choices=effects),
        Entry(name="first_on", label=say("From this day"), kind=Kind.DATE, is_needed=True),
        Entry(
            name="last_on",
            label=say("Until this day"),
            kind=Kind.DATE,
            help=say("Empty is that one day."),
        ),
        Entry(name="since", label=say("From"), kind=Kind.CLOCK, help=say("Empty is all day.")),
        Entry(name="until", label=say("Until"), kind=Kind.CLOCK),
        Entry(name="reason", label=say("Reason"), help=say("Bastille Day, summer holidays …")),
        Entry(
            name="recurrence",
            label=say("Recurrence"),
            help=say("For those who know them: a rule such as FREQ=MONTHLY;BYDAY=1SA."),
        ),
    )


def _draft(sheet: Sheet, say: Say) -> RuleDraft | None:
    values = sheet.values
    first, last = values["first_on"], values["last_on"]
    since, until = values["since"], values["until"]
    assert isinstance(first, date)
    if (since is None) != (until is None):
        sheet.faults["until" if until is None else "since"] = say("Say from when to when.")
        return None
    if isinstance(since, int) and isinstance(until, int) and until <= since:
        until += 1_440
    common = RuleDraft(
        kind=RuleKind.DATES,
        effect=Effect(str(values["effect"] or "closes")),
        dates=(first,),
        opens_minute=since if isinstance(since, int) else None,
        closes_minute=until if isinstance(until, int) else None,
        reason=str(values["reason"]),
    )
    if values["recurrence"]:
        rule = str(values["recurrence"])
        return replace(
            common, kind=RuleKind.RECURRENCE, dates=(), recurrence=rule, valid_from=first
        )
    if isinstance(last, date) and last != first:
        return replace(common, kind=RuleKind.RANGE, dates=(), valid_from=first, valid_until=last)
    return common


def _words_of(rule: ScheduleRule, visit: StaffVisit) -> str:
    """Say what a rule does that the seven rows do not show."""
    language = visit.language
    say = language.gettext
    effects = {
        Effect.CLOSES: say("closed"),
        Effect.REPLACES: say("other hours"),
        Effect.OPENS: say("open"),
    }
    if rule.kind is RuleKind.DATES:
        days = [language.day(day) for day in rule.dates[:3]]
        when = ", ".join([*days, "…"] if len(rule.dates) > len(days) else days)
    elif rule.kind is RuleKind.RECURRENCE:
        when = str(rule.recurrence)
    elif rule.kind is RuleKind.WEEKLY:
        when = language.listed([language.weekday(date(2024, 1, day)) for day in rule.weekdays])
    else:
        when = ""
    if rule.kind in {RuleKind.RANGE, RuleKind.WEEKLY}:
        ends = [language.day(day) for day in (rule.valid_from, rule.valid_until) if day]
        when = " ".join(part for part in (when, " – ".join(ends)) if part)
    clock = ""
    if (rule.opens_minute, rule.closes_minute) != (0, 1_440):
        clock = f"{clock_of(rule.opens_minute)}–{clock_of(rule.closes_minute)}"
    parts = [when, effects[rule.effect], clock, rule.reason]
    return " · ".join(part for part in parts if part)


def _seen(rules: Sequence[ScheduleRule]) -> str:
    """Return what tells one state of the rules from another."""
    return max((rule.rule_id for rule in rules), default="") + f":{len(rules)}"


def owned_in(visit: StaffVisit) -> Owned:
    """Return whose hours the path is about; to be used within `read`.

    Raises:
        RecordNotFound: There is no such resource or offering.
    """
    text, desk = visit.path("owner_id"), visit.engine_desk()
    if looks_like_id(text, "off"):
        offering_id = OfferingId(text)
        owner: Resource | Offering = desk.offerings.get(offering_id)
        return Owned(owner=owner, rules=desk.schedules.list(offering_id))
    if not looks_like_id(text, "res"):
        raise RecordNotFound(kind="resource or offering", key=text)
    resource_id = ResourceId(text)
    owner = desk.resources.get(resource_id)
    return Owned(owner=owner, rules=desk.schedules.list(resource_id))
