"""`holdfast tenant` and `holdfast key`."""

from __future__ import annotations

import json

import pytest

from holdfast import AccessStatus, ApiKey, Engine, KeyKind, Role
from holdfast.domain.digests import digest_of
from holdfast.engine.accounts import AddAccount
from holdfast.web.passwords import is_right
from tests.cli.conftest import Said, Say

BOB = ("--name", "Bob", "--zone", "America/New_York", "--currency", "USD")


def keys_in(url: str, tenant: str) -> list[ApiKey]:
    """Return all keys of a tenant, revoked ones included."""
    engine = Engine.open(url, migrate=False)
    found = engine.tenant(tenant).keys.list(statuses=tuple(AccessStatus)).items
    engine.close()
    return list(found)


def test_a_tenant_is_added_and_listed(say: Say, salon_url: str) -> None:
    added = say("tenant", "add", "bob", *BOB, "--db", salon_url)

    listed = say("tenant", "list", "--db", salon_url)

    assert (added.code, added.out) == (0, "")
    assert "Opened tenant 'bob' (Bob, America/New_York, USD)." in added.err
    assert [line.split()[:5] for line in listed.out.splitlines()] == [
        ["slug", "name", "zone", "currency", "status"],
        ["bob", "Bob", "America/New_York", "USD", "active"],
        ["sarah", "Sarah", "Europe/Paris", "EUR", "active"],
    ]


def test_tenants_are_listed_as_json(say: Say, salon_url: str) -> None:
    listed = json.loads(say("tenant", "list", "--json", "--db", salon_url).out)

    assert [(tenant["slug"], tenant["zone"], tenant["currency"]) for tenant in listed] == [
        ("sarah", "Europe/Paris", "EUR")
    ]


def test_a_slug_that_is_taken_is_refused(say: Say, salon_url: str) -> None:
    said = say("tenant", "add", "sarah", *BOB, "--db", salon_url)

    assert said == Said(
        code=1,
        out="",
        err="holdfast: There is a tenant 'sarah' already. Choose another name.\n",
    )


def test_a_new_key_is_all_that_goes_to_stdout(say: Say, salon_url: str) -> None:
    said = say("key", "add", "Till", "--role", "staff", "--db", salon_url)

    assert said.err == "'Till', a secret key with role staff of 'sarah', shown this once:\n"
    newest = keys_in(salon_url, "sarah")[-1]
    assert (newest.name, newest.kind, newest.role) == ("Till", KeyKind.SECRET, Role.STAFF)
    assert newest.digest == digest_of(said.out.removesuffix("\n"))


def test_a_publishable_key_has_no_role(say: Say, salon_url: str) -> None:
    made = say("key", "add", "Website", "--publishable", "--db", salon_url)
    refused = say("key", "add", "Both", "--publishable", "--role", "staff", "--db", salon_url)

    assert made.out.startswith("hfp_")
    assert (refused.code, refused.out) == (1, "")
    assert "a publishable key has none" in refused.err
    assert [(key.name, key.role) for key in keys_in(salon_url, "sarah")] == [
        ("Owner", Role.OWNER),
        ("Website", None),
    ]


def test_a_listing_shows_no_secret_and_no_digest(say: Say, salon_url: str) -> None:
    (key,) = keys_in(salon_url, "sarah")

    table = say("key", "list", "--db", salon_url).out
    listed = json.loads(say("key", "list", "--json", "--db", salon_url).out)

    assert table.splitlines()[1].split()[:6] == [
        key.key_id,
        "Owner",
        "secret",
        "owner",
        f"…{key.hint}",
        "active",
    ]
    assert [set(shown) for shown in listed] == [
        {"key_id", "name", "kind", "role", "hint", "status", "created_at", "revoked_at", "version"}
    ]


def test_a_revoked_key_is_no_longer_listed_unless_all_are_asked_for(
    say: Say, salon_url: str
) -> None:
    (key,) = keys_in(salon_url, "sarah")

    revoked = say("key", "revoke", key.key_id, "--db", salon_url)

    assert revoked.code == 0
    assert f"Revoked key 'Owner' (…{key.hint})." in revoked.err
    assert [kept.status for kept in keys_in(salon_url, "sarah")] == [AccessStatus.INACTIVE]
    assert say("key", "list", "--db", salon_url).out == ""
    assert key.key_id in say("key", "list", "--all", "--db", salon_url).out


def test_a_key_of_another_tenant_is_not_found(say: Say, salon_url: str) -> None:
    (key,) = keys_in(salon_url, "sarah")
    say("tenant", "add", "bob", *BOB, "--db", salon_url)

    said = say("key", "revoke", key.key_id, "--tenant", "bob", "--db", salon_url)

    assert (said.code, said.out) == (1, "")
    assert said.err == f"holdfast: There is no key '{key.key_id}' here.\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((), 2, "Which tenant? Say --tenant with one of: bob, sarah."),
        (("--tenant", "eve"), 1, "There is no tenant 'eve' here."),
    ],
)
def test_with_several_tenants_one_has_to_be_named(
    say: Say, salon_url: str, words: tuple[str, ...], code: int, sentence: str
) -> None:
    say("tenant", "add", "bob", *BOB, "--db", salon_url)

    said = say("key", "list", *words, "--db", salon_url)

    assert said == Said(code=code, out="", err=f"holdfast: {sentence}\n")


def test_an_owner_is_invited_with_a_new_tenant_and_again_by_a_new_link(
    say: Say, salon_url: str
) -> None:
    at = ("--url", "https://book.example/", "--db", salon_url)
    opened = say("tenant", "add", "bob", *BOB, "--owner", "bob@example.com", *at)
    again = say("member", "invite", "Bob@example.com", "--tenant", "bob", *at)

    listed = json.loads(say("member", "list", "--tenant", "bob", "--json", "--db", salon_url).out)

    engine = Engine.open(salon_url, migrate=False)
    links = [said.out.strip() for said in (opened, again)]
    assert all(link.startswith("https://book.example/staff/invitation/") for link in links)
    works = [
        engine.accounts.invited_by(link.rpartition("/")[2], now=engine.clock.now())
        for link in links
    ]
    engine.close()
    assert [found is not None for found in works] == [False, True]
    assert [(one["email"], one["role"]) for one in listed] == [("bob@example.com", "owner")]
    assert "invite_digest" not in listed[0]


def test_a_new_password_is_printed_once_and_is_the_one_that_counts(
    say: Say, salon_url: str
) -> None:
    engine = Engine.open(salon_url, migrate=False)
    engine.accounts.add(AddAccount(email="s@example.com", name="S", password_hash="x"))

    said = say("member", "password", "S@example.com", "--db", salon_url)
    nobody = say("member", "password", "n@example.com", "--db", salon_url)

    account = engine.accounts.find("s@example.com")
    engine.close()
    assert account is not None
    assert is_right(said.out.strip(), account.password_hash)
    assert account.generation == 2
    assert (nobody.code, nobody.out) == (1, "")
    assert "There is no account of n@example.com" in nobody.err
