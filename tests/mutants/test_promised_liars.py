"""What a scenario asks and promises of its own is kept by the honest reference and broken by a liar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from staging import staged, verdict

from harness.checks import Check
from harness.checks.promises import promised
from harness.checks.questions import Seen, exact_answer
from harness.dataset import Run
from harness.fleet import Wanted
from harness.interfaces import DEFAULT
from harness.latency import Measured, measure
from harness.model import Endpoint, Outcome
from harness.record import VerdictEntry
from harness.reference.mutants import MUTANTS
from harness.reference.rules import Rules
from harness.scenario import Promise, Scenario
from harness.sitting import Options
from harness.stage import packed
from harness.station import Station
from harness.targets.setup import Setup

PROMISES = (
    ("farthest_first", "nearest", "first"),
    ("farthest_first", "nearest", "recall"),
    ("image_misses_itself", "nearest", "recall"),
    ("farthest_first", "close", "label_precision_at_2"),
    ("farthest_first", "every_image", "label_precision_at_2"),
)
QUESTIONS = (
    ("farthest_first", "nearest"),
    ("image_misses_itself", "nearest"),
    ("distance_slightly_off", "nearest"),
    ("zero_is_no_threshold", "itself"),
    ("generous_threshold", "brink"),
    ("capped_at100", "far"),
)
TIMED = (
    ("farthest_first", "nearest", "latency/right"),
    ("duplicate_at_the_end", "nearest", "latency/right"),
    ("zero_is_no_threshold", "itself", "latency/right"),
    ("nothing_is_an_error", "nothing", "latency/answered"),
)


class OnlyAsks:
    """A stand-in for pytest-benchmark's fixture: asks as often as it is told to, and times nothing."""

    disabled = False

    def __init__(self) -> None:
        self.group = ""
        self.skipped = False
        self.extra_info: dict[str, Any] = {}

    def pedantic(self, ask: Callable[[], None], *, rounds: int, iterations: int, warmup_rounds: int) -> None:
        """Ask so often."""
        for _ in range(iterations * (warmup_rounds + rounds)):
            ask()


def _rules(name: str) -> Rules:
    return MUTANTS[name].rules() if name else Rules()


def _outcomes(check: Check, scenario: Scenario, question: str, rules: Rules, url: str, folder: Path) -> set[Outcome]:
    base = next((one.collection for one in scenario.questions if one.name == question), "Squared")
    collection = next(one for one in scenario.collections if one.base == base)
    with staged(rules, url, folder) as stage:
        return {verdict(stage, scenario, check, collection, interface).outcome for interface in DEFAULT}


@pytest.mark.parametrize(("liar", "subject", "key"), PROMISES)
def test_a_promise_is_broken_by_a_liar_and_kept_by_the_honest(
    liar: str, subject: str, key: str, scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """A promise is held on the honest reference and violated on one that breaks it, over every interface."""
    check = promised(next(one for one in scenario.promises if (one.subject, one.key) == (subject, key)))
    honest = _outcomes(check, scenario, subject, Rules(), planted_url, tmp_path / "honest")
    lying = _outcomes(check, scenario, subject, _rules(liar), planted_url, tmp_path / "liar")
    assert (honest, lying) == ({Outcome.HELD}, {Outcome.VIOLATED})


@pytest.mark.parametrize(("liar", "question"), QUESTIONS)
def test_a_question_is_answered_wrongly_by_a_liar_and_rightly_by_the_honest(
    liar: str, question: str, scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """A scenario's own question is held on the honest reference and violated on one that answers it wrongly."""
    seen: list[Seen] = []
    check = exact_answer(next(one for one in scenario.questions if one.name == question), seen)
    honest = _outcomes(check, scenario, question, Rules(), planted_url, tmp_path / "honest")
    lying = _outcomes(check, scenario, question, _rules(liar), planted_url, tmp_path / "liar")
    assert (honest, lying) == ({Outcome.HELD}, {Outcome.VIOLATED})
    assert len(seen) == 2 * len(DEFAULT)


@pytest.mark.parametrize(("liar", "question", "check"), TIMED)
def test_what_was_timed_is_judged(
    liar: str, question: str, check: str, scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """A fast wrong answer violates the measurement, and so does one that is refused; the honest one's are right."""
    honest = {one.check: one.outcome for one in _timed("", question, scenario, planted_url, tmp_path / "honest")}
    lying = {one.check: one.outcome for one in _timed(liar, question, scenario, planted_url, tmp_path / "liar")}
    assert honest == {"latency/answered": Outcome.HELD, "latency/right": Outcome.HELD}
    assert lying[check] is Outcome.VIOLATED


def test_too_few_answers_leave_a_percentile_undecided(scenario: Scenario, planted_url: str, tmp_path: Path) -> None:
    """A promised percentile that fewer than ten answers lie beyond is neither kept nor broken, and the need is said."""
    promised = replace(scenario, promises=(Promise("latency", "p50", 60_000.0, "60s", 1),))
    [median] = (
        one for one in _timed("", "nearest", promised, planted_url, tmp_path / "few") if one.check == "latency/p50"
    )
    assert median.outcome is Outcome.UNDECIDED
    assert median.sentence == "p50 needs 20 answers, and there were 3"


@pytest.mark.parametrize(
    ("glob", "verdicts"),
    [
        ("latency/nearest", ["answered", "right", "p50"]),
        ("latency/*", ["answered", "right", "p50"]),
        ("latency/p50", ["p50"]),
        ("*/right", ["right"]),
    ],
)
def test_a_verdict_on_latency_can_be_asked_for(
    glob: str, verdicts: list[str], scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """By the question's name all of its verdicts are, by the name in the table that one."""
    promised = replace(scenario, promises=(Promise("latency", "p50", 60_000.0, "60s", 1),))
    given = _timed("", "nearest", promised, planted_url, tmp_path / "asked", Options(checks=(glob,)))
    assert [one.check for one in given] == [f"latency/{name}" for name in verdicts]


def _timed(
    liar: str, question: str, scenario: Scenario, url: str, folder: Path, options: Options | None = None
) -> Iterator[VerdictEntry]:
    asked = next(one for one in scenario.questions if one.name == question)
    collection = next(one for one in scenario.collections if one.base == asked.collection)
    with staged(_rules(liar), url, folder) as stage:
        station = _station(stage.endpoint, folder)
        wants = (options or Options()).wants
        entries, gravest = measure(Measured(station, scenario, collection, asked, DEFAULT[0], wants), OnlyAsks())
        station.close([scenario], owner=False)
    assert (gravest.outcome is Outcome.VIOLATED) == bool(liar)
    yield from (entry for entry in entries if isinstance(entry, VerdictEntry))


def _station(endpoint: Endpoint, folder: Path) -> Station:
    station = Station(Wanted("reference", Setup(), "reference"), Run())
    station.take_over({"endpoint": packed(endpoint), "trouble": ""}, folder)
    return station
