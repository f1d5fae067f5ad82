"""What comes back from several processes is put together as if one had sent it; needs no Locust."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import UnsupportedError
from harness.load.distributed import joined, run_distributed
from harness.load.lanes import Encoded
from harness.load.samples import Fate
from harness.model import Endpoint


def part(*intended: float, body: str = "{}") -> dict[str, object]:
    """What a worker hands back: answered requests, the last of them never sent."""
    n = len(intended)
    columns = {
        "question": [0] * n,
        "intended": list(intended),
        "sent": [*intended[:-1], float("nan")],
        "received": [*(one + 0.01 for one in intended[:-1]), float("nan")],
        "own": [float("nan")] * n,
        "queued": [False] * n,
        "fate": [*[int(Fate.OK)] * (n - 1), int(Fate.NOT_SENT)],
    }
    return {"columns": columns, "bodies": [[0, body, n - 1]], "cpu": 0.1 * n}


def test_columns_are_joined_in_the_order_of_the_schedule() -> None:
    """Every worker's requests are there, as the schedule has them; what was never sent stays without a time."""
    whole = joined([part(0.0, 2.0, 4.0), part(1.0, 3.0)])
    assert whole.samples.intended.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert whole.samples.counts()[Fate.NOT_SENT] == 2
    assert np.isnan(whole.samples.received[3:]).all()


def test_equal_answers_of_several_workers_are_one_body() -> None:
    """A body counts as often as all workers got it; the busiest worker says how busy the generator was."""
    whole = joined([part(0.0, 2.0, 4.0), part(1.0, 3.0), part(5.0, 6.0, body="other")])
    assert whole.answers.bodies == {(0, b"{}"): 3, (0, b"other"): 1}
    assert whole.cpu == pytest.approx(0.3)


def test_more_workers_than_lanes_are_refused() -> None:
    """A worker without a connection could send nothing: that is said before anything is started."""
    with pytest.raises(UnsupportedError):
        run_distributed(
            Endpoint("x", "http://127.0.0.1:1", "1"),
            [Encoded(b"")],
            np.zeros(1),
            np.zeros(1, dtype=np.int32),
            workers=3,
            concurrency=2,
            timeout=1.0,
        )
