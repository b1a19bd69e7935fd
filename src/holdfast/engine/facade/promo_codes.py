"""The facade's promo codes, and how often they have been used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.domain.access import Scope
from holdfast.domain.claims import promo_uses_key
from holdfast.domain.ids import PromoId
from holdfast.domain.promo_codes import PromoCode
from holdfast.engine.facade.port import Port, in_utc, result_of
from holdfast.engine.ports import Comparison, Filter
from holdfast.engine.promo_codes import AddPromoCode, ChangePromoCode
from holdfast.engine.reading import Page, PageRequest, get, page

_FIRST_PAGE = PageRequest()


class PromoCodes:
    """Codes that lower prices. Only the business sees them."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def add(self, command: AddPromoCode, *, idempotency_key: str | None = None) -> PromoCode:
        """Add a code. See `AddPromoCode`."""
        return result_of(PromoCode, self._port.run(in_utc(command), idempotency_key))

    def change(
        self, promo_id: PromoId, changes: Mapping[str, object], *, if_version: int | None = None
    ) -> PromoCode:
        """Change a code. See `ChangePromoCode`."""
        command = ChangePromoCode(promo_id=promo_id, changes=changes, if_version=if_version)
        return result_of(PromoCode, self._port.run(command))

    def take_back(self, promo_id: PromoId, *, if_version: int | None = None) -> PromoCode:
        """Let nobody use a code any more; what was booked with it stays."""
        return self.change(promo_id, {"is_active": False}, if_version=if_version)

    def get(self, promo_id: PromoId) -> PromoCode:
        """Return a code.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        self._port.actor.require(Scope.BOOKINGS_READ)
        return self._port.read(lambda store: get(store, PromoCode, promo_id))

    def list(
        self, request: PageRequest = _FIRST_PAGE, *, is_active: bool | None = None
    ) -> Page[PromoCode]:
        """Return a page of codes, in their alphabet."""
        self._port.actor.require(Scope.BOOKINGS_READ)
        filters = []
        if is_active is not None:
            filters.append(Filter("is_active", Comparison.EQUAL, is_active))
        return self._port.read(
            lambda store: page(store, PromoCode, request, order_by="code", filters=filters)
        )

    def uses(self, promo_ids: Sequence[PromoId]) -> dict[PromoId, int]:
        """Return how often codes are used by what is booked, or held just now."""
        self._port.actor.require(Scope.BOOKINGS_READ)
        keys = {promo_id: promo_uses_key(promo_id) for promo_id in promo_ids}
        used = self._port.read(lambda store: store.used(list(keys.values()), now=store.now()))
        return {promo_id: used.get(key, 0) for promo_id, key in keys.items()}
