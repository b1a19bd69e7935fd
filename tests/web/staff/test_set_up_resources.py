"""Resources without limit in the set-up: limited and deleted, once nobody can be booking them."""

from __future__ import annotations

from holdfast.domain.access import Role
from tests.web.conftest import Town
from tests.web.staff.workers import worker_of


def test_what_was_without_limit_is_limited_and_open_again(town: Town) -> None:
    owner = worker_of(town, Role.OWNER)
    salon = town.street.salon
    owner.at("/set-up/resources/new")
    owner.fill(name="Lawn", kind="place", capacity="")
    owner.submit("edit")
    lawn = next(one for one in salon.desk.resources.list().items if one.name == "Lawn")
    owner.fill(capacity="12")
    owner.submit("edit")
    limited = salon.desk.resources.get(lawn.resource_id)
    owner.fill(capacity="")
    owner.submit("edit")
    owner.press("Delete")

    gone = salon.desk.resources.get(lawn.resource_id)
    assert lawn.capacity is None
    assert (limited.capacity, limited.is_settling) == (12, False)
    assert (gone.status.value, gone.capacity, gone.is_settling) == ("deleted", None, False)
