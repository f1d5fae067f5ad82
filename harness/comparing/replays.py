"""Rounds that were recorded, asked again as if they were others: how often a judgement is wrong, how often it is right.

Of two sides that were the same, the two blocks of a round might have been either side's. So each replay begins anywhere
in the record, goes on in its order (what hung together still does), and draws by lot which block is whose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.comparing.judging import USUAL, Allowed, Is, Metric, decided
from harness.comparing.looking import Looks
from harness.comparing.series import Block, Series, Side
from harness.statistics import Interval
from harness.statistics.proportions import exact


@dataclass(frozen=True, slots=True)
class Rates:
    """What replays came to: how many of each answer of the whole comparison, and the rounds that they took."""

    answers: Counter[Is]
    rounds: int

    @property
    def replays(self) -> int:
        """How many there were."""
        return self.answers.total()

    def share(self, *answers: Is) -> float:
        """How many of them came to one of these, as a share."""
        return sum(self.answers[one] for one in answers) / self.replays

    def within(self, *answers: Is) -> Interval:
        """Where the true share lies with 95% confidence."""
        return exact(sum(self.answers[one] for one in answers), self.replays)


def replayed(series: Series, rounds: int, rng: np.random.Generator, *, slower: float = 0.0) -> Series:
    """Return rounds of a record in order from anywhere, the sides by lot, head slower by a share.

    Args:
        series: what was recorded of two sides that were the same.
        rounds: how many; the record goes round.
        rng: the lot.
        slower: 0.05 makes every time of head 5% longer.
    """
    start, many = int(rng.integers(series.rounds)), series.rounds
    places = [(start + each) % many for each in range(rounds)]
    swapped = rng.random(rounds) < 0.5  # noqa: PLR2004 - a fair coin
    base, head = (
        tuple((second if turned else first)[place] for place, turned in zip(places, swapped, strict=True))
        for first, second in (
            (series.base.blocks, series.head.blocks),
            (series.head.blocks, series.base.blocks),
        )
    )
    return Series(series.name, Side(base), Side(_longer(head, slower)), paired=True)


def rates(
    recorded: Sequence[Series],
    replays: int,
    *,
    slower: float = 0.0,
    rounds: int = 0,
    metrics: Sequence[Metric] = USUAL,
    looks: int = 5,
    seed: int = 0,
) -> Rates:
    """Replay records in turn and return what came of it.

    Args:
        recorded: of sides that were the same.
        replays: how often.
        slower: how much longer head takes, as a share.
        rounds: of each replay; 0: as many as were recorded.
        metrics: what is judged.
        looks: how often a replay may end.
        seed: of the lots.
    """
    rng, found, asked = np.random.default_rng(seed), Counter[Is](), 0
    for each in range(replays):
        one = recorded[each % len(recorded)]
        made = replayed(one, rounds or one.rounds, rng, slower=slower)
        answer, done = outcome(made, metrics=metrics, looks=looks)
        found[answer] += 1
        asked += done
    return Rates(found, asked)


def outcome(series: Series, *, metrics: Sequence[Metric] = USUAL, looks: int = 5) -> tuple[Is, int]:
    """Return what `nearimage ab` would have said of these rounds, the gravest answer, and after how many of them."""
    planned = Looks(series.rounds, looks, metrics, Allowed())
    answers: list[Is] = []
    done = 0
    for done in planned.planned:
        answers = planned.at(done, [_first(series, done)])
        if decided(answers):
            break
    return next((one for one in (Is.SLOWER, Is.FASTER, Is.OPEN) if one in answers), Is.SAME), done


def _first(series: Series, rounds: int) -> Series:
    return Series(series.name, series.base.first(rounds), series.head.first(rounds), paired=True)


def _longer(blocks: tuple[Block, ...], share: float) -> tuple[Block, ...]:
    return tuple(tuple(one * (1 + share) for one in block) for block in blocks) if share else blocks
