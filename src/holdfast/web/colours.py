"""Colours: a tenant's own colour, made readable on light and on dark surfaces.

Contrast as WCAG 2.2 counts it: at least 4.5 : 1 for text, whatever colour the business chose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TEXT_CONTRAST = 4.5
LIGHT_SURFACES = ("#ffffff", "#f7f6f3")
DARK_SURFACES = ("#1c2024", "#14171a")
"""What text in the accent colour stands on: raised and plain. See `tokens.css`."""

TINT = 0.1
"""So much of the accent is mixed into the raised surface where it is tinted. See `tokens.css`."""

DEFAULT_ACCENT = "#0b6b5d"
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
_STEPS = 100
_DARK = 0.04045


@dataclass(frozen=True, slots=True, kw_only=True)
class Accent:
    """The accent colour on one kind of surface, and the ink that is read on it."""

    colour: str
    ink: str


def is_colour(text: object) -> bool:
    """Tell whether a value is a colour such as `#7a3e9d`."""
    return isinstance(text, str) and _HEX.match(text) is not None


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return round((light + 0.05) / (dark + 0.05), 3)


def accents(colour: str) -> tuple[Accent, Accent]:
    """Return the accent for light and for dark surfaces, changed until it can be read.

    >>> light, dark = accents("#ffee00")
    >>> contrast(light.colour, "#ffffff") >= 4.5, contrast(dark.colour, "#14171a") >= 4.5
    (True, True)
    """
    return _readable(colour, LIGHT_SURFACES, "#000000"), _readable(colour, DARK_SURFACES, "#ffffff")


def _readable(colour: str, surfaces: tuple[str, ...], towards: str) -> Accent:
    """Mix a colour with black or white until it can be read on all the surfaces."""
    for step in range(_STEPS + 1):
        mixed = _mix(colour, towards, step / _STEPS)
        tinted = _mix(surfaces[0], mixed, TINT)
        if all(contrast(mixed, surface) >= TEXT_CONTRAST for surface in (*surfaces, tinted)):
            break
    ink = max(("#ffffff", "#101314"), key=lambda candidate: contrast(mixed, candidate))
    return Accent(colour=mixed, ink=ink)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mix(one: str, other: str, share: float) -> str:
    mixed = (
        round(a + (b - a) * share) for a, b in zip(_channels(one), _channels(other), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    # The curve of sRGB, as WCAG gives it.
    is_dark = channel <= _DARK
    return channel / 12.92 if is_dark else float(((channel + 0.055) / 1.055) ** 2.4)
