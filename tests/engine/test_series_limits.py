"""Series under limits: a new customer's series is counted as it is made, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from holdfast.bootstrap import Engine
from holdfast.domain.customers import Contact
from holdfast.domain.policies import ActiveLimit, LimitScope, Policy
from holdfast.domain.series import ClashPolicy
from holdfast.engine.making import Details
from holdfast.engine.recurring import SeriesRequest
from tests.engine.businesses import add_offering, add_room, cause_of, open_desk


def test_a_series_of_four_does_not_pass_a_limit_of_three(engine: Engine) -> None:
    """C4: nor when nobody has ever heard of the customer."""
    desk = open_desk(engine)
    limit = Policy(active_limits=(ActiveLimit(scope=LimitScope.TENANT, most=3),))
    added = add_offering(desk, "lesson", add_room(desk))
    changes = {"series_max": 9, "policy": limit}
    lesson = desk.offerings.change(added.offering_id, changes)
    asked = SeriesRequest(
        offering_id=lesson.offering_id,
        rule="FREQ=DAILY;COUNT=4",
        starts_on=date(2026, 6, 8),
        minute=600,
        details=Details(contact=Contact(name="Ben", email="ben@b.example")),
    )

    refused = cause_of(lambda: desk.series.place(asked))
    made = desk.series.place(replace(asked, clashes=ClashPolicy.SKIP))

    listed = refused["occurrences"]
    assert isinstance(listed, tuple)
    assert [(one["index"], one["code"]) for one in listed] == [(3, "policy.limit_reached")]
    assert [one.reason_code for one in made.occurrences] == [None] * 3 + ["policy.limit_reached"]
