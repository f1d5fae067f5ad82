"""Chapter settings: what a setting of the server does, seen on a second server that has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from harness.checks.case import Case, Violation
from harness.checks.registry import check, directed, unnamed
from harness.dataset import Scratch
from harness.errors import TargetError
from harness.images import Picture
from harness.interfaces import connect
from harness.model import Endpoint, Interface, Level

_LIMIT = 3
_MORE = 3 * _LIMIT
_DOCUMENTED = "documentation of the environment variables"


@contextmanager
def _second(case: Case, **settings: str) -> Iterator[tuple[Endpoint, Interface]]:
    """Another server with these settings, and a connection to it of the kind that is being checked."""
    endpoint = case.second(settings)
    with closing(connect(case.interface.name, endpoint)) as interface:
        yield endpoint, interface


def _pictures(case: Case, count: int) -> list[Picture]:
    return [stored.picture for stored in case.samples(count) if stored.picture is not None]


@contextmanager
def _limited(case: Case, **settings: str) -> Iterator[tuple[Case, Picture]]:
    """A few objects on a server with these settings, and a picture to ask with."""
    with _second(case, **settings) as (endpoint, interface), case.scratch(endpoint=endpoint) as shelf:
        pictures = _pictures(case, _MORE)
        shelf.fill(pictures)
        yield case.on(shelf.read(), interface), pictures[0]


@check("settings/default-limit", source=f"{_DOCUMENTED}: QUERY_DEFAULTS_LIMIT", writes=True, abilities=("second",))
def the_default_limit_is_that_of_the_setting(case: Case) -> None:
    """With QUERY_DEFAULTS_LIMIT=3 a page for which no limit is given has three hits."""
    with _limited(case, QUERY_DEFAULTS_LIMIT=str(_LIMIT)) as (there, picture):
        question = there.near(picture, offset=1)
        hits = there.hits(question)
        there.require(len(hits) == _LIMIT, "the default limit has no effect", question, hits, expected=_LIMIT)


@check(
    "settings/default-limit-alone",
    level=Level.SHOULD,
    source=f"{_DOCUMENTED}: QUERY_DEFAULTS_LIMIT, QUERY_DEFAULTS_LIMIT_GRAPHQL",
    writes=True,
    abilities=("second",),
)
def the_default_limit_needs_no_page(case: Case) -> None:
    """With both default limits at 3 a question with neither limit, offset nor threshold has three hits."""
    limits = {"QUERY_DEFAULTS_LIMIT": str(_LIMIT), "QUERY_DEFAULTS_LIMIT_GRAPHQL": str(_LIMIT)}
    with _limited(case, **limits) as (there, picture):
        question = there.near(picture)
        hits = there.hits(question)
        there.require(len(hits) == _LIMIT, "the default limit has no effect", question, hits, expected=_LIMIT)


@check(
    "settings/default-vectorizer",
    source=f"{_DOCUMENTED}: DEFAULT_VECTORIZER_MODULE",
    writes=True,
    when=(unnamed, directed),
    abilities=("second",),
)
def the_default_vectorizer_is_that_of_the_setting(case: Case) -> None:
    """With DEFAULT_VECTORIZER_MODULE a class that names no vectorizer has that one, and an image finds itself."""
    module = str(case.collection.module)
    definition = {key: value for key, value in case.collection.definition.items() if key != "vectorizer"}
    with (
        _second(case, DEFAULT_VECTORIZER_MODULE=module) as (endpoint, interface),
        case.scratch(definition, endpoint) as shelf,
    ):
        pictures = _pictures(case, _LIMIT)
        ids = shelf.fill(pictures)
        there = case.on(shelf.read(), interface)
        without = sorted(one.id for one in there.dataset.stored if one.vector is None)
        facts = {"default": module, "class_has": _vectorizer(shelf)}
        there.require(not without, "objects of a class without vectorizer got no vector", without=without, **facts)
        question = there.near(pictures[0], limit=len(ids))
        hits = there.hits(question)
        there.require(bool(hits), "an image finds nothing in a class without vectorizer", question, hits, **facts)
        truth = there.dataset.truth(there.dataset.by_id[ids[0]].vector or ())
        there.demand(question, hits, truth.faults(hits, truth.expect(limit=len(ids))))


def _vectorizer(shelf: Scratch) -> Any:
    body = shelf.rest.get_class(shelf.class_name).body
    return body.get("vectorizer") if isinstance(body, Mapping) else None


@check(
    "settings/module-not-enabled",
    source=f"{_DOCUMENTED}: ENABLE_MODULES; the message names what is missing",
    writes=True,
    when=(unnamed,),
    abilities=("second",),
)
def a_module_that_is_not_enabled_is_refused(case: Case) -> None:
    """Without the module a class of it is refused by the module's name, and nearImage by its own."""
    module = str(case.collection.module)
    with _second(case, ENABLE_MODULES="", DEFAULT_VECTORIZER_MODULE="none") as (endpoint, interface):
        _demand_refused(case, endpoint, module)
        definition = {key: value for key, value in case.collection.definition.items() if key != "moduleConfig"}
        with case.scratch({**definition, "vectorizer": "none"}, endpoint) as shelf:
            samples = [stored for stored in case.samples(_LIMIT) if stored.picture is not None]
            pictures = [stored.picture for stored in samples if stored.picture is not None]
            shelf.fill(pictures, [stored.vector for stored in samples])
            there = case.on(shelf.read(), interface)
            there.refused(there.near(pictures[0], limit=_LIMIT), because=["nearImage"])


def _demand_refused(case: Case, endpoint: Endpoint, module: str) -> None:
    try:
        with case.scratch(endpoint=endpoint):
            pass
    except TargetError as refusal:
        if module not in refusal.what:
            facts = {"message": refusal.what, "expected_to_name": [module]}
            raise Violation("the refusal of a class does not name its module", facts) from refusal
        return
    raise Violation("a class of a module that is not enabled is accepted", {"module": module})
