"""How prices are kept as JSON: rules, lines of quotes, and what a buyer said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from holdfast.domain.price_rules import OccupancyBand, PriceMode, PriceRule, Season
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import TicketTier
from holdfast.domain.quotes import LineKind, QuoteLine, Reason
from holdfast.domain.terms import NO_TERMS, Terms, Tickets, Use
from holdfast.engine.records import plain

Row = Mapping[str, Any]


def rule_from(row: Row) -> PriceRule:
    """Return a price rule as it was kept."""
    season, band = row["season"], row["occupancy"]
    kept: dict[str, Any] = {
        **row,
        "mode": PriceMode(row["mode"]),
        "unit": PriceUnit(row["unit"]),
        "season": None if season is None else _season(season),
        "occupancy": None if band is None else OccupancyBand(**band),
    }
    return PriceRule(**kept)


def _season(row: Row) -> Season:
    return Season(
        first_on=date.fromisoformat(row["first_on"]),
        last_on=date.fromisoformat(row["last_on"]),
        is_yearly=row["is_yearly"],
    )


def line_from(row: Row) -> QuoteLine:
    """Return a line of a quote as it was kept."""
    kept: dict[str, Any] = {
        **row,
        "kind": LineKind(row["kind"]),
        "reason": Reason(row["reason"]),
        "quantity": Fraction(row["quantity"]),
    }
    return QuoteLine(**kept)


def use_from(row: Row) -> Use:
    """Return what was used up as it was kept."""
    return Use(**row)


def tier_from(row: Row) -> TicketTier:
    """Return a ticket tier as it was kept."""
    return TicketTier(**row)


def terms_row(terms: Terms) -> object:
    """Return what a buyer said as it is kept: nothing where nothing was said."""
    return None if terms == NO_TERMS else plain(terms)


def terms_from(row: Row | None) -> Terms:
    """Return what a buyer said as it was kept."""
    if row is None:
        return NO_TERMS
    kept: dict[str, Any] = {
        **row,
        "promo_codes": tuple(row.get("promo_codes", ())),
        "tickets": tuple(Tickets(**one) for one in row.get("tickets", ())),
    }
    return Terms(**kept)
