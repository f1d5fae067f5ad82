"""What samples say of themselves, and what is kept of those that were never sent."""

from __future__ import annotations

import numpy as np
import pytest

from harness.load.samples import Fate, Rows, Samples


def four() -> Samples:
    """An answered request, one that waited, one that was refused and one that was never sent."""
    rows = Rows(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0, 1, 0, 1], dtype=np.int32))
    rows.sent[:3] = 0.001, 1.5, 2.0
    rows.received[:2] = 0.011, 1.6
    rows.fate[:3] = Fate.OK, Fate.OK, Fate.REFUSED
    rows.queued[1] = True
    return rows.samples()


def test_a_request_counts_as_not_sent_until_it_was() -> None:
    """Every intended request has a row, and those that nobody sent say so."""
    assert four().counts() == {Fate.OK: 2, Fate.REFUSED: 1, Fate.TIMEOUT: 0, Fate.BROKEN: 0, Fate.NOT_SENT: 1}
    assert four().errors == 2


def test_response_counts_from_the_intended_time_and_service_from_sending() -> None:
    """A request that waited half a second for a connection has that in its response and not in its service time."""
    np.testing.assert_allclose(four().response, [0.011, 0.6, np.nan, np.nan])
    np.testing.assert_allclose(four().service, [0.010, 0.1, np.nan, np.nan])
    np.testing.assert_allclose(four().lateness, [0.001, 0.5, 0.0, np.nan])


def test_samples_do_not_change() -> None:
    """Nobody writes into samples that were handed out."""
    with pytest.raises(ValueError, match="read-only"):
        four().sent[0] = 5.0


def test_columns_of_two_lengths_are_refused() -> None:
    """Samples have one row for each request in every column."""
    some = four()
    with pytest.raises(ValueError, match="one length"):
        Samples(some.question[:2], some.intended, some.sent, some.received, some.own, some.queued, some.fate)


def test_a_part_of_the_time_is_chosen_by_the_intended_one() -> None:
    """`between` takes its start and leaves out its end."""
    assert four().between(1.0, 3.0).intended.tolist() == [1.0, 2.0]


def test_samples_of_several_generators_join_in_order() -> None:
    """Joined samples are ordered by their intended times."""
    some = four()
    joined = Samples.joined([some.between(2.0), some.between(0.0, 2.0)])
    assert joined.intended.tolist() == some.intended.tolist()
    assert joined.fate.tolist() == some.fate.tolist()
