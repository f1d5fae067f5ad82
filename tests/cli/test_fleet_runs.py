"""`nearimage run` on several targets: two references, of which one has a fault."""

from __future__ import annotations

import signal

import pytest
from running import Place, ended, wait_until

from harness.record import UsageEntry, read
from harness.report.comparing import compared

FLEET = """\
nearimage-targets: 1
targets:
  right: reference
  wrong: "reference:exclusive_threshold"
"""


@pytest.fixture(autouse=True)
def fleet(place: Place) -> None:
    """A small scenario, and a file with a right and a wrong reference."""
    place.scenario()
    (place.folder / "fleet.yaml").write_text(FLEET)


def test_what_changed_between_two_targets_is_said(place: Place) -> None:
    """Both are started and asked; the one check whose answer differs is shown with both, and nothing is left."""
    done = place.run("run", "tiny.yaml", "--targets", "fleet.yaml", "--checks", "threshold/*", "--checks", "near-*")
    assert done.returncode == 1, done.stderr
    assert "CHANGED  threshold/inclusive" in done.stdout
    assert "violated at wrong" in done.stdout
    assert "held at right" in done.stdout
    assert "--target reference:exclusive_threshold --checks threshold/inclusive" in done.stdout
    comparison = compared(read(place.record))
    assert comparison is not None
    assert [change.check for change in comparison.changes] == ["threshold/inclusive"]
    assert place.left() == []


def test_each_target_has_its_start_and_what_it_used(place: Place) -> None:
    """The record has the steps of each start, how long loading took, and each part when ready and at the end."""
    place.run("run", "tiny.yaml", "--targets", "fleet.yaml", "--checks", "near-*")
    record = read(place.record)
    assert all("inference service" in one.phases for one in record.targets)
    assert all(one.seconds for scenario in record.scenarios for one in scenario.collections)
    assert all(service.device == "cpu" for one in record.targets for service in one.services.values())
    found = {(one.target, one.part, one.at) for one in record.of(UsageEntry)}
    assert found == {
        (target, part, at)
        for target in ("right", "wrong")
        for part in ("database", "inference")
        for at in ("ready", "end")
    }


def test_one_that_cannot_be_opened_is_alone_in_that(place: Place) -> None:
    """The others are asked, the trouble is said, and the exit code is that of a missing target."""
    (place.folder / "fleet.yaml").write_text(FLEET + '  away: "http://127.0.0.1:1"\n')
    done = place.run("run", "tiny.yaml", "--targets", "fleet.yaml", "--checks", "near-*")
    assert done.returncode == 4
    assert "1 of 3 targets could not be opened." in done.stdout
    assert "there is no connection to http://127.0.0.1:1" in done.stdout
    assert {one.target for one in read(place.record).verdicts} == {"right", "wrong"}
    assert place.left() == []


def test_none_that_can_be_opened_is_said_with_each_reason(place: Place) -> None:
    """If there is nobody to ask, each target has its reason and no page is made."""
    done = place.run("run", "tiny.yaml", "--target", "http://127.0.0.1:1", "--target", "http://localhost:1")
    assert done.returncode == 4
    assert "none of the 2 targets could be opened" in done.stderr
    assert all(name in done.stderr for name in ("127.0.0.1:1: ", "localhost:1: "))
    assert not list(place.folder.glob("nearimage-out/*/report.html"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_while_they_start_leaves_nothing(place: Place, number: signal.Signals) -> None:
    """Ctrl-C, or being ended, while two targets start together takes both away."""
    process = place.start("run", "tiny.yaml", "--targets", "fleet.yaml")
    wait_until(lambda: sum(bool(claim["processes"]) for claim in place.claims()) == 2, process)
    process.send_signal(number)
    done = ended(process)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert place.left() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--targets", "none.yaml"], "none.yaml: there is no such file"),
        (["--targets", "tiny.yaml"], "tiny.yaml:1: `nearimage-targets: 1` is missing"),
        (["--target", "reference", "--memory", "2"], "--memory is a size with its unit"),
        (["--target", "reference", "--keep", "--env", "NOT_SET_ANYWHERE"], "--env NOT_SET_ANYWHERE has no value here"),
        (["--versions", "new"], "--versions takes whole versions"),
    ],
)
def test_a_mistake_is_a_sentence_and_exit_2(place: Place, arguments: list[str], says: str) -> None:
    """What is wrong with an option of targets is found before a run has a folder."""
    done = place.run("run", "tiny.yaml", *arguments)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert not (place.folder / "nearimage-out").exists()
