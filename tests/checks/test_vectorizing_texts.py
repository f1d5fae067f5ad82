"""What becomes of an empty text is told by a service that has a vector for it, which planted ones have not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from staging import staged, verdict

from harness.checks import all_checks
from harness.inference.encoders import load
from harness.inference.planted import Planted
from harness.inference.serving import serve
from harness.model import Outcome
from harness.reference.rules import Rules
from harness.reference.schema import VectorConfig
from harness.reference.vectorizing import Field
from harness.scenario import Scenario

EMPTY = [0.5, 0.0, -0.5]


class KnowsTheEmpty(Planted):
    """A named fake of an encoder: an empty text has a vector too."""

    def text(self, text: str) -> list[float]:
        """Return the vector of an empty text, or the one that was planted."""
        return super().text(text) if text else list(EMPTY)


class CountsItForNothing(Rules):
    """A server that sends an empty text, and leaves its vector out."""

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        """No weight where there is no text."""
        counted = super().weights(config, texts, images)
        return [weight if text else 0.0 for weight, (_, text) in zip(counted, [*texts, *images], strict=True)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """An inference service that has a vector for an empty text."""
    encoder = KnowsTheEmpty()
    with serve(replace(load("planted"), clip=encoder)) as address:
        yield address


@pytest.mark.parametrize(
    ("rules", "outcome", "sentence"),
    [
        (Rules(), Outcome.HELD, "counts as much as the image"),
        (CountsItForNothing(), Outcome.VIOLATED, "with an empty text the vector is not the combination of its fields"),
    ],
)
def test_an_empty_text_counts(
    rules: Rules, outcome: Outcome, sentence: str, url: str, scenario: Scenario, tmp_path: Path
) -> None:
    """A server that sends an empty text and leaves its vector out is told from one where it counts."""
    clip = next(one for one in scenario.collections if one.name == "Clip")
    with staged(rules, url, tmp_path) as stage:
        got = verdict(stage, scenario, all_checks()["vectorizing/empty-text"], clip, "graphql")
    assert got.outcome is outcome
    assert sentence in got.sentence
