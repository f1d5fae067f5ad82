"""How a row of the user's document becomes a check: its id, its heading, and the clauses that it consists of.

The document is Weaviate's page on image search as a user handed it in; its rows are its statements, settings, snippets
and examples. They keep the page's order and headings, so that it can be read beside the report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from harness.checks.case import Case, Skipped, Violation
from harness.checks.registry import Check, Condition, Per, Run, check, clauses
from harness.errors import UnsupportedError
from harness.interfaces import DEFAULT
from harness.scenario import Collection

OVERVIEW = "Overview"
TYPES = "Target object types"
REQUIREMENTS = "Requirements"
SERVER = "How do I configure Weaviate with an image vectorizer module?"
CLASS = "How do I configure the target class with an image vectorizer module?"
BASE64 = "Base64 nearImage search"
FILE = "Specify image by filename"
THRESHOLD = "Distance threshold"

_SOURCE = "the documentation's page on image search"
_BY_ROW = {"a": OVERVIEW, "b": SERVER, "c": CLASS, "d": BASE64, "e": BASE64, "g": BASE64, "h": FILE, "j": THRESHOLD}
_ELSEWHERE = {"a4": TYPES, "a5": TYPES, "a6": TYPES, "b1": REQUIREMENTS, "b2": REQUIREMENTS}


def row(
    name: str, *, of: Sequence[str] = (), also: Run | None = None, when: tuple[Condition, ...] = (), **more: Any
) -> Callable[[Run], Run]:
    """Register a row as a check; it stands under its heading, and scenarios that name the document ask for it.

    Args:
        name: its id in the document and some words: `a1-image-as-input`.
        of: the ids of the clauses that it consists of; they are asked in turn, each where it has something to say. The
            function itself is asked first; it may do nothing but carry the sentence.
        also: what else is asked at the end.
        when: conditions on the collection, besides those of the clauses.
        more: as `registry.check` takes it.
    """
    number = name.partition("-")[0]
    heading = _ELSEWHERE.get(number) or _BY_ROW[number[0]]
    parts = [clauses()[id_] for id_ in of]

    def register(function: Run) -> Run:
        run = _in_turn(function, parts, also) if parts else function
        conditions = (*when, *([_any_of(parts)] if parts else []))
        said: dict[str, Any] = {
            "source": _SOURCE,
            "writes": any(one.writes for one in parts),
            "abilities": tuple(dict.fromkeys(name for one in parts for name in one.abilities)),
            "apart": bool(parts),
            "per": _per(parts),
        }
        check(f"document/{name}", heading=heading, by_name=True, when=conditions, **(said | more))(run)
        return run

    return register


def _per(parts: Sequence[Check]) -> Per:
    """What a row is asked anew for: as often as the clause that is asked most often.

    A row is one line under its heading, whatever the metric: beside a clause of a store it is asked of each collection.
    """
    kinds = {Per.MODULE if part.abilities else part.per for part in parts}
    if not kinds or kinds & {Per.INTERFACE, Per.STORE}:
        return Per.INTERFACE
    return Per.COLLECTION if Per.COLLECTION in kinds else Per.MODULE


def _any_of(parts: Sequence[Check]) -> Condition:
    def applies(collection: Collection) -> bool:
        return any(part.applies(collection) for part in parts)

    return applies


def _in_turn(first: Run, parts: Sequence[Check], also: Run | None) -> Run:
    """Ask the row's own function, then its clauses one after the other; what can't be asked here is left out.

    What all of it measured is told in one figure.
    """

    @wraps(first)
    def run(case: Case) -> str | None:
        told = [first(case)]
        asked, reasons = 0, ["none of its clauses has anything to say here"]
        for part in parts:
            reason = _unasked(part, case)
            if not reason:
                try:
                    told.append(part.run(case))
                    asked += 1
                except (Skipped, UnsupportedError) as unasked:
                    reason = str(unasked)
                except Violation as violation:
                    facts = {"part": part.id, "clause_of_the_part": part.sentence, **violation.evidence}
                    raise Violation(violation.what, facts) from violation
            reasons += [reason] if reason else []
        if not asked:
            raise Skipped(reasons[-1])
        told += [also(case)] if also else []
        return "; ".join(filter(None, told)) or None

    return run


def _unasked(part: Check, case: Case) -> str:
    """Why a clause is not asked here; empty if it is."""
    if not part.applies(case.collection):
        return f"{part.id} is not about this collection"
    if not part.is_about(case.endpoint.version):
        return f"{part.id} is about Weaviate {part.versions}, this is {case.endpoint.version}"
    if part.compares and case.interface.name == DEFAULT[0]:
        return f"{part.id} compares with this very interface"
    return ""


def consists(case: Case) -> None:
    """Do nothing of one's own: what a row's function does that consists of others."""
    del case
