"""Chapter tenants: one tenant's images are never another's, whatever else a question says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from harness.checks.case import Case
from harness.checks.likeness import alike
from harness.checks.rankings import different
from harness.checks.refusing import asked, demand_refused
from harness.checks.registry import Condition, check, kept
from harness.dataset import Dataset, Scratch
from harness.images import Picture
from harness.model import Level, Question, State, Where

_APART = "tenants never see each other's objects"
_FEW = 6
_MINE, _THEIRS, _NEW = "mine", "theirs", "new"
_NUMBER: tuple[Condition, ...] = (kept("number"),)

clause = partial(check, by_name=True, writes=True, versions=">=1.20")
"""Registers a clause about a class with tenants."""


@contextmanager
def _tenants(case: Case, **settings: bool) -> Iterator[tuple[Scratch, Scratch]]:
    """Two tenants' parts of a class, with pictures in turn: no two have one, and both have objects of the same ids.

    Args:
        case: whose check this is.
        settings: what else `multiTenancyConfig` says; where the class makes tenants itself they are not added before.
    """
    definition = {name: value for name, value in case.collection.definition.items() if name != "shardingConfig"}
    with case.scratch({**definition, "multiTenancyConfig": {"enabled": True, **settings}}) as shelf:
        pictures = _pictures(case)
        made = settings.get("autoTenantCreation", False)
        mine, theirs = (shelf.of(name, there=made) for name in (_MINE, _THEIRS))
        mine.fill(pictures[::2])
        theirs.fill(pictures[1::2])
        yield mine, theirs


def _pictures(case: Case) -> list[Picture]:
    """Pictures of different vectors: a tie would be found by a server that confuses tenants, too."""
    found = {one.vector: one.picture for one in case.samples(case.count) if one.picture is not None}
    return list(found.values())[: 2 * _FEW]


def _as_stored(case: Case, part: Scratch) -> Dataset:
    """Read a tenant's part, and demand that it is what was stored: a leak in what is read back would hide another."""
    dataset = part.read()
    for stored in dataset.stored:
        case.require(stored.picture is not None, "a tenant has an object that was not stored for it", id=stored.id)
        assert stored.picture is not None
        made = case.probe.image(case.collection, stored.picture)
        case.require(
            alike(stored.vector or (), made, dataset.metric),
            "a tenant's object has another vector than that of its image",
            tenant=dataset.tenant,
            id=stored.id,
        )
    return dataset


def _exactly(case: Case, dataset: Dataset, picture: Picture, **arguments: object) -> None:
    """Demand that a tenant's own objects, and those alone, are found by this picture."""
    elsewhere = case.on(dataset)
    truth = elsewhere.truth_of(picture)
    question = elsewhere.near(picture, limit=case.count, **arguments)
    hits = elsewhere.hits(question)
    elsewhere.demand(question, hits, truth.faults(hits, truth.expect(limit=case.count)))
    elsewhere.demand(question, hits, truth.wrong_distances(hits))


# --- apart ---------------------------------------------------------------------------------------


@clause("tenants/own-images", source=_APART)
def a_tenant_finds_its_own_images_alone(case: Case) -> None:
    """A tenant finds all of its own images and none of another's, however many are asked for."""
    mine, theirs = case.standing(_tenants)
    both = [_as_stored(case, part) for part in (mine, theirs)]
    for dataset in both:
        for other in both:
            for stored in other.pictured[:2]:
                assert stored.picture is not None
                _exactly(case, dataset, stored.picture)


@clause("tenants/threshold", source=f"{_APART}; distance is the largest dissimilarity allowed")
def a_threshold_stays_within_the_tenant(case: Case) -> None:
    """Within a threshold a tenant finds its own images and none of another's, not even the same one."""
    mine, theirs = case.standing(_tenants)
    dataset = mine.read()
    elsewhere = case.on(dataset)
    for stored in (*dataset.pictured[:2], *theirs.read().pictured[:2]):
        assert stored.picture is not None
        truth = elsewhere.truth_of(stored.picture)
        for threshold in truth.distinct_distances()[:: _FEW // 2]:
            question = elsewhere.near(stored.picture, distance=threshold, limit=case.count)
            hits = elsewhere.hits(question)
            elsewhere.demand(question, hits, truth.faults(hits, truth.expect(threshold=threshold)))


@clause("tenants/filter", source=f"{_APART}; where first, then the ranking", when=_NUMBER)
def a_filter_stays_within_the_tenant(case: Case) -> None:
    """With a filter that both tenants' objects pass, a tenant finds its own images and none of another's."""
    mine, _theirs = case.standing(_tenants)
    dataset = mine.read()
    elsewhere = case.on(dataset)
    picture = dataset.pictured[0].picture
    assert picture is not None
    truth = elsewhere.truth_of(picture)
    for number in (1, _FEW // 2, case.count):
        left = [one.id for one in dataset.stored if one.properties["number"] < number]
        where = Where("LessThan", ("number",), number)
        question = elsewhere.near(picture, limit=case.count, where=where)
        hits = elsewhere.hits(question)
        elsewhere.demand(question, hits, truth.faults(hits, truth.expect(limit=case.count, among=left)))


@clause("tenants/near-vector", level=Level.SHOULD, source=f"{_APART}, by vector as by image")
def a_vector_finds_what_an_image_finds(case: Case) -> None:
    """By vector a tenant finds what it finds by image."""
    mine, _theirs = case.standing(_tenants)
    dataset = mine.read()
    elsewhere = case.on(dataset)
    stored = dataset.pictured[0]
    assert stored.picture is not None
    truth = elsewhere.truth_of(stored.picture)
    question = elsewhere.near_vector(truth.query, limit=case.count)
    hits = elsewhere.hits(question)
    elsewhere.demand(question, hits, truth.faults(hits, truth.expect(limit=case.count)))


@clause("tenants/near-object", source=f"{_APART}, so an id means the tenant's own object")
def an_id_means_the_tenants_own_object(case: Case) -> None:
    """`nearObject` with an id that two tenants have searches with the vector of the tenant's own object."""
    mine, theirs = case.standing(_tenants)
    for dataset in (mine.read(), theirs.read()):
        elsewhere = case.on(dataset)
        stored = dataset.pictured[0]
        assert stored.vector is not None
        truth = dataset.truth(stored.vector)
        question = elsewhere.near_object(stored.id, limit=case.count)
        hits = elsewhere.hits(question)
        elsewhere.demand(question, hits, truth.faults(hits, truth.expect(limit=case.count)))
        elsewhere.demand(question, hits, truth.wrong_distances(hits))


@clause("tenants/foreign-object", level=Level.SHOULD, source=f"{_APART}, so nobody can search with another's")
def anothers_object_is_no_query(case: Case) -> None:
    """`nearObject` with the id of an object that only another tenant has is refused."""
    with _tenants(case) as (mine, theirs):
        picture = case.samples(1)[0].picture
        assert picture is not None
        foreign = theirs.add(picture, id_="00000000-0000-4000-8000-00000000f0e1")
        elsewhere = case.on(mine.read())
        elsewhere.refused(elsewhere.near_object(foreign, limit=_FEW))


@clause("tenants/counted", level=Level.SHOULD, source=f"{_APART}; Aggregate counts what Get finds")
def a_tenants_images_are_counted_alone(case: Case) -> None:
    """`Aggregate` with nearImage counts a tenant's own images and none of another's."""
    mine, theirs = case.standing(_tenants)
    for dataset in (mine.read(), theirs.read()):
        elsewhere = case.on(dataset)
        picture = dataset.pictured[0].picture
        assert picture is not None
        question = elsewhere.near(picture)
        counted = elsewhere.tally(question.counted(object_limit=case.count)).objects
        own = len(dataset.ids)
        case.require(counted == own, "not just the tenant's own objects were counted", counted=counted, own=own)


@clause("tenants/other-objects-id", level=Level.SHOULD, source=f"{_APART}, not by their ids either")
def an_id_filter_stays_within_the_tenant(case: Case) -> None:
    """A filter on the id of another tenant's object finds nothing."""
    with _tenants(case) as (mine, theirs):
        picture = case.samples(1)[0].picture
        assert picture is not None
        foreign = theirs.add(picture, id_="00000000-0000-4000-8000-00000000f0e1")
        elsewhere = case.on(mine.read())
        question = elsewhere.near(picture, limit=_FEW, where=Where("Equal", ("id",), foreign))
        answer = elsewhere.ask(question)
        elsewhere.require(answer.state is State.OK, f"it was refused: {answer.message}", question)
        elsewhere.require(not answer.hits, "another tenant's object was found", question, answer.hits)


@clause(
    "tenants/made-by-objects",
    source=f"autoTenantCreation makes a tenant of its first object; {_APART}",
    versions=">=1.25",
)
def a_tenant_that_an_object_made_has_its_own(case: Case) -> None:
    """A tenant that came to be with its first objects finds these, and none of another's that came to be so."""
    with _tenants(case, autoTenantCreation=True) as (mine, theirs):
        for part in (mine, theirs):
            dataset = _as_stored(case, part)
            case.require(len(dataset.stored) == len(dataset.pictured), "objects of a new tenant have no vector")
            for picture in _pictures(case)[:2]:
                _exactly(case, dataset, picture)


# --- changes of one ------------------------------------------------------------------------------


@clause("tenants/delete-one", source=_APART)
def deleting_in_one_leaves_the_other(case: Case) -> None:
    """An object that is deleted from one tenant is gone there, and that with the same id stays in the other."""
    with _tenants(case) as (mine, theirs):
        before = theirs.read()
        stored = mine.read().pictured[0]
        mine.delete(stored.id)
        for dataset in (mine.read(), before):
            for picture in (stored.picture, before.pictured[0].picture):
                assert picture is not None
                _exactly(case, dataset, picture)


@clause("tenants/empty", source="nothing to find is an empty list")
def an_empty_tenant_gives_an_empty_list(case: Case) -> None:
    """A tenant without objects finds nothing, and that is no error."""
    with _tenants(case) as (mine, _theirs):
        picture = mine.read().pictured[0].picture
        assert picture is not None
        elsewhere = case.on(mine.of(_NEW).read())
        for arguments in ({}, {"distance": 1e6}):
            question = elsewhere.near(picture, limit=case.count, **arguments)
            hits = elsewhere.hits(question)
            elsewhere.require(not hits, "an empty tenant finds something", question, hits)


@clause("tenants/inactive", source="an inactive tenant cannot be asked", versions=">=1.21")
def an_inactive_tenant_is_refused_by_its_name(case: Case) -> None:
    """A search in an inactive tenant is refused, and the message names that tenant or says that it is not active."""
    with _tenants(case) as (mine, theirs):
        question = _first(case, mine.read())
        untouched = theirs.read()
        mine.turn("COLD")
        demand_refused(case, question, asked(case, question), because=[f"'{_MINE}'", f'"{_MINE}"', "not active"])
        picture = untouched.pictured[0].picture
        assert picture is not None
        _exactly(case, untouched, picture)


@clause("tenants/active-again", source="a tenant that is active again has all that it had", versions=">=1.21")
def an_active_tenant_has_what_it_had(case: Case) -> None:
    """A tenant that was inactive and is active again gives the same answer as before."""
    with _tenants(case) as (mine, _theirs):
        dataset = mine.read()
        question = _first(case, dataset)
        before = case.hits(question)
        mine.turn("COLD")
        mine.turn("HOT")
        after = case.hits(question)
        case.demand(question, after, different(after, before), compared_with="before it was inactive")
        case.require(len(after) == len(before), "another number of hits than before", question, after)


def _first(case: Case, dataset: Dataset) -> Question:
    """The question for everything that a tenant has, by its first picture."""
    picture = dataset.pictured[0].picture
    assert picture is not None
    return case.on(dataset).near(picture, limit=case.count)
