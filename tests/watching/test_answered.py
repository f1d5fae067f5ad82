"""What was answered in each second, beside what was used."""

from __future__ import annotations

import numpy as np

from harness.load.samples import Fate, Rows
from harness.watching.answered import answered

N = 2000


def test_each_second_has_its_answers_on_the_axis_of_the_survey() -> None:
    """Three requests of the second second are lost; recall is that of the answers, and None where nobody knows it."""
    rows = Rows(np.arange(N) * 20.0 / N, np.zeros(N, dtype=np.int32))
    rows.sent[:] = rows.intended
    rows.received[:] = rows.sent + 0.010
    rows.fate[:] = Fate.OK
    rows.fate[100:103], rows.received[100:103] = Fate.TIMEOUT, np.nan
    recalls = np.where(np.arange(N) < 200, 0.5, 1.0)
    recalls[100:103] = np.nan
    found = answered(rows.samples(), 20.0, 7.0, recalls)

    assert [(one.start, one.answered, one.failed, one.recall) for one in found[:3]] == [
        (7.0, 100, 0, 0.5),
        (8.0, 97, 3, 0.5),
        (9.0, 100, 0, 1.0),
    ]
    assert len(found) == 20
    assert answered(rows.samples(), 20.0, 7.0)[0].recall is None
