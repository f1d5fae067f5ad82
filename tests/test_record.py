"""A record keeps what a run found, whatever becomes of the run."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.errors import ExitCode, FileError
from harness.model import Level, Outcome, Verdict
from harness.record import (
    EndEntry,
    LatencyEntry,
    NoteEntry,
    PictureEntry,
    RecordWriter,
    RunEntry,
    ShownEntry,
    TargetEntry,
    VerdictEntry,
    json_schema,
    plain,
    read,
)
from harness.record.entries import ENTRY

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
RUN = RunEntry(
    harness="0.1.0", python="3.11.9", platform="Linux", cpus=2, argv=("nearimage", "run"), target="auto", started=NOW
)
END = EndEntry(finished=NOW, exit_code=ExitCode.HELD)
HELD = Verdict(
    check="threshold/inclusive",
    level=Level.MUST,
    outcome=Outcome.HELD,
    sentence="A hit whose distance equals the threshold is returned.",
    scenario="smoke",
    collection="Planted",
    interface="grpc",
    evidence={"distances": (0.5, 1.0), "threshold": 1.0},
    asked=3,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a record goes: a folder that is not there yet."""
    return tmp_path / "out" / "record.jsonl"


def written(path: Path, *entries: object) -> Path:
    """Write a record that holds these entries after the first."""
    with RecordWriter(path) as writer:
        for entry in (RUN, *entries):
            writer.write(entry)  # type: ignore[arg-type]
    return path


def test_what_was_written_is_what_is_read(path: Path) -> None:
    """Every entry comes back equal, in the order written."""
    entries = (
        TargetEntry(name="reference", description="no Weaviate was tested", version="1.39.0", weaviate=False),
        VerdictEntry.of(HELD),
        LatencyEntry(
            scenario="s", collection="c", question="q", interface="grpc", milliseconds=(1.5, 2.0), service_ms=(1.0, 1.0)
        ),
        PictureEntry(sha256="a" * 64, name="cat", thumbnail="data:image/png;base64,AAAA"),
        ShownEntry(scenario="s", collection="c", question="q", interface="grpc", metric="cosine", reach=(0.0, 0.5)),
        NoteEntry(text="a note"),
        END,
    )

    record = read(written(path, *entries))

    assert record.entries == (RUN, *entries)
    assert not record.truncated
    assert record.target == entries[0]
    assert record.pictures == {"a" * 64: entries[3]}


def test_a_verdict_survives_the_record(path: Path) -> None:
    """The verdict read is the verdict given, its tuples now lists as JSON has them."""
    (entry,) = read(written(path, VerdictEntry.of(HELD))).verdicts

    assert entry.verdict.evidence == {"distances": [0.5, 1.0], "threshold": 1.0}
    assert entry.verdict.sentence == HELD.sentence
    assert entry.verdict.outcome is Outcome.HELD


def test_every_line_is_on_its_way_as_soon_as_it_is_written(path: Path) -> None:
    """A reader sees an entry while the writer is still open."""
    with RecordWriter(path) as writer:
        writer.write(RUN)
        writer.write(NoteEntry(text="seen"))

        assert read(path).notes == (NoteEntry(text="seen"),)


def test_a_record_without_an_end_says_so(path: Path) -> None:
    """A run that was cut off between two lines is truncated, and everything written is there."""
    record = read(written(path, VerdictEntry.of(HELD)))

    assert record.truncated
    assert record.end is None
    assert len(record.verdicts) == 1


def test_wherever_a_record_is_cut_its_complete_lines_are_read(path: Path) -> None:
    """For every number of bytes kept after the first line, exactly the whole lines come back."""
    data = written(path, NoteEntry(text="é" * 3), VerdictEntry.of(HELD), END).read_bytes()

    for kept in range(data.index(b"\n") + 1, len(data) - 1):
        path.write_bytes(data[:kept])
        record = read(path)
        whole = data[:kept].count(b"\n")
        whole_json_without_its_newline = data[kept : kept + 1] == b"\n"
        assert len(record.entries) == whole + whole_json_without_its_newline
        assert record.truncated


def test_zeros_that_a_power_cut_leaves_at_the_end_are_left_out(path: Path) -> None:
    """A tail of zero bytes counts as a line that was cut off."""
    data = written(path, NoteEntry(text="kept")).read_bytes()
    path.write_bytes(data + b"\0" * 5000)

    assert read(path).notes == (NoteEntry(text="kept"),)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "is no record"),
        (b"hello\n", "is no record"),
        (b"[]\n", "is no record"),
        (b'{"type": "note", "text": "x"}\n', "is no record"),
        (b'{"type": "run", "schema_version": 2}\n', "schema version 2"),
        (b'{"type": "run"}\n', "schema version None"),
        (b'{"type": "run", "schema_version": 1}\n', "harness: Field required"),
        (b"[" * 100_000 + b"\n", "is no record"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    """An empty file, a picture, other JSON, another schema version: an error that names the file."""
    path = tmp_path / "other"
    path.write_bytes(content)

    with pytest.raises(FileError, match=says) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file and a folder are errors with a reason."""
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(FileError, match="cannot be read"):
            read(path)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{oops\n", "the line is not JSON"),
        (b'{"type": "weather"}\n', "weather|tag"),
        (b'{"type": "note"}\n', "text: Field required"),
        (b'{"type": "note", "text": "x", "colour": "red"}\n', "colour"),
        (b'{"type": "note", "text": NaN}\n', "JSON has no NaN"),
        (b'{"type": "note", "text": -Infinity}\n', "JSON has no -Infinity"),
        (b'{"type": "note", "text": "' + b"\xff\xfe" + b'"}\n', "the line is not JSON"),
    ],
)
def test_a_whole_line_that_is_no_entry_is_refused_by_its_number(path: Path, line: bytes, says: str) -> None:
    """Only the last line may be damaged; any other is an error with file and line."""
    data = written(path).read_bytes()
    path.write_bytes(data + line + data)

    with pytest.raises(FileError, match=says) as caught:
        read(path)
    assert caught.value.line == 2


def test_a_number_too_large_for_a_float_is_refused(path: Path) -> None:
    """`1e999` is JSON, but no time in milliseconds."""
    data = written(path).read_bytes()
    line = b'{"type":"latency","scenario":"","collection":"","question":"","interface":"","milliseconds":[1e999]}\n'
    path.write_bytes(data + line)

    with pytest.raises(FileError, match="finite"):
        read(path)


def test_an_endless_line_is_refused_without_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without line breaks is given up at the longest line allowed."""
    monkeypatch.setattr("harness.record.file.LONGEST_LINE", 1000)
    path = tmp_path / "endless"
    path.write_bytes(b'{"type": "run", "x": "' + b"a" * 5000)

    with pytest.raises(FileError, match="longer than"):
        read(path)


def test_evidence_without_a_json_number_becomes_null(path: Path) -> None:
    """NaN and infinities in evidence are written as null, also deep inside."""
    verdict = VerdictEntry.of(
        Verdict(
            **{name: getattr(HELD, name) for name in HELD.__slots__}
            | {"evidence": {"a": float("nan"), "b": [{"c": float("inf")}]}}
        )
    )

    (entry,) = read(written(path, verdict)).verdicts

    assert entry.evidence == {"a": None, "b": [{"c": None}]}
    assert b"NaN" not in path.read_bytes()


def test_a_measured_time_must_be_a_number() -> None:
    """NaN, infinity and negative milliseconds are refused when the entry is made."""
    for bad in (float("nan"), float("inf"), -1.0):
        with pytest.raises(ValidationError):
            LatencyEntry(scenario="", collection="", question="", interface="", milliseconds=(bad,))


def test_service_times_pair_with_samples() -> None:
    """A list of service times of another length is refused."""
    with pytest.raises(ValidationError, match="service_ms"):
        LatencyEntry(scenario="", collection="", question="", interface="", milliseconds=(1.0,), service_ms=(1.0, 2.0))


def test_a_thumbnail_is_a_picture_and_nothing_else() -> None:
    """A URI that would load something from the net, or a script, is refused."""
    for uri in ("https://example.org/x.png", "data:text/html;base64,AAAA", 'data:image/png;base64,"onload="'):
        with pytest.raises(ValidationError):
            PictureEntry(sha256="a" * 64, name="x", thumbnail=uri)


def test_half_a_surrogate_pair_is_mended(path: Path) -> None:
    """A label that JSON can express and UTF-8 cannot is written with the replacement sign."""
    record = read(written(path, NoteEntry(text="a \ud83d b")))

    assert record.notes[0].text == "a \ufffd b"


def test_a_record_begins_with_its_run(path: Path) -> None:
    """Any other first entry is a mistake of the caller."""
    with RecordWriter(path) as writer, pytest.raises(ValueError, match="RunEntry"):
        writer.write(END)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder in the place of the file, or a file in the place of the folder, is an error with a hint."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "record.jsonl"):
        with pytest.raises(FileError, match="cannot be written"):
            RecordWriter(path)


def test_threads_never_mix_their_lines(path: Path) -> None:
    """Entries written by several threads at once are all whole."""
    with RecordWriter(path) as writer:
        writer.write(RUN)
        notes = [[NoteEntry(text=f"{name}{number}" * 500) for number in range(50)] for name in "abcd"]
        threads = [threading.Thread(target=lambda mine=mine: [writer.write(note) for note in mine]) for mine in notes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(note.text for note in read(path).notes) == sorted(note.text for mine in notes for note in mine)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((), ExitCode.NOTHING_RAN),
        ((Outcome.SKIPPED,), ExitCode.NOTHING_RAN),
        ((Outcome.HELD, Outcome.KNOWN, Outcome.FIXED, Outcome.SKIPPED), ExitCode.HELD),
        ((Outcome.HELD, Outcome.INVALID), ExitCode.UNDECIDED),
        ((Outcome.UNDECIDED, Outcome.VIOLATED, Outcome.HELD), ExitCode.VIOLATED),
    ],
)
def test_without_an_end_the_verdicts_give_the_exit_code(
    path: Path, outcomes: tuple[Outcome, ...], code: ExitCode
) -> None:
    """A record that was cut off is judged by what is in it."""
    entry = VerdictEntry.of(HELD)
    record = read(written(path, *(entry.model_copy(update={"outcome": outcome}) for outcome in outcomes)))

    assert record.exit_code is code
    assert sum(record.counts.values()) == len(outcomes)


def test_an_end_does_not_make_a_record_better_than_its_verdicts(path: Path) -> None:
    """A run that ended with 0 and has no verdicts, or a violated one, did not hold; a graver end stays."""
    violated = VerdictEntry.of(HELD).model_copy(update={"outcome": Outcome.VIOLATED})
    interrupted = END.model_copy(update={"exit_code": ExitCode.INTERRUPTED})

    assert read(written(path, END)).exit_code is ExitCode.NOTHING_RAN
    assert read(written(path, violated, END)).exit_code is ExitCode.VIOLATED
    assert read(written(path, violated, interrupted)).exit_code is ExitCode.INTERRUPTED
    assert read(written(path, VerdictEntry.of(HELD), END)).exit_code is ExitCode.HELD


def test_a_record_from_before_there_were_several_targets_is_read(path: Path) -> None:
    """Entries that name no target, as older records have them, are those of the only one."""
    verdict = VerdictEntry.of(HELD).model_dump(mode="json", exclude={"target"})
    target = {"type": "target", "name": "reference", "description": "d", "version": "1.39.0", "weaviate": False}
    path.parent.mkdir()
    path.write_text("".join(json.dumps(line) + "\n" for line in (RUN.model_dump(mode="json"), target, verdict)))
    record = read(path)
    assert record.target is not None
    assert {record.target.target, record.verdicts[0].target} == {""}


def test_a_target_that_was_not_opened_is_not_the_one_that_was_asked(path: Path) -> None:
    """`target` is the first that was opened; `targets` are all."""
    lost = TargetEntry(target="a", name="a", description="", version="", weaviate=False, trouble="nobody answers")
    asked = TargetEntry(target="b", name="b", description="", version="1.39.0", weaviate=True)
    record = read(written(path, lost, asked))
    assert (record.target, record.targets) == (asked, (lost, asked))
    assert read(written(path, lost)).target is None


def test_the_published_schema_is_the_current_one() -> None:
    """`harness/record.schema.json` is what `python -m harness.record` prints."""
    published = Path(__file__).parents[1] / "harness" / "record.schema.json"

    assert json.loads(published.read_text()) == json.loads(json.dumps(json_schema()))


def test_lines_and_schema_agree(path: Path) -> None:
    """Each line written satisfies the published schema, and a line with a wrong key does not."""
    validator = jsonschema.Draft202012Validator(json_schema())
    lines = [json.loads(line) for line in written(path, VerdictEntry.of(HELD), END).read_text().splitlines()]

    for line in lines:
        validator.validate(line)
    assert not validator.is_valid(lines[0] | {"colour": "red"})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    )
)
def test_plain_values_are_json_and_stay_as_they_are(value: object) -> None:
    """Whatever it was, what comes out is strict JSON, and making it plain again changes nothing."""
    once = plain(value)

    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert plain(once) == once


def test_nested_beyond_reading_is_cut() -> None:
    """Evidence nested a thousand deep neither fails nor is kept."""
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]

    assert len(json.dumps(plain(deep))) < 200


@given(st.binary(max_size=200))
def test_no_line_makes_reading_fail_otherwise(line: bytes) -> None:
    """Bytes are an entry or a FileError, nothing else."""
    from harness.record.file import _entry

    try:
        entry = _entry(line, Path("x"), 2)
    except FileError:
        return
    assert ENTRY.validate_python(entry.model_dump()) == entry
