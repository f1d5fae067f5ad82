"""What a billion images would need, computed from what was measured here with a few thousand.

    nearimage scale objects --target … --out measured        (and: scale dimensions)
    nearimage run photos-img2vec --target … --out measured
    python benchmarks/billion.py measured/*/record.jsonl [--keep benchmarks/measured/scaling.json]
    python benchmarks/billion.py benchmarks/measured/scaling.json --write docs/scale.md

Takes records with scalings along the number of objects and the dimensions, and splits of questions by image. A time is
what was measured at the largest size, times the sizes' ratio to the power of the exponent that was fitted, along both
axes; its range takes both exponents at the ends of their 95% intervals. What is added object by object (memory, disk,
storing, exact answers) is the slope of a line through all sizes, times the number, and grows evenly with the
components; its range is that of all pairs with the largest size. Memory and disk are at least the vectors themselves.
What the generator can send is measured by this
program. `--keep` writes what it used to a small file, which it reads too; `--write` puts the tables into a page,
between its two marks.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from harness.load.http_lanes import GraphQLWire
from harness.load.planned import planned
from harness.load.runner import run_closed
from harness.model import NearImage, Question
from harness.record import ScalingEntry, StagesEntry, read
from harness.record.survey_entries import SizeFact

BEGIN, END = "<!-- begin: python benchmarks/billion.py -->", "<!-- end -->"
OBJECTS, DIMENSIONS = "number of objects", "dimensions"
_GIB, _TIB = 2**30, 2**40


@dataclass(frozen=True, slots=True)
class Range:
    """A figure with what it may be at the ends of the exponents' intervals."""

    likely: float
    low: float
    high: float

    def times(self, factor: float) -> Range:
        """Return the figure and its range, multiplied."""
        return Range(self.likely * factor, self.low * factor, self.high * factor)

    def least(self, floor: float) -> Range:
        """Return the range with nothing below a floor."""
        return Range(*(max(floor, end) for end in (self.likely, self.low, self.high)))

    def said(self, unit: str = "", digits: int = 2) -> str:
        """Return it for people."""
        numbers = [f"{number:,.0f}" if number >= 100 else f"{number:.{digits}g}" for number in self.ends]
        return f"{numbers[1]}{unit} ({numbers[0]} to {numbers[2]})"

    @property
    def ends(self) -> tuple[float, float, float]:
        """Low, likely, high."""
        return self.low, self.likely, self.high


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: scalings by their axis, and the processor milliseconds of one image in the model."""

    scalings: dict[str, ScalingEntry]
    model_ms: float
    where: str


def measured(paths: Sequence[Path]) -> Measured:
    """Read records, or what `--keep` wrote.

    Raises:
        SystemExit: a scaling is missing.
    """
    entries: list[Any] = []
    where = ""
    for path in paths:
        if path.suffix == ".json":
            kept = json.loads(path.read_text(encoding="utf-8"))
            where = kept["where"]
            entries += [ScalingEntry.model_validate(one) for one in kept["scalings"]]
            entries += [StagesEntry.model_validate(one) for one in kept["stages"]]
            continue
        record = read(path)
        entries += [*record.scalings, *record.stages]
        target = record.target
        said = f"Weaviate {target.version}" if target and target.weaviate else "the reference"
        where = f"{record.run.started:%Y-%m-%d}, {said}, {record.run.cpus} processors, {record.run.platform}"
    scalings = {one.axis: one for one in entries if isinstance(one, ScalingEntry)}
    for axis in (OBJECTS, DIMENSIONS):
        if axis not in scalings:
            raise SystemExit(f"no scaling along the {axis} among these records: nearimage scale …")
    times = [median(one.computed) for one in entries if isinstance(one, StagesEntry)]
    return Measured(scalings, fmean(times) if times else 0.0, where)


def at(found: Measured, figure: str, value: float, objects: float, dimensions: float) -> Range:
    """Return a figure at a size, from its value at the largest size that was measured."""
    largest = found.scalings[OBJECTS].sizes[-1]
    ends = [value, value, value]
    for axis, size, known in ((OBJECTS, objects, largest.objects), (DIMENSIONS, dimensions, largest.dimensions)):
        fitted = next((one for one in found.scalings[axis].powers if one.figure == figure), None)
        if fitted is None:
            raise SystemExit(f"the scaling along the {axis} has no exponent of the {figure}")
        powers = (fitted.low, fitted.exponent, fitted.high)
        factors = [(size / known) ** power for power in powers]
        ends = [end * factor for end, factor in zip(ends, factors, strict=True)]
    return Range(ends[1], min(ends), max(ends))


def added(found: Measured, of: Callable[[SizeFact], float | None], objects: float, dimensions: float) -> Range:
    """Return what so many objects add, by what those of each pair of measured sizes added."""
    sizes = found.scalings[OBJECTS].sizes
    last = sizes[-1]
    xs, ys = [float(size.objects) for size in sizes], [of(size) or 0.0 for size in sizes]
    line = float(np.polyfit(xs, ys, 1)[0])
    each = [(ys[-1] - y) / (xs[-1] - x) for x, y in zip(xs[:-1], ys[:-1], strict=True)]
    each = [max(0.0, one) for one in (line, *each)]
    low, high = found.scalings[DIMENSIONS].sizes[0], found.scalings[DIMENSIONS].sizes[-1]
    known_low, known_high = of(low) or 0.0, of(high) or 0.0
    component = max(0.0, known_high - known_low) / (high.dimensions - low.dimensions)
    here = known_low + component * (last.dimensions - low.dimensions)
    there = known_low + component * (dimensions - low.dimensions)
    factor = objects * (there / here if here > 0 else dimensions / last.dimensions)
    return Range(each[0] * factor, min(each) * factor, max(each) * factor)


def ceiling(seconds: float = 2.0) -> float:
    """Return how many requests with images of 40 kB one process of the generator sends and hears in a second."""
    with planned() as server:
        wire = GraphQLWire(server.endpoint)
        request = wire.encode(Question("Photo", NearImage("A" * 40_000), limit=10))
        order = np.zeros(1_000_000, dtype=np.int32)
        began = time.perf_counter()
        samples = run_closed(wire, [request], order, concurrency=16, seconds=seconds)
        return float(samples.ok.sum() / (time.perf_counter() - began))


FITTED = ("time by vector", "processor time of the database")


def exponents(found: Measured) -> Iterator[str]:
    """Yield the tables of what was measured."""
    largest = found.scalings[OBJECTS].sizes[-1]
    yield f"Measured: {found.where}."
    yield ""
    size = f"{largest.objects:,} x {largest.dimensions}"
    yield f"| time of one question | at {size} | exponent with objects | with dimensions |"
    yield "|---|---|---|---|"
    for figure, value in zip(FITTED, _times(found), strict=True):
        powers = []
        for axis in (OBJECTS, DIMENSIONS):
            one = next((one for one in found.scalings[axis].powers if one.figure == figure), None)
            powers.append(f"{one.exponent:.2f} ({one.low:.2f} to {one.high:.2f})" if one else "-")
        yield f"| {figure} | {value:.3g} ms | {powers[0]} | {powers[1]} |"
    yield f"| processor time of the model, each image | {found.model_ms:.3g} ms | 0 | 0 |"
    yield ""
    yield f"| what each object adds, {largest.dimensions} components | likely (range) |"
    yield "|---|---|"
    for figure, (of, unit, factor) in ADDED.items():
        yield f"| {figure} | {added(found, of, 1, largest.dimensions).times(factor).said(unit)} |"


def _times(found: Measured) -> tuple[float, float]:
    largest = found.scalings[OBJECTS].sizes[-1]
    return median(largest.by_vector), largest.used.database_cpu_ms or 0.0


ADDED: dict[str, tuple[Callable[[SizeFact], float | None], str, float]] = {
    "memory": (lambda size: size.anonymous_added, " bytes", 1.0),
    "disk, without the image": (lambda size: size.disk_added, " bytes", 1.0),
    "time to store": (lambda size: size.import_seconds, " ms", 1000.0),
    "exact answers to 40 questions": (lambda size: size.truth_seconds, " µs", 1e6),
}


def needs(found: Measured, options: argparse.Namespace) -> Iterator[str]:
    """Yield the table of what so many images would need."""
    objects, dimensions, rate = options.objects, options.dimensions, options.rate
    search_ms, cpu_ms = (
        at(found, figure, value, objects, dimensions) for figure, value in zip(FITTED, _times(found), strict=True)
    )
    memory, disk, storing, truth = (added(found, of, objects, dimensions) for of, _, _ in ADDED.values())
    vectors = 4.0 * dimensions * objects
    memory, disk = memory.least(vectors), disk.least(vectors)
    busy, model, sent = cpu_ms.times(rate / 1000), found.model_ms * rate / 1000, ceiling()
    nodes = [
        max(ceil(size / (options.node_memory * _GIB)), ceil(cpu / options.node_cpus))
        for size, cpu in zip(memory.ends, busy.ends, strict=True)
    ]
    node = f"{options.node_memory:g} GiB and {options.node_cpus} processors"
    yield f"{objects:,} images, {dimensions:,} components, {rate:,} questions by image a second:"
    yield ""
    yield "| what | likely (range) | from |"
    yield "|---|---|---|"
    size = memory.times(1 / _TIB).said(" TiB")
    yield f"| memory, one copy of each object | {size} | what each object adds, at least its vector |"
    yield f"| disk, one copy, without the images | {disk.times(1 / _TIB).said(' TiB')} | what each object adds |"
    yield f"| a search by vector, alone | {search_ms.said(' ms')} | its exponents |"
    yield f"| processors of the database, for the questions | {busy.said()} | its exponents x rate |"
    yield f"| processors of the inference service, for them | {model:,.0f} | the model's time x rate |"
    yield f"| nodes of {node}, one copy | {nodes[1]:,} ({nodes[0]:,} to {nodes[2]:,}) | whichever asks for more |"
    yield f"| storing through one node like this one | {storing.times(1 / 86_400).said(' days')} | time to store |"
    hours = objects * found.model_ms / 3.6e6
    yield f"| processor hours of the model, for the import | {hours:,.0f} | the model's time |"
    yield f"| exact answers to 40 questions, here | {truth.times(1 / 3600).said(' h')} | exact answers |"
    yield f"| load generators of one processor | {ceil(rate / sent)} | one sends {sent:,.0f}/s of 40 kB here |"


def keep(found: Measured, paths: Sequence[Path], out: Path) -> None:
    """Write what was used, without what it was measured with."""
    stages = [one for path in paths if path.suffix != ".json" for one in read(path).stages]
    kept = {
        "where": found.where,
        "scalings": [one.model_copy(update={"target": ""}).model_dump(mode="json") for one in found.scalings.values()],
        "stages": [one.model_copy(update={"target": ""}).model_dump(mode="json") for one in stages],
    }
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Read, compute, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="+", type=Path)
    parser.add_argument("--objects", type=int, default=10**9)
    parser.add_argument("--dimensions", type=int, default=1280, help="of EfficientNet-Lite0; ResNet-50 has 2,048")
    parser.add_argument("--rate", type=int, default=1000, help="questions by image a second")
    parser.add_argument("--node-memory", type=float, default=256.0, help="GiB of a node")
    parser.add_argument("--node-cpus", type=int, default=64, help="processors of a node")
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--write", type=Path, default=None)
    options = parser.parse_args()
    found = measured(options.records)
    if options.keep:
        keep(found, options.records, options.keep)
    text = "\n".join([*exponents(found), "", *needs(found, options)])
    if options.write is None:
        print(text)
        return 0
    before, mark, rest = options.write.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (mark and end):
        raise SystemExit(f"{options.write} has not the two marks {BEGIN} and {END}")
    options.write.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
