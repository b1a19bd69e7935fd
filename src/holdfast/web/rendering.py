"""Rendering: templates by language, static files under a name that changes with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from holdfast.domain.zones import zone
from holdfast.web.languages import Language
from holdfast.web.looks import look_of
from holdfast.web.offers import fields_of
from holdfast.web.prices import price_range
from holdfast.web.stays import place_lines

MEDIA_TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
VERSION_LENGTH = 12


@cache
def static_files() -> Mapping[str, bytes]:
    """Read every static file, by name: those that are there and those that were built."""
    folder = files("holdfast.web").joinpath("static")
    built = folder.joinpath("built")
    found = [*folder.iterdir(), *(built.iterdir() if built.is_dir() else ())]
    return {
        file.name: file.read_bytes()
        for file in found
        if file.name.rpartition(".")[2] in MEDIA_TYPES
    }


def is_built() -> bool:
    """Tell whether the script of staff's calendar is there: without Node nobody could build it."""
    return "calendar.js" in static_files()


@cache
def static_version() -> str:
    """Return a name for the present content of all static files."""
    digest = hashlib.sha256()
    for name, content in sorted(static_files().items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:VERSION_LENGTH]


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("holdfast.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    # Sentences get their variables here, escaped, whether they are translated or not.
    environment.extend(newstyle_gettext=True)
    environment.add_extension("jinja2.ext.i18n")
    environment.globals.update(gettext=_gettext(language), ngettext=_ngettext(language))
    environment.filters.update(
        money=language.money,
        short_money=language.short_money,
        cell_money=language.cell_money,
        currency=language.currency,
        number=language.number,
        amount=language.amount,
        long_day=language.long_day,
        day=language.day,
        short_day=language.short_day,
        month=language.month,
        month_name=language.month_name,
        weekday=language.weekday,
        short_weekday=language.short_weekday,
        clock=language.clock,
        wall_clock=language.minutes,
        city=language.city,
        length=language.length,
        listed=language.listed,
        instant=_instant,
        local_date=_local_date,
        paragraphs=_paragraphs,
    )
    environment.globals.update(
        look_of=look_of, fields_of=fields_of, place_lines=place_lines, price_range=price_range
    )
    return environment


def _gettext(language: Language) -> Callable[..., Markup]:
    def gettext(sentence: str, /, **variables: object) -> Markup:
        return _marked(language.gettext(sentence), variables)

    return gettext


def _ngettext(language: Language) -> Callable[..., Markup]:
    def ngettext(one: str, many: str, count: int, /, **variables: object) -> Markup:
        return _marked(language.ngettext(one, many, count), variables)

    return ngettext


def _marked(sentence: str, variables: Mapping[str, object]) -> Markup:
    """Fill a sentence of ours in; what it is filled with is escaped."""
    shown = {name: escape(value) for name, value in variables.items()}
    return escape(sentence) % shown


def _instant(instant: datetime) -> str:
    """Write an instant for machines: the value of `<time datetime>`."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _local_date(instant: datetime, zone_name: str) -> date:
    """Return the date on the wall in a zone."""
    return instant.astimezone(zone(zone_name)).date()


def _paragraphs(text: str) -> Markup:
    """Write what a business wrote in paragraphs, escaped."""
    parts = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts if part)


def render(template: str, language: Language, context: Mapping[str, object]) -> str:
    """Fill in a template; whatever it names and was not given is a bug."""
    return _environment(language).get_template(template).render(**context, language=language)
