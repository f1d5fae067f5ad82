"""Loads on a clock in two records: times by their histograms, errors, recall; and which are of the same kind at all."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from made_up_loads import load
from written_records import RUN, compared, latency, verdict, written

from harness.comparing.judging import Is, Metric, judge
from harness.comparing.loads import Loads, differs
from harness.comparing.machines import difference
from harness.comparing.recorded import beside, told
from harness.comparing.series import Name
from harness.comparing.under_load import independent_errors
from harness.errors import UsageError
from harness.loadrun.entry import clock_fact
from harness.record import GeneratorFact, JudgedFact, LoadEntry, read

METRICS = (Metric(50.0, 0.05), Metric(95.0, 0.15))
SPOILED = "the machine was disturbed: other programs took 40% of it"
SHORT = "the rate was not reached"


def answers(base: LoadEntry, head: LoadEntry) -> list[Is]:
    """What times of two loads come to."""
    return [one.answer for one in judge([Loads(Name("s", "C", "q", "graphql"), base, head)], METRICS).judgements]


def outcomes(path: Path) -> dict[str, str]:
    """The outcomes in a record by their checks."""
    return {one.check: one.outcome.value for one in read(path).verdicts}


def test_a_slower_load_is_a_regression(tmp_path: Path) -> None:
    """20% more from when requests were due: both percentiles say so, and both loads are in the record."""
    code, path = compared(tmp_path, [load()], [load(2.0, seed=2)])

    found = read(path)
    assert code == 1
    assert [(one.metric, one.answer, one.question) for one in found.comparisons] == [
        ("p50", "slower", "under load, 50/s"),
        ("p95", "slower", "under load, 50/s"),
    ]
    assert all(one.low is not None and one.low < 0.2 < (one.high or 0) for one in found.comparisons)
    assert [one.target for one in found.loads] == ["base", "head"]
    assert any("not interleaved" in note.text for note in found.notes)


def test_every_link_of_the_page_leads_somewhere(tmp_path: Path) -> None:
    """What stands under the headline is there: the comparison, the findings, the loads."""
    _, path = compared(tmp_path, [load()], [load(2.0, seed=2)])
    page = path.with_name("report.html").read_text()
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert {"versus", "findings", "loads"} <= links
    assert links <= set(re.findall(r'id="([^"]+)"', page))


def test_two_loads_alike_are_the_same(tmp_path: Path) -> None:
    """Another draw of the same times, a longer load: no difference, nothing lost, and recall as before."""
    code, path = compared(tmp_path, [load()], [load(seed=3, seconds=60.0, schedule="the same for 60 s")])

    assert code == 0
    assert outcomes(path) == dict.fromkeys(["compare/errors", "compare/recall", "compare/p50", "compare/p95"], "held")


def test_what_can_not_be_told_says_how_many_seconds_would(tmp_path: Path) -> None:
    """A margin that is too narrow for so short a load: how much longer it has to be."""
    code, path = compared(tmp_path, [load()], [load(seed=3)], "--metrics", "p50:0.5%")

    assert code == 3
    assert "more seconds of load would" in read(path).comparisons[0].sentence


def test_chance_is_no_difference() -> None:
    """Of twelve pairs of loads that do not differ, whose requests hang together by tens, none is said to be slower."""
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sides = [np.repeat(rng.normal(0, 0.1, 200), 10) + rng.normal(0, 0.05, 2000) for _ in range(2)]
        found += answers(*(_of(0.01 * np.exp(one)) for one in sides))
    assert {Is.SLOWER, Is.FASTER}.isdisjoint(found)


def _of(seconds: np.ndarray) -> LoadEntry:
    return load(response=clock_fact(seconds))


def test_a_percentile_of_which_a_record_is_silent_is_skipped_with_what_there_is(tmp_path: Path) -> None:
    """Of p97 no record says how sure it is; the sentence names those of which it does."""
    _, path = compared(tmp_path, [load()], [load()], "--metrics", "p97:10%")

    [skipped] = [one for one in read(path).verdicts if one.check == "compare/p97"]
    assert (skipped.outcome.value, "of p50, p90, p95, p99 it is" in skipped.sentence) == ("skipped", True)


@pytest.mark.parametrize("side", ["base", "head"])
def test_a_load_that_was_disturbed_is_compared_with_nothing(tmp_path: Path, side: str) -> None:
    """Times are invalid whichever side it was; errors are said all the same."""
    spoiled = load(2.0, invalid=(SPOILED,))
    code, path = compared(tmp_path, *([[spoiled], [load()]] if side == "base" else [[load()], [spoiled]]))

    assert code == 3
    assert outcomes(path)["compare/p50"] == "invalid"
    assert f"{side}'s load is invalid: {SPOILED}" in {one.sentence for one in read(path).verdicts}


def test_a_server_too_slow_for_the_rate_is_no_excuse(tmp_path: Path) -> None:
    """What is slower is slower although the rate was not reached; the same it is not, for the times are too good."""
    code, path = compared(tmp_path / "a", [load()], [load(5.0, invalid=(SHORT,), short=SHORT)])
    assert (code, outcomes(path)["compare/p50"]) == (1, "violated")

    code, path = compared(tmp_path / "b", [load()], [load(invalid=(SHORT,), short=SHORT)])
    assert (code, outcomes(path)["compare/p50"]) == (3, "invalid")


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ({}, dict.fromkeys(range(40), 1), "violated"),
        ({}, {7: 40}, "undecided"),
        (dict.fromkeys(range(40), 1), dict.fromkeys(range(20), 1), "held"),
        (dict.fromkeys(range(40), 1), dict.fromkeys(range(40), 1), "held"),
    ],
    ids=["all through", "in one moment", "fewer", "as many"],
)
def test_requests_without_an_answer_are_held_against_those_of_base(
    tmp_path: Path, before: dict[int, int], after: dict[int, int], outcome: str
) -> None:
    """Forty in all moments are more than none; forty in one moment are one event."""
    _, path = compared(tmp_path, [load(lost=before)], [load(lost=after)])
    assert outcomes(path)["compare/errors"] == outcome


def test_errors_of_one_moment_are_one_event() -> None:
    """Fifty of 2,000 that failed together count as one of about forty; spread evenly each counts."""
    errors, n = independent_errors(load(lost={3: 50}))
    assert (errors, n) == (1, 39)
    assert independent_errors(load(lost=dict.fromkeys(range(40), 1))) == (40, 2000)


@pytest.mark.parametrize(("recall", "outcome"), [(0.995, "held"), (0.97, "undecided"), (0.8, "violated")])
def test_recall_that_fell_is_a_regression(tmp_path: Path, recall: float, outcome: str) -> None:
    """Less than a hundredth does not matter, a fifth does, and in between two hundred answers may be chance."""
    judged = JudgedFact(answers=2000, bodies=200, wrong=0, recall=recall)
    _, path = compared(tmp_path, [load()], [load(judged=judged)])
    assert outcomes(path)["compare/recall"] == outcome


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"rate": 60.0, "schedule": "60/s"}, "the schedule was poisson, 50/s"),
        ({"kind": "constant"}, "the schedule was poisson"),
        ({"mix": "other questions"}, "what was asked was 4 questions"),
        ({"concurrency": 8}, "requests at once at most was 64 and is 8"),
        ({"timeout": 1.0}, "the timeout was 10 s and is 1 s"),
        ({"inserted": 5}, "objects stored meanwhile"),
        ({"generator": GeneratorFact(cpu=0.1, processes=2)}, "who sent it"),
    ],
)
def test_loads_of_another_kind_are_not_compared_and_it_is_said_why(
    tmp_path: Path, facts: dict[str, object], said: str
) -> None:
    """Another rate, another schedule, other questions: another load."""
    assert said in differs(load(), load(**facts))
    base = told(written(tmp_path / "a.jsonl", load(), verdict("held")))
    head = told(written(tmp_path / "b.jsonl", load(**facts), verdict("held")))

    found = beside(base, head)
    assert found.loads == ()
    assert any(said in note for note in found.notes)


def test_nothing_of_loads_is_compared_across_a_changed_scenario(tmp_path: Path) -> None:
    """Another file is another question; that is refused, as for single questions."""
    base = told(written(tmp_path / "a.jsonl", load()))
    head = told(written(tmp_path / "b.jsonl", load(), sha="b" * 64))
    with pytest.raises(UsageError, match="nothing in common"):
        beside(base, head)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cpus": 4}, "2 processors and 4 processors"),
        ({"processor": "Xeon"}, "EPYC and Xeon"),
        ({"memory": 32 * 2**30}, "16.0 GiB of memory and 32.0 GiB of memory"),
        ({"platform": "macOS"}, "Linux and macOS"),
        ({"memory": int(15.9 * 2**30)}, ""),
        ({"memory": 0, "processor": ""}, ""),
    ],
)
def test_another_machine_is_told_by_all_that_records_say_of_it(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    """Processor, number, memory and system; what an older record does not say tells nothing apart."""
    run = RUN.model_copy(update={"processor": "EPYC", "memory": 16 * 2**30})
    other = run.model_copy(update=change)
    assert difference(run, other) == (f"the machines differ: {said}" if said else "")

    base = told(written(tmp_path / "a.jsonl", latency(), load(), verdict("held"), run=run))
    head = told(written(tmp_path / "b.jsonl", latency(), load(), verdict("held"), run=other))
    assert len(beside(base, head).loads) == len(beside(base, head).series) == (0 if said else 1)
    assert len(beside(base, head, across_machines=True).loads) == 1
