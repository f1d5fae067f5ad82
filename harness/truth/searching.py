"""Goes through all shards, here or on Dask's workers, and can go on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np

from harness.errors import UsageError
from harness.truth.neighbours import NOTHING, Asked, Neighbours, Partial, edges, merged, settled
from harness.truth.scanning import nearest_in
from harness.truth.shards import Shards

Progress = Callable[[int, int], None]
"""Called with (shards done, shards in all) after each."""

Edges = Callable[[], list[float]]
"""What the questions' edges are known to be by now."""


class Worker(Protocol):
    """One way to have shards compared; yields each with its partials, in any order."""

    def __call__(
        self, asked: Asked, shards: Shards, wanted: Sequence[int], known: Edges
    ) -> Iterator[tuple[int, list[Partial]]]:
        """Compare the wanted shards."""


def neighbours(
    asked: Asked,
    shards: Shards,
    *,
    notes: Path | None = None,
    worker: Worker | None = None,
    progress: Progress | None = None,
) -> list[Neighbours]:
    """Return the exact answer to each question.

    Args:
        asked: the questions.
        shards: the objects.
        notes: a folder where each shard's part is kept; if it has some already, those are not computed again.
        worker: who compares; this process, a shard after the other, if not given.
        progress: told how far it is.

    Raises:
        UsageError: vectors that nobody can rank, or notes of other questions or vectors.
    """
    kept = _Notes(notes, asked, shards) if notes is not None else None
    so_far = _SoFar(asked)
    for shard, part in kept.parts() if kept else ():
        so_far.add(shard, part)
    every = range(len(shards.starts) - 1)
    wanted = [shard for shard in every if shard not in so_far.shards]
    for shard, part in (worker or in_turn)(asked, shards, wanted, so_far.edges):
        if kept:
            kept.note(shard, part)
        so_far.add(shard, part)
        if progress is not None:
            progress(len(so_far.shards), len(every))
    return settled(asked, so_far.parts, shards)


def plan(asked: Asked, shards: Shards) -> dict[str, object]:
    """Return what tells this search from every other one, as JSON holds it."""
    return {
        "nearimage-truth": 1,
        "metric": str(asked.metric),
        "limit": asked.limit,
        "questions": sha256(np.ascontiguousarray(asked.queries).tobytes()).hexdigest(),
        "components": shards.components,
        "starts": list(shards.starts),
        "vectors": shards.identity,
    }


class _SoFar:
    """What the shards compared by now come to."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.parts = [NOTHING] * len(asked.queries)
        self.shards: set[int] = set()

    def add(self, shard: int, part: Sequence[Partial]) -> None:
        self.parts = merged(self._asked, self.parts, part)
        self.shards.add(shard)

    def edges(self) -> list[float]:
        return edges(self._asked, self.parts)


def in_turn(asked: Asked, shards: Shards, wanted: Sequence[int], known: Edges) -> Iterator[tuple[int, list[Partial]]]:
    """Compare one shard after the other, in this process."""
    for shard in wanted:
        yield shard, one_shard(asked, shards, shard, known())


def one_shard(asked: Asked, shards: Shards, shard: int, within: Sequence[float]) -> list[Partial]:
    """Read one shard and return the nearest of each question in it."""
    return nearest_in(asked, shards.rows(shard), start=shards.starts[shard], within=within)


class _Notes:
    """A folder with a plan and a file for each shard that is done; a file is whole or not there.

    A part was computed with what others had found by then, so all of them belong together: notes whose plan is another
    one are refused, never mixed.
    """

    def __init__(self, folder: Path, asked: Asked, shards: Shards) -> None:
        self._folder = folder
        searched = plan(asked, shards)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "plan.json"
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) == searched:
            return
        if self._done():
            raise UsageError(
                f"{folder} holds what was found for other questions or other vectors",
                hint="Remove that folder, or name another file for the answer.",
            )
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(searched), encoding="utf-8")
        unfinished.replace(path)

    def parts(self) -> Iterator[tuple[int, list[Partial]]]:
        """Yield the shards that are done, each with its part."""
        for shard in self._done():
            with np.load(self._path(shard), allow_pickle=False) as kept:
                cuts = np.cumsum(kept["counts"])[:-1]
                pairs = zip(np.split(kept["places"], cuts), np.split(kept["distances"], cuts), strict=True)
                yield shard, [Partial(places, distances, float(kept["longest"])) for places, distances in pairs]

    def note(self, shard: int, part: Sequence[Partial]) -> None:
        """Keep the part of a shard."""
        unfinished = self._path(shard).with_suffix(".part")
        with unfinished.open("wb") as file:
            np.savez(
                file,
                places=np.concatenate([one.places for one in part]),
                distances=np.concatenate([one.distances for one in part]),
                counts=np.array([len(one.places) for one in part]),
                longest=np.array(max(one.longest for one in part)),
            )
        unfinished.replace(self._path(shard))

    def _done(self) -> list[int]:
        return sorted(int(path.stem.partition("-")[2]) for path in self._folder.glob("shard-*.npz"))

    def _path(self, shard: int) -> Path:
        return self._folder / f"shard-{shard:06d}.npz"
