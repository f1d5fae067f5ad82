"""What only some targets can do: asked for by name, and missing with a reason."""

from __future__ import annotations

from typing import get_args

import pytest

from harness.abilities import ABILITIES, CanKill, CanRestart, missing
from harness.model import Endpoint
from harness.scenario.shape import AbilityName

HERE = Endpoint(target="here", url="http://127.0.0.1:9", version="1.39.0")


class Restarts:
    """A named fake: a target that can be restarted and nothing else."""

    def restart(self) -> Endpoint:
        """Be there again."""
        return HERE


class Stranger:
    """A named fake: a target that can do nothing, for a reason."""

    why_not = "it was running already"


def test_scenarios_name_the_abilities_that_there_are() -> None:
    """The words of a scenario file are those of the table."""
    assert set(get_args(AbilityName)) == set(ABILITIES)


def test_a_target_that_can_lacks_nothing() -> None:
    """An ability is there by its methods, not by a base class."""
    assert missing(CanRestart, Restarts()) == ""


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (Restarts(), "the target cannot be killed and started again"),
        (Stranger(), "the target cannot be killed and started again: it was running already"),
        (None, "the target cannot be killed and started again: under -n it belongs to another process"),
    ],
)
def test_what_is_missing_is_said_with_the_reason(target: object, says: str) -> None:
    """What cannot be done is named, and why, if the target says so or another process has it."""
    assert missing(CanKill, target) == says
