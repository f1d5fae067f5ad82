"""Where the time of each question goes: the parts of a typical one, and the module's share at each percentile.

The parts of a question by image are what its clocks say: encoding and decoding by the client, waiting and computing by
the inference service, index and fetch by the same question asked by its vector. The rest is transport: the image on its
way to the database and from there to the service, and what the database does to it on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from rich.text import Text

from harness.record import LatencyEntry, Record, StagesEntry
from harness.report import words
from harness.report.pen import Pen
from harness.statistics import carried, interval, percentile

PARTS = ("encode", "transport", "waiting", "computing", "index and fetch", "decode")
_LETTERS = "etwcid"
_BLOCKS = "▏░▓█▒▕"
_BAR = 40
_PERCENTILES = (50.0, 95.0, 99.0)


@dataclass(frozen=True, slots=True)
class Stack:
    """A typical question by image: the milliseconds of each of `PARTS`; `null` is its median with a free module."""

    entry: StagesEntry
    parts: tuple[float, ...]
    null: float
    shares: tuple[tuple[str, str], ...]

    @property
    def total(self) -> float:
        """Milliseconds in all."""
        return sum(self.parts)

    @property
    def edges(self) -> list[tuple[str, float, float, float]]:
        """Each part with its milliseconds, where it begins and how wide it is, in per cent of the whole."""
        found, at = [], 0.0
        for name, part in zip(PARTS, self.parts, strict=True):
            found.append((name, part, round(at, 3), round(part / self.total * 100, 3)))
            at += part / self.total * 100
        return found


def stacks(record: Record) -> list[Stack]:
    """Return every split of a record, in the order measured."""
    timed = {_key(entry): entry for entry in record.latencies}
    return [_stack(entry, timed.get(_key(entry))) for entry in record.stages]


def share_at(q: float, parts: Sequence[float], wholes: Sequence[float]) -> float | None:
    """Return the share that a part has in the requests around a percentile of the whole.

    Those between the ends of the percentile's 95% interval are taken together: one request says little of a tail.

    Args:
        q: the percentile.
        parts: one for each request.
        wholes: the same requests.

    Returns:
        From 0 to 1, or None if the sample does not carry the percentile.
    """
    if not carried(len(wholes), q) or (ends := interval(wholes, q)) is None:
        return None
    near = [(part, whole) for part, whole in zip(parts, wholes, strict=True) if ends.low <= whole <= ends.high]
    return min(1.0, sum(part for part, _ in near) / sum(whole for _, whole in near))


def drawn(found: Sequence[Stack], pen: Pen) -> Iterator[Text]:
    """Yield the bars for a screen, and what their signs mean."""
    signs = _LETTERS if pen.console.options.ascii_only else _BLOCKS
    longest = max(stack.total for stack in found)
    for stack in found:
        cells = [max(1, round(part / longest * _BAR)) if part > 0 else 0 for part in stack.parts]
        bar = "".join(sign * count for sign, count in zip(signs, cells, strict=True))
        where = f" at {stack.entry.target}" if len({one.entry.target for one in found}) > 1 else ""
        yield pen.text(f"{stack.entry.scenario}: {stack.entry.question}{where}", "bold")
        yield pen.text(f"  {bar} {words.milliseconds(stack.total)} ms")
        said = ", ".join(f"{name} {words.milliseconds(part)}" for name, part in zip(PARTS, stack.parts, strict=True))
        yield pen.text(f"  {said}", "dim")
        for line in _beside(stack):
            yield pen.text(f"  {line}", "dim")
    keys = ", ".join(f"{sign} {name}" for sign, name in zip(signs, PARTS, strict=True))
    yield pen.text(f"where the time of a typical question goes, in ms: {keys}", "dim")


def _beside(stack: Stack) -> Iterator[str]:
    if stack.shares:
        yield "module share of " + ", ".join(f"{name} {share}" for name, share in stack.shares)
    yield f"with a module that answers at once: p50 {words.milliseconds(stack.null)} ms"


def _key(entry: StagesEntry | LatencyEntry) -> tuple[str, ...]:
    return entry.target, entry.scenario, entry.collection, entry.question, entry.interface


def _stack(entry: StagesEntry, timed: LatencyEntry | None) -> Stack:
    index = median(entry.vector)
    ends = interval(entry.image, 50.0)
    rows = [
        (whole, waited, computed, min(index, max(0.0, whole - waited - computed)))
        for whole, waited, computed in zip(entry.image, entry.waited, entry.computed, strict=True)
        if ends is None or ends.low <= whole <= ends.high
    ]
    waited, computed, fetched = (fmean(row[place] for row in rows) for place in (1, 2, 3))
    transport = max(0.0, fmean(row[0] for row in rows) - waited - computed - fetched)
    null = percentile(entry.null, 50.0) + entry.encode + entry.decode
    return Stack(entry, (entry.encode, transport, waited, computed, fetched, entry.decode), null, _shares(timed))


def _shares(timed: LatencyEntry | None) -> tuple[tuple[str, str], ...]:
    if timed is None or timed.service_ms is None:
        return ()
    found = ((q, share_at(q, timed.service_ms, timed.milliseconds)) for q in _PERCENTILES)
    return tuple((f"p{q:g}", f"{share:.0%}") for q, share in found if share is not None)
