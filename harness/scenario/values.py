"""What a scenario says, as frozen values: collections, pictures, questions, promises and the load.

Made by `load_scenario` and by nothing else, so whoever holds one knows that it is consistent: every picture that a
question names exists, every promise is about something that is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.scenario.steps import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.images import ImageSet, Picture
    from harness.model import Metric, Module, Needs
    from harness.scenario.load_values import OpenLoad

Index = Literal["hnsw", "flat", "dynamic"]
Quantizer = Literal["", "pq", "bq", "sq", "rq"]
Fact = Literal["label", "caption", "subject", "name", "view", "number", "breed"]

EVERY_IMAGE = "every_image"
"""The promise subject that means: asked with each picture of the set, itself left out of its own hits."""

LATENCY = "latency"
"""The promise subject that means: the time that the questions take, one after the other."""

LOAD = "load"
"""The promise subject that means: what is asked on a clock."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Where a collection's pictures come from; a value, so that equal sources are loaded once.

    `kind` chooses which fields count: `shipped` has `name` ("photos", "digits"), `folder` has `folder` (absolute),
    `planted` has subjects, look-alikes (`views_each`), dimensions, ties and seed, `ladder` has count and dimensions,
    `steps` has none: its pictures come one by one, each of so many dimensions.
    `first` keeps that many originals of a shipped set or a folder; `views` names the views that are made of each.
    """

    kind: Literal["shipped", "folder", "planted", "ladder", "steps"]
    name: str = ""
    folder: Path | None = None
    views: tuple[str, ...] = ()
    first: int | None = None
    subjects: int = 0
    views_each: int = 0
    dimensions: int = 0
    ties: int = 0
    seed: int = 0
    count: int = 0

    def load(self) -> ImageSet:
        """The pictures, originals before their views; the last few sources asked for are kept in memory.

        Raises:
            FileError: a manifest or a picture is wrong.
        """
        return _loaded(self)

    def originals(self) -> ImageSet:
        """The pictures without the views that are made on the fly: cheaper, for looking a name up.

        Raises:
            FileError: a manifest or a picture is wrong.
        """
        return _originals(self)


@lru_cache(maxsize=8)
def _originals(source: ImageSource) -> ImageSet:
    from harness import images

    if source.kind == "planted":
        return images.planted_set(
            subjects=source.subjects,
            views=source.views_each,
            dimensions=source.dimensions,
            ties=source.ties,
            seed=source.seed,
        )
    if source.kind == "steps":
        return images.ImageSet(name="steps", pictures=())
    if source.kind == "ladder":
        return images.ladder_set(source.count, source.dimensions)
    whole = images.shipped(source.name) if source.kind == "shipped" else images.load_folder(source.folder or Path())
    if source.first is None:
        return whole
    return images.ImageSet(name=whole.name, pictures=whole.pictures[: source.first], source=whole.source)


@lru_cache(maxsize=4)
def _loaded(source: ImageSource) -> ImageSet:
    from harness import images

    originals = _originals(source)
    return images.with_views(originals, source.views) if source.views else originals


@dataclass(frozen=True, slots=True)
class Collection:
    """One class to be made and filled.

    `definition` is Weaviate's own class JSON (deep; `definition["class"] == name`). `base` is the class name as
    written; with `vary`, `name` has a suffix for each combination. `module` is the image module that vectorizes it,
    `vector_name` the named vector that uses it (None for a class with one unnamed vector). `metric` and `index` are
    those of that vector. Pictures go into the blob property `image_property`; `keep` are the facts of a picture that
    are stored in a property of the same name (`number` is its position in the set, from 0).

    `shards` is how many it has. `quantizer` is what its vectors are compressed with, empty if they are not; `rescored`
    is False if distances are then those of the compressed vectors. `queued` is True if objects are indexed some time
    after they were stored.
    """

    name: str
    base: str
    definition: Mapping[str, Any] = field(hash=False)
    module: Module
    metric: Metric
    index: Index
    image_fields: tuple[str, ...]
    images: ImageSource
    image_property: str
    text_fields: tuple[str, ...] = ()
    vector_name: str | None = None
    keep: tuple[Fact, ...] = ()
    shards: int = 1
    quantizer: Quantizer = ""
    rescored: bool = True
    queued: bool = False

    @property
    def store(self) -> tuple[str, str, int]:
        """What it shares with the variations of its class that differ from it in their metric alone."""
        return self.base, self.index, self.shards


@dataclass(frozen=True, slots=True)
class Asked:
    """A question by its name in the file: like `picture` or like `text`, exactly one of them.

    `collection` is the class name as written (`Collection.base`); None asks every collection.
    """

    name: str
    picture: Picture | None = None
    text: str | None = None
    limit: int | None = None
    distance: float | None = None
    certainty: float | None = None
    collection: str | None = None
    line: int = 0

    def goes_to(self, collection: Collection) -> bool:
        """Whether this question is asked of that collection."""
        return self.collection is None or self.collection == collection.base


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing that must hold: `subject` is a question's name, `every_image`, `latency` or `load`.

    `key` is `first`, `recall`, `label_precision_at_N`, a percentile (`p99`), `errors`, `module_share_p50_max`. `value`
    is a text for `first`, milliseconds for a percentile, a count for errors, a share between 0 and 1 for the others;
    `text` is the value as it was written.
    """

    subject: str
    key: str
    value: float | str
    text: str
    line: int

    @property
    def rank(self) -> int | None:
        """The N of `label_precision_at_N`, else None."""
        head, _, tail = self.key.rpartition("_")
        return int(tail) if head == "label_precision_at" else None


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """How often each question is asked for the latency table: `warmup` times uncounted, then `requests` times.

    `questions` are the names of those that are timed; empty means all. `open` is the load on a clock, if there is one.
    """

    requests: int = 100
    warmup: int = 10
    questions: tuple[str, ...] = ()
    open: OpenLoad | None = None

    def times(self, asked: Asked) -> bool:
        """Whether this question is timed."""
        return not self.questions or asked.name in self.questions


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario file; `sha256` is of its bytes, `checks` are globs over check ids (empty: all).

    `load` is None where no latency is to be measured: the file has neither a `load` nor a promise about latency.
    `steps` are done in an empty class instead of all checks; None in any other scenario.
    """

    path: Path
    sha256: str
    name: str
    about: str
    needs: Needs
    collections: tuple[Collection, ...]
    questions: tuple[Asked, ...] = ()
    promises: tuple[Promise, ...] = ()
    load: LoadProfile | None = None
    checks: tuple[str, ...] = ()
    steps: tuple[Step, ...] | None = None

    def wants(self, check: str) -> bool:
        """Whether the scenario wants the check with this id; one of steps has nothing for any to look at."""
        if self.steps is not None:
            return False
        return not self.checks or any(fnmatchcase(check, glob) for glob in self.checks)

    def latency_ids(self, asked: Asked) -> tuple[str, ...]:
        """What the latency of a question goes by: its own name, and what is said of it; nothing if it is not timed."""
        if self.load is None or not self.load.times(asked):
            return ()
        said = [one.key for one in self.promises_about(LATENCY) if one.key != "errors"]
        return tuple(f"{LATENCY}/{name}" for name in (asked.name, "answered", "right", *said))

    @property
    def load_ids(self) -> tuple[str, ...]:
        """What is said of the load on a clock; nothing if there is none."""
        if self.load is None or self.load.open is None:
            return ()
        said = [one.key for one in self.promises_about(LOAD) if one.key != "errors"]
        return tuple(f"{LOAD}/{name}" for name in ("answered", "right", *said))

    def questions_for(self, collection: Collection) -> tuple[Asked, ...]:
        """The questions that are asked of this collection, in the file's order."""
        return tuple(asked for asked in self.questions if asked.goes_to(collection))

    def promises_about(self, subject: str) -> tuple[Promise, ...]:
        """The promises about a question's name, `every_image`, `latency` or `load`, in the file's order."""
        return tuple(promise for promise in self.promises if promise.subject == subject)
