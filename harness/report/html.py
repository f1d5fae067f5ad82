"""A record as one page that needs nothing else: no network, no other file, no script to be read.

The page's own policy forbids it to load anything, and to run any script or style but its own.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.model import Outcome
from harness.record import Record
from harness.report import loads, sections, versus, words
from harness.report.comparing import compared, held
from harness.report.findings import LOUD, QUIET, at, findings, headline, in_places, skips, spread, where
from harness.report.outline import outline
from harness.report.slowest import slowest
from harness.report.stages import stacks
from harness.report.starting import starts
from harness.report.surveys import axes, limits, scalings
from harness.report.used import usage

_TEMPLATES = Path(__file__).parent / "templates"


def render(record: Record) -> str:
    """Return the page of a record; the same record always gives the same page."""
    return page("page.html", **_content(record))


def page(template: str, **content: Any) -> str:
    """Return a page made of a template, with our style and script in it and a policy that allows nothing else."""
    style, script = (_source(name) for name in ("page.css", "page.js"))
    return (
        _environment()
        .get_template(template)
        .render(style=style, script=script, policy=_policy(style, script), **content)
    )


def _content(record: Record) -> dict[str, Any]:
    verdicts = record.verdicts
    comparison, begun, used = compared(record), starts(record), usage(record)
    timings = sections.timings(record.latencies)
    loud, quiet = findings(verdicts, LOUD), findings(verdicts, QUIET)
    return {
        "record": record,
        "head": headline(record),
        "counts": {outcome: n for outcome, n in record.counts.items() if n},
        "findings": loud,
        "quiet": quiet,
        "skips": skips(verdicts),
        "anchors": sections.anchors(loud + quiet),
        "pictures": sections.Pictures(record.pictures),
        "galleries": sections.galleries(record.shown, several=comparison is not None),
        "matrices": sections.matrices(verdicts),
        "comparison": comparison,
        "outline": outline(verdicts, comparison.names if comparison else ()),
        "versus_rows": versus.rows(record.comparisons),
        "versus_said": [*versus.causes(record.comparisons), *versus.worth(record)],
        "loop_of": {one.check: place for place, one in enumerate(comparison.changes, start=1)} if comparison else {},
        "several": comparison is not None,
        "starts": begun,
        "longest": max((one.seconds for one in begun.values()), default=1.0),
        "usage": used,
        "show_targets": comparison is not None or bool(begun or used),
        "timings": timings,
        "loads": loads.drawn(record.loads),
        "stacks": stacks(record),
        "slowest": slowest(verdicts),
        "limits": limits(record),
        "scalings": scalings(record),
        "axes": axes(record),
        "timing_rows": sections.timing_rows(timings, comparison.names) if comparison else [],
        "environment": sections.environment(record),
        "took": sections.took(record),
        "phases": sections.phases(record),
        "command": sections.command(record),
        "symbols": sections.SYMBOLS,
    }


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: words.clean(value) if type(value) is str else value,
    )
    environment.globals |= {
        "words": words,
        "where": where,
        "spread": spread,
        "in_places": in_places,
        "at": at,
        "held": held,
        "Outcome": Outcome,
    }
    return environment


def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
