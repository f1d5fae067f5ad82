"""Vectors in files, by what a person names: a folder of Parquet files, a Parquet file, or an array of NumPy's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import FileError, UsageError
from harness.truth.parquet import Columns, ParquetShards
from harness.truth.shards import InMemory, Rows, Shards

_ROWS = 65536
"""Rows of a shard of an array: 320 MiB with 1,280 components."""


def opened(path: Path, columns: str = "id,vector") -> Shards:
    """Return the vectors in a file or folder.

    Args:
        path: a folder of `.parquet` files, one of them, or a `.npy` file of m x n float32, whose ids are row numbers.
        columns: `ID,VECTOR`, what the columns in Parquet are called.

    Raises:
        FileError: there is no such file, or it holds no vectors.
        UsageError: the columns are not two, or pyarrow is missing.
    """
    if not path.exists():
        raise FileError("is not there", path=path)
    names = columns.split(",")
    if len(names) != len(Columns._fields) or not all(names):
        raise UsageError(f"--columns is {columns!r}", hint="Name two columns: --columns ID,VECTOR.")
    return ArrayFile(path) if path.suffix == ".npy" else ParquetShards(path, Columns(*names))


def everything(shards: Shards) -> tuple[tuple[str, ...], Rows]:
    """Return all ids and all vectors, m and m x n: for questions, which fit into memory."""
    count = shards.starts[-1]
    rows = np.concatenate([shards.rows(shard) for shard in range(len(shards.starts) - 1)])
    return tuple(shards.ids_at(np.arange(count)).values()), rows


class ArrayFile:
    """The vectors of a `.npy` file, of which only what is needed is read.

    Args:
        path: the file.
        size: rows of a shard.

    Raises:
        FileError: it is no array of m x n float32.
    """

    def __init__(self, path: Path, size: int = _ROWS) -> None:
        self.path, self._size = path, size
        found = self._mapped()
        self.starts, self.components = found.starts, found.components
        self.identity = f"{path.resolve()} {path.stat().st_size} {path.stat().st_mtime_ns}"

    def rows(self, shard: int) -> Rows:
        """Return the vectors of a shard, m x n."""
        return self._mapped().rows(shard)

    def rows_at(self, places: NDArray[np.int64]) -> dict[int, Rows]:
        """Return the vectors at these places."""
        return self._mapped().rows_at(places)

    def ids_at(self, places: NDArray[np.int64]) -> dict[int, str]:
        """Return the row numbers as text."""
        return self._mapped().ids_at(places)

    def _mapped(self) -> InMemory:
        try:
            array = np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (EOFError, OSError, ValueError) as error:
            raise FileError(f"is no array that can be read ({error})", path=self.path) from error
        if array.ndim != 2 or array.dtype != np.float32 or 0 in array.shape:  # noqa: PLR2004 - rows and columns
            said = f"holds {array.dtype} of the shape {array.shape}, and m x n float32 is wanted"
            raise FileError(said, path=self.path, hint="numpy.save(path, vectors.astype(numpy.float32)) makes one.")
        return InMemory((), array, self._size)
