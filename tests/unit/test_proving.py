"""Proving: the sweep against a dumber one, claims by themselves, owners, and replayed history."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.domain.access import ActorKind
from holdfast.domain.claims import LONGEST_CLAIM, Claim, ClaimOwner
from holdfast.domain.history import AuditEntry
from holdfast.domain.ids import AuditId, BatchId, ClaimId, ResourceId
from holdfast.domain.proving import (
    UNLIMITED,
    CapacityRow,
    Duty,
    Finding,
    KeyProof,
    Owner,
    Steps,
    claim_faults,
    counter_faults,
    cut,
    lowerings,
    owner_faults,
    shape_of,
    stops_counting_at,
)
from holdfast.domain.replaying import FIRST_STATUSES, MOVES, replay, status_faults

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
NOW = START + timedelta(days=100)
ONE: Steps[int | None] = Steps((START,), (1,))


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def claim(
    name: str = "clm_a",
    *,
    ledger: tuple[int, int | None] = (0, None),
    booked: tuple[int, int] = (60, 120),
    units: int = 1,
    lapses: int | None = None,
    is_over: bool = False,
) -> Claim:
    """Return a claim by the minutes of its two times."""
    acquired, released = ledger
    return Claim(
        claim_id=ClaimId(name),
        key="res:r",
        resource_id=ResourceId("r"),
        owner_kind=ClaimOwner.BOOKING,
        owner_id="bkg_1",
        units=units,
        starts_at=at(booked[0]),
        ends_at=at(booked[1]),
        counts_until=None if lapses is None else at(lapses),
        is_exclusive=True,
        is_over=is_over,
        actor_id="system",
        reason="asked" if is_over else None,
        acquired_at=at(acquired),
        converted_at=None,
        released_at=None if released is None else at(released),
    )


def excesses(
    claims: Sequence[Claim], caps: Steps[int | None] = ONE, *, is_counter: bool = False
) -> list[Finding]:
    proof = KeyProof("res:r", caps=caps, is_counter=is_counter)
    found: list[Finding] = []
    for each in sorted(claims, key=lambda one: (one.starts_at, one.claim_id)):
        found += proof.add(each, now=NOW)
    return found + list(proof.finish())


def is_oversold_by_the_dumb(claims: Sequence[Claim], caps: Steps[int | None]) -> bool:
    """Look at every instant of the ledger's time, and at every booked instant."""
    lowered = set(lowerings(caps))
    instants = {each.acquired_at for each in claims} | lowered
    for now in instants:
        for booked in {each.starts_at for each in claims} | lowered:
            covering = [
                each
                for each in claims
                if each.starts_at <= booked < each.ends_at
                and each.acquired_at
                <= now
                < (stops_counting_at(each) or datetime.max.replace(tzinfo=UTC))
            ]
            used = sum(each.units for each in covering)
            largest = [cap for cap in caps.around(now) if cap is not None]
            if any(each.acquired_at == now for each in covering) and used > max(largest):
                return True
            cap = caps.at(now)
            if now in lowered and booked >= now and cap is not None and used > cap:
                return True
    return False


@pytest.mark.parametrize(
    ("claims", "is_wrong"),
    [
        ([claim("a"), claim("b")], True),
        ([claim("a"), claim("b", booked=(120, 180))], False),
        ([claim("a"), claim("b", booked=(119, 180))], True),
        ([claim("a", ledger=(0, 5)), claim("b", ledger=(5, None))], False),
        ([claim("a", ledger=(0, 6)), claim("b", ledger=(5, None))], True),
        ([claim("a", ledger=(0, 9)), claim("b", ledger=(5, 8))], True),
        ([claim("a", lapses=30), claim("b", ledger=(30, None))], False),
        ([claim("a", lapses=30), claim("b", ledger=(29, None))], True),
        ([claim("a", ledger=(3, 3)), claim("b", ledger=(3, None))], False),
        ([claim("a", units=2)], True),
        ([claim("a"), claim("b", ledger=(1, None), is_over=True)], False),
        ([claim("a", is_over=True), claim("b", ledger=(1, None))], True),
        ([claim("a", is_over=True), claim("b")], False),
        ([claim("a", booked=(0, 500)), claim("b", booked=(400, 401))], True),
    ],
)
def test_what_is_oversold_and_what_is_not(*, claims: list[Claim], is_wrong: bool) -> None:
    assert bool(excesses(claims)) == is_wrong


def test_a_finding_names_both_times_and_the_claims() -> None:
    found = excesses([claim("clm_a"), claim("clm_b", ledger=(7, None), booked=(90, 100))])

    assert found == [
        Finding(
            "capacity.oversold",
            "res:r",
            "At 2026-06-01T08:07:00+00:00 2 unit(s) were claimed for 2026-06-01T09:30:00+00:00,"
            " where 1 was the capacity: clm_a, clm_b.",
        )
    ]


@pytest.mark.parametrize(
    ("lowered_at", "is_wrong"), [(10, True), (90, True), (120, False), (150, False)]
)
def test_a_capacity_may_only_fall_below_what_is_past(*, lowered_at: int, is_wrong: bool) -> None:
    caps: Steps[int | None] = Steps((START, at(lowered_at)), (2, 1))

    assert bool(excesses([claim("a"), claim("b")], caps)) == is_wrong


def test_a_larger_capacity_counts_from_its_instant_on() -> None:
    caps: Steps[int | None] = Steps((START, at(10)), (1, 2))

    early = excesses([claim("a"), claim("b", ledger=(9, None))], caps)
    late = excesses([claim("a"), claim("b", ledger=(10, None))], caps)

    assert (len(early), late) == (1, [])


def test_what_is_unlimited_is_never_oversold() -> None:
    assert excesses([claim("a", units=1_000), claim("b")], UNLIMITED) == []


def test_the_places_in_a_slot_are_one_whatever_the_claims_intervals_say() -> None:
    claims = [claim("a"), claim("b", booked=(300, 400))]

    assert excesses(claims) == []
    assert len(excesses(claims, is_counter=True)) == 1


@pytest.mark.parametrize("seed", range(300))
def test_the_sweep_finds_what_the_dumb_search_finds(seed: int) -> None:
    dice = random.Random(seed)
    changed = sorted(dice.sample(range(40), dice.randint(0, 3)))
    caps: Steps[int | None] = Steps(
        (START, *(at(minute) for minute in changed)),
        tuple(dice.randint(1, 4) for _ in range(len(changed) + 1)),
    )
    claims = []
    for number in range(dice.randint(1, 7)):
        acquired, start = dice.randrange(40), dice.randrange(50)
        claims.append(
            claim(
                f"clm_{number}",
                ledger=(acquired, dice.choice([None, acquired + dice.randrange(20)])),
                booked=(start, start + dice.randint(1, 30)),
                units=dice.randint(1, 2),
                lapses=dice.choice([None, acquired + dice.randint(1, 20)]),
            )
        )

    assert bool(excesses(claims, caps)) == is_oversold_by_the_dumb(claims, caps)


def test_both_searches_have_something_to_find() -> None:
    crowd = [claim(f"clm_{number}", booked=(number, 60)) for number in range(5)]

    assert [is_oversold_by_the_dumb(crowd[:size], ONE) for size in (1, 2, 5)] == [
        False,
        True,
        True,
    ]


def kinds(found: Sequence[Finding]) -> list[str]:
    return sorted(item.kind for item in found)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (claim(), []),
        (replace(claim(), ends_at=at(60) + LONGEST_CLAIM), []),
        (replace(claim(), ends_at=at(61) + LONGEST_CLAIM), ["claim.too_long"]),
        (replace(claim(), key="res:other"), ["claim.wrong_key"]),
        (replace(claim(), key="closed:r", is_exclusive=False), ["claim.wrong_key"]),
        (replace(claim(), key="closed:r", owner_kind=ClaimOwner.BLOCK), []),
        (replace(claim(), resource_id=None), ["claim.wrong_key"]),
        (replace(claim(), key="slot:s", resource_id=None), []),
        (replace(claim(), released_at=at(-1)), ["claim.reversed"]),
        (replace(claim(), converted_at=at(-1)), ["claim.reversed"]),
        (replace(claim(), acquired_at=NOW + timedelta(seconds=5)), []),
        (replace(claim(), acquired_at=NOW + timedelta(seconds=6)), ["claim.in_the_future"]),
        (replace(claim(), is_exclusive=False), ["claim.exclusiveness"]),
    ],
)
def test_what_is_wrong_with_a_claim_by_itself(wrong: Claim, expected: list[str]) -> None:
    assert kinds(list(claim_faults(wrong, caps=ONE, now=NOW))) == expected


ROW = CapacityRow(key="slot:s", is_counter=True, used=3, cap=5, over_commit=0, decided_at=START)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ROW, []),
        (replace(ROW, used=2), ["counter.used"]),
        (replace(ROW, cap=6), ["counter.cap"]),
        (replace(ROW, cap=None), ["counter.cap"]),
        (replace(ROW, decided_at=NOW + timedelta(seconds=6)), ["clock.ahead"]),
        (replace(ROW, decided_at=None), []),
        (replace(ROW, is_counter=False), ["counter.of_guard"]),
        (replace(ROW, is_counter=False, used=0, cap=None), []),
    ],
)
def test_what_is_wrong_with_a_capacity_row(row: CapacityRow, expected: list[str]) -> None:
    found = counter_faults(row, unreleased_units=3, capacity=5, now=NOW)

    assert kinds(list(found)) == expected


def test_a_counter_beyond_its_cap_is_wrong_unless_that_is_recorded() -> None:
    beyond = replace(ROW, used=6)

    found = [
        kinds(list(counter_faults(row, unreleased_units=6, capacity=5, now=NOW)))
        for row in (beyond, replace(beyond, over_commit=1))
    ]

    assert found == [["counter.out_of_range"], []]


KEPT, GIVEN_BACK = claim(), claim(ledger=(0, 50))
TAKES = Counter([shape_of(claim())])
NOTHING = Counter[tuple[str, int, datetime, datetime]]()


@pytest.mark.parametrize(
    ("duty", "claims", "expected"),
    [
        (Duty.KEEP, [KEPT], []),
        (Duty.KEEP, [KEPT, GIVEN_BACK], []),
        (Duty.KEEP, [GIVEN_BACK], ["owner.claims"]),
        (Duty.KEEP, [], ["owner.claims"]),
        (Duty.KEEP, [KEPT, KEPT], ["owner.claims"]),
        (Duty.KEEP_ALL_OR_NONE, [], []),
        (Duty.KEEP_ALL_OR_NONE, [GIVEN_BACK], []),
        (Duty.KEEP_ALL_OR_NONE, [KEPT, KEPT], ["owner.claims"]),
        (Duty.GIVE_BACK, [GIVEN_BACK], []),
        (Duty.GIVE_BACK, [GIVEN_BACK, GIVEN_BACK], []),
        (Duty.GIVE_BACK, [], ["owner.claims"]),
        (Duty.GIVE_BACK, [KEPT], ["owner.still_claims"]),
        (Duty.HAVE_NONE, [KEPT], ["owner.still_claims"]),
    ],
)
def test_an_owner_does_its_duty(duty: Duty, claims: list[Claim], expected: list[str]) -> None:
    owner = Owner(name="bkg_1", kind=ClaimOwner.BOOKING, duty=duty, options=[NOTHING, TAKES])
    if duty is not Duty.HAVE_NONE:
        owner = replace(owner, options=[TAKES])

    assert kinds(list(owner_faults(owner, claims))) == expected


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [((0, None), []), ((0, 30), []), ((0, 31), []), ((0, 29), ["owner.claims"])],
)
def test_a_lapsed_hold_may_have_lost_its_claims_but_not_before(
    ledger: tuple[int, int | None], expected: list[str]
) -> None:
    owner = Owner(
        name="bkg_1",
        kind=ClaimOwner.BOOKING,
        duty=Duty.KEEP_UNLESS_LAPSED,
        options=[TAKES],
        counts_until=at(30),
    )

    assert kinds(list(owner_faults(owner, [claim(ledger=ledger, lapses=30)]))) == expected


def test_a_claim_counts_as_long_as_its_owner_says() -> None:
    owner = Owner(
        name="bkg_1",
        kind=ClaimOwner.BOOKING,
        duty=Duty.KEEP,
        options=[TAKES],
        counts_until=at(30),
    )

    assert kinds(list(owner_faults(owner, [claim(lapses=31)]))) == ["claim.counts_until"]


def test_a_claim_says_what_its_owner_is() -> None:
    owner = Owner(name="hld_1", kind=ClaimOwner.HOLD, duty=Duty.KEEP, options=[TAKES])

    assert kinds(list(owner_faults(owner, [claim()]))) == ["claim.wrong_owner"]


def test_long_stretches_are_cut() -> None:
    assert cut("res:r", 2, START, START + LONGEST_CLAIM * 2 + timedelta(hours=1)) == Counter(
        [
            ("res:r", 2, START, START + LONGEST_CLAIM),
            ("res:r", 2, START + LONGEST_CLAIM, START + LONGEST_CLAIM * 2),
            ("res:r", 2, START + LONGEST_CLAIM * 2, START + LONGEST_CLAIM * 2 + timedelta(hours=1)),
        ]
    )


def entry(version: int, changes: dict[str, object], *, minute: int = 0) -> AuditEntry:
    return AuditEntry(
        audit_id=AuditId(f"aud_{version}"),
        batch_id=BatchId("bat_1"),
        action="hold.place",
        actor_kind=ActorKind.SYSTEM,
        actor_id="system",
        subject_kind="hold",
        subject_id="hld_1",
        subject_version=version,
        changes=changes,
        at=at(minute),
    )


PLACED = entry(1, {"status": "active", "expires_at": at(30).isoformat(), "version": 1})


def changed(version: int, before: str, after: str, *, minute: int = 0) -> AuditEntry:
    return entry(version, {"status": [before, after]}, minute=minute)


def test_history_replays_to_each_state() -> None:
    replayed = replay([PLACED, changed(2, "active", "released", minute=5)])

    assert replayed.findings == ()
    assert replayed.last == {
        "status": "released",
        "expires_at": at(30).isoformat(),
        "version": 2,
    }
    assert replayed.steps(lambda state: state["status"]) == Steps(
        (at(0), at(5)), ("active", "released")
    )


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([PLACED, changed(3, "active", "released")], ["audit.gap"]),
        ([changed(2, "active", "released")], ["audit.gap"]),
        ([PLACED, PLACED], ["audit.gap"]),
        ([PLACED, changed(2, "expired", "released")], ["audit.broken"]),
        ([PLACED, entry(2, {"status": "released"})], ["audit.broken"]),
        ([], []),
    ],
)
def test_broken_history_is_found(entries: list[AuditEntry], expected: list[str]) -> None:
    assert kinds(replay(entries).findings) == expected


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([PLACED, changed(2, "active", "released", minute=5)], []),
        ([PLACED, changed(2, "active", "expired", minute=30)], []),
        ([PLACED, changed(2, "active", "expired", minute=29)], ["status.expired_early"]),
        ([PLACED, changed(2, "active", "converted", minute=29)], []),
        ([PLACED, changed(2, "active", "converted", minute=30)], ["status.kept_late"]),
        (
            [PLACED, changed(2, "active", "released"), changed(3, "released", "active")],
            ["status.not_allowed"],
        ),
        ([entry(1, {"status": "released"})], ["status.not_allowed"]),
    ],
)
def test_statuses_follow_their_table_and_their_time(
    entries: list[AuditEntry], expected: list[str]
) -> None:
    assert kinds(list(status_faults("hold", "hld_1", replay(entries).states))) == expected


def test_every_kind_with_moves_has_a_beginning() -> None:
    assert FIRST_STATUSES.keys() == MOVES.keys()
