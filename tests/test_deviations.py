"""Deviations that are known: what a file of them may say, and which verdicts are theirs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.specifiers import SpecifierSet
from staging import LIARS

from harness.checks import all_checks
from harness.deviations import OURS, DeviationShape, Listed, deviations, json_schema
from harness.errors import FileError
from harness.interfaces import NAMES
from harness.model import Endpoint, Level, Outcome, Verdict
from harness.scenario import Collection, load_scenario

OBSERVED = ("1.19.13", "1.25.34", "1.32.27", "1.39.0")
"""The releases that were run."""

GOOD = """\
nearimage-deviations: 1
deviations:
  - check: threshold/complete
    versions: ["==1.25.*", ">=1.39,<1.40"]
    interfaces: graphql
    collection: {index: flat, objects: 101}
    seen: {sentence: missing, evidence: {returned_count: 100, reach: {least: 101}}}
    what: A hundred at most.
    smallest: 101 objects
    link: observed
"""
SERVER = Endpoint("embedded", "http://127.0.0.1:1", "1.39.0")
VERDICT = Verdict(
    "threshold/complete",
    Level.MUST,
    Outcome.VIOLATED,
    "a neighbour is missing",
    "s",
    "Ladder",
    "graphql",
    {"returned_count": 100, "reach": 101},
    repeat="nearimage run s",
)
HELD = replace(VERDICT, outcome=Outcome.HELD, sentence="All are returned.", evidence={})


def written(folder: Path, text: str = GOOD) -> Path:
    """A file of deviations."""
    path = folder / "deviations.yaml"
    path.write_text(text)
    return path


def entries(path: Path) -> list[DeviationShape]:
    """What a file lists, with the checks and interfaces that there are."""
    return deviations(path, checks=all_checks(), interfaces=NAMES)


@pytest.fixture
def flat() -> Collection:
    """A collection with a flat index."""
    ladder = next(one for one in load_scenario(LIARS).collections if one.name == "Ladder")
    return replace(ladder, index="flat")


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    """The one deviation of the file above."""
    return Listed(entries(written(tmp_path)))


# --- files ---------------------------------------------------------------------------------------


def test_each_of_ours_names_a_check_and_versions_that_were_run() -> None:
    """Every entry has a check that exists, and each of its specifiers one minor version, of a release that was run."""
    ours = entries(OURS)
    assert ours
    for one in ours:
        assert one.check in all_checks()
        for said in one.versions:
            assert re.fullmatch(r"==1\.\d+\.\*", said)
            assert any(SpecifierSet(said).contains(version) for version in OBSERVED), said


def test_each_of_ours_says_how_it_looks_and_ends_with_a_full_stop() -> None:
    """No entry takes every violation of its check for its own, and each has a sentence of its own for its check."""
    ours = entries(OURS)
    assert all(one.seen.sentence for one in ours)
    assert all(one.what.endswith(".") and one.what[0].isupper() for one in ours)
    assert len({(one.check, one.what) for one in ours}) == len(ours)
    assert all(one.link == "observed" or one.link.startswith("https://") for one in ours)


def test_the_published_schema_is_the_current_one(tmp_path: Path) -> None:
    """`python -m harness.deviations > harness/deviations.schema.json` would change nothing; our file fits it."""
    published = json.loads(OURS.with_suffix(".schema.json").read_text())
    assert published == json_schema()
    for path in (OURS, written(tmp_path)):
        jsonschema.validate(yaml.safe_load(path.read_text()), published)


@pytest.mark.parametrize(
    ("wrong", "line", "says", "hint"),
    [
        (GOOD.replace("threshold/complete", "threshold/compleat"), 3, "no check is called", "`threshold/complete`"),
        (GOOD.replace('"==1.25.*"', '"1.25 or so"'), 4, "'1.25 or so' names no versions", "==1.25.*"),
        (GOOD.replace("interfaces: graphql", "interfaces: graphq"), 5, "no interface graphq", "`graphql`"),
        (GOOD.replace("objects: 101", "objects: many"), 6, "must be a whole number", ""),
        (GOOD.replace("objects: 101", "object: 101"), 6, "unknown key `object`", "did you mean `objects`?"),
        (GOOD.replace("least: 101", "lest: 101"), 7, "unknown key `lest`", "did you mean `least`?"),
        (GOOD.replace("    what: A hundred at most.\n", ""), 3, "`deviations[0].what` is missing", ""),
        (GOOD.replace("what: A hundred at most.", "what: ''"), 8, "must be a text that says something", ""),
        (GOOD.replace("deviations: 1", "deviations: 2"), 1, "`nearimage-deviations`", ""),
        (GOOD.partition("\n")[2], 1, "`nearimage-deviations: 1` is missing", "a file of deviations starts with"),
        ("", 1, "the file is empty", "a file of deviations starts with"),
        ("- a", 1, "`nearimage-deviations: 1` is missing", "a file of deviations starts with"),
    ],
)
def test_a_mistake_has_its_line_and_what_is_right(tmp_path: Path, wrong: str, line: int, says: str, hint: str) -> None:
    """Whatever is wrong is told with the file, the line and the nearest name."""
    with pytest.raises(FileError) as caught:
        entries(written(tmp_path, wrong))
    assert (caught.value.line, says in caught.value.what) == (line, True), caught.value
    assert hint in caught.value.hint


def test_what_a_scenario_asks_of_its_own_may_be_listed(tmp_path: Path) -> None:
    """Questions and promises are checks of a scenario: a user's file may name them."""
    [one] = entries(written(tmp_path, GOOD.replace("threshold/complete", "promise/nearest/recall")))
    assert one.check == "promise/nearest/recall"


# --- verdicts ------------------------------------------------------------------------------------


def test_a_violation_that_is_listed_is_known(listed: Listed, flat: Collection) -> None:
    """It says what is listed, and keeps what was found, the evidence and the command that asks again."""
    known = listed.judged(VERDICT, SERVER, flat, 3000)
    assert (known.outcome, known.sentence) == (Outcome.KNOWN, "A hundred at most.")
    assert {"found": "a neighbour is missing", "smallest_case": "101 objects", "link": "observed"}.items() <= dict(
        known.evidence
    ).items()
    assert VERDICT.evidence.items() <= known.evidence.items()
    assert known.repeat == VERDICT.repeat


def test_when_strict_it_is_violated_and_says_that_it_is_known(tmp_path: Path, flat: Collection) -> None:
    """The outcome and the sentence stay; the evidence names the deviation."""
    strict = Listed(entries(written(tmp_path)), strict=True)
    found = strict.judged(VERDICT, SERVER, flat, 3000)
    assert (found.outcome, found.sentence) == (Outcome.VIOLATED, VERDICT.sentence)
    assert found.evidence["known_deviation"] == "A hundred at most."
    assert list(strict.fixed(SERVER, "embedded")) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"sentence": "the order is not ascending"},
        {"evidence": {"returned_count": 50, "reach": 101}},
        {"evidence": {"returned_count": 100, "reach": 100}},
        {"evidence": {"returned_count": 100, "reach": "101"}},
        {"evidence": {"returned_count": 100}},
        {"interface": "grpc"},
        {"check": "threshold/inclusive"},
    ],
)
def test_another_fault_stays_violated(changes: dict[str, Any], listed: Listed, flat: Collection) -> None:
    """Another sentence, other evidence, another interface or check is not what is listed."""
    other = replace(VERDICT, **changes)
    assert listed.judged(other, SERVER, flat, 3000) is other


@pytest.mark.parametrize("facts", [{"version": "1.32.27"}, {"version": ""}, {"weaviate": False}])
def test_another_server_stays_violated(facts: dict[str, Any], listed: Listed, flat: Collection) -> None:
    """Of a version that is not listed, one that is not known, and of the reference nothing is known."""
    assert listed.judged(VERDICT, replace(SERVER, **facts), flat, 3000) is VERDICT


@pytest.mark.parametrize("version", ["1.25.0", "1.25.34", "1.39.7", "1.39.0-rc.0"])
def test_each_release_of_a_listed_minor_version_is_known(version: str, listed: Listed, flat: Collection) -> None:
    """A specifier covers patch releases, and what leads to a release counts as that release."""
    assert listed.judged(VERDICT, replace(SERVER, version=version), flat, 3000).outcome is Outcome.KNOWN


def test_another_collection_stays_violated(listed: Listed, flat: Collection) -> None:
    """Another index, or fewer objects than the smallest case has, is not what is listed."""
    assert listed.judged(VERDICT, SERVER, replace(flat, index="hnsw"), 3000) is VERDICT
    assert listed.judged(VERDICT, SERVER, flat, 100) is VERDICT


@pytest.mark.parametrize(
    ("bound", "met", "not_met"),
    [
        ({"has": "length 0"}, "a vector with length 0.", "a vector with length 1"),
        ({"count": 1}, ["a"], ["a", "b"]),
        ({"most": 1e-5}, 1e-8, 0.5),
        ({"least": 2, "most": 3}, 2, 4),
        (True, True, False),
        ("absent", "absent", "null"),
    ],
)
def test_a_fact_is_held_against_its_bound(bound: Any, met: Any, not_met: Any, tmp_path: Path, flat: Collection) -> None:
    """Words in it, how many it has, a range or the value itself."""
    data = yaml.safe_load(GOOD)
    data["deviations"][0]["seen"]["evidence"] = {"fact": bound}
    listed = Listed(entries(written(tmp_path, json.dumps(data))))
    outcomes = [
        listed.judged(replace(VERDICT, evidence={"fact": value}), SERVER, flat, 3000).outcome
        for value in (met, not_met)
    ]
    assert outcomes == [Outcome.KNOWN, Outcome.VIOLATED]


# --- fixed ---------------------------------------------------------------------------------------


def test_what_held_everywhere_it_was_listed_for_is_fixed(listed: Listed, flat: Collection) -> None:
    """One verdict for the whole run: which version, what was listed, in how many places it was asked."""
    for _ in range(2):
        assert listed.judged(HELD, SERVER, flat, 3000) is HELD
    [fixed] = listed.fixed(SERVER, "embedded")
    assert (fixed.check, fixed.outcome, fixed.collection, fixed.target) == (HELD.check, Outcome.FIXED, "", "embedded")
    assert fixed.sentence == "listed for ==1.25.* or >=1.39,<1.40 and not so at 1.39.0: A hundred at most."
    assert fixed.evidence["asked_in_places"] == 2


@pytest.mark.parametrize(
    "other",
    [
        VERDICT,
        replace(VERDICT, sentence="the order is not ascending"),
        replace(VERDICT, outcome=Outcome.UNDECIDED, evidence={}),
    ],
    ids=["known", "violated otherwise", "undecided"],
)
def test_one_place_where_it_did_not_hold_is_enough(other: Verdict, listed: Listed, flat: Collection) -> None:
    """What showed anywhere, or may have, is not fixed."""
    listed.judged(HELD, SERVER, flat, 3000)
    listed.judged(other, SERVER, flat, 3000)
    assert list(listed.fixed(SERVER, "embedded")) == []


def test_where_it_could_not_show_nothing_is_fixed(listed: Listed, flat: Collection) -> None:
    """Too few objects, another index, another version, a skipped check: it was not asked as it is listed."""
    listed.judged(HELD, SERVER, flat, 100)
    listed.judged(HELD, SERVER, replace(flat, index="hnsw"), 3000)
    listed.judged(HELD, replace(SERVER, version="1.32.27"), flat, 3000)
    listed.judged(replace(HELD, outcome=Outcome.SKIPPED), SERVER, flat, 3000)
    assert list(listed.fixed(SERVER, "embedded")) == []


def test_what_shows_only_sometimes_is_never_fixed(tmp_path: Path, flat: Collection) -> None:
    """One run that held proves nothing of it."""
    listed = Listed(entries(written(tmp_path, GOOD + "    sometimes: true\n")))
    listed.judged(HELD, SERVER, flat, 3000)
    assert list(listed.fixed(SERVER, "embedded")) == []


def test_processes_of_one_run_judge_together(tmp_path: Path, flat: Collection) -> None:
    """With `-n` it is fixed only if it held in every worker."""
    first, second, both = (Listed(entries(written(tmp_path))) for _ in range(3))
    first.judged(HELD, SERVER, flat, 3000)
    both.heard(json.loads(json.dumps(first.told())))
    assert [one.outcome for one in both.fixed(SERVER, "embedded")] == [Outcome.FIXED]
    second.judged(VERDICT, SERVER, flat, 3000)
    both.heard(second.told())
    assert list(both.fixed(SERVER, "embedded")) == []
