"""`nearimage load`, as it is typed: a load of a second, its record, its verdicts, and what it exits with."""

from __future__ import annotations

import pytest
from running import TINY, Place

from harness.model import Outcome
from harness.record import LoadEntry, read

BRIEF = ("--rate", "40", "--duration", "1s")
UNDISTURBED = {Outcome.HELD, Outcome.INVALID}
"""What a promise comes to that everybody keeps: a machine that is busy with other things is said to be that."""

PROMISED = """\
promises:
  nearest: {first: p-0000}
  load: {p50: 60s}
"""


def test_a_load_is_a_record_with_verdicts(place: Place, server: str) -> None:
    """Three interfaces are asked forty times each, on the clock; all answers are right, and the exit code is theirs."""
    text = TINY.replace("promises:\n  nearest: {first: p-0000}\n", PROMISED)
    place.scenario(text.replace("load: {requests: 12, warmup: 2}", "load: {rate: 5, duration: 9s}"))
    done = place.run("load", "tiny.yaml", *BRIEF, "--interfaces", "graphql,grpc,python", "--target", server)

    record = read(place.record)
    assert done.returncode == record.exit_code, done.stdout + done.stderr
    assert [one.interface for one in record.loads] == ["graphql", "grpc", "python"]
    assert {(one.intended, one.loop, one.kind, one.rate) for one in record.loads} == {(40, "open", "poisson", 40.0)}
    assert all(one.fates == {**one.fates, "ok": 40} and one.errors == 0 for one in record.loads)
    assert all(one.judged is not None and (one.judged.wrong, one.judged.answers) == (0, 40) for one in record.loads)
    assert all(one.response is not None and one.service is not None for one in record.loads)
    assert {one.check for one in record.verdicts} == {"load/answered", "load/right", "load/p50"}
    assert {one.outcome for one in record.verdicts if one.check == "load/right"} == {Outcome.HELD}
    assert {one.outcome for one in record.verdicts} <= UNDISTURBED
    assert record.axes == (), "nobody knows what a server at a URL uses"
    assert done.returncode == (3 if Outcome.INVALID in {one.outcome for one in record.verdicts} else 0)
    assert "Under load: tiny" in done.stdout
    assert place.record.with_name("report.html").exists()
    assert place.left() == []


def test_a_wrong_answer_under_load_fails_whatever_the_machine_does(place: Place) -> None:
    """A server that leaves out the last hit: exit 1, with the evidence and the command that asks again."""
    place.scenario()
    done = place.run("load", "tiny.yaml", *BRIEF, "--raw", "--target", "reference:limit_one_short")

    [wrong] = [one for one in read(place.record).verdicts if one.check == "load/right"]
    assert (done.returncode, wrong.outcome) == (1, Outcome.VIOLATED), done.stdout + done.stderr
    assert wrong.repeat.startswith("nearimage load tiny.yaml")
    assert wrong.repeat.endswith("--rate 40 --duration 1s --raw")
    assert wrong.evidence["wrong"] == wrong.evidence["compared"] == 40
    [load] = read(place.record).of(LoadEntry)
    assert load.raw is not None
    assert len(load.raw.intended) == 40


def test_what_a_target_uses_under_load_is_on_one_axis_with_the_latency(place: Place) -> None:
    """Processor time for each answer, and memory, of a database that was started for it."""
    place.scenario()
    done = place.run("load", "tiny.yaml", "--rate", "40", "--duration", "2s", "--target", "reference")

    record = read(place.record)
    [load], [axis] = record.loads, record.axes
    assert load.used.database_cpu_ms is not None, done.stdout + done.stderr
    assert load.used.database_cpu_ms > 0
    assert len(axis.looks) >= 2, "before and after"
    assert all(look.resident for look in axis.looks)
    assert sum(one.answered for one in axis.answered) == 80
    assert "used for each answer: the database" in " ".join(done.stdout.split())


@pytest.mark.parametrize("rate", [(), ("--rate", "0", "--duration", "1s")])
def test_without_a_load_nothing_starts(place: Place, rate: tuple[str, ...]) -> None:
    """A scenario without a load on a clock, or a rate of zero: wrong usage, and no run is kept."""
    place.scenario()
    done = place.run("load", "tiny.yaml", *rate, "--target", "reference")
    assert (done.returncode, [*place.folder.glob("nearimage-out/*")]) == (2, [])
    assert "--rate" in done.stderr


def test_a_target_that_is_left_running_is_put_under_load_like_any(place: Place) -> None:
    """It belongs to another process and tells nothing of what it uses; the load is the same."""
    place.scenario()
    try:
        done = place.run("load", "tiny.yaml", *BRIEF, "--target", "reference", "--keep")
        record = read(place.record)
        assert [one.fates["ok"] for one in record.loads] == [40], done.stdout + done.stderr
        assert record.axes == ()
    finally:
        place.run("down")
