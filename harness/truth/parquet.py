"""Vectors and answers in Parquet; needs the extra `nearimage[scale]`.

A folder of files, or one file; each row group of each file is a shard. A row has an id (text or a number) and a vector
(a list of numbers, all of the same length).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import FileError, UsageError
from harness.truth.neighbours import Neighbours
from harness.truth.shards import Rows

_HINT = "Each row needs an id and a vector, a list of numbers; other names: --columns ID,VECTOR."
_ELSEWHERE = "Name another file for the answers: --out."
_ANOTHER = "Name another file for the answers (--out), or remove that one."
_SEARCH = b"nearimage-truth"

Search = Mapping[str, object]
"""What tells one search from another, as JSON holds it."""


class Columns(NamedTuple):
    """What the two columns are called."""

    id: str = "id"
    vector: str = "vector"


class _Group(NamedTuple):
    file: Path
    number: int
    rows: int


class ParquetShards:
    """The vectors of a folder of Parquet files, by the names of the files, or of one file.

    Args:
        path: the folder or the file.
        columns: what the columns are called.

    Raises:
        FileError: there is none, or one has no such columns, or vectors of several lengths.
        UsageError: pyarrow is not installed.
    """

    def __init__(self, path: Path, columns: Columns = Columns()) -> None:  # noqa: B008 - it is frozen
        parquet = _pyarrow().parquet
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        self.path, self._columns = path, columns
        self._groups: list[_Group] = []
        for file in files:
            found = _opened(file, columns, parquet)
            counts = [found.metadata.row_group(number).num_rows for number in range(found.metadata.num_row_groups)]
            self._groups += [_Group(file, number, rows) for number, rows in enumerate(counts) if rows]
        if not self._groups:
            raise FileError("holds no vectors in Parquet files", path=path, hint=_HINT)
        self.starts = (0, *accumulate(group.rows for group in self._groups))
        self.components = self.rows(0).shape[1]
        marks = ((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
        self.identity = f"{path.resolve()} {columns} {list(marks)}"

    def rows(self, shard: int) -> Rows:
        """Return the vectors of a shard, m x n.

        Raises:
            FileError: they are no vectors of one length, or the file is damaged.
        """
        group = self._groups[shard]
        column = self._read(group, self._columns.vector).combine_chunks()
        if not _of_numbers(column.type):
            raise FileError(f"has {column.type} in {self._columns.vector}", path=group.file, hint=_HINT)
        flat = column.flatten()
        if column.null_count or flat.null_count or len(flat) % group.rows:
            raise FileError("has rows without a vector, or vectors of several lengths", path=group.file, hint=_HINT)
        lengths = {len(flat) // group.rows, getattr(self, "components", len(flat) // group.rows)}
        if column.type.__class__.__name__ != "FixedSizeListType":
            lengths |= set(np.unique(np.diff(column.offsets.to_numpy())).tolist())
        if len(lengths) > 1:
            said = " and ".join(map(str, sorted(lengths)))
            raise FileError(f"has vectors of {said} components", path=group.file, hint=_HINT)
        return np.ascontiguousarray(flat.to_numpy(zero_copy_only=False), dtype=np.float32).reshape(group.rows, -1)

    def rows_at(self, places: NDArray[np.int64]) -> dict[int, Rows]:
        """Return the vectors at these places; whole shards are read for them, one after the other."""
        found: dict[int, Rows] = {}
        for shard, within in self._by_shard(places):
            rows = self.rows(shard)
            found |= {self.starts[shard] + place: rows[place].copy() for place in within}
        return found

    def ids_at(self, places: NDArray[np.int64]) -> dict[int, str]:
        """Return the ids at these places."""
        found: dict[int, str] = {}
        for shard, within in self._by_shard(places):
            ids = self._read(self._groups[shard], self._columns.id)
            found |= {self.starts[shard] + place: str(ids[place].as_py()) for place in within}
        return found

    def _by_shard(self, places: NDArray[np.int64]) -> Iterable[tuple[int, list[int]]]:
        shards = np.searchsorted(self.starts, places, side="right") - 1
        for shard in np.unique(shards).tolist():
            yield shard, (places[shards == shard] - self.starts[shard]).tolist()

    def _read(self, group: _Group, column: str) -> Any:
        with _opened(group.file, self._columns, _pyarrow().parquet) as file:
            try:
                return file.read_row_group(group.number, columns=[column]).column(column)
            except (OSError, ValueError) as error:
                raise FileError(f"is damaged in row group {group.number} ({error})", path=group.file) from error


def write_vectors(path: Path, ids: Sequence[str], vectors: Rows) -> None:
    """Write one Parquet file of vectors, as one row group.

    Raises:
        UsageError: pyarrow is not installed.
    """
    arrow = _pyarrow()
    flat = arrow.array(vectors.reshape(-1))
    column = arrow.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    arrow.parquet.write_table(arrow.table({"id": list(ids), "vector": column}), path, row_group_size=max(1, len(ids)))


def is_written(path: Path, search: Search, *read: Path) -> bool:
    """Make sure, before hours are spent, that the answers can be written there and replace nothing.

    Args:
        path: where they go.
        search: what tells this search from others.
        read: where vectors are read from.

    Returns:
        Whether the answers to this very search are there already.

    Raises:
        FileError: its folder is not there or can't be written to, it is a folder, vectors are read from it, or it holds
            something else.
        UsageError: pyarrow is not installed.
    """
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise FileError(
            "can't be written: it is a folder, or its own is not there or not yours", path=path, hint=_ELSEWHERE
        )
    sources = {file.resolve() for one in read for file in (one, *one.glob("*.parquet"))}
    if path.resolve() in sources:
        raise FileError("holds the vectors that are asked about, and would be lost", path=path, hint=_ELSEWHERE)
    arrow = _pyarrow()
    if not path.exists():
        return False
    try:
        told = (arrow.parquet.read_schema(path).metadata or {}).get(_SEARCH)
    except (OSError, ValueError) as error:
        raise FileError("is there already, and is no answer of this command", path=path, hint=_ANOTHER) from error
    if told is None or json.loads(told) != search:
        raise FileError("is there already, with something else than the answers to these", path=path, hint=_ANOTHER)
    return True


def write_neighbours(path: Path, questions: Sequence[str], answers: Sequence[Neighbours], search: Search) -> None:
    """Write the answers: a row for each neighbour of each question, nearest first.

    `rank` counts from 1, equal distances have the same; `sure` tells whether a right answer must have the object. The
    search goes into the file's own metadata, so that it is known again.

    Raises:
        UsageError: pyarrow is not installed.
    """
    arrow = _pyarrow()
    counts = [len(answer.ids) for answer in answers]
    ranks = [np.searchsorted(answer.distances, answer.distances, side="left") + 1 for answer in answers]
    table = {
        "question": np.repeat(np.asarray(questions, dtype=object), counts),
        "rank": np.concatenate(ranks),
        "id": [id_ for answer in answers for id_ in answer.ids],
        "distance": np.concatenate([answer.distances for answer in answers]),
        "sure": np.concatenate([answer.sure for answer in answers]),
    }
    unfinished = path.with_name(path.name + ".part")
    told = arrow.table(table).replace_schema_metadata({_SEARCH: json.dumps(search)})
    arrow.parquet.write_table(told, unfinished)
    unfinished.replace(path)


def _opened(file: Path, columns: Columns, parquet: Any) -> Any:
    try:
        found = parquet.ParquetFile(file)
    except (OSError, ValueError) as error:  # arrow's own errors are kinds of these
        raise FileError(f"is no Parquet file that can be read ({error})", path=file) from error
    lacking = [name for name in columns if name not in found.schema_arrow.names]
    if lacking:
        raise FileError(f"has no column {' and no column '.join(lacking)}", path=file, hint=_HINT)
    return found


def _of_numbers(kind: Any) -> bool:
    """Whether this is arrow's type of lists of numbers, of one length or not."""
    types = _pyarrow().types
    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        return False
    return bool(types.is_integer(kind.value_type) or types.is_floating(kind.value_type))


def _pyarrow() -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError("pyarrow is not installed", hint="Get it: pip install 'nearimage[scale]'.") from error
    return pa
