"""The same comparison on Dask's distributed scheduler; needs the extra `nearimage[scale]`.

Each shard is one task, which runs `searching.one_shard` where the vectors can be read: on processes of this machine, or
on a cluster whose workers see the same files. A few tasks for each thread are under way at a time, and a new one knows
what those before it found, so that little has to come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness.errors import TargetError, UsageError
from harness.truth.neighbours import Asked, Partial
from harness.truth.searching import Edges, Worker, one_shard
from harness.truth.shards import Shards

_PATIENCE = "20s"
_AHEAD = 2
"""Tasks under way for each thread of the cluster."""


@contextmanager
def on_dask(*, workers: int = 0, scheduler: str = "") -> Iterator[Worker]:
    """Yield a worker on a cluster: one of so many processes of this machine, or one that is there already.

    Args:
        workers: how many processes are started here, and ended after the block.
        scheduler: the address of a scheduler, such as `tcp://host:8786`; then nothing is started.

    Raises:
        UsageError: Dask is not installed.
        TargetError: no scheduler answers there.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError("Dask is not installed", hint="Get it: pip install 'nearimage[scale]'.") from error
    if scheduler:
        try:
            client = Client(scheduler, timeout=_PATIENCE)
        except (OSError, ValueError) as error:
            raise TargetError(f"no Dask scheduler answers at {scheduler} ({error})") from error
        with client:
            yield _on(client)
        return
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster,
        Client(cluster) as client,
    ):
        yield _on(client)


def _on(client: Any) -> Worker:
    from distributed import as_completed

    def compare(
        asked: Asked, shards: Shards, wanted: Sequence[int], known: Edges
    ) -> Iterator[tuple[int, list[Partial]]]:
        left = iter(wanted)
        everywhere = client.scatter([(asked, shards)], broadcast=True)[0]

        def next_tasks(count: int) -> list[Any]:
            chosen = [shard for _, shard in zip(range(count), left, strict=False)]
            return [client.submit(_task, everywhere, shard, known(), pure=False) for shard in chosen]

        threads = sum(client.nthreads().values())
        under_way = as_completed(next_tasks(max(1, threads) * _AHEAD), with_results=True)
        for _, (shard, part) in under_way:
            yield shard, part
            for task in next_tasks(1):
                under_way.add(task)

    return compare


def _task(plan: tuple[Asked, Shards], shard: int, within: list[float]) -> tuple[int, list[Partial]]:
    return shard, one_shard(*plan, shard, within)
