"""Languages: every sentence is there in French; times and money are written as people there do."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import holdfast.web
from holdfast.domain.errors import STATUS_BY_CODE, HoldfastError, HookRefused, RequestFailed
from holdfast.domain.money import Money
from holdfast.web.languages import LOCALES, catalogue, chosen_language, language_of
from holdfast.web.refusals import refused
from tests.web.visitors import Visitor

WEB = Path(holdfast.web.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
KEYWORDS = {"_": None, "gettext": None, "say": None, "ngettext": (1, 2)}
GAP = re.compile(r"%\((\w+)\)s")


def sentences() -> dict[str, tuple[str, ...]]:
    """Return every English sentence of the pages with its forms, by the first of them."""
    found = extract_from_dir(str(WEB), METHODS, OPTIONS, keywords=KEYWORDS)
    said = [message for _file, _line, message, _comments, _context in found]
    forms = [(one,) if isinstance(one, str) else tuple(one) for one in said]
    return {form[0]: form for form in forms}


def test_every_sentence_is_there_in_french_and_none_is_left_over() -> None:
    spoken, known = sentences(), catalogue("fr")

    assert len(spoken) > 120
    assert sorted(set(spoken) - set(known)) == []
    assert sorted(set(known) - set(spoken)) == []


def test_every_french_sentence_has_the_gaps_and_forms_of_its_english_one() -> None:
    spoken, faults = sentences(), []
    for first, message in catalogue("fr").items():
        forms = (message,) if isinstance(message, str) else tuple(message)
        gaps = {frozenset(GAP.findall(form)) for form in forms}
        meant = set(GAP.findall(spoken[first][-1]))
        # The singular may leave the number out.
        is_whole = set(GAP.findall(forms[-1])) == meant and all(gap <= meant for gap in gaps)
        if len(forms) != len(spoken[first]) or not is_whole:
            faults.append(first)

    assert faults == []


def test_french_has_no_breakable_space_before_its_signs() -> None:
    told = [one if isinstance(one, str) else " ".join(one) for one in catalogue("fr").values()]

    assert [one for one in told if re.search(r" [?!;:]|'", one)] == []


@pytest.mark.parametrize(
    ("wished", "accepted", "tag"),
    [
        (None, "", "en-GB"),
        (None, "de-DE,de;q=0.9", "en-GB"),
        (None, "en-US,en;q=0.9", "en-US"),
        (None, "de,fr-CA;q=0.8,en;q=0.5", "fr-CA"),
        (None, "en;q=0.1,fr;q=0.9", "fr-FR"),
        (None, "fr;q=0, en", "en-GB"),
        (None, "fr;q=x,en-AU", "en-AU"),
        (None, "fr-LU", "fr-FR"),
        ("fr", "en-US", "fr-FR"),
        ("fr", "en-US,fr-CH", "fr-CH"),
        ("en", "fr", "en-GB"),
        ("xx", "fr", "fr-FR"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_most_wanted(
    wished: str | None, accepted: str, tag: str
) -> None:
    assert chosen_language(wished, accepted).tag == tag


def test_times_and_money_are_written_as_people_there_write_them() -> None:
    day, at = date(2026, 11, 26), datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
    price = Money(amount_minor=250_050, currency="EUR")

    written = {
        tag: (
            language_of(tag).day(day),
            language_of(tag).clock(at, "Europe/Paris"),
            language_of(tag).money(price),
            language_of(tag).length(timedelta(minutes=90)),
            language_of(tag).amount(Fraction(3, 2)),
        )
        for tag in ("en-GB", "en-US", "fr-FR")
    }

    assert written == {
        "en-GB": ("Thursday 26 November", "16:30", "€2,500.50", "1 hr 30 mins", "1.5"),
        "en-US": ("Thursday, November 26", "4:30\u202fPM", "€2,500.50", "1 hr 30 min", "1.5"),
        "fr-FR": (
            "jeudi 26 novembre",
            "16:30",
            "2\u202f500,50\xa0€",
            "1\u202fh 30\xa0min",
            "1,5",
        ),
    }


@pytest.mark.parametrize(
    "tag", [f"{code}-{country}" for code, all_ in LOCALES.items() for country in all_]
)
def test_every_country_begins_its_week_on_one_of_seven_days(tag: str) -> None:
    named = language_of(tag).weekdays()

    assert len({wide for _, wide in named}) == 7
    assert named[0][1] in {"Monday", "Sunday", "lundi", "dimanche"}


def test_a_visitor_reads_french_and_may_change_to_english_for_good(visitor: Visitor) -> None:
    visitor.client.headers["Accept-Language"] = "fr-FR"
    french = visitor.open("/sarah/cut")
    visitor.follow("English")
    again = visitor.open("/sarah/cut")

    assert ("html", {"lang": "fr-FR", "dir": "ltr"}) in french.elements
    assert "mardi 2 juin" in french.text
    assert "25\xa0€" in french.source
    assert "Tuesday 2 June" in again.text


STAFF_ONLY = {"policy.too_early", "policy.too_late"}  # of checking in and out


def test_every_limit_of_a_business_has_a_sentence_for_customers() -> None:
    english = language_of("en-GB")
    general = refused(RequestFailed(""), english).sentence

    unsaid = set()
    for code in STATUS_BY_CODE:
        named = type("Named", (HoldfastError,), {"code": code})
        if code.startswith("policy.") and refused(named(""), english).sentence == general:
            unsaid.add(code)

    assert unsaid == STAFF_ONLY


def test_the_businesss_own_no_is_shown_in_its_own_words() -> None:
    refusal = HookRefused("Paiement refusé", action="reserve")

    assert refused(refusal, language_of("fr-FR")).sentence == "Paiement refusé"


def test_a_price_in_a_calendar_is_short_and_its_currency_is_said_beside_it() -> None:
    euros = Money(amount_minor=11_900, currency="EUR")
    dollars = Money(amount_minor=24_900, currency="AUD")
    odd = Money(amount_minor=123_450, currency="AUD")
    french, english = language_of("fr-FR"), language_of("en-GB")

    assert french.cell_money(euros) == "119\xa0€"
    assert (english.cell_money(dollars), french.cell_money(dollars)) == ("A$249", "249")
    assert (english.cell_money(odd), french.cell_money(odd)) == ("1,234.50", "1\u202f234,50")
    assert (english.currency(dollars), french.currency(euros)) == ("Australian dollars", "euros")
