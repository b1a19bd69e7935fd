"""Spreading a cap over counters: what is in use keeps its room, and nothing is lost or made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.capacity import spread


@given(used=st.lists(st.integers(0, 50), min_size=1, max_size=32), more=st.integers(0, 500))
def test_the_shares_add_up_and_what_is_free_is_dealt_evenly(used: list[int], more: int) -> None:
    cap = sum(used) + more

    shares = spread(cap, used)

    free = [share - units for share, units in zip(shares, used, strict=True)]
    assert (len(shares), sum(shares)) == (len(used), cap)
    assert (min(free) >= 0, max(free) - min(free) <= 1) == (True, True)
