"""The search for the largest rate that keeps a promise, against made-up databases whose limit is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from harness.load.saturation import Kept, search


@dataclass(frozen=True)
class Said:
    """A step that came to this."""

    kept: Kept


def breaks_at(limit: float) -> Callable[[float], Said]:
    """A database that keeps its promise below a rate and at no higher one."""
    return lambda rate: Said(Kept.KEPT if rate < limit else Kept.BROKEN)


@pytest.mark.parametrize("limit", [1.3, 9.0, 37.0, 640.0])
def test_the_limit_is_found_to_a_tenth(limit: float) -> None:
    """Whether it lies below the first rate or far above, it ends up between two rates that differ by a tenth."""
    found = search(breaks_at(limit), first=10, most=1000)
    assert found.kept is not None
    assert found.broken is not None
    assert found.kept < limit <= found.broken <= 1.1 * found.kept


def test_a_database_that_keeps_every_rate_has_no_rate_that_broke() -> None:
    """The search ends at the highest rate that may be asked for."""
    found = search(breaks_at(10_000), first=10, most=300)
    assert (found.kept, found.broken) == (300, None)
    assert max(rate for rate, _ in found.steps) == 300


def test_a_database_that_keeps_none_is_not_asked_for_ever() -> None:
    """No rate is kept, and the search ends near one request in two seconds."""
    found = search(breaks_at(0), first=10, most=300)
    assert found.kept is None
    assert len(found.steps) < 10


def test_no_rate_is_asked_for_that_would_take_too_long() -> None:
    """The search ends at the lowest rate that may be asked for, and says that of no lower one."""
    found = search(breaks_at(0), first=16, most=300, least=6.8)
    assert [rate for rate, _ in found.steps] == [16, 8, 6.8]
    assert (found.kept, found.broken) == (None, 6.8)
    assert search(breaks_at(7.5), first=16, most=300, least=6.8).kept == pytest.approx(7.38, abs=0.01)


def test_what_is_open_is_not_kept() -> None:
    """A rate whose interval holds the promise bounds the limit from above."""
    found = search(lambda rate: Said(Kept.KEPT if rate < 20 else Kept.OPEN), first=10, most=300)
    assert found.kept is not None
    assert found.kept < 20 <= (found.broken or 0)


def test_what_cannot_be_measured_ends_it() -> None:
    """A rate that can't be measured is asked for once more; then nothing is concluded."""
    found = search(lambda _: Said(Kept.INVALID), first=10, most=300)
    assert (found.kept, found.broken, len(found.steps)) == (None, None, 2)


def test_a_rate_above_a_broken_one_that_was_kept_was_luck() -> None:
    """A rate that is kept although a lower one broke is not the limit."""
    script = {10.0: Kept.KEPT, 20.0: Kept.KEPT, 40.0: Kept.BROKEN}
    found = search(lambda rate: Said(script.get(rate, Kept.BROKEN)), first=10, most=300)
    assert found.kept == 20
    assert (found.broken or 0) <= 22
