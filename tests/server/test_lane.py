"""The commit lane: batches, turns, time limits, quarantine, drain."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.holds import Hold
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import PlaceHold
from holdfast.testing.clocks import ManualClock
from holdfast.testing.samples import open_concert
from tests.server.tills import (
    ADA,
    BOB,
    SECONDS_MAX,
    A,
    B,
    C,
    FullDisk,
    Gate,
    Till,
    code_of,
    lane_over,
    queued,
    threads_named,
    until,
    wrapped,
)

pytestmark = pytest.mark.anyio


async def test_what_gathers_while_the_lane_is_busy_is_one_batch_in_order_of_arrival() -> None:
    till = Till()
    gate = Gate(till)
    lane = lane_over(gate)

    first = await gate.block(lane, wrapped("first"))
    others = [asyncio.create_task(lane.submit(A, wrapped(number))) for number in range(64)]
    await queued(lane, 64)
    gate.open()
    outcomes = await asyncio.gather(first, *others)

    assert [outcome.result for outcome in outcomes] == ["first", *range(64)]
    assert till.batches == [(A, ["first"]), (A, list(range(64)))]


async def test_64_holds_that_wait_are_one_commit(engine: Engine, clock: ManualClock) -> None:
    concert = open_concert(engine, starts_at=clock.now() + timedelta(days=30))
    gate = Gate(engine.unit_of_work)
    lane = lane_over(gate)
    place = PlaceHold(choice=Choice(slot_id=concert.evening.slot_id))
    tenant_id = concert.tenant.tenant_id

    first = await gate.block(lane, wrapped(place), tenant_id)
    others = [asyncio.create_task(lane.submit(tenant_id, wrapped(place))) for _ in range(64)]
    await queued(lane, 64)
    before = engine.database.statistics.commits
    gate.open()
    outcomes = await asyncio.gather(first, *others)

    assert engine.database.statistics.commits - before == 2  # the first one's, and theirs
    assert {outcome.error for outcome in outcomes} == {None}
    hold_ids = {outcome.result.hold_id for outcome in outcomes if isinstance(outcome.result, Hold)}
    assert len(hold_ids) == 65


async def test_a_batch_has_at_most_64_commands() -> None:
    till = Till()
    gate = Gate(till)
    lane = lane_over(gate)

    first = await gate.block(lane, wrapped("first"))
    others = [asyncio.create_task(lane.submit(A, wrapped(number))) for number in range(150)]
    await queued(lane, 150)
    gate.open()
    await asyncio.gather(first, *others)

    assert [len(commands) for _, commands in till.batches] == [1, 64, 64, 22]


async def test_tenants_take_turns() -> None:
    till = Till()
    gate = Gate(till)
    lane = lane_over(gate, batch_max=2)

    first = await gate.block(lane, wrapped("first"), A)
    others = [asyncio.create_task(lane.submit(A, wrapped(number))) for number in range(6)]
    await queued(lane, 6)
    others += [asyncio.create_task(lane.submit(B, wrapped(number))) for number in range(3)]
    await queued(lane, 9)
    others += [asyncio.create_task(lane.submit(C, wrapped(0)))]
    await queued(lane, 10)
    gate.open()
    await asyncio.gather(first, *others)

    assert till.batches == [
        (A, ["first"]),
        (B, [0, 1]),
        (C, [0]),
        (A, [0, 1]),
        (B, [2]),
        (A, [2, 3]),
        (A, [4, 5]),
    ]


async def test_a_tenant_is_in_one_lane_at_a_time_while_another_goes_on() -> None:
    till = Till()
    gate = Gate(till)
    lane = lane_over(_OnlyFor(A, gate, till), threads=2)

    first = await gate.block(lane, wrapped("first"), A)
    second = asyncio.create_task(lane.submit(A, wrapped("second")))
    await queued(lane, 1)
    other = await asyncio.wait_for(lane.submit(B, wrapped("other")), SECONDS_MAX)
    during = list(till.batches)
    gate.open()
    await asyncio.gather(first, second)

    assert other.result == "other"
    assert during == [(B, ["other"])]
    assert till.batches == [(B, ["other"]), (A, ["first"]), (A, ["second"])]


async def test_a_command_that_waits_too_long_is_refused_and_never_begun() -> None:
    till = Till()
    gate = Gate(till)
    lane = lane_over(gate, wait_seconds=0.05)

    first = await gate.block(lane, wrapped("first"))
    late = await lane.submit(A, wrapped("late"))
    gate.open()
    await first
    after = await lane.submit(A, wrapped("after"))

    assert code_of(late) == "server.busy"
    assert after.result == "after"
    assert till.batches == [(A, ["first"]), (A, ["after"])]


async def test_a_command_that_is_taken_late_is_refused_by_its_deadline() -> None:
    now = [1_000.0]
    till = Till(monotonic=lambda: now[0])
    gate = Gate(till)
    lane = lane_over(gate, monotonic=lambda: now[0])

    first = await gate.block(lane, wrapped("first"))
    now[0] += 10.1
    gate.open()

    assert code_of(await first) == "server.busy"


async def test_a_full_queue_refuses_at_once() -> None:
    gate = Gate(Till())
    lane = lane_over(gate, queue_max=2)

    first = await gate.block(lane, wrapped("first"))
    others = [asyncio.create_task(lane.submit(B, wrapped(number))) for number in range(2)]
    await queued(lane, 2)
    refused = await asyncio.wait_for(lane.submit(C, wrapped("too many")), SECONDS_MAX)
    gate.open()
    accepted = await asyncio.gather(first, *others)

    assert code_of(refused) == "server.busy"
    assert [outcome.result for outcome in accepted] == ["first", 0, 1]


async def test_the_command_of_a_cancelled_request_runs_all_the_same(
    engine: Engine, clock: ManualClock
) -> None:
    concert = open_concert(engine, starts_at=clock.now() + timedelta(days=30))
    gate = Gate(engine.unit_of_work)
    lane = lane_over(gate)
    place = wrapped(PlaceHold(choice=Choice(slot_id=concert.evening.slot_id)), SYSTEM)
    tenant_id = concert.tenant.tenant_id

    first = await gate.block(lane, place, tenant_id)
    second = asyncio.create_task(lane.submit(tenant_id, place))
    await queued(lane, 1)
    first.cancel()
    second.cancel()
    gate.open()
    third = await lane.submit(tenant_id, place)

    assert first.cancelled()
    assert second.cancelled()
    assert code_of(third) is None
    assert len(concert.desk.holds.list().items) == 3


async def test_a_caller_whose_command_had_a_bug_stays_out_of_batches_for_a_minute() -> None:
    now = [1_000.0]
    till = Till(monotonic=lambda: now[0])
    gate = Gate(till)
    lane = lane_over(gate, monotonic=lambda: now[0])

    async def batches_of_the_next_three() -> list[list[object]]:
        till.batches.clear()
        first = await gate.block(lane, wrapped("first", BOB))
        others = [
            asyncio.create_task(lane.submit(A, wrapped(name, actor)))
            for name, actor in (("b1", BOB), ("a", ADA), ("b2", BOB))
        ]
        await queued(lane, 3)
        gate.open()
        await asyncio.gather(first, *others)
        return [commands for _, commands in till.batches]

    before = await batches_of_the_next_three()
    failed = await lane.submit(A, wrapped("bug", ADA))
    after = await batches_of_the_next_three()
    now[0] += 60.1
    a_minute_later = await batches_of_the_next_three()

    assert code_of(failed) == "request.failed"
    assert before == [["first"], ["b1", "a", "b2"]]
    assert after == [["first"], ["b1"], ["a"], ["b2"]]
    assert a_minute_later == before


async def test_a_batch_that_crashes_answers_everybody_and_the_lane_goes_on() -> None:
    gate = Gate(Till())
    lane = lane_over(gate)

    first = await gate.block(lane, wrapped("first"))
    others = [asyncio.create_task(lane.submit(A, wrapped(name))) for name in ("crash", "near")]
    await queued(lane, 2)
    gate.open()
    crashed, near = await asyncio.gather(*others)
    after = await lane.submit(A, wrapped("after"))

    assert (await first).result == "first"
    assert [code_of(crashed), code_of(near)] == ["request.failed", "request.failed"]
    assert after.result == "after"


async def test_a_watch_that_fails_does_not_stop_the_lane() -> None:
    lane = lane_over(Till(), watch=FullDisk())

    assert (await lane.submit(A, wrapped(1))).result == 1
    assert (await lane.submit(A, wrapped(2))).result == 2


async def test_draining_finishes_what_is_queued_and_accepts_nothing_more() -> None:
    others = threads_named("holdfast-lane")
    till = Till()
    gate = Gate(till)
    lane = lane_over(gate)

    first = await gate.block(lane, wrapped("first"))
    queued_one = asyncio.create_task(lane.submit(A, wrapped("queued")))
    await queued(lane, 1)
    draining = asyncio.create_task(asyncio.to_thread(lane.drain, SECONDS_MAX))
    await until(lambda: lane.is_closed)
    refused = await lane.submit(B, wrapped("new"))
    gate.open()

    assert await draining
    assert code_of(refused) == "server.busy"
    assert (await first).result == "first"
    assert (await queued_one).result == "queued"
    assert till.batches == [(A, ["first"]), (A, ["queued"])]
    await until(lambda: threads_named("holdfast-lane") <= others)


async def test_draining_refuses_what_it_cannot_finish_in_time() -> None:
    till = Till()
    gate = Gate(till)
    lane = lane_over(gate)

    first = await gate.block(lane, wrapped("first"))
    never_begun = asyncio.create_task(lane.submit(A, wrapped("never")))
    await queued(lane, 1)
    is_done = await asyncio.to_thread(lane.drain, 0.05)
    refused = await never_begun
    gate.open()

    assert not is_done
    assert code_of(refused) == "server.busy"
    assert (await first).result == "first"
    assert till.batches == [(A, ["first"])]


async def test_a_drained_lane_can_be_opened_again() -> None:
    lane = lane_over(Till())

    assert (await lane.submit(A, wrapped(1))).result == 1
    assert await asyncio.to_thread(lane.drain, SECONDS_MAX)
    assert code_of(await lane.submit(A, wrapped(2))) == "server.busy"
    lane.open()

    assert (await lane.submit(A, wrapped(3))).result == 3


def test_several_event_loops_may_submit() -> None:
    lane = lane_over(Till(), threads=2)
    results: list[object] = []

    def run_loop(number: int) -> None:
        async def submit_many() -> None:
            commands = [lane.submit(A, wrapped((number, i))) for i in range(100)]
            results.extend(outcome.result for outcome in await asyncio.gather(*commands))

        asyncio.run(submit_many())

    threads = [threading.Thread(target=run_loop, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS_MAX)

    assert sorted(map(repr, results)) == sorted(repr((n, i)) for n in range(3) for i in range(100))


def test_a_loop_that_is_gone_does_not_stop_the_lane() -> None:
    till = Till()
    gate = Gate(till)
    lane = lane_over(gate)

    async def leave() -> None:
        task = await gate.block(lane, wrapped("left"))
        task.cancel()

    asyncio.run(leave())
    gate.open()

    async def come() -> object:
        return (await lane.submit(A, wrapped("came"))).result

    assert asyncio.run(come()) == "came"
    assert till.batches == [(A, ["left"]), (A, ["came"])]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_a_lane_of_its_own() -> None:
    lane = lane_over(Till())

    async def submit() -> object:
        return (await lane.submit(A, wrapped("mine"))).result

    assert asyncio.run(submit()) == "mine"
    child = os.fork()
    if child == 0:
        os._exit(0 if asyncio.run(submit()) == "mine" else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert asyncio.run(submit()) == "mine"


class _OnlyFor:
    """Sends one tenant's batches through a gate, and all others past it."""

    def __init__(self, tenant_id: str, gate: Gate, till: Till) -> None:
        self._tenant_id = tenant_id
        self.run = lambda tenant, envelopes: (
            gate.run(tenant, envelopes) if tenant == tenant_id else till.run(tenant, envelopes)
        )
