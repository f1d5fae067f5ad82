"""`nearimage scale`: how time, processors, memory, disk and recall grow along an axis, as the number of objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter, sleep

import numpy as np

from harness.load.http_lanes import GraphQLWire
from harness.load.lanes import Encoded
from harness.load.mix import order
from harness.load.runner import run_closed
from harness.load.samples import Fate
from harness.load.scaling import power
from harness.model import Module, NearImage, NearVector, Needs, Outcome, Question
from harness.options import TargetOptions
from harness.record import AxisEntry, ScalingEntry
from harness.record.survey_entries import PowerFact, SizeFact
from harness.record.used_entries import UsedFact
from harness.surveying import sizes
from harness.surveying.site import Say, Site, survey
from harness.surveying.sizes import Axis, Size
from harness.truth import Asked, InMemory, Neighbours
from harness.truth.searching import neighbours
from harness.watching.looking import METRICS, looking
from harness.watching.used import looks, used

_SETTLE = 1.0
"""Seconds after storing, before memory is looked at: what a database writes behind has begun by then."""


@dataclass(frozen=True, slots=True)
class ScaleOptions:
    """What `nearimage scale` was asked for: `questions` are asked in each of `rounds`, for the best `limit`."""

    axis: Axis
    steps: tuple[str, ...]
    base: Size
    targets: TargetOptions = field(default_factory=TargetOptions)
    questions: int = 40
    rounds: int = 5
    limit: int = 10
    seed: int = 0
    out: Path = field(default_factory=lambda: Path("nearimage-out"))


def scale(options: ScaleOptions, say: Say) -> Path:
    """Measure each size and return the record of it.

    Raises:
        HarnessError: the target could not be opened, filled or asked.
    """
    wanted = list(options.axis.sizes(options.steps, options.base))
    written: list[Path] = []
    needs = Needs(modules=(Module.IMG2VEC,), settings=METRICS)
    with (
        survey(options.targets, needs, options.out, written.append, say, writes=True) as site,
        looking(site.target) as watch,
    ):
        places = [_Place(options, site, text, number, size) for text, number, size in wanted]
        for place in places:
            say(f"{options.axis.words} {place.text}: storing {place.size.objects:,} objects")
            place.fill()
        turns = [place for _ in range(options.rounds) for place in places]
        Random(options.seed).shuffle(turns)  # noqa: S311 - a seed is the point
        for number, place in enumerate(turns, start=1):
            say(f"round {number} of {len(turns)}: {options.axis.words} {place.text}")
            place.ask()
        facts = tuple(place.fact() for place in places)
        site.write(_entry(options, site, facts))
        about = f"{options.axis.words}: one size after another is filled, then all are asked in turns"
        site.write(AxisEntry(target=site.station.name, about=about, looks=looks(watch, site.began)))
        lost = sum(place.errors for place in places)
        outcome = Outcome.VIOLATED if lost else Outcome.HELD
        what = f"{lost} requests were not answered" if lost else "Every request of the survey is answered."
        site.judge("scale/answered", outcome, what, f"with the {options.axis.words}")
    return written[0]


class _Place:
    """One size in the database."""

    def __init__(self, options: ScaleOptions, site: Site, text: str, number: float | None, size: Size) -> None:
        self.text, self.size, self.errors = text, size, 0
        self._options, self._site, self._number = options, site, number
        self._name = site.station.run.class_name(f"Size{text.replace(',', '').title()}")
        self._wire = GraphQLWire(site.endpoint)
        self._by_image: list[float] = []
        self._by_vector: list[float] = []
        self._used: list[UsedFact] = []
        self._recalls: list[float] = []

    def fill(self) -> None:
        """Make the class, store its objects, and find the exact answers."""
        stored = sizes.vectors(self.size)
        queries = sizes.asked(self.size, stored, self._options.questions)
        began = perf_counter()
        with looking(self._site.target) as watch:
            definition = self.size.definition(self._name) | {"description": self._site.station.run.description}
            sizes.store(self._site.endpoint, definition, stored)
            self._import_seconds = perf_counter() - began
            sleep(_SETTLE)
        self._import_cpu = watch.cpu("database")
        self._anonymous, self._disk = watch.added("anonymous"), watch.added("disk")
        began = perf_counter()
        asked = Asked(self.size.metric, self._options.limit, queries)
        self._truth: list[Neighbours] = neighbours(
            asked, InMemory([sizes.object_id(number) for number in range(len(stored))], stored)
        )
        self._truth_seconds = perf_counter() - began
        base = Question(self._name, NearVector(()), limit=self._options.limit)
        pictures = sizes.pictures(self.size, queries)
        self._questions = [base.but(near=NearImage(one.base64)) for one in pictures]
        self._images = [self._wire.encode(one) for one in self._questions]
        self._vectors = [self._wire.encode(base.but(near=NearVector(tuple(row.tolist())))) for row in queries]
        self._closed(self._images[:10])  # warm

    def ask(self) -> None:
        """Ask every question once by its image and once by its vector."""
        with looking(self._site.target, every=1.0) as watch:
            times, bodies = self._closed(self._images)
        self._used.append(used(watch, len(times)))
        if times:
            self._by_image.append(float(np.median(times)))
        found = zip(self._truth, self._questions, strict=True)
        for number, (truth, question) in enumerate(found):
            if number in bodies:
                self._recalls.append(truth.recall(self._wire.decoded(bodies[number], question).ids))
        times, _ = self._closed(self._vectors)
        if times:
            self._by_vector.append(float(np.median(times)))

    def fact(self) -> SizeFact:
        """Return what was measured, as the record says it."""
        cpu = [one.database_cpu_ms for one in self._used if one.database_cpu_ms is not None]
        service = [one.service_cpu_ms for one in self._used if one.service_cpu_ms is not None]
        return SizeFact(
            size=self.text,
            number=self._number,
            objects=self.size.objects,
            dimensions=self.size.dimensions,
            by_image=tuple(self._by_image),
            by_vector=tuple(self._by_vector),
            recall=float(np.mean(self._recalls)) if self._recalls else None,
            import_seconds=self._import_seconds,
            import_cpu_seconds=self._import_cpu,
            truth_seconds=self._truth_seconds,
            anonymous_added=self._anonymous,
            disk_added=self._disk,
            used=self._used[-1].model_copy(
                update={
                    "database_cpu_ms": float(np.mean(cpu)) if cpu else None,
                    "service_cpu_ms": float(np.mean(service)) if service else None,
                }
            )
            if self._used
            else UsedFact(),
        )

    def _closed(self, encoded: Sequence[Encoded]) -> tuple[list[float], dict[int, bytes]]:
        bodies: dict[int, bytes] = {}

        def heard(_row: int, question: int, fate: Fate, body: bytes) -> None:
            if fate == Fate.OK:
                bodies[question] = body

        samples = run_closed(self._wire, encoded, order("in-turn", len(encoded), len(encoded)), heard=heard)
        self.errors += samples.errors
        return (samples.service[samples.ok] * 1000).tolist(), bodies


def _pairs(facts: Sequence[SizeFact], of: Callable[[SizeFact], float | None]) -> list[tuple[float, float]]:
    found = ((fact.number, of(fact)) for fact in facts)
    return [(number, value) for number, value in found if number is not None and value is not None]


def _entry(options: ScaleOptions, site: Site, facts: tuple[SizeFact, ...]) -> ScalingEntry:
    return ScalingEntry(
        target=site.station.name,
        axis=options.axis.words,
        unit=options.axis.unit,
        index=options.base.index,
        metric=str(options.base.metric),
        limit=options.limit,
        sizes=facts,
        powers=tuple(_powers(facts)),
    )


def _powers(facts: Sequence[SizeFact]) -> list[PowerFact]:
    """The exponent of each figure that has one; what is measured round by round has a point for each."""
    numbered = [fact for fact in facts if fact.number is not None]
    figures: dict[str, list[tuple[float, float]]] = {
        "time by image": [(one.number or 0, each) for one in numbered for each in one.by_image],
        "time by vector": [(one.number or 0, each) for one in numbered for each in one.by_vector],
        "processor time of the database": _pairs(numbered, lambda one: one.used.database_cpu_ms),
        "memory added": _pairs(numbered, lambda one: one.anonymous_added),
        "disk added": _pairs(numbered, lambda one: one.disk_added),
        "time to store": _pairs(numbered, lambda one: one.import_seconds),
        "time of the exact answers": _pairs(numbered, lambda one: one.truth_seconds),
    }
    found = []
    for figure, points in figures.items():
        fitted = power([x for x, _ in points], [y for _, y in points])
        if fitted is not None:
            found.append(
                PowerFact(
                    figure=figure,
                    factor=fitted.factor,
                    exponent=fitted.exponent,
                    low=fitted.low,
                    high=fitted.high,
                    n=fitted.n,
                )
            )
    return found
