r"""Patterns of fields, matched by the Rust engine that pydantic brings: linear in the text.

It knows neither look-around nor back references, which is what makes other engines hang, and it
refuses a pattern that compiles to more than 10 MB.

`$` ends the whole text and not the line before a last line break. `\d` and `\w` also take the
digits and letters of other scripts: who wants 0 to 9 writes `[0-9]`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

# The worst pattern takes 13 MB and 0.1 s, an ordinary one some kB and 0.2 ms: a small cache is
# enough, and bounds what a hostile business can make us keep.
COMPILED_MAX = 16
_REASON_MAX = 200


class RustPatterns:
    """The engine that answers with the Rust crate `regex`."""

    def fault_of(self, pattern: str) -> str | None:
        """Say in a sentence why a pattern is refused; None when it may be saved."""
        try:
            _compiled(pattern)
        except ValueError as refusal:
            return f"This pattern cannot be used: {refusal}"
        return None

    def matches(self, pattern: str, text: str) -> bool:
        """Tell whether the pattern is found anywhere in the text.

        Raises:
            ValueError: The pattern would have been refused.
        """
        return _compiled(pattern)(text)


@lru_cache(maxsize=COMPILED_MAX)
def _compiled(pattern: str) -> Callable[[str], bool]:
    """Return what matches a pattern.

    Raises:
        ValueError: It cannot be used.
    """
    from pydantic_core import (  # slow: 10 ms, and most businesses have no patterns
        SchemaError,
        SchemaValidator,
        core_schema,
    )

    schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex", strict=True)
    try:
        return SchemaValidator(schema).isinstance_python
    except SchemaError as error:
        raise ValueError(_reason(str(error))) from error


def _reason(report: str) -> str:
    """Return the engine's own last sentence, without the drawing above it."""
    last = report.strip().splitlines()[-1].strip()
    for prefix in ("SchemaError: ", "error: "):
        last = last.removeprefix(prefix)
    return f"{last[:_REASON_MAX].rstrip('.')}."
