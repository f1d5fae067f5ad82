"""Checks that go into details: collected where a scenario lists its checks, and nowhere else."""

from __future__ import annotations

from inner_runs import Inner
from running import TINY

LISTED = TINY.replace("[near-image/ascending, threshold/inclusive]", '["errors/limit-zero"]')
UNLISTED = TINY.replace("checks: [near-image/ascending, threshold/inclusive]\n", "")


def test_a_scenario_that_lists_no_checks_gets_no_details(inner: Inner) -> None:
    """A scenario that says nothing of checks gets the usual ones alone."""
    assert "checks:" not in UNLISTED
    inner.scenario(UNLISTED)
    collected = inner.names()
    assert any("threshold/inclusive" in name for name in collected)
    assert not [name for name in collected if "errors/" in name or "configuration/" in name or "encoding/" in name]


def test_all_checks_are_the_usual_ones(inner: Inner) -> None:
    """`*` stands for the usual checks: a chapter of details is named."""
    inner.scenario(LISTED.replace("errors/limit-zero", "*"))
    assert not [name for name in inner.names() if "errors/" in name]


def test_a_scenario_that_lists_a_detail_gets_it(inner: Inner) -> None:
    """What is listed is collected, over each interface that is asked."""
    inner.scenario(LISTED)
    assert [name for name in inner.names("--interfaces", "grpc") if "errors/limit-zero" in name]
