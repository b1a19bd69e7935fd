"""Proving from history: was any instant ever oversold, and do claims say what their owners do?

Nothing here trusts what the engine decided: the rules are told a second time, and more simply.

- `findings.py`: what is found, and values over the ledger's time
- `by_key.py`: a capacity key: oversold instants, its row, its claims by themselves
- `by_owner.py`: a hold, booking, block or slot and its claims
- `taking.py`: which claims a stay makes of which resources
- `serving.py`: whether a slot's resources are those that its offering asks for
- `definitions.py`: offerings, resources and pools as an audit row keeps them
"""

from holdfast.domain.proving.by_key import (
    CapacityRow,
    KeyProof,
    claim_faults,
    counter_faults,
    stops_counting_at,
)
from holdfast.domain.proving.by_owner import (
    Duty,
    Owner,
    owner_faults,
    series_faults,
    waiting_faults,
)
from holdfast.domain.proving.definitions import (
    BuffersThen,
    OfferingThen,
    PoolThen,
    ResourceThen,
    implied_then,
)
from holdfast.domain.proving.findings import (
    CLOCK_TOLERANCE,
    UNLIMITED,
    Finding,
    Steps,
    Violation,
    lowerings,
)
from holdfast.domain.proving.serving import Member, Part, is_served, parts_of
from holdfast.domain.proving.taking import (
    ClaimShape,
    cut,
    shape_of,
    slot_part,
    taken_from,
    taken_in_slot,
    taken_of_uses,
    uses_of,
)

__all__ = [
    "CLOCK_TOLERANCE",
    "UNLIMITED",
    "BuffersThen",
    "CapacityRow",
    "ClaimShape",
    "Duty",
    "Finding",
    "KeyProof",
    "Member",
    "OfferingThen",
    "Owner",
    "Part",
    "PoolThen",
    "ResourceThen",
    "Steps",
    "Violation",
    "claim_faults",
    "counter_faults",
    "cut",
    "implied_then",
    "is_served",
    "lowerings",
    "owner_faults",
    "parts_of",
    "series_faults",
    "shape_of",
    "slot_part",
    "stops_counting_at",
    "taken_from",
    "taken_in_slot",
    "taken_of_uses",
    "uses_of",
    "waiting_faults",
]
