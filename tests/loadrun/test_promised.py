"""Promises about a load: held, violated, undecided and invalid, from made-up loads whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.load.answers import Judged
from harness.load.disturbance import Disturbance
from harness.load.samples import Fate, Rows
from harness.load.schedule import constant
from harness.load.steady import Steady
from harness.load.validity import Validity
from harness.loadrun.entry import Found, Place, load_entry
from harness.loadrun.promised import Promised
from harness.model import Needs, Outcome, Verdict
from harness.oracle import Fault
from harness.record import LoadEntry
from harness.record.entries import ENTRY
from harness.scenario import Promise, Scenario
from harness.statistics import Interval

N = 2000


def found(*, lost: Fate | None = None, judged: Judged | None = None, **changes: object) -> Found:
    """A load of 2,000 requests, whose times are evenly spread from 10 to 20 ms; perhaps five of them were lost."""
    schedule = constant(100, 20.0)
    rows = Rows(schedule.times, np.zeros(N, dtype=np.int32))
    rows.sent[:] = rows.intended
    rows.received[:] = rows.sent + np.random.default_rng(0).permutation(np.linspace(0.010, 0.020, N))
    rows.fate[:] = Fate.OK
    if lost is not None:
        rows.fate[:5], rows.received[:5] = lost, np.nan
    made = Found(
        place=Place("", "made up", "Photo", "graphql"),
        schedule=schedule,
        samples=rows.samples(),
        steady=Steady(start=0.0, steady=True, why="made up"),
        validity=Validity(()),
        disturbance=Disturbance(own=0.1),
        names=("one",),
        mix="one question",
        concurrency=8,
        timeout=10.0,
        judged=judged or Judged(answers=N, bodies=1, _found=float(N)),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def verdicts(load: Found, **promised: float) -> dict[str, Verdict]:
    """What is said of a load with these promises, by the promise's key; percentiles are in milliseconds."""
    promises = tuple(Promise("load", key, value, f"{value:g}", 1) for key, value in promised.items())
    scenario = Scenario(Path("x.yaml"), "0" * 64, "made up", "", Needs(), (), promises=promises)
    return {one.check.partition("/")[2]: one for one in Promised(load, scenario, "again", dict).verdicts()}


@pytest.mark.parametrize(
    ("bound", "outcome"), [(16.0, Outcome.HELD), (14.0, Outcome.VIOLATED), (15.0, Outcome.UNDECIDED)]
)
def test_a_percentile_is_held_by_its_whole_interval(bound: float, outcome: Outcome) -> None:
    """A median of 15 ms keeps a promise of 16, breaks one of 14, and nobody can say it of one of 15."""
    assert verdicts(found(), p50=bound)["p50"].outcome is outcome


def test_a_percentile_that_is_not_carried_is_undecided() -> None:
    """Two thousand requests say nothing of the 99.9th percentile, and the sentence says how many would."""
    said = verdicts(found(), **{"p99.9": 100.0})["p99.9"]
    assert said.outcome is Outcome.UNDECIDED
    assert "needs 10,000" in said.sentence


SPOILED = Validity(("the machine was disturbed",))
SHORT = Validity((), "the rate was not reached")


def test_a_spoiled_measurement_is_invalid_whatever_it_says() -> None:
    """With a disturbed machine neither a promise that seems kept nor one that seems broken is decided."""
    for bound in (16.0, 14.0):
        said = verdicts(found(validity=SPOILED), p50=bound)
        assert said["p50"].outcome is said["answered"].outcome is Outcome.INVALID
        assert said["p50"].sentence == "the machine was disturbed"


def test_a_server_that_is_too_slow_keeps_no_promise_and_breaks_them_all_the_same() -> None:
    """A rate that was not reached makes what seems kept invalid, and is no excuse for what is broken."""
    assert verdicts(found(validity=SHORT), p50=16.0)["p50"].outcome is Outcome.INVALID
    assert verdicts(found(validity=SHORT), p50=14.0)["p50"].outcome is Outcome.VIOLATED
    assert verdicts(found(validity=SHORT))["answered"].outcome is Outcome.INVALID


def test_errors_are_counted_against_what_is_promised() -> None:
    """Five refusals break a promise of none, which is the usual one, and keep one of five."""
    assert verdicts(found(lost=Fate.REFUSED))["answered"].outcome is Outcome.VIOLATED
    assert verdicts(found(lost=Fate.REFUSED), errors=5)["answered"].outcome is Outcome.HELD


def test_what_a_busy_machine_may_have_lost_is_not_the_servers_fault() -> None:
    """Time-outs of a spoiled load are invalid; refusals of one are violations, for a server says them itself."""
    assert verdicts(found(lost=Fate.TIMEOUT, validity=SPOILED))["answered"].outcome is Outcome.INVALID
    assert verdicts(found(lost=Fate.TIMEOUT))["answered"].outcome is Outcome.VIOLATED
    assert verdicts(found(lost=Fate.REFUSED, validity=SPOILED))["answered"].outcome is Outcome.VIOLATED


def test_a_fast_wrong_answer_is_a_violation() -> None:
    """One wrong answer is enough, however valid or spoiled the measurement is."""
    wrong = Judged(answers=N, bodies=2, wrong=1, faults=[Fault("a distance is wrong", {})], _found=float(N))
    for validity in (Validity(()), SPOILED):
        said = verdicts(found(judged=wrong, validity=validity))["right"]
        assert said.outcome is Outcome.VIOLATED
        assert "1 of 2,000" in said.sentence


def test_answers_that_nobody_compared_are_undecided() -> None:
    """Without a single judged answer nobody says that they are right."""
    assert verdicts(found(judged=Judged()))["right"].outcome is Outcome.UNDECIDED


def test_recall_and_the_modules_share_have_their_bounds() -> None:
    """Recall is at least what is promised; the service's share at most, with its whole interval."""
    some = Judged(answers=100, bodies=1, _found=95.0)
    assert verdicts(found(judged=some), recall=0.95)["recall"].outcome is Outcome.HELD
    assert verdicts(found(judged=some), recall=0.96)["recall"].outcome is Outcome.VIOLATED
    share = found(module_share=Interval(0.5, 0.7))
    for bound, outcome in ((0.8, Outcome.HELD), (0.6, Outcome.UNDECIDED), (0.4, Outcome.VIOLATED)):
        said = verdicts(share, module_share_p50_max=bound)
        assert said["module_share_p50_max"].outcome is outcome
    assert verdicts(found(), module_share_p50_max=0.8)["module_share_p50_max"].outcome is Outcome.UNDECIDED


def test_a_load_is_written_down_and_read_again() -> None:
    """The entry has every request by its fate, three clocks as far as they are known, and reads back as it was."""
    entry = load_entry(found(lost=Fate.TIMEOUT), raw=True)
    assert (entry.intended, entry.errors) == (N, 5)
    assert entry.response is not None
    assert entry.response.n == N - 5
    assert entry.raw is not None
    assert entry.raw.received[0] == -1.0
    assert sum(one.intended for one in entry.moments) == N
    again = ENTRY.validate_json(entry.model_dump_json())
    assert isinstance(again, LoadEntry)
    assert again == entry
