"""The checks that took the most time."""

from __future__ import annotations

from harness.model import Level, Outcome
from harness.record import VerdictEntry
from harness.report.slowest import MOST, slowest


def _verdict(check: str, seconds: float, collection: str = "Photo", interface: str = "graphql") -> VerdictEntry:
    return VerdictEntry(
        check=check,
        level=Level.MUST,
        outcome=Outcome.HELD,
        sentence="held",
        scenario="tiny",
        collection=collection,
        interface=interface,
        seconds=seconds,
    )


def test_a_check_counts_with_all_its_places() -> None:
    """The seconds of all places are added, and the slowest of them is named."""
    [first, second] = slowest([_verdict("a/b", 1.0), _verdict("c/d", 2.5), _verdict("a/b", 2.0, "Clip", "grpc")])
    assert (first.check, first.seconds, first.places, first.where) == ("a/b", 3.0, 2, "Clip over grpc")
    assert (second.check, second.seconds, second.places) == ("c/d", 2.5, 1)


def test_what_is_quick_is_not_slow() -> None:
    """A check that took less than half a second in all is not listed, whatever there is besides."""
    assert [one.check for one in slowest([_verdict("a/b", 0.2), _verdict("c/d", 0.6)])] == ["c/d"]


def test_there_are_ten_at_most() -> None:
    """Ten are listed, the slowest first."""
    found = slowest(_verdict(f"a/{number}", 1.0 + number) for number in range(30))
    assert [one.check for one in found] == [f"a/{number}" for number in range(29, 29 - MOST, -1)]
