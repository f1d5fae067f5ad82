"""Chapter threshold, combined: its boundary stays where it is, whatever else a question says.

Each clause is one thing that stands beside the threshold, said as a distance and as a certainty. The same on another
index, with several shards, by another metric or over another interface is the same clause, asked there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import monotonic, sleep

from harness.checks.boundary import Boundary, Certainty, Company, Distance
from harness.checks.case import Case, Skipped
from harness.checks.filters import below
from harness.checks.registry import check, kept, metric_is, unnamed
from harness.dataset import Dataset, Scratch
from harness.dataset.loading import must
from harness.dataset.settling import settle
from harness.errors import AnswerError
from harness.interfaces import SPEAK_GRAPHQL
from harness.interfaces.rest import Object
from harness.model import GroupBy, Metric, Sort, State, releases
from harness.scenario import Collection

_DISTANCE, _CERTAINTY = Distance(), Certainty()
_INCLUSIVE = "at most the threshold must be there, beyond it must not"
_CONVERTED = "certainty c is the threshold distance 2 (1 - c)"
_COSINE = metric_is(Metric.COSINE)
_TENANTS = ("mine", "theirs")
_MINE = Company(scope={"tenant": _TENANTS[0]})
_VECTORS = ("front", "back")
_PATIENCE, _POLL = 30.0, 0.1
_OF_AN_INDEX = ("vectorIndexType", "vectorIndexConfig")
_OF_A_VECTOR = ("vectorizer", "moduleConfig", *_OF_AN_INDEX)

distance = partial(check, source=_INCLUSIVE, by_name=True)
certainty = partial(check, source=_CONVERTED, by_name=True)
"""Register a clause about a boundary: those that go into details are asked by scenarios that list them."""


def one_shard(collection: Collection) -> bool:
    """The class says nothing of several shards; where it does there can be no tenants, each of which is a shard."""
    return "shardingConfig" not in collection.definition


def _judge(case: Case, bound: Distance, companies: Iterable[Company]) -> None:
    for company in companies:
        Boundary(case, case.queries[0], bound, company).judge()


# --- alone ---------------------------------------------------------------------------------------


@distance("threshold/boundary")
def a_distance_cuts_at_the_digit(case: Case) -> None:
    """A distance cuts to the digit: what is at it is in, what is 1e-5 beyond it is out."""
    _judge(case, _DISTANCE, [Company()])


@certainty("certainty/boundary", when=(_COSINE,))
def a_certainty_cuts_at_the_digit(case: Case) -> None:
    """A certainty cuts to the digit: what is at it is in, what is 1e-5 beyond it is out."""
    _judge(case, _CERTAINTY, [Company()])


# --- with a limit --------------------------------------------------------------------------------


@distance("threshold/boundary-with-limit")
def a_distance_cuts_at_the_digit_with_a_limit(case: Case) -> None:
    """With a limit a distance cuts to the digit."""
    _judge(case, _DISTANCE, _limited(case))


@certainty("certainty/boundary-with-limit", when=(_COSINE,))
def a_certainty_cuts_at_the_digit_with_a_limit(case: Case) -> None:
    """With a limit a certainty cuts to the digit."""
    _judge(case, _CERTAINTY, _limited(case))


def _limited(case: Case) -> Iterator[Company]:
    for limit in (1, case.count // 2, case.count + 1):
        yield Company(page={"limit": limit}, limit=limit)


# --- with an offset ------------------------------------------------------------------------------


@distance("threshold/boundary-with-offset")
def a_distance_cuts_at_the_digit_with_an_offset(case: Case) -> None:
    """With an offset a distance cuts to the digit."""
    _judge(case, _DISTANCE, _offset(case))


@certainty("certainty/boundary-with-offset", when=(_COSINE,))
def a_certainty_cuts_at_the_digit_with_an_offset(case: Case) -> None:
    """With an offset a certainty cuts to the digit."""
    _judge(case, _CERTAINTY, _offset(case))


def _offset(case: Case) -> Iterator[Company]:
    for offset, limit in ((1, case.count + 1), (case.count // 2, 4)):
        yield Company(page={"limit": limit, "offset": offset}, limit=limit, offset=offset)


# --- with autocut --------------------------------------------------------------------------------


@distance("threshold/boundary-with-autocut", versions=">=1.20")
def a_distance_cuts_at_the_digit_with_autocut(case: Case) -> None:
    """With autocut a distance cuts to the digit, and autocut shortens what it leaves from the far end."""
    _judge(case, _DISTANCE, _cut(case))


@certainty("certainty/boundary-with-autocut", when=(_COSINE,), versions=">=1.20")
def a_certainty_cuts_at_the_digit_with_autocut(case: Case) -> None:
    """With autocut a certainty cuts to the digit, and autocut shortens what it leaves from the far end."""
    _judge(case, _CERTAINTY, _cut(case))


def _cut(case: Case) -> Iterator[Company]:
    limit = case.count + 1
    for jumps in (1, limit):  # there are never so many jumps: nothing is cut
        yield Company(page={"limit": limit, "autocut": jumps}, limit=limit, cut=jumps < limit)


# --- with a filter -------------------------------------------------------------------------------


@distance("threshold/boundary-with-filter", when=(kept("number"),))
def a_distance_cuts_at_the_digit_with_a_filter(case: Case) -> None:
    """With a filter a distance cuts to the digit."""
    _judge(case, _DISTANCE, _filtered(case))


@certainty("certainty/boundary-with-filter", when=(_COSINE, kept("number")))
def a_certainty_cuts_at_the_digit_with_a_filter(case: Case) -> None:
    """With a filter a certainty cuts to the digit."""
    _judge(case, _CERTAINTY, _filtered(case))


def _filtered(case: Case) -> Iterator[Company]:
    for number in (len(case.dataset.stored) // 2, len(case.dataset.stored)):
        where, left = below(case, number)
        yield Company(scope={"where": where}, among=left)


# --- in groups -----------------------------------------------------------------------------------


@distance("threshold/boundary-with-groups", when=(kept("label"),), versions=">=1.25")
def a_distance_cuts_at_the_digit_in_groups(case: Case) -> None:
    """In groups with room for all, what a distance cuts to the digit is all there and nothing else."""
    _judge(case, _DISTANCE, _grouped(case))


@certainty("certainty/boundary-with-groups", when=(_COSINE, kept("label")), versions=">=1.25")
def a_certainty_cuts_at_the_digit_in_groups(case: Case) -> None:
    """In groups with room for all, what a certainty cuts to the digit is all there and nothing else."""
    _judge(case, _CERTAINTY, _grouped(case))


def _grouped(case: Case) -> Iterator[Company]:
    labels = {one.properties["label"] for one in case.dataset.stored}
    limit = case.count + 1
    yield Company(page={"limit": limit, "group_by": GroupBy("label", len(labels), limit)}, limit=limit)


# --- sorted --------------------------------------------------------------------------------------


@distance("threshold/boundary-with-sort", when=(kept("number"),))
def a_distance_cuts_at_the_digit_with_sort(case: Case) -> None:
    """Sorted by a property, what a distance cuts to the digit is still all there."""
    _judge(case, _DISTANCE, _sorted(case))


@certainty("certainty/boundary-with-sort", when=(_COSINE, kept("number")))
def a_certainty_cuts_at_the_digit_with_sort(case: Case) -> None:
    """Sorted by a property, what a certainty cuts to the digit is still all there."""
    _judge(case, _CERTAINTY, _sorted(case))


def _sorted(case: Case) -> Iterator[Company]:
    if case.interface.name not in SPEAK_GRAPHQL:
        raise Skipped(f"sorting cannot be combined with a search over {case.interface.name}")
    for limit in (3, case.count + 1):
        yield Company(page={"limit": limit, "sort": (Sort("number", descending=True),)}, limit=limit)


# --- a tenant ------------------------------------------------------------------------------------


@distance("threshold/boundary-with-tenant", writes=True, when=(one_shard, unnamed), versions=">=1.20")
def a_distance_cuts_at_the_digit_for_a_tenant(case: Case) -> None:
    """For a tenant a distance cuts to the digit."""
    _judge(_by_tenant(case), _DISTANCE, [_MINE])


@certainty("certainty/boundary-with-tenant", writes=True, when=(_COSINE, one_shard, unnamed), versions=">=1.20")
def a_certainty_cuts_at_the_digit_for_a_tenant(case: Case) -> None:
    """For a tenant a certainty cuts to the digit."""
    _judge(_by_tenant(case), _CERTAINTY, [_MINE])


def _by_tenant(case: Case) -> Case:
    return case.on(case.standing(_tenants))


@contextmanager
def _tenants(case: Case) -> Iterator[Dataset]:
    """The same objects for each of two tenants."""
    definition = {**case.collection.definition, "multiTenancyConfig": {"enabled": True}}
    with case.scratch(definition) as shelf:
        must(shelf.rest.add_tenants(shelf.class_name, _TENANTS), "add tenants")
        stored = case.dataset.with_vector
        for tenant in _TENANTS:
            _store(
                shelf,
                [Object(shelf.class_name, one.id, one.properties, vector=one.vector, tenant=tenant) for one in stored],
            )
        yield Dataset(case.collection, shelf.class_name, case.endpoint, stored)


def _store(shelf: Scratch, objects: Sequence[Object]) -> None:
    for written in shelf.rest.insert_batch(objects):
        if written.state is not State.OK:
            raise AnswerError(f"an object could not be stored: {written.message}")
    if shelf.collection.queued:
        settle(shelf.rest, shelf.collection, shelf.class_name)


# --- two of these at once ------------------------------------------------------------------------


@distance("threshold/boundary-with-filter-and-page", when=(kept("number"),))
def a_distance_cuts_at_the_digit_on_a_filtered_page(case: Case) -> None:
    """On a page of what a filter leaves a distance cuts to the digit, and the page counts what the filter leaves."""
    number = len(case.dataset.stored) // 2
    where, left = below(case, number)
    pages = [replace(page, scope={"where": where}, among=left) for page in _offset(case)]
    _judge(case, _DISTANCE, pages)


@distance("threshold/boundary-with-filter-and-groups", when=(kept("label"), kept("number")), versions=">=1.25")
def a_distance_cuts_at_the_digit_in_filtered_groups(case: Case) -> None:
    """In groups of what a filter leaves, what a distance cuts to the digit is all there and nothing else."""
    where, left = below(case, len(case.dataset.stored) // 2)
    _judge(case, _DISTANCE, [replace(one, scope={"where": where}, among=left) for one in _grouped(case)])


@distance(
    "threshold/boundary-with-filter-and-tenant",
    writes=True,
    when=(one_shard, unnamed, kept("number")),
    versions=">=1.20",
)
def a_distance_cuts_at_the_digit_for_a_filtered_tenant(case: Case) -> None:
    """Of what a filter leaves of a tenant a distance cuts to the digit."""
    where, left = below(case, len(case.dataset.stored) // 2)
    _judge(_by_tenant(case), _DISTANCE, [replace(_MINE, scope={**_MINE.scope, "where": where}, among=left)])


# --- a named vector ------------------------------------------------------------------------------


@distance("threshold/boundary-with-named-vector", writes=True, when=(unnamed,), versions=">=1.24")
def a_distance_cuts_at_the_digit_by_a_named_vector(case: Case) -> None:
    """By a named vector a distance cuts to the digit."""
    _judge(case.on(case.standing(_named)), _DISTANCE, [Company()])


@certainty("certainty/boundary-with-named-vector", writes=True, when=(_COSINE, unnamed), versions=">=1.24")
def a_certainty_cuts_at_the_digit_by_a_named_vector(case: Case) -> None:
    """By a named vector a certainty cuts to the digit."""
    _judge(case.on(case.standing(_named)), _CERTAINTY, [Company()])


@contextmanager
def _named(case: Case) -> Iterator[Dataset]:
    """The same objects in a class with two named vectors: the second is theirs, the first is another one's."""
    release = case.endpoint.release
    if case.collection.index == "dynamic" and not releases.has(release, releases.SEVERAL_DYNAMIC_VECTORS):
        raise Skipped(f"Weaviate {case.endpoint.version} does not answer when it gets two vectors for dynamic indexes")
    collection = _with_names(case.collection)
    with case.scratch(collection.definition) as shelf:
        stored = case.dataset.with_vector
        objects = [
            Object(
                shelf.class_name, one.id, {}, vectors={_VECTORS[0]: other.vector or (), _VECTORS[1]: one.vector or ()}
            )
            for one, other in zip(stored, reversed(stored), strict=True)
        ]
        for written in shelf.rest.insert_batch(objects):
            if written.state is not State.OK:
                raise AnswerError(f"an object could not be stored: {written.message}")
        dataset = Dataset(collection, shelf.class_name, case.endpoint, stored)
        if collection.queued:
            _await_named(case.on(dataset))
        yield dataset


def _await_named(there: Case) -> None:
    """Wait until a search finds all: the queues of named vectors are not in what a server says of its shards (1.39)."""
    question = there.near_vector(there.dataset.vectors[0].tolist(), limit=there.count + 1)
    given_up = monotonic() + _PATIENCE
    while len(there.hits(question)) < there.count and monotonic() < given_up:
        sleep(_POLL)


def _with_names(collection: Collection) -> Collection:
    """The same class with its vector under two names, of which the second is asked for."""
    definition = {key: value for key, value in collection.definition.items() if key not in _OF_A_VECTOR}
    module = str(collection.module)
    vector = {
        "vectorizer": {module: collection.definition["moduleConfig"][module]},
        **{key: collection.definition[key] for key in _OF_AN_INDEX if key in collection.definition},
    }
    named = {**definition, "vectorConfig": dict.fromkeys(_VECTORS, vector)}
    return replace(collection, definition=named, vector_name=_VECTORS[1])
