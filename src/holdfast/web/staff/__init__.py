"""Staff's pages: sign in, run the day, set up. One table of addresses, one shell."""

from __future__ import annotations

from holdfast.web.staff.addresses import ADDRESSES
from holdfast.web.staff.visits import STAFF

__all__ = ["ADDRESSES", "STAFF"]
