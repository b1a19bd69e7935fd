"""Promo codes: add, change, take back. How often they are used is counted by claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.claims import promo_uses_key
from holdfast.domain.errors import RecordExists
from holdfast.domain.ids import PromoId
from holdfast.domain.offerings import Offering
from holdfast.domain.promo_codes import PromoCode, PromoKind, promo_faults, promo_key
from holdfast.domain.tenants import Tenant
from holdfast.engine.patches import patched
from holdfast.engine.ports import ById, Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

OFFERINGS_MAX = 100
"""Offerings that one code is for, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPromoCode:
    """Add a code that lowers prices. It is kept in capitals, and found however it is typed.

    Its amounts are in the business's currency unless another is said.
    """

    code: str
    kind: PromoKind
    description: str = ""
    basis_points: int = 0
    amount_minor: int = 0
    currency: str | None = None
    discount_max_minor: int | None = None
    minimum_minor: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    uses_max: int | None = None
    uses_per_customer_max: int | None = None
    offering_ids: frozenset[str] = frozenset()
    is_combinable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePromoCode:
    """Change a code. Without `is_active` it is taken back; what was booked with it stays.

    A limit below what has been used already lets nobody use it again.
    """

    promo_id: PromoId
    changes: Mapping[str, object]
    if_version: int | None = None


CHANGEABLE = frozenset(
    {
        "code",
        "description",
        "basis_points",
        "amount_minor",
        "currency",
        "discount_max_minor",
        "minimum_minor",
        "valid_from",
        "valid_until",
        "uses_max",
        "uses_per_customer_max",
        "offering_ids",
        "is_combinable",
        "is_active",
    }
)


def _require_valid(promo: PromoCode) -> None:
    many = f"Name at most {OFFERINGS_MAX} offerings, or none for all."
    is_many = len(promo.offering_ids) > OFFERINGS_MAX
    too_many = checks.fault("/offering_ids", "too_many", many) if is_many else None
    checks.require([*promo_faults(promo), too_many])


def _require_known(view: View, offering_ids: frozenset[str]) -> None:
    """Refuse a code for offerings that are not there."""
    for i, offering_id in enumerate(sorted(offering_ids)):
        if view.find(Offering, offering_id) is None:
            message = f"There is no offering '{offering_id}' here."
            checks.require([checks.fault(f"/offering_ids/{i}", "unknown_offering", message)])


def _require_free(view: View, code: str, own_id: str | None) -> None:
    for other in view.where(PromoCode, "code", code):
        if other.promo_id != own_id:
            raise RecordExists(kind="promo_code", key=code)


def _reads(code: object, offering_ids: object) -> list[ById | Where]:
    named = sorted(offering_ids) if isinstance(offering_ids, frozenset) else []
    reads: list[ById | Where] = [ById(Offering, one) for one in named[: OFFERINGS_MAX + 1]]
    return [*reads, Where(PromoCode, "code", code)] if isinstance(code, str) else reads


def _add_needs(command: AddPromoCode, look: Look) -> Needs:
    reads = _reads(promo_key(command.code), command.offering_ids)
    return Needs.of(reads=[*reads, ById(Tenant, look.tenant_id)])


def _add(view: View, command: AddPromoCode, now: datetime) -> PromoCode:
    currency = command.currency
    amounts = command.amount_minor, command.minimum_minor, command.discount_max_minor
    if currency is None and any(amounts):
        currency = view.get(Tenant, view.tenant_id).currency
    promo = PromoCode(
        promo_id=PromoId(view.new_id("prm")),
        code=promo_key(command.code),
        kind=command.kind,
        description=command.description,
        basis_points=command.basis_points,
        amount_minor=command.amount_minor,
        currency=currency,
        discount_max_minor=command.discount_max_minor,
        minimum_minor=command.minimum_minor,
        valid_from=command.valid_from,
        valid_until=command.valid_until,
        uses_max=command.uses_max,
        uses_per_customer_max=command.uses_per_customer_max,
        offering_ids=command.offering_ids,
        is_combinable=command.is_combinable,
        created_at=now,
    )
    _require_valid(promo)
    _require_known(view, promo.offering_ids)
    _require_free(view, promo.code, None)
    view.insert(promo)
    view.fact("promo_code.added", promo)
    return promo


def _written(changes: Mapping[str, object]) -> dict[str, object]:
    """Return changes with the code as it is kept."""
    code = changes.get("code")
    return {**changes, "code": promo_key(code)} if isinstance(code, str) else dict(changes)


def _change_needs(command: ChangePromoCode, look: Look) -> Needs:
    promo = look.get(PromoCode, command.promo_id)
    changes = _written(command.changes)
    reads = _reads(changes.get("code"), changes.get("offering_ids"))
    # Whoever uses the code reads it under this lock.
    return Needs.of(counters=[promo_uses_key(promo.promo_id)], reads=reads)


def _change(view: View, command: ChangePromoCode, _now: datetime) -> PromoCode:
    promo = view.get(PromoCode, command.promo_id)
    require_version(promo, command.if_version)
    changes = _written(command.changes)
    code, offering_ids = changes.get("code"), changes.get("offering_ids")
    if isinstance(code, str):
        _require_free(view, code, promo.promo_id)
    changed = patched(view, promo, changes, CHANGEABLE, _require_valid)
    if isinstance(offering_ids, frozenset):
        _require_known(view, offering_ids)
    key = promo_uses_key(promo.promo_id)
    if changed.cap != promo.cap and view.counter(key).cap is not None:
        view.set_cap(key, changed.cap, may_be_over=True)
    view.fact("promo_code.changed", changed)
    return changed


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddPromoCode: UseCase(
            "promo_code.add", scopes=(Scope.CATALOGUE_WRITE,), needs=_add_needs, decide=_add
        ),
        ChangePromoCode: UseCase(
            "promo_code.change",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_change_needs,
            decide=_change,
        ),
    }
)
