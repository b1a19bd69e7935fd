"""Businesses see nothing of each other, and everybody may do what their role says and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Actor, ActorKind, KeyKind, Role
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import HoldfastError
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource, ResourceAction
from holdfast.engine.accounts import AddAccount
from holdfast.engine.blocks import AddBlock
from holdfast.engine.customers import AddCustomer
from holdfast.engine.facade import TenantEngine
from holdfast.engine.members import AddMember
from holdfast.engine.ports import IdempotencyKey
from holdfast.engine.resources import AddResource
from holdfast.engine.tenants import AddTenant, FirstOwner
from holdfast.storage.database import Database
from tests.engine.businesses import (
    FOR_ADA,
    acting_as,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    remaining,
    shop_window,
    starts,
)
from tests.engine.scenes import command, rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """A business with one of each thing."""

    desk: TenantEngine
    room: Resource
    offering: Offering
    held: Hold
    booked: Booking


def open_business(engine: Engine, slug: str) -> Business:
    """Open a business with one of each thing, under the same names whatever the slug."""
    desk = open_desk(engine, slug=slug)
    room = add_room(desk)
    offering = add_offering(desk, "cut", room)
    return Business(
        desk=desk,
        room=room,
        offering=offering,
        held=hold(desk, offering, at("12:00"), client_key="cart"),
        booked=book(desk, offering, at("14:00")),
    )


@pytest.fixture
def ours(engine: Engine) -> Business:
    """Our business."""
    return open_business(engine, "ours")


@pytest.fixture
def theirs(engine: Engine, ours: Business) -> Business:
    """Another business, with the same names and the same times."""
    return open_business(engine, "theirs")


def test_the_same_names_and_times_in_two_businesses_do_not_meet(
    ours: Business, theirs: Business
) -> None:
    """I-41."""
    counts = [
        (len(one.desk.bookings.list().items), len(one.desk.holds.list().items))
        for one in (ours, theirs)
    ]

    assert counts == [(1, 1), (1, 1)]
    assert ours.booked.customer_id != theirs.booked.customer_id
    assert remaining(ours.desk, ours.offering, at("15:00")) == 1


REACHES: list[Callable[[TenantEngine, Business], object]] = [
    lambda desk, other: desk.resources.get(other.room.resource_id),
    lambda desk, other: desk.resources.change(other.room.resource_id, {"name": "Mine"}),
    lambda desk, other: desk.resources.act(other.room.resource_id, ResourceAction.DELETE),
    lambda desk, other: desk.offerings.get(other.offering.offering_id),
    lambda desk, other: desk.offerings.change(other.offering.offering_id, {"name": "Mine"}),
    lambda desk, other: desk.schedules.list(other.offering.offering_id),
    lambda desk, other: desk.schedules.set(other.offering.offering_id, []),
    lambda desk, other: desk.availability.list(other.offering.offering_id),
    lambda desk, other: hold(desk, other.offering, at("18:00")),
    lambda desk, other: desk.holds.place(slot_id=other.held.slot_id),
    lambda desk, other: book(desk, other.offering, at("18:00")),
    lambda desk, other: add_slot(desk, other.offering, at("18:30")),
    lambda desk, other: desk.holds.get(other.held.hold_id),
    lambda desk, other: desk.holds.extend(other.held.hold_id),
    lambda desk, other: desk.holds.release(other.held.hold_id),
    lambda desk, other: desk.bookings.convert(other.held.hold_id, details=FOR_ADA),
    lambda desk, other: desk.bookings.get(other.booked.booking_id),
    lambda desk, other: desk.bookings.get_by_number(other.booked.number),
    lambda desk, other: desk.bookings.confirm(other.booked.booking_id),
    lambda desk, other: desk.bookings.cancel(other.booked.booking_id),
    lambda desk, other: desk.history.of_booking(other.booked.booking_id),
    lambda desk, other: desk.blocks.add(
        AddBlock(resource_id=other.room.resource_id, starts_at=at("18:00"), ends_at=at("19:00"))
    ),
]


@pytest.mark.parametrize("number", range(len(REACHES)))
def test_whatever_belongs_to_another_business_is_not_there(
    ours: Business, theirs: Business, number: int
) -> None:
    """A1, I-41: not found, never forbidden."""
    reach = REACHES[number]

    cause = cause_of(lambda: reach(ours.desk, theirs))

    assert cause["code"] == "record.not_found"


def test_releasing_by_client_key_stays_within_the_business(
    ours: Business, theirs: Business
) -> None:
    released = ours.desk.holds.release_all("cart")

    assert [one.hold_id for one in released] == [ours.held.hold_id]
    assert theirs.desk.holds.get(theirs.held.hold_id) == theirs.held


def test_an_offering_cannot_need_a_resource_of_another_business(
    ours: Business, theirs: Business
) -> None:
    cause = cause_of(lambda: add_offering(ours.desk, "theft", theirs.room))

    assert cause["code"] == "input.invalid"


def test_the_same_idempotency_key_in_two_businesses_is_two_keys(
    engine: Engine, ours: Business, theirs: Business
) -> None:
    """I-29."""
    key = IdempotencyKey(caller="c", route="r", key="k", fingerprint="f")
    outcomes = []
    for one in (ours, theirs):
        envelope = command(AddCustomer(name="Grace"))
        kept = replace(envelope, idempotency=key, render=rendered)
        outcomes += engine.unit_of_work.run(one.desk.tenant_id, [kept])

    assert [outcome.is_replayed for outcome in outcomes] == [False, False]


def test_a_slug_names_one_business_only(engine: Engine, ours: Business, theirs: Business) -> None:
    causes = [
        cause_of(lambda: open_desk(engine, slug="ours")),
        cause_of(lambda: theirs.desk.change({"slug": "ours"})),
    ]

    assert causes == [{"code": "record.already_exists", "kind": "tenant", "key": "ours"}] * 2
    assert [tenant.slug for tenant in engine.list_tenants()] == ["ours", "theirs"]


def test_a_business_is_found_by_its_slug_or_its_id(engine: Engine, ours: Business) -> None:
    found = [engine.tenant(name).get() for name in ("ours", str(ours.desk.tenant_id))]
    cause = cause_of(lambda: engine.tenant("nobody"))

    assert found == [ours.desk.get()] * 2
    assert cause == {"code": "record.not_found", "kind": "tenant", "key": "nobody"}


def test_a_malformed_business_is_refused(engine: Engine) -> None:
    cause = cause_of(
        lambda: engine.add_tenant(
            AddTenant(slug="api", name="", zone="Mars/Base", currency="euro", horizon_days=-1)
        )
    )

    assert cause["code"] == "input.invalid"


def test_an_inactive_business_takes_no_bookings(ours: Business) -> None:
    status = ours.desk.get().status
    ours.desk.change({"status": type(status).INACTIVE})

    cause = cause_of(lambda: book(ours.desk, ours.offering, at("18:00")))

    assert cause == {"code": "availability.closed", "reason": "tenant_inactive"}
    assert starts(ours.desk, ours.offering, at("18:00"), at("19:00")) == []


# Roles

DEEDS: dict[str, Callable[[TenantEngine, Business], object]] = {
    "look at the catalogue": lambda desk, own: desk.offerings.list(),
    "look at availability": lambda desk, own: desk.availability.list(own.offering.offering_id),
    "look at bookings": lambda desk, own: desk.bookings.list(),
    "look at customers": lambda desk, own: desk.customers.list(),
    "look at the history": lambda desk, own: desk.history.list(),
    "place a hold": lambda desk, own: hold(desk, own.offering, at("18:00")),
    "place a booking": lambda desk, own: book(desk, own.offering, at("18:00")),
    "release another's hold": lambda desk, own: desk.holds.release(own.held.hold_id),
    "confirm a booking": lambda desk, own: desk.bookings.confirm(own.booked.booking_id),
    "cancel another's booking": lambda desk, own: desk.bookings.cancel(own.booked.booking_id),
    "add a customer": lambda desk, own: desk.customers.add(AddCustomer(name="Grace")),
    "change the catalogue": lambda desk, own: desk.resources.add(AddResource(name="New")),
    "block time": lambda desk, own: desk.blocks.add(
        AddBlock(resource_id=own.room.resource_id, starts_at=at("18:00"), ends_at=at("19:00"))
    ),
    "add a member": lambda desk, own: desk.members.add(
        AddMember(email="bob@example.com", name="Bob", role=Role.STAFF)
    ),
    "add a key": lambda desk, own: desk.keys.add("web", kind=KeyKind.PUBLISHABLE),
    "change the business": lambda desk, own: desk.change({"name": "Ours"}),
}

_LOOKS = ["look at the catalogue", "look at availability"]
_VIEWER = [*_LOOKS, "look at bookings", "look at customers"]
_STAFF = [
    *_VIEWER,
    "look at the history",
    "place a hold",
    "place a booking",
    "release another's hold",
    "cancel another's booking",
    "confirm a booking",
    "add a customer",
]
_MANAGER = [*_STAFF, "change the catalogue", "block time"]
MAY: dict[str, list[str]] = {
    "viewer": _VIEWER,
    "staff": _STAFF,
    "manager": _MANAGER,
    "owner": list(DEEDS),
    "public": [*_LOOKS, "place a hold", "place a booking"],
    "nobody": [],
}


def outcome_of(deed: Callable[[], object]) -> str:
    """Do something and return the code of its refusal, or `done`."""
    try:
        deed()
    except HoldfastError as refusal:
        return refusal.code
    return "done"


@pytest.mark.parametrize("who", sorted(MAY))
def test_everybody_may_do_what_their_role_says_and_no_more(
    engine: Engine, ours: Business, who: str
) -> None:
    """A1, A2: 404 for what is somebody else's, 403 for what is not theirs to do."""
    if who == "public":
        desk = shop_window(engine, ours.desk)
    elif who == "nobody":
        actor = Actor(kind=ActorKind.MEMBER, actor_id="mbr_x", role=None)
        desk = engine.at(ours.desk.tenant_id, actor=actor)
    else:
        desk = acting_as(engine, ours.desk, Role(who))

    outcomes = {}
    for name, deed in DEEDS.items():
        outcomes[name] = outcome_of(partial(deed, desk, ours))
        tidy_up(ours)

    hidden = {"release another's hold", "cancel another's booking"} if who == "public" else set()
    assert outcomes == {
        name: "done"
        if name in MAY[who]
        else ("record.not_found" if name in hidden else "access.denied")
        for name in DEEDS
    }


def tidy_up(business: Business) -> None:
    """Free the hour at six o'clock again."""
    for one in business.desk.holds.list().items:
        if one.starts_at == at("18:00"):
            business.desk.holds.release(one.hold_id)
    for booking in business.desk.bookings.list().items:
        if booking.starts_at == at("18:00"):
            business.desk.bookings.cancel(booking.booking_id)


def test_the_public_sees_and_changes_only_what_it_placed_with_its_own_key(
    engine: Engine, ours: Business, database: Database
) -> None:
    """A1."""
    web, other = (shop_window(engine, ours.desk, name) for name in ("web", "other"))
    mine = hold(web, ours.offering, at("18:00"), client_key="cart")
    booked = book(web, ours.offering, at("20:00"))

    causes = [
        cause_of(lambda: other.holds.get(mine.hold_id)),
        cause_of(lambda: other.holds.extend(mine.hold_id)),
        cause_of(lambda: other.holds.release(mine.hold_id)),
        cause_of(lambda: other.bookings.convert(mine.hold_id, details=FOR_ADA)),
        cause_of(lambda: other.bookings.get(booked.booking_id)),
        cause_of(lambda: other.bookings.cancel(booked.booking_id)),
    ]

    hidden_hold = {"code": "record.not_found", "kind": "hold", "key": mine.hold_id}
    hidden_booking = {"code": "record.not_found", "kind": "booking", "key": booked.booking_id}
    assert causes == [hidden_hold] * 4 + [hidden_booking] * 2
    assert other.holds.release_all("cart") == ()
    assert (web.holds.get(mine.hold_id), web.bookings.get(booked.booking_id)) == (mine, booked)
    assert web.bookings.convert(mine.hold_id, details=FOR_ADA).hold_id == mine.hold_id


def test_the_public_sees_only_offerings_that_are_in_use(engine: Engine, ours: Business) -> None:
    web = shop_window(engine, ours.desk)
    hidden = add_class(ours.desk, "hidden", places=2)
    ours.desk.offerings.change(hidden.offering_id, {"status": type(hidden.status).INACTIVE})

    listed = [offering.slug for offering in web.offerings.list().items]

    assert listed == ["cut"]


def test_a_business_opens_with_its_first_owner_or_not_at_all(engine: Engine) -> None:
    account = engine.accounts.add(
        AddAccount(email="ada@example.com", name="Ada", password_hash="a hash")
    )
    owner = FirstOwner(account_id=account.account_id, email=account.email, name="Ada")
    opened = AddTenant(slug="first", name="First", zone="Europe/Paris", currency="EUR", owner=owner)
    nameless = replace(opened, slug="second", owner=replace(owner, email="ada at home"))

    tenant = engine.add_tenant(opened)
    refused = cause_of(lambda: engine.add_tenant(nameless))["code"]

    [member] = engine.tenant("first").members.list().items
    assert (member.role, member.can_sign_in, member.email) == (Role.OWNER, True, account.email)
    assert engine.accounts.member_of(tenant.tenant_id, account.account_id) == member
    assert refused == "input.invalid"
    assert [one.slug for one in engine.accounts.tenants_of(account.account_id)] == ["first"]
    assert engine.register.find_by_slug("second") is None
