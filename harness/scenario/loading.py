"""A scenario file as frozen values, judged as a whole: starts nothing, asks nobody."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from harness.errors import FileError, UsageError
from harness.model import Metric, Module, Needs
from harness.scenario.collections import collections
from harness.scenario.limits import memory, volumes
from harness.scenario.load_reading import load_profile
from harness.scenario.load_shape import LoadShape
from harness.scenario.mistakes import kind, nearest, validate
from harness.scenario.pictures import find_picture
from harness.scenario.promises import promises
from harness.scenario.reading import Document, read
from harness.scenario.shape import FORMAT, QuestionShape, ScenarioShape
from harness.scenario.step_shapes import steps
from harness.scenario.steps import Ask, Step
from harness.scenario.values import EVERY_IMAGE, LATENCY, LOAD, Asked, Collection, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.scenario.reading import Loc


def load_scenario(path: Path, *, known_checks: Iterable[str] = (), load: Mapping[str, Any] | None = None) -> Scenario:
    """Read and judge a scenario file.

    Args:
        path: the file.
        load: keys of `load` that count instead of the file's own.
        known_checks: ids of all checks, so that a glob that fits none is found; empty if they are not known.

    Raises:
        FileError: something in it is wrong: the file, the line, and the nearest valid name.
        UsageError: something in `load` is wrong.
    """
    document = read(path)
    _check_format(document)
    if load:
        document = _with_load(document, load)
    shape = validate(document, ScenarioShape, document.data)
    _check_versions(document, shape)
    made = collections(document, shape)
    done = _steps(document, shape, made)
    if done is not None:
        made = (_measured(made[0], done),)
    asked = tuple(_asked(document, name, question, made) for name, question in shape.questions.items())
    _check_globs(document, shape, tuple(known_checks))
    return Scenario(
        path=path,
        sha256=document.sha256,
        name=shape.name,
        about=shape.about.strip(),
        needs=_needs(document, shape, made),
        collections=made,
        questions=asked,
        promises=promises(document, shape.promises, asked, made),
        load=load_profile(document, shape),
        checks=tuple(shape.checks),
        steps=done,
    )


def _steps(document: Document, shape: ScenarioShape, made: tuple[Collection, ...]) -> tuple[Step, ...] | None:
    """The steps, if that is what the scenario consists of: then there is one class, and nothing else is asked of it."""
    written = "steps" in shape.model_fields_set
    if not written:
        for one in made:
            if one.images.kind == "steps":
                raise document.error(("images",), "the pictures come with the steps, and there are no `steps`")
        return None
    if len(made) != 1:
        raise document.error(("steps",), f"steps are for one class, and there are {len(made)}")
    if made[0].images.kind != "steps":
        raise document.error(("images",), "steps begin with an empty class", hint="write `images: {from: steps}`")
    for name in ("questions", "promises", "load", "checks"):
        if name in shape.model_fields_set:
            what = f"a scenario of steps has no `{name}`"
            raise document.error((name,), what, hint="what it asks is a step: `near_image: {image: […], limit: 3}`")
    return steps(document, shape.steps, made[0])


def _measured(collection: Collection, done: tuple[Step, ...]) -> Collection:
    """The class, whose pictures are of as many dimensions as those of the steps."""
    given = (step.image if isinstance(step, Ask) else step.things[0].image for step in done)
    dimensions = next((len(image) for image in given if image is not None), 0)
    return replace(collection, images=replace(collection.images, dimensions=dimensions))


def _with_load(document: Document, load: Mapping[str, Any]) -> Document:
    """A document in which these keys of `load` count; what belongs to another schedule than they choose is left out."""
    written = document.data.get("load")
    kept = dict(written) if isinstance(written, dict) else {}
    if "steps" in load or "times" in load:
        kept = {key: value for key, value in kept.items() if key not in {"rate", "to", "duration", "schedule"}}
    if "rate" in load:
        kept = {key: value for key, value in kept.items() if key not in {"steps", "times", "to", "schedule"}}
    try:
        validate(document, LoadShape, dict(load), ("load",))
    except FileError as error:
        raise UsageError(error.what, hint=error.hint) from None
    return replace(document, data={**document.data, "load": kept | dict(load)})


def _check_format(document: Document) -> None:
    if not isinstance(document.data, dict):
        raise document.error(
            (), f"a scenario is a mapping, not {kind(document.data)}", hint="it starts with `nearimage: 1`"
        )
    if "nearimage" not in document.data:
        close = nearest("nearimage", document.data) if document.data else ""
        hint = "write `nearimage: 1`" + (f" ({close})" if close.startswith("did you") else "")
        raise document.error((), "`nearimage` is missing, which says that this is a scenario", hint=hint)
    version = document.data["nearimage"]
    if version != FORMAT or isinstance(version, bool):
        what = f"this is a scenario of format {version!r}; this harness reads format {FORMAT}"
        raise document.error(("nearimage",), what)


def _check_versions(document: Document, shape: ScenarioShape) -> None:
    try:
        SpecifierSet(shape.needs.weaviate)
    except InvalidSpecifier:
        what = f"`needs.weaviate` is {shape.needs.weaviate!r}, which is no range of versions"
        raise document.error(("needs", "weaviate"), what, hint='write for example ">=1.25" or ">=1.19,<2"') from None


def _needs(document: Document, shape: ScenarioShape, made: tuple[Collection, ...]) -> Needs:
    used = list(dict.fromkeys(collection.module.value for collection in made))
    named = shape.needs.module
    for module in used if named else ():
        if module not in named:
            what = f"a collection uses {module}, which `needs.module` does not name"
            raise document.error(("needs", "module"), what, hint=f"write `module: {module}`, or leave it out")
    return Needs(
        modules=tuple(named or used),
        weaviate=shape.needs.weaviate,
        settings=dict(shape.needs.settings),
        cpus=shape.needs.cpus,
        memory=memory(document, shape.needs.memory),
        volumes=volumes(document, shape.needs.volumes),
        abilities=tuple(dict.fromkeys(shape.needs.abilities)),
    )


def _asked(document: Document, name: str, shape: QuestionShape, made: tuple[Collection, ...]) -> Asked:
    loc: Loc = ("questions", name)
    if name in {EVERY_IMAGE, LATENCY, LOAD}:
        raise document.error(
            loc, f"a question cannot be called {name!r}: promises use that word", hint="choose another name"
        )
    if (shape.near_image is None) == (shape.near_text is None):
        raise document.error(loc, f"question {name!r} needs `near_image` or `near_text`, exactly one of them")
    if shape.distance is not None and shape.certainty is not None:
        raise document.error(
            (*loc, "certainty"), f"question {name!r} has `distance` and `certainty`: only one is allowed"
        )
    bases = {collection.base for collection in made}
    if shape.collection is not None and shape.collection not in bases:
        at = (*loc, "collection")
        raise document.error(at, f"there is no class {shape.collection!r} here", hint=nearest(shape.collection, bases))
    receivers = [collection for collection in made if shape.collection in {None, collection.base}]
    _check_receivers(document, name, shape, receivers)
    picture = None
    if shape.near_image is not None:
        sources = dict.fromkeys(collection.images for collection in receivers)
        picture = find_picture(document, shape.near_image, sources, (*loc, "near_image"))
    return Asked(
        name=name,
        picture=picture,
        text=shape.near_text,
        limit=shape.limit,
        distance=shape.distance,
        certainty=shape.certainty,
        collection=shape.collection,
        line=document.line(loc),
    )


def _check_receivers(document: Document, name: str, shape: QuestionShape, receivers: list[Collection]) -> None:
    for receiver in receivers:
        if shape.near_text is not None and receiver.module is not Module.CLIP:
            loc: Loc = ("questions", name, "near_text")
            what = f"{receiver.name} has no nearText: {receiver.module} understands images only"
            raise document.error(loc, what, hint="ask a collection of multi2vec-clip, named by `collection:`")
        if shape.certainty is not None and receiver.metric is not Metric.COSINE:
            loc = ("questions", name, "certainty")
            what = f"{receiver.name} measures {receiver.metric}: certainty exists for cosine only"
            raise document.error(loc, what, hint="use `distance`, or name a collection that measures cosine")


def _check_globs(document: Document, shape: ScenarioShape, known: tuple[str, ...]) -> None:
    for index, glob in enumerate(shape.checks):
        if known and not any(fnmatchcase(check, glob) for check in known):
            raise document.error(("checks", index), f"no check fits {glob!r}", hint=nearest(glob, known))
