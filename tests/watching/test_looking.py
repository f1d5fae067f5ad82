"""What the parts of a target use while they are asked."""

from __future__ import annotations

from harness.abilities import Usage
from harness.watching.looking import go_of, looking

METRICS = """\
# HELP go_gc_duration_seconds A summary of the pause duration of garbage collection cycles.
go_gc_duration_seconds{quantile="0"} 2.1e-05
go_gc_duration_seconds{quantile="1"} 0.0017
go_gc_duration_seconds_sum 0.025
go_gc_duration_seconds_count 42
go_memstats_heap_alloc_bytes 1.2345e+07
weaviate_objects 3
"""


class Growing:
    """A named fake: a target whose database uses one more second, and 1,000 bytes more, each time it is looked at."""

    def __init__(self) -> None:
        self.looked = 0

    def statistics(self) -> tuple[Usage, ...]:
        """What two nodes and a service use."""
        self.looked += 1
        nodes = [Usage(f"database {name}", float(self.looked), 1000 * self.looked, 500, None) for name in "ab"]
        return (*nodes, Usage("inference", 7.0, 10))


def test_what_parts_use_is_the_difference_between_two_looks() -> None:
    """Nodes of a database count together, apart from the service; what nobody tells is None."""
    with looking(Growing(), every=60) as watch:
        pass
    assert watch.cpu("database") == 2.0
    assert watch.cpu("inference") == 0.0
    assert watch.most("database", "resident") == 4000
    assert watch.added("anonymous") == 0
    assert watch.added("disk") is None


def test_a_target_that_shows_nothing_has_no_moments() -> None:
    """A server of somebody else's is asked all the same."""
    with looking(object()) as watch:
        pass
    assert watch.moments == []
    assert watch.cpu("database") is None


class Publishing:
    """A named fake: a server of somebody else's that publishes its metrics."""

    def metrics(self) -> str:
        """The same each time."""
        return METRICS


def test_a_target_that_only_publishes_metrics_has_moments_without_usages() -> None:
    """A server at a URL: its heap is known, what it uses of the machine is not."""
    with looking(Publishing(), every=60) as watch:
        pass
    assert [moment.go.heap for moment in watch.moments if moment.go] == [12_345_000] * 2
    assert (watch.cpu("database"), watch.most("database", "resident"), watch.added("anonymous")) == (None, None, None)


def test_heap_and_pauses_are_read_from_metrics() -> None:
    """The figures of Go's runtime are found among all others; without them there are none."""
    found = go_of(METRICS)
    assert found is not None
    assert (found.heap, found.collections, found.paused, found.longest) == (12_345_000, 42, 0.025, 0.0017)
    assert go_of("weaviate_objects 3\n") is None
