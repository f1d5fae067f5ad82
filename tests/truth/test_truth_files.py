"""Vectors in files: read in shards, compared here or on Dask, and gone on with after an end in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.errors import FileError, UsageError
from harness.model import Metric
from harness.oracle import Truth
from harness.truth import Asked, InMemory, Partial
from harness.truth.files import everything, opened
from harness.truth.parquet import is_written
from harness.truth.searching import Edges, in_turn, neighbours
from harness.truth.shards import Rows, Shards

NUMBERS = np.random.default_rng(3)
VECTORS = NUMBERS.standard_normal((90, 6)).astype(np.float32)
QUERIES = NUMBERS.standard_normal((4, 6)).astype(np.float32)
IDS = tuple(f"object {number}" for number in range(90))
ASKED = Asked(Metric.COSINE, 5, QUERIES)


def right(found: Sequence[object]) -> bool:
    """Whether this is what the oracle says of each question."""
    truths = [Truth(ASKED.metric, query.tolist(), IDS, VECTORS) for query in QUERIES]
    return [one.ids for one in found] == [tuple(truth.ranking()[: ASKED.limit]) for truth in truths]  # type: ignore[attr-defined]


class Stopping:
    """A worker that is ended after so many shards, as by a kill."""

    def __init__(self, after: int) -> None:
        self._after = after
        self.compared: list[int] = []

    def __call__(
        self, asked: Asked, shards: Shards, wanted: Sequence[int], known: Edges
    ) -> Iterator[tuple[int, list[Partial]]]:
        """Compare, note down which, stop."""
        for shard, part in in_turn(asked, shards, wanted, known):
            if len(self.compared) == self._after:
                raise KeyboardInterrupt
            self.compared.append(shard)
            yield shard, part


def test_what_was_done_before_an_interruption_is_not_done_again(tmp_path: Path) -> None:
    """Stopped after four of nine shards, the second start compares the other five, and the answer is right."""
    shards = InMemory(IDS, VECTORS, 10)
    with pytest.raises(KeyboardInterrupt):
        neighbours(ASKED, shards, notes=tmp_path, worker=Stopping(4))
    (tmp_path / "shard-000007.part").write_bytes(b"half a fi")  # what a kill leaves
    second = Stopping(90)
    assert right(neighbours(ASKED, shards, notes=tmp_path, worker=second))
    assert second.compared == [4, 5, 6, 7, 8]


def test_notes_of_other_vectors_are_refused(tmp_path: Path) -> None:
    """Parts of two searches are never mixed: the folder is refused, and nothing in it is touched."""
    neighbours(ASKED, InMemory(IDS, VECTORS, 10, "one"), notes=tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match="holds what was found for other questions or other vectors"):
        neighbours(ASKED, InMemory(IDS, VECTORS, 10, "another"), notes=tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_an_array_file_has_row_numbers_for_ids(tmp_path: Path) -> None:
    """A .npy file is read as it is, a shard at a time."""
    np.save(tmp_path / "vectors.npy", VECTORS)
    ids, rows = everything(opened(tmp_path / "vectors.npy"))
    assert ids == tuple(map(str, range(90)))
    assert (rows == VECTORS).all()


@pytest.mark.parametrize(
    ("array", "says"),
    [
        pytest.param(VECTORS.astype(np.float64), r"holds float64 of the shape \(90, 6\)", id="float64"),
        pytest.param(VECTORS[0], r"of the shape \(6,\)", id="one row"),
        pytest.param(VECTORS[:0], r"of the shape \(0, 6\)", id="no rows"),
    ],
)
def test_an_array_of_something_else_is_refused(tmp_path: Path, array: Rows, says: str) -> None:
    """Only m x n float32 is taken, with at least one row."""
    np.save(tmp_path / "vectors.npy", array)
    with pytest.raises(FileError, match=says):
        opened(tmp_path / "vectors.npy")


def test_an_empty_file_is_no_array(tmp_path: Path) -> None:
    """NumPy says so by an error of another kind than for other damage."""
    (tmp_path / "vectors.npy").touch()
    with pytest.raises(FileError, match="is no array that can be read"):
        opened(tmp_path / "vectors.npy")


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("vectors.npy", "holds the vectors that are asked about"),
        ("nowhere/truth.parquet", "can't be written"),
        (".", "can't be written"),
    ],
)
def test_an_answer_that_cannot_be_kept_is_not_searched_for(tmp_path: Path, out: str, said: str) -> None:
    """The error comes before the search: nothing is overwritten, and no folder is left."""
    vectors = tmp_path / "vectors.npy"
    np.save(vectors, VECTORS)
    before = vectors.read_bytes()
    with pytest.raises(FileError, match=said) as caught:
        is_written(tmp_path / out, {}, vectors, vectors)
    assert "--out" in caught.value.hint
    assert [*tmp_path.iterdir()] == [vectors]
    assert vectors.read_bytes() == before


class TestParquet:
    """Folders of Parquet files; left to those who have the extra `scale`."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Three files of thirty vectors."""
        pytest.importorskip("pyarrow")
        from harness.truth.parquet import write_vectors

        for number in range(3):
            part = slice(30 * number, 30 * number + 30)
            write_vectors(tmp_path / f"part-{number}.parquet", IDS[part], VECTORS[part])
        return tmp_path

    def test_each_group_of_rows_is_a_shard(self, folder: Path) -> None:
        """Files are taken by name, and the answer is the oracle's."""
        shards = opened(folder)
        assert shards.starts == (0, 30, 60, 90)
        assert everything(shards)[0] == IDS
        assert right(neighbours(ASKED, shards))

    def test_dask_finds_the_same(self, folder: Path, tmp_path: Path) -> None:
        """The same code on Dask's distributed scheduler gives the same answers, and notes them down the same way."""
        pytest.importorskip("distributed")
        from harness.truth.dask import on_dask

        with on_dask(workers=1) as worker:
            assert right(neighbours(ASKED, opened(folder), notes=tmp_path / "notes", worker=worker))
        untouched = Stopping(0)
        assert right(neighbours(ASKED, opened(folder), notes=tmp_path / "notes", worker=untouched))
        assert untouched.compared == []

    def test_vectors_of_two_lengths_are_refused(self, folder: Path) -> None:
        """A shard whose vectors are longer than those before is an error that names its file."""
        from harness.truth.parquet import write_vectors

        write_vectors(folder / "part-9.parquet", ["odd"], np.ones((1, 7), dtype=np.float32))
        with pytest.raises(FileError, match=r"part-9.parquet: has vectors of 6 and 7 components"):
            neighbours(ASKED, opened(folder))

    def test_a_file_without_the_columns_is_refused(self, folder: Path) -> None:
        """The error names the columns that are missing and how to name others."""
        with pytest.raises(FileError, match="has no column embedding") as caught:
            opened(folder, "id,embedding")
        assert "--columns" in str(caught.value)

    @pytest.mark.parametrize("vectors", [["x", "y"], [1.0, 2.0], [["x"], ["y"]]])
    def test_a_column_of_something_else_is_refused(self, folder: Path, vectors: list[object]) -> None:
        """The error names the file and what it has in place of lists of numbers."""
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table({"id": ["a", "b"], "vector": vectors}), folder / "part-0.parquet")
        with pytest.raises(FileError, match=r"part-0.parquet: has (string|double|list<.*string>) in vector"):
            opened(folder)

    def test_answers_that_are_there_are_never_lost(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The same search again finds them there; another one, or another's file, is refused and nothing is touched."""
        np.save(tmp_path / "asked.npy", QUERIES)
        out = tmp_path / "out" / "truth.parquet"
        out.parent.mkdir()
        words = ["truth", str(folder), str(tmp_path / "asked.npy"), "--out", str(out), "--limit"]
        assert main([*words, "5"]) == 0
        before = out.read_bytes()
        capsys.readouterr()

        assert main([*words, "5"]) == 0
        assert "are there already" in capsys.readouterr().out
        assert main([*words, "6"]) == 2
        assert "Name another file for the answers (--out), or remove that one" in capsys.readouterr().err
        assert out.read_bytes() == before
        out.write_text("notes of mine")
        assert main([*words, "5"]) == 2
        assert out.read_text() == "notes of mine"
        assert [*out.parent.iterdir()] == [out]

    def test_a_damaged_file_is_named(self, folder: Path) -> None:
        """Its end can be read and its pages can't, as after half a copy."""
        file = folder / "part-0.parquet"
        damaged = bytearray(file.read_bytes())
        damaged[4:60] = b"\xff" * 56
        file.write_bytes(damaged)
        with pytest.raises(FileError, match=r"part-0.parquet: is damaged in row group 0"):
            everything(opened(folder))
