"""What roles and keys may do."""

from __future__ import annotations

from itertools import pairwise

import pytest

from holdfast.domain.access import SCOPES_BY_ROLE, SYSTEM, Actor, ActorKind, Role, Scope
from holdfast.domain.errors import AccessDenied

PUBLIC = {Scope.CATALOGUE_READ, Scope.AVAILABILITY_READ, Scope.HOLDS_OWN, Scope.BOOKINGS_OWN}


def test_each_role_may_all_that_the_one_below_it_may() -> None:
    ladder = [SCOPES_BY_ROLE[role] for role in (Role.VIEWER, Role.STAFF, Role.MANAGER, Role.OWNER)]

    assert ladder == sorted(ladder, key=len)
    assert all(low < high for low, high in pairwise(ladder))


def test_a_viewer_changes_nothing() -> None:
    assert SCOPES_BY_ROLE[Role.VIEWER] == {
        Scope.CATALOGUE_READ,
        Scope.AVAILABILITY_READ,
        Scope.BOOKINGS_READ,
        Scope.CUSTOMERS_READ,
    }


def test_only_an_owner_and_the_system_give_access() -> None:
    roles = {role for role in Role if Scope.ACCESS_WRITE in SCOPES_BY_ROLE[role]}

    assert roles == {Role.OWNER}
    assert Scope.ACCESS_WRITE in SYSTEM.scopes


@pytest.mark.parametrize("kind", [ActorKind.PUBLISHABLE_KEY, ActorKind.CUSTOMER_LINK])
def test_the_public_has_its_own_holds_and_bookings_whatever_role_is_claimed(
    kind: ActorKind,
) -> None:
    actor = Actor(kind=kind, actor_id="key_1", role=Role.OWNER)

    assert actor.scopes == PUBLIC


def test_a_key_without_a_role_may_nothing() -> None:
    actor = Actor(kind=ActorKind.SECRET_KEY, actor_id="key_1")

    with pytest.raises(AccessDenied) as refused:
        actor.require(Scope.CATALOGUE_READ, Scope.HOLDS_OWN)

    assert refused.value.fields == {"scopes": ["catalogue.read", "holds.own"]}
