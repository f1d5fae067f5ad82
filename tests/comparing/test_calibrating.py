"""What a machine is worth: found out with servers that do as planned, kept, and told in every record."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import telling
from harness.calibrating import Effort, calibrate
from harness.record import CalibrationEntry


@pytest.fixture(scope="module")
def found() -> CalibrationEntry:
    """A calibration with as little effort as says anything."""
    return calibrate(Effort(seconds=2.0, rounds=12, replays=10))


def test_a_stall_shows(found: CalibrationEntry) -> None:
    """The server stops for 100 ms of 2 s: p99 has most of it, though every request but these took 2 ms."""
    assert found.stall_true_ms == pytest.approx(80)
    assert found.stall_p99_ms > 40


def test_everything_is_said(found: CalibrationEntry) -> None:
    """Percentiles, ceiling, false alarms with the end of their interval, power."""
    assert set(found.percentile_error) == {"p50", "p95", "p99"}
    assert found.ceiling > 0
    assert 0 <= found.false_alarms <= found.false_alarms_at_most <= 1
    assert found.replays == 10


def test_it_is_kept_for_this_machine_alone(
    found: CalibrationEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept is in the next records; what another machine kept, or what can't be read, is in none."""
    monkeypatch.setenv("NEARIMAGE_STATE", str(tmp_path))
    assert telling.kept_calibration() is None
    path = telling.keep_calibration(found)
    assert telling.kept_calibration() == found

    telling.keep_calibration(found.model_copy(update={"machine": "another"}))
    assert telling.kept_calibration() is None
    path.write_text("{")
    assert telling.kept_calibration() is None
