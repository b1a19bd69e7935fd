"""Rules: the policy of the business, a resource or an offering, and where each value comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.responses import Response

from holdfast.domain.errors import HoldfastError, RecordNotFound
from holdfast.domain.ids import OfferingId, ResourceId, looks_like_id
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Policy, effective_policy
from holdfast.domain.policies_in_force import (
    policy_in_force,
    with_preset,
    word_of_offering,
    word_of_resource,
    word_of_tenant,
)
from holdfast.domain.policy_presets import PolicyPreset
from holdfast.domain.resources import Resource
from holdfast.domain.tenants import Tenant
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import ChangeOffering
from holdfast.engine.resources import ChangeResource
from holdfast.engine.tenants import ChangeTenant
from holdfast.web.staff.set_up.editing import (
    UNPROCESSABLE,
    Editor,
    sent,
    sentence_of,
    version_in,
)
from holdfast.web.staff.set_up.offering_forms import editor_of
from holdfast.web.staff.set_up.policy_forms import (
    POLICY_NAMED,
    policy_entries,
    policy_groups,
    policy_said,
    policy_values,
)
from holdfast.web.staff.set_up.policy_words import words_of_policy
from holdfast.web.staff.set_up.resources import tabs_of_resource
from holdfast.web.staff.set_up.sheets import Entry, Say, Sheet, read_sheet, shown_sheet
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.visits import Form

BUSINESS = "business"
TEMPLATE = "staff/set_up/policy.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """Who says something, and who else has a say in what counts in the end."""

    owner: Tenant | Resource | Offering
    tenant: Tenant
    resources: tuple[Resource, ...] = ()

    @property
    def owner_id(self) -> str:
        """How the level is named in an address."""
        match self.owner:
            case Tenant():
                return BUSINESS
            case Resource(resource_id=resource_id):
                return resource_id
            case Offering(offering_id=offering_id):
                return offering_id


async def show_business(visit: StaffVisit) -> Response:
    """Show what the business says."""
    return await _show(visit, await visit.read(lambda: _of_business(visit)))


async def change_business(visit: StaffVisit) -> Response:
    """Change what the business says."""
    form = await visit.form()
    return await _change(visit, await visit.read(lambda: _of_business(visit)), form)


async def show(visit: StaffVisit) -> Response:
    """Show what a resource or an offering says, and what counts in the end."""
    return await _show(visit, await visit.read(lambda: _level(visit)))


async def change(visit: StaffVisit) -> Response:
    """Change what a resource or an offering says."""
    form = await visit.form()
    return await _change(visit, await visit.read(lambda: _level(visit)), form)


async def _show(visit: StaffVisit, level: _Level) -> Response:
    sheet = shown_sheet(_entries(visit, level), policy_values(level.owner.policy))
    return _page(visit, level, sheet)


async def _change(visit: StaffVisit, level: _Level, form: Form) -> Response:
    if form.text("act"):
        return await _take_preset(visit, level, form)
    sheet = read_sheet(_entries(visit, level), form, visit.language, currency=visit.tenant.currency)
    policy = policy_said(
        sheet, level.owner.policy, currency=visit.tenant.currency, say=visit.language.gettext
    )
    if sheet.is_right:
        command = _command(level, policy, version_in(form))
        kind = type(level.owner)
        if await sent(visit, sheet, command, kind, named=POLICY_NAMED):
            return visit.go(visit.here("set-up", "policy", level.owner_id, saved="1"))
    return _page(visit, level, sheet, status=UNPROCESSABLE)


async def _take_preset(visit: StaffVisit, level: _Level, form: Form) -> Response:
    """Add the usual policy of a kind of business to what is said; what is said already stays."""
    said = form.text("act")
    owner = level.owner
    here = visit.here("set-up", "policy", level.owner_id)
    if said not in set(PolicyPreset) or isinstance(owner, Tenant):
        return visit.go(here)
    command = _command(level, with_preset(owner, PolicyPreset(said)), version_in(form))
    try:
        await visit.run(command, type(owner))
    except HoldfastError as refusal:
        sheet = shown_sheet(_entries(visit, level), policy_values(owner.policy))
        sheet.general.append(sentence_of(refusal, visit))
        return _page(visit, level, sheet, status=refusal.status)
    return visit.go(f"{here}?saved=1")


def _command(level: _Level, policy: Policy, version: int) -> object:
    changes = {"policy": policy}
    match level.owner:
        case Tenant():
            return ChangeTenant(changes=changes, if_version=version)
        case Resource(resource_id=resource_id):
            return ChangeResource(resource_id=resource_id, changes=changes, if_version=version)
        case Offering(offering_id=offering_id):
            return ChangeOffering(offering_id=offering_id, changes=changes, if_version=version)


def _page(visit: StaffVisit, level: _Level, sheet: Sheet, *, status: int = 200) -> Response:
    say = visit.language.gettext
    presets = () if isinstance(level.owner, Tenant) else _presets(say)
    more = {
        "rows": _in_force(visit, level),
        "presets": presets,
        "is_business": isinstance(level.owner, Tenant),
    }
    return _editor(visit, level).show(visit, sheet, more, status=status)


def _presets(say: Say) -> tuple[tuple[str, str], ...]:
    return (
        (PolicyPreset.MEDICAL.value, say("Medical")),
        (PolicyPreset.BEAUTY.value, say("Beauty")),
        (PolicyPreset.LIVE_CLASS.value, say("Live class")),
        (PolicyPreset.RESTAURANT.value, say("Restaurant")),
        (PolicyPreset.EVENT.value, say("Event")),
        (PolicyPreset.COACHING.value, say("Coaching")),
    )


def _in_force(visit: StaffVisit, level: _Level) -> list[tuple[str, str, str]]:
    """Return what counts in the end: what it is about, its words, and who says it."""
    say = visit.language.gettext
    tenant_word = word_of_tenant(level.tenant)
    sources: list[tuple[str, Policy]] = []
    if isinstance(level.owner, Offering):
        sources.append((say("this offering"), word_of_offering(level.owner)))
        sources += [(one.name, word_of_resource(one)) for one in level.resources]
        whole = policy_in_force(level.tenant, level.owner, level.resources)
    elif isinstance(level.owner, Resource):
        word = word_of_resource(level.owner)
        sources.append((say("this resource"), word))
        whole = effective_policy(tenant=tenant_word, resources=[word])
    else:
        whole = tenant_word
    sources.append((say("the business"), tenant_word))
    found = []
    for name, label, words in words_of_policy(whole, visit.language):
        said_by = next((who for who, policy in sources if getattr(policy, name)), "")
        if name in tenant_word.caps:
            same = getattr(whole, name) == getattr(tenant_word, name)
            said_by = say("the business, and nobody may loosen it") if same else said_by
        found.append((label, words, said_by or say("nobody")))
    return found


def _entries(visit: StaffVisit, level: _Level) -> list[Entry]:
    is_business = isinstance(level.owner, Tenant)
    return policy_entries(visit.language.gettext, visit.tenant.currency, is_business=is_business)


def _editor(visit: StaffVisit, level: _Level) -> Editor:
    say, owner = visit.language.gettext, level.owner
    action = visit.here("set-up", "policy", level.owner_id)
    is_business = isinstance(owner, Tenant)
    groups = policy_groups(say, visit.tenant.currency, is_business=is_business)
    if isinstance(owner, Offering):
        editor = editor_of(visit, owner, "policy")
        return replace(editor, action=action, groups=groups, template=TEMPLATE)
    if isinstance(owner, Resource):
        return Editor(
            part="resources",
            title=owner.name,
            back=visit.here("set-up", "resources"),
            back_words=say("Resources"),
            action=action,
            groups=groups,
            version=owner.version,
            tabs=tabs_of_resource(visit, owner.resource_id, "policy"),
            template=TEMPLATE,
        )
    return Editor(
        part=BUSINESS,
        title=say("Rules of the business"),
        back=visit.here("set-up", BUSINESS),
        back_words=say("Business"),
        action=action,
        groups=groups,
        version=owner.version,
        template=TEMPLATE,
    )


def _of_business(visit: StaffVisit) -> _Level:
    tenant = visit.engine_desk().get()
    return _Level(owner=tenant, tenant=tenant)


def _level(visit: StaffVisit) -> _Level:
    text, desk = visit.path("level"), visit.engine_desk()
    tenant = desk.get()
    if looks_like_id(text, "off"):
        offering = desk.offerings.get(OfferingId(text))
        return _Level(owner=offering, tenant=tenant, resources=_serving(desk, offering))
    if not looks_like_id(text, "res"):
        raise RecordNotFound(kind="policy", key=text)
    return _Level(owner=desk.resources.get(ResourceId(text)), tenant=tenant)


def _serving(desk: TenantEngine, offering: Offering) -> tuple[Resource, ...]:
    """Return the resources that an offering names, itself or by its pools."""
    found: dict[str, Resource] = {}
    for needed in offering.requirements:
        if needed.pool_id is not None:
            _, members = desk.pools.get_with_resources(needed.pool_id)
            found |= {one.resource_id: one for one in members}
        for resource_id in needed.named_ids:
            found[resource_id] = desk.resources.get(resource_id)
    return tuple(found.values())
