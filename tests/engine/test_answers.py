"""What offerings ask, and what is answered with holds and bookings; golden test 16."""

from __future__ import annotations

from datetime import date

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import InputInvalid
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.recurring import SeriesRequest
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import ADA, HOUR, ROUND_THE_CLOCK, at, open_desk, pointers, refusal_of

LICENCE: dict[str, object] = {
    "key": "licence",
    "label": "Licence",
    "type": "text",
    "required": True,
    "pattern": "^[0-9]{12}$",
}
NIR: dict[str, object] = {
    "key": "nir",
    "label": "NIR",
    "type": "text",
    "pattern": "^[12][0-9]{14}$",
    "is_private": True,
}
TECH_CHECK: dict[str, object] = {
    "key": "tech_check",
    "label": "It works",
    "type": "checkbox",
    "required": True,
}
EXTRAS: dict[str, object] = {
    "key": "extras",
    "label": "Extras",
    "type": "multiselect",
    "options": ["Balls", "Racket"],
}
ASKED = (LICENCE, NIR, TECH_CHECK, EXTRAS)
SOUND: dict[str, object] = {"licence": "123456789012", "tech_check": True}


def add(desk: TenantEngine, slug: str = "car", *fields: dict[str, object]) -> Offering:
    offering = desk.offerings.add(
        AddOffering(slug=slug, name="Car", duration=HOUR, fields=fields or ASKED)
    )
    desk.schedules.set(offering.offering_id, (ROUND_THE_CLOCK,))
    return offering


def said(answers: dict[str, object], **metadata: object) -> Details:
    return Details(contact=ADA, answers=answers, metadata=dict(metadata))


def place(desk: TenantEngine, offering: Offering, details: Details) -> Booking:
    return desk.bookings.place(
        offering_id=offering.offering_id, starts_at=at("10:00", day=1), details=details
    )


def places(refusal: object) -> list[str]:
    return [pointer for pointer, _ in pointers(refusal)]


def keep(desk: TenantEngine, offering: Offering, **answers: object) -> Hold:
    return desk.holds.place(
        offering_id=offering.offering_id, starts_at=at("10:00", day=1), answers=answers
    )


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        (SOUND, []),
        ({**SOUND, "nir": "123456789012345"}, []),
        ({**SOUND, "licence": "12345678901"}, ["/answers/licence"]),
        ({**SOUND, "nir": "323456789012345"}, ["/answers/nir"]),
        ({**SOUND, "tech_check": False}, ["/answers/tech_check"]),
        ({**SOUND, "extras": ["Net"]}, ["/answers/extras/0"]),
        ({**SOUND, "colour": "red"}, ["/answers/colour"]),
        ({}, ["/answers/licence", "/answers/tech_check"]),
    ],
)
def test_golden_16_each_answer_is_checked_and_each_fault_has_its_place(
    engine: Engine, answers: dict[str, object], wrong: list[str]
) -> None:
    """AC-O01, AC-O02 (B-091, B-092)."""
    desk = open_desk(engine)
    offering = add(desk)

    if not wrong:
        booking = place(desk, offering, said(answers))
        kept = desk.bookings.get(booking.booking_id)
        assert {**kept.answers, **kept.private_answers} == answers
        assert set(kept.private_answers) == answers.keys() & {"nir"}
    else:
        refusal = refusal_of(lambda: place(desk, offering, said(answers)))
        assert places(refusal) == wrong
        assert not desk.bookings.list().items
    assert prove(engine.database).violations == ()


def test_answers_in_metadata_count_and_private_ones_leave_it_ac_o03(engine: Engine) -> None:
    desk = open_desk(engine)
    offering = add(desk)

    booking = place(
        desk,
        offering,
        said({"tech_check": True}, licence="1" * 12, nir="1" * 15, tech_check=False, x=1),
    )

    assert booking.answers == {"licence": "1" * 12, "tech_check": True}
    assert booking.private_answers == {"nir": "1" * 15}
    assert booking.metadata == {"licence": "1" * 12, "tech_check": False, "x": 1}


def test_a_hold_carries_answers_and_the_booking_adds_to_them(engine: Engine) -> None:
    desk = open_desk(engine)
    offering = add(desk)
    early = refusal_of(lambda: keep(desk, offering, licence="1", tech_check=None, odd=None))
    hold = keep(desk, offering, licence="1" * 12, nir="2" * 15, extras=["Racket", "Balls"])

    missing = refusal_of(lambda: desk.bookings.convert(hold.hold_id, details=said({})))
    booking = desk.bookings.convert(
        hold.hold_id, details=said({"tech_check": True, "nir": None}, licence="2" * 12)
    )

    assert sorted(places(early)) == ["/answers/licence", "/answers/odd"]
    assert hold.answers == {"licence": "1" * 12, "extras": ["Balls", "Racket"]}
    assert hold.private_answers == {"nir": "2" * 15}
    assert places(missing) == ["/answers/tech_check"]
    assert booking.answers == {
        "licence": "2" * 12,
        "tech_check": True,
        "extras": ["Balls", "Racket"],
    }
    assert booking.private_answers == {}
    assert prove(engine.database).violations == ()


def test_answers_change_one_by_one_and_outlive_their_questions(engine: Engine) -> None:
    desk = open_desk(engine)
    offering = add(desk)
    booking = place(desk, offering, said({**SOUND, "nir": "1" * 15}))
    key = booking.booking_id

    def change(**answers: object) -> object:
        return desk.bookings.change(key, {"answers": answers})

    added = desk.bookings.change(key, {"answers": {"extras": ["Balls"]}})
    wrong = refusal_of(lambda: change(licence="1"))
    required = refusal_of(lambda: change(tech_check=None))
    shapeless = refusal_of(lambda: desk.bookings.change(key, {"answers": "yes"}))
    desk.offerings.change(offering.offering_id, {"fields": (EXTRAS,)})
    later = desk.bookings.change(key, {"answers": {"extras": None, "tech_check": None}})
    noted = desk.bookings.change(key, {"note": "late"})

    assert added.answers == {**SOUND, "extras": ["Balls"]}
    assert [places(one) for one in (wrong, required, shapeless)] == [
        ["/answers/licence"],
        ["/answers/tech_check"],
        ["/answers"],
    ]
    assert later.answers == noted.answers == {"licence": "123456789012"}
    assert later.private_answers == {"nir": "1" * 15}
    assert prove(engine.database).violations == ()


def test_whoever_walks_in_answers_too(engine: Engine, clock: ManualClock) -> None:
    desk = open_desk(engine)
    offering = add(desk)
    clock.set(at("10:05"))
    choice = Choice(offering_id=offering.offering_id, starts_at=at("10:00"))

    silent = refusal_of(lambda: desk.bookings.walk_in(choice, details=said({})))
    there = desk.bookings.walk_in(choice, details=said(SOUND))

    assert places(silent) == ["/answers/licence", "/answers/tech_check"]
    assert there.answers == SOUND


def test_what_is_added_to_a_series_later_has_the_answers_of_the_others(engine: Engine) -> None:
    desk = open_desk(engine)
    offering = add(desk)
    desk.offerings.change(offering.offering_id, {"series_max": 3})
    wish = SeriesRequest(
        offering_id=offering.offering_id,
        rule="FREQ=DAILY;COUNT=2",
        starts_on=date(2026, 6, 3),
        minute=600,
        details=said({**SOUND, "nir": "1" * 15}),
    )
    series = desk.series.place(wish).series
    desk.series.skip(series.series_id, 1)

    added = desk.series.add(series.series_id, 1)

    assert added.booking_id is not None
    booking = desk.bookings.get(added.booking_id)
    assert (booking.answers, booking.private_answers) == (SOUND, {"nir": "1" * 15})


def test_fields_are_saved_only_if_they_are_sound(engine: Engine) -> None:
    desk = open_desk(engine)
    offering = add(desk)
    back_reference = {**LICENCE, "pattern": "(a)\\1"}

    with pytest.raises(InputInvalid) as refused:
        add(desk, "other", TECH_CHECK, back_reference)
    with pytest.raises(InputInvalid) as changed:
        desk.offerings.change(offering.offering_id, {"fields": ({**TECH_CHECK, "options": ["a"]},)})

    assert places(refused.value) == ["/fields/1/pattern"]
    assert places(changed.value) == ["/fields/0/options"]
    assert desk.offerings.get(offering.offering_id).fields == ASKED
