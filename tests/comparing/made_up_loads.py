"""Loads as a record has them, made up: about ten milliseconds, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.loadrun.entry import clock_fact
from harness.record import GeneratorFact, JudgedFact, LoadEntry, MomentFact

REQUESTS, RATE = 2000, 50.0


def load(slower: float = 0.0, *, seed: int = 1, lost: Mapping[int, int] | None = None, **facts: object) -> LoadEntry:
    """2,000 requests of about 10 ms, 50 a second.

    Args:
        slower: milliseconds that each takes more.
        seed: of the noise.
        lost: how many requests had no answer, by the moment (of forty).
        facts: fields that are otherwise.
    """
    lost = lost or {}
    drawn = (0.010 + slower / 1000) * np.exp(np.random.default_rng(seed).normal(0, 0.1, REQUESTS))
    each = REQUESTS // 40
    moments = tuple(
        MomentFact(start=i, seconds=1, intended=each, answered=each - lost.get(i, 0), p50_ms=10.0) for i in range(40)
    )
    errors = sum(lost.values())
    usual = {
        "target": "t",
        "scenario": "s",
        "collection": "C",
        "interface": "graphql",
        "loop": "open",
        "schedule": "50/s on average, independent, for 40 s",
        "kind": "poisson",
        "rate": RATE,
        "seconds": 40.0,
        "mix": "4 questions (nearImage): uniform",
        "concurrency": 64,
        "timeout": 10.0,
        "fates": {"ok": REQUESTS - errors, "timed out": errors},
        "response": clock_fact(drawn[: REQUESTS - errors]),
        "moments": moments,
        "judged": JudgedFact(answers=2000, bodies=200, wrong=0, recall=1.0),
        "generator": GeneratorFact(cpu=0.1),
    }
    return LoadEntry.model_validate(usual | facts)
