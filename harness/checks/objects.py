"""Chapter objects: what a search finds after objects were changed, in a collection made for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from harness.checks.case import Case, Violation
from harness.checks.registry import Per, check, directed, image_alone, kept
from harness.dataset import Scratch
from harness.dataset.loading import must
from harness.errors import AnswerError
from harness.images import Picture
from harness.interfaces.rest import Object
from harness.model import Hit, State

changed = partial(check, writes=True, per=Per.STORE)
"""Register a clause about what a change leaves: how near things are is nothing to it."""

_FEW = 6
_BARE = {"absent": "00000000-0000-4000-8000-000000000001", "null": "00000000-0000-4000-8000-000000000002"}


def _filled(case: Case, shelf: Scratch) -> tuple[list[str], list[Picture]]:
    """Put the pictures of a few different vectors into the scratch collection; return ids and pictures."""
    pictures: list[Picture] = []
    seen = set()
    for stored in case.samples(40):
        if stored.picture is not None and stored.vector not in seen:
            seen.add(stored.vector)
            pictures.append(stored.picture)
    pictures = pictures[: case.effort(_FEW)]
    return shelf.fill(pictures), pictures


def _nearest(case: Case, shelf: Scratch, picture: Picture, *, limit: int = _FEW + 2) -> tuple[Hit, ...]:
    there = case.on(shelf.read())
    return there.hits(there.near(picture, limit=limit))


def _as_exact(case: Case, shelf: Scratch, picture: Picture) -> None:
    """Demand the exact ranking of what the picture's own vector says now."""
    there = case.on(shelf.read())
    truth = there.truth_of(picture)
    question = there.near(picture, limit=_FEW + 2)
    hits = there.hits(question)
    case.demand(question, hits, truth.faults(hits, truth.expect(limit=_FEW + 2)))
    case.demand(question, hits, truth.wrong_distances(hits))


@changed("objects/delete-removes", source="a deleted object is gone")
def a_deleted_object_is_not_found(case: Case) -> None:
    """A deleted object is not found any more; the others are."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        shelf.delete(ids[0])
        # no more than are left, so that a deleted object that still takes a place is seen too
        hits = _nearest(case, shelf, pictures[0], limit=len(ids) - 1)
        found = {hit.id for hit in hits}
        case.require(ids[0] not in found, "a deleted object was found", deleted=ids[0], found=sorted(found))
        case.require(
            found == set(ids[1:]), "deleting one object lost another", found=sorted(found), expected=sorted(ids[1:])
        )


@changed(
    "objects/replace-moves",
    source="an update that changes the image makes a new vector",
    when=(directed, image_alone),
)
def a_replaced_image_is_found_as_the_new_one(case: Case) -> None:
    """After PUT with another image the object is at distance 0 from the new image and no longer from the old."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        shelf.put(ids[0], pictures[1])
        _moved(case, shelf, ids[0], pictures[0], pictures[1])


@changed(
    "objects/patch-moves",
    source="an update that changes the image makes a new vector",
    when=(directed, image_alone),
)
def a_patched_image_is_found_as_the_new_one(case: Case) -> None:
    """After PATCH with another image the object is at distance 0 from the new image and no longer from the old."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        shelf.patch(ids[0], {case.collection.image_property: pictures[1].base64})
        _moved(case, shelf, ids[0], pictures[0], pictures[1])


def _moved(case: Case, shelf: Scratch, id_: str, old: Picture, new: Picture) -> None:
    at_new = {hit.id: hit.distance for hit in _nearest(case, shelf, new)}
    at_old = {hit.id: hit.distance for hit in _nearest(case, shelf, old)}
    case.require(id_ in at_new, "the changed object is gone", id=id_)
    truth = case.on(shelf.read()).truth_of(new)
    near = at_new[id_]
    case.require(
        near is not None and abs(near) <= truth.bound(id_) + 1e-6,
        "the changed object is not at its new image",
        id=id_,
        distance_from_new=near,
        distance_from_old=at_old.get(id_),
    )
    _as_exact(case, shelf, old)


@changed(
    "objects/patch-keeps",
    source="an update that does not change the image keeps the vector",
    when=(kept("number"), image_alone),
)
def a_change_beside_the_image_keeps_the_vector(case: Case) -> None:
    """A PATCH that does not touch the image leaves the vector and the answers as they are."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        before = shelf.read().by_id[ids[0]].vector
        shelf.patch(ids[0], {"number": 4711})
        after = shelf.read().by_id.get(ids[0])
        if after is None:
            raise Violation("the object is gone", {"id": ids[0]})
        case.require(after.properties.get("number") == 4711, "the change was lost", id=ids[0])  # noqa: PLR2004 - as sent
        case.require(after.vector == before, "the vector changed although the image did not", id=ids[0])
        _as_exact(case, shelf, pictures[0])


@changed("objects/reimport-is-one", source="an id is one object: storing it again replaces it")
def storing_an_object_again_keeps_one(case: Case) -> None:
    """Storing the same object again leaves one object, found once."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        shelf.add(pictures[0], id_=ids[0])
        hits = _nearest(case, shelf, pictures[0])
        case.require(
            sorted(hit.id for hit in hits) == sorted(ids),
            "not each object once after storing one again",
            found=[hit.id for hit in hits],
            expected=ids,
        )
        _as_exact(case, shelf, pictures[0])


@changed(
    "objects/reimport-moves",
    source="an id is one object: storing it again replaces it",
    when=(directed, image_alone),
)
def storing_an_object_with_another_image_moves_it(case: Case) -> None:
    """Storing an object again with another image replaces its vector."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        shelf.add(pictures[1], id_=ids[0])
        _moved(case, shelf, ids[0], pictures[0], pictures[1])


@changed("objects/delete-and-return", source="a deleted object is gone; a stored one is there")
def a_deleted_object_that_returns_is_found(case: Case) -> None:
    """An object that was deleted and stored again is found again."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        shelf.delete(ids[0])
        shelf.add(pictures[0], id_=ids[0])
        _as_exact(case, shelf, pictures[0])


@check(
    "objects/without-image-stored",
    source="an object without the image (absent or null) has no vector",
    writes=True,
    per=Per.COLLECTION,
    when=(image_alone,),
)
def an_object_without_image_is_stored(case: Case) -> None:
    """An object without an image is stored, beside one with an image, and has no vector."""
    with case.scratch() as shelf:
        stored = case.samples(1)[0]
        assert stored.picture is not None
        shelf.add(stored.picture)
        for kind, values in (("absent", {}), ("null", {case.collection.image_property: None})):
            written = shelf.offer(values, id_=_BARE[kind])
            if written.state is State.UNKNOWN:
                raise AnswerError(f"no answer when an object without an image was to be stored: {written.message}")
            case.require(
                written.state is State.OK, "an object without an image is refused", image=kind, message=written.message
            )
            found = shelf.read().by_id.get(_BARE[kind])
            case.require(found is not None, "an object without an image was stored and is not there", image=kind)
            case.require(
                found is not None and found.vector is None, "an object without an image has a vector", image=kind
            )


@changed(
    "objects/patch-null",
    source="an object without the image (absent or null) has no vector and is not found by nearImage",
    when=(image_alone,),
)
def an_image_that_is_patched_away_is_not_found(case: Case) -> None:
    """After a PATCH of the image to null the object is not found any more; the others are."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        shelf.patch(ids[0], {case.collection.image_property: None})
        _gone(case, shelf, ids, pictures[0])


@changed(
    "objects/put-without-image",
    source="an object without the image (absent or null) has no vector and is not found by nearImage",
    when=(image_alone,),
)
def an_object_put_without_its_image_is_not_found(case: Case) -> None:
    """After a PUT without the image the object is not found any more; the others are."""
    with case.scratch() as shelf:
        ids, pictures = _filled(case, shelf)
        reply = shelf.rest.put(Object(shelf.class_name, ids[0], {}))
        if reply.state is State.REFUSED:
            raise Violation("an object without an image is refused", {"id": ids[0], "message": reply.message})
        must(reply, "replace an object by one without an image")
        _gone(case, shelf, ids, pictures[0])


def _gone(case: Case, shelf: Scratch, ids: Sequence[str], picture: Picture) -> None:
    left = shelf.rest.get(shelf.class_name, ids[0])
    case.require(left is not None, "the object itself is gone", id=ids[0])
    if left is not None and left.properties.get(case.collection.image_property):
        raise Violation("the object still has its image", {"id": ids[0]})
    hits = _nearest(case, shelf, picture)
    found = sorted(hit.id for hit in hits)
    case.require(
        found == sorted(ids[1:]),
        "what is found is not the objects that have an image",
        without_image=ids[0],
        found=found,
        expected=sorted(ids[1:]),
    )
