"""Colours: whatever a business chooses, and all of our own, can be read in light and in dark."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.web.colours import (
    DARK_SURFACES,
    DEFAULT_ACCENT,
    LIGHT_SURFACES,
    TEXT_CONTRAST,
    accents,
    contrast,
    is_colour,
)
from holdfast.web.rendering import static_files

CONTROL_CONTRAST = 3.0
TOKENS = static_files()["tokens.css"].decode()
TOKEN = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")


def roles(scheme: str) -> dict[str, str]:
    """Return the colours of a scheme by their roles."""
    light, dark = TOKENS.split("@media", 1)
    return dict(TOKEN.findall(light if scheme == "light" else dark))


@given(st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"))
def test_any_colour_is_changed_until_it_can_be_read(colour: str) -> None:
    for accent, surfaces in zip(accents(colour), (LIGHT_SURFACES, DARK_SURFACES), strict=True):
        assert min(contrast(accent.colour, one) for one in surfaces) >= TEXT_CONTRAST
        assert contrast(accent.colour, accent.ink) >= TEXT_CONTRAST


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert accents(DEFAULT_ACCENT)[0].colour == DEFAULT_ACCENT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_our_own_colours_can_be_read(scheme: str) -> None:
    colours = roles(scheme)
    surfaces = [colours["surface"], colours["surface-raised"]]
    pairs = [
        *((ink, surface) for ink in ("ink", "ink-quiet", "accent", "good") for surface in surfaces),
        ("accent-ink", colours["accent"]),
        ("warn", colours["warn-surface"]),
        ("bad", colours["bad-surface"]),
        ("bad", colours["surface-raised"]),
    ]

    low = [
        (ink, surface) for ink, surface in pairs if contrast(colours[ink], surface) < TEXT_CONTRAST
    ]

    assert low == []
    assert contrast(colours["line-control"], colours["surface-raised"]) >= CONTROL_CONTRAST
    assert set(surfaces) == set(LIGHT_SURFACES if scheme == "light" else DARK_SURFACES)


@pytest.mark.parametrize("said", ["", "red", "#fff", "#12345g", "#123456;x", None, 7, ["#123456"]])
def test_what_is_no_colour_is_not_taken_for_one(said: object) -> None:
    assert not is_colour(said)
