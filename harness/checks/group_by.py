"""Chapter group-by: hits gathered by the value of a property: which groups, which members, at which distances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from harness.checks.case import Case, Query, Skipped
from harness.checks.filters import below
from harness.checks.rankings import different
from harness.checks.registry import check, kept
from harness.checks.spread import spread
from harness.errors import UnsupportedError
from harness.interfaces import connect
from harness.model import Group, GroupBy, Level, Question, Where
from harness.oracle import UNIT, descents

_PATH = "label"
_ORDER = "groups in the order of their best hit, with their smallest and largest distance"
_THRESHOLD = "distance is the largest dissimilarity allowed, in a group as anywhere"
_ALL = 1000
"""More groups, and more objects in one, than there are."""

clause = partial(check, by_name=True, when=(kept(_PATH),))
"""Registers a clause about groups by the label of a picture."""


def _by(groups: int = _ALL, objects: int = _ALL) -> GroupBy:
    return GroupBy(_PATH, groups, objects)


def _labels(case: Case) -> dict[str, list[str]]:
    """Ids of the objects that can be found, by label."""
    found: dict[str, list[str]] = {}
    for one in case.dataset.with_vector:
        found.setdefault(str(one.properties[_PATH]), []).append(one.id)
    if len(found) < 2:  # noqa: PLR2004 - one group says nothing of an order
        raise Skipped("all objects of this collection have the same label")
    return found


def _grouped(case: Case, question: Question, *, least: int = 1) -> tuple[Group, ...]:
    """Ask for groups; there have to be so many at least, and none without a hit."""
    answer = case.answered(question)
    case.require(len(answer.groups) >= least, "no group was found", question)
    empty = [group.value for group in answer.groups if not group.hits]
    case.require(not empty, "a group without a hit", question, answer.hits, groups=empty)
    values = [group.value for group in answer.groups]
    case.require(len(set(values)) == len(values), "a group came twice", question, answer.hits, groups=values)
    return answer.groups


def _question(case: Case, query: Query, by: GroupBy, **arguments: object) -> Question:
    return case.near(query.picture, limit=case.count + 1, group_by=by, properties=(_PATH,), **arguments)


def _told(groups: Sequence[Group]) -> list[dict[str, object]]:
    return [{"value": one.value, "count": one.count, "smallest": one.smallest} for one in groups[:10]]


# --- which groups --------------------------------------------------------------------------------


@clause("group-by/order", source=_ORDER)
def groups_come_in_the_order_of_their_best_hit(case: Case) -> None:
    """Groups come in the order of their best hit, the nearest first, and within one the hits do."""
    _labels(case)
    for query in case.queries:
        question = _question(case, query, _by())
        groups = _grouped(case, question)
        best = [group.hits[0] for group in groups]
        case.demand(question, best, descents(best), groups=_told(groups))
        for group in groups:
            case.demand(question, group.hits, descents(group.hits), group=group.value)


@clause("group-by/nearest-groups", source=f"{_ORDER}; at most `groups` of them")
def the_groups_are_the_nearest(case: Case) -> None:
    """Of all groups so many come as were asked for, and those are the ones whose best hit is nearest."""
    labels = _labels(case)
    for query in case.queries:
        nearest = {value: min(map(query.truth.distance, ids)) for value, ids in labels.items()}
        farthest = {value: min(map(partial(_at_most, query), ids)) for value, ids in labels.items()}
        for count in sorted({1, 2, len(labels) - 1, len(labels)}):
            question = _question(case, query, _by(groups=count))
            groups = _grouped(case, question)
            facts: dict[str, Any] = {"groups": _told(groups), "asked_for": count}
            case.require(len(groups) == count, "another number of groups than were asked for", question, **facts)
            edge = sorted(farthest.values())[count - 1]
            strange = [one.value for one in groups if nearest.get(one.value, edge + 1.0) > _beyond(edge)]
            case.require(not strange, "a group came before one that is nearer", question, strange=strange, **facts)


def _at_most(query: Query, id_: str) -> float:
    return query.truth.distance(id_) + 2 * query.truth.bound(id_)


def _beyond(edge: float) -> float:
    return edge + 2 * UNIT * abs(edge)


@clause("group-by/members", source="a group has the hits whose property has its value")
def each_member_has_the_groups_value(case: Case) -> None:
    """With room for all, each group has exactly the objects of its value, each once, and shows it."""
    labels = _labels(case)
    for query in case.queries:
        question = _question(case, query, _by())
        groups = _grouped(case, question)
        case.require(
            {group.value for group in groups} == set(labels),
            "not each value has its group",
            question,
            want=list(labels),
        )
        for group in groups:
            _members(case, query, question, group, labels[group.value], limit=case.count)
            shown = {str(hit.properties.get(_PATH)) for hit in group.hits}
            case.require(shown == {group.value}, "a member shows another value", question, group.hits, got=list(shown))


def _members(
    case: Case,
    query: Query,
    question: Question,
    group: Group,
    among: Sequence[str],
    *,
    limit: int,
    threshold: float | None = None,
) -> None:
    """Demand that a group's hits are the best `limit` of these objects, within the threshold."""
    expected = query.truth.expect(limit=limit, among=among, threshold=threshold)
    faults = query.truth.faults(group.hits, expected)
    case.demand(question, group.hits, faults, group=group.value, threshold=threshold)


@clause("group-by/best-of-each", source="at most `objectsPerGroup` hits of each group, the best")
def each_group_has_its_best_hits(case: Case) -> None:
    """With room for a few, each group has its nearest objects, and says how many they are."""
    labels = _labels(case)
    for query in case.queries:
        for count in (1, 2, 3):
            question = _question(case, query, _by(objects=count))
            for group in _grouped(case, question):
                _members(case, query, question, group, labels.get(group.value, []), limit=count)
                case.require(
                    group.count == len(group.hits),
                    "a group's count is not the number of its hits",
                    question,
                    group.hits,
                    group=group.value,
                    count=group.count,
                )


@clause("group-by/distances", source=_ORDER)
def a_group_tells_its_smallest_and_largest_distance(case: Case) -> None:
    """A group's smallest and largest distance are those of its first and its last hit, and those are exact."""
    _labels(case)
    for query in case.queries:
        question = _question(case, query, _by(objects=3))
        for group in _grouped(case, question):
            case.demand(question, group.hits, query.truth.wrong_distances(group.hits), group=group.value)
            told = (group.smallest, group.largest)
            case.require(
                told == (group.hits[0].distance, group.hits[-1].distance) and told[0] <= told[1],
                "a group's distances are not those of its first and last hit",
                question,
                group.hits,
                group=group.value,
                smallest=told[0],
                largest=told[1],
                exchanged=told == (group.hits[-1].distance, group.hits[0].distance),
            )


# --- together with other arguments -----------------------------------------------------------------


@clause("group-by/threshold", source=_THRESHOLD)
def no_member_is_beyond_the_threshold(case: Case) -> None:
    """With a threshold each group has all that are within it and none that is beyond."""
    labels = _labels(case)
    query = case.queries[0]
    distances = query.truth.distinct_distances()
    for threshold in dict.fromkeys([*distances[:3], *spread(distances, case.effort(6))]):
        question = _question(case, query, _by(), distance=threshold)
        expected = query.truth.expect(threshold=threshold)
        here = {value for value, among in labels.items() if expected.must & set(among)}
        groups = _grouped(case, question, least=0)
        absent = sorted(here - {group.value for group in groups})
        case.require(not absent, "a group is left out, though its best hit is within", question, groups=absent)
        within = expected.may
        strange = [group.value for group in groups if group.hits[0].id not in within]
        hits = [hit for group in groups for hit in group.hits]
        facts: dict[str, Any] = {"threshold": threshold, "groups": strange}
        case.require(not strange, "a group came whose best hit is beyond", question, hits, **facts)
        beyond = [hit.id for hit in hits if hit.id not in within]
        facts = {"threshold": threshold, "beyond": beyond[:5], "beyond_count": len(beyond)}
        case.require(not beyond, "a member is beyond, though the best hit is not", question, hits, **facts)
        found = {group.value: group for group in groups}
        for value, among in labels.items():
            missing = Group(value, 0, 0.0, 0.0, ())
            _members(case, query, question, found.get(value, missing), among, limit=case.count, threshold=threshold)


@clause("group-by/nothing", source="nothing within the threshold is an empty list")
def nothing_makes_no_group(case: Case) -> None:
    """Where a filter leaves nothing there is no group, and that is no error."""
    query = case.queries[0]
    where = Where("Equal", (_PATH,), "nosuchlabel")
    question = _question(case, query, _by(), where=where)
    answer = case.answered(question)
    case.require(not answer.groups and not answer.hits, "nothing passes and something is found", question, answer.hits)


@clause("group-by/filter", source="where first, then the ranking, then the groups", when=(kept(_PATH), kept("number")))
def a_filter_leaves_its_own_to_the_groups(case: Case) -> None:
    """With a filter each group has exactly the objects that it leaves of it."""
    labels = _labels(case)
    query = case.queries[0]
    for number in (1, case.count // 2, case.count):
        where, left = below(case, number)
        question = _question(case, query, _by(), where=where)
        groups = _grouped(case, question)
        for group in groups:
            among = [id_ for id_ in labels.get(group.value, []) if id_ in left]
            _members(case, query, question, group, among, limit=case.count)
        expected = {value for value, ids in labels.items() if set(ids) & set(left)}
        got = {group.value for group in groups}
        case.require(got == expected, "other groups than the filter leaves", question, got=sorted(got))


@clause("group-by/near-object", level=Level.SHOULD, source="nearObject searches with the stored vector")
def an_object_groups_as_its_vector_does(case: Case) -> None:
    """`nearObject` gathers the same groups as `nearVector` with its vector."""
    _labels(case)
    stored = case.samples(1)[0]
    assert stored.vector is not None
    more = {"limit": case.count + 1, "group_by": _by(), "properties": (_PATH,)}
    question = case.near_object(stored.id, **more)
    error = case.dataset.truth(stored.vector).apart(case.dataset.ids)
    _same(case, question, _grouped(case, question), _grouped(case, case.near_vector(stored.vector, **more)), error)


@clause("group-by/parity", source="the same question gives the same hits over every interface", compares=True)
def groups_are_the_same_over_each_interface(case: Case) -> None:
    """The same question gives the same groups, counts and members as over GraphQL."""
    _labels(case)
    with closing(connect("graphql", case.endpoint)) as other:
        elsewhere = case.on(case.dataset, other)
        reason, compared = "", 0
        for question in _questions(case):
            try:
                here = _grouped(case, question)
            except UnsupportedError as unsaid:
                reason = unsaid.what
                continue
            _same(case, question, here, _grouped(elsewhere, question), _printing(case))
            compared += 1
    if not compared:
        raise Skipped(reason)


def _printing(case: Case) -> float:
    """How far one distance, printed in the digits of two interfaces, may be from itself."""
    return max((UNIT * 2 * abs(float(one)) for one in case.queries[0].truth.distances), default=0.0)


def _questions(case: Case) -> Iterator[Question]:
    query = case.queries[0]
    yield _question(case, query, _by())
    yield _question(case, query, _by(groups=1, objects=2))
    yield _question(case, query, _by(objects=1)).but(near=case.near_vector(query.truth.query).near)


def _same(case: Case, question: Question, here: Sequence[Group], there: Sequence[Group], error: float) -> None:
    """Demand the same groups with the same members; the order within a tie is nobody's promise."""
    others: Mapping[str, Group] = {group.value: group for group in there}
    facts: dict[str, Any] = {"here": _told(here), "there": _told(there)}
    case.require(len(here) == len(there), "the same question gave another number of groups", question, **facts)
    for group in here:
        other = others.get(group.value)
        if other is None:  # of groups that are equally near any may be left out
            edge = max(one.smallest for one in there)
            case.require(abs(group.smallest - edge) <= error, "the same question gave another group", question, **facts)
            continue
        cut = question.group_by is not None and len(group.hits) == question.group_by.objects_per_group
        faults = different(group.hits, other.hits, error=error, whole=not cut)
        case.demand(question, group.hits, faults, group=group.value)
        case.require(group.count == other.count, "a group has another count", question, group.hits, **facts)
