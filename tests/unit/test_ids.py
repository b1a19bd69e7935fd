"""Ids: sortable, reversible where they say so, never mistaken for another kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.ids import (
    BODY_LENGTH,
    RANDOM_BITS,
    OfferingId,
    base32,
    generated_slot_id,
    looks_like_id,
    make_booking_number,
    make_id,
    normal_booking_number,
    number_of,
    read_generated_slot_id,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OFFERING = OfferingId("off_" + "0" * BODY_LENGTH)

instants = st.integers(min_value=0, max_value=7_258_118_399).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(st.integers(min_value=0, max_value=(1 << 128) - 1))
def test_base_32_reads_back_what_it_wrote(number: int) -> None:
    assert number_of(base32(number, BODY_LENGTH)) == number


def test_a_letter_outside_the_alphabet_is_refused() -> None:
    with pytest.raises(ValueError, match="not a character"):
        number_of("01u")


@given(instants, instants, st.integers(min_value=0, max_value=(1 << RANDOM_BITS) - 1))
def test_ids_sort_by_the_millisecond_in_which_they_were_made(
    a: datetime, b: datetime, randomness: int
) -> None:
    first = make_id("hld", now=a, randomness=randomness)
    second = make_id("hld", now=b, randomness=randomness)

    assert (first < second) == (a < b)


def test_an_id_is_a_version_7_uuid() -> None:
    made = make_id("hld", now=NOON, randomness=(1 << RANDOM_BITS) - 1)

    number = number_of(made.removeprefix("hld_"))

    assert (number >> 76 & 0xF, number >> 62 & 0b11) == (7, 0b10)
    assert number >> 80 == int(NOON.timestamp()) * 1000


def test_an_id_looks_like_one_of_its_kind_only() -> None:
    made = make_id("hld", now=NOON, randomness=1)

    assert looks_like_id(made, "hld")
    assert not looks_like_id(made, "bkg")


@pytest.mark.parametrize("text", ["hld_", "hld_" + "u" * 26, "hld_" + "0" * 27, "", "hld" * 10])
def test_other_texts_do_not_look_like_ids(text: str) -> None:
    assert not looks_like_id(text, "hld")


@given(instants)
def test_a_generated_slot_s_id_says_its_offering_and_start_ac_b07(starts_at: datetime) -> None:
    slot_id = generated_slot_id(OFFERING, starts_at)

    assert read_generated_slot_id(slot_id) == (OFFERING, starts_at)


@pytest.mark.parametrize("text", ["slt_", "slt_" + "0" * 26, "slt_" + "u" * 33, "off_" + "0" * 33])
def test_other_texts_say_nothing(text: str) -> None:
    assert read_generated_slot_id(text) is None


def test_a_booking_number_is_found_however_it_was_typed_ac_d13() -> None:
    number = make_booking_number(123_456_789_012)

    typed = number.lower().replace("0", "o").replace("-", " ")

    assert normal_booking_number(f" {typed} ") == number
