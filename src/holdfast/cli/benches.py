"""`holdfast bench`: runs one scenario and prints its figures."""

from __future__ import annotations

from holdfast.bench.options import BenchUnavailable, Options
from holdfast.bench.scenarios import SCENARIOS
from holdfast.cli import output
from holdfast.cli.faults import Misconfigured


def run(scenario: str | None, options: Options, *, is_json: bool) -> None:
    """Measure and print.

    Raises:
        Misconfigured: There is no such scenario, or something that it needs is missing.
    """
    if scenario is None:
        rows = [(name, _first_line(name)) for name in SCENARIOS]
        output.listing(("scenario", "what it measures"), rows, none="")
        return
    if scenario not in SCENARIOS:
        raise Misconfigured(
            f"There is no scenario {scenario!r}. There are: {', '.join(SCENARIOS)}."
        )
    if options.url is not None and not options.url.startswith("postgresql"):
        raise Misconfigured("A benchmark takes a PostgreSQL database, or starts one of its own.")
    try:
        with output.progress(f"Measuring {scenario}"):
            found = {"scenario": scenario, **SCENARIOS[scenario](options)}
    except BenchUnavailable as missing:
        raise Misconfigured(str(missing)) from missing
    if is_json:
        output.as_json(found)
        return
    output.listing(("figure", "value"), list(found.items()), none="")


def _first_line(name: str) -> str:
    """Return what a scenario says of itself."""
    return (SCENARIOS[name].__doc__ or "").splitlines()[0]
