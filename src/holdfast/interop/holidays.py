"""A country's public holidays as rules that close, from the optional library `holidays`.

    desk.schedules.add(resource_id, *closed_on_public_holidays("FR", [2026, 2027]))

Adding them again changes nothing. The dates are those that the installed version of the library
knows; what a government declares later is a rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from holdfast.domain.checks import NAME_MAX
from holdfast.domain.errors import InputInvalid
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleDraft, RuleKind

if TYPE_CHECKING:
    from holidays import HolidayBase

YEARS_MAX = 10


class HolidaysNotInstalled(ImportError):
    """The optional library is not there."""

    def __init__(self) -> None:
        super().__init__(
            "Public holidays come from an optional library. Install it with:"
            " pip install 'holdfast[holidays]'"
        )


def closed_on_public_holidays(
    country: str,
    years: Iterable[int],
    *,
    subdivision: str | None = None,
    language: str | None = None,
    zone: str | None = None,
) -> tuple[RuleDraft, ...]:
    """Return one rule a holiday, which closes its whole date, by date.

    Args:
        country: ISO 3166-1 alpha-2, such as FR.
        years: At most YEARS_MAX of them.
        subdivision: A part of the country with holidays of its own, such as BY in DE.
        language: Of the names; by default the country's own, whatever this machine speaks.
        zone: The zone of the dates; None means the owner's.

    Raises:
        HolidaysNotInstalled: The library is not there.
        InputInvalid: The library does not know the country, its part or the language, or the
            years are too many or outside the limits of time.
    """
    wanted = sorted(set(years))
    if not 0 < len(wanted) <= YEARS_MAX:
        raise InputInvalid.at("/years", "out_of_range", f"Give 1 to {YEARS_MAX} years.")
    if not FIRST_INSTANT.year <= wanted[0] <= wanted[-1] < LAST_INSTANT.year:
        message = f"Years lie between {FIRST_INSTANT.year} and {LAST_INSTANT.year}."
        raise InputInvalid.at("/years", "out_of_range", message)
    # Asked for without a language, the library answers in the one of the process's locale.
    spoken = language or _calendar(country, [], subdivision, None).default_language
    calendar = _calendar(country, wanted, subdivision, spoken)
    if language is not None and language not in calendar.supported_languages:
        known = ", ".join(calendar.supported_languages) or "no choice of languages"
        message = f"The names of its holidays are known in: {known}."
        raise InputInvalid.at("/language", "unknown_language", message)
    return tuple(
        RuleDraft(
            kind=RuleKind.DATES,
            effect=Effect.CLOSES,
            dates=(day,),
            reason=name[:NAME_MAX],
            zone=zone,
        )
        for day, name in sorted(calendar.items())
    )


def _calendar(
    country: str, years: list[int], subdivision: str | None, language: str | None
) -> HolidayBase:
    """Return the library's calendar of some years."""
    try:
        import holidays  # optional: the extra of that name; slow: 80 ms
    except ModuleNotFoundError:
        raise HolidaysNotInstalled from None
    try:
        # It would compute further years when asked about them.
        return holidays.country_holidays(
            country, subdiv=subdivision, years=years, expand=False, language=language
        )
    except NotImplementedError as error:
        pointer = "/country" if "Country" in str(error) else "/subdivision"
        message = f"Its public holidays are not known: {error}."
        raise InputInvalid.at(pointer, "unknown_place", message) from None
