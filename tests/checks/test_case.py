"""What a check is given to ask with, and how it tells people what it asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scripted import case_of, exactly, refuses, says, silent, standing, with_zeros

from harness.checks import Skipped
from harness.checks.filters import below
from harness.images import Picture
from harness.model import Hit, Metric, NearImage, NearText, Question
from harness.scenario import Asked, Collection, Scenario


def first_picture(collection: Collection) -> Picture:
    """The first picture of a collection."""
    return collection.images.load().pictures[0]


def test_a_question_is_described_in_one_line(squared: Collection) -> None:
    """A question is told by its image's name, its collection and whatever arguments it has."""
    case = case_of(silent(), standing(squared))
    question = case.near(first_picture(squared), distance=0.5, limit=3, where=below(case, 4)[0])
    told = case.describe(question)
    assert told.startswith("nearImage p-0000 in Squared, distance 0.5, limit 3")
    assert "number" in told
    assert "\n" not in told


def test_other_operators_are_described_too(squared: Collection) -> None:
    """A vector is told by its length, an object by its id, a text in quotes, an unknown image by its beginning."""
    case = case_of(silent(), standing(squared))
    assert case.describe(case.near_vector((1.0, 2.0))) == "nearVector of 2 components in Squared"
    assert case.describe(case.near_object("abc")) == "nearObject abc in Squared"
    assert case.describe(Question("C", NearText(("a cat",)))) == "nearText 'a cat' in C"
    assert len(case.describe(Question("C", NearImage("A" * 5000)))) < 100


def test_evidence_is_short(squared: Collection) -> None:
    """Of a long answer the evidence shows the beginning and says how long it was."""
    case = case_of(silent(), standing(squared))
    evidence = case.evidence(case.near(first_picture(squared)), [Hit(str(one), 1.0) for one in range(500)])
    assert len(evidence["returned"]) == 10
    assert evidence["returned_count"] == 500


def test_evidence_names_the_pictures(squared: Collection) -> None:
    """A hit is shown with the name of its picture, one that nobody stored without."""
    dataset = standing(squared)
    case = case_of(silent(), dataset)
    hits = [Hit(dataset.ids[0], 0.0), Hit("ghost", 1.0)]
    assert [one["name"] for one in case.evidence(case.near(first_picture(squared)), hits)["returned"]] == ["p-0000", ""]


def test_the_scenarios_own_picture_is_asked_first(squared: Collection) -> None:
    """Queries are two: the scenario's own, then stored ones."""
    own = squared.images.load().by_name("p-0003")
    case = case_of(silent(), standing(squared), Asked("mine", picture=own))
    assert [query.name for query in case.queries] == ["mine", "p-0000"]
    assert case.queries[0].truth.distances.min() == 0.0


def test_where_only_reading_is_allowed_a_picture_is_known_by_its_bytes(squared: Collection) -> None:
    """Reading only, the scenario's picture is the stored one of the same bytes; one that is not stored is left out."""
    renamed = replace(first_picture(squared), name="mine.png", label="mine", subject="mine")
    stranger = replace(first_picture(squared), name="strange.png", data=b"other bytes")
    case = case_of(silent(), standing(squared), Asked("same", picture=renamed), Asked("strange", picture=stranger))
    assert "same" in [query.name for query in case.queries]
    assert "strange" not in [query.name for query in case.queries]
    assert case.truth_of(renamed).distances.min() == 0.0
    with pytest.raises(Skipped):
        case.truth_of(stranger)
    with pytest.raises(Skipped):
        case.truth_of_text("a cat")


def test_samples_are_spread_over_the_collection(scenario: Scenario) -> None:
    """Samples come from the whole collection and not from its beginning alone."""
    ladder = next(one for one in scenario.collections if one.name == "Ladder")
    case = case_of(silent(), standing(ladder))
    assert [one.properties["number"] for one in case.samples(3)] == [0, 74, 149]


def test_a_vector_without_direction_is_no_sample_for_cosine(scenario: Scenario) -> None:
    """By cosine an image with a vector of zeros is not even near itself, so nothing is asked with it."""
    for collection in scenario.collections[:5]:
        case = case_of(silent(), with_zeros(standing(collection)))
        zeros = [one for one in case.samples(100) if not any(one.vector or ())]
        assert bool(zeros) == (collection.metric is not Metric.COSINE)


def test_everything_is_no_limit_only_where_that_is_safe(squared: Collection, scenario: Scenario) -> None:
    """Over GraphQL few objects need no limit; for many it is said, since an endless search is a clause of its own."""
    ladder = next(one for one in scenario.collections if one.name == "Ladder")
    assert case_of(silent(), standing(squared)).everything() is None
    assert case_of(silent(), standing(ladder)).everything() == 151


def test_a_filter_leaves_out_what_has_no_number(squared: Collection) -> None:
    """An object whose number is not there passes no filter on numbers."""
    dataset = standing(squared)
    nameless = replace(dataset.stored[0], properties={"number": None})
    _, left = below(case_of(silent(), replace(dataset, stored=(nameless, *dataset.stored[1:]))), 3)
    assert left == list(dataset.ids[1:3])


def test_questions_asked_elsewhere_are_counted(squared: Collection) -> None:
    """What a check asks of its own scratch collection counts as asked."""
    dataset = standing(squared)
    case = case_of(exactly(dataset), dataset)
    elsewhere = case.on(dataset)
    elsewhere.hits(elsewhere.near(first_picture(squared), limit=1))
    assert case.asked == 1


def test_a_refusal_that_is_wanted_is_returned(squared: Collection) -> None:
    """A refusal that names its cause is what a check wanted."""
    case = case_of(refuses("certainty is not for this metric"), standing(squared))
    assert case.refused(case.near(first_picture(squared)), because=("certainty",)).message.startswith("certainty")


def test_every_fault_is_one_finding(squared: Collection) -> None:
    """Without a fault nothing is demanded; a hit that is right is no violation."""
    dataset = standing(squared)
    case = case_of(says(), dataset)
    case.demand(case.near(first_picture(squared)), (), [])
    case.require(True, "never")  # noqa: FBT003 - reads as a sentence
