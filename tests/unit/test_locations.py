"""Locations: what may be said of a place, and who sees the way into a call."""

from __future__ import annotations

import pytest

from holdfast.domain.bookings import BookingStatus
from holdfast.domain.locations import location_faults, location_for, public_location

CALL = {"kind": "virtual", "url": "https://call.example/1"}


@pytest.mark.parametrize(
    ("location", "faults"),
    [
        ({}, []),
        ({"address": "12 rue X", "floor": 3}, []),
        (CALL, []),
        ({**CALL, "kind": "hybrid", "room": "2A"}, []),
        ({"kind": "physical", "latitude": 48.85, "longitude": 2.35}, []),
        ({"latitude": -90, "longitude": 180}, []),
        ({"kind": "lunar"}, [("/location/kind", "unknown_word")]),
        ({"kind": "virtual"}, [("/location/url", "missing")]),
        ({**CALL, "kind": "hybrid"}, [("/location/address", "missing")]),
        ({"kind": "physical"}, [("/location/address", "missing")]),
        ({"room": 2}, [("/location/room", "not_text")]),
        ({"url": "javascript:alert(1)"}, [("/location/url", "not_a_url")]),
        ({"url": "https://"}, [("/location/url", "not_a_url")]),
        ({"url": "https://[::1"}, [("/location/url", "not_a_url")]),
        ({"url": "https://a.example/ b"}, [("/location/url", "not_a_url")]),
        ({"url": 7}, [("/location/url", "not_a_url")]),
        ({"url": f"https://a.example/{'x' * 2_000}"}, [("/location/url", "not_a_url")]),
        ({"latitude": 48.85}, [("/location/longitude", "missing")]),
        ({"latitude": 90.1, "longitude": 0}, [("/location/latitude", "out_of_range")]),
        ({"latitude": 0, "longitude": "east"}, [("/location/longitude", "out_of_range")]),
        ({"latitude": True, "longitude": 0}, [("/location/latitude", "out_of_range")]),
    ],
)
def test_a_location_is_checked(location: dict[str, object], faults: list[tuple[str, str]]) -> None:
    """AC-A07: its kind, address, link and coordinates."""
    found = [(one.pointer, one.code) for one in location_faults(location) if one is not None]

    assert found == faults


@pytest.mark.parametrize("status", BookingStatus)
def test_the_way_into_a_call_is_for_those_whose_booking_is_confirmed(
    status: BookingStatus,
) -> None:
    """AC-A07."""
    is_let_in = status in {BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN}

    assert location_for(CALL, status) == (CALL if is_let_in else {"kind": "virtual"})


def test_the_link_of_a_place_is_for_everybody() -> None:
    place = {"kind": "physical", "address": "12 rue X", "url": "https://map.example/x"}

    assert public_location(place) == place
