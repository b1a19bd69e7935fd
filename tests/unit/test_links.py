"""Links: believed only whole, in time, in their own business, and by a secret that still counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdfast.domain.ids import ALPHABET, BookingId, TenantId
from holdfast.domain.links import Link, LinkSigner

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
HERE, THERE = TenantId("tnt_" + "0" * 26), TenantId("tnt_" + "1" * 26)
OLD, NEW = "an old secret of at least 32 characters", "a new secret of at least 32 characters"
LINK = Link(subject_id=BookingId("bkg_" + "7" * 26), expires_at=NOW + timedelta(hours=1))


def test_a_link_says_what_was_signed() -> None:
    signer = LinkSigner([OLD])

    assert signer.read(HERE, signer.sign(HERE, LINK), now=NOW) == LINK


def test_a_link_ends_at_its_instant() -> None:
    signer = LinkSigner([OLD])
    word = signer.sign(HERE, LINK)

    assert signer.read(HERE, word, now=LINK.expires_at - timedelta(seconds=1)) == LINK
    assert signer.read(HERE, word, now=LINK.expires_at) is None


def test_no_letter_of_a_link_can_be_changed() -> None:
    signer = LinkSigner([OLD])
    word = signer.sign(HERE, LINK)

    believed = [
        (i, letter)
        for i in range(len(word))
        for letter in ALPHABET
        if letter != word[i]
        and signer.read(HERE, word[:i] + letter + word[i + 1 :], now=NOW) is not None
    ]

    assert believed == []


@pytest.mark.parametrize("word", ["", "0", "é" * 59, "u" * 59, "0" * 58, "0" * 60, "\x00" * 59])
def test_what_is_no_link_is_not_believed(word: str) -> None:
    assert LinkSigner([OLD]).read(HERE, word, now=NOW) is None


def test_a_link_of_one_business_means_nothing_in_another() -> None:
    signer = LinkSigner([OLD])

    assert signer.read(THERE, signer.sign(HERE, LINK), now=NOW) is None


def test_secrets_are_exchanged_without_breaking_links() -> None:
    word = LinkSigner([OLD]).sign(HERE, LINK)
    both, after = LinkSigner([NEW, OLD]), LinkSigner([NEW])

    assert both.read(HERE, word, now=NOW) == LINK
    assert after.read(HERE, word, now=NOW) is None
    assert after.read(HERE, both.sign(HERE, LINK), now=NOW) == LINK


@pytest.mark.parametrize("secrets", [[], [OLD, "short"]])
def test_a_secret_that_could_be_guessed_is_refused(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="32 characters"):
        LinkSigner(secrets)
