"""Many runs in one folder: what is new, what persists, what recovered, and what is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.comparing.trend import Became, trend
from harness.errors import ExitCode, UsageError
from harness.record import EndEntry, LatencyEntry, RecordWriter, RunEntry, TargetEntry

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def runs(folder: Path, *levels: float, cpus: int = 2) -> Path:
    """Write a run for each level, a day apart, each of 40 times around it."""
    for number, level in enumerate(levels):
        times = level * np.exp(np.random.default_rng(number).normal(0, 0.03, 40))
        started = BEGAN + timedelta(days=number)
        with RecordWriter(folder / f"{number:03}" / "record.jsonl") as writer:
            writer.write(
                RunEntry(harness="1", python="3", platform="Linux", cpus=cpus, argv=(), target="t", started=started)
            )
            writer.write(TargetEntry(target="t", name="t", description="d", version=f"1.{number}", weaviate=True))
            names = {"scenario": "s", "collection": "C", "question": "tabby", "interface": "graphql", "target": "t"}
            writer.write(LatencyEntry.model_validate({**names, "milliseconds": tuple(map(float, times))}))
            writer.write(EndEntry(finished=started, exit_code=ExitCode.HELD))
    return folder


@pytest.mark.parametrize(
    ("levels", "became", "code"),
    [
        ([10] * 20, [], ExitCode.HELD),
        ([10] * 20 + [12] * 5, [Became.NEW], ExitCode.VIOLATED),
        ([10] * 20 + [12] * 12, [Became.PERSISTING], ExitCode.HELD),
        ([10] * 20 + [12] * 12 + [10] * 10, [Became.RECOVERED, Became.FASTER], ExitCode.HELD),
        ([10] * 4, [], ExitCode.UNDECIDED),
    ],
)
def test_what_becomes_of_a_change(levels: list[float], became: list[Became], code: ExitCode, tmp_path: Path) -> None:
    """New ends with 1; what persists or recovered does not; too few runs can't tell."""
    found = trend(runs(tmp_path, *levels))
    [row] = found.rows

    assert [turn.became for turn in row.turns] == became
    assert found.exit_code is code
    assert len(row.points) == len(levels)


def test_the_page_has_a_point_for_each_run_and_loads_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints what is new with its record, and its page is whole."""
    runs(tmp_path, *[10.0] * 20, *[13.0] * 5)

    assert main(["trend", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "p50: new: +29.5%" in out
    assert f"{tmp_path}/020/record.jsonl" in out
    page = (tmp_path / "trend.html").read_text()
    assert page.count("<circle") == 25
    assert "default-src &#39;none&#39;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_runs_of_another_machine_and_what_is_no_record_are_left_out_and_counted(tmp_path: Path) -> None:
    """The newest run says which machine is meant; a file that can't be read is named."""
    runs(tmp_path / "x", *[10.0] * 3, cpus=8)
    runs(tmp_path, *[10.0] * 10)
    for number in range(3):
        (tmp_path / "x" / f"{number:03}" / "record.jsonl").rename(tmp_path / f"{number}.jsonl")
    (tmp_path / "broken.jsonl").write_text("no record\n")
    found = trend(tmp_path)

    assert found.runs == 10
    assert any("broken.jsonl" in note for note in found.notes)
    assert "3 runs: left out beside the newest run: the machines differ: 8 processors and 2 processors" in found.notes


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    """There is nothing to say of it."""
    with pytest.raises(UsageError, match="no run with times"):
        trend(tmp_path)
