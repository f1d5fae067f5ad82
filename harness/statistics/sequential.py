"""Looking before the end without lying: how much of the allowed error each look may spend, and what that costs.

The error is spent as Lan and DeMets (1983) let O'Brien and Fleming's bounds: hardly any at first, most at the end. Each
look tests with its own part alone, so the parts add up (Bonferroni) and nothing is assumed of how looks hang together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Plan:
    """When it is looked, and with which error: made before the first round, and kept.

    `rounds` are the numbers of rounds after which it is looked, the last one the end; `errors` what each look may err.
    """

    rounds: tuple[int, ...]
    errors: tuple[float, ...]

    @property
    def most(self) -> int:
        """How many rounds there are if nothing ends it before."""
        return self.rounds[-1]

    @property
    def error(self) -> float:
        """What all looks together may err."""
        return math.fsum(self.errors)

    @property
    def cost(self) -> float:
        """By how much wider an interval at the end is than if nobody had looked before: 0.05 is 5%."""
        return _wide(self.errors[-1]) / _wide(self.error) - 1

    def error_at(self, rounds: int) -> float | None:
        """Return what may be erred after so many rounds; None: it is not looked then."""
        return dict(zip(self.rounds, self.errors, strict=True)).get(rounds)


def plan(most: int, error: float, looks: int) -> Plan:
    """Plan looks at equal distances.

    Args:
        most: rounds if nothing ends it before.
        error: probability of a false alarm, all looks together.
        looks: how often it is looked, the end included; no more often than there are rounds.

    Raises:
        ValueError: no rounds, no looks, or no such probability.
    """
    if most < 1 or looks < 1 or not 0 < error < 1:
        raise ValueError(f"no plan has {most} rounds, {looks} looks and the error {error}")
    rounds = sorted({max(1, round(most * look / looks)) for look in range(1, looks + 1)})
    spent = [spending(each / most, error) for each in rounds]
    return Plan(tuple(rounds), tuple(after - before for before, after in zip([0.0, *spent], spent, strict=False)))


def spending(part: float, error: float) -> float:
    """Return how much of the error may have been spent when this part (0, 1] of all rounds is done."""
    return 2 - 2 * _NORMAL.cdf(_wide(error) / math.sqrt(part))


def rest(plan: Plan, looked: int, done: int) -> float:
    """Return what may be erred after `done` rounds, if it was looked after `looked` the last time (0: never).

    Also where it was not planned to look, if whatever ends it then knows nothing of the results: a clock, a person.
    """
    before = spending(looked / plan.most, plan.error) if looked else 0.0
    return max(spending(min(1.0, done / plan.most), plan.error) - before, math.ulp(0.0))


def rounds_to_decide(half_width: float, rounds: int, distance: float) -> int | None:
    """Return how many rounds more it takes until an interval is no wider than the distance that decides.

    Widths shrink with the root of the rounds. None: that many rounds that nobody runs them (a thousand times as many).

    Args:
        half_width: of the interval now.
        rounds: so far.
        distance: from the estimate to the bound in question.
    """
    if not math.isfinite(half_width):
        return rounds
    if distance <= 0 or half_width / distance > math.sqrt(1000):
        return None
    return max(1, math.ceil(rounds * (half_width / distance) ** 2) - rounds)


def detectable(half_width: float, error: float, power: float = 0.95) -> float:
    """Return the smallest effect that a run with this interval finds with this probability.

    Args:
        half_width: of the interval at this error.
        error: of the interval, both sides together.
        power: how often such an effect should be found.
    """
    return half_width * (1 + _NORMAL.inv_cdf(power) / _wide(error))


def _wide(error: float) -> float:
    """Half the width of an interval with this error, in standard errors."""
    return _NORMAL.inv_cdf(1 - error / 2)
