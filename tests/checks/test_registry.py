"""What a check is: an id, a sentence, a source, and to which collections it has something to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.checks import CHAPTERS, Check, all_checks, matching
from harness.checks.registry import check, directed, image_alone, kept, kind_is, metric_is, metric_is_not, module_is
from harness.model import Metric, Module
from harness.scenario import Collection, Scenario


@pytest.mark.parametrize("one", all_checks().values(), ids=lambda one: one.id)
def test_a_check_is_a_clause(one: Check) -> None:
    """A check has a chapter and a name, a sentence that states a fact, and says where it is promised."""
    chapter, _, name = one.id.partition("/")
    assert chapter == one.chapter
    assert name == name.lower()
    assert one.sentence.endswith(".")
    assert one.source
    assert len(one.sentence) < 120


def test_no_two_checks_say_the_same() -> None:
    """Each sentence stands for one check."""
    sentences = [one.sentence for one in all_checks().values()]
    assert len(set(sentences)) == len(sentences)


def test_an_id_is_given_once() -> None:
    """A second check of the same id is refused, and so leaves the first as it was."""
    with pytest.raises(ValueError, match="two checks are called near-image/ascending"):
        check("near-image/ascending", source="a test")(print)
    assert all_checks()["near-image/ascending"].source != "a test"


def test_an_ability_that_there_is_not_is_refused() -> None:
    """A check asks for abilities by the names of the table; a slip is found when it is read."""
    with pytest.raises(ValueError, match="there is no ability resart"):
        check("test/slip", source="a test", abilities=("resart",))
    assert "test/slip" not in all_checks()


def test_a_check_that_disturbs_is_asked_where_a_scenario_lets_it() -> None:
    """All of a check's abilities have to be named; one that asks for none is asked everywhere."""
    one = replace(all_checks()["near-image/ascending"], abilities=("restart", "kill"))
    assert [one.allowed(given) for given in ((), ("kill",), ("kill", "pause", "restart"))] == [False, False, True]
    assert all_checks()["near-image/ascending"].allowed(())


def test_a_check_is_about_some_versions() -> None:
    """A check has nothing to say about other versions than its own; of a version that is not known it has."""
    one = replace(all_checks()["near-image/ascending"], versions=">=1.24")
    assert [one.is_about(version) for version in ("1.19.13", "1.24.0", "1.39.0-rc.1", "")] == [False, True, True, True]
    assert all_checks()["near-image/ascending"].is_about("1.19.13")


def test_globs_choose_checks() -> None:
    """A glob chooses by id, and one that fits none chooses none."""
    assert {one.chapter for one in matching("threshold/*")} == {"threshold"}
    assert [one.id for one in matching("paging/offset-joins")] == ["paging/offset-joins"]
    assert matching("nothing/*") == []
    assert len(matching("*")) == len(all_checks())


def test_every_chapter_has_checks() -> None:
    """Each file that is listed as a chapter brings checks."""
    modules = {one.run.__module__.rpartition(".")[2] for one in all_checks().values()}
    assert set(CHAPTERS) == modules


def test_conditions_read_the_collection(squared: Collection) -> None:
    """A condition is about metric, module, pictures and what is kept; all of a check's have to be met."""
    dot = replace(squared, metric=Metric.DOT)
    assert directed(squared)
    assert not directed(dot)
    assert metric_is(Metric.DOT)(dot)
    assert not metric_is_not(Metric.DOT)(dot)
    assert module_is(Module.IMG2VEC)(squared)
    assert kind_is("planted")(squared)
    assert not kind_is("ladder")(squared)
    assert kept("number")(squared)
    assert not kept("caption")(squared)
    assert image_alone(squared)
    assert not image_alone(replace(squared, text_fields=("label",)))


def test_checks_apply_where_they_mean_something(scenario: Scenario) -> None:
    """Certainty is checked for cosine alone, negative thresholds for dot alone, texts where the module knows them."""
    where = {
        id_: [one.name for one in scenario.collections if all_checks()[id_].applies(one)]
        for id_ in ("certainty/one-minus-half", "threshold/negative-for-dot", "near-text/threshold")
    }
    assert where == {
        "certainty/one-minus-half": ["Cosine", "Clip"],
        "threshold/negative-for-dot": ["Dot"],
        "near-text/threshold": ["Clip"],
    }
