"""Chapter near-image: what a search by image finds, in which order, at which distance."""

from __future__ import annotations

from base64 import b64encode

from harness.checks.case import Case, Skipped, Violation
from harness.checks.rankings import different
from harness.checks.registry import Per, check, directed, image_alone, kind_is
from harness.model import Level, NearImage, Question, State
from harness.oracle import SLACK, descents, repeated

_SMALL = 5000
"""Up to so many objects an approximate index has no excuse; beyond, a miss is recall, which a scenario promises."""
_DEEP = 100
_FIRST, _FIRST_FOR_A_MODEL = (1, 2, 5, 10, 50), (1, 10)
_BARE = "00000000-0000-4000-8000-000000000001"


@check(
    "near-image/same-image-first", source="an image is at the least distance from itself", when=(directed, image_alone)
)
def the_same_image_is_first(case: Case) -> None:
    """An image that is stored finds itself first, at distance 0."""
    for stored in case.samples(case.effort(5)):
        assert stored.picture is not None
        assert stored.vector is not None
        truth = case.dataset.truth(stored.vector)
        rounding = truth.bound(stored.id) + SLACK
        ties = sum(truth.distance(id_) <= truth.distance(stored.id) + rounding + truth.bound(id_) for id_ in truth.ids)
        question = case.near(stored.picture, limit=ties)
        hits = case.hits(question)
        mine = next((hit for hit in hits if hit.id == stored.id), None)
        if mine is None:
            raise Violation("the image itself was not found", case.evidence(question, hits) | {"image": stored.id})
        distance = mine.distance
        case.require(
            distance is not None and abs(distance) <= rounding,
            "the image is not at distance 0 from itself",
            question,
            hits,
            distance=distance,
        )


@check("near-image/ascending", source="results are ordered by distance, the least first")
def the_order_is_ascending(case: Case) -> None:
    """Hits come in the order of their distance, the least first."""
    for query in case.queries:
        question = case.near(query.picture, limit=case.count)
        hits = case.hits(question)
        case.demand(question, hits, descents(hits))


@check("near-image/distances-exact", source="the distance metrics of the vector index configuration")
def the_distances_are_exact(case: Case) -> None:
    """Each returned distance is that of the metric, as exactly as float32 allows."""
    for query in case.queries:
        question = case.near(query.picture, limit=min(case.count, _DEEP))
        hits = case.hits(question)
        case.require(all(hit.distance is not None for hit in hits), "a hit has no distance", question, hits)
        case.demand(question, hits, query.truth.wrong_distances(hits))


@check("near-image/exact-neighbours", source="nearImage returns the objects whose vectors are nearest")
def the_neighbours_are_the_exact_ones(case: Case) -> None:
    """The best k are the k nearest of all, for each k."""
    if case.count > _SMALL and case.collection.index != "flat":
        raise Skipped(f"{case.count} objects behind an approximate index: promise a recall instead")
    limits = _FIRST if case.planted else _FIRST_FOR_A_MODEL
    for query in case.queries:
        for limit in sorted({*(one for one in limits if one < case.count), case.count}):
            question = case.near(query.picture, limit=limit)
            hits = case.hits(question)
            case.demand(question, hits, query.truth.faults(hits, query.truth.expect(limit=limit)))


@check("near-image/no-duplicates", source="a result lists each object once")
def no_object_comes_twice(case: Case) -> None:
    """No object is returned twice, and no more objects than there are."""
    for query in case.queries:
        question = case.near(query.picture, limit=case.count + 10)
        hits = case.hits(question)
        case.demand(question, hits, repeated([hit.id for hit in hits]))
        case.require(len(hits) <= case.count, "more hits than there are objects", question, hits, objects=case.count)


@check(
    "near-image/equals-near-vector",
    level=Level.SHOULD,
    source="nearImage is nearVector with the vector that the module makes",
)
def it_equals_near_vector(case: Case) -> None:
    """`nearImage` answers as `nearVector` does with the vector of that image."""
    for query in case.queries:
        limit = min(case.count, _DEEP)
        question = case.near(query.picture, limit=limit)
        by_image = case.hits(question)
        by_vector = case.hits(case.near_vector(query.truth.query, limit=limit))
        error = query.truth.apart(hit.id for hit in by_vector)
        case.demand(question, by_image, different(by_image, by_vector, error=error), compared_with="nearVector")


@check(
    "near-image/equals-near-object",
    level=Level.SHOULD,
    source="nearObject searches with the stored vector of that object",
    when=(image_alone,),
)
def it_equals_near_object(case: Case) -> None:
    """`nearImage` with a stored image answers as `nearObject` does with its object."""
    for stored in case.samples(3):
        assert stored.picture is not None
        assert stored.vector is not None
        truth = case.dataset.truth(stored.vector)
        limit = min(case.count, _DEEP)
        question = case.near(stored.picture, limit=limit)
        by_image = case.hits(question)
        by_object = case.hits(case.near_object(stored.id, limit=limit))
        error = truth.apart(hit.id for hit in by_object)
        case.demand(question, by_image, different(by_image, by_object, error=error), compared_with="nearObject")


@check(
    "near-image/near-duplicates-first",
    source="a near-duplicate is more similar than another subject",
    when=(directed, image_alone, kind_is("planted")),
)
def near_duplicates_come_before_others(case: Case) -> None:
    """Images that differ a little come before images of another subject."""
    for stored in case.samples(case.effort(5)):
        assert stored.picture is not None
        subject = stored.picture.subject
        same = {one.id for one in case.dataset.pictured if one.picture and one.picture.subject == subject}
        question = case.near(stored.picture, limit=len(same))
        hits = case.hits(question)
        case.require(
            {hit.id for hit in hits} == same,
            "another subject came before a near-duplicate",
            question,
            hits,
            subject=subject,
            expected=sorted(same),
        )


@check(
    "near-image/empty-collection",
    source="nothing to find is an empty list, not null and not an error",
    writes=True,
    per=Per.STORE,
)
def an_empty_collection_gives_an_empty_list(case: Case) -> None:
    """A search in a collection without objects gives an empty list."""
    with case.scratch() as empty:
        elsewhere = case.on(empty.read())
        for threshold in (None, 0.5):
            question = elsewhere.near(case.samples(1)[0].picture, limit=5, distance=threshold)  # type: ignore[arg-type]
            hits = elsewhere.hits(question)
            case.require(not hits, "hits in an empty collection", question, hits)


@check(
    "near-image/without-image-not-found",
    source="an object without an image has no vector and is not found",
    writes=True,
    per=Per.STORE,
    when=(image_alone,),
)
def an_object_without_image_is_not_found(case: Case) -> None:
    """An object that was stored without an image is never a hit."""
    stored = case.samples(1)[0]
    assert stored.picture is not None
    with case.scratch() as shelf:
        with_image = shelf.add(stored.picture)
        if shelf.offer({}, id_=_BARE).state is not State.OK:
            raise Skipped("this server does not store an object without an image at all")
        question = case.on(shelf.read()).near(stored.picture, limit=10)
        hits = case.on(shelf.read()).hits(question)
        case.require(
            [hit.id for hit in hits] == [with_image], "not just the object with an image was found", question, hits
        )


@check("near-image/not-an-image", source="the service's failure reaches the user as an error, never as a result")
def what_is_no_image_is_an_error(case: Case) -> None:
    """A search with something that is no image is an error, not an empty or made-up result."""
    picture = case.samples(1)[0].picture
    assert picture is not None
    for data in (b"this is no image", picture.data[: len(picture.data) // 3]):
        case.refused(_raw(case, b64encode(data).decode()))


@check("near-image/image-required", source="`image` is a required argument and must not be empty")
def an_empty_image_is_refused(case: Case) -> None:
    """A search with an empty image is refused, and the message names the argument."""
    case.refused(_raw(case, ""), because=("image",))


def _raw(case: Case, image: str) -> Question:
    return Question(case.dataset.class_name, NearImage(image), limit=5)
