"""Fixtures of the server's tests."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests in asyncio, as the server does."""
    return "asyncio"
