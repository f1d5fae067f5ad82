"""What a check is, and the list of all of them.

A check is one clause of the contract: a function whose docstring's first line is the sentence that has to be true. To
add one, write the function in the chapter's file; nothing else has to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from importlib import import_module
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from harness.abilities import ABILITIES
from harness.model import Level, Metric, Module
from harness.scenario import Collection

if TYPE_CHECKING:
    from harness.checks.case import Case

CHAPTERS = (
    "near_image",
    "paging",
    "filters",
    "threshold",
    "threshold_complete",
    "threshold_boundary",
    "threshold_ties",
    "threshold_odd",
    "drawn",
    "certainty",
    "objects",
    "vectorizing",
    "vectorizing_calls",
    "vectorizing_texts",
    "near_text",
    "encoder",
    "durability",
    "settings",
    "parity",
    "sharding",
    "quantised",
    "dynamic",
    "replication",
    "encoding_files",
    "encoding_text",
    "configuration",
    "configuration_accepted",
    "tenants",
    "named_vectors",
    "group_by",
    "aggregate",
    "references",
    "selectivity",
    "autocut",
    "sorting",
    "errors_asking",
    "errors_shapes",
    "document_asking",
    "document_configuring",
    "document_files",
    "document_snippets",
)

WHATEVER_IS_MISSED = frozenset({"quantised", "vector", "encoder", "encoding", "configuration", "errors"})
"""The chapters that have something to say about a collection whose vectors are compressed: it may miss neighbours."""

Condition = Callable[[Collection], bool]
"""Whether a check has something to say about a collection, known from the scenario alone."""


Run = Callable[["Case"], "str | None"]
"""Asks and judges: raises what is wrong, or returns the figure that was measured, if there is one to tell."""


class Per(StrEnum):
    """What a check is asked anew for."""

    INTERFACE = "interface"
    """Each interface, of each collection."""

    COLLECTION = "collection"
    """Each collection, over the first interface that can be asked: what is stored is read back, nothing is asked."""

    STORE = "store"
    """Each interface; of collections that differ in their metric alone, of that by cosine, else of the first."""

    MODULE = "module"
    """Each module, over the first interface that can be asked, of the first collection that has it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One clause of the contract.

    `id` is `chapter/name`. `writes` is True if it changes data (in a collection of its own), so that it cannot be asked
    of a server that may only be read. `abilities` names what it does to the server itself, see `harness.abilities`: it
    is asked only where a scenario names them, because it disturbs whoever else uses that server. `per` is what it is
    asked anew for. `by_name` is True if only a scenario whose `checks` name its chapter asks for it, because it takes
    long or repeats others in detail. `versions` are those of Weaviate that it is about (PEP 440), all if empty.
    `compares` is True if it holds an interface against GraphQL, and so is not asked over GraphQL itself. `heading` is
    the one that it stands under, in a chapter that has headings. `apart` is True if `nearimage mutants` has nothing to
    put to it, because it consists of others, starts programs or looks at files: its faults are put to it by tests of
    its own.
    """

    id: str
    level: Level
    sentence: str
    source: str
    run: Run
    when: tuple[Condition, ...] = ()
    writes: bool = False
    abilities: tuple[str, ...] = ()
    per: Per = Per.INTERFACE
    by_name: bool = False
    versions: str = ""
    compares: bool = False
    heading: str = ""
    apart: bool = False

    @property
    def chapter(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    def applies(self, collection: Collection) -> bool:
        """Whether it has something to say about this collection."""
        if collection.quantizer and self.chapter not in WHATEVER_IS_MISSED:
            return False
        return all(condition(collection) for condition in self.when)

    def allowed(self, abilities: Iterable[str]) -> bool:
        """Whether a scenario that names these abilities lets it do what it does."""
        return set(self.abilities) <= set(abilities)

    def named_by(self, globs: Iterable[str]) -> bool:
        """Whether a scenario that lists these checks names the chapter, where it has to be named."""
        return not self.by_name or any(glob.partition("/")[0] == self.chapter for glob in globs)

    def is_about(self, version: str) -> bool:
        """Whether it has something to say about this version of Weaviate; one that is not known may be any."""
        if not (self.versions and version):
            return True
        return SpecifierSet(self.versions).contains(version, prereleases=True)


_found: dict[str, Check] = {}


def check(
    id_: str,
    *,
    level: Level = Level.MUST,
    source: str,
    when: tuple[Condition, ...] = (),
    writes: bool = False,
    abilities: tuple[str, ...] = (),
    per: Per = Per.INTERFACE,
    by_name: bool = False,
    versions: str = "",
    compares: bool = False,
    heading: str = "",
    apart: bool = False,
) -> Callable[[Run], Run]:
    """Register a function as a check; the first line of its docstring is the clause.

    Args:
        id_: `chapter/name`, unique.
        level: how much the clause is worth.
        source: where it is promised, or from what it follows.
        when: conditions on the collection, all of which must be met.
        writes: whether it changes data.
        abilities: what it asks of the target itself, by the names of `harness.abilities`.
        per: what it is asked anew for.
        by_name: whether only scenarios whose `checks` name its chapter ask for it.
        versions: the versions of Weaviate that it is about, such as `>=1.25,<2`.
        compares: whether it holds an interface against GraphQL.
        heading: what it stands under.
        apart: whether `nearimage mutants` has nothing to put to it.

    Raises:
        ValueError: if the id is taken, or there is no such ability.
    """
    if unknown := set(abilities) - set(ABILITIES):
        raise ValueError(f"there is no ability {', '.join(sorted(unknown))}")

    def register(function: Run) -> Run:
        if id_ in _found:
            raise ValueError(f"two checks are called {id_}")
        sentence = (function.__doc__ or "").strip().splitlines()[0]
        _found[id_] = Check(
            id_,
            level,
            sentence,
            source,
            function,
            when=when,
            writes=writes,
            abilities=abilities,
            per=per,
            by_name=by_name,
            versions=versions,
            compares=compares,
            heading=heading,
            apart=apart,
        )
        return function

    return register


def all_checks() -> Mapping[str, Check]:
    """Return every check by its id, in the order of the chapters."""
    for chapter in CHAPTERS:
        import_module(f"harness.checks.{chapter}")
    return _found


def clauses() -> Mapping[str, Check]:
    """Return the checks of all chapters but the document's, whose rows consist of them."""
    for chapter in CHAPTERS:
        if not chapter.startswith("document_"):
            import_module(f"harness.checks.{chapter}")
    return _found


def matching(glob: str) -> list[Check]:
    """Return the checks whose id matches a glob such as `threshold/*`."""
    return [check for id_, check in all_checks().items() if fnmatchcase(id_, glob)]


# --- conditions ----------------------------------------------------------------------------------


def directed(collection: Collection) -> bool:
    """Distance 0 is the least: an image is nearest to itself. Not so for dot, where a longer vector is nearer."""
    return collection.metric is not Metric.DOT


def metric_is(*metrics: Metric) -> Condition:
    """Return a condition on the metric of the index."""
    return lambda collection: collection.metric in metrics


def metric_is_not(*metrics: Metric) -> Condition:
    """Return a condition on the metric of the index."""
    return lambda collection: collection.metric not in metrics


def module_is(module: Module) -> Condition:
    """Return a condition on the image module."""
    return lambda collection: collection.module is module


def image_alone(collection: Collection) -> bool:
    """The stored vector is that of the image and of nothing else."""
    stored = {collection.image_property, *collection.keep}
    return not stored & set(collection.text_fields)


def kind_is(*kinds: str) -> Condition:
    """Return a condition on where the pictures come from: planted, ladder, shipped, folder."""
    return lambda collection: collection.images.kind in kinds


def kept(fact: str) -> Condition:
    """Return a condition: this fact of a picture is stored."""
    return lambda collection: fact in collection.keep


def index_is(*indexes: str) -> Condition:
    """Return a condition on the index type: hnsw, flat, dynamic."""
    return lambda collection: collection.index in indexes


def sharded(collection: Collection) -> bool:
    """The class asks for several shards."""
    return collection.shards > 1


def quantised(collection: Collection) -> bool:
    """The vectors are compressed."""
    return bool(collection.quantizer)


def rescored(collection: Collection) -> bool:
    """Distances are computed from the vectors as they were stored."""
    return collection.rescored


def unnamed(collection: Collection) -> bool:
    """The class has one vector without a name."""
    return collection.vector_name is None
