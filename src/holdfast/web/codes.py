"""Codes: the number of a booking as a picture that a reader at the door understands (QR)."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import segno

_SCALE, _BORDER = 8, 2
KEPT_MAX = 256


@lru_cache(maxsize=KEPT_MAX)
def picture_of(text: str) -> bytes:
    """Return a text as a QR code (ISO/IEC 18004) in a PNG; 15 % of it may be spoilt."""
    picture = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(picture, kind="png", scale=_SCALE, border=_BORDER)
    return picture.getvalue()


def drawing_of(text: str) -> str:
    """Return the same as an SVG drawing, which is sharp on paper."""
    drawing = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(drawing, kind="svg", border=_BORDER, xmldecl=False)
    return drawing.getvalue().decode()
