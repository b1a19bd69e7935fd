"""What an offering has to be: every rule about its fields, and the faults of what breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from holdfast.domain import checks
from holdfast.domain.holds import HOLD_TTL_MAX
from holdfast.domain.locations import location_faults
from holdfast.domain.money import AMOUNT_MAX
from holdfast.domain.offerings import (
    COMPONENTS_MAX,
    DURATION_MAX,
    Component,
    Counting,
    Offering,
)
from holdfast.domain.policies import HORIZON_DAYS_MAX
from holdfast.domain.price_rules import rule_list_faults
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import tier_list_faults
from holdfast.domain.requirements import (
    CANDIDATES_MAX,
    REQUIREMENTS_MAX,
    Choosing,
    Requirement,
)
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.domain.schedules import STEP_MAX
from holdfast.domain.series import OCCURRENCES_MAX
from holdfast.domain.shapes import DATES_MAX, Shape
from holdfast.domain.tenants import is_slug
from holdfast.domain.waitlists import INVITATION_TTL_MAX as _INVITED_MAX
from holdfast.domain.zones import MINUTES_PER_DAY
from holdfast.engine.policy_changes import require_policy

SORT_ORDER_MAX = 1_000_000
REQUIRED_SKILLS_MAX = 20
LENGTH_MAX = timedelta(days=366)
_MINUTE = timedelta(minutes=1)
_ZERO = timedelta(0)


def require_valid(offering: Offering) -> None:
    """Refuse an offering whose fields are malformed.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    checks.require([*_faults_of_words(offering), *_faults_of_numbers(offering)])
    checks.require([*_faults_of_requirements(offering), *_faults_of_shape(offering)])
    require_policy(offering)


def requirement_places(offering: Offering) -> Iterator[tuple[str, Requirement]]:
    """Yield every requirement of an offering with the JSON pointer to it."""
    for i, requirement in enumerate(offering.requirements):
        yield f"/requirements/{i}", requirement
    for i, component in enumerate(offering.components):
        for k, requirement in enumerate(component.requirements):
            yield f"/components/{i}/requirements/{k}", requirement


def _faults_of_shape(offering: Offering) -> list[checks.Fault | None]:
    minutes_a_day = MINUTES_PER_DAY - 1
    keys = [component.key for component in offering.components]
    twice = "Every component has a key of its own."
    many = f"An offering has at most {COMPONENTS_MAX} components."
    is_slots = offering.shape is Shape.SLOTS
    places = "Places are counted in slots; this offering is booked without slots."
    is_counted = offering.counting is Counting.PLACES
    return [
        checks.fault("/counting", "needs_slots", places) if is_counted and not is_slots else None,
        checks.minutes("/length_min", offering.length_min, least=_MINUTE, most=LENGTH_MAX),
        checks.minutes(
            "/length_max",
            offering.length_max,
            least=offering.length_min or _MINUTE,
            most=LENGTH_MAX,
        ),
        checks.whole("/dates_min", offering.dates_min, least=1, most=DATES_MAX),
        checks.whole("/dates_max", offering.dates_max, least=offering.dates_min, most=DATES_MAX),
        checks.whole("/check_in_minute", offering.check_in_minute, least=0, most=minutes_a_day),
        checks.whole("/check_out_minute", offering.check_out_minute, least=0, most=minutes_a_day),
        checks.length("/pending_ttl", offering.pending_ttl, least=_MINUTE, most=checks.YEAR),
        checks.length("/invitation_ttl", offering.invitation_ttl, least=_MINUTE, most=_INVITED_MAX),
        checks.whole("/series_max", offering.series_max, least=1, most=OCCURRENCES_MAX),
        checks.length("/confirm_delay", offering.confirm_delay, least=_ZERO, most=checks.YEAR),
        checks.fault("/components", "twice", twice) if len(set(keys)) < len(keys) else None,
        checks.fault("/components", "too_many", many) if len(keys) > COMPONENTS_MAX else None,
        *(
            fault
            for i, component in enumerate(offering.components)
            for fault in _faults_of_component(f"/components/{i}", component)
        ),
        *rule_list_faults(offering.price_rules, "/price_rules"),
        *tier_list_faults(offering.ticket_tiers, "/ticket_tiers"),
        *_faults_of_quotas(offering),
    ]


def _faults_of_quotas(offering: Offering) -> list[checks.Fault]:
    if offering.ticket_tiers and offering.has_waitlist:
        message = "Who waits cannot say which tickets. Choose a waitlist or ticket tiers."
        return [checks.fault("/ticket_tiers", "with_waitlist", message)]
    if offering.counting is Counting.PLACES:
        return []
    message = "Tickets are counted where places are: in slots of an offering that counts places."
    return [
        checks.fault(f"/ticket_tiers/{i}/quota", "needs_places", message)
        for i, tier in enumerate(offering.ticket_tiers)
        if tier.quota is not None
    ]


def _faults_of_component(pointer: str, component: Component) -> list[checks.Fault | None]:
    faults = [
        checks.line(f"{pointer}/key", component.key, shortest=1),
        checks.line(f"{pointer}/name", component.name, shortest=1),
        checks.whole(f"{pointer}/capacity", component.capacity, least=1, most=CAPACITY_MAX),
    ]
    for i, requirement in enumerate(component.requirements):
        faults += _faults_of_requirement(f"{pointer}/requirements/{i}", requirement)
    return faults


def _faults_of_words(offering: Offering) -> list[checks.Fault | None]:
    slug_message = "Give 3 to 40 letters a to z, digits and hyphens, and no reserved word."
    bad_slug = checks.fault("/slug", "not_a_slug", slug_message)
    return [
        None if is_slug(offering.slug) else bad_slug,
        checks.line("/name", offering.name, shortest=1),
        checks.text("/description", offering.description),
        checks.line("/kind", offering.kind, shortest=1),
        checks.zone_name("/zone", offering.zone),
        *location_faults(offering.location),
        checks.metadata("/metadata", offering.metadata),
    ]


def _faults_of_numbers(offering: Offering) -> list[checks.Fault | None]:
    least_max = offering.party_min
    return [
        checks.minutes("/duration", offering.duration, least=_MINUTE, most=DURATION_MAX),
        checks.minutes("/slot_step", offering.slot_step, least=_MINUTE, most=STEP_MAX),
        checks.length("/buffer_before", offering.buffer_before, least=_ZERO, most=DURATION_MAX),
        checks.length("/buffer_after", offering.buffer_after, least=_ZERO, most=DURATION_MAX),
        checks.length("/notice", offering.notice, least=_ZERO, most=checks.YEAR),
        checks.length("/hold_ttl", offering.hold_ttl, least=_MINUTE, most=HOLD_TTL_MAX),
        checks.whole("/horizon_days", offering.horizon_days, least=0, most=HORIZON_DAYS_MAX),
        checks.whole("/slot_capacity", offering.slot_capacity, least=1, most=CAPACITY_MAX),
        checks.whole("/party_min", offering.party_min, least=1, most=CAPACITY_MAX),
        checks.whole("/party_max", offering.party_max, least=least_max, most=CAPACITY_MAX),
        checks.whole("/price_minor", offering.price.amount_minor, least=0, most=AMOUNT_MAX),
        _fault_of_largest_price(offering),
        checks.whole("/sort_order", offering.sort_order, least=0, most=SORT_ORDER_MAX),
    ]


def _fault_of_largest_price(offering: Offering) -> checks.Fault | None:
    per_head = {PriceUnit.PARTICIPANT, PriceUnit.UNIT}
    heads = (offering.party_max or CAPACITY_MAX) if offering.price_unit in per_head else 1
    if offering.price.amount_minor * heads > AMOUNT_MAX:
        message = "For the largest party the price would be too much; lower it or party_max."
        return checks.fault("/price_minor", "out_of_range", message)
    return None


def _faults_of_requirements(offering: Offering) -> list[checks.Fault | None]:
    needed = offering.requirements
    message = f"An offering needs at most {REQUIREMENTS_MAX} resources."
    faults: list[checks.Fault | None] = [
        checks.fault("/requirements", "too_many", message)
        if len(needed) > REQUIREMENTS_MAX
        else None
    ]
    seen = set[str | None]()
    for i, requirement in enumerate(needed):
        pointer = f"/requirements/{i}"
        if requirement.is_single and requirement.resource_id in seen:
            twice = "This resource is required twice; add up the quantities."
            faults.append(checks.fault(pointer, "twice", twice))
        seen.add(requirement.resource_id)
        faults += _faults_of_requirement(pointer, requirement)
    return faults


def _faults_of_requirement(pointer: str, needed: Requirement) -> list[checks.Fault | None]:
    named = (needed.resource_id, needed.resource_ids or None, needed.pool_id, needed.category_id)
    is_one = sum(value is not None for value in named) == 1
    one_message = "Name one of resource_id, resource_ids, pool_id and category_id."
    many_message = f"Name at most {CANDIDATES_MAX} resources, each once."
    ids = needed.resource_ids
    is_many = len(ids) > CANDIDATES_MAX or len(set(ids)) < len(ids)
    alone = "Only any_of chooses members; all_of takes every resource."
    skilled = f"Ask for at most {REQUIRED_SKILLS_MAX} skills."
    has_too_many = len(needed.skills) > REQUIRED_SKILLS_MAX
    is_chosen = needed.choosing is Choosing.ANY_OF or needed.members == 1
    return [
        None if is_one else checks.fault(pointer, "requirement_target", one_message),
        checks.fault(f"{pointer}/resource_ids", "too_many", many_message) if is_many else None,
        None if is_chosen else checks.fault(f"{pointer}/members", "not_any_of", alone),
        checks.whole(f"{pointer}/quantity", needed.quantity, least=1, most=CAPACITY_MAX),
        checks.whole(f"{pointer}/members", needed.members, least=1, most=CANDIDATES_MAX),
        checks.line(f"{pointer}/role", needed.role),
        checks.line(f"{pointer}/seed", needed.seed),
        checks.fault(f"{pointer}/skills", "too_many", skilled) if has_too_many else None,
        *(
            checks.line(f"{pointer}/skills/{i}", skill, shortest=1)
            for i, skill in enumerate(needed.skills)
        ),
    ]
