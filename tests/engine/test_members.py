"""Members: invited by a link that works once, and one owner always stays (P02)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM, AccessStatus, Member, Role
from holdfast.domain.accounts import HOUSE
from holdfast.domain.errors import (
    HoldfastError,
    RecordChanged,
    RecordExists,
    RecordInUse,
    RecordNotFound,
    TransitionNotAllowed,
)
from holdfast.domain.ids import AccountId
from holdfast.engine.accounts import AddAccount, ChangePassword, NewSignIn, StartSignIn
from holdfast.engine.facade import TenantEngine
from holdfast.engine.members import InviteMember
from holdfast.engine.tenants import AddTenant
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business without anybody."""
    command = AddTenant(slug="office", name="Office", zone="Europe/Paris", currency="EUR")
    return engine.at(engine.add_tenant(command).tenant_id, actor=SYSTEM)


def employ(engine: Engine, desk: TenantEngine, email: str, role: Role) -> Member:
    """Let somebody with a new account work here."""
    account = engine.accounts.add(AddAccount(email=email, name=email, password_hash="x"))
    token = desk.members.invite(InviteMember(email=email, role=role)).token
    return engine.accounts.accept(token, account_id=account.account_id, name=email)


def test_a_link_binds_a_member_to_the_account_that_opens_it_once(
    engine: Engine, desk: TenantEngine
) -> None:
    member = employ(engine, desk, "a@example.com", Role.OWNER)
    assert member.account_id is not None
    token = desk.members.invite(InviteMember(email="b@example.com", role=Role.STAFF)).token

    with pytest.raises(RecordExists):  # one account is one member of a business
        engine.accounts.accept(token, account_id=member.account_id, name="A again")
    other = engine.accounts.add(AddAccount(email="b@example.com", name="B", password_hash="x"))
    accepted = engine.accounts.accept(token, account_id=other.account_id, name="B")
    with pytest.raises(RecordNotFound):
        engine.accounts.accept(token, account_id=AccountId("acc_thief"), name="T")

    assert engine.accounts.member_of(desk.tenant_id, other.account_id) == accepted
    assert [one.slug for one in engine.accounts.tenants_of(other.account_id)] == ["office"]


def test_a_link_ends_with_its_time_a_newer_one_or_the_access(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    first = desk.members.invite(InviteMember(email="b@example.com", role=Role.STAFF))
    second = desk.members.renew_invitation(first.member.member_id)
    account = engine.accounts.add(AddAccount(email="b@example.com", name="B", password_hash="x"))

    def is_refused(token: str) -> bool:
        with pytest.raises(RecordNotFound):
            engine.accounts.accept(token, account_id=account.account_id, name="B")
        return engine.accounts.invited_by(token, now=clock.now()) is None

    assert is_refused(first.token)
    clock.advance(days=7)
    assert is_refused(second.token)
    third = desk.members.renew_invitation(first.member.member_id)
    desk.members.change(first.member.member_id, {"status": AccessStatus.INACTIVE})
    assert is_refused(third.token)
    with pytest.raises(TransitionNotAllowed):
        desk.members.renew_invitation(first.member.member_id)
    assert is_refused("office_" + "x" * 43)


def test_somebody_is_invited_once(desk: TenantEngine) -> None:
    desk.members.invite(InviteMember(email="b@example.com", role=Role.STAFF))

    with pytest.raises(RecordExists):
        desk.members.invite(InviteMember(email="B@Example.com", role=Role.OWNER))


@pytest.mark.parametrize("changes", [{"role": Role.VIEWER}, {"status": AccessStatus.INACTIVE}])
def test_the_last_owner_who_can_sign_in_stays(
    engine: Engine, desk: TenantEngine, changes: dict[str, object]
) -> None:
    first = employ(engine, desk, "a@example.com", Role.OWNER)
    desk.members.invite(InviteMember(email="never@example.com", role=Role.OWNER))

    with pytest.raises(RecordInUse):
        desk.members.change(first.member_id, changes)
    employ(engine, desk, "b@example.com", Role.OWNER)
    desk.members.change(first.member_id, changes)

    assert desk.members.get(first.member_id).version > first.version


@pytest.mark.race
def test_of_two_owners_who_leave_at_the_same_moment_one_stays(engine: Engine) -> None:
    def leave(desk: TenantEngine, member: Member) -> str:
        try:
            desk.members.change(member.member_id, {"role": Role.VIEWER})
        except HoldfastError as refusal:
            return refusal.code
        return "left"

    for number in range(8):
        engine.add_tenant(
            AddTenant(slug=f"office-{number}", name="O", zone="Europe/Paris", currency="EUR")
        )
        desk = engine.tenant(f"office-{number}")
        emails = [f"{side}{number}@example.com" for side in "ab"]
        pair = [employ(engine, desk, email, Role.OWNER) for email in emails]

        with ThreadPoolExecutor(2) as pool:
            told = pool.map(leave, [desk, desk], pair)

        assert sorted(told) == ["left", "record.in_use"]


def test_a_sign_in_that_began_with_the_password_of_before_does_not_count(
    engine: Engine, clock: ManualClock
) -> None:
    account = engine.accounts.add(AddAccount(email="a@example.com", name="A", password_hash="x"))
    house = engine.at(HOUSE, actor=SYSTEM)
    started = house.run(StartSignIn(account_id=account.account_id, generation=account.generation))
    assert isinstance(started, NewSignIn)
    assert engine.accounts.person_of(started.secret, now=clock.now()) is not None

    engine.accounts.change_password(
        ChangePassword(account_id=account.account_id, password_hash="y", generation=1)
    )

    assert engine.accounts.person_of(started.secret, now=clock.now()) is None
    with pytest.raises(RecordChanged):
        house.run(StartSignIn(account_id=account.account_id, generation=account.generation))
    with pytest.raises(RecordChanged):
        engine.accounts.change_password(
            ChangePassword(account_id=account.account_id, password_hash="z", generation=1)
        )


def test_the_proof_covers_the_house_and_its_history_tells_no_password(engine: Engine) -> None:
    account = engine.accounts.add(AddAccount(email="a@example.com", name="A", password_hash="$x"))
    engine.accounts.change_password(
        ChangePassword(account_id=account.account_id, password_hash="$y", generation=1)
    )

    report = prove(engine.database)
    with engine.database.read(HOUSE) as transaction:
        told = transaction.connection.execute(text("SELECT changes FROM audit")).scalars().all()

    assert report.violations == ()
    assert len(told) == 2
    assert not any("$x" in str(one) or "$y" in str(one) for one in told)
