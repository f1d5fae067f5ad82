"""Checks that do something to the server itself: collected where a scenario lets them, skipped where none can."""

from __future__ import annotations

from inner_runs import Inner
from running import TINY

from harness.model import Outcome
from harness.record import read

DISTURBING = TINY.replace(
    "checks: [near-image/ascending, threshold/inclusive]",
    'needs: {abilities: [restart, kill]}\nchecks: ["durability/*", "settings/*"]',
).replace("load: {requests: 12, warmup: 2}\n", "")
LIMITED = TINY.replace("name: tiny", "name: tiny\nneeds: {memory: 1GiB, cpus: 2}")


def test_no_scenario_disturbs_a_server_without_saying_so(inner: Inner) -> None:
    """A scenario that wants every check and names no ability gets none that restarts, kills or starts anything."""
    inner.scenario(TINY.replace("[near-image/ascending, threshold/inclusive]", '["*"]'))
    collected = inner.names()
    assert any("threshold/inclusive" in name for name in collected)
    assert not [name for name in collected if "durability/" in name or "settings/" in name]


def test_what_is_named_is_collected_and_nothing_else(inner: Inner) -> None:
    """Of the chapter those checks are there whose abilities the scenario names."""
    inner.scenario(DISTURBING)
    collected = {name.partition("::")[2].partition("@")[0] for name in inner.names("--interfaces", "grpc")}
    assert {"durability/restart-threshold", "durability/kill-keeps"} <= collected
    assert not collected & {"durability/pause", "settings/default-limit"}


def test_a_server_by_its_address_is_not_touched(inner: Inner) -> None:
    """Each is skipped with what cannot be done and why; what the scenario promises is asked all the same."""
    inner.scenario(DISTURBING)
    result = inner.run("--interfaces", "grpc", "-rs", "--record", "a.jsonl")
    result.stdout.fnmatch_lines(["*the target cannot be restarted: it was running already*"])
    result.stdout.fnmatch_lines(["*the target cannot be killed and started again: it was running already*"])
    outcomes = {one.check: one.outcome for one in read(inner.pytester.path / "a.jsonl").verdicts}
    assert outcomes["promise/nearest/first"] is Outcome.HELD
    assert {outcome for check, outcome in outcomes.items() if check.startswith("durability/")} == {Outcome.SKIPPED}


def test_workers_do_not_restart_what_they_share(inner: Inner) -> None:
    """With `-n` the target belongs to the controller, and the reason says so."""
    inner.scenario(DISTURBING)
    result = inner.run_apart("-n", "2", "-rs")
    result.stdout.fnmatch_lines(["*the target cannot be restarted: under -n it belongs to another process*"])


def test_limits_that_a_target_cannot_have_skip_the_scenario(inner: Inner) -> None:
    """Nothing is asked of a database that has not what the scenario needs, and the reason names it."""
    inner.scenario(LIMITED)
    result = inner.run("--interfaces", "grpc", "-rs")
    assert set(result.parseoutcomes()) == {"skipped"}
    result.stdout.fnmatch_lines(["*the scenario needs cpus and memory for its database: it was running already*"])
