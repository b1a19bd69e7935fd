"""The command line: what can be said stands in `commands`, what is done in the files beside it."""

from holdfast.cli.app import main

__all__ = ["main"]
