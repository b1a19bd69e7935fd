"""All tables: importing this package completes `metadata`."""

from holdfast.storage.schema import capacity, catalogue, history, ledger, people, series, waitlists
from holdfast.storage.schema.base import metadata

__all__ = [
    "capacity",
    "catalogue",
    "history",
    "ledger",
    "metadata",
    "people",
    "series",
    "waitlists",
]
