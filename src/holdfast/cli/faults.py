"""What the program says when it cannot do what it was asked, and how it ends then."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.cli import output
from holdfast.domain.errors import HoldfastError, InputFault

REFUSED = 1
MISCONFIGURED = 2
BROKEN = 3

# What brings a package that only some commands need.
EXTRA_BY_MODULE = {
    "psycopg": "postgresql",
    **dict.fromkeys(
        "fastapi pydantic pydantic_settings prometheus_client starlette uvicorn".split(), "server"
    ),
}


@dataclass(slots=True)
class Manner:
    """How the program behaves in this run, whatever the command."""

    is_debugged: bool = False


class Misconfigured(Exception):
    """Something around the program is not as it must be; the message says what to change."""


class Refused(Exception):
    """The command would do what must not be done; the message says what to do instead."""


def report(error: Exception) -> int:
    """Say in a sentence or two what went wrong, and return the exit code."""
    if isinstance(error, HoldfastError):
        _explain(error)
        return REFUSED
    if isinstance(error, Refused):
        output.complain(str(error))
        return REFUSED
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRA_BY_MODULE:
        extra = EXTRA_BY_MODULE[error.name]
        output.complain(f"This needs packages that are not here: pip install 'holdfast[{extra}]'")
        return MISCONFIGURED
    if isinstance(error, (Misconfigured, OSError, *_faults_of_the_machine())):
        output.complain(str(error))
        return MISCONFIGURED
    output.complain(
        f"This is a bug of Holdfast's, and nothing that you have done: {type(error).__name__}:"
        f" {error}\nThe command again with --debug (`holdfast --debug …`) shows where it happened."
    )
    return BROKEN


def _explain(refusal: HoldfastError) -> None:
    faults = refusal.fields.get("errors")
    named = (
        [fault for fault in faults if isinstance(fault, InputFault)]
        if (isinstance(faults, tuple))
        else []
    )
    if not named:
        output.complain(refusal.detail)
    for fault in named:
        field = fault.pointer.removeprefix("/").replace("/", ".")
        output.complain(f"{field}: {fault.detail}" if field else fault.detail)


def _faults_of_the_machine() -> tuple[type[Exception], ...]:
    """Return the errors that mean a wrong setting or a database that cannot be reached."""
    from holdfast.engine.ports import StorageFault  # slow: only after something has gone wrong
    from holdfast.storage.database import DatabaseMisconfigured  # slow: loads SQLAlchemy
    from holdfast.testing.postgres import PostgresUnavailable  # slow: as above

    return StorageFault, DatabaseMisconfigured, PostgresUnavailable
