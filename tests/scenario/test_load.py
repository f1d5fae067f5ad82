"""The load of a scenario: what it means, and every mistake in it with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from good_scenario import GOOD

from harness.errors import FileError, UsageError
from harness.scenario import load_scenario
from harness.scenario.load_values import OpenLoad

OLD = "load: {requests: 200, warmup: 1}"
Write = Callable[[str], Path]


def with_load(text: str, promise: str = "") -> str:
    """The good scenario with this load, and perhaps a promise about it (in line 20; the load is then in line 21)."""
    made = GOOD.replace(OLD, f"load: {text}")
    return made.replace("load:", f"  load: {promise}\nload:", 1) if promise else made


def loaded(write: Write, text: str) -> OpenLoad:
    """The load of that scenario."""
    profile = load_scenario(write(with_load(text))).load
    assert profile is not None
    assert profile.open is not None
    return profile.open


def test_without_a_rate_nothing_is_asked_on_a_clock(write: Write) -> None:
    """The older form of a load is what it was."""
    scenario = load_scenario(write(GOOD))
    assert scenario.load is not None
    assert scenario.load.open is None
    assert scenario.load_ids == ()


def test_a_rate_and_a_duration_are_enough(write: Write) -> None:
    """Requests come as many users send them, the questions equally often, unless something else is said."""
    load = loaded(write, "{rate: 50, duration: 20s}")
    assert (load.schedule, load.rate, load.seconds, load.intended) == ("poisson", 50.0, 20.0, 1000)
    assert (load.mix.of, load.mix.draw, load.concurrency, load.timeout) == ("questions", "uniform", 64, 10.0)


@pytest.mark.parametrize(
    ("text", "kind", "intended"),
    [
        ("{rate: 10, to: 30, duration: 10s}", "ramp", 200),
        ("{steps: [{rate: 10, duration: 10s}, {rate: 20, duration: 5s}]}", "steps", 200),
        ("{rate: 10, duration: 500ms, schedule: constant}", "constant", 5),
    ],
)
def test_keys_choose_the_schedule(write: Write, text: str, kind: str, intended: int) -> None:
    """The keys that belong to a schedule choose it; how many requests that are is known at once."""
    load = loaded(write, text)
    assert (load.schedule, load.intended) == (kind, intended)


def test_a_replay_reads_its_times(write: Write) -> None:
    """A replay's times are a file beside the scenario."""
    path = write(with_load("{times: recorded.txt}"))
    (path.parent / "recorded.txt").write_text("0.5\n0.1\n2.0\n")
    profile = load_scenario(path).load
    assert profile is not None
    assert profile.open is not None
    assert profile.open.times == (0.5, 0.1, 2.0)


def test_a_mix_in_one_word_is_how_it_is_drawn(write: Write) -> None:
    """`mix: zipf` and the long form say the same."""
    assert loaded(write, "{rate: 5, duration: 1s, mix: zipf}").mix.draw == "zipf"
    mix = loaded(write, "{rate: 5, duration: 1s, mix: {of: images, unique: true, filter: {label: warm}}}").mix
    assert (mix.of, mix.unique, mix.where) == ("images", True, (("label", "warm"),))


MISTAKES = {
    "a rate of zero": ("{rate: 0, duration: 1s}", 20, "`load.rate` must be more than 0, not 0"),
    "a rate that is none": ("{rate: .nan, duration: 1s}", 20, "`load.rate` must be a finite number, not nan"),
    "a rate beyond all": ("{rate: 2000000, duration: 1s}", 20, "must be at most 1,000,000, not 2,000,000"),
    "a rate alone": ("{rate: 5}", 20, "a rate needs a duration"),
    "no duration": ("{rate: 5, duration: soon}", 20, "`load.duration` is 'soon'"),
    "a duration of nothing": ("{rate: 5, duration: 0s}", 20, "no duration"),
    "not one request": ("{rate: 0.1, duration: 1s}", 20, "0 requests are intended"),
    "too many": ("{rate: 100000, duration: 3600s}", 20, "360,000,000 requests are intended"),
    "a duration without a rate": ("{duration: 5s}", 20, "there is no rate"),
    "another schedule's key": ("{rate: 5, duration: 1s, to: 9, schedule: constant}", 20, "does not belong to constant"),
    "steps and a rate": ("{rate: 5, steps: [{rate: 1, duration: 1s}]}", 20, "`load.rate` does not belong to steps"),
    "a schedule without its key": ("{rate: 5, duration: 1s, schedule: ramp}", 20, "needs `load.to`"),
    "no such schedule": ("{rate: 5, duration: 1s, schedule: poison}", 20, "did you mean `poisson`?"),
    "no such file": ("{times: nowhere.txt}", 20, "nowhere.txt can't be read"),
    "vectors are not unique": ("{rate: 5, duration: 1s, mix: {near: vector, unique: true}}", 20, "vectors are sent"),
    "a limit of questions": ("{rate: 5, duration: 1s, mix: {limit: 3}}", 20, "a question says it itself"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_load_has_its_line(write: Write, mistake: str) -> None:
    """What is wrong is said with file and line."""
    text, line, said = MISTAKES[mistake]
    with pytest.raises(FileError) as caught:
        load_scenario(write(with_load(text)))
    assert caught.value.line == line
    assert said in str(caught.value)


PROMISES = {
    "no such promise": ("{rate: 50, duration: 40s}", "{p99: 1s, recal: 1}", "did you mean `recall`?"),
    "no duration": ("{rate: 50, duration: 40s}", "{p99: quick}", "must be a duration, not the text 'quick'"),
    "no percentile": ("{rate: 50, duration: 40s}", "{p100: 1s}", "there is no promise `p100` about load"),
    "too short": ("{rate: 50, duration: 10s}", "{p99: 1s}", "p99 needs 1,000 requests"),
    "what it needs": ("{rate: 50, duration: 10s}", "{p99: 1s}", "make it 20 s long, or 100 a second"),
    "no figure too small": ("{rate: 60, duration: 3s}", "{p95: 1s}", "make it 4 s long, or 67 a second"),
    "beyond the usual": ("{rate: 50, duration: 40s}", "{p99.9: 1s}", "p99.9 needs 10,000 requests"),
    "no clock": ("{requests: 200}", "{p50: 1s}", "nothing is asked on a clock"),
    "more than everything": ("{rate: 50, duration: 40s}", "{recall: 2}", "a share between 0 and 1"),
}


@pytest.mark.parametrize("mistake", PROMISES)
def test_a_mistake_in_a_promise_about_load_has_its_line(write: Write, mistake: str) -> None:
    """A promise that can't be kept or broken is refused before anything is started."""
    text, promise, said = PROMISES[mistake]
    with pytest.raises(FileError) as caught:
        load_scenario(write(with_load(text, promise)))
    assert caught.value.line == 20
    assert said in str(caught.value)


def test_promises_about_load_are_kept(write: Write) -> None:
    """Any percentile can be promised, and each promise is a verdict of its own."""
    text = with_load("{rate: 100, duration: 20s}", "{p50: 20ms, p97.5: 1s, errors: 0, module_share_p50_max: 0.8}")
    scenario = load_scenario(write(text))
    assert scenario.load_ids == tuple(
        f"load/{name}" for name in ("answered", "right", "p50", "p97.5", "module_share_p50_max")
    )


def test_what_is_said_by_hand_counts(write: Write) -> None:
    """Keys given beside the file count instead of its own, and take another schedule's with them."""
    path = write(with_load("{rate: 50, to: 100, duration: 20s, concurrency: 8}"))
    profile = load_scenario(path, load={"rate": 10, "duration": "1s"}).load
    assert profile is not None
    assert profile.open is not None
    assert (profile.open.schedule, profile.open.intended, profile.open.concurrency) == ("poisson", 10, 8)


def test_a_mistake_by_hand_is_no_mistake_of_the_file(write: Write) -> None:
    """A rate of zero on the command line is said without a line of the file."""
    with pytest.raises(UsageError, match="must be more than 0"):
        load_scenario(write(GOOD), load={"rate": 0, "duration": "1s"})
