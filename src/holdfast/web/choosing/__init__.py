"""Choosing: the page of an offering, on which people, day and time are chosen."""

from holdfast.web.choosing.pages import choose, place

__all__ = ["choose", "place"]
