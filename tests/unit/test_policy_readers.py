"""Readers and presets of policies: every name and unit of the seeds, and the table of presets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction
from holdfast.domain.policies import (
    NOTHING_SAID,
    ActiveLimit,
    Delay,
    HostConflict,
    LimitScope,
    Policy,
    policy_faults,
)
from holdfast.domain.policy_presets import PRESETS, PolicyPreset
from holdfast.domain.policy_readers import READERS, policy_in

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NO_TIME = timedelta(0)
HOURS_4 = Policy(notice=4 * HOUR)
THREE_HERE = ActiveLimit(scope=LimitScope.RESOURCE, most=3)
CONFIRMED_AT_ONCE = Policy(confirms=Delay(after=NO_TIME))
# M-51, M-52.
WINDOW = {"freeUntilMs": 7_200_000, "lateAction": "forfeit-payment"}
FREE_2_HOURS = CancellationPolicy(cutoff=2 * HOUR, customer_may_cancel_late=True)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # C-26: one duration each, from every unit.
        ({"minNoticeMs": 4 * 3_600_000}, HOURS_4),
        ({"minNoticeHours": 4}, HOURS_4),
        ({"minAdvanceHours": 4}, HOURS_4),
        ({"minAdvanceTime": 240}, HOURS_4),
        (
            {"bookingWindow": {"minAdvanceHours": 4, "maxAdvanceDays": 30}},
            Policy(notice=4 * HOUR, horizon_days=30),
        ),
        ({"maxHorizonMs": 60 * 86_400_000}, Policy(horizon_days=60)),
        ({"maxHorizonMs": 36 * 3_600_000}, Policy(horizon_days=2)),
        ({"advanceBookingDays": 60}, Policy(horizon_days=60)),
        ({"maxAdvanceDays": 60}, Policy(horizon_days=60)),
        ({"maxBookingAdvanceDays": 30, "maxAdvanceDays": 30}, Policy(horizon_days=30)),
        ({"maxBookingAdvanceDays": 30, "maxAdvanceDays": 60}, ["/maxAdvanceDays contradicts"]),
        # M-48 to M-50, P-119.
        ({"maxPerUser": 3}, Policy(active_limits=(THREE_HERE,))),
        ({"bufferBeforeMs": 300_000}, Policy(buffer_before=5 * MINUTE)),
        ({"bufferAfterMs": 900_000}, Policy(buffer_after=15 * MINUTE)),
        ({"bufferMinutes": 15}, Policy(buffer_after=15 * MINUTE)),
        # M-51 to M-54.
        ({"cancellationWindow": WINDOW}, Policy(cancellation=FREE_2_HOURS)),
        (
            {"cancellationWindow": {"freeUntilMs": 0, "lateAction": "block-future"}},
            Policy(
                cancellation=CancellationPolicy(
                    customer_may_cancel_late=True, late_action=LateAction.BLOCK_FUTURE
                )
            ),
        ),
        ({"cancellationWindow": {}}, ["/cancellationWindow/freeUntilMs wrong_type"]),
        ({"onHostConflict": "allow-overlap"}, Policy(on_host_conflict=HostConflict.ALLOW_OVERLAP)),
        ({"onHostConflict": "ignore"}, ["/onHostConflict unknown_word"]),
        ({"autoConfirmAfterMs": 0}, CONFIRMED_AT_ONCE),
        ({"autoConfirmAfterMs": None}, Policy(needs_payment=True, confirms=Delay(after=None))),
        ({"autoConfirmAfterMs": 60_000}, Policy(confirms=Delay(after=MINUTE))),
        # B-025 to B-029.
        (
            {
                "minAdvanceTime": 120,
                "maxAdvanceDays": 60,
                "allowCancellation": True,
                "cancellationDeadlineHours": 24,
                "requireApproval": False,
            },
            Policy(
                notice=2 * HOUR,
                horizon_days=60,
                cancellation=CancellationPolicy(cutoff=DAY),
                is_approved_by_hand=False,
            ),
        ),
        ({"minNoticeMs": None}, NOTHING_SAID),
        ({"minNoticeMs": -1}, ["/minNoticeMs out_of_range"]),
        ({"minNoticeMs": 1e308}, ["/minNoticeMs out_of_range"]),
        ({"minNoticeMs": float("nan")}, ["/minNoticeMs wrong_type"]),
        ({"minNoticeMs": "4"}, ["/minNoticeMs wrong_type"]),
        ({"minNotice~/Ms": 4}, ["/minNotice~0~1Ms unknown_name"]),
        (
            {"bookingWindow": {"minAdvanceHours": -4}},
            ["/bookingWindow/minAdvanceHours out_of_range"],
        ),
        ({"bookingWindow": 4}, ["/bookingWindow wrong_type"]),
    ],
)
def test_policies_of_the_seeds_are_read(
    written: dict[str, object], expected: Policy | list[str]
) -> None:
    policy, faults = policy_in(written, pointer="")

    found = [f"{fault.pointer} {fault.code}" for fault in faults] or policy
    assert found == expected


def test_every_name_that_is_read_is_in_the_table_above() -> None:
    marks: list[pytest.Mark] = getattr(test_policies_of_the_seeds_are_read, "pytestmark", [])
    names = {name for mark in marks for row in mark.args[1] for name in row[0]}

    # `cancellationPolicy` has a table of its own, in test_cancelling.py.
    assert set(READERS) - names == {"cancellationPolicy"}


# Section 8 of seed document 000, word for word.
TABLE = """\
| minNoticeMs: 24h | médical, beauté (préparation) |
| minNoticeMs: 0 | live session (peut rejoindre last minute) |
| maxHorizonMs: 30 jours | médical (planning court) |
| maxHorizonMs: 365 jours | événements long terme |
| maxPerUser: 1 | coaching, sport (anti-spam booking) |
| bufferAfterMs: 15min | beauté (cleaning), médical (admin) |
| cancellationWindow free 2h | restaurant (forfeit deposit après) |
| autoConfirmAfterMs: 0 | médical, sport (pas de paiement) |
| autoConfirmAfterMs: undefined | restaurant, événement (paiement requis pour confirm) |
"""
SAYS: dict[str, dict[str, object]] = {
    "minNoticeMs: 24h": {"minNoticeMs": 24 * 3_600_000},
    "minNoticeMs: 0": {"minNoticeMs": 0},
    "maxHorizonMs: 30 jours": {"maxHorizonMs": 30 * 86_400_000},
    "maxHorizonMs: 365 jours": {"maxHorizonMs": 365 * 86_400_000},
    "maxPerUser: 1": {"maxPerUser": 1},
    "bufferAfterMs: 15min": {"bufferAfterMs": 15 * 60_000},
    "cancellationWindow free 2h": {"cancellationWindow": WINDOW},
    "autoConfirmAfterMs: 0": {"autoConfirmAfterMs": 0},
    "autoConfirmAfterMs: undefined": {"autoConfirmAfterMs": None},
}
WORD_BY_PRESET = {
    "medical": "médical",
    "beauty": "beauté",
    "live_class": "live session",
    "restaurant": "restaurant",
    "event": "événement",
    "coaching": "coaching",
}


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_says_what_the_table_of_seed_000_says_and_no_more_m_55(
    name: PolicyPreset,
) -> None:
    rows = [row.strip("| ").split(" | ") for row in TABLE.splitlines()]
    written = {
        key: value
        for words, uses in rows
        if WORD_BY_PRESET[name] in uses
        for key, value in SAYS[words].items()
    }

    expected, faults = policy_in(written)

    assert written
    assert faults == []
    assert PRESETS[name] == expected
    assert policy_faults(PRESETS[name]) == []


def test_there_are_the_six_presets_ac_k06() -> None:
    assert set(PRESETS) == set(WORD_BY_PRESET)
