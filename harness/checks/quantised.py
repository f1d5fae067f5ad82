"""Chapter quantised: what holds of a collection whose vectors are compressed, however many neighbours it misses.

A neighbour that a compressed index misses is no violation here: how many it finds is recall, which a scenario promises
(`promises: {every_image: {recall: 0.9}}`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.checks.case import Case, Skipped
from harness.checks.registry import check, quantised, rescored
from harness.dataset import Dataset
from harness.dataset.settling import first_definition, settle, shards_of
from harness.interfaces.rest import Rest
from harness.oracle import descents, repeated

_DOCUMENTED = "documentation of vector quantization"
_LIMITS = (1, 5, 20)
_ASKED = 10
_ENOUGH = 400
"""So many objects are enough to be trained on: product quantization makes 256 centroids of them."""


@check("quantised/in-effect", source=f"{_DOCUMENTED}: how to enable it", when=(quantised,), by_name=True)
def what_is_to_be_compressed_is(case: Case) -> None:
    """A class that asks for compressed vectors has them, once there are objects to be trained on."""
    with Rest(case.endpoint) as rest:
        shards = shards_of(rest, case.dataset.class_name)
    case.asked += 1
    told = [one["compressed"] for one in shards if "compressed" in one]
    if not told:
        raise Skipped("this server does not say whether vectors are compressed")
    case.require(
        all(told), "vectors that were to be compressed are not", shards=shards, with_=case.collection.quantizer
    )


@check(
    "quantised/distances-exact",
    source=f"{_DOCUMENTED}: results are re-scored with the original vectors",
    when=(quantised, rescored),
    by_name=True,
)
def distances_are_those_of_the_original_vectors(case: Case) -> None:
    """Where results are re-scored each distance is that of the vectors as they were stored."""
    for stored in case.samples(case.effort(_ASKED)):
        assert stored.picture is not None
        truth = case.truth_of(stored.picture)
        for limit in _LIMITS:
            question = case.near(stored.picture, limit=limit)
            hits = case.hits(question)
            case.demand(question, hits, truth.wrong_distances(hits))


@check("quantised/ascending", source="hits come by rising distance", when=(quantised,), by_name=True)
def hits_come_by_rising_distance_all_the_same(case: Case) -> None:
    """Hits come by rising distance, each object once, whether results are re-scored or not."""
    for stored in case.samples(case.effort(_ASKED)):
        assert stored.picture is not None
        for limit in _LIMITS:
            question = case.near(stored.picture, limit=limit)
            hits = case.hits(question)
            case.demand(question, hits, descents(hits))
            case.demand(question, hits, repeated([hit.id for hit in hits]))
            case.require(len(hits) == limit, "not as many hits as the limit asks for", question, hits, expected=limit)


@check("quantised/whole", source="a limit of all there is returns all there is", when=(quantised,), by_name=True)
def nothing_is_missed_when_all_is_asked_for(case: Case) -> None:
    """A search for as many hits as there are objects finds every object."""
    for query in case.queries:
        question = case.near(query.picture, limit=case.count)
        hits = case.hits(question)
        missed = sorted(set(case.dataset.ids) - {hit.id for hit in hits})
        case.require(
            not missed, "objects are not found although all were asked for", question, hits, missed=missed[:_ASKED]
        )


@check(
    "quantised/found-when-stored",
    source=f"{_DOCUMENTED}: objects that come later are compressed too",
    when=(quantised,),
    by_name=True,
    writes=True,
)
def what_is_stored_later_is_found(case: Case) -> None:
    """An object that is stored when the vectors of others are compressed already is among the best by its own image."""
    dataset, added = case.standing(_with_a_late_one)
    there, picture = case.on(dataset), dataset.by_id[added].picture
    assert picture is not None
    question = there.near(picture, limit=_LIMITS[-1])
    hits = there.hits(question)
    there.require(added in {hit.id for hit in hits}, "an object that came later is not found", question, hits)


@contextmanager
def _with_a_late_one(case: Case) -> Iterator[tuple[Dataset, str]]:
    """The objects of a few pictures, compressed, and the id of one that came afterwards."""
    late, *early = (one for one in case.samples(_ENOUGH) if one.picture is not None)
    assert late.picture is not None
    with case.scratch(first_definition(case.collection)) as shelf:
        shelf.fill([one.picture for one in early if one.picture is not None], [one.vector for one in early])
        settle(shelf.rest, case.collection, shelf.class_name)
        added = shelf.add(late.picture)
        yield shelf.read(), added
