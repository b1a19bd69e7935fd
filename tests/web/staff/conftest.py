"""Fixtures of staff's pages: people who are signed in at the salon."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from holdfast.domain.access import Role
from tests.web.conftest import Town
from tests.web.staff.workers import Worker, worker_of


@pytest.fixture
def staff(town: Town) -> Worker:
    """An owner of the salon, signed in."""
    return worker_of(town, Role.OWNER)


@pytest.fixture
def staff_as(town: Town) -> Callable[[Role], Worker]:
    """What employs somebody at the salon in a role, and signs them in."""
    return lambda role: worker_of(town, role)
