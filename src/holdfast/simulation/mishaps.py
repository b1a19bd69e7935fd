"""Mishaps: what goes wrong in a step, at random."""

from __future__ import annotations

import random
from dataclasses import replace

from holdfast.simulation.steps import Fault, Step

FAULTS_BY_CHANCE = ("conflict", "conflict", "gone", "bug", "crash", "crash", "unknown", "wait")
PLACES_IN_A_TRANSACTION = ("begin", "load", "lock", "locked", "flush", "write", "commit")
EVEN_ODDS = 50


def with_fault(step: Step, chance: random.Random) -> Step:
    """Let something go wrong in a step."""
    kind = chance.choice(FAULTS_BY_CHANCE)
    where = chance.choice(PLACES_IN_A_TRANSACTION)
    amount, times = chance.randint(1, 6) if where == "write" else 0, 1
    if kind == "conflict":
        times = chance.choice([1, 1, 2, 99])
    elif kind == "unknown":
        where, amount = chance.choice(["commit", "committed"]), 0
    elif kind == "wait":
        where, amount = "lock", chance.choice([1, 30, 300])
    elif kind == "crash" and chance.randrange(100) < EVEN_ODDS:
        where, amount = "committed", 0
    if where == "committed" and step.kind == "settle":
        where = "commit"  # it takes no key, so nobody could ask again what it has done
    if where == "committed" and step.kind != "work":
        # Whoever may get no answer sends a key, to ask again with.
        together = tuple(_with_key(one) for one in step.together)
        step = replace(_with_key(step), together=together)
    return replace(step, fault=Fault(kind=kind, where=where, amount=amount, times=times))


def _with_key(step: Step) -> Step:
    is_one = step.kind not in {"batch", "settle"}
    return replace(step, key=step.key or f"key {step.number}") if is_one else step
