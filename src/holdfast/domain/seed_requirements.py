"""Required resources and staff as booking plugins of web shops write them, as our requirements.

Such a plugin keeps `requiredResources`, a list of `{id, name, type, quantity}`, and
`requiredStaff`, a list of `{role, count, specificStaffIds}`. The one list says both "any of these
rooms" and "all of these things"; the types tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.domain import checks
from holdfast.domain.ids import PoolId, ResourceId
from holdfast.domain.requirements import CANDIDATES_MAX, Choosing, Per, Requirement
from holdfast.domain.resources import CAPACITY_MAX

STANDING_IN = frozenset({"room", "facility", "vehicle", "table"})
"""Types of which several without a quantity stand in for one another: any one of them serves."""

Entry = Mapping[str, object]


def requirements_from_seed(
    required_resources: Sequence[Entry] = (),
    required_staff: Sequence[Entry] = (),
    *,
    max_participants: int | None = None,
    resource_ids: Mapping[str, ResourceId],
    pool_ids: Mapping[str, PoolId] | None = None,
) -> tuple[Requirement, ...]:
    """Return the requirements that say the same.

    Several resources of one type among `STANDING_IN`, all without a quantity, are any one of them.
    All others are needed together; a quantity equal to `max_participants` is one for each guest.
    Staff are any `count` of those named, or of the pool of their role.

    Args:
        required_resources: What is needed, in the plugin's words.
        required_staff: Who is needed, in the plugin's words.
        max_participants: How many guests the offering takes at most.
        resource_ids: Our resources by the plugin's ids, of things and of staff.
        pool_ids: Our pools by role, for staff who are not named.

    Raises:
        InputInvalid: An entry is malformed or names what is not there; every fault is named.

    >>> rooms = [{"id": f"room-{n}", "type": "room"} for n in (201, 202)]
    >>> ids = {f"room-{n}": ResourceId(f"res_{n}") for n in (201, 202)}
    >>> found = requirements_from_seed(rooms, resource_ids=ids)
    >>> found[0].choosing.value, found[0].resource_ids
    ('any_of', ('res_201', 'res_202'))
    """
    faults = [
        *_faults_of_resources(required_resources, resource_ids),
        *_faults_of_staff(required_staff, resource_ids, pool_ids or {}),
    ]
    checks.require(faults)
    return (
        *_resources(required_resources, max_participants, resource_ids),
        *(_staff(entry, resource_ids, pool_ids or {}) for entry in required_staff),
    )


def _resources(
    entries: Sequence[Entry], max_participants: int | None, ids: Mapping[str, ResourceId]
) -> list[Requirement]:
    found: list[Requirement] = []
    for kind in dict.fromkeys(str(entry.get("type", "")) for entry in entries):
        same = [entry for entry in entries if str(entry.get("type", "")) == kind]
        is_either = kind in STANDING_IN and not any("quantity" in entry for entry in same)
        if is_either and len(same) > 1:
            either = tuple(ids[str(entry["id"])] for entry in same)
            found.append(Requirement(resource_ids=either, choosing=Choosing.ANY_OF, role=kind))
        else:
            found += [_thing(entry, kind, max_participants, ids) for entry in same]
    return found


def _thing(
    entry: Entry, kind: str, max_participants: int | None, ids: Mapping[str, ResourceId]
) -> Requirement:
    quantity = entry.get("quantity", 1)
    assert isinstance(quantity, int), "checked before"
    is_each = "quantity" in entry and quantity == max_participants
    return Requirement(
        resource_id=ids[str(entry["id"])],
        quantity=1 if is_each else quantity,
        per=Per.PARTICIPANT if is_each else Per.BOOKING,
        role=kind,
    )


def _staff(
    entry: Entry, ids: Mapping[str, ResourceId], pool_ids: Mapping[str, PoolId]
) -> Requirement:
    role, count = str(entry["role"]), entry.get("count", 1)
    assert isinstance(count, int), "checked before"
    named = _named(entry)
    if named:
        return Requirement(
            resource_ids=tuple(ids[name] for name in named),
            choosing=Choosing.ANY_OF,
            members=count,
            role=role,
        )
    return Requirement(pool_id=pool_ids[role], choosing=Choosing.ANY_OF, members=count, role=role)


def _named(entry: Entry) -> list[str]:
    named = entry.get("specificStaffIds")
    if not isinstance(named, list | tuple):
        return []
    return list(dict.fromkeys(str(name) for name in named))


def _faults_of_resources(
    entries: Sequence[Entry], ids: Mapping[str, ResourceId]
) -> list[checks.Fault | None]:
    faults: list[checks.Fault | None] = []
    for i, entry in enumerate(entries):
        pointer = f"/requiredResources/{i}"
        key = entry.get("id")
        if not isinstance(key, str) or key not in ids:
            message = f"There is no resource '{key}' here. Add it first."
            faults.append(checks.fault(f"{pointer}/id", "unknown_resource", message))
        quantity = entry.get("quantity", 1)
        faults.append(_fault_of_count(f"{pointer}/quantity", quantity, most=CAPACITY_MAX))
    return faults


def _faults_of_staff(
    entries: Sequence[Entry], ids: Mapping[str, ResourceId], pool_ids: Mapping[str, PoolId]
) -> list[checks.Fault | None]:
    faults: list[checks.Fault | None] = []
    for i, entry in enumerate(entries):
        pointer = f"/requiredStaff/{i}"
        role = entry.get("role")
        named = _named(entry)
        faults.append(
            _fault_of_count(f"{pointer}/count", entry.get("count", 1), most=CANDIDATES_MAX)
        )
        for k, name in enumerate(named):
            if name not in ids:
                message = f"There is no member of staff '{name}' here. Add it first."
                place = f"{pointer}/specificStaffIds/{k}"
                faults.append(checks.fault(place, "unknown_resource", message))
        if not isinstance(role, str) or not role:
            faults.append(checks.fault(f"{pointer}/role", "missing", "Say which role."))
        elif not named and role not in pool_ids:
            message = f"Nobody is named and there is no pool of role '{role}'."
            faults.append(checks.fault(f"{pointer}/role", "unknown_pool", message))
    return faults


def _fault_of_count(pointer: str, count: object, *, most: int) -> checks.Fault | None:
    if type(count) is not int:
        return checks.fault(pointer, "not_whole", "Give a whole number.")
    return checks.whole(pointer, count, least=1, most=most)
