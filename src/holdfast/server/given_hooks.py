"""The hooks that an operator names: `HOLDFAST_HOOKS=package.module:hooks`."""

from __future__ import annotations

import importlib

from holdfast.engine.asking import Hooks
from holdfast.settings import Settings


class HooksNotFound(Exception):
    """What was named gives no hooks; the message says why."""


def hooks_of(settings: Settings) -> Hooks | None:
    """Return the hooks that the settings name; None where they name none.

    Raises:
        HooksNotFound: There is no such module, it cannot be imported, or what it has of that name
            is no `Hooks`.
    """
    if settings.hooks is None:
        return None
    module_name, colon, name = settings.hooks.partition(":")
    if not (module_name and colon and name):
        message = "HOLDFAST_HOOKS names a module and what is in it, such as my_shop.rules:hooks."
        raise HooksNotFound(message)
    try:
        module = importlib.import_module(module_name)
    except Exception as fault:
        message = (
            f"HOLDFAST_HOOKS: {module_name} cannot be imported"
            f" ({type(fault).__name__}: {fault}). Is its folder on PYTHONPATH?"
        )
        raise HooksNotFound(message) from fault
    found = getattr(module, name, None)
    if not isinstance(found, Hooks):
        message = f"HOLDFAST_HOOKS: {module_name} has no holdfast.Hooks of the name {name}."
        raise HooksNotFound(message)
    return found
