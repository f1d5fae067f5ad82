"""The page of a small record, kept; `python tests/report/golden.py` writes it anew, for a look at the diff."""

from __future__ import annotations

from pathlib import Path

import example_record

from harness.record import Record
from harness.report.html import render

FILE = Path(__file__).with_name("golden.html")
SEVERAL = Path(__file__).with_name("golden_several.html")


def small() -> Record:
    """A record with one of everything, the same on every machine."""
    return example_record.record(
        [example_record.picture(number) for number in range(12)], metrics=("cosine", "dot", "hamming"), questions=3
    )


def small_several() -> Record:
    """The same of several targets, one of which could not be opened."""
    return example_record.several(small())


if __name__ == "__main__":
    FILE.write_text(render(small()), encoding="utf-8", newline="\n")
    SEVERAL.write_text(render(small_several()), encoding="utf-8", newline="\n")
