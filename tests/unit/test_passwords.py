"""Passwords: kept as argon2id, by the costs that are recommended; nobody's takes as much work."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from holdfast.web.passwords import hash_of, is_right

KEPT = hash_of("correct horse battery")


def test_what_is_kept_is_argon2id_with_its_costs_and_a_salt_of_its_own() -> None:
    assert KEPT.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hash_of("correct horse battery") != KEPT


@pytest.mark.parametrize(
    ("password", "kept", "expected"),
    [
        ("correct horse battery", KEPT, True),
        ("correct horse battery ", KEPT, False),
        ("", KEPT, False),
        ("x", "not a hash", False),
        ("nobody's password", None, False),
    ],
)
def test_only_the_right_password_is_right(
    password: str, kept: str | None, *, expected: bool
) -> None:
    assert is_right(password, kept) is expected


def test_an_unknown_address_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[str] = []
    verify = PasswordHasher.verify

    def noted(self: PasswordHasher, kept: str, password: str) -> bool:
        worked.append(kept.rpartition("$")[0].rpartition("$")[0])
        return bool(verify(self, kept, password))

    monkeypatch.setattr(PasswordHasher, "verify", noted)

    is_right("wrong", KEPT)
    is_right("wrong", None)

    assert worked == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2
