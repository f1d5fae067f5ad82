"""Puts a check to a case and says what it came to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import isfinite
from typing import Any

from harness.checks.case import Case, Skipped, Violation
from harness.checks.registry import Check
from harness.errors import AnswerError, TargetError, UnsupportedError
from harness.model import Outcome, Verdict


def judge(check: Check, case: Case, *, scenario: str, repeat: str = "") -> Verdict:
    """Return the verdict of one check on one collection over one interface.

    A server that refuses what every check needs, or of which nobody can say what it did, leaves a check undecided:
    neither is a pass. What a check raises beyond that is a bug of ours and goes on its way.
    """
    begun = time.perf_counter()
    outcome, sentence, evidence = _outcome(check, case)
    if check.heading and not evidence:
        evidence = {"clause": check.sentence}  # where it stands it is read, whatever it came to
    return Verdict(
        check=check.id,
        level=check.level,
        outcome=outcome,
        sentence=sentence,
        heading=check.heading,
        scenario=scenario,
        collection=case.collection.name,
        interface=case.interface.name,
        evidence=evidence,
        asked=case.asked,
        seconds=time.perf_counter() - begun,
        repeat=repeat,
    )


def _outcome(check: Check, case: Case) -> tuple[Outcome, str, Mapping[str, Any]]:
    if check.writes and case.endpoint.read_only:
        return Outcome.SKIPPED, "it writes, and this server may only be read", {}
    if not check.is_about(case.endpoint.version):
        return Outcome.SKIPPED, f"it is about Weaviate {check.versions}, this is {case.endpoint.version}", {}
    try:
        measured = check.run(case)
    except Violation as violation:
        return (
            Outcome.VIOLATED,
            violation.what,
            _finite({"clause": check.sentence, "source": check.source, **violation.evidence}),
        )
    except (Skipped, UnsupportedError) as unasked:
        return Outcome.SKIPPED, str(unasked), {}
    except (AnswerError, TargetError) as trouble:
        return Outcome.UNDECIDED, trouble.what, {"clause": check.sentence, "hint": trouble.hint}
    return Outcome.HELD, check.sentence, {"measured": measured} if measured else {}


def _finite(value: Any) -> Any:
    """The same, a number that JSON does not know as a word."""
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value
