"""Chapter near-text: images found by words, which only modules with a text encoder can."""

from __future__ import annotations

from harness.checks.case import Case
from harness.checks.rankings import different
from harness.checks.refusing import asked, demand_refused
from harness.checks.registry import check, module_is
from harness.images import planted_text
from harness.model import Level, Module, NearText


def _texts(case: Case) -> list[str]:
    asked = [asked.text for asked in case.questions if asked.text is not None]
    if asked:
        return asked
    stored = [one for one in case.samples(3) if one.picture is not None]
    if stored[0].vector is not None and stored[0].picture is not None and stored[0].picture.vector is not None:
        return [planted_text(one.vector, "planted") for one in stored if one.vector is not None]
    return [one.picture.caption or one.picture.label for one in stored if one.picture is not None]


@check(
    "near-text/exact-neighbours",
    source="nearText returns the objects whose vectors are nearest to the text's",
    when=(module_is(Module.CLIP),),
)
def a_text_finds_its_exact_neighbours(case: Case) -> None:
    """`nearText` returns the images that are nearest to the text, at exact distances."""
    for text in _texts(case):
        truth = case.truth_of_text(text)
        for limit in (1, 5, min(case.count, 50)):
            question = case.near_text(text, limit=limit)
            hits = case.hits(question)
            case.demand(question, hits, truth.faults(hits, truth.expect(limit=limit)))
            case.demand(question, hits, truth.wrong_distances(hits))


@check(
    "near-text/threshold",
    source="the distance argument means the same for every near operator",
    when=(module_is(Module.CLIP),),
)
def a_threshold_means_the_same_for_text(case: Case) -> None:
    """With `nearText` a threshold cuts where it says, as with `nearImage`."""
    for text in _texts(case)[:2]:
        truth = case.truth_of_text(text)
        distances = truth.distinct_distances()
        for threshold in (distances[0], distances[len(distances) // 2], distances[-1]):
            question = case.near_text(text, distance=threshold, limit=case.everything())
            hits = case.hits(question)
            case.demand(question, hits, truth.faults(hits, truth.expect(threshold=threshold)), threshold=threshold)


@check(
    "near-text/equals-near-vector",
    level=Level.SHOULD,
    source="nearText is nearVector with the vector that the module makes",
    when=(module_is(Module.CLIP),),
)
def it_equals_near_vector(case: Case) -> None:
    """`nearText` answers as `nearVector` does with the vector of that text."""
    text = _texts(case)[0]
    truth = case.truth_of_text(text)
    question = case.near_text(text, limit=20)
    by_text = case.hits(question)
    by_vector = case.hits(case.near_vector(truth.query, limit=20))
    error = truth.apart(hit.id for hit in by_vector)
    case.demand(question, by_text, different(by_text, by_vector, error=error), compared_with="nearVector")


@check(
    "near-text/without-concepts",
    level=Level.SHOULD,
    source="concepts are what is searched for: without one there is no vector, and none is made up",
    when=(module_is(Module.CLIP),),
)
def a_text_without_concepts_is_refused(case: Case) -> None:
    """`nearText` without any concept is refused."""
    question = case.near_text("", limit=5).but(near=NearText(()))
    demand_refused(case, question, asked(case, question), because=(), sent=("nearText",))


@check(
    "near-text/unknown-without-text-encoder",
    source="nearText needs a module that knows texts",
    when=(module_is(Module.IMG2VEC),),
)
def a_module_without_texts_refuses(case: Case) -> None:
    """On a class whose module knows only images, `nearText` is refused."""
    case.refused(case.near_text("a cat", limit=5))
