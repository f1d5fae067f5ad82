"""Which scenarios share one start of a server, and what it has to have."""

from __future__ import annotations

from pathlib import Path

from harness.fleet import Start, needs_of
from harness.model import Needs
from harness.scenario import Scenario

PLAIN = Scenario(Path("plain.yaml"), "0" * 64, "plain", "", Needs(modules=("img2vec-neural",)), ())
CLIP = Scenario(
    Path("clip.yaml"),
    "1" * 64,
    "clip",
    "",
    Needs(modules=("multi2vec-clip",), abilities=("restart",), volumes=("a:/a",)),
    (),
)
LATER = Scenario(Path("later.yaml"), "2" * 64, "later", "", Needs(settings={"B": "2", "A": "1"}, cpus=0.5), ())


def test_scenarios_with_the_same_settings_and_limits_share_a_start() -> None:
    """Modules, abilities and volumes keep nobody apart, settings and limits do, in whichever order they are written."""
    assert Start.of(PLAIN) == Start.of(CLIP) == Start()
    assert Start.of(LATER) == Start((("A", "1"), ("B", "2")), 0.5)


def test_a_start_has_what_those_need_that_share_it() -> None:
    """What scenarios that share a start need is put together; nothing is there of one that has another."""
    assert needs_of([PLAIN, LATER, CLIP], Start()) == Needs(
        modules=("img2vec-neural", "multi2vec-clip"), abilities=("restart",), volumes=("a:/a",)
    )
    assert needs_of([PLAIN, LATER], Start.of(LATER)) == Needs(settings={"A": "1", "B": "2"}, cpus=0.5)


def test_a_start_for_nobody_has_every_module() -> None:
    """Hand-written tests that name no scenario may ask anything."""
    assert needs_of([], Start()).modules == ("img2vec-neural", "multi2vec-clip")


def test_a_start_says_what_it_has_that_a_usual_one_has_not() -> None:
    """Settings, processors and memory stand in it in words; a usual one has none."""
    assert str(Start((("A", "1"),), 0.5, 512 * 2**20)) == "A=1, 0.5 processors, 512 MiB of memory"
    assert not str(Start())
