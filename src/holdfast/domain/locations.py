"""Locations: where an offering takes place, and who sees the way into a call.

A location is what a business says of the place: `name`, `address`, `room`, `city`, `text`, `url`,
`latitude` and `longitude`, and whatever else it likes. Its `kind` says what the `url` is: a page
about the place, or the way into a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from holdfast.domain import checks
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.checks import Fault

_TEXTS = ("name", "address", "room", "city", "text")
_DEGREES = {"latitude": 90, "longitude": 180}
_URL_MAX = 2_000
_LET_IN = frozenset({BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN})


class LocationKind(StrEnum):
    """Whether one goes somewhere, is called, or may choose."""

    PHYSICAL = "physical"
    VIRTUAL = "virtual"
    HYBRID = "hybrid"


_CALLS = frozenset({LocationKind.VIRTUAL.value, LocationKind.HYBRID.value})


def location_faults(location: Mapping[str, object]) -> Iterator[Fault | None]:
    """Yield what is wrong with a location before it is saved.

    >>> [one.pointer for one in location_faults({"kind": "virtual"}) if one]
    ['/location/url']
    """
    yield checks.metadata("/location", location)
    kind, url = location.get("kind"), location.get("url")
    if kind is not None and kind not in {one.value for one in LocationKind}:
        message = "A location is physical, virtual or hybrid."
        yield checks.fault("/location/kind", "unknown_word", message)
    for name in _TEXTS:
        if location.get(name) is not None and not isinstance(location[name], str):
            yield checks.fault(f"/location/{name}", "not_text", "Say it in words.")
    if url is not None and not _is_address(url):
        message = "Give an address on the web that begins with https:// or http://."
        yield checks.fault("/location/url", "not_a_url", message)
    if kind in _CALLS and url is None:
        message = "Say how to get into the call: give its url."
        yield checks.fault("/location/url", "missing", message)
    if kind in {LocationKind.PHYSICAL, LocationKind.HYBRID} and not _is_somewhere(location):
        message = "Say where it is: give an address, a room, a name or coordinates."
        yield checks.fault("/location/address", "missing", message)
    yield from _faults_of_degrees(location)


def _is_address(url: object) -> bool:
    if not isinstance(url, str) or not 1 <= len(url) <= _URL_MAX or " " in url:
        return False
    try:
        found = urlsplit(url)
    except ValueError:
        return False
    return found.scheme in {"https", "http"} and bool(found.hostname)


def _is_somewhere(location: Mapping[str, object]) -> bool:
    return any(location.get(name) for name in _TEXTS) or "latitude" in location


def _faults_of_degrees(location: Mapping[str, object]) -> Iterator[Fault | None]:
    given = {name: location[name] for name in _DEGREES if location.get(name) is not None}
    for name, degrees in given.items():
        most = _DEGREES[name]
        is_number = isinstance(degrees, int | float) and not isinstance(degrees, bool)
        if not is_number or not -most <= float(str(degrees)) <= most:
            message = f"Give degrees from -{most} to {most}."
            yield checks.fault(f"/location/{name}", "out_of_range", message)
    if len(given) == 1:
        missing = next(name for name in _DEGREES if name not in given)
        message = "Coordinates are two: latitude and longitude."
        yield checks.fault(f"/location/{missing}", "missing", message)


def public_location(location: Mapping[str, object]) -> dict[str, object]:
    """Return what anybody may see of a location: not the way into a call.

    >>> public_location({"kind": "virtual", "url": "https://call.example/1"})
    {'kind': 'virtual'}
    """
    hidden = {"url"} if location.get("kind") in _CALLS else set[str]()
    return {name: said for name, said in location.items() if name not in hidden}


def location_for(location: Mapping[str, object], status: BookingStatus) -> dict[str, object]:
    """Return what whoever has a booking sees of its location: all, once it is confirmed."""
    return dict(location) if status in _LET_IN else public_location(location)
