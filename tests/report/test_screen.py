"""The report on a screen fits the screen, whatever it can show."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import example_record
import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.model import Level, Outcome
from harness.record import LatencyEntry, Record, VerdictEntry
from harness.report.breaking import joints
from harness.report.terminal import render


def shown(record: Record, *, width: int = 80, encoding: str = "utf-8", page: Path | None = None) -> str:
    """What is printed on a console of this width and encoding that has no colours."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="\n")
    render(record, Console(file=file, width=width, color_system=None, _environ={}), page=page)
    file.flush()
    return raw.getvalue().decode(encoding)


def flat(text: str) -> str:
    """The words of a text, with one space between them."""
    return " ".join(text.split())


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_every_line_fits_but_those_to_copy(width: int, encoding: str) -> None:
    """No line is wider than the screen, except commands and paths, which stay in one piece."""
    text = shown(golden.small(), width=width, encoding=encoding, page=Path("out") / ("x" * 200))

    wide = [line.strip() for line in text.splitlines() if len(line.rstrip()) > width]
    assert all(line.startswith(("$ nearimage", "page:")) for line in wide)


def test_ascii_is_enough() -> None:
    """On a console that knows ASCII only, the same facts are there in ASCII."""
    text = flat(shown(golden.small(), encoding="ascii"))

    assert "X VIOLATED threshold/inclusive (must, in 6 of 14 places)" in text
    assert "+ 12 held" in text
    assert "Of 16 checks, 2 are violated and 1 is undecided." in text


def test_the_first_words_are_what_was_tested_and_the_last_how_it_ended() -> None:
    """The target comes first; exit code, counts and the path of the page come last."""
    lines = shown(golden.small(), width=100, page=Path("out/report.html")).splitlines()

    assert lines[0].startswith("Weaviate 1.39.0")
    assert lines[-1] == "page: out/report.html"
    assert lines[-2].endswith("exit 1")
    assert lines[-3] == "Of 16 checks, 2 are violated and 1 is undecided."


def test_a_finding_has_its_evidence_and_a_command() -> None:
    """A violated check is told once, with the smallest evidence, its extent and the command that asks again."""
    text = shown(golden.small())

    assert text.count("VIOLATED  threshold/inclusive  (must, in 6 of 14 places)") == 1
    assert "threshold  0.29289323" in text
    assert "6 of 14: photos-img2vec (ImageExample), thresholds" in text
    assert (
        "$ nearimage run scenarios/photos-img2vec.yaml --target embedded:1.39.0 --checks threshold/inclusive "
        "-k ImageExample@graphql\n" in text
    )


def test_what_held_is_counted_and_what_did_not_is_named() -> None:
    """A chapter is one row with its counts; a check that did not hold has a row of its own, and skips a reason."""
    text = flat(shown(golden.small()))

    assert "near-image ✓ 12 held" in text
    assert "threshold/inclusive ✗ 2 of 2 violated" in text
    assert "8 skipped: certainty is for cosine only (certainty/equals-distance)" in text


@pytest.mark.parametrize(
    ("width", "parts"),
    [
        (60, ["promise/the-", "photographs-of-the-", "cathedral/label_", "precision_at_10"]),
        (80, ["promise/the-photographs-of-the-", "cathedral/label_precision_at_10"]),
    ],
)
def test_a_long_name_is_broken_at_its_joints(width: int, parts: list[str]) -> None:
    """In the table a check's name goes on in the next line behind a slash, a hyphen or the like."""
    record = golden.small()
    entry = VerdictEntry(
        check="promise/the-photographs-of-the-cathedral/label_precision_at_10",
        level=Level.MUST,
        outcome=Outcome.VIOLATED,
        sentence="No.",
        scenario="s",
        collection="c",
        interface="grpc",
    )
    text = shown(Record(record.path, (record.run, entry), truncated=True), width=width)

    names = [line.strip() for line in text.splitlines()]
    first = next(number for number, line in enumerate(names) if line.endswith("violated"))
    assert [line.partition("  ")[0] for line in names[first : first + len(parts)]] == parts


@pytest.mark.parametrize(
    ("line", "width", "hang", "parts"),
    [
        ("near-image/ascending", 40, 2, ["near-image/ascending"]),
        ("near-image/ascending", 12, 2, ["near-image/", "ascending"]),
        ("  near-image/ascending", 12, 2, ["  near-", "image/", "ascending"]),
        ("chancellor", 4, 1, ["chan", "cel", "lor"]),
        ("a/chancellor", 4, 1, ["a/", "cha", "nce", "llo", "r"]),
        ("one two", 4, 0, ["one ", "two"]),
        ("", 4, 0, [""]),
    ],
)
def test_joints_leave_words_whole(line: str, width: int, hang: int, parts: list[str]) -> None:
    """A part ends behind a joint, and within a word only where the word alone is too long."""
    places = [0, *joints(line, width, hang), len(line)]
    assert [line[begin:end] for begin, end in pairwise(places)] == parts


@given(st.text("ab/-_. ", max_size=60), st.integers(2, 20), st.integers(0, 1))
def test_joints_make_it_fit(line: str, width: int, hang: int) -> None:
    """Whatever the line, no part is wider than there is room, and none is empty."""
    places = [0, *joints(line, width, hang), len(line)]
    parts = [line[begin:end] for begin, end in pairwise(places)]
    assert all(len(part.rstrip()) <= width - (hang if number else 0) for number, part in enumerate(parts))
    assert all(parts) or not line


def test_latencies_say_as_much_as_their_samples() -> None:
    """A percentile with its interval, or the number of samples that it needs."""
    record = golden.small()
    entry = LatencyEntry(
        scenario="s",
        collection="c",
        question="q",
        interface="grpc",
        milliseconds=tuple(float(n) for n in range(1, 101)),
        service_ms=(25.25,) * 100,
        refused=1,
        unknown=2,
    )
    text = flat(shown(Record(record.path, (record.run, entry), truncated=True), width=140))

    assert "q (grpc) 100 (3 failed) 50.0 (40.0\N{EN DASH}61.0)" in text
    assert "n too small (needs 200)" in text
    assert "n too small (needs 1,000)" in text
    assert "50%" in text


def test_a_label_cannot_steer_the_terminal() -> None:
    """Escapes and markup in what came from outside are printed as signs."""
    hostile = "\x1b[2J[bold]x[/bold]\u202e"
    entry = VerdictEntry(
        check="a/b",
        level=Level.MUST,
        outcome=Outcome.VIOLATED,
        sentence=hostile,
        scenario=hostile,
        collection=hostile,
        interface=hostile,
        evidence={hostile: hostile},
        repeat=hostile,
    )
    record = golden.small()
    text = shown(Record(record.path, (record.run, entry), truncated=True), width=200)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("[bold]x[/bold]") == 8


def test_a_record_without_verdicts_has_no_tables() -> None:
    """Where nothing ran, that is all that is said."""
    record = golden.small()

    text = shown(Record(record.path, (record.run,), truncated=True))

    assert "Verdicts" not in text
    assert "Nothing ran" in text
    assert "no verdicts · exit 5" in text


def test_the_package_is_light_to_import() -> None:
    """Importing `harness.report` loads neither rich nor jinja2 nor pydantic."""
    program = "import sys, harness.report; sys.exit(bool({'rich', 'jinja2', 'pydantic'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_example_has_photographs_where_they_are_shipped() -> None:
    """The example record takes real pictures, so that its page can be judged by eye."""
    folder = Path(example_record.__file__).parents[2] / "fixtures" / "photos"
    if not folder.is_dir():
        pytest.skip("the photographs are not in this tree")

    assert len(example_record.photographs(folder, 12)) == 12
