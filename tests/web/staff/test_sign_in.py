"""Signing in (P02): who knows the password gets in, nobody else, and it ends when it should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from holdfast.domain.access import AccessStatus, Role
from holdfast.domain.accounts import ABSOLUTE, IDLE
from holdfast.engine.members import InviteMember
from tests.web.conftest import Town
from tests.web.staff.workers import PASSWORD, SLUG, Worker, account_of, employ, worker_of


def test_an_owner_signs_in_and_is_at_the_one_business_at_once(staff: Worker) -> None:
    assert (staff.status, staff.url) == (200, f"/staff/{SLUG}")
    assert "Salon Sarah" in staff.page.text


def test_somebody_of_two_businesses_chooses_one(town: Town, staff: Worker) -> None:
    employ(town, town.engine.tenant("les-tilleuls"), staff.email, Role.STAFF)

    staff.open("/staff")
    staff.follow("Les Tilleuls")

    assert staff.url == "/staff/les-tilleuls"


@pytest.mark.parametrize("email", ["owner@example.com", "nobody@example.com", "", "x" * 300])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    town: Town, email: str
) -> None:
    account_of(town, "owner@example.com")
    worker = Worker(town.pages)

    worker.sign_in(email, "wrong password")

    assert worker.status == 401
    assert "do not belong together" in worker.page.text
    assert "holdfast_staff" not in worker.client.cookies


def test_after_ten_tries_an_account_rests_whatever_address_tries(town: Town) -> None:
    account_of(town, "owner@example.com")
    for number in range(10):
        thief = Worker(town.pages, address=f"198.51.100.{number}")
        thief.sign_in("Owner@Example.com", "wrong password")
        assert thief.status == 401
    owner = Worker(town.pages)

    owner.sign_in("owner@example.com")

    assert owner.status == 429
    town.time.seconds += 15 * 60
    owner.sign_in("owner@example.com")
    assert owner.status == 200


def test_where_somebody_wanted_to_be_they_are_after_signing_in(town: Town) -> None:
    employ(town, town.engine.tenant(SLUG), "o@example.com", Role.OWNER)
    worker = Worker(town.pages)

    worker.at("/set-up/people")
    assert worker.url.startswith("/staff/sign-in?next=")
    worker.fill(email="o@example.com", password=PASSWORD)
    worker.press("Sign in")

    assert worker.url == f"/staff/{SLUG}/set-up/people"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/staff",
        "//evil.example/staff/x",
        "/\\evil.example",
        "/staff/../sarah",
        "javascript:alert(1)",
        "/staffer",
        "/staff\\@evil.example",
        "/sarah",
        "/staff/x\r\nSet-Cookie:a",
    ],
)
def test_nobody_is_sent_to_another_place_after_signing_in(town: Town, wanted: str) -> None:
    employ(town, town.engine.tenant(SLUG), "o@example.com", Role.OWNER)
    worker = Worker(town.pages)

    worker.post(
        "/staff/sign-in",
        {"email": "o@example.com", "password": PASSWORD, "next": wanted},
        sec_fetch_site="same-origin",
    )

    assert worker.url == f"/staff/{SLUG}"


def test_a_sign_in_of_before_ends_when_somebody_signs_in_again(staff: Worker) -> None:
    before = staff.client.cookies["holdfast_staff"]
    staff.client.cookies.clear()
    staff.client.cookies.set("holdfast_staff", before, domain="shop.test", path="/")

    staff.post("/staff/sign-in", {"email": staff.email, "password": PASSWORD})

    after = staff.client.cookies["holdfast_staff"]
    assert after != before
    staff.client.cookies.clear()
    staff.client.cookies.set("holdfast_staff", before, domain="shop.test", path="/")
    staff.at()
    assert staff.url.startswith("/staff/sign-in")


@pytest.mark.parametrize(("waits", "is_in"), [(IDLE - timedelta(minutes=1), True), (IDLE, False)])
def test_a_sign_in_ends_when_it_is_not_used(
    town: Town, staff: Worker, waits: timedelta, *, is_in: bool
) -> None:
    town.clock.advance(seconds=waits.total_seconds())

    staff.at()

    assert (staff.url == f"/staff/{SLUG}") is is_in


def test_a_sign_in_ends_at_last_however_much_it_is_used(town: Town, staff: Worker) -> None:
    for _ in range(ABSOLUTE // timedelta(hours=20) - 1):
        town.clock.advance(hours=20)
        staff.at()
        assert staff.url == f"/staff/{SLUG}"

    town.clock.advance(hours=20)
    staff.at()

    assert staff.url.startswith("/staff/sign-in")


def test_who_signs_out_is_out(staff: Worker) -> None:
    before = staff.client.cookies["holdfast_staff"]

    staff.press("Sign out")

    assert staff.url == "/staff/sign-in"
    staff.client.cookies.set("holdfast_staff", before, domain="shop.test", path="/")
    staff.at()
    assert staff.url.startswith("/staff/sign-in")


def test_signing_out_everywhere_ends_other_browsers_too(town: Town, staff: Worker) -> None:
    other = Worker(town.pages)
    other.sign_in(staff.email)

    staff.open("/staff/account")
    staff.press("Sign out everywhere")

    other.at()
    assert other.url.startswith("/staff/sign-in")


def test_a_new_password_ends_all_other_sign_ins_and_the_old_one(town: Town, staff: Worker) -> None:
    other = Worker(town.pages)
    other.sign_in(staff.email)
    staff.open("/staff/account")
    staff.fill(before=PASSWORD, password=" a new one, with spaces ")

    staff.press("Change your password")

    assert "Your password is changed" in staff.page.text
    staff.at()
    assert staff.url == f"/staff/{SLUG}"
    other.at()
    assert other.url.startswith("/staff/sign-in")
    other.sign_in(staff.email, PASSWORD)
    assert other.status == 401
    other.sign_in(staff.email, " a new one, with spaces ")
    assert other.status == 200


def test_a_password_is_not_changed_by_who_does_not_know_it(staff: Worker) -> None:
    staff.open("/staff/account")
    staff.fill(before="a guess", password="short")

    staff.press("Change your password")

    assert staff.status == 422
    assert "This is not your present password." in staff.page.text
    assert "Take at least 10 characters" in staff.page.text


def test_a_form_without_its_token_or_from_another_site_does_nothing(
    town: Town, staff: Worker
) -> None:
    fields = {"act": "invite", "email": "new@example.com", "role": "owner"}
    path = f"/staff/{SLUG}/set-up/people"
    staff.at("/set-up/people")
    token = staff.token

    staff.post(path, fields, sec_fetch_site="same-origin")
    assert staff.status == 403
    staff.post(path, {**fields, "token": "0" * 64}, sec_fetch_site="same-origin")
    assert staff.status == 403
    staff.post(path, {**fields, "token": token}, sec_fetch_site="cross-site")
    assert staff.status == 403

    assert len(town.street.salon.desk.members.list().items) == 1


def test_the_books_hold_neither_passwords_nor_secrets(town: Town, staff: Worker) -> None:
    secret = staff.client.cookies["holdfast_staff"]

    with town.engine.database.read() as transaction:
        raw = transaction.connection.connection.dbapi_connection
        assert raw is not None
        dump = "\n".join(raw.iterdump())

    assert secret not in dump
    assert PASSWORD not in dump
    assert dump.count("$argon2id$") == 1  # in the account, and not in its history


def test_pages_for_staff_are_not_framed_stored_or_sent_elsewhere(staff: Worker) -> None:
    policy = staff.headers["content-security-policy"]

    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert staff.headers["cache-control"] == "no-store"
    assert staff.page.inline == []


def test_a_business_where_somebody_does_not_work_is_not_there_for_them(staff: Worker) -> None:
    staff.open("/staff/les-tilleuls")
    known = staff.page.text, staff.status
    staff.open("/staff/no-such-business")

    assert (staff.page.text, staff.status) == known
    assert staff.status == 404


def test_whose_access_was_taken_away_is_out_at_the_next_look(
    town: Town, staff: Worker, staff_as: Callable[[Role], Worker]
) -> None:
    viewer = staff_as(Role.VIEWER)
    desk = town.street.salon.desk
    member = next(one for one in desk.members.list().items if one.email == viewer.email)

    desk.members.change(member.member_id, {"status": AccessStatus.INACTIVE})
    viewer.at()

    assert viewer.status == 404


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_only_owners_decide_who_works_here(
    town: Town, staff_as: Callable[[Role], Worker], role: Role
) -> None:
    worker = staff_as(role)
    token = worker.token
    worker.at("/set-up/people")
    assert worker.status == 403

    worker.post(
        f"/staff/{SLUG}/set-up/people",
        {"token": token, "act": "invite", "email": "x@example.com", "role": "owner"},
        sec_fetch_site="same-origin",
    )

    assert worker.status == 403
    assert len(town.street.salon.desk.members.list().items) == 1


def test_an_invitation_lets_a_new_person_in_once(town: Town, staff: Worker) -> None:
    staff.at("/set-up/people")
    staff.fill(email="New@example.com", role="staff")
    staff.press("Make an invitation")
    link = next(
        fields["value"] for tag, fields in staff.page.elements if "data-copied" in fields
    ).removeprefix("http://shop.test")
    new = Worker(town.pages)
    new.open(link)
    new.fill(name="Nora New", password="a good password")

    new.press("Accept and go to work")

    assert (new.status, new.url) == (200, f"/staff/{SLUG}")
    again = Worker(town.pages)
    again.open(link)
    assert again.status == 404
    staff.at("/set-up/people")
    assert "Nora New" in staff.page.text


def test_an_invitation_ends_after_seven_days_and_is_replaced_by_a_new_one(town: Town) -> None:
    desk = town.street.salon.desk
    first = desk.members.invite(InviteMember(email="n@example.com", role=Role.STAFF))
    renewed = desk.members.renew_invitation(first.member.member_id)
    new = Worker(town.pages)

    new.open(f"/staff/invitation/{first.token}")
    assert new.status == 404
    new.open(f"/staff/invitation/{renewed.token}")
    assert new.status == 200
    town.clock.advance(days=7)
    new.open(f"/staff/invitation/{renewed.token}")
    assert new.status == 404


def test_who_has_an_account_joins_with_its_password_or_signed_in(town: Town) -> None:
    inn = town.engine.tenant("les-tilleuls")
    worker = worker_of(town, Role.STAFF, email="two@example.com")
    first = inn.members.invite(InviteMember(email="two@example.com", role=Role.VIEWER))
    guest = Worker(town.pages)
    guest.open(f"/staff/invitation/{first.token}")
    guest.fill(password="not theirs at all")
    guest.press("Accept and go to work")
    assert guest.status == 422
    assert "This is not the password you chose." in guest.page.text

    worker.open(f"/staff/invitation/{first.token}")
    worker.press("Accept and go to work")

    assert worker.url == "/staff/les-tilleuls"
    assert [
        one.slug
        for one in town.engine.accounts.tenants_of(account_of(town, "two@example.com").account_id)
    ] == ["les-tilleuls", SLUG]


def test_the_account_of_an_address_opens_nothing_that_it_did_not_accept(town: Town) -> None:
    """Somebody who made an account for another's address is no member by that."""
    town.street.salon.desk.members.invite(InviteMember(email="v@example.com", role=Role.OWNER))
    account_of(town, "v@example.com")
    thief = Worker(town.pages)
    thief.sign_in("v@example.com")

    thief.at()

    assert thief.status == 404


def test_the_last_owner_stays(town: Town, staff: Worker) -> None:
    for act in ("remove", "role"):
        staff.at("/set-up/people")
        staff.fill(role="viewer")
        staff.press({"remove": "Take access away", "role": "Change role"}[act])

        assert staff.status == 409
        assert "one has to stay" in staff.page.text


def test_pages_in_french_are_french(town: Town, staff: Worker) -> None:
    staff.at("/set-up/people", lang="fr")

    assert "Inviter quelqu’un" in staff.page.text
    assert "People" not in staff.page.text
