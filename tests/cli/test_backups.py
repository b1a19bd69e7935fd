"""`holdfast backup` and `holdfast restore`."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.testing.postgres import PostgresServer
from tests.cli.books import keep_books, spoil_books
from tests.cli.conftest import Said, Say


def tenants_in(say: Say, url: str) -> Said:
    """Return what the program lists."""
    return say("tenant", "list", "--json", "--db", url)


def test_what_was_backed_up_can_be_restored(say: Say, salon_url: str, tmp_path: Path) -> None:
    before = tenants_in(say, salon_url)
    copy, target = tmp_path / "copy.sqlite", f"sqlite:///{tmp_path / 'restored.sqlite'}"

    backed_up = say("backup", str(copy), "--db", salon_url)
    bob = ("--name", "Bob", "--zone", "Europe/Paris", "--currency", "EUR")
    say("tenant", "add", "bob", *bob, "--db", salon_url)
    restored = say("restore", str(copy), "--db", target)

    assert (backed_up.code, backed_up.out) == (0, "")
    assert f"Backed up {salon_url} to {copy} (" in backed_up.err
    assert restored == Said(
        code=0,
        out="",
        err=f"Proved {copy}: nothing was ever oversold, and the books agree.\n"
        f"Restored it to {target}.\n",
    )
    assert tenants_in(say, target) == before != tenants_in(say, salon_url)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_what_is_there_is_replaced_only_by_force(
    say: Say, salon_url: str, tmp_path: Path, command: str
) -> None:
    copy, other = tmp_path / "copy.sqlite", f"sqlite:///{tmp_path / 'other.sqlite'}"
    say("backup", str(copy), "--db", salon_url)
    say("init", "--db", other, "--slug", "bob")
    words = (command, str(copy), "--db", other)

    refused = say(*words)
    forced = say(*words, "--force")

    assert (refused.code, refused.out) == (1, "")
    assert "is there already. Choose another name, or use --force" in refused.err
    assert forced.code == 0, forced.err
    slug = "sarah" if command == "restore" else "bob"
    assert f'"slug": "{slug}"' in tenants_in(say, other).out


def test_wrong_books_are_not_restored(say: Say, tmp_path: Path) -> None:
    copy, target = tmp_path / "copy.sqlite", tmp_path / "restored.sqlite"
    url = f"sqlite:///{tmp_path / 'books.sqlite'}"
    keep_books(url)
    spoil_books(url)
    say("backup", str(copy), "--db", url)

    said = say("restore", str(copy), "--db", f"sqlite:///{target}")

    assert (said.code, said.out) == (1, "")
    assert f"The books in {copy} are wrong in 1 place(s); the first is counter.used" in said.err
    assert not target.exists()


@pytest.mark.postgresql
def test_postgresql_has_tools_of_its_own(say: Say, server: PostgresServer, tmp_path: Path) -> None:
    said = say("backup", str(tmp_path / "copy"), "--db", server.url())

    assert (said.code, said.out) == (1, "")
    assert "PostgreSQL has its own tools: pg_dump" in said.err


def test_a_backup_that_is_not_there_cannot_be_restored(say: Say, tmp_path: Path) -> None:
    said = say("restore", str(tmp_path / "none"), "--db", f"sqlite:///{tmp_path / 'new.sqlite'}")

    assert (said.code, said.out) == (1, "")
    assert said.err == f"holdfast: There is no backup {tmp_path / 'none'}.\n"
