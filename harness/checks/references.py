"""Chapter references: a hit that points at objects of another class brings them, and a filter looks over there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.checks.case import Case, Query
from harness.checks.registry import check, unnamed
from harness.dataset import Dataset, Scratch
from harness.model import GroupBy, Hit, Level, Question, Reference, Where
from harness.oracle import Truth

_BROUGHT = "a cross reference that is asked for comes with each hit"
_FILTERED = "a path over a reference filters by what it points at"
_FEW = 9
_TITLES = ("Summer", "Autumn", "Winter")
_OF, _TITLE = "ofAlbum", "title"

clause = partial(check, by_name=True, writes=True, when=(unnamed,))
"""Registers a clause about references."""


@dataclass(frozen=True)
class _Albums:
    """A class whose objects point at albums: `of` has the albums' numbers of each object, in the order of import."""

    photos: Scratch
    albums: Scratch
    ids: tuple[str, ...]
    dataset: Dataset
    of: dict[str, tuple[int, ...]]

    def asked(self) -> Reference:
        """What is asked for of an album."""
        return Reference(_OF, self.albums.class_name, (_TITLE,))

    def where(self, title: str, operator: str = "Equal") -> Where:
        """The filter on the title of the album that an object is in."""
        return Where(operator, (_OF, self.albums.class_name, _TITLE), title)

    def within(self, *numbers: int) -> list[str]:
        """Ids of the objects that point at one of these albums."""
        return [id_ for id_, of in self.of.items() if set(of) & set(numbers)]


@contextmanager
def _albums(case: Case, pointing: Sequence[tuple[int, ...]] = ((0,), (1,), (2,))) -> Iterator[_Albums]:
    """Make albums, and pictures that point at them, in turn as `pointing` says."""
    plain = {"vectorizer": "none", "properties": [{"name": _TITLE, "dataType": ["text"]}]}
    with case.scratch(plain) as albums:
        ids = tuple(albums.put_in({_TITLE: title}) for title in _TITLES)
        definition = {**case.collection.definition}
        definition["properties"] = [*definition["properties"], {"name": _OF, "dataType": [albums.class_name]}]
        with case.scratch(definition) as photos:
            of = {}
            for number, stored in enumerate(case.samples(_FEW)):
                assert stored.picture is not None
                chosen = pointing[number % len(pointing)]
                beacons = [{"beacon": f"weaviate://localhost/{albums.class_name}/{ids[each]}"} for each in chosen]
                extra: dict[str, Any] = {_OF: beacons} if beacons else {}
                of[photos.add(stored.picture, extra=extra)] = chosen
            yield _Albums(photos, albums, ids, photos.read(), of)


def _query(elsewhere: Case) -> Query:
    picture = elsewhere.dataset.pictured[0].picture
    assert picture is not None
    return Query(picture.name, picture, elsewhere.truth_of(picture))


def _demand_titles(elsewhere: Case, question: Question, hits: Sequence[Hit], albums: _Albums) -> None:
    """Demand that each hit brings the albums that it points at, with their titles."""
    for hit in hits:
        expected = {(albums.ids[one], _TITLES[one]) for one in albums.of.get(hit.id, ())}
        got = {(one.id, str(one.properties.get(_TITLE))) for one in hit.references.get(_OF, ())}
        elsewhere.require(
            got == expected,
            "a hit does not bring what it points at",
            question,
            hits,
            id=hit.id,
            got=sorted(got),
            expected=sorted(expected),
        )


def _ranked(elsewhere: Case, question: Question, hits: Sequence[Hit], truth: Truth, among: Sequence[str]) -> None:
    elsewhere.demand(question, hits, truth.faults(hits, truth.expect(limit=_FEW, among=among)))
    elsewhere.demand(question, hits, truth.wrong_distances(hits))


def _demand_brought(case: Case, albums: _Albums) -> None:
    """Demand that a search ranks the pictures rightly, and that each hit brings what it points at."""
    elsewhere = case.on(albums.dataset)
    query = _query(elsewhere)
    question = elsewhere.near(query.picture, limit=_FEW, references=(albums.asked(),))
    hits = elsewhere.hits(question)
    _ranked(elsewhere, question, hits, query.truth, list(albums.of))
    _demand_titles(elsewhere, question, hits, albums)


# --- what comes with a hit -------------------------------------------------------------------------


@clause("references/resolved", source=_BROUGHT)
def each_hit_brings_what_it_points_at(case: Case) -> None:
    """Each hit brings the object that it points at, with the properties asked for, and nothing else changes."""
    _demand_brought(case, case.standing(_albums))


@clause("references/several", source=f"{_BROUGHT}: all of them")
def several_references_all_come(case: Case) -> None:
    """An object that points at two brings both, and one that points at none brings none and is found all the same."""
    _demand_brought(case, case.standing(_albums, ((0, 1), (), (2,))))


@clause("references/deleted", level=Level.SHOULD, source="what is deleted is not brought, and its pictures stay")
def a_deleted_target_leaves_the_hit(case: Case) -> None:
    """An object that points at a deleted one is found as before and brings the others that it points at."""
    with _albums(case, ((0, 1), (1,), (2,))) as albums:
        albums.albums.delete(albums.ids[1])
        left = {id_: tuple(one for one in of if one != 1) for id_, of in albums.of.items()}
        albums.of.update(left)
        _demand_brought(case, albums)


@clause("references/grouped", level=Level.SHOULD, source=f"{_BROUGHT}, in a group as anywhere")
def a_grouped_hit_brings_what_it_points_at(case: Case) -> None:
    """Inside a group each hit brings the object that it points at."""
    albums = case.standing(_albums)
    elsewhere = case.on(albums.dataset)
    by = GroupBy(_OF, len(_TITLES), _FEW)
    question = elsewhere.near(_query(elsewhere).picture, limit=_FEW, references=(albums.asked(),), group_by=by)
    answer = elsewhere.answered(question)
    got = {group.value.rpartition("/")[2] for group in answer.groups}
    elsewhere.require(got == set(albums.ids), "not each album has its group", question, got=sorted(got))
    elsewhere.require(len(answer.hits) == _FEW, "not each picture is in a group", question, answer.hits)
    _demand_titles(elsewhere, question, answer.hits, albums)


# --- filters over there ----------------------------------------------------------------------------


@clause("references/filter", source=_FILTERED)
def a_filter_over_a_reference_only_removes(case: Case) -> None:
    """A filter over a reference leaves exactly the objects that point at one that passes."""
    albums = case.standing(_albums)
    elsewhere = case.on(albums.dataset)
    query = _query(elsewhere)
    for number, title in enumerate(_TITLES):
        question = elsewhere.near(query.picture, limit=_FEW, where=albums.where(title))
        hits = elsewhere.hits(question)
        _ranked(elsewhere, question, hits, query.truth, albums.within(number))


@clause("references/filter-threshold", source=f"{_FILTERED}; distance is the largest dissimilarity allowed")
def a_filter_over_a_reference_and_a_threshold_both_hold(case: Case) -> None:
    """With a filter over a reference and a threshold exactly the objects that pass both are found."""
    albums = case.standing(_albums)
    elsewhere = case.on(albums.dataset)
    query = _query(elsewhere)
    for threshold in query.truth.distinct_distances()[::2]:
        question = elsewhere.near(query.picture, limit=_FEW, distance=threshold, where=albums.where(_TITLES[0]))
        hits = elsewhere.hits(question)
        expected = query.truth.expect(threshold=threshold, among=albums.within(0))
        elsewhere.demand(question, hits, query.truth.faults(hits, expected))


@clause("references/filter-nothing", source=f"{_FILTERED}; nothing that passes is an empty list")
def a_filter_that_nothing_over_there_passes_leaves_nothing(case: Case) -> None:
    """A filter over a reference that nothing passes gives an empty list, and that is no error."""
    albums = case.standing(_albums)
    elsewhere = case.on(albums.dataset)
    question = elsewhere.near(_query(elsewhere).picture, limit=_FEW, where=albums.where("Spring"))
    hits = elsewhere.hits(question)
    elsewhere.require(not hits, "nothing passes and something is found", question, hits)


@clause("references/counted", level=Level.SHOULD, source=f"{_FILTERED}; Aggregate counts what Get finds")
def what_a_filter_over_a_reference_leaves_is_counted(case: Case) -> None:
    """`Aggregate` with a filter over a reference counts the objects that it leaves."""
    albums = case.standing(_albums, ((0,), (1,), (1,)))
    elsewhere = case.on(albums.dataset)
    picture = _query(elsewhere).picture
    for number in (0, 1):
        question = elsewhere.near(picture, where=albums.where(_TITLES[number]))
        counted = elsewhere.tally(question.counted(object_limit=_FEW)).objects
        expected = len(albums.within(number))
        case.require(counted == expected, "another number was counted", counted=counted, expected=expected)
