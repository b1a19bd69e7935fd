"""Requests about members and keys that are accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Office(Protocol):
    """One of everything that the requests here are about."""

    member: str

    def number(self) -> int:
        """Return a number that was not given before."""
        ...


def _person(office: Office, role: str) -> dict[str, Any]:
    return {"email": f"m{office.number()}@b.example", "name": "M", "role": role}


MEMBERS: dict[str, Callable[[Office], tuple[str, dict[str, Any]]]] = {
    "addMember": lambda o: ("/v1/members", _person(o, "viewer")),
    "inviteMember": lambda o: ("/v1/members/invitations", _person(o, "staff")),
    "changeMember": lambda o: (
        f"/v1/members/{o.member}",
        {"name": "M", "role": "staff", "status": "active"},
    ),
    "addKey": lambda o: (
        "/v1/keys",
        {"name": f"K{o.number()}", "kind": "secret", "role": "viewer"},
    ),
}
