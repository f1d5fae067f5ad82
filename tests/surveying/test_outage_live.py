"""A cluster of a real Weaviate that loses a node: run only where WEAVIATE_BINARY names one."""

from __future__ import annotations

import os

import pytest
from running import Place

from harness.model import Outcome
from harness.record import read

pytestmark = pytest.mark.live
BINARY = os.environ.get("WEAVIATE_BINARY", "")  # read before a test's own folders take it away


def test_a_node_that_is_lost_is_told_from_one_that_stays(place: Place) -> None:
    """Who asks the one that stays sees right answers throughout; who asks the other sees failures while it is away."""
    done = place.run("outage", "--target", f"embedded:{BINARY}", "--objects", "200", "--seconds", "4")
    record = read(place.record)
    stays, goes = record.axes
    [verdict] = record.verdicts
    assert verdict.outcome is Outcome.HELD, done.stdout + done.stderr
    assert [what for _, what in goes.events] == ["a node is lost, as by a power cut", "it is back"]
    lost = goes.events[0][0]
    assert not any(one.failed for one in stays.answered if one.start + one.seconds < lost)
    assert {one.recall for one in stays.answered if one.answered} == {1.0}
    assert any(one.failed for one in goes.answered if one.start > lost)
    assert not any(one.failed for one in goes.answered if one.start + one.seconds < lost - 1.0)
    assert place.left() == []
