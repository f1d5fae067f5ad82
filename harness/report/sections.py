"""What the page says, section by section, as values that the templates put into HTML."""

from __future__ import annotations

import shlex
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.model import Outcome
from harness.record import LatencyEntry, PictureEntry, Record, ShownEntry, ShownHit, VerdictEntry
from harness.report import figures, words
from harness.report.findings import Finding, chapter
from harness.statistics import Bin, Summary, histogram, share, summary

SYMBOLS = dict(zip(Outcome, "✓✗≈✧?!-", strict=True))
_PER_DECADE = 40
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif")
_IN_A_ROW = 5


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a record, each kept once in the page and found by hash or by name."""

    by_hash: Mapping[str, PictureEntry]

    def id(self, sha256: str) -> str:
        """The id of a picture in the page; empty if there is none."""
        return f"p-{sha256[:16]}" if sha256 in self.by_hash else ""

    def named(self, facts: Any) -> list[PictureEntry]:
        """The pictures whose names occur as values in some evidence, at most eight."""
        names = {picture.name: picture for picture in self.by_hash.values()}
        return list({said: names[said] for said in _strings(facts) if said in names}.values())[:8]


def _strings(facts: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(facts, str):
        yield facts
    elif isinstance(facts, dict | list) and depth < 4:  # noqa: PLR2004 - deeper is not for reading
        for item in facts.values() if isinstance(facts, dict) else facts:
            yield from _strings(item, depth + 1)


# --- galleries -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture in a row; `kind` is empty, `wrong` (returned, not expected), `missing`, or `tied` (may be there)."""

    hit: ShownHit
    distance: str
    kind: str

    @property
    def short(self) -> str:
        """The name without what most names share: the ending of a picture file."""
        name, _, _ = self.hit.name.partition("#")
        return name.rsplit(".", 1)[0] if name.lower().endswith(_ENDINGS) else name

    @property
    def view(self) -> str:
        """Which view of the picture it is, with its sign; empty for the picture itself."""
        return "".join(self.hit.name.partition("#")[1:])


@dataclass(frozen=True, slots=True)
class Gallery:
    """One question, what came back over these interfaces at these targets, and what should have."""

    shown: ShownEntry
    interfaces: tuple[str, ...]
    targets: tuple[str, ...]
    returned: tuple[Tile, ...]
    expected: tuple[Tile, ...]
    axis: figures.Axis | None
    threshold: str

    @property
    def wide(self) -> bool:
        """Whether it has more pictures than stand side by side in half the page."""
        return max(len(self.returned), len(self.expected)) > _IN_A_ROW

    @property
    def wrong(self) -> bool:
        """Whether something came back that should not, or did not and should."""
        return any(tile.kind in {"wrong", "missing"} for tile in self.returned + self.expected)


def galleries(shown: Iterable[ShownEntry], *, several: bool = False) -> list[Gallery]:
    """Fold what looks the same over several interfaces; what is wrong comes first.

    At several targets, whose vectors may differ in the last digit, what looks the same is what differs in nothing that
    is to be seen: neither in the objects nor in a printed distance, nor in more than the order of ties.
    """
    same: dict[Hashable, list[ShownEntry]] = {}
    for entry in shown:
        alike = _looks(entry) if several else entry.model_copy(update={"interface": "", "target": ""})
        same.setdefault(alike, []).append(entry)
    found = (
        _gallery(some[0], _once(one.interface for one in some), _once(one.target for one in some))
        for some in same.values()
    )
    return sorted(found, key=lambda gallery: not gallery.wrong)


def _looks(entry: ShownEntry) -> Hashable:
    def seen(hits: Iterable[ShownHit]) -> Hashable:
        return tuple(sorted((round(hit.distance or 0.0, 4) + 0.0, hit.name, hit.expected) for hit in hits))

    place = (entry.scenario, entry.collection, entry.question, entry.threshold)
    return place, seen(entry.returned), seen(entry.expected)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _gallery(entry: ShownEntry, interfaces: tuple[str, ...], targets: tuple[str, ...]) -> Gallery:
    there = {hit.name for hit in entry.returned}
    returned = tuple(_tile(hit, "" if hit.expected else "wrong") for hit in entry.returned)
    expected = tuple(
        _tile(hit, "" if hit.name in there else "missing" if hit.expected else "tied") for hit in entry.expected
    )
    dots = [
        (tile.kind or "returned", tile.hit.distance, tile.hit.name)
        for tile in (*returned, *(tile for tile in expected if tile.kind == "missing"))
        if tile.hit.distance is not None
    ]
    return Gallery(
        entry,
        interfaces,
        targets,
        returned,
        expected,
        figures.axis(entry.reach, dots, entry.threshold),
        "" if entry.threshold is None else words.number(entry.threshold),
    )


def _tile(hit: ShownHit, kind: str) -> Tile:
    return Tile(hit, "" if hit.distance is None else f"{hit.distance:.4g}", kind)


# --- the matrix ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matrix:
    """One scenario at one target: checks down, collections and interfaces across; without a verdict it is None."""

    scenario: str
    target: str
    collections: tuple[tuple[str, tuple[str, ...]], ...]
    chapters: tuple[tuple[str, tuple[tuple[str, tuple[VerdictEntry | None, ...]], ...]], ...]


def matrices(verdicts: Iterable[VerdictEntry]) -> list[Matrix]:
    """Lay out the verdicts of each scenario, at each target, everything in the order in which it ran."""
    scenarios: dict[tuple[str, str], list[VerdictEntry]] = {}
    for case in verdicts:
        scenarios.setdefault((case.scenario, case.target), []).append(case)
    return [_matrix(scenario, target, cases) for (scenario, target), cases in scenarios.items()]


def _matrix(scenario: str, target: str, cases: list[VerdictEntry]) -> Matrix:
    over: dict[str, dict[str, None]] = {}
    cells: dict[str, dict[tuple[str, str], VerdictEntry]] = {}
    chapters: dict[str, dict[str, None]] = {}
    for case in cases:
        if case.collection:  # what is said of a whole run has no place
            over.setdefault(case.collection, {})[case.interface] = None
        chapters.setdefault(chapter(case), {})[case.check] = None
        cells.setdefault(case.check, {})[case.collection, case.interface] = case
    columns = [(collection, interface) for collection, interfaces in over.items() for interface in interfaces]
    return Matrix(
        scenario,
        target,
        tuple((collection, tuple(interfaces)) for collection, interfaces in over.items()),
        tuple(
            (name, tuple((check, tuple(cells[check].get(column) for column in columns)) for check in checks))
            for name, checks in chapters.items()
        ),
    )


def anchors(found: Iterable[Finding]) -> dict[tuple[str, Outcome], str]:
    """The id in the page of what is found of each check: the place of the finding; of several the first."""
    places: dict[tuple[str, Outcome], str] = {}
    for number, finding in enumerate(found, start=1):
        for case in finding.cases:
            places.setdefault((case.check, finding.outcome), f"finding-{number}")
    return places


# --- latency -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timing:
    """One measurement; without samples there is nothing but its failures."""

    entry: LatencyEntry
    summary: Summary | None
    share: float | None
    figure: figures.Histogram | None


def timings(latencies: Iterable[LatencyEntry]) -> list[Timing]:
    """Summarise each measurement; all are drawn on one axis, so that they can be compared by eye."""
    entries = list(latencies)
    bins: dict[int, tuple[Bin, ...]] = {
        number: histogram(entry.milliseconds, _PER_DECADE) for number, entry in enumerate(entries) if entry.n
    }
    low = min((some[0].low for some in bins.values()), default=1.0)
    high = max((some[-1].high for some in bins.values()), default=10.0)
    return [_timing(entry, bins.get(number, ()), low, high) for number, entry in enumerate(entries)]


@dataclass(frozen=True, slots=True)
class TimingRow:
    """One question over one interface, at every target; None where it was not asked."""

    scenario: str
    question: str
    interface: str
    timings: tuple[Timing | None, ...]


def timing_rows(found: Iterable[Timing], targets: Iterable[str]) -> list[TimingRow]:
    """Lay the measurements of several targets side by side."""
    rows: dict[tuple[str, str, str, str], dict[str, Timing]] = {}
    for one in found:
        entry = one.entry
        rows.setdefault((entry.scenario, entry.collection, entry.question, entry.interface), {})[entry.target] = one
    names = list(targets)
    return [
        TimingRow(scenario, question, interface, tuple(some.get(name) for name in names))
        for (scenario, _, question, interface), some in rows.items()
    ]


def _timing(entry: LatencyEntry, bins: tuple[Bin, ...], low: float, high: float) -> Timing:
    if not bins:
        return Timing(entry, None, None, None)
    said = summary(entry.milliseconds)
    part = share(entry.service_ms, entry.milliseconds) if entry.service_ms else None
    return Timing(entry, said, part, figures.histogram(bins, said, low, high))


# --- the run -------------------------------------------------------------------------------------


def environment(record: Record) -> list[tuple[str, str]]:
    """What somebody needs to know to do the same again; what is not known is left out.

    What several targets are stands with them.
    """
    run, end = record.run, record.end
    target = record.target if len(record.targets) < 2 else None  # noqa: PLR2004 - the only one
    facts = [
        ("target asked for", run.target),
        ("target found", target.name if target else "" if record.targets else "none"),
        ("version", target.version if target else ""),
        ("modules", ", ".join(target.modules) if target else ""),
        *((f"inference for {module}", said) for module, said in (target.inference if target else {}).items()),
        ("started", run.started.isoformat()),
        ("took", words.duration(seconds) if (seconds := took(record)) is not None else ""),
        ("peak memory", f"{end.peak_memory_mb:,.0f} MB" if end and end.peak_memory_mb is not None else ""),
        ("seed", "" if run.seed is None else str(run.seed)),
        ("nearimage", run.harness + (f" (commit {run.commit})" if run.commit else "")),
        ("Python", run.python),
        ("machine", f"{run.platform}, {words.count(run.cpus, 'processor')}"),
        *run.versions.items(),
    ]
    return [(name, said) for name, said in facts if said]


def took(record: Record) -> float | None:
    """Seconds from the start to the end; None if there is no end."""
    return None if record.end is None else max(0.0, (record.end.finished - record.run.started).total_seconds())


def phases(record: Record) -> list[tuple[str, float]]:
    """Where the time of the run went: name and seconds."""
    return list(record.end.phases.items()) if record.end else []


def command(record: Record) -> str:
    """The command line of the run, as a shell takes it."""
    return shlex.join(record.run.argv)
