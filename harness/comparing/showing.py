"""The record of a comparison on the screen, as a page, as Markdown and as pytest-benchmark's JSON."""

from __future__ import annotations

from pathlib import Path

from harness.errors import ExitCode, FileError
from harness.record import read
from harness.runs import PAGE


def show(record: Path, *, markdown: Path | None = None, benchmark: Path | None = None) -> ExitCode:
    """Print a comparison, write its page beside the record and what else was asked for; return its exit code.

    Raises:
        FileError: a file can't be written.
    """
    from harness.report.versus import markdown as as_markdown
    from harness.session import show as show_record

    found = read(record)
    if markdown is not None:  # before anything is printed: nobody may read that to its end
        try:
            markdown.write_text(as_markdown(found), encoding="utf-8")
        except OSError as error:
            raise FileError(f"can't be written ({error.strerror or error})", path=markdown) from error
    if benchmark is not None:
        from harness.comparing.pytest_benchmark import write

        write(benchmark, found.latencies)
    return show_record(found, record.with_name(PAGE))
