"""The set-up's forms: what is changed by them, what is refused beside its field, what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from holdfast.domain.access import KeyKind, Role
from holdfast.domain.cancellation_policies import Tier
from holdfast.domain.ids import OfferingId
from holdfast.domain.offerings import Counting
from holdfast.domain.policies import ActiveLimit, LimitScope
from holdfast.domain.price_rules import PriceMode
from holdfast.domain.requirements import Choosing, Per
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleKind
from holdfast.domain.shapes import Shape
from holdfast.interop.holidays import closed_on_public_holidays
from holdfast.web.app import Pages
from tests.web.conftest import Town
from tests.web.staff.workers import Worker, worker_of
from tests.web.visitors import BASE


@pytest.fixture
def owner(town: Town) -> Worker:
    """An owner of the salon."""
    return worker_of(town, Role.OWNER)


def faults(worker: Worker) -> dict[str, str]:
    """Return what the page says is wrong, by the field to which it leads."""
    links = [one for one in worker.page.anchors if one.href.startswith("#")]
    return {one.href[1:]: one.words for one in links if one.href not in {"#page", "#"}}


def test_an_offering_is_added_with_what_it_needs_and_is_bookable(town: Town, owner: Worker) -> None:
    chair = town.street.salon.chair.resource_id

    owner.at("/set-up/offerings/new")
    owner.fill(name="Beard trim", price="12,50", duration="20")
    owner.submit("edit")
    owner.fill(**{"requirements.0.target": chair})
    owner.submit("edit")

    made = town.street.salon.desk.offerings.find_by_slug("beard-trim")
    assert made is not None
    assert (made.price.amount_minor, made.duration) == (1_250, timedelta(minutes=20))
    assert [one.resource_id for one in made.requirements] == [chair]
    page = town.visitor().open("/sarah/beard-trim")
    assert page.buttons_named("slot")


def test_what_the_engine_refuses_stands_beside_its_field_and_keeps_what_was_typed(
    town: Town, owner: Worker
) -> None:
    cut = town.street.salon.cut

    owner.at(f"/set-up/offerings/{cut.offering_id}")
    owner.fill(
        slug="No Slug", name="Snip", price="a lot", duration="0", party_min="5", party_max="2"
    )
    owner.submit("edit")
    first = faults(owner)
    owner.fill(price="25")
    owner.submit("edit")
    second = faults(owner)

    typed = dict(owner.page.form("edit").fields)
    assert owner.status == 422
    assert first.keys() == {"price"}
    assert second.keys() == {"slug", "duration", "party_max"}
    assert (typed["name"], typed["slug"], typed["party_min"]) == ("Snip", "No Slug", "5")
    assert town.street.salon.desk.offerings.get(cut.offering_id) == cut


def test_a_change_on_an_older_state_is_refused_and_saved_when_asked_again(
    town: Town, owner: Worker
) -> None:
    desk, cut = town.street.salon.desk, town.street.salon.cut
    owner.at(f"/set-up/offerings/{cut.offering_id}")
    desk.offerings.change(cut.offering_id, {"name": "Theirs"})

    owner.fill(name="Mine")
    owner.submit("edit")
    refused, between = owner.page.text, desk.offerings.get(cut.offering_id).name
    owner.submit("edit")

    assert "Somebody has changed this since you opened it." in refused
    assert between == "Theirs"
    assert desk.offerings.get(cut.offering_id).name == "Mine"


def test_a_taken_address_is_said_beside_the_address(town: Town, owner: Worker) -> None:
    owner.at("/set-up/offerings/new")
    owner.fill(name="Another", slug="cut", duration="30")
    owner.submit("edit")

    assert faults(owner) == {"slug": "Address: This is taken already. Choose another one."}
    assert owner.status == 422


def test_needs_are_said_in_rows_of_any_of_several(town: Town, owner: Worker) -> None:
    desk, cut = town.street.salon.desk, town.street.salon.cut
    owner.at("/set-up/resources/new")
    owner.fill(name="Second chair", kind="hairdresser-cut", capacity="1")
    owner.submit("edit")
    second = next(one for one in desk.resources.list().items if one.name == "Second chair")

    page = f"/staff/sarah/set-up/offerings/{cut.offering_id}/needs"
    owner.open(page)
    sent = dict(owner.page.form("edit").fields)
    owner.post(
        page,
        {
            **sent,
            "requirements.0.others": second.resource_id,
            "requirements.0.choosing": "any_of",
            "requirements.0.members_per": "yes",
        },
        Origin="http://shop.test",
    )

    [needed] = desk.offerings.get(cut.offering_id).requirements
    assert needed.resource_ids == (town.street.salon.chair.resource_id, second.resource_id)
    assert (needed.choosing, needed.members_per) == (Choosing.ANY_OF, Per.PARTICIPANT)


def test_a_price_rule_that_cannot_be_read_shows_the_place(town: Town, owner: Worker) -> None:
    desk, cut = town.street.salon.desk, town.street.salon.cut
    owner.at(f"/set-up/offerings/{cut.offering_id}/prices")
    row = {"price_rules.0.label": "Weekend", "price_rules.0.mode": "percent"}
    owner.fill(**row, **{"price_rules.0.percent": "10"})
    owner.fill(**{"price_rules.0.condition": "dayOfWeek >= 6 && partisipants > 2"})
    owner.submit("edit")
    refused = owner.page
    owner.fill(**{"price_rules.0.condition": "participants >= 6 && dayOfWeek >= 6"})
    owner.submit("edit")

    assert "Line 1, column 19" in refused.text
    assert f"{' ' * 18}▲" in refused.source
    [rule] = desk.offerings.get(cut.offering_id).price_rules
    assert (rule.mode, rule.basis_points) == (PriceMode.PERCENT, 1_000)
    assert (rule.rule_id, rule.condition) == ("weekend", "participants >= 6 && dayOfWeek >= 6")


def test_rows_are_added_and_taken_away_without_losing_what_was_typed(
    town: Town, owner: Worker
) -> None:
    desk, cut = town.street.salon.desk, town.street.salon.cut
    owner.at(f"/set-up/offerings/{cut.offering_id}/questions")
    owner.fill(**{"fields.0.label": "Allergies?"})
    owner.press("Add another")
    kept = dict(owner.page.form("edit").fields)
    owner.fill(**{"fields.1.label": "Which colour?", "fields.1.type": "select"})
    owner.fill(**{"fields.1.options": "red\nblue"})
    owner.submit("edit")
    both = desk.offerings.get(cut.offering_id).fields
    page = owner.url.partition("?")[0]
    sent = dict(owner.page.form("edit").fields)
    owner.post(page, {**sent, "fields.0.remove": "yes"}, Origin="http://shop.test")

    assert kept["fields.0.label"] == "Allergies?"
    assert [one["key"] for one in both] == ["allergies", "which_colour"]
    assert [one["options"] for one in desk.offerings.get(cut.offering_id).fields] == [
        ["red", "blue"]
    ]


def test_tickets_and_parts_are_lists_of_their_own(town: Town) -> None:
    owner = worker_of(town, Role.OWNER, slug="odeon")
    desk, ticket = town.street.concert.desk, town.street.concert.ticket.offering_id
    owner.at(f"/set-up/offerings/{ticket}/tickets")
    owner.fill(**{"ticket_tiers.0.label": "Balcony", "ticket_tiers.0.price": "20"})
    owner.fill(**{"ticket_tiers.0.quota": "3"})
    owner.submit("edit")
    owner.at(f"/set-up/offerings/{ticket}/parts")
    owner.fill(**{"components.0.name": "With a drink"})
    owner.submit("edit")

    [tier] = desk.offerings.get(ticket).ticket_tiers
    [part] = desk.offerings.get(ticket).components
    assert (tier.key, tier.price_minor, tier.quota) == ("balcony", 2_000, 3)
    assert (part.key, part.name) == ("with-a-drink", "With a drink")


def test_hours_are_changed_by_the_week_and_shown_as_a_picture(town: Town, owner: Worker) -> None:
    salon = town.street.salon
    chair = salon.chair.resource_id
    owner.at(f"/set-up/hours/{chair}")
    before = owner.page.source.count('class="week-open is-wide"')
    owner.fill(**{"hours.1.opens": "22:00", "hours.1.closes": "02:00"})
    owner.fill(**{"hours.2.closes": "13:00", "hours.2.opens_again": "14:30"})
    owner.fill(**{"hours.2.closes_again": "19:00"})
    owner.submit("edit")

    found = {
        (day, rule.opens_minute, rule.closes_minute)
        for rule in salon.desk.schedules.list(chair)
        for day in rule.weekdays
    }
    assert before == 5
    assert owner.page.source.count('class="week-open is-wide"') == 8
    assert {(1, 1_320, 1_560), (2, 600, 780), (2, 870, 1_140), (3, 600, 1_140)} <= found
    assert len(found) == 7


def test_a_holiday_closes_its_day_in_the_picture_and_on_the_page(town: Town, owner: Worker) -> None:
    salon = town.street.salon
    chair = salon.chair.resource_id
    owner.at(f"/set-up/hours/{chair}")
    owner.fill(first_on="2026-06-03", reason="Inventory")
    owner.submit("other")
    closed = owner.page

    [rule] = [one for one in salon.desk.schedules.list(chair) if one.effect is Effect.CLOSES]
    assert (rule.kind, rule.dates, rule.reason) == (
        RuleKind.DATES,
        (date(2026, 6, 3),),
        "Inventory",
    )
    assert "Wednesday 3 June · closed · Inventory" in closed.text
    assert closed.source.count('class="week-open is-wide"') == 4
    assert not town.visitor().open("/sarah/cut", day="2026-06-03").buttons_named("slot")
    owner.press("Take away")
    assert owner.page.source.count('class="week-open is-wide"') == 5


def test_other_days_say_what_is_wrong_with_them(town: Town, owner: Worker) -> None:
    owner.at(f"/set-up/hours/{town.street.salon.chair.resource_id}")
    owner.fill(first_on="2026-06-03", last_on="2026-06-01", reason="Backwards")
    owner.submit("other")
    reversed_range = faults(owner)
    owner.fill(last_on="", since="09:00")
    owner.submit("other")
    half = faults(owner)
    owner.fill(since="", recurrence="FREQ=NEVER")
    owner.submit("other")

    assert reversed_range == {"last_on": "Until this day: This ends before it begins."}
    assert half == {"until": "Until: Say from when to when."}
    assert faults(owner).keys() == {"recurrence"}
    assert dict(owner.page.form("other").fields)["reason"] == "Backwards"


def test_hours_that_somebody_else_changed_are_not_overwritten(town: Town, owner: Worker) -> None:
    salon = town.street.salon
    chair = salon.chair.resource_id
    owner.at(f"/set-up/hours/{chair}")
    salon.desk.schedules.set(chair, [])

    owner.submit("edit")

    assert owner.status == 422
    assert "Somebody has changed this since you opened it." in owner.page.text
    assert salon.desk.schedules.list(chair) == ()


def test_a_policy_says_where_each_value_comes_from(town: Town, owner: Worker) -> None:
    salon = town.street.salon
    owner.at("/set-up/policy/business")
    owner.fill(cancelling="yes", cutoff="24", tier1_before="2", tier1_percent="100")
    owner.fill(**{"cutoff.unit": "hours", "tier1_before.unit": "days"})
    owner.submit("edit")
    owner.at(f"/set-up/policy/{salon.chair.resource_id}")
    owner.fill(active_resource="2")
    owner.submit("edit")
    owner.at(f"/set-up/policy/{salon.cut.offering_id}")

    said = salon.desk.get().policy.cancellation
    assert said is not None
    assert (said.cutoff, said.tiers[0]) == (
        timedelta(hours=24),
        Tier(before=timedelta(days=2), percent=100),
    )
    resource = salon.desk.resources.get(salon.chair.resource_id)
    assert resource.policy.active_limits == (ActiveLimit(scope=LimitScope.RESOURCE, most=2),)
    text = owner.page.text
    assert "Cancelling until 1 day before, 100 % back from 2 days before the business" in text
    assert "Bookings ahead of one customer 2 Sarah's chair" in text
    assert "Notice before 4 hours this offering" in text


def test_a_preset_of_policies_is_added_to_what_is_said(town: Town, owner: Worker) -> None:
    salon = town.street.salon
    owner.at(f"/set-up/policy/{salon.cut.offering_id}")
    owner.press("Restaurant")

    changed = salon.desk.offerings.get(salon.cut.offering_id)
    assert changed.policy.cancellation is not None
    assert changed.policy.cancellation.cutoff == timedelta(hours=2)
    assert changed.notice == timedelta(hours=4)


def test_a_secret_key_is_shown_once(town: Town, owner: Worker) -> None:
    owner.at("/set-up/keys")
    owner.fill(name="Till", kind="secret:manager")
    owner.submit("edit")
    secret = next(said["value"] for tag, said in owner.page.elements if said.get("id") == "secret")
    owner.at("/set-up/keys")
    again = owner.page.source
    [key] = town.street.salon.desk.keys.list().items
    owner.press("Take away")

    assert (key.name, key.kind, key.role) == ("Till", KeyKind.SECRET, Role.MANAGER)
    assert secret.startswith("hfs_")
    assert secret not in again
    assert "Till" not in owner.page.text


def test_slots_are_stored_made_by_hand_and_closed(town: Town) -> None:
    owner = worker_of(town, Role.OWNER, slug="odeon")
    concert = town.street.concert
    page = f"/set-up/offerings/{concert.ticket.offering_id}/slots"
    owner.at(page)
    owner.fill(starts_at="2026-07-20T20:00", capacity="40", price="30")
    owner.submit("slot")
    made = concert.desk.slots.list().items[-1]
    shown = owner.page.text
    owner.fill(starts_at="2026-07-20T20:00")
    owner.submit("slot")
    twice = faults(owner)
    owner.at(page)
    owner.press(owner.page.buttons_named("slot")[-1])

    assert (made.capacity, made.price_minor) == (40, 3_000)
    assert "0 of 40 places taken" in shown
    assert twice.keys() == {"starts_at"}
    assert [one.slot_id for one in concert.desk.slots.list().items] == [concert.evening.slot_id]


def test_a_capacity_below_what_is_taken_needs_a_reason(town: Town, owner: Worker) -> None:
    salon = town.street.salon
    chair = salon.chair.resource_id
    salon.desk.resources.change(chair, {"capacity": 3})
    for _ in range(2):
        visitor = town.visitor()
        visitor.open("/sarah/cut")
        visitor.press(visitor.page.buttons_named("slot")[0])
    owner.at(f"/set-up/resources/{chair}")
    owner.fill(capacity="1")
    owner.submit("edit")
    refused, status = owner.page.text, owner.status
    sent = dict(owner.page.form("edit").fields)
    here = owner.url.partition("?")[0]
    more = {"may_be_over": "yes", "reason": "One chair broke"}
    owner.post(here, {**sent, **more}, Origin="http://shop.test")

    assert status == 422
    assert "More is taken than that." in refused
    assert salon.desk.resources.get(chair).capacity == 1


def test_a_resource_is_taken_out_of_use_deleted_and_brought_back(town: Town, owner: Worker) -> None:
    salon = town.street.salon
    words = []
    owner.at(f"/set-up/resources/{salon.chair.resource_id}")
    for button in ("Take out of use", "Use again", "Delete"):
        owner.press(button)
        status = salon.desk.resources.get(salon.chair.resource_id).status.value
        words.append(status)
    owner.at(f"/set-up/resources/{salon.chair.resource_id}")
    owner.press("Bring back")

    assert words == ["inactive", "active", "deleted"]
    assert salon.desk.resources.get(salon.chair.resource_id).status.value == "active"


@pytest.mark.parametrize("shape", list(Shape))
def test_an_offering_of_each_shape_is_added(town: Town, owner: Worker, shape: Shape) -> None:
    owner.at("/set-up/offerings/new")
    owner.fill(name=f"By {shape}", shape=shape.value, duration="60")
    owner.submit("edit")

    made = town.street.salon.desk.offerings.find_by_slug(f"by-{shape}")
    assert made is not None
    assert (made.shape, made.counting) == (shape, Counting.RESOURCES)
    owner.at(f"/set-up/offerings/{made.offering_id}")
    owner.submit("edit")
    assert "Saved." in owner.page.text
    assert town.street.salon.desk.offerings.get(OfferingId(made.offering_id)) == made


def test_public_holidays_close_one_schedule_or_all_and_are_not_added_twice(town: Town) -> None:
    house = replace(town.house, holidays=closed_on_public_holidays)
    open_town = replace(town, house=house, pages=Pages(house))
    owner = worker_of(open_town, Role.OWNER, slug="les-tilleuls")
    desk = town.street.inn.desk
    people = [one.resource_id for one in desk.resources.list().items if one.kind == "therapists"]
    owner.at(f"/set-up/hours/{people[0]}")
    owner.follow("Add public holidays")
    chosen = dict(owner.page.form("edit").fields)["country"]
    form = owner.page.form("edit")
    for _ in range(2):
        owner.post(form.action, {**dict(form.fields), "everywhere": "yes"}, Origin=BASE)

    reasons = [
        [rule.reason for rule in desk.schedules.list(one) if rule.effect is Effect.CLOSES]
        for one in people
    ]
    assert chosen == "FR"
    assert len(people) == 3
    assert [len(found) for found in reasons] == [22, 22, 22]
    assert "Fête nationale" in reasons[0]
    assert "Fête nationale" in owner.page.text
    owner.post(form.action, {**dict(form.fields), "country": "IC"}, Origin=BASE)
    assert faults(owner).keys() == {"country"}


def test_without_a_source_of_holidays_there_is_no_such_page(town: Town, owner: Worker) -> None:
    chair = town.street.salon.chair.resource_id
    owner.at(f"/set-up/hours/{chair}")
    form = owner.page.form("edit")
    shown = owner.page.text
    owner.post(f"{form.action}/holidays", {**dict(form.fields), "country": "FR"}, Origin=BASE)

    assert "Add public holidays" not in shown
    assert owner.status == 404


def test_the_business_says_how_it_looks_and_where_it_may_be_shown(
    town: Town, owner: Worker
) -> None:
    owner.at("/set-up/business")
    owner.fill(accent="#7a3e9", embed_origins="https://shop.example/page", logo="data:text/x,y")
    owner.submit("edit")
    first = faults(owner)
    owner.fill(accent="#7a3e9d", logo="")
    owner.submit("edit")
    second = faults(owner)
    owner.fill(embed_origins="https://shop.example\nhttps://www.shop.example", slug="chez-sarah")
    owner.submit("edit")

    tenant = town.street.salon.desk.get()
    assert first.keys() == {"accent", "logo"}
    assert second.keys() == {"embed_origins"}
    assert owner.url == "/staff/chez-sarah/set-up/business?saved=1"
    assert tenant.embed_origins == ("https://shop.example", "https://www.shop.example")
    assert tenant.metadata == {"pages": {"accent": "#7a3e9d"}}


def test_a_resource_belongs_to_a_member_and_answers_its_category(town: Town, owner: Worker) -> None:
    desk, chair = town.street.salon.desk, town.street.salon.chair.resource_id
    [member] = desk.members.list().items
    owner.at("/set-up/categories/new")
    fields = dict(owner.page.form("edit").fields)
    asked_of_all = {"label": "Height in cm", "type": "number", "required": "yes"}
    typed = {f"custom_fields.0.{name}": value for name, value in asked_of_all.items()}
    named = {"label": "Chair", "label_plural": "Chairs"}
    owner.post(owner.page.form("edit").action, {**fields, **named, **typed}, Origin=BASE)
    [category] = desk.categories.list().items
    owner.at(f"/set-up/resources/{chair}")
    owner.fill(owner_id=member.member_id, category_id=category.category_id)
    owner.submit("edit")
    asked = faults(owner)
    owner.fill(**{"field_values.height_in_cm": "low"})
    owner.submit("edit")
    refused = faults(owner)
    owner.fill(**{"field_values.height_in_cm": "42"})
    owner.submit("edit")

    kept = desk.resources.get(chair)
    assert asked == {"field_values.height_in_cm": "Height in cm: This is needed."}
    assert refused.keys() == {"field_values.height_in_cm"}
    assert (kept.owner_id, kept.category_id) == (member.member_id, category.category_id)
    assert kept.field_values == {"height_in_cm": 42}


def test_a_promo_code_is_made_used_and_taken_back(town: Town, owner: Worker) -> None:
    cut = town.street.salon.cut
    owner.at("/set-up/promo-codes/new")
    owner.fill(code="spring 26!", percent="20", valid_until="2026-07-01T00:00", uses_max="5")
    owner.submit("edit")
    refused = faults(owner)
    owner.fill(code="spring26")
    owner.submit("edit")
    [promo] = town.street.salon.desk.promo_codes.list().items
    sent = {name: value for name, value in owner.page.form("edit").fields if name != "is_active"}
    sent["offering_ids"] = cut.offering_id
    owner.post(owner.url.partition("?")[0], sent, Origin=BASE)

    [changed] = town.street.salon.desk.promo_codes.list().items
    assert refused.keys() == {"code"}
    assert (promo.code, promo.basis_points, promo.uses_max) == ("SPRING26", 2_000, 5)
    assert promo.valid_until is not None
    assert promo.valid_until.isoformat() == "2026-06-30T22:00:00+00:00"
    assert (changed.is_active, changed.offering_ids) == (False, frozenset({cut.offering_id}))
