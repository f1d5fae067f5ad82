"""`nearimage compare`: what two records have in common is compared, and the rest is refused or said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from written_records import RUN, TARGET, compared, latency, verdict, written

from harness.cli import main
from harness.comparing import pytest_benchmark
from harness.comparing.judging import Allowed
from harness.comparing.looking import left
from harness.comparing.recorded import beside, told
from harness.errors import FileError, UsageError
from harness.record import (
    Entry,
    RoundsEntry,
    read,
)


def test_a_slower_run_is_a_regression(tmp_path: Path) -> None:
    """20% more at the median ends with 1, and page and Markdown say so."""
    code, path = compared(tmp_path, [latency()], [latency(2.0, seed=2)], "--markdown", str(tmp_path / "a.md"))

    assert code == 1
    assert [one.answer for one in read(path).comparisons] == ["slower", "slower"]
    assert "| tabby (graphql) | p50 |" in (tmp_path / "a.md").read_text()
    assert path.with_name("report.html").exists()


def test_two_runs_alike_are_the_same(tmp_path: Path) -> None:
    """Another draw of the same times is no difference: exit 0."""
    code, path = compared(tmp_path, [latency()], [latency(seed=3)], "--metrics", "p50:5%")

    assert (code, [one.answer for one in read(path).comparisons]) == (0, ["same"])


def test_what_can_not_be_told_ends_with_three(tmp_path: Path) -> None:
    """Too narrow a margin for what was measured: undecided, with how many more blocks would decide."""
    code, path = compared(tmp_path, [latency()], [latency(seed=3)], "--metrics", "p50:0.4%")

    assert code == 3
    assert read(path).comparisons[0].answer == "open"


def test_a_check_that_held_and_does_not_is_a_regression_and_one_that_never_did_is_none(tmp_path: Path) -> None:
    """What was wrong in base already is known; what is mended is noted; what broke fails."""
    before = [verdict("held"), verdict("violated", "paging/a"), verdict("violated", "paging/b")]
    after = [verdict("violated"), verdict("violated", "paging/a"), verdict("held", "paging/b")]
    code, path = compared(tmp_path, before, after)

    assert code == 1
    found = read(path)
    assert {one.check: one.outcome.value for one in found.verdicts} == {
        "threshold/inclusive": "violated",
        "paging/a": "known",
        "paging/b": "held",
    }
    assert "mended since base: paging/b" in [note.text for note in found.notes]


def test_times_of_other_machines_are_compared_only_if_asked_for(tmp_path: Path) -> None:
    """Two processors and four: verdicts are compared, times are not, and the note says how to."""
    base = told(written(tmp_path / "a.jsonl", latency(), verdict("held")))
    head = told(written(tmp_path / "b.jsonl", latency(), verdict("held"), run=RUN.model_copy(update={"cpus": 4})))

    assert beside(base, head).series == ()
    assert "--across-machines" in beside(base, head).notes[0]
    assert len(beside(base, head, across_machines=True).series) == 1


def test_a_comparison_of_verdicts_alone_says_nothing_of_both_targets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What broke is said; that all gave the same answer is not, for what is compared is told of head alone."""
    code, path = compared(tmp_path, [verdict("held")], [verdict("violated")])
    assert code == 1
    for said in (capsys.readouterr().out, path.with_name("report.html").read_text()):
        assert "gave the same answer" not in said


def test_nothing_of_a_scenario_that_was_changed_is_compared(tmp_path: Path) -> None:
    """Another hash is another question; if there is nothing else the command refuses and says why."""
    base = told(written(tmp_path / "a.jsonl", latency()))
    head = told(written(tmp_path / "b.jsonl", latency(), sha="b" * 64))

    with pytest.raises(UsageError, match="nothing in common") as caught:
        beside(base, head)
    assert "not the same file in both" in caught.value.hint


def test_a_record_that_was_cut_off_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    """Half a last line is left out, what is before it is compared, and a note says so."""
    whole = Path(written(tmp_path / "a.jsonl", latency(), verdict("held")))
    cut = tmp_path / "b.jsonl"
    cut.write_bytes(whole.read_bytes()[:-20])
    found = beside(told(str(whole)), told(str(cut)))

    assert (len(found.series), len(found.verdicts)) == (1, 1)
    assert "was cut off" in found.notes[0]


def test_another_schema_version_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What another nearimage wrote in another form is not guessed at: exit 2, and who can read it."""
    path = Path(written(tmp_path / "a.jsonl", latency()))
    path.write_text(path.read_text().replace('"schema_version":1', '"schema_version":9', 1))

    assert main(["compare", str(path), str(path)]) == 2
    assert "has schema version 9" in capsys.readouterr().err


def test_of_several_targets_one_is_named(tmp_path: Path) -> None:
    """A record of two targets has to be asked for one of them, by its name behind a `#`."""
    second = TARGET.model_copy(update={"target": "u"})
    path = written(tmp_path / "a.jsonl", second, latency(), latency(target="u"))

    with pytest.raises(UsageError, match="has 2 targets") as caught:
        told(path)
    assert f"{path}#t" in caught.value.hint
    assert [one.target for one in told(f"{path}#u").latencies] == ["u"]
    with pytest.raises(UsageError, match="no target 'v'"):
        told(f"{path}#v")


def test_times_go_to_pytest_benchmark_and_back(tmp_path: Path) -> None:
    """What is written in its form is read from it, to the last digit but rounding, and pytest-benchmark reads it."""
    path = tmp_path / "times.json"
    pytest_benchmark.write(path, [latency()])
    [found] = pytest_benchmark.latencies(path)

    assert found.milliseconds == pytest.approx(latency().milliseconds)
    assert (found.question, found.interface) == ("tabby", "graphql")
    stats = json.loads(path.read_text())["benchmarks"][0]["stats"]
    assert {"min", "max", "mean", "stddev", "median", "iqr", "rounds", "ops"} <= stats.keys()


def test_a_file_of_pytest_benchmark_without_raw_times_says_how_to_get_them(tmp_path: Path) -> None:
    """Without the raw times there is nothing to test; the option that keeps them is named."""
    path = tmp_path / "times.json"
    pytest_benchmark.write(path, [latency()])
    text = json.loads(path.read_text())
    del text["benchmarks"][0]["stats"]["data"]
    path.write_text(json.dumps(text))

    with pytest.raises(FileError, match="no raw times") as caught:
        told(str(path))
    assert "--benchmark-save-data" in caught.value.hint


@pytest.mark.parametrize("times", [["soon"], [None], [-1.0], [float("nan")], [float("inf")], 7, {"a": 1}])
def test_times_of_pytest_benchmark_that_are_no_times_are_refused(tmp_path: Path, times: object) -> None:
    """The error names the file and the benchmark."""
    path = tmp_path / "times.json"
    pytest_benchmark.write(path, [latency()])
    text = json.loads(path.read_text())
    text["benchmarks"][0]["stats"]["data"] = times
    path.write_text(json.dumps(text))

    with pytest.raises(FileError, match=r"times\.json: has times of .* that are no seconds"):
        pytest_benchmark.latencies(path)


def test_requests_that_follow_each_other_are_blocks(tmp_path: Path) -> None:
    """400 requests are 40 blocks of ten; those asked in rounds keep their rounds."""
    one = told(written(tmp_path / "a.jsonl", latency()))
    rounds = replace(one, latencies=(latency(blocks=(100, 300)),))
    [series] = beside(one, rounds).series

    assert (len(series.base.blocks), len(series.head.blocks)) == (40, 2)
    assert not series.paired


def in_turn(path: Path, *entries: Entry) -> str:
    """A record of 40 rounds in which head is 1% slower; what a round has in common moves its times by half."""
    rng = np.random.default_rng(5)
    common = np.repeat(rng.normal(0, 0.5, 40), 10)
    sides = [
        latency(
            target=name,
            milliseconds=tuple(map(float, 10 * slower * np.exp(common + rng.normal(0, 0.005, 400)))),
            mode="in turn",
            blocks=(10,) * 40,
        )
        for name, slower in (("t", 1.0), ("u", 1.01))
    ]
    return written(path, TARGET.model_copy(update={"target": "u"}), *sides, *entries)


def test_two_targets_of_one_run_are_compared_in_the_pairs_that_they_were_asked_in(tmp_path: Path) -> None:
    """1% is told apart where the machine moved both sides by half, and no note says that they were not interleaved."""
    path = in_turn(tmp_path / "a.jsonl")
    code = main(["compare", f"{path}#t", f"{path}#u", "--metrics", "p50:0.5%", "--out", str(tmp_path / "out")])
    found = read(next((tmp_path / "out").glob("*/record.jsonl")))

    assert (code, [one.answer for one in found.comparisons]) == (1, ["slower"])
    notes = [note.text for note in found.notes]
    assert "both sides were asked in turn by one run: their rounds are compared in pairs" in notes
    assert not any("not interleaved" in note for note in notes)
    assert {entry.mode for entry in found.latencies} == {"in turn"}


def test_rounds_of_two_runs_are_no_pairs(tmp_path: Path) -> None:
    """Round 7 of one run has nothing to do with round 7 of another, and the note says so."""
    base, head = in_turn(tmp_path / "a.jsonl"), in_turn(tmp_path / "b.jsonl")
    assert not beside(told(f"{base}#t"), told(f"{head}#u")).series[0].paired

    main(["compare", f"{base}#t", f"{head}#u", "--out", str(tmp_path / "out")])
    found = read(next((tmp_path / "out").glob("*/record.jsonl")))
    assert any("not interleaved" in note.text for note in found.notes)
    assert {entry.mode for entry in found.latencies} == {"closed loop"}


def test_what_ended_early_is_judged_again_by_what_its_last_look_might_err(tmp_path: Path) -> None:
    """A run that ended at its second look of five has spent nearly nothing; nor may the comparison of its record."""
    ended = RoundsEntry(
        base="t", head="u", planned=100, done=40, looks=(20, 40), false_alarm=0.005, missed=0.05, cost=0.07, seconds=9
    )
    may = left(ended, Allowed())
    assert 0 < may.false_alarm < 0.005 / 100
    assert 0 < may.missed < 0.05 / 10
    assert left(ended.model_copy(update={"looks": (100,), "done": 100}), Allowed()).missed == pytest.approx(0.05)

    path = in_turn(tmp_path / "a.jsonl", ended)
    main(["compare", f"{path}#t", f"{path}#u", "--metrics", "p50:0.5%", "--out", str(tmp_path / "out")])
    found = read(next((tmp_path / "out").glob("*/record.jsonl")))
    assert found.comparisons[0].confidence == pytest.approx(1 - may.false_alarm, abs=1e-9)
