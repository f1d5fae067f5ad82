"""Surveys of a target: what is asked, what is watched meanwhile, and what the record says of it."""

from __future__ import annotations

import numpy as np
import pytest
from running import Place

from harness.errors import UsageError
from harness.record import AxisEntry, LimitEntry, ScalingEntry, read
from harness.record.used_entries import AnsweredFact
from harness.report.surveys import spells
from harness.surveying.limit import promised_in
from harness.surveying.sizes import AXES, Size, asked, vectors

LOST = ("refused", "timeout", "broken", "not sent")
NOT_THE_SERVER = ("the machine was ", "the generator was ")


def test_a_promise_is_read() -> None:
    """A percentile and a time, in milliseconds or seconds."""
    assert (promised_in("p99:200ms").q, promised_in("p99:200ms").bound) == (99.0, 200.0)
    assert promised_in("p99.9:1.5s").bound == 1500.0


@pytest.mark.parametrize("text", ["p99", "p100:5ms", "99:200ms", "p0:1ms", "p99:0ms", "p99:200", ""])
def test_what_is_no_promise_is_refused(text: str) -> None:
    """The error says how one is written."""
    with pytest.raises(UsageError, match="is no promise") as caught:
        promised_in(text)
    assert "p99:200ms" in str(caught.value)


@pytest.mark.parametrize(
    ("axis", "text"), [("objects", "0"), ("objects", "1e6"), ("objects", ""), ("quantisation", "x")]
)
def test_a_size_that_is_none_is_refused(axis: str, text: str) -> None:
    """Whole numbers above 0, and the quantisers that there are."""
    with pytest.raises(UsageError, match=r"(can't be the number of objects|is no quantiser)"):
        list(AXES[axis].sizes([text], Size()))


@pytest.mark.parametrize(
    ("axis", "texts", "said"),
    [
        ("objects", ("10", "010"), "10 stands twice"),
        ("ef", ("16", "16"), "16 stands twice"),
        ("objects", ("10", "999999999999"), "999,999,999,999 as the number of objects"),
        ("image-size", ("9999999999",), "would not fit into memory"),
    ],
)
def test_sizes_that_cannot_be_measured_are_refused_before_anything_starts(
    axis: str, texts: tuple[str, ...], said: str
) -> None:
    """A size twice would be two classes of one name, and one without a bound would fill the memory."""
    with pytest.raises(UsageError, match=said):
        list(AXES[axis].sizes(texts, Size()))


def test_a_million_objects_can_be_asked_for() -> None:
    """A large size is a number like any other."""
    [(text, number, size)] = AXES["objects"].sizes(["1000000"], Size())
    assert (text, number, size.objects) == ("1,000,000", 1e6, 1_000_000)


def test_neighbours_are_nearer_than_others() -> None:
    """Made-up vectors lie around centres, so that the number of dimensions does not make all of them equally far."""
    stored = vectors(Size(objects=300, dimensions=64))
    query = asked(Size(dimensions=64), stored, 1)[0]
    distances = np.sort(np.linalg.norm(stored - query, axis=1))
    assert distances[0] < 0.5 * np.median(distances)


def test_a_survey_of_sizes_is_a_record(place: Place) -> None:
    """Three sizes on the reference give a record with times, an exact answer's recall, and exponents."""
    arguments = ("--steps", "20,40,80", "--rounds", "2", "--questions", "12", "--dimensions", "8", "--limit", "3")
    done = place.run("scale", "objects", *arguments, "--target", "reference")
    assert done.returncode == 0, done.stdout + done.stderr
    record = read(place.record)
    [entry] = record.of(ScalingEntry)
    assert [size.number for size in entry.sizes] == [20, 40, 80]
    assert {size.recall for size in entry.sizes} == {1.0}
    assert all(len(size.by_image) == len(size.by_vector) == 2 for size in entry.sizes)
    assert "time by image" in [one.figure for one in entry.powers]
    assert "time by image:" in done.stdout
    assert record.of(AxisEntry)[0].looks
    assert place.left() == []


def test_a_survey_of_rates_is_a_record(place: Place) -> None:
    """A promise that nothing breaks is kept at the highest rate that may be asked for, with right answers.

    A rate at which the machine was too busy to measure is said to be that, and nothing else.
    """
    place.scenario()
    rates = ("--promise", "p50:60s", "--first", "30", "--most", "60", "--seconds", "0.5")
    done = place.run("limit", "tiny.yaml", *rates, "--target", "reference")
    record = read(place.record)
    [entry] = record.of(LimitEntry)
    assert done.returncode == record.exit_code, done.stdout + done.stderr
    assert entry.broken is None
    assert {step.wrong for step in entry.steps} == {0}
    assert all(list(step.fates) == ["ok", *LOST] and not any(step.fates[each] for each in LOST) for step in entry.steps)
    calm = [step for step in entry.steps if step.kept != "invalid"]
    assert [step.rate for step in calm] == [30.0, 60.0][: len(calm)]
    assert {step.kept for step in calm} <= {"kept"}
    assert all(step.why.startswith(NOT_THE_SERVER) for step in entry.steps if step not in calm)
    if len(calm) == 2:
        assert (entry.kept, done.returncode) == (60.0, 0)
        assert "kept at 60 questions a second" in " ".join(done.stdout.split())


def test_a_percentile_that_would_take_too_long_is_an_error_before_anything_starts(place: Place) -> None:
    """It says how many answers the percentile needs, and how long that would take."""
    place.scenario()
    done = place.run("limit", "tiny.yaml", "--promise", "p99.9:1s", "--target", "reference")
    assert done.returncode == 2
    assert "p99.9 needs 10,000 answers: at 10/s that is 1,020 s" in done.stderr
    assert "Begin with 85/s (--first), let each rate take longer (--longest 1020)" in done.stderr


def test_a_server_that_answers_wrongly_keeps_no_rate(place: Place) -> None:
    """A fast wrong answer is no kept promise: the limit is not found, whatever the times are."""
    place.scenario()
    done = place.run("limit", "tiny.yaml", "--promise", "p50:60s", "--target", "reference:image_misses_itself")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 of 1 answers are not the exact ones" in " ".join(done.stdout.split())
    assert read(place.record).of(LimitEntry) == ()


def test_what_lies_between_events_is_told_apart() -> None:
    """Seconds before a node was lost, while it was away and after it was back are summed up each on its own.

    A second in which it is lost counts where more of it lies.
    """
    moments = [
        AnsweredFact(start=second, seconds=1, answered=10 - bad, failed=bad, p50_ms=5.0 + second, recall=1.0 - bad / 10)
        for second, bad in enumerate([0, 0, 4, 1, 0])
    ]
    entry = AxisEntry(about="a node", answered=tuple(moments), events=((2.4, "lost"), (4.1, "back")))
    assert spells(entry) == [
        ("before", 20, 0, 5.5, 1.0),
        ("lost", 15, 5, 7.5, 0.6),
        ("back", 10, 0, 9.0, 1.0),
    ]


def test_a_target_without_nodes_to_lose_is_no_target_for_that(place: Place) -> None:
    """The sentence says what the target can't do, and which can."""
    done = place.run("outage", "--target", "reference")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "cannot lose a node of a cluster" in done.stderr
    assert "embedded:" in done.stderr
    assert "compose:" in done.stderr
