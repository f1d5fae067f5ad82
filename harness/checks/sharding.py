"""Chapter sharding: a class in several shards answers as one in a single shard does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness.checks.case import Case
from harness.checks.registry import check, sharded
from harness.dataset import Dataset
from harness.dataset.settling import shards_of
from harness.interfaces.rest import Rest
from harness.model import Hit
from harness.oracle import repeated

_DOCUMENTED = "documentation of shardingConfig"
_BEST = 5


@check("sharding/as-many-shards", source=f"{_DOCUMENTED}: desiredCount", when=(sharded,), by_name=True)
def a_class_has_as_many_shards_as_it_asks_for(case: Case) -> None:
    """A class has as many shards as its definition asks for."""
    with Rest(case.endpoint) as rest:
        found = sorted({str(one.get("name")) for one in shards_of(rest, case.dataset.class_name)})
    case.asked += 1
    wanted = case.collection.shards
    case.require(len(found) == wanted, "not as many shards as asked for", shards=found, expected=wanted)


@check("sharding/each-once", source="an object is found in whichever shard it is", when=(sharded,), by_name=True)
def every_object_is_found_once_in_whichever_shard_it_is(case: Case) -> None:
    """A search for as many hits as there are objects finds each object of every shard, once."""
    for query in case.queries:
        question = case.near(query.picture, limit=case.count)
        hits = case.hits(question)
        case.demand(question, hits, repeated([hit.id for hit in hits]))
        missed = sorted(set(case.dataset.ids) - {hit.id for hit in hits})
        case.require(not missed, "an object of a class with several shards is not found", question, hits, missed=missed)


@check(
    "sharding/as-one-shard",
    source="the same question gives the same hits and distances with one shard and with several",
    when=(sharded,),
    by_name=True,
    writes=True,
)
def several_shards_answer_as_one(case: Case) -> None:
    """The same objects in one shard have the same distances: with a limit, an offset and a threshold."""
    one_shard = case.on(case.standing(_in_one_shard))
    for query in case.queries:
        far = query.truth.distinct_distances()[:_BEST][-1]
        pages = ({"limit": _BEST}, {"limit": _BEST, "offset": _BEST}, {"limit": case.count, "distance": far})
        for page in pages:
            question = case.near(query.picture, **page)
            hits = case.hits(question)
            alone = one_shard.hits(one_shard.near(query.picture, **page))
            case.require(
                _alike(hits, alone, query.truth.apart(hit.id for hit in hits)),
                "several shards give other distances than one",
                question,
                hits,
                in_one_shard=[one.distance for one in alone],
            )


@contextmanager
def _in_one_shard(case: Case) -> Iterator[Dataset]:
    stored = [one for one in case.dataset.pictured if one.picture is not None]
    single = {**case.collection.definition, "shardingConfig": {"desiredCount": 1}}
    with case.scratch(single) as shelf:
        shelf.fill([one.picture for one in stored if one.picture is not None], [one.vector for one in stored])
        yield shelf.read()


def _alike(hits: Sequence[Hit], alone: Sequence[Hit], error: float) -> bool:
    """Whether two answers have the same distances; their objects have ids of their own."""
    pairs = [(one.distance or 0.0, other.distance or 0.0) for one, other in zip(hits, alone, strict=False)]
    return len(hits) == len(alone) and all(abs(one - other) <= error for one, other in pairs)
