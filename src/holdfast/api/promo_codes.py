"""Promo codes: what lowers a price, how often, and for whom. Publishable keys do not see them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    AmountMinor,
    AnOfferingId,
    Body,
    Currency,
    Instant,
    InstantOut,
    Line,
    LongText,
    Out,
    Patch,
    Word,
    read_flag,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.api.turns import Turn
from holdfast.domain.access import Scope
from holdfast.domain.ids import PromoId
from holdfast.domain.price_units import BASIS_POINTS_WHOLE
from holdfast.domain.promo_codes import USES_MAX, PromoCode, PromoKind
from holdfast.engine.facade import TenantEngine
from holdfast.engine.promo_codes import OFFERINGS_MAX, AddPromoCode, ChangePromoCode
from holdfast.engine.reading import Page

BasisPoints = Annotated[int, Field(ge=0, le=BASIS_POINTS_WHOLE)]
Uses = Annotated[int, Field(ge=0, le=USES_MAX)]
UsesEach = Annotated[int, Field(ge=1, le=USES_MAX)]
Offerings = Annotated[list[AnOfferingId], Field(max_length=OFFERINGS_MAX)]


class PromoTerms(Body):
    """What a code is given when it is added and may be changed to."""

    description: LongText = ""
    basis_points: BasisPoints = 0
    amount_minor: AmountMinor = 0
    currency: Currency | None = None
    discount_max_minor: AmountMinor | None = None
    minimum_minor: AmountMinor = 0
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    uses_max: Uses | None = None
    uses_per_customer_max: UsesEach | None = None
    offering_ids: Offerings = Field(default_factory=list)
    is_combinable: bool = False


class AddPromoCodeIn(PromoTerms):
    """A code that takes a `percent` (`basis_points`: 2000 is 20 %) or a `fixed` amount off.

    It may ask for a least price before any code, be valid for a time, for some offerings, and so
    often in all and for each customer. Without limits null is sent, or nothing.
    """

    code: Line
    kind: Word[PromoKind]

    def command(self) -> AddPromoCode:
        """Return it as the engine takes it."""
        return AddPromoCode(
            code=self.code,
            kind=self.kind,
            description=self.description,
            basis_points=self.basis_points,
            amount_minor=self.amount_minor,
            currency=self.currency,
            discount_max_minor=self.discount_max_minor,
            minimum_minor=self.minimum_minor,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            uses_max=self.uses_max,
            uses_per_customer_max=self.uses_per_customer_max,
            offering_ids=frozenset(self.offering_ids),
            is_combinable=self.is_combinable,
        )


class ChangePromoCodeIn(PromoTerms, Patch):
    """What to change. What was booked with the code before stays as it was agreed."""

    turns: ClassVar[Mapping[str, Turn]] = MappingProxyType(
        {"offering_ids": Turn("offering_ids", frozenset)}
    )

    code: Line = ""
    is_active: bool = True


class PromoCodeQuery(PageQuery):
    """Which codes to list."""

    is_active: Annotated[bool | None, BeforeValidator(read_flag)] = None


class PromoCodeOut(Out):
    """A code that lowers prices."""

    promo_id: str
    code: str
    kind: PromoKind
    description: str
    basis_points: int
    amount_minor: int
    currency: str | None
    discount_max_minor: int | None
    minimum_minor: int
    valid_from: InstantOut | None
    valid_until: InstantOut | None
    uses_max: int | None
    uses_per_customer_max: int | None
    offering_ids: list[str]
    is_combinable: bool
    is_active: bool
    created_at: InstantOut
    version: int

    @classmethod
    def of(cls, promo: PromoCode) -> PromoCodeOut:
        """Show a code."""
        return cls(**_shown(promo))


class CountedPromoCodeOut(PromoCodeOut):
    """A code, and how often it is used by what is booked or held just now."""

    uses_count: int

    @classmethod
    def counted(cls, promo: PromoCode, uses_count: int) -> CountedPromoCodeOut:
        """Show a code and how often it is used."""
        return cls(**_shown(promo), uses_count=uses_count)


class PromoCodePage(PageOut):
    """A page of codes, in their alphabet."""

    items: list[CountedPromoCodeOut]


def _shown(promo: PromoCode) -> dict[str, Any]:
    names = [name for name in PromoCodeOut.model_fields if name != "offering_ids"]
    found: dict[str, Any] = {name: getattr(promo, name) for name in names}
    return {**found, "offering_ids": sorted(promo.offering_ids)}


def _promo_id(call: Call) -> PromoId:
    return PromoId(call.path_id("promo_id", "prm", kind="promo_code"))


async def add(call: Call) -> Response:
    """Add a code."""
    body = await call.body(AddPromoCodeIn)
    return await call.write(body.command(), PromoCodeOut.of, location="/v1/promo-codes")


async def list_(call: Call) -> Response:
    """List codes."""
    query = call.query(PromoCodeQuery)
    request = call.page_request(query)

    def ask(desk: TenantEngine) -> tuple[Page[PromoCode], dict[PromoId, int]]:
        found = desk.promo_codes.list(request, is_active=query.is_active)
        return found, desk.promo_codes.uses([one.promo_id for one in found.items])

    page, uses = await call.read(ask)
    cursor = call.next_cursor(page)
    items = [CountedPromoCodeOut.counted(one, uses[one.promo_id]) for one in page.items]
    return call.page(PromoCodePage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a code."""
    promo_id = _promo_id(call)

    def ask(desk: TenantEngine) -> tuple[PromoCode, int]:
        return desk.promo_codes.get(promo_id), desk.promo_codes.uses([promo_id])[promo_id]

    promo, uses_count = await call.read(ask)
    # How often it is used changes without the code.
    shown = CountedPromoCodeOut.counted(promo, uses_count)
    return call.record(shown, version=promo.version, is_settled=False)


async def change(call: Call) -> Response:
    """Change a code."""
    promo_id = _promo_id(call)
    body = await call.body(ChangePromoCodeIn)
    command = ChangePromoCode(promo_id=promo_id, changes=body.changes(), if_version=call.if_version)
    return await call.write(command, PromoCodeOut.of)


async def delete(call: Call) -> Response:
    """Take a code back."""
    promo_id = _promo_id(call)
    await call.no_body()
    command = ChangePromoCode(
        promo_id=promo_id, changes={"is_active": False}, if_version=call.if_version
    )
    return await call.write(command, PromoCodeOut.of)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/promo-codes",
        name="addPromoCode",
        summary="Add a code that lowers prices",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add,
        body=AddPromoCodeIn,
        answer=PromoCodeOut,
        status=201,
        codes=("record.already_exists",),
    ),
    Endpoint(
        method="GET",
        path="/v1/promo-codes",
        name="listPromoCodes",
        summary="List promo codes, in their alphabet, with how often each is used",
        scopes=(Scope.BOOKINGS_READ,),
        run=list_,
        query=PromoCodeQuery,
        answer=PromoCodePage,
    ),
    Endpoint(
        method="GET",
        path="/v1/promo-codes/{promo_id}",
        name="getPromoCode",
        summary="Show a promo code, and how often it is used",
        scopes=(Scope.BOOKINGS_READ,),
        run=get,
        answer=CountedPromoCodeOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/promo-codes/{promo_id}",
        name="changePromoCode",
        summary="Change a promo code",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=change,
        body=ChangePromoCodeIn,
        answer=PromoCodeOut,
        codes=("record.already_exists", "record.changed", "record.not_found"),
        takes_version=True,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/promo-codes/{promo_id}",
        name="deletePromoCode",
        summary="Take a promo code back; what was booked with it stays",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=delete,
        answer=PromoCodeOut,
        codes=("record.changed", "record.not_found"),
        takes_version=True,
    ),
)
