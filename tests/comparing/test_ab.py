"""`nearimage ab`: a service that is late is found and named, and mistakes are sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import Place

from harness.cli import main
from harness.comparing.arena import sides
from harness.comparing.judging import Metric, metrics_in
from harness.errors import UsageError
from harness.options import TargetOptions
from harness.record import NoteEntry, RoundsEntry, read


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder of its own."""
    return Place(tmp_path)


def test_a_late_inference_service_is_found_named_and_recorded(place: Place) -> None:
    """Two references of which one's service is 20 ms late: slower, exit 1, and the record has all that was measured."""
    place.scenario()
    both = ("--base", "reference", "--head", "reference", "--head-delay", "20ms")
    done = place.run("ab", "tiny.yaml", *both, "--rounds", "30", "--markdown", "a.md", "--benchmark-json", "a.json")

    assert done.returncode == 1, done.stdout + done.stderr
    record = read(place.record)
    [p50] = [one for one in record.comparisons if one.metric == "p50"]
    assert p50.answer == "slower"
    assert p50.where == "the difference is in the inference service"
    assert [(entry.target, entry.mode, len(entry.blocks)) for entry in record.latencies] == [
        (name, "in turn", record.of(RoundsEntry)[0].done) for name in ("base", "head")
    ]
    assert "late on purpose, by 20ms" in " ".join(note.text for note in record.of(NoteEntry))
    assert "the difference is in the inference service" in done.stdout.replace("\n", " ").replace("  ", " ")
    assert (place.folder / "a.md").read_text().startswith("**Slower: nearest p50")
    assert len(json.loads((place.folder / "a.json").read_text())["benchmarks"]) == 2
    assert "slower to the right" in place.record.with_name("report.html").read_text()
    assert place.left() == []


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("p50", (Metric(50, 0.03),)),
        ("p50:1%,p99:20%", (Metric(50, 0.01), Metric(99, 0.2))),
        ("p99.9", (Metric(99.9, 0.1),)),
    ],
)
def test_metrics_are_percentiles_with_margins(text: str, metrics: tuple[Metric, ...]) -> None:
    """As they are written; a usual one has its margin by itself."""
    assert metrics_in(text) == metrics


@pytest.mark.parametrize("text", ["", "median", "p0", "p100", "p50:200%", "p50:x", "50"])
def test_what_is_no_metric_is_refused(text: str) -> None:
    """The sentence shows one."""
    with pytest.raises(UsageError, match="is no metric") as caught:
        metrics_in(text)
    assert "p50:3%" in caught.value.hint


def test_a_percentile_has_one_margin() -> None:
    """Two of them would be judged as two questions, and each answer would be less sure."""
    assert metrics_in("p50:3%,p50:3%") == (Metric(50.0, 0.03),)
    with pytest.raises(UsageError, match="p50 has two margins"):
        metrics_in("p50:3%,p50:4%")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "soon"])
def test_what_is_no_number_is_refused_before_anything_starts(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No bound would hold against `nan`, and nothing would end with `inf`."""
    for words in (("ab", "--base=reference", "--head=reference"), ("limit",), ("outage",), ("generate",)):
        option = "--at-least" if words == ("limit",) else "--seconds"
        with pytest.raises(SystemExit) as ended:
            main([*words, f"{option}={number}"])
        assert ended.value.code == 2
        assert f"argument {option}: {number!r} is no number" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("scale", "objects"), ("outage",)])
def test_a_survey_that_writes_refuses_a_server_that_may_only_be_read(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused before anything is opened: `--read-only` is never broken."""
    out = tmp_path / "out"
    assert main([*words, "--target", "reference", "--read-only", "--out", str(out)]) == 2
    assert "may only be read" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("option", ["--questions", "--rounds"])
def test_more_questions_than_memory_holds_are_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A zero too many is said before anything is opened."""
    assert main(["scale", "objects", "--target=reference", option, "100000000000"]) == 2
    assert "at most 100,000" in capsys.readouterr().err


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody could ever come there, and the command would wait for them."""
    assert main(["load", "load", "--target=reference", "--workers=1", "--listen=:99999"]) == 2
    assert "--listen is HOST:PORT" in capsys.readouterr().err


def test_a_target_may_be_compared_with_itself_and_with_one_of_a_file(tmp_path: Path) -> None:
    """A fleet's file names targets with their options; what is no name there is a target as it is typed."""
    file = tmp_path / "fleet.yaml"
    file.write_text("nearimage-targets: 1\ntargets:\n  late: {target: reference, delay: 5%}\n")
    base, head = sides("reference", "late", TargetOptions(targets=file))

    assert (base.name, base.text, base.setup.delay) == ("base", "reference", "")
    assert (head.name, head.text, head.setup.delay) == ("head", "reference", "5%")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base-delay", "soon"), "such as 5% or 2ms"),
        (("--seconds", "0"), "--seconds is above 0"),
        (("--question", "nobody"), "has no question 'nobody'"),
        (("--metrics", "mean"), "'mean' is no metric"),
    ],
)
def test_a_mistake_is_a_sentence(
    words: tuple[str, ...], said: str, place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong is said before anything is started, and ends with exit 2."""
    place.scenario()
    monkeypatch.chdir(place.folder)

    assert main(["ab", "tiny.yaml", "--base", "reference", "--head", "reference", *words]) == 2
    assert said in capsys.readouterr().err
    assert place.left() == []
