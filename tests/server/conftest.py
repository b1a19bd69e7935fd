"""Fixtures of the server's tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests in asyncio, as the server does."""
    return "asyncio"


@pytest.fixture
def url(fresh_url: Callable[[], str]) -> str:
    """A fresh database of each kind in turn, to be opened by the test and by what it starts."""
    return fresh_url()
