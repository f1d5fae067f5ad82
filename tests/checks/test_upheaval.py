"""What is done to a server is done once for all clauses that wait for it, and nobody pays for another's trouble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from staging import staged

from harness.checks import Case, Check, all_checks
from harness.checks.judging import judge
from harness.checks.shared import Shared
from harness.checks.upheaval import Halves, Upheaval, _alike
from harness.errors import AnswerError, TargetError
from harness.interfaces.rest import Rest
from harness.model import Endpoint, Metric, Outcome
from harness.reference.rules import Rules
from harness.scenario import Collection, Scenario
from harness.stage import Stage


class Counted:
    """A target that counts what is done to the reference behind it; `broken` does not come back."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self.restarts = 0
        self.broken = False

    def restart(self) -> Endpoint:
        """Restart it, unless it is broken."""
        self.restarts += 1
        if self.broken:
            raise TargetError("it did not come back")
        endpoint: Endpoint = self._target.restart()
        return endpoint


@pytest.fixture
def counted(planted_url: str, tmp_path: Path) -> Iterator[tuple[Counted, Stage]]:
    """The honest reference as a target that counts its restarts, and a stage on it."""
    with staged(Rules(), planted_url, tmp_path) as stage:
        target = Counted(stage._shared.target)
        with closing(Stage(stage.endpoint, stage.run, tmp_path, target=target)) as watched:
            yield target, watched


def outcomes(
    stage: Stage, scenario: Scenario, places: Sequence[Collection], *names: str, interfaces: Sequence[str] = ("grpc",)
) -> list[str]:
    """What these clauses about a restart come to, one after the other: all of a place, then of the next."""

    def views(check: Check) -> list[Case]:
        asked = (one for one in places if check.applies(one))
        return [stage.case(stage.dataset(scenario, one), over) for one in asked for over in interfaces]

    found = []
    for place, interface, name in product(places, interfaces, names):
        case = stage.case(stage.dataset(scenario, place), interface, views=views)
        verdict = judge(all_checks()[f"durability/restart-{name}"], case, scenario=scenario.name)
        assert verdict.asked == case.asked
        found.append(str(verdict.outcome))
    return found


def test_five_clauses_share_a_restart(counted: tuple[Counted, Stage], scenario: Scenario, squared: Collection) -> None:
    """All clauses about a restart are judged after one and the same, of two collections and over two interfaces."""
    target, stage = counted
    names = ("same-answer", "threshold", "new-image", "import", "deleted")
    other = next(one for one in scenario.collections if one.name != squared.name and one.metric is Metric.COSINE)
    interfaces = ("graphql", "grpc")
    assert outcomes(stage, scenario, [squared, other], *names, interfaces=interfaces) == ["held"] * 20
    assert target.restarts == 1


def test_no_clause_writes_before_another_has_asked(stage: Stage, scenario: Scenario, squared: Collection) -> None:
    """What heals by a write is seen first, over every interface: those that write come after all others."""
    dataset = stage.dataset(scenario, squared)
    views = [stage.case(dataset, interface) for interface in ("graphql", "grpc")]
    case = stage.case(dataset, "graphql", views=lambda _: views)
    asked: Any = all_checks()["durability/restart-import"].run
    writes = {one.run: one.writes for one in all_checks().values()}
    order = [writes[run] for run, _ in _alike(asked, case)]
    assert order == sorted(order)
    assert order.count(False) == 6


def test_what_is_asked_again_sees_another(
    counted: tuple[Counted, Stage], scenario: Scenario, squared: Collection
) -> None:
    """A clause that is asked once more is not told what came of it before."""
    target, stage = counted
    outcomes(stage, scenario, [squared], "threshold", "import")
    outcomes(stage, scenario, [squared], "import")
    assert target.restarts == 2


def test_nothing_is_left_behind(counted: tuple[Counted, Stage], scenario: Scenario, squared: Collection) -> None:
    """The classes of clauses that were never asked for are gone once it has happened."""
    _, stage = counted
    outcomes(stage, scenario, [squared], "same-answer")
    with Rest(stage.endpoint) as rest:
        assert not [one["class"] for one in rest.classes() if "Scratch" in one["class"] and "Probe" not in one["class"]]


def test_a_server_that_does_not_come_back_is_everybodys_trouble(
    counted: tuple[Counted, Stage], scenario: Scenario, squared: Collection
) -> None:
    """If the restart fails, every clause that waited for it is undecided, and it is tried once."""
    target, stage = counted
    target.broken = True
    assert outcomes(stage, scenario, [squared], "same-answer", "deleted") == [Outcome.UNDECIDED] * 2
    assert target.restarts == 1


class Nowhere:
    """As much of a case as two halves need: where they are asked, and what has happened so far."""

    def __init__(self, told: list[str]) -> None:
        self.told = told
        self.asked = 0
        self.shared = Shared()
        self.views = tuple
        self.dataset = self.interface = self
        self.class_name = self.name = "nowhere"

    def ability(self, protocol: type[Any]) -> object:
        """Everything can be done here."""
        return protocol


def first(case: Nowhere) -> Halves:
    """Has something to do at the last moment."""
    case.told.append("first, before")
    case.asked += 1
    sent = yield lambda: case.told.append("first, last thing") or "a word"
    case.asked += 1
    case.told.append(f"first, after, with {sent}")


def second(case: Nowhere) -> Halves:
    """Is in trouble from the beginning."""
    case.told.append("second, before")
    raise AnswerError("no answer")
    yield None


def test_the_last_thing_comes_directly_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """First halves, what is to be done last, the upheaval, second halves; trouble in one is told in its own turn."""
    told: list[str] = []
    happening: Any = Upheaval(lambda case: case.told.append("it happens"), object)
    one, other = happening.around(first), happening.around(second)
    monkeypatch.setattr("harness.checks.upheaval._alike", lambda check, case: [(check, case), (other, case)])
    case: Any = Nowhere(told)
    one(case)
    assert case.asked == 2
    before = ["first, before", "second, before", "first, last thing", "it happens"]
    assert told == [*before, "first, after, with a word"]
    with pytest.raises(AnswerError):
        other(case)
    assert isinstance(case, Nowhere)
    assert not isinstance(case, Case)
